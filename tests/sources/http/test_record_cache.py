"""The cache: damaged records are none, and processes do not disturb each other."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import publish

import neuron_pin
from neuron_pin.sources.http.record_cache import RecordCache, keep


def test_a_record_is_what_was_kept_or_nothing(tmp_path: Path) -> None:
    cache = RecordCache(str(tmp_path))
    cache.save("projects", "a", ["1.0", None, 3])
    assert cache.load("projects", "a") == ["1.0", None, 3]
    assert cache.load("projects", "b") is None
    path = Path(cache.path("projects", "a"))
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert cache.load("projects", "a") is None
        path.write_bytes(whole[:at])
        assert cache.load("projects", "a") is None


def test_a_table_is_what_was_kept_or_nothing(tmp_path: Path) -> None:
    cache = RecordCache(str(tmp_path))
    rows = [["2.0", "a\nb", None], [], ["1.0", "ü", 3]]
    for kept in (rows, rows[:1], []):
        cache.save_table("projects", "a", ["until", 2], kept)
        found = cache.load_table("projects", "a")
        assert found is not None
        assert found[0] == ["until", 2]
        assert bool(found[1]) is bool(kept)
        # Readers may stop, and start again beside others.
        first, second = iter(found[1]), iter(found[1])
        assert [next(first, None), next(second, None)] == [kept[0] if kept else None] * 2
        assert [*second] == kept[1:]
        assert [*first] == kept[1:]
        assert [*found[1]] == kept
    assert cache.load_table("projects", "b") is None
    path = Path(cache.path("projects", "a"))
    cache.save_table("projects", "a", [1], rows)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert cache.load_table("projects", "a") is None
        path.write_bytes(whole[:at])
        assert cache.load_table("projects", "a") is None


def test_another_keys_record_is_none(tmp_path: Path) -> None:
    cache = RecordCache(str(tmp_path))
    cache.save("projects", "a", [1])
    other = Path(cache.path("projects", "b"))
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_bytes(Path(cache.path("projects", "a")).read_bytes())
    assert cache.load("projects", "b") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    keep(str(tmp_path / "file" / "below" / "record"), b"data")
    assert RecordCache(str(tmp_path / "file")).load("projects", "a") is None


def test_processes_share_one_cache(serve, tmp_path: Path) -> None:
    server = serve()
    projects = {f"p{n}": [("1.0", (f"p{n + 1}",) if n < 9 else ())] for n in range(10)}
    publish(server, projects, as_json=True)
    command = [sys.executable, "-m", "neuron_pin", "lock", "p0", "--index-url",
               f"{server.url}/simple", "--cache-dir", str(tmp_path / "cache")]  # fmt: skip
    environ = {**os.environ, "PYTHONPATH": str(Path(neuron_pin.__file__).parent.parent)}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ)
        for _ in range(6)
    ]
    found = [process.communicate(timeout=60) for process in running]
    assert {process.returncode for process in running} == {0}, found
    assert len({out for out, _ in found}) == 1
    assert not [p for p in (tmp_path / "cache").rglob(".*") if p.is_file()]
