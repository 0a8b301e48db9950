"""An unchanged lock is not resolved again; anything that matters makes it a new one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import publish

from neuron_pin.resolve import resolver


@pytest.fixture
def index(serve):
    server = serve()
    publish(server, {"tool": [("1.0", ("helper",))], "helper": [("1.0", ()), ("1.1", ())]},
            as_json=True)  # fmt: skip
    return server


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One item for each time that a graph was solved."""
    times: list[object] = []
    solve = resolver.resolve

    def counted(*arguments):
        times.append(arguments)
        return solve(*arguments)

    monkeypatch.setattr(resolver, "resolve", counted)
    return times


def lock(run, server, *arguments: object) -> dict:
    done = run(
        "lock", "tool", "--index-url", f"{server.url}/simple", "--format", "json", *arguments
    )
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_the_same_question_has_the_same_answer_all_of_it(run, index, resolved) -> None:
    first = lock(run, index, "helper<1.1")
    second = lock(run, index, "helper<1.1")
    offline = lock(run, index, "helper<1.1", "--offline")
    assert len(resolved) == 1
    assert second == first
    assert first["exclusions"]
    assert offline["packages"] == first["packages"]
    assert offline["exclusions"] == first["exclusions"]


def run_and_list_modules(*words: str) -> tuple[str, set[str]]:
    """What a run of its own prints, and the modules that it has imported."""
    code = (
        f"import sys\nsys.path[:0] = {[path for path in sys.path if path]!r}\n"
        "from neuron_pin.cli import main\nmain(sys.argv[1:])\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *words],
        capture_output=True,
        text=True,
        check=True,
    )
    printed, modules = done.stdout.rstrip("\n").rpartition("\n")[::2]
    return printed, set(modules.split())


def test_an_unchanged_lock_imports_neither_resolver_nor_client(run, index) -> None:
    day = ["--as-of", "2026-08-01"]
    lock(run, index, *day)
    words = ["lock", "tool", "--index-url", f"{index.url}/simple", "--format", "json", *day]
    printed, loaded = run_and_list_modules(*words, "--offline")
    assert '"tool"' in printed
    assert not loaded & {"typing", "dataclasses", "packaging", "requests", "resolvelib"}
    assert not loaded & {f"neuron_pin.{name}" for name in ("resolve.resolver", "sources.reader")}


def test_a_kept_file_is_read_by_the_reader_of_its_form(run, index, tmp_path: Path) -> None:
    words = ["lock", "tool", "--index-url", f"{index.url}/simple", "-o", "locked.txt"]
    assert run(*words).code == 0
    _, loaded = run_and_list_modules(*words, "-q", "--offline")
    assert not loaded & {"neuron_pin.inputs.locks.pylock_row", "neuron_pin.lockfile", "tomllib"}


# what is different the second time
CHANGES = [
    ("helper<1.1",),
    ("--python", "3.10"),
    ("--as-of", "2026-01-01"),
    ("--platform", "manylinux_2_34_aarch64"),
    ("--generate-hashes",),
    ("--phase", "beta"),
    ("--sdk", "2.29"),
    ("-c", "limits.txt"),
    ("--override", "limits.txt"),
    ("--refresh",),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_another_question_is_asked_anew(run, index, resolved, change: tuple[str, ...]) -> None:
    Path("limits.txt").write_text("helper==1.0\n")
    lock(run, index)
    lock(run, index, *change)
    assert len(resolved) == 2


def test_another_text_of_the_same_file_is_another_question(run, index, resolved) -> None:
    limits = Path("limits.txt")
    for text in ("helper==1.0\n", "helper==1.1\n"):
        limits.write_text(text)
        found = lock(run, index, "-c", "limits.txt")
        assert {p["version"] for p in found["packages"] if p["name"] == "helper"} == {text[8:11]}
    assert len(resolved) == 2


def test_an_answer_made_of_pages_that_have_changed_does_not_hold(run, index, resolved) -> None:
    assert lock(run, index)["packages"][0]["version"] == "1.1"
    publish(index, {"helper": [("1.2", ())]}, as_json=True)
    # Another lock has asked the index again meanwhile, and the records are new.
    run("lock", "helper", "--index-url", f"{index.url}/simple", "--refresh")
    for more in ((), ("--offline",)):
        assert lock(run, index, *more)["packages"][0]["version"] == "1.2"


def test_an_answer_is_stale_when_its_pages_are(run, serve, resolved, monkeypatch) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=True)
    status, headers, body = server.answers["/simple/tool/"]
    server.answers["/simple/tool/"] = (status, {**headers, "Cache-Control": "max-age=0"}, body)
    for _ in range(2):
        lock(run, server)
    assert len(resolved) == 2
    lock(run, server, "--offline")
    assert len(resolved) == 2


def test_files_of_this_machine_may_change_without_notice(run, tmp_path: Path, resolved) -> None:
    from conftest import wheel

    links = tmp_path / "links"
    links.mkdir()
    for version in ("1.0", "2.0"):
        (links / f"tool-{version}-py3-none-any.whl").write_bytes(wheel("tool", version))
        assert f"tool=={version}" in run("lock", "tool", "--no-index", "-f", links).out
    assert len(resolved) == 2


def test_that_an_index_lacks_a_name_is_remembered(run, serve, index, resolved) -> None:
    """Offline, too: the first index was asked once, and did not have it."""
    empty = serve()
    options = ("--extra-index-url", f"{empty.url}/simple")
    lock(run, index, *options)
    asked = len(empty.requests)
    assert asked == 2
    lock(run, index, *options, "helper")
    lock(run, index, *options, "helper", "--offline", "--as-of", "2026-11-01")
    assert len(empty.requests) == asked
    assert len(resolved) == 3


def test_a_damaged_memo_is_none(run, index, resolved, tmp_path: Path) -> None:
    lock(run, index)
    (memo,) = (p for p in tmp_path.rglob("*.json") if "locks" in p.parts)
    for damage in (b"{", b"[]", memo.read_bytes()[:-20]):
        memo.write_bytes(damage)
        assert lock(run, index)["packages"]
    assert len(resolved) == 4
