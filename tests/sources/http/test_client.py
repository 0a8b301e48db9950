"""Fetching: validators, ranges, bounds, the cache."""

import contextlib
import gzip
import socket
import threading
import zlib
from pathlib import Path
from typing import cast

import pytest
from conftest import wheel

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http.client import Fetcher, NotCached, NotFound
from neuron_pin.sources.http.urls import redact_url
from neuron_pin.sources.index.simple import WheelName, parse_wheel_name
from neuron_pin.sources.index.wheel_metadata import read_wheel_metadata


def fetcher(tmp_path: Path, now: float = 1000.0, **options) -> Fetcher:
    return Fetcher(str(tmp_path / "cache"), now=now, **options)


def test_a_fresh_answer_is_not_asked_for_again(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/a"] = (200, {"Content-Type": "text/html"}, b"one")
    for _ in range(2):
        assert fetcher(tmp_path).get(f"{server.url}/a", limit=10).data == b"one"
    assert len(server.requests) == 1


def test_a_stale_answer_is_asked_about_with_its_validator(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/a"] = (200, {"ETag": '"x"', "Cache-Control": "max-age=60"}, b"one")
    fetcher(tmp_path).get(f"{server.url}/a", limit=10)
    server.answers["/a"] = (304, {}, b"")
    later = fetcher(tmp_path, now=2000.0).get(f"{server.url}/a", limit=10)
    assert later.data == b"one"
    assert server.requests[1][1]["If-None-Match"] == '"x"'


@pytest.mark.parametrize("is_kept", [False, True])
def test_an_answer_of_304_that_was_not_asked_for_is_refused(
    serve, tmp_path: Path, is_kept: bool
) -> None:
    server = serve()
    if is_kept:
        server.answers["/a"] = (200, {"Cache-Control": "max-age=60"}, b"one")
        fetcher(tmp_path).get(f"{server.url}/a", limit=10)
    server.answers["/a"] = (304, {"ETag": '"x"'}, b"")
    asking = fetcher(tmp_path, now=2000.0)
    with pytest.raises(SourceFailed, match="304"):
        asking.get(f"{server.url}/a", limit=10)
    with pytest.raises(SourceFailed, match="304"):
        asking.get_range(f"{server.url}/a", None, 1)
    # What was kept stays, and the next right answer is taken.
    if is_kept:
        offline = fetcher(tmp_path, now=2000.0, offline=True)
        assert offline.get(f"{server.url}/a", limit=10).data == b"one"
    server.answers["/a"] = (200, {}, b"two")
    assert fetcher(tmp_path, now=2000.0).get(f"{server.url}/a", limit=10).data == b"two"


def test_offline_the_cache_answers_however_old(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/a"] = (200, {}, b"one")
    fetcher(tmp_path).get(f"{server.url}/a", limit=10)
    offline = fetcher(tmp_path, now=1e9, offline=True)
    assert offline.get(f"{server.url}/a", limit=10).data == b"one"
    with pytest.raises(NotCached):
        offline.get(f"{server.url}/b", limit=10)
    assert len(server.requests) == 1


def test_a_damaged_cache_entry_is_no_entry(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/a"] = (200, {}, b"one")
    fetcher(tmp_path).get(f"{server.url}/a", limit=10)
    (entry,) = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    entry.write_bytes(entry.read_bytes()[:-1] + b"X")
    assert fetcher(tmp_path).get(f"{server.url}/a", limit=10).data == b"one"
    assert len(server.requests) == 2


# status, what the error says
FAILURES = [(500, "HTTP 500"), (403, "refuses access"), (418, "HTTP 418")]


@pytest.mark.parametrize(("status", "told"), FAILURES)
def test_a_failing_server_is_named(serve, tmp_path: Path, status: int, told: str) -> None:
    server = serve()
    server.answers["/a"] = (status, {"Retry-After": "0"}, b"")
    with pytest.raises(SourceFailed, match=told) as caught:
        fetcher(tmp_path).get(f"{server.url}/a", limit=10)
    assert caught.value.url == f"{server.url}/a"
    assert not (tmp_path / "cache").exists()


def test_an_absent_page_is_an_answer(serve, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        fetcher(tmp_path).get(f"{serve().url}/a", limit=10)


def test_more_than_the_limit_is_not_read(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/a"] = (200, {}, b"x" * 1000)
    with pytest.raises(SourceFailed, match="more than 10 bytes"):
        fetcher(tmp_path).get(f"{server.url}/a", limit=10)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="refused"):
        fetcher(tmp_path).get("http://127.0.0.1:9/a", limit=10)


def test_a_redirect_to_a_file_is_refused(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/a"] = (302, {"Location": "file:///index.html"}, b"")
    with pytest.raises(SourceFailed, match="neither http"):
        fetcher(tmp_path).get(f"{server.url}/a", limit=10)


def test_credentials_are_never_shown() -> None:
    assert redact_url("https://user:secret@index.invalid/simple") == "https://index.invalid/simple"


BIG = wheel("torch-neuronx", "2.9.0.2.13.1+abc", ("torch==2.9.*",))
NAME = cast(WheelName, parse_wheel_name("torch_neuronx-2.9.0.2.13.1+abc-py3-none-any.whl"))


def test_metadata_is_read_by_ranges_and_not_the_whole_wheel(serve, tmp_path: Path) -> None:
    import io
    import zipfile

    data = io.BytesIO(BIG)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("torch_neuronx/blob", bytes(3_000_000))
        archive.writestr("torch_neuronx/after", b"x")
    server = serve()
    server.answers["/w"] = (200, {}, data.getvalue())
    found = read_wheel_metadata(fetcher(tmp_path), f"{server.url}/w", NAME)
    assert b"Requires-Dist: torch==2.9.*" in found
    assert 1 <= len(server.requests) <= 3
    assert all("Range" in headers for _, headers in server.requests)


def test_a_server_without_ranges_is_read_whole(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/w"] = (200, {"no-ranges": "1"}, BIG)
    assert b"Name: torch-neuronx" in read_wheel_metadata(fetcher(tmp_path), f"{server.url}/w", NAME)


def test_a_wheel_that_is_none_is_refused(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/w"] = (200, {}, b"PK not really")
    with pytest.raises(SourceFailed, match="not a wheel"):
        read_wheel_metadata(fetcher(tmp_path), f"{server.url}/w", NAME)


def test_another_projects_metadata_in_a_wheel_is_refused(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/w"] = (200, {}, wheel("other", "2.9.0.2.13.1"))
    with pytest.raises(SourceFailed, match="0 METADATA files"):
        read_wheel_metadata(fetcher(tmp_path), f"{server.url}/w", NAME)


def test_redirects_have_a_limit(serve, tmp_path: Path) -> None:
    server = serve()
    for hop in range(12):
        server.answers[f"/{hop}"] = (302, {"Location": f"/{hop + 1}"}, b"")
    server.answers["/12"] = (200, {}, b"there")
    assert fetcher(tmp_path).get(f"{server.url}/2", limit=10).data == b"there"
    with pytest.raises(SourceFailed, match="redirects without end"):
        fetcher(tmp_path).get(f"{server.url}/0", limit=10)


def test_nothing_is_fresh_for_longer_than_a_day(serve, tmp_path: Path) -> None:
    server, day = serve(), 86400
    server.answers["/a"] = (200, {"Cache-Control": f"max-age={30 * day}"}, b"one")
    assert fetcher(tmp_path).get(f"{server.url}/a", limit=10).fresh_until == 1000.0 + day
    # What was kept while a clock was ten years ahead is asked for again.
    fetcher(tmp_path, now=1000.0 + 3650 * day).get(f"{server.url}/a", limit=10)
    fetcher(tmp_path).get(f"{server.url}/a", limit=10)
    assert len(server.requests) == 3


ANSWERS = {
    "found": (200, {}, b"ok"),
    "absent": (404, {}, b"nothing here"),
    "moved": (302, {"Location": "/"}, b"over there"),
    "refused": (403, {}, b"no"),
    "unchanged": (304, {}, b""),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_connection_is_used_again(serve, tmp_path: Path, kind: str) -> None:
    server = serve()
    peers = []

    def answer(handler) -> tuple:
        peers.append(handler.client_address)
        return ANSWERS[kind]

    server.answers.update({"/": (200, {}, b"ok"), "/a": answer})
    found = fetcher(tmp_path)
    for _ in range(3):
        with contextlib.suppress(NotFound, SourceFailed):
            found.get(f"{server.url}/a", limit=10, keep=False)
    assert len(peers) == 3
    assert len(set(peers)) == 1


BODY = b"a page " * 500


@pytest.mark.parametrize("ends", ["with its length", "in chunks", "with the connection"])
@pytest.mark.parametrize("packed", ["", "gzip", "deflate"])
def test_an_answer_is_unpacked_however_it_comes(
    raw, tmp_path: Path, packed: str, ends: str
) -> None:
    body = {"": BODY, "gzip": gzip.compress(BODY), "deflate": zlib.compress(BODY)}[packed]
    head = b"HTTP/1.1 200 OK\r\n"
    if packed:
        head += f"Content-Encoding: {packed}\r\n".encode()
    if ends == "with its length":
        head += b"Content-Length: %d\r\n" % len(body)
    elif ends == "in chunks":
        head += b"Transfer-Encoding: chunked\r\n"
        cut = len(body) // 2
        pieces = (b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:cut], body[cut:]))
        body = b"".join((*pieces, b"0\r\n\r\n"))
    url = raw(lambda connection: connection.sendall(head + b"\r\n" + body))
    assert fetcher(tmp_path).get(url, limit=10_000).data == BODY


def test_nobody_waits_for_a_body_that_is_not_wanted(raw, tmp_path: Path) -> None:
    done, waited = threading.Event(), []

    def stall(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\nx")
        while not done.wait(0.02):
            connection.sendall(b"x")
            waited.append(1)
            if len(waited) > 400:
                return

    with pytest.raises(NotFound):
        fetcher(tmp_path).get(raw(stall), limit=10)
    done.set()
    assert len(waited) < 400


def test_an_address_is_given_as_it_is_asked(serve, tmp_path: Path) -> None:
    server = serve()
    server.answers["/my%20index/"] = (200, {}, b"ok")
    server.answers["/gr%C3%BCn"] = (302, {"Location": "/my index/"}, b"")
    for path in ("/my index/", "/gr\u00fcn"):
        assert fetcher(tmp_path).get(f"{server.url}{path}", limit=10).url == (
            f"{server.url}/my%20index/"
        )
