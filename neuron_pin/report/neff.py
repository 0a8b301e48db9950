"""Whether a compiled model runs, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from neuron_pin.catalog import FactsAge
from neuron_pin.catalog.names import RUNTIME
from neuron_pin.catalog.neff import (
    Ground,
    NeffFacts,
    NeffVerdict,
    Placed,
    list_remedies,
)
from neuron_pin.catalog.sources import find_source_url
from neuron_pin.operations.explain_neff import NeffExplanation
from neuron_pin.printable import make_printable

SCHEMA_VERSION = 1

_OUTCOMES = {
    NeffVerdict.RUNS: "runs",
    NeffVerdict.MAY_BREAK: "may break",
    NeffVerdict.RECOMPILE: "does not run, compile it again",
    NeffVerdict.NOT_STATED: "not stated",
}


def render_neff(found: NeffExplanation, form: str, age: FactsAge, *, everything: bool) -> str:
    """The judgment as ``text`` or ``json``; the text with the caches of compiled models if
    ``everything`` is wanted."""
    if form == "json":
        return json.dumps(_document(found, age), indent=2) + "\n"
    lines = _text(found, age)
    if everything:
        lines += ["", *_list_caches(found.facts)]
    return "\n".join(map(make_printable, lines)) + "\n"


def _text(found: NeffExplanation, age: FactsAge) -> list[str]:
    judgment = found.judgment
    compiler = _name(judgment.compiler.label, judgment.compiler_place, found.compiler_from, age)
    label = f"{RUNTIME} {judgment.runtime}"
    runtime = _name(label, judgment.runtime_place, found.runtime_from, age)
    reason = f"{judgment.reason[:1].upper()}{judgment.reason[1:]}"
    lines = [
        f"a model of {compiler}",
        f"on {runtime}: {_OUTCOMES[judgment.verdict]}",
        "",
        f"{reason}{':' if judgment.grounds else '.'}",
        *_list_grounds(judgment.grounds),
    ]
    if judgment.lacks:
        lines += ["", "This runtime library lacks:"]
        lines += _list_grounds(
            Ground(f"{limit.ground.text}, since SDK {limit.sdk}", limit.ground.source)
            for limit in judgment.lacks
        )
    remedies = list_remedies(judgment)
    if remedies:
        lines += ["", f"What to do: {', or '.join(remedies)}."]
    return [*lines, "", "Beside the versions:", *_list_grounds(_list_other(found.facts))]


def _name(label: str, placed: Placed, origin: str, age: FactsAge) -> str:
    newer = f"newer than the facts of {age.until}" if placed.is_newer else ""
    # A release that was named says its own name.
    inside = ", ".join(dict.fromkeys(part for part in (placed.label, newer, origin) if part))
    return f"{label} ({inside})" if inside else label


def _list_grounds(grounds: Iterable[Ground]) -> list[str]:
    return [f"  {ground.text} [{ground.source}]" for ground in grounds]


def _list_other(facts: NeffFacts) -> list[Ground]:
    """What decides beside the two versions: the framework, and the instance family."""
    versions = [row for row in facts.recompilations if row.version]
    found = list(facts.families)
    if versions:
        words = ", ".join(row.version for row in versions)
        text = f"another PyTorch needs models compiled again, as it is said of {words}"
        found.append(Ground(text, versions[-1].ground.source))
    for row in facts.recompilations:
        if row.sdk:
            text = f"from SDK {row.sdk} on {row.ground.text} have to be compiled again"
            found.append(Ground(text, row.ground.source))
    return found


def _list_caches(facts: NeffFacts) -> list[str]:
    lines = ["Where compiled models are kept:"]
    for cache in facts.caches:
        what = (
            "another compiler compiles again"
            if cache.compiles_again
            else "nothing says which compiler made them"
        )
        lines.append(f"  {cache.name}, {cache.place}: {what} [{cache.source}]")
    return lines


def _document(found: NeffExplanation, age: FactsAge) -> dict[str, object]:
    judgment, facts = found.judgment, found.facts
    return {
        "schema_version": SCHEMA_VERSION,
        **age.as_judged(),
        "verdict": judgment.verdict.value,
        "reason": judgment.reason,
        "compiler": {
            "name": judgment.compiler.name,
            "version": judgment.compiler.version,
            "releases": list(judgment.compiler_place.sdks),
            "is_newer": judgment.compiler_place.is_newer,
            "from": found.compiler_from or None,
        },
        "runtime": {
            "name": RUNTIME,
            "version": judgment.runtime,
            "releases": list(judgment.runtime_place.sdks),
            "is_newer": judgment.runtime_place.is_newer,
            "from": found.runtime_from or None,
        },
        "grounds": [_ground(ground) for ground in judgment.grounds],
        "lacks": [{"sdk": limit.sdk, **_ground(limit.ground)} for limit in judgment.lacks],
        "remedies": {
            "runtime": judgment.update or None,
            "compiler": judgment.compile_with or None,
        },
        "beside": [_ground(ground) for ground in _list_other(facts)],
        "caches": [
            {
                "name": cache.name,
                "place": cache.place,
                "keyed_by": list(cache.keyed_by),
                "compiles_again": cache.compiles_again,
                "source": cache.source,
                "source_url": find_source_url(cache.source),
            }
            for cache in facts.caches
        ],
    }


def _ground(ground: Ground) -> dict[str, object]:
    return {
        "text": ground.text,
        "source": ground.source,
        "source_url": find_source_url(ground.source),
    }
