"""Runtime libraries that are older than a compiled model needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.names import RUNTIME
from neuron_pin.catalog.neff import (
    Compiler,
    NeffVerdict,
    judge_neff,
    list_remedies,
    read_neff_facts,
)
from neuron_pin.catalog.newness import describe_newer
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Rule

from .finding import Finding, Severity

NOT_COMPARED = f"nothing that was checked states a version of {RUNTIME}, which loads the models"
"""What is said where no model was compared with anything."""


def select_runtimes(stated: Iterable[DetectedPackage]) -> list[DetectedPackage]:
    """The runtime libraries of one version among what is stated, each once."""
    found = [package for package in stated if package.key.name == RUNTIME and package.version]
    return list(dict.fromkeys(found))


def check_neff(
    runtimes: Iterable[DetectedPackage], compiler: Compiler, catalog: Catalog
) -> Iterator[Finding]:
    """NP513: runtime libraries that a compiled model may not run on: an error.  Of what nothing
    is stated: a warning."""
    facts = read_neff_facts(catalog)
    for runtime in runtimes:
        judgment = judge_neff(catalog, facts, compiler, runtime.version)
        if judgment.verdict is NeffVerdict.RUNS:
            continue
        is_unknown = judgment.verdict is NeffVerdict.NOT_STATED
        what = "whether it loads a model of" if is_unknown else "may fail to load a model of"
        place = judgment.compiler_place.label
        if judgment.compiler_place.is_newer:
            place = describe_newer(catalog, "")
        label = f"{compiler.label} ({place})" if place else compiler.label
        source = f" [{judgment.grounds[0].source}]" if judgment.grounds else ""
        middle = "is not stated: " if is_unknown else ": "
        yield Finding(
            Rule.COMPILED_MODEL,
            Severity.WARNING if is_unknown else Severity.ERROR,
            f"{RUNTIME} {runtime.version}",
            f"{what} {label}{' ' if is_unknown else ''}{middle}{judgment.reason}{source}",
            runtime.place,
            ", or ".join(list_remedies(judgment)),
        )
