"""The table for people: rows that nobody needs share one, and nothing is promised of others."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Run, Served, publish

from neuron_pin.outputs.table import fold_exclusions, list_exclusions
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.resolve import Exclusion

WHOLE = ("lock", "--offline", "--instance", "trn2", "--python", "3.12", "--format", "text")


def excluded(name: str, version: str, rule: Rule, reason: str) -> Exclusion:
    ecosystem = Ecosystem.SDK if name == "neuron-sdk" else Ecosystem.PIP
    return Exclusion(PackageKey(ecosystem, name), version, rule, reason, "a source")


def test_later_releases_and_other_families_share_a_row() -> None:
    later = [
        excluded("neuron-sdk", f"2.{n}.0", Rule.NOT_RELEASED_YET, f"day {n}") for n in range(3)
    ]
    others = [excluded(name, "1.0", Rule.INSTANCE, "listed for inf1") for name in ("b", "a")]
    file = excluded("tool", "2.0", Rule.NOT_RELEASED_YET, "uploaded later")
    rows = fold_exclusions([*later, *others, file])
    assert [(r.package, r.versions, r.rule) for r in rows] == [
        ("pip:tool", "2.0", "NP204"),
        ("sdk:neuron-sdk", "3 later releases", "NP204"),
        ("2 packages", "", "NP101"),
    ]
    assert rows[2].reason.endswith(": b, a")
    assert len(list_exclusions([*later, *others, file])) == 6


def test_one_of_a_kind_keeps_its_row() -> None:
    alone = [
        excluded("neuron-sdk", "2.1.0", Rule.NOT_RELEASED_YET, "later"),
        excluded("a", "1.0", Rule.INSTANCE, "listed for inf1"),
    ]
    assert sorted(fold_exclusions(alone)) == sorted(list_exclusions(alone))


def test_each_exclusion_is_shown_on_demand(run: Run) -> None:
    short, full = run(*WHOLE, "--as-of", "2026-01-01"), run(*WHOLE, "--as-of", "2026-01-01", "-v")
    assert "later releases" in short.out
    assert short.out.rstrip().endswith("-v shows each")
    assert "later releases" not in full.out
    assert "pip:mxnet-neuron " in full.out
    assert "pip:mxnet-neuron " not in short.out


def test_other_software_has_no_phase(run: Run, serve: Callable[[], Served]) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=True)
    index = ("--index-url", f"{server.url}/simple/")
    (row,) = [
        line for line in run("lock", "tool", *index, "--format", "text").out.splitlines()
        if line.startswith("pip:tool")
    ]  # fmt: skip
    assert row.split() == ["pip:tool", "1.0", "==1.0"]
    (row,) = [
        line for line in run("explain", "tool", *index).out.splitlines() if "chosen" in line
    ][:1]  # fmt: skip
    assert row.split()[:2] == ["1.0", "chosen"]


def test_versions_that_were_not_asked_for_share_a_row(run: Run) -> None:
    target = ("--python", "3.11", "--as-of", "2026-08-20")
    short = run("explain", "torch-neuronx==1.0", *target)
    assert len(short.out.splitlines()) < 15
    assert "57 versions" in short.out
    full = run("explain", "torch-neuronx==1.0", *target, "-v")
    assert len(full.out.splitlines()) > 57
