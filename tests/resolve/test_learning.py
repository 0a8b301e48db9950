"""Closures where pins have to be taken back: what is chosen, what is said, and that no answer is
called one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from conftest import Run, Served, failure, publish

from neuron_pin.errors import NoSolution

NUMBERS = range(60, 0, -1)


def options(served: Served) -> list[str]:
    return ["--index-url", f"{served.url}/simple/", "--python", "3.11"]


def test_a_pair_that_moves_together(serve: Callable[[], Served], run: Run) -> None:
    """As boto3 and aiobotocore do: one has each version of a third, the other a range of it."""
    server = serve()
    publish(
        server,
        {
            "front": [(f"{n}.0", (f"back=={n}.*",)) for n in NUMBERS],
            "back": [(f"{n}.0", ()) for n in NUMBERS],
            "middle": [(f"{n}.0", (f"partner>={n}",)) for n in NUMBERS],
            "partner": [(f"{n}.0", (f"back<{n - 20}",)) for n in NUMBERS if n > 40],
        },
        as_json=True,
    )
    done = run("lock", "front", "middle", *options(server), "--format", "json")
    document = json.loads(done.out)
    chosen = {row["name"]: row["version"] for row in document["packages"]}
    assert chosen == {"front": "39.0", "back": "39.0", "middle": "60.0", "partner": "60.0"}
    passed = {
        row["version"]: row
        for row in document["exclusions"]
        if (row["name"], row["rule"]) == ("front", "NP301")
    }
    assert list(passed) == [f"{n}.0" for n in range(40, 61)]
    assert "back==40.*" in passed["40.0"]["reason"] and "partner 60.0" in passed["40.0"]["reason"]


def test_what_can_never_be_is_found_out_once(serve: Callable[[], Served], run: Run) -> None:
    """Every version of a package requires what requires what is not there."""
    server = serve()
    publish(
        server,
        {
            "other": [(f"{n}.0", ()) for n in NUMBERS],
            "tool": [(f"{n}.0", (f"settings>={n / 10}", "other")) for n in NUMBERS],
            "settings": [(f"{n}.0", ("parser>=4",)) for n in range(9, 0, -1)],
            "parser": [("3.0", ())],
        },
        as_json=True,
    )
    error = failure(run("lock", "other", "tool", *options(server)), NoSolution)
    assert error.asked == {("tool", "command line")}
    assert [line.partition(" (")[0] for line in error.conflict] == ["tool"]
    told = {line.partition(": ")[0]: line for line in error.causes}
    of_tool = told["tool (from command line)"]
    assert "60 versions" in of_tool and "60.0: needs settings>=6.0" in of_tool
    of_settings = told["settings>=6.0 (from tool 60.0)"]
    assert "4 matching versions" in of_settings and "9.0: needs parser>=4" in of_settings
    assert "no version of parser matches" in told["parser>=4 (from settings 9.0)"]
    assert not any("no source has" in line for line in error.causes)


def test_a_large_closure_may_be_searched_as_often_as_a_small_one(
    serve: Callable[[], Served], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each conflict costs a search, which pins everything again: rounds are of one search."""
    monkeypatch.setattr("neuron_pin.resolve.release_solve.MAX_ROUNDS", 300)
    server = serve()
    conflicts = [f"{n:02}" for n in range(40)]
    projects: dict[str, list[tuple[str, tuple[str, ...]]]] = {
        f"beside{n}": [("1.0", ())] for n in range(40)
    }
    for n in conflicts:
        projects[f"first{n}"] = [(f"{v}.0", (f"shared{n}=={v}.0",)) for v in (2, 1)]
        projects[f"second{n}"] = [(f"{v}.0", (f"shared{n}<2",)) for v in (2, 1)]
        projects[f"shared{n}"] = [("2.0", ()), ("1.0", ())]
    projects["tool"] = [("1.0", tuple(projects))]
    publish(server, projects, as_json=True)
    done = run("lock", "tool", *options(server), "--format", "json")
    assert done.code == 0, done.err
    chosen = {row["name"]: row["version"] for row in json.loads(done.out)["packages"]}
    assert len(chosen) == len(projects)
    for n in conflicts:
        assert (chosen[f"shared{n}"], chosen[f"second{n}"]) == ("1.0", "2.0")


def test_what_packages_let_in_keeps_no_conflict_from_being_learned(
    serve: Callable[[], Served], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One version that is only looked at names a pre-release, and so lets those of ``status`` in;
    from there on nothing is certain of it.  Taking pins back took minutes in a real closure."""
    monkeypatch.setattr("neuron_pin.resolve.solver.search_back", None)
    server = serve()
    publish(
        server,
        {
            "app": [("1.0", ("base<2",))],
            "base": [("2.0", ()), ("1.0", ())],
            "core": [
                *((f"{n}.0", ("status>=5",)) for n in (4, 3, 2)),
                ("1.0", ("status<6.0.dev0", "base>=2")),
                ("0.1", ()),
            ],
            "last": [("2.0", ("middle",)), ("1.0", ())],
            "middle": [("1.0", ("base>=2",))],
            "status": [(f"{n}.0", ("base>=2",)) for n in range(9, 4, -1)]
            + [("5.5rc1", ("base>=2",)), ("4.0", ())],
        },
        as_json=True,
    )
    done = run("lock", "app", "core", "last", *options(server))
    assert done.code == 0, done.err
    assert {"base==1.0", "core==0.1", "last==1.0"} <= set(done.out.splitlines())
