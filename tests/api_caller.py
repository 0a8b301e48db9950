"""A program that uses the Python interface, as a type checker reads it; never run.

Lines with ``type: ignore`` are mistakes that have to be found: ``--strict`` refuses an ignore
that nothing needs.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import neuron_pin
from neuron_pin import (
    Catalog,
    CheckedInput,
    Comparison,
    Explanation,
    NoSolution,
    Outdated,
    PairExplanation,
    Plan,
    Reporter,
    Resolution,
    Status,
    Target,
    check,
    diff,
    explain,
    explain_pair,
    lifecycle,
    load_catalog,
    lock,
    outdated,
    plan,
    why,
)


class Progress(Reporter):
    def requested(self, url: str) -> None:
        print(url)


def use() -> None:
    catalog: Catalog = load_catalog()
    target = Target(instance="trn1", os="ubuntu22.04", as_of=date(2026, 8, 21), scope="host")
    resolution: Resolution = lock(
        ["torch-neuronx"],
        target=target,
        requirement=[Path("requirements.txt"), "other.txt"],
        pin="minor",
        index_url="https://index.invalid/simple",
        index={"nki": "https://other.invalid/simple"},
        offline=True,
        timeout=5,
        reporter=Progress(),
        catalog=catalog,
        keep=[Path("lock.json")],
        upgrade_package=["nki"],
    )
    ages: Outdated = outdated(".venv", target=target)
    chains: list[tuple[str, ...]] = why("nki", lock=Path("lock.json"))
    text: str = resolution.render("constraints")
    name: str = resolution.packages[0].key.name
    identifier: str = resolution.exclusions[0].rule.identifier
    explanation: Explanation = explain(name, target=target, offline=True)
    pair: PairExplanation = explain_pair(name, text, find_links=[Path("wheels")])
    checked: CheckedInput = check([Path("a.txt"), identifier], venv=[".venv"])
    comparison: Comparison = diff(Path("lock.json"), "latest")
    steps: Plan = plan(target=target, start=Path("lock.json"), installer="uv")
    rows: list[Status] = lifecycle(kind=["sdk"], as_of=date.today())
    print(
        ages.packages[0].newest,
        chains,
        explanation,
        pair,
        checked,
        comparison,
        steps,
        rows,
        neuron_pin.errors.nearest,
    )
    try:
        lock(["x"], ofline=True)  # type: ignore[call-arg]
        lock(["x"], pin="loose")  # type: ignore[arg-type]
        lock(["x"], timeout="5")  # type: ignore[arg-type]
        Target(scope="moon")  # type: ignore[arg-type]
        neuron_pin.lok(["x"])  # type: ignore[attr-defined]
        resolution.packages[0].nothing  # type: ignore[attr-defined]  # noqa: B018
    except NoSolution as error:
        causes: tuple[str, ...] = error.causes
        print(causes)
