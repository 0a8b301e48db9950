"""METADATA out of an archive: the same as the standard library reads, of any that is whole."""

import io
import threading
import zipfile
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.index.simple import WheelName, parse_wheel_name
from neuron_pin.sources.index.wheel_metadata import TAIL, read_wheel_metadata

NAME = cast(WheelName, parse_wheel_name("tool-1.0-py3-none-any.whl"))
INFO = "tool-1.0.dist-info/METADATA"


def archive(entries: list[tuple[str, bytes, int]], comment: bytes = b"") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as found:
        for name, content, method in entries:
            found.writestr(name, content, compress_type=method)
        found.comment = comment
    return data.getvalue()


class Remote(Fetcher):
    """Ranges of bytes that are at hand, counted."""

    def __init__(self, data: bytes) -> None:
        super().__init__("")
        self.data, self.sent, self.asked = data, 0, 0

    def get_range(self, url: str, first: int | None, last: int) -> tuple[bytes, int]:
        start = max(0, len(self.data) - last) if first is None else first
        found = self.data[start:] if first is None else self.data[start : last + 1]
        self.sent, self.asked = self.sent + len(found), self.asked + 1
        return found, len(self.data)


def by_ranges(data: bytes) -> bytes:
    return read_wheel_metadata(Remote(data), "https://index.invalid/w", NAME)


methods = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
others = st.lists(
    st.tuples(st.text(min_size=1, max_size=20).filter(lambda n: "\0" not in n),
              st.binary(max_size=200), methods),
    max_size=8,
)  # fmt: skip


@given(others, st.binary(max_size=3000), methods, others, st.binary(max_size=40))
def test_what_the_standard_library_reads(before, content, method, after, comment) -> None:
    names = {INFO}
    others = []
    for number, (name, text, packed) in enumerate([*before, *after]):
        # The standard library warns of a name that is there twice.
        others.append((name if name not in names else f"{number}{name}", text, packed))
        names.add(others[-1][0])
    middle = len(before)
    data = archive([*others[:middle], (INFO, content, method), *others[middle:]], comment)
    if b"PK\x05\x06" in comment:
        return
    assert by_ranges(data) == zipfile.ZipFile(io.BytesIO(data)).read(INFO) == content


@pytest.mark.parametrize("size", [10, TAIL - 200, TAIL, 3 * TAIL])
def test_no_more_is_read_than_must_be(size: int) -> None:
    """Of a big archive: the end, the directory if it is not in there, METADATA."""
    bulk = [(f"tool/f{n}", bytes(1000), zipfile.ZIP_STORED) for n in range(400)]
    content = bytes(size)
    more = [(f"tool/g{n}", bytes(1000), zipfile.ZIP_STORED) for n in range(3)]
    server = Remote(archive([*bulk, (INFO, content, zipfile.ZIP_STORED), *more]))
    assert read_wheel_metadata(server, "https://index.invalid/w", NAME) == content
    assert server.asked <= 3
    assert server.sent <= TAIL + 403 * 70 + size + 400


def test_metadata_is_read_beside_a_long_directory() -> None:
    """Neither waits for the other; both are asked for before either has come."""
    bulk = [(f"tool/f{n}", b"", zipfile.ZIP_STORED) for n in range(2000)]
    content = b"Name: tool\n" * 99
    data = archive(
        [*bulk, (INFO, content, zipfile.ZIP_STORED), ("tool/g", b"", zipfile.ZIP_STORED)]
    )
    both = threading.Barrier(2, timeout=20)

    class Slow(Remote):
        def get_range(self, url: str, first: int | None, last: int) -> tuple[bytes, int]:
            if first is not None:
                both.wait()
            return super().get_range(url, first, last)

    server = Slow(data)
    assert read_wheel_metadata(server, "https://index.invalid/w", NAME) == content
    assert server.asked == 3
    assert server.sent <= TAIL + 2002 * 70 + len(content) + 400


def test_the_whole_directory_decides_and_not_what_its_end_shows() -> None:
    """Two METADATA files, of which the last is in sight first."""
    other = "Tool-1.0.dist-info/METADATA"
    bulk = [(f"tool/f{n}", b"", zipfile.ZIP_STORED) for n in range(2000)]
    both = [(other, b"Name: tool\n", zipfile.ZIP_STORED), *bulk, (INFO, b"x", zipfile.ZIP_STORED)]
    with pytest.raises(SourceFailed, match="holds 2 METADATA files"):
        by_ranges(archive(both))


# bytes that the index states of a wheel, those of its end that are asked for first
STATED = [(None, TAIL), (30_000, 8192), (150_000, 20_480), (900_000_000, 8192)]


@pytest.mark.parametrize(("size", "tail"), STATED)
def test_what_the_index_says_of_the_size_decides_how_much_is_asked_for(size, tail) -> None:
    bulk = [(f"tool/f{n}", bytes(1000), zipfile.ZIP_STORED) for n in range(40)]
    server = Remote(archive([*bulk, (INFO, b"Name: tool\n", zipfile.ZIP_DEFLATED)]))
    read_wheel_metadata(server, "https://index.invalid/w", NAME, size=size)
    assert (server.asked, server.sent) == (1, tail)


def test_an_archive_with_more_files_than_zip_can_count() -> None:
    """ZIP64: beyond 65,535 entries."""
    bulk = [(f"tool/{n}", b"", zipfile.ZIP_STORED) for n in range(66_000)]
    data = archive([*bulk, (INFO, b"Name: tool\n", zipfile.ZIP_DEFLATED)])
    assert by_ranges(data) == b"Name: tool\n"


def test_sizes_and_places_beyond_four_gigabytes(tmp_path: Path) -> None:
    """ZIP64 fields of an entry, in a file with a hole."""
    path = tmp_path / "tool.whl"
    with zipfile.ZipFile(path, "w") as made:
        with made.open("tool/blob", "w", force_zip64=True) as member:
            member.write(b"x")
        with made.open(zipfile.ZipInfo(INFO), "w", force_zip64=True) as member:
            member.write(b"Name: tool\n")
    found = read_wheel_metadata(Fetcher(str(tmp_path)), path.as_uri(), NAME)
    assert found == b"Name: tool\n"


def test_every_cut_and_every_flipped_byte_is_told_or_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing else than METADATA itself or `SourceFailed` comes out of a damaged archive."""
    data = archive(
        [("a", b"a", zipfile.ZIP_STORED), (INFO, b"Name: tool\n" * 9, zipfile.ZIP_DEFLATED)]
    )
    whole = Remote(data)

    def download(url: str, target: Path, limit: int, sha256: str = "") -> None:
        target.write_bytes(whole.data)

    monkeypatch.setattr(whole, "download", download)
    for at in range(len(data)):
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]):
            whole.data = damaged
            try:
                found = read_wheel_metadata(whole, "https://index.invalid/w", NAME)
            except SourceFailed:
                continue
            assert found == b"Name: tool\n" * 9
