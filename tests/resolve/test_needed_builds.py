"""Requirements that nothing satisfies without a build: what is said, and how little is looked at."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pytest
from conftest import Run, Served, failure, sdist, wheel
from random_worlds import World

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import parse_requirement
from neuron_pin.operations import relax
from neuron_pin.operations.lock_request import LockRequest, lock_request
from neuron_pin.resolve import Resolution
from neuron_pin.resolve.further_builds import BuiltCandidates, FurtherBuilds, find_further_builds
from neuron_pin.resolve.graph import TooDeep
from neuron_pin.resolve.needed_builds import find_needed_builds
from neuron_pin.resolve.solver import Unsatisfiable, solve

Requires = tuple[str, ...]


def offer(
    server: Served,
    name: str,
    wheels: Mapping[str, Requires] = {},
    *,
    built: Iterable[str] = (),
    stating: Mapping[str, Requires] = {},
    elsewhere: Mapping[str, Requires] = {},
    pythons: Mapping[str, str] = {},
    answer: Callable[[bytes], Any] = lambda data: (200, {}, data),
) -> None:
    """Put a project onto a server: versions with wheels and what these require, versions that are
    ``built`` from source distributions which do not say it, others whose source distributions state
    it without binding their builds, or that have a wheel ``elsewhere``, for another Python; and
    what versions say of Python."""
    stem = name.replace("-", "_")
    files = [(f"{stem}-{v}-py3-none-any.whl", v, wheel(name, v, r)) for v, r in wheels.items()]
    files += [
        (f"{stem}-{v}-cp38-cp38-manylinux2014_x86_64.whl", v, wheel(name, v, r))
        for v, r in elsewhere.items()
    ]
    for version in (*built, *stating, *elsewhere):
        lines = [f"Requires-Dist: {requirement}" for requirement in stating.get(version, ())]
        data = sdist(name, version, *lines, metadata="1.2", build=RUN)
        files.append((f"{name}-{version}.tar.gz", version, data))
    rows = []
    for filename, version, data in files:
        server.answers[f"/files/{filename}"] = answer(data)
        digest = hashlib.sha256(data).hexdigest()
        row = {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": digest}}
        rows.append({**row, "requires-python": pythons.get(version)})
    kind = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    server.answers[f"/simple/{name}/"] = (200, kind, json.dumps({"files": rows}).encode())


MOST = 20_000

RUN = "raise SystemExit('run')"
"""A build that fails, so that a test fails which runs it."""


def options(server: Served) -> list[str]:
    return ["--index-url", f"{server.url}/simple/", "--python", "3.11"]


def count_read(server: Served, name: str) -> int:
    """Of how many files of a project something was read."""
    return len({path for path, _ in server.requests if path.startswith(f"/files/{name}-")})


def numbered(count: int, *requires: str) -> dict[str, Requires]:
    """Versions from the newest to 1.0; what they require may name their number."""
    return {f"{n}.0": tuple(r.format(n=n) for r in requires) for n in range(count, 0, -1)}


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[LockRequest]:
    """What is locked to explain a failure."""
    requests: list[LockRequest] = []

    def keep(request: LockRequest) -> Resolution:
        requests.append(request)
        return lock_request(request)

    monkeypatch.setattr(relax, "lock_request", keep)
    return requests


def test_what_has_to_be_built_is_said_first(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    server = serve()
    offer(server, "other", numbered(3))
    offer(server, "tool", numbered(30, "middle>=1"))
    offer(server, "middle", numbered(5, "leaf>=2", "other"))
    offer(server, "leaf", built=["3.0", "2.0", "1.0"])
    error = failure(run("lock", "other", "tool", *options(server)), NoSolution)
    first, *rest = error.causes
    assert first.startswith("leaf has to be built")
    assert "leaf>=2 (from middle 5.0)" in first and "(NP402)" in first
    assert "--build leaf allows one" in first
    assert error.builds == ("leaf",)
    assert error.hint.startswith("--build leaf ")
    told = [line.partition(": ")[0] for line in rest]
    assert told == ["tool (from command line)", "middle>=1 (from tool 30.0)"]
    # Neither a release nor another Python can help, and it is known what does.
    assert not tried


def test_what_the_user_names_may_have_to_be_built(serve: Callable[[], Served], run: Run) -> None:
    server = serve()
    offer(server, "tool", built=["3.0", "2.0"])
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert "tool has to be built" in error.causes[0]
    assert "tool (from command line)" in error.causes[0]
    assert len(error.causes) == 1


def test_a_version_is_not_said_to_be_named_that_nobody_named(
    serve: Callable[[], Served], run: Run
) -> None:
    """As kfp, kserve and kubernetes: an old version of the first needs one of the third alone."""
    server = serve()
    offer(server, "front", {"3.0": ("leaf",), "1.0": ("back==8.0",)})
    offer(server, "side", numbered(4, "back>=23"))
    offer(server, "back", numbered(30))
    offer(server, "leaf", built=["2.0"])
    error = failure(run("lock", "front", "side", "back", *options(server)), NoSolution)
    assert "leaf has to be built" in error.causes[0]
    of_side = next(line for line in error.causes if line.startswith("side (from"))
    assert "needs back>=23, and front 1.0 needs back==8.0" in of_side
    assert not any("asked for by name" in line for line in error.causes)
    assert error.conflict == ("front (command line)", "side (command line)")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("back<20", "side"), "needs back>=23, and back<20 was asked for (command line)"),
        (("back", "side"), "needs back<20, and back, which was asked for by name, has 30.0"),
    ],
)
def test_what_was_asked_for_is_said_as_it_was(
    serve: Callable[[], Served], run: Run, asked: tuple[str, str], reason: str
) -> None:
    server = serve()
    wanted = reason.split(",")[0].removeprefix("needs ")
    offer(server, "side", {"2.0": (wanted,), "1.0": ()})
    offer(server, "back", numbered(30))
    done = run("lock", *asked, *options(server), "--format", "json")
    rows = {(row["name"], row["version"]): row for row in json.loads(done.out)["exclusions"]}
    assert rows["side", "2.0"]["reason"] == reason


def test_what_a_requirement_brings_back_is_searched_anew(
    serve: Callable[[], Served], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As langflow: an old version admits pre-releases of something, by which nothing is got."""

    def search_back(*_: object) -> None:
        raise AssertionError("what was learned is lost")

    monkeypatch.setattr("neuron_pin.resolve.solver.search_back", search_back)
    server = serve()
    newer = {f"{n}.0": (f"base=={n}.0",) for n in range(40, 20, -1)}
    older = {f"{n}.0": ("extension>=2.0rc5", "leaf") for n in range(20, 0, -1)}
    offer(server, "flow", {**newer, **older})
    offer(server, "base", dict.fromkeys(newer, ("watcher",)))
    offer(server, "watcher", numbered(5, "leaf"))
    offer(server, "extension", {"2.0": (), "2.0rc5": (), "1.0": ()})
    offer(server, "leaf", built=["2.0"])
    error = failure(run("lock", "flow", *options(server)), NoSolution)
    assert error.causes[0].startswith("leaf has to be built")
    assert "(from watcher 5.0)" in error.causes[0]
    assert len(error.causes) <= 8


