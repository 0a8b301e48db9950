"""The cache: damaged records are none, and processes do not disturb each other."""

import json
import os
import subprocess
import sys
import threading
from binascii import crc32
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import publish

import neuron_pin
from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http import record_pack
from neuron_pin.sources.http.cache_content import measure, prune
from neuron_pin.sources.http.record_cache import RecordCache, Rows, keep


def test_a_record_is_what_was_kept_or_nothing(tmp_path: Path) -> None:
    cache = RecordCache(str(tmp_path))
    cache.save("locks", "a", ["1.0", None, 3])
    assert cache.load("locks", "a") == ["1.0", None, 3]
    assert cache.load("locks", "b") is None
    path = Path(cache.path("locks", "a"))
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert cache.load("locks", "a") is None
        path.write_bytes(whole[:at])
        assert cache.load("locks", "a") is None


ROWS = [["2.0", "a\nb", None], [], ["1.0", "ü", 3], *([str(n), "x"] for n in range(20))]


def kept(folder: Path, key: str = "a") -> tuple[list[Any], list[Any]] | None:
    """What another run has of a table."""
    found = RecordCache(str(folder)).load_table("projects", key)
    return (found[0], [*found[1]]) if found is not None else None


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:4], ROWS[:1], []], ids=len)
def test_a_table_is_what_was_kept(tmp_path: Path, rows: list[Any], is_closed: bool) -> None:
    cache = RecordCache(str(tmp_path))
    cache.save_table("projects", "a", ["until", 2], [["old"]])
    cache.save_table("projects", "a", ["until", 2], rows)
    assert kept(tmp_path) is None
    if is_closed:
        cache.close()
        assert kept(tmp_path) == (["until", 2], rows)
    found = cache.load_table("projects", "a")
    assert found is not None
    assert found[0] == ["until", 2]
    assert bool(found[1]) is bool(rows)
    # Readers may stop, and start again beside others.
    first, second = iter(found[1]), iter(found[1])
    assert [next(first, None), next(second, None)] == [rows[0] if rows else None] * 2
    assert [*second] == rows[1:]
    assert [*first] == rows[1:]
    assert [*found[1]] == rows
    assert cache.load_table("projects", "b") is None
    assert cache.load("metadata", "a") is None


def test_threads_read_one_table() -> None:
    """What is fetched ahead is read beside the lock: both come to a block at the same time."""
    blocks = [json.dumps(rows).encode() for rows in (ROWS[:4], ROWS[4:])]
    both = threading.Event()
    at_once = []

    def read(number: int, _: int, __: int) -> bytes:
        at_once.append(number)
        if len(at_once) % 2:
            # Long enough for the other reader to come here as well, where it may.
            both.wait(0.2)
        else:
            both.set()
        return blocks[number]

    rows = Rows([(len(block), crc32(block)) for block in blocks], read)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: [*rows], range(2))
    assert first == ROWS
    assert second == ROWS
    assert at_once == [0, 1]


def test_a_damaged_pack_is_none(tmp_path: Path) -> None:
    """Whichever byte of it is another one; a row that was not read yet is an error when it is."""
    cache = RecordCache(str(tmp_path))
    cache.save_table("projects", "a", [1], ROWS)
    cache.save("metadata", "b", [2])
    cache.close()
    (path,) = (tmp_path / "records").iterdir()
    whole = path.read_bytes()
    late = 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            assert kept(tmp_path) in (None, ([1], ROWS))
        except SourceFailed:
            late += 1
        assert RecordCache(str(tmp_path)).load("metadata", "b") in (None, [2])
        path.write_bytes(whole[:at])
        assert kept(tmp_path) is None
    rows = len(json.dumps(ROWS, separators=(",", ":")))
    assert rows - 10 < late < rows + 10


def test_another_keys_record_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuron_pin.sources.http.record_cache._digest", lambda kind, key: 1)
    cache = RecordCache(str(tmp_path))
    cache.save("projects", "a", [1])
    cache.close()
    assert kept(tmp_path, "a") == ([1], [])
    assert kept(tmp_path, "b") is None


def test_the_newest_record_counts_and_packs_are_put_together(tmp_path: Path) -> None:
    packs = set()
    for number in range(30):
        cache = RecordCache(str(tmp_path))
        mark = cache.mark("projects", "a")
        cache.save_table("projects", "a", [number], ROWS)
        cache.save("projects", f"only {number}", [number])
        assert mark is None or not cache.is_unchanged(*mark)
        cache.close()
        packs.add(len(list((tmp_path / "records").iterdir())))
        assert kept(tmp_path) == ([number], ROWS)
    assert max(packs) == record_pack.MAX_PACKS
    assert all(kept(tmp_path, f"only {n}") == ([n], []) for n in range(30))
    content = measure(str(tmp_path))["projects"]
    assert content.files <= 30 + record_pack.MAX_PACKS


def test_old_records_go_and_no_more_than_so_many_bytes_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = RecordCache(str(tmp_path))
    for number in range(20):
        cache.save("projects", str(number), ["x" * 100])
    cache.close()
    assert prune(str(tmp_path)).files == 0
    monkeypatch.setattr(record_pack, "MAX_SIZE", 1000)
    assert prune(str(tmp_path)).files == 12
    assert [n for n in range(20) if kept(tmp_path, str(n))] == [*range(12, 20)]
    monkeypatch.setattr("neuron_pin.sources.http.cache_content.MAX_AGE", 0)
    assert prune(str(tmp_path)).files == 1
    assert not list((tmp_path / "records").iterdir())


def test_a_run_writes_what_it_kept_before_it_is_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.sources.http.record_cache.MAX_PENDING", 1000)
    cache = RecordCache(str(tmp_path))
    for number in range(30):
        cache.save("projects", str(number), ["x" * 100])
        assert cache.load("projects", str(number)) == ["x" * 100]
    assert kept(tmp_path, "0") and not kept(tmp_path, "29")
    cache.close()
    assert kept(tmp_path, "29")


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    keep(str(tmp_path / "file" / "below" / "record"), b"data")
    cache = RecordCache(str(tmp_path / "file"))
    assert cache.load("projects", "a") is None
    cache.save("projects", "a", [1])
    cache.close()
    assert cache.load("projects", "a") == [1]


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
