"""Whether the runtime library of a place runs what its compiler makes, as conditions."""

from __future__ import annotations

from neuron_pin.catalog import public_version, version_numbers
from neuron_pin.catalog.names import RUNTIME
from neuron_pin.catalog.neff import (
    COMPILER,
    Compiler,
    NeffVerdict,
    judge_neff,
    read_neff_facts,
)

from .case import Answer, Case, find_version


def model_may_break(case: Case, received: str = "") -> Answer:
    """Whether the runtime library may not run what the compiler makes; ``received`` is the version
    of the file format that the message names, empty for none."""
    facts = read_neff_facts(case.catalog)
    reader = next((row for row in facts.formats if received and row.format == received), None)
    runtime = case.known.versions.get(RUNTIME)
    if reader is not None and reader.runtime and runtime is not None:
        if version_numbers(runtime) < version_numbers(reader.runtime):
            fact = f"NEFF {received} needs runtime {reader.runtime} or later [{reader.source}]"
            return Answer(True, fact)
    for name in (RUNTIME, COMPILER):
        found = find_version(case, name)
        if not found.truth:
            return found
    assert runtime is not None
    compiler = Compiler(COMPILER, public_version(case.known.versions[COMPILER]))
    judgment = judge_neff(case.catalog, facts, compiler, public_version(runtime))
    if judgment.verdict is NeffVerdict.NOT_STATED:
        return Answer(None, f"which releases they are of: {judgment.reason}")
    parts = [
        f"{label} is of {place.label or 'a newer release than the facts know'}"
        for label, place in (
            (f"{RUNTIME} {judgment.runtime}", judgment.runtime_place),
            (compiler.label, judgment.compiler_place),
        )
    ]
    source = f" [{judgment.grounds[0].source}]" if judgment.grounds else ""
    fact = f"{', '.join(parts)}: {judgment.reason}{source}"
    return Answer(judgment.verdict is not NeffVerdict.RUNS, fact)


def model_runs(case: Case, received: str = "") -> Answer:
    return model_may_break(case, received).negated