def test_one_version_after_the_other_that_requires_the_same_is_one_line(
    serve: Callable[[], Served], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What resolvelib says.
    monkeypatch.setattr("neuron_pin.resolve.learning.EFFORT", (0, 0))
    server = serve()
    offer(server, "flow", numbered(40, "leaf>=1", "other"))
    offer(server, "other", numbered(2))
    offer(server, "leaf", built=["2.0", "1.0"])
    error = failure(run("lock", "flow", *options(server)), NoSolution)
    assert error.causes[0].startswith("leaf has to be built")
    assert "from flow 40.0 and 39 more versions" in error.causes[0]
    assert len(error.causes) == 1


def test_another_python_is_tried_where_it_has_newer_versions(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    server = serve()
    versions = {"3.0": (), **numbered(2, "leaf")}
    offer(server, "tool", versions, pythons={"3.0": ">=3.13", "1.0": "<3.12"})
    offer(server, "leaf", built=["2.0"])
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert next(map(str, error.relaxations)) == "--python 3.13: tool 3.0"
    assert {each.target.python for each in tried} == {"3.13"}


def test_what_else_would_work_is_looked_for_in_a_few_versions(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    """All versions are read to be sure that there is no lock; not to find out what would do."""
    server = serve()
    newer = {f"{n}.0": ("leaf",) for n in range(400, 200, -1)}
    offer(server, "tool", {**newer, "1.0": ("leaf",)}, pythons=dict.fromkeys(newer, ">=3.12"))
    offer(server, "leaf", built=["2.0"])
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert error.builds == ("leaf",)
    assert {each.target.python for each in tried} == {"3.12"}
    assert count_read(server, "tool") < 130


def test_older_versions_are_read_several_at_once(serve: Callable[[], Served], run: Run) -> None:
    server = serve()
    together = threading.Condition()
    now, most = 0, 0

    def answer(data: bytes) -> Callable[[object], tuple[int, dict[str, str], bytes]]:
        def wait_for_others(_: object) -> tuple[int, dict[str, str], bytes]:
            nonlocal now, most
            with together:
                now += 1
                most = max(most, now)
                together.notify_all()
                together.wait_for(lambda: most > 2, 0.05)
                now -= 1
            return 200, {}, data

        return wait_for_others

    offer(server, "tool", numbered(40, "leaf"), answer=answer)
    offer(server, "leaf", built=["2.0"])
    failure(run("lock", "tool", *options(server)), NoSolution)
    assert most > 2


def test_what_versions_require_that_are_passed_over_is_not_read(
    serve: Callable[[], Served], run: Run
) -> None:
    """As homeassistant, of which each of hundreds of versions names dozens in one version alone."""
    server = serve()
    offer(server, "tool", numbered(150, "part=={n}.0", "leaf"))
    offer(server, "part", numbered(150))
    offer(server, "leaf", built=["2.0"])
    failure(run("lock", "tool", *options(server)), NoSolution)
    assert count_read(server, "tool") == 150
    assert count_read(server, "part") < 40


def test_what_cannot_be_read_is_not_looked_at_for_the_order_of_others(
    serve: Callable[[], Served], run: Run
) -> None:
    """No version of one goes with the newest of the other, which was asked for as well."""
    server = serve()
    offer(server, "back", numbered(9))
    offer(server, "side", numbered(40, "back<5"))
    server.answers["/files/side-20.0-py3-none-any.whl"] = (404, {}, b"")
    done = run("lock", "back", "side", *options(server))
    assert "side==40.0" in done.out, done.err


def test_no_other_release_is_looked_for_where_a_build_is_missing(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    """With a Neuron package each release is tried: none of them is what is in the way."""
    server, neuron = serve(), serve()
    offer(neuron, "neuronx-cc", {"2.27.5334.0": (), "2.26.6360.0": ()})
    offer(server, "tool", numbered(5, "leaf"))
    offer(server, "leaf", stating={"2.0": ("second",)})
    offer(server, "second", built=["1.0"])
    where = ("--neuron-index-url", f"{neuron.url}/simple/", *options(server))
    on = ("--instance", "trn2", "--as-of", "2026-08-21", "--os", "ubuntu24.04")
    error = failure(run("lock", "neuronx-cc", "tool", *where, *on), NoSolution)
    assert error.causes[0].startswith("leaf has to be built")
    assert error.builds == ("leaf", "second")
    assert not tried


def test_all_builds_that_an_answer_needs_are_named(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    """The third is required by the second alone, which only its source distribution tells."""
    server = serve()
    offer(server, "other", numbered(3))
    offer(server, "tool", numbered(4, "second>=2", "other"))
    offer(server, "first", built=["2.0", "1.0"])
    offer(server, "second", stating=numbered(5, "third>=2", "other"))
    offer(server, "third", stating=numbered(3, "other<3"))
    wanted = ("lock", "first", "tool", *options(server))
    error = failure(run(*wanted), NoSolution)
    assert error.builds == ("first", "second", "third")
    assert (error.builds_suffice, error.builds_unread) == (True, ("first",))
    assert error.builds_stated == ("second", "third")
    assert error.hint.startswith("--build first --build second --build third ")
    by_name = {line.partition(" ")[0]: line for line in error.causes}
    for name, version, who in (
        ("first", "2.0", "first (from command line)"),
        ("second", "5.0", "second>=2 (from tool 4.0)"),
        ("third", "3.0", "third>=2 (from second 5.0)"),
    ):
        assert who in by_name[name] and f"(NP402); {version}: " in by_name[name]
    assert not tried
    assert failure(run(*wanted), NoSolution).causes == error.causes


def test_a_pasted_hint_gives_a_lock_where_wheels_for_other_targets_tell(
    serve: Callable[[], Served], run: Run
) -> None:
    server = serve()
    offer(server, "tool", numbered(4, "first"))
    offer(server, "first", elsewhere={"2.0": ("second",)})
    offer(server, "second", elsewhere={"1.0": ("third", "other")})
    offer(server, "third", elsewhere={"1.0": ()})
    offer(server, "other", numbered(2))
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert error.builds == ("first", "second", "third")
    assert (error.builds_suffice, error.builds_unread, error.builds_stated) == (True, (), ())
    pasted = error.hint.partition(" allow")[0].split()
    done = run("lock", "tool", *options(server), *pasted)
    assert {"tool==4.0", "third==1.0", "other==2.0"} <= set(done.out.split()), done.err


def test_what_nothing_is_known_of_may_need_more(serve: Callable[[], Served], run: Run) -> None:
    server = serve()
    offer(server, "tool", numbered(3, "second"))
    offer(server, "first", stating={"2.0": ()})
    offer(server, "second", built=["2.0"])
    offer(server, "third", built=["2.0"])
    error = failure(run("lock", "first", "tool", *options(server)), NoSolution)
    assert error.builds == ("first", "second")
    assert (error.builds_suffice, error.builds_unread) == (True, ("first", "second"))


def test_older_versions_that_are_not_read_are_not_the_way_out(
    serve: Callable[[], Served], run: Run
) -> None:
    """As ibm-cos-sdk, which requires its core in its own version."""
    server = serve()
    offer(server, "tool", stating=numbered(9, "core=={n}.0"))
    offer(server, "core", built=numbered(9))
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert error.builds == ("tool", "core")
    assert count_read(server, "tool") == 2


def test_an_older_version_that_is_not_read_is_taken_where_nothing_else_is_left(
    serve: Callable[[], Served], run: Run
) -> None:
    server = serve()
    offer(server, "tool", stating=numbered(9, "other>5"))
    offer(server, "other", numbered(5))
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert error.builds == error.builds_unread == ("tool",)
    assert error.builds_suffice


def test_where_builds_do_not_help_the_conflict_is_said(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    server = serve()
    offer(server, "first", built=["2.0"])
    offer(server, "left", numbered(3, "other<2"))
    offer(server, "right", numbered(3, "other>=2"))
    offer(server, "other", numbered(3))
    error = failure(run("lock", "first", "left", "right", *options(server)), NoSolution)
    assert (error.builds, error.supposed_builds) == ((), ("first",))
    assert error.conflict == ("left (command line)", "right (command line)")
    assert not any("has to be built" in cause for cause in error.causes)
    assert "--build" not in error.hint


@pytest.mark.parametrize(("known", "is_certain"), [("elsewhere", True), ("stating", False)])
def test_a_conflict_counts_only_if_it_is_certain(
    serve: Callable[[], Served], run: Run, known: str, is_certain: bool
) -> None:
    """What a source distribution states its build may change."""
    server = serve()
    versions: Any = {known: numbered(2, "other<2")}
    offer(server, "first", **versions)
    offer(server, "other", numbered(3))
    error = failure(run("lock", "first", "other>=2", *options(server)), NoSolution)
    if is_certain:
        assert (error.builds, error.supposed_builds) == ((), ("first",))
        assert error.conflict == ("first (command line)", "other>=2 (command line)")
    else:
        assert (error.builds, error.builds_suffice) == (("first",), False)


def test_the_search_for_further_builds_is_given_up(
    serve: Callable[[], Served], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.resolve.further_builds.MAX_SEARCHES", 1)
    server = serve()
    offer(server, "tool", stating={"1.0": ("first",)})
    offer(server, "first", stating={"1.0": ("second",)})
    offer(server, "second", built=["1.0"])
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert error.builds == ("tool", "first")
    assert error.builds_suffice is None


def test_a_build_that_cannot_be_read_ends_the_search_for_more(
    serve: Callable[[], Served], run: Run
) -> None:
    server = serve()
    offer(server, "tool", numbered(2, "first"))
    offer(server, "first", stating={"1.0": ("second",)})
    server.answers["/simple/second/"] = (500, {}, b"")
    error = failure(run("lock", "tool", *options(server)), NoSolution)
    assert error.builds == ("first",)
    assert error.builds_suffice is None


def test_a_name_that_is_meant_for_another_is_never_named(
    serve: Callable[[], Served], run: Run
) -> None:
    server = serve()
    offer(server, "first", stating={"1.0": ("neuronx-ccc",)})
    offer(server, "neuronx-ccc", built=["1.0"])
    error = failure(run("lock", "first", *options(server)), NoSolution)
    assert error.builds == ("first",)
    assert not any("--build neuronx" in line for line in (*error.causes, error.hint))


def test_another_python_is_not_tried_for_what_is_built_for_any(
    serve: Callable[[], Served], run: Run, tried: list[LockRequest]
) -> None:
    server = serve()
    offer(server, "tool", elsewhere={"2.0": ()}, pythons={"2.0": "<3.12"})
    offer(server, "first", built=["1.0"])
    error = failure(run("lock", "tool", "first", *options(server)), NoSolution)
    assert error.builds == ("tool", "first")
    assert not tried


def find_builds(seed: int, catalog: Catalog) -> tuple[World, FurtherBuilds | None]:
    """A random world, some of whose packages have to be built, and what a lock of it has to build;
    none where it fails for something else."""
    world = World(seed, catalog)
    for name in world.names[::2]:
        key = world.key_of(parse_requirement(name))
        world.broken.update(id(candidate) for candidate, _ in world.offered[key])
    provider, roots = world.provider(), world.edges()
    try:
        solve(provider, roots, MOST)
    except TooDeep:
        return world, None
    except Unsatisfiable as error:
        first = find_needed_builds(error.causes, provider)
        trial = partial(world.provider, is_trial=True)
        return world, find_further_builds(first, roots, provider, trial) if first else None
    return world, None


def lock_again_and_again(world: World) -> tuple[set[str], bool]:
    """What one lock after the other has to build, each with what those before it named; and
    whether the last has an answer."""
    names: set[str] = set()
    while True:
        provider = world.provider(BuiltCandidates(world, names, trusts=True))
        try:
            solve(provider, world.edges(), MOST)
        except Unsatisfiable as error:
            more = {build.name for build in find_needed_builds(error.causes, provider)}
            if more <= names:
                return names, False
            names |= more
        else:
            return names, True


@pytest.mark.parametrize("seed", range(150))
def test_one_lock_names_what_one_after_the_other_would(seed: int, catalog: Catalog) -> None:
    world, found = find_builds(seed, catalog)
    if found is None:
        return
    names = {build.name for build in found.builds}
    told, has_answer = lock_again_and_again(world)
    if found.suffices is None and found.conflict is None:
        # Given up.
        return
    assert has_answer is (found.conflict is None) is bool(found.suffices)
    if has_answer:
        assert names <= told
        assert solve(
            world.provider(BuiltCandidates(world, names, trusts=True)), world.edges(), MOST
        )
    again = find_builds(seed, catalog)[1]
    assert again is not None and [b.name for b in again.builds] == [b.name for b in found.builds]
