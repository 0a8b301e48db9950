"""Pages and wheels that are not what they should be: each is refused with its address and the
fact, and leaves nothing.  Limits are set low, so that little is beyond them."""

import gzip
import hashlib
import io
import json
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import failure, wheel

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.index.simple import parse_wheel_name
from neuron_pin.sources.index.wheel_metadata import read_wheel_metadata

FILENAME = "tool-1.0-py3-none-any.whl"
JSON = {"Content-Type": "application/vnd.pypi.simple.v1+json"}


def members(*files: tuple[str, str | bytes], **options) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", **options) as archive:
        warnings.simplefilter("ignore")
        for name, text in files:
            archive.writestr(name, text)
    return data.getvalue()


METADATA = "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n"
INFO = "tool-1.0.dist-info/METADATA"
GOOD = members((INFO, METADATA))


def with_size(data: bytes, size: int) -> bytes:
    """The archive with another unpacked size of its last member in the central directory."""
    at = data.rfind(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def with_offset(data: bytes, offset: int) -> bytes:
    """The archive with another place of its central directory."""
    at = data.rfind(b"PK\x05\x06")
    return data[: at + 16] + struct.pack("<I", offset) + data[at + 20 :]


def with_directory_size(data: bytes, size: int) -> bytes:
    at = data.rfind(b"PK\x05\x06")
    return data[: at + 12] + struct.pack("<I", size) + data[at + 16 :]


LARGEST = 2000
"""Bytes of METADATA that are read here."""
LARGE = members((INFO, METADATA + "\n" + " " * 4000), compression=zipfile.ZIP_DEFLATED)
MANY = members(*((f"f{n}", "") for n in range(300)), (INFO, METADATA))

# a wheel's bytes, what is said
WHEELS = {
    "no archive": (b"PK not really", "not a wheel"),
    "empty": (b"", "not a wheel"),
    "no metadata": (members(("tool/__init__.py", "")), "0 METADATA files"),
    "another's": (wheel("other", "1.0"), "0 METADATA files"),
    "twice": (members((INFO, METADATA), (INFO, METADATA)), "2 METADATA files"),
    "two": (members((INFO, METADATA), ("tool-2.dist-info/METADATA", "")), "2 METADATA files"),
    "another name": (members((INFO, METADATA.replace("tool", "other"))), "calls itself 'other'"),
    "another version": (members((INFO, METADATA.replace("1.0", "2.0"))), "version '2.0'"),
    "no version": (members((INFO, "Name: tool\n")), "not core metadata"),
    "name twice": (members((INFO, METADATA + "Name: tool\n")), "not one Name"),
    "binary": (members((INFO, bytes(range(256)))), "not core metadata"),
    "large": (LARGE, "METADATA of 40"),
    "large, said to be small": (with_size(LARGE, 100), "is not a wheel"),
    "small, said to be large": (with_size(GOOD, 3000), "METADATA of 3000 bytes"),
    "no such place": (with_offset(GOOD, 7), "not a wheel"),
    "another directory": (with_directory_size(MANY, 46), "not a wheel"),
    "a gap before its end": (GOOD.replace(b"PK\x05\x06", b"\0\0\0\0PK\x05\x06"), "not a wheel"),
    "encrypted": (
        GOOD.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
        "wheel",
    ),
    "truncated": (GOOD[:-30], "not a wheel"),
}


def listed(server, *, data: bytes = GOOD, **changes) -> None:
    """A page with one wheel, and the wheel."""
    row = {"filename": FILENAME, "url": f"/{FILENAME}", "hashes": {}, **changes}
    server.answers["/simple/tool/"] = (200, JSON, json.dumps({"files": [row]}).encode())
    server.answers[f"/{FILENAME}"] = (200, {}, data)


def nothing_is_left(folder: Path, *but: str) -> bool:
    """Whether no cache entry is there, pages of a good index apart."""
    kept = [p for p in folder.rglob("*") if p.is_file() and "neuron-pin" in p.parts]
    return [p for p in kept if not set(p.parts) & {*but}] == []


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "whole"])
@pytest.mark.parametrize("case", WHEELS)
def test_a_wheel_that_is_none(
    run, serve, tmp_path: Path, monkeypatch, case: str, ranges: bool
) -> None:
    monkeypatch.setattr("neuron_pin.sources.index.wheel_metadata.MAX_METADATA", LARGEST)
    data, told = WHEELS[case]
    server = serve()
    listed(server, data=data)
    if not ranges:
        server.answers[f"/{FILENAME}"] = (200, {"no-ranges": "1"}, data)
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "-o", "c.txt")
    error = failure(done, SourceFailed)
    assert told in error.problem
    assert error.url == f"{server.url}/{FILENAME}"
    assert not Path("c.txt").exists()
    # The page was good, and may stay; of the wheel nothing does.
    assert nothing_is_left(tmp_path, "http", "records")


def gzipped(size: int) -> bytes:
    return gzip.compress(b'{"files": [' + b" " * size + b"]}", 9)


