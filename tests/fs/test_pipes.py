"""Files that are not regular are read once, and waited for with a bound."""

import os
import threading
from pathlib import Path

import pytest

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs import pipes
from neuron_pin.fs.reading import read_bounded, read_head


def write_to(descriptor: int, data: bytes) -> None:
    with open(descriptor, "wb") as stream:
        stream.write(data)


def test_what_tells_the_kind_takes_nothing_from_the_reader() -> None:
    reading, writing = os.pipe()
    write_to(writing, b"neuronx-cc==1.0.0.1\n")
    path = f"/dev/fd/{reading}"
    assert read_head(path, 4) == b"neur"
    assert read_bounded(path, 100) == b"neuronx-cc==1.0.0.1\n"
    os.close(reading)


def test_a_named_pipe_waits_for_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"x" * 200_000,))
    writer.start()
    assert read_bounded(str(path), 1 << 20) == b"x" * 200_000
    writer.join()


def test_a_named_pipe_without_a_writer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "WAIT_SECONDS", 0.01)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for _ in range(2):
        with pytest.raises(UnreadableInput, match="nobody wrote"):
            read_bounded(str(path), 100)


def test_a_pipe_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "MAX_BYTES", 10)
    reading, writing = os.pipe()
    write_to(writing, b"x" * 100)
    with pytest.raises(UnreadableInput, match="larger"):
        read_bounded(f"/dev/fd/{reading}", 10)
    os.close(reading)
