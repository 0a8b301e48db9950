"""Whatever an index says or does: bounded, told with a clear status, never handed on as markup,
and never a reason to ask another host."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from conftest import wheel
from proxy_world import HTML, JSON, filename, put_public

from neuron_pin.proxy import server as serving
from neuron_pin.proxy import upstream
from neuron_pin.sources.http.transport import Limits


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(connect=1.0, patience=1.0, answer=2.0, download=3.0, retries=0)
    monkeypatch.setattr(serving, "LIMITS", limits)
    monkeypatch.setattr(upstream, "MAX_PAGE_BYTES", 32_768)


def send_more(connection: socket.socket) -> None:
    """A page of 75 kB, where 32 KiB are read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    connection.sendall(b"<a href=x>x</a>" * 5000)


def drip(connection: socket.socket) -> None:
    """A byte now and then, for longer than is waited."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.05)


INDEXES = {
    "hangs": lambda c: time.sleep(5),
    "closes": lambda c: None,
    "drips": drip,
    "sends more": send_more,
    "no HTTP": lambda c: c.sendall(b"220 smtp\r\n" * 100),
    "too short": lambda c: c.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<a>"
    ),
}


@pytest.mark.parametrize("behavior", INDEXES.values(), ids=INDEXES)
def test_an_index_that_does_not_answer_as_one(raw, pair, served, behavior) -> None:
    index = served("--index-url", f"{raw(behavior)}/simple", *pair.options[:2])
    found = index.get("/simple/torch/")
    assert found.status == 502
    assert found.text.count("\n") <= 2
    # Neuron's own names need nothing of it: from there come decoys alone.
    assert index.get("/simple/torch-neuronx/").status == 200
    # Nothing of it is missed there, so nothing is old.
    assert "warning" not in index.get("/simple/torch-neuronx/").headers
    # torch-xla does.
    assert index.get("/simple/torch-xla/").status == 502


def answer(body: bytes, kind: str = JSON, status: int = 200, **headers: str) -> tuple:
    return status, {"Content-Type": kind, **headers}, body


PAGES = {
    "no JSON": answer(b"{"),
    "a list": answer(b"[]"),
    "a newer API": answer(b'{"meta": {"api-version": "2.0"}, "files": []}'),
    "a picture": answer(b"\x89PNG", "image/png"),
    "an error": answer(b"<h1>oops</h1>", "text/html", 500),
    "refused": answer(b"", "text/html", 403),
    "a redirect to another host": (302, {"Location": "http://127.0.0.1:1/simple/tool/"}, b""),
    "a redirect to a name": (302, {"Location": "http://other.invalid/"}, b""),
    "a redirect to a file": (302, {"Location": "file:///index.html"}, b""),
    "a redirect to itself": (302, {"Location": "/simple/tool/"}, b""),
}


@pytest.mark.parametrize("reply", PAGES.values(), ids=PAGES)
def test_a_page_that_is_none(pair, served, reply) -> None:
    pair.public.answers["/simple/tool/"] = reply
    index = served(*pair.options)
    found = index.get("/simple/tool/")
    assert found.status == 502
    assert found.headers["content-type"].startswith("text/plain")
    # The next page of the same index is as good as ever.
    assert index.get("/simple/torch/").status == 200


MARKUP = '"><b>x</b><x y="\x01\r\nX-Other: 1'


def test_nothing_reaches_a_page_unescaped(pair, served) -> None:
    wrong: list[dict[str, Any]] = [
        {"hashes": {"sha256": MARKUP}},
        {"hashes": {MARKUP: "0" * 64}},
        {"requires-python": MARKUP},
        {"yanked": MARKUP},
        {"upload-time": MARKUP},
        {"core-metadata": {"sha256": MARKUP}},
        {"size": MARKUP},
    ]
    rows = [
        {"filename": f"tool-{n}-py3-none-any.whl", "url": f"{pair.public.url}/{MARKUP}", **fields}
        for n, fields in enumerate(wrong)
    ]
    rows += [{"filename": f"tool-1{MARKUP}-py3-none-any.whl", "url": "https://x/", "hashes": {}}]
    status = {"status": "deprecated", "reason": MARKUP}
    body = json.dumps(
        {
            "files": [{"hashes": {}, **row} for row in rows],
            "project-status": status,
            "alternate-locations": [f"https://a/{MARKUP}"],
            "meta": {"tracks": [f"https://b/{MARKUP}"]},
        }
    )
    pair.public.answers["/simple/tool/"] = answer(body.encode())
    index = served(*pair.options)
    for path, accept in (
        ("/simple/tool/", HTML),
        ("/simple/tool/", "text/html"),
        ("/project/tool/", "text/html"),
        ("/withheld/", "text/html"),
    ):
        found = index.get(path, accept=accept)
        assert found.status == 200
        assert b"<b>x" not in found.body
        assert b"\x01" not in found.body
        assert b"<x y=" not in found.body
        assert "x-other" not in found.headers
    document = index.get("/simple/tool/").json
    assert len(document["files"]) == 7
    for row in document["files"]:
        assert row["hashes"] == {}
        assert "upload-time" not in row
        for key in ("requires-python", "yanked"):
            assert "\x01" not in str(row.get(key, ""))
    (aside,) = index.get("/withheld.json").json["withheld"][0]["versions"]
    assert aside["rule"] == "NP403"


def listed(pair, name: str, version: str, data: bytes, **row) -> str:
    """Put one wheel on the public index, without a metadata file."""
    file = filename(name, version)
    pair.public.answers[f"/files/{file}"] = (200, {}, data)
    entry = {"filename": file, "url": f"{pair.public.url}/files/{file}", "hashes": {}, **row}
    body = json.dumps({"meta": {"api-version": "1.0"}, "files": [entry]}).encode()
    pair.public.answers[f"/simple/{name}/"] = answer(body)
    return f"/files/{name}/{file}"


GOOD = wheel("tool", "1.0")

WHEELS = {
    "no archive": b"MZ" * 5000,
    "empty": b"",
    "cut off": GOOD[: len(GOOD) // 2],
    "of another project": wheel("other", "1.0"),
    "of another version": wheel("tool", "2.0"),
}


@pytest.mark.parametrize("data", WHEELS.values(), ids=WHEELS)
def test_a_wheel_that_is_broken(pair, served, data: bytes) -> None:
    path = listed(pair, "tool", "1.0", data)
    index = served(*pair.options)
    assert index.files("/simple/tool/")["tool-1.0-py3-none-any.whl"]["core-metadata"] is True
    found = index.get(f"{path}.metadata")
    assert found.status == 502
    assert found.headers["content-type"].startswith("text/plain")
    # It is not read again for a while, and another view does not promise metadata.
    asked = len(pair.public.requests)
    assert index.get(f"{path}.metadata").status == 502
    assert len(pair.public.requests) == asked
    row = index.files("/phase/beta/simple/tool/")["tool-1.0-py3-none-any.whl"]
    assert "core-metadata" not in row
    assert index.get(urljoin("/phase/beta/simple/tool/", row["url"])).status == 302


def test_metadata_that_changes_under_its_address(pair, served, monkeypatch) -> None:
    now = [time.time()]
    monkeypatch.setattr(serving, "CLOCK", lambda: now[0])
    path = listed(pair, "tool", "1.0", GOOD)
    index = served(*pair.options)
    assert index.get(f"{path}.metadata").status == 200
    # Within a day what was read stands; later it is held against what comes then.
    pair.public.answers[f"/files/{filename('tool', '1.0')}"] = (
        200, {}, wheel("tool", "1.0", ("other",)),
    )  # fmt: skip
    assert b"other" not in index.get(f"{path}.metadata").body
    now[0] += 86_401
    changed = index.get(f"{path}.metadata")
    assert changed.status == 502
    assert "has other metadata than before" in changed.text


def test_a_stated_metadata_hash_is_held(pair, served) -> None:
    put_public(pair.public, "tool", [("1.0", ())])
    path = "/files/tool-1.0-py3-none-any.whl.metadata"
    pair.public.answers[path] = (
        200,
        {},
        b"Metadata-Version: 2.1\nName: tool\nVersion: 1.0\nX: y\n",
    )
    index = served(*pair.options, "--files", "cache")
    found = index.get("/files/tool/tool-1.0-py3-none-any.whl.metadata")
    assert found.status == 502
    assert "does not have the stated hash" in found.text


def streamed(index, path: str) -> tuple[int, bytes]:
    """Status and body, as far as it comes."""
    import http.client

    connection = http.client.HTTPConnection(index.url.removeprefix("http://"), timeout=20)
    connection.request("GET", path)
    found = connection.getresponse()
    try:
        return found.status, found.read()
    except http.client.IncompleteRead as error:
        return found.status, error.partial
    finally:
        connection.close()


BIG = bytes(range(256)) * 4096


@pytest.mark.parametrize("size", [len(BIG), None], ids=["size stated", "no size"])
def test_a_file_with_another_hash_is_never_handed_on_whole(pair, served, tmp_path, size) -> None:
    stated = {"hashes": {"sha256": "0" * 64}} | ({"size": size} if size else {})
    path = listed(pair, "tool", "1.0", BIG, **stated)
    index = served(*pair.options, "--files", "cache")
    for _ in range(2):
        status, body = streamed(index, path)
        assert status in (200, 502)
        assert len(body) < len(BIG)
    assert not [p for p in (tmp_path / "served" / "wheels").rglob("*") if p.is_file()]
    assert index.has_logged("does not have the hash")


def test_content_that_switches_between_two_requests(pair, served, tmp_path: Path) -> None:
    path = listed(pair, "tool", "1.0", BIG)
    index = served(*pair.options, "--files", "cache")
    assert streamed(index, path) == (200, BIG)
    (kept,) = [p for p in (tmp_path / "served" / "wheels").rglob("*") if p.is_file()]
    kept.unlink()
    pair.public.answers[f"/files/{filename('tool', '1.0')}"] = (200, {}, BIG[::-1])
    assert len(streamed(index, path)[1]) < len(BIG)
    assert index.has_logged("had when it was first fetched")


def test_a_kept_file_that_rots_is_fetched_again(pair, served, tmp_path: Path) -> None:
    hashes = {"sha256": hashlib.sha256(BIG).hexdigest()}
    path = listed(pair, "tool", "1.0", BIG, hashes=hashes)
    cache = tmp_path / "kept"
    assert streamed(served(*pair.options, "--files", "cache", cache=cache), path) == (200, BIG)
    (kept,) = [p for p in (cache / "wheels").rglob("*") if p.is_file()]
    kept.write_bytes(b"rot" + BIG[3:])
    assert streamed(served(*pair.options, "--files", "cache", cache=cache), path) == (200, BIG)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ((404, {}, b""), "not there"),
        ((302, {"Location": "http://127.0.0.1:1/x"}, b""), "redirects to"),
    ],
    ids=["gone", "redirected"],
)
def test_a_file_that_does_not_come(pair, served, reply, told: str) -> None:
    path = listed(pair, "tool", "1.0", BIG)
    file = f"/files/{filename('tool', '1.0')}"
    pair.public.answers[file] = reply
    index = served(*pair.options, "--files", "cache")
    found = index.get(path)
    assert found.status == 502
    assert told in found.text


def test_files_on_other_hosts(pair, served, serve) -> None:
    elsewhere = serve()
    elsewhere.answers["/x.whl"] = (200, {}, GOOD)
    listed(pair, "tool", "1.0", GOOD, url=f"{elsewhere.url}/x.whl")
    # Installers go there by themselves, as they would without us; we do not.
    index = served(*pair.options)
    row = index.files("/simple/tool/")["tool-1.0-py3-none-any.whl"]
    assert row["url"] == f"{elsewhere.url}/x.whl"
    assert "core-metadata" not in row
    keeping = served(*pair.options, "--files", "cache")
    assert keeping.files("/simple/tool/") == {}
    (aside,) = keeping.get("/withheld.json").json["withheld"][0]["versions"]
    assert aside["rule"] == "NP407"
    assert elsewhere.requests == []
    host = elsewhere.url.removeprefix("http://")
    named = served(*pair.options, "--files", "cache", "--file-host", host)
    row = named.files("/simple/tool/")["tool-1.0-py3-none-any.whl"]
    assert named.get(urljoin("/simple/tool/", row["url"])).body == GOOD


def test_a_file_that_says_to_be_longer_than_its_index_says(raw, pair, served) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n"
    url = raw(lambda connection: connection.sendall(head + b"x" * 700))
    path = listed(pair, "tool", "1.0", GOOD, url=f"{url}/x.whl", size=600)
    index = served(*pair.options, "--files", "cache", "--file-host", url.removeprefix("http://"))
    found = index.get(path)
    assert found.status == 502
    assert "bytes" in found.text


def test_a_file_that_is_longer_than_its_index_says(raw, pair, served, tmp_path: Path) -> None:
    """Its length shows on the way only: the client sees that it was cut off."""
    url = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + BIG))
    path = listed(pair, "tool", "1.0", GOOD, url=f"{url}/x.whl", size=600)
    index = served(*pair.options, "--files", "cache", "--file-host", url.removeprefix("http://"))
    _, body = streamed(index, path)
    assert len(body) < len(BIG)
    assert not [p for p in (tmp_path / "served" / "wheels").rglob("*") if p.is_file()]


def test_a_file_that_is_shorter_than_its_index_says(raw, pair, served, tmp_path: Path) -> None:
    url = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300))
    path = listed(pair, "tool", "1.0", GOOD, url=f"{url}/x.whl", size=600)
    index = served(*pair.options, "--files", "cache", "--file-host", url.removeprefix("http://"))
    streamed(index, path)
    assert index.has_logged("has 300 bytes, and its index says 600")
    assert not [p for p in (tmp_path / "served" / "wheels").rglob("*") if p.is_file()]