# a page's answer, what is said
PAGES = {
    "large": ((200, JSON, b'{"files": [' + b" " * 65_536 + b"]}"), "more than 32768 bytes"),
    "large, packed": ((200, {**JSON, "Content-Encoding": "gzip"}, gzipped(65_536)), "more than"),
    "not json": ((200, JSON, b"{"), "not JSON"),
    "json of another kind": ((200, JSON, b'{"files": 3}'), "not a simple index page"),
    "many files": ((200, JSON, b'{"files": [' + b"0," * 10 + b"0]}"), "more than 10"),
    "newer api": ((200, JSON, b'{"meta": {"api-version": "2.0"}, "files": []}'), "version 2.0"),
    "damaged gzip": ((200, {**JSON, "Content-Encoding": "gzip"}, b"no"), "/simple/tool/"),
    "loop": ((302, {"Location": "/simple/tool/"}, b""), "redirects without end"),
    "to a file": ((302, {"Location": "file:///index.html"}, b""), "neither http"),
    "to nowhere": ((302, {"Location": "//:x"}, b""), "/simple/tool/"),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_that_is_none(run, serve, tmp_path: Path, monkeypatch, case: str) -> None:
    monkeypatch.setattr("neuron_pin.sources.reader.MAX_PAGE_BYTES", 32_768)
    monkeypatch.setattr("neuron_pin.sources.index.project_page.MAX_FILES", 10)
    answer, told = PAGES[case]
    server = serve()
    server.answers["/simple/tool/"] = answer
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "-o", "c.txt")
    assert done.code == 3, done
    assert told in done.err
    assert f"{server.url}/simple/tool/" in done.err
    assert not Path("c.txt").exists()
    assert nothing_is_left(tmp_path)


def test_a_wheel_that_is_fetched_whole_is_held_to_its_hash(run, serve, tmp_path: Path) -> None:
    server = serve()
    listed(server, hashes={"sha256": "0" * 64})
    server.answers[f"/{FILENAME}"] = (200, {"no-ranges": "1"}, GOOD)
    done = run("lock", "tool", "--index-url", f"{server.url}/simple")
    error = failure(done, SourceFailed)
    assert (error.url, "hash" in error.problem) == (f"{server.url}/{FILENAME}", True)
    assert nothing_is_left(tmp_path, "http", "records")


def test_metadata_beside_the_wheel_is_held_to_its_hash_and_not_kept(
    run, serve, tmp_path: Path
) -> None:
    server = serve()
    changes: dict[str, Any] = {"core-metadata": {"sha256": "0" * 64}}
    listed(server, **changes)
    server.answers[f"/{FILENAME}.metadata"] = (200, {}, METADATA.encode())
    done = run("lock", "tool", "--index-url", f"{server.url}/simple")
    error = failure(done, SourceFailed)
    assert (error.url, "hash" in error.problem) == (f"{server.url}/{FILENAME}.metadata", True)
    kept = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    assert not [data for data in kept if b"Metadata-Version" in data]


def lying(server, data: bytes, lie: str) -> None:
    """Serve a wheel by ranges that are not what was asked for."""

    def answer(handler) -> tuple:
        wanted = handler.headers.get("Range", "")
        body, headers, status = data, {}, 200
        if wanted:
            first, _, last = wanted[6:].partition("-")
            start = int(first) if first else max(0, len(data) - int(last))
            end = min(int(last), len(data) - 1) if first else len(data) - 1
            status, body = 206, data[start : end + 1]
            stated = f"bytes {start}-{end}/{len(data)}"
            if lie == "from the start":
                body = data[: end - start + 1]
            elif lie == "states the start":
                stated, body = f"bytes 0-{end - start}/{len(data)}", data[: end - start + 1]
            elif lie == "another length":
                stated = f"bytes {start}-{end}/{len(data) + 7}"
            elif lie == "beyond the end":
                stated = f"bytes {start}-{end + 100}/{len(data)}"
            elif lie == "backwards":
                stated = f"bytes {end}-{start}/{len(data)}"
            elif lie == "nonsense":
                stated = "bytes lots/some"
            elif lie == "unsaid":
                stated = ""
            elif lie == "short":
                body = body[:-1]
            elif lie == "not satisfiable":
                status, stated, body = 416, f"bytes */{len(data)}", b""
            elif lie == "whole as part":
                body = data
            if stated:
                headers["Content-Range"] = stated
        return status, headers, body

    server.answers["/w"] = answer


LIES = [
    "none", "from the start", "states the start", "another length", "beyond the end", "backwards",
    "nonsense", "unsaid", "short", "not satisfiable", "whole as part",
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_about_ranges_is_read_whole(serve, tmp_path: Path, lie: str) -> None:
    data = members(("tool/a", bytes(40_000)), (INFO, METADATA), ("tool/b", bytes(40_000)))
    server = serve()
    lying(server, data, lie)
    name = parse_wheel_name(FILENAME)
    assert name is not None
    found = read_wheel_metadata(
        Fetcher(str(tmp_path)),
        f"{server.url}/w",
        name,
        hashlib.sha256(data).hexdigest(),
    )
    assert found.decode() == METADATA
    whole = [headers for _, headers in server.requests if "Range" not in headers]
    assert (len(whole) == 0) is (lie == "none")
