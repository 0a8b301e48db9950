"""What is written a moment later is read at once, and never lost on the way out."""

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.sources.http import write_queue
from neuron_pin.sources.http.record_cache import RecordCache, keep
from neuron_pin.sources.http.write_queue import WriteQueue


class Disk:
    """What was written, in order."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.count = 0
        self.may = threading.Event()
        self.may.set()

    def write(self, path: str, data: bytes) -> None:
        assert self.may.wait(10)
        self.files[path] = data
        self.count += 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=9)), max_size=20))
def test_the_newest_content_is_read_and_written(puts: list[tuple[str, bytes]]) -> None:
    disk = Disk()
    queue = WriteQueue(disk.write)
    newest: dict[str, bytes] = {}
    for path, data in puts:
        queue.put(path, data)
        newest[path] = data
        waiting = queue.get(path)
        assert (disk.files.get(path) if waiting is None else waiting) == data
    queue.close()
    assert disk.files == newest
    assert all(queue.get(path) is None for path in newest)
    # From now on at once.
    queue.put("late", b"1")
    assert disk.files["late"] == b"1"


def test_many_puts_are_written_once_all_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "QUIET", 0.2)
    disk = Disk()
    queue = WriteQueue(disk.write)
    for number in range(10):
        queue.put("a", bytes([number]))
    assert disk.count == 0
    for _ in range(200):
        if disk.count:
            break
        time.sleep(0.02)
    assert (disk.count, disk.files) == (1, {"a": b"\x09"})
    queue.close()


def test_a_busy_server_writes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "QUIET", 60.0)
    monkeypatch.setattr(write_queue, "LATEST", 0.1)
    disk = Disk()
    queue = WriteQueue(disk.write)
    for number in range(400):
        queue.put("a", b"%d" % number)
        if disk.count:
            break
        time.sleep(0.01)
    assert disk.count
    queue.close()


def test_what_does_not_fit_is_written_by_who_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "MAX_BYTES", 10)
    disk = Disk()
    queue = WriteQueue(disk.write)
    queue.put("a", b"12345678")
    assert disk.files == {}
    queue.put("b", b"123")
    assert disk.files == {"b": b"123"}
    # A slow disk takes no content away from who asks.
    disk.may.clear()
    closing = threading.Thread(target=queue.close)
    closing.start()
    assert queue.get("a") == b"12345678"
    disk.may.set()
    closing.join(10)
    assert disk.files == {"a": b"12345678", "b": b"123"}


def test_records_are_read_before_they_are_written(tmp_path: Path) -> None:
    queue = WriteQueue(keep)
    cache = RecordCache(str(tmp_path), queue)
    cache.save("core-metadata", "a", [1, "text"])
    assert cache.load("core-metadata", "a") == [1, "text"]
    queue.close()
    assert RecordCache(str(tmp_path)).load("core-metadata", "a") == [1, "text"]
