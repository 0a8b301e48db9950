"""What is kept: over a restart, beside another process, while an index is down."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from threading import Event
from urllib.parse import urljoin

import pytest
from proxy_world import JSON, filename, put_public

from neuron_pin.proxy import server as serving
from neuron_pin.proxy import upstream
from neuron_pin.proxy.file_store import Download
from neuron_pin.proxy.upstream import LIMITS
from neuron_pin.sources.http.client import DEFAULT_FRESH


class Clock:
    """A time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_788_220_800.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(serving, "CLOCK", found)
    return found


def test_an_index_that_calls_everything_old_is_not_asked_each_time(pair, served, clock) -> None:
    status, headers, body = pair.public.answers["/simple/torch/"]
    pair.public.answers["/simple/torch/"] = (status, {**headers, "Cache-Control": "no-cache"}, body)
    index = served(*pair.options)
    for _ in range(5):
        assert index.get("/simple/torch/").status == 200
    assert len(pair.public.requests) == 1
    clock.now += upstream.PAUSE + 1
    index.get("/simple/torch/")
    assert len(pair.public.requests) == 2


def refuse(handler) -> tuple:
    """A server that is there and says nothing."""
    handler.close_connection = True
    handler.connection.close()
    raise ConnectionAbortedError


def test_old_pages_are_served_with_a_warning(pair, served, clock: Clock, monkeypatch) -> None:
    monkeypatch.setattr(serving, "LIMITS", LIMITS._replace(retries=0))
    index = served(*pair.options)
    fresh = index.get("/simple/torch/")
    assert "warning" not in fresh.headers
    before = dict(pair.public.answers)
    for path in list(pair.public.answers):
        pair.public.answers[path] = refuse
    # Fresh pages need no index; later it is asked, and does not answer.
    assert "warning" not in index.get("/simple/torch/").headers
    clock.now += DEFAULT_FRESH + 1
    old = index.get("/simple/torch/")
    assert (old.status, old.body) == (200, fresh.body)
    assert old.headers["warning"].startswith('110 neuron-pin "Response is stale: ')
    assert old.headers["cache-control"] == "no-cache"
    # Other views of it, too; and it is not asked each time.
    asked = len(pair.public.requests)
    assert index.get("/as-of/2026-01-01/simple/torch/").headers["warning"]
    assert len(pair.public.requests) == asked
    health = index.get("/healthz").json
    assert health["status"] == "degraded"
    assert index.get("/simple/numpy/").status == 502
    # When it is back, so are fresh pages.
    pair.public.answers.update(before)
    put_public(pair.public, "torch", [("2.9.1", ()), ("2.8.0", ()), ("2.7.0", ())])
    clock.now += upstream.PAUSE + 1
    assert "warning" not in index.get("/simple/torch/").headers
    assert len(index.files("/simple/torch/")) == 3
    assert index.get("/healthz").json["status"] == "ok"


def test_a_new_day_has_new_phases(pair, served, clock: Clock) -> None:
    clock.now = 1_760_000_000.0
    index = served(*pair.options)
    name = filename("torch-neuronx", "2.8.0.2.10.16998+e9bf8a50")
    assert name not in index.files("/simple/torch-neuronx/")
    clock.now = 1_770_000_000.0
    assert "yanked" not in index.files("/simple/torch-neuronx/")[name]
    clock.now = 1_780_000_000.0
    assert "yanked" in index.files("/simple/torch-neuronx/")[name]


def test_metadata_is_of_the_file_that_its_page_has(pair, served, clock: Clock) -> None:
    index = served(*pair.options)
    paths = [
        f"/files/left-pad/{filename('left-pad', version)}.metadata" for version in ("1.0", "2.0")
    ]
    put_public(pair.public, "left-pad", [("1.0", ()), ("2.0", ())])
    index.get("/simple/left-pad/")
    assert all(index.get(path).status == 200 for path in paths)
    # One is gone, and the other was built again.
    put_public(pair.public, "left-pad", [("2.0", ("other",))])
    assert b"other" not in index.get(paths[1]).body
    clock.now += DEFAULT_FRESH + 1
    (row,) = index.files("/simple/left-pad/").values()
    found = [index.get(path) for path in paths]
    assert [reply.status for reply in found] == [404, 200]
    assert b"other" in found[1].body
    if isinstance(row["core-metadata"], dict):
        assert row["core-metadata"]["sha256"] == hashlib.sha256(found[1].body).hexdigest()


def test_metadata_that_is_kept_is_counted(pair, served) -> None:
    index = served(*pair.options, "--no-read-ahead")
    (row, *_) = index.files("/simple/torch-neuronx/").values()

    def count() -> float:
        (line,) = re.findall(r"^neuron_pin_warm_bytes (\S+)", index.get("/metrics").text, re.M)
        return float(line)

    before = count()
    body = index.get(urljoin("/simple/torch-neuronx/", row["url"]) + ".metadata").body
    assert count() >= before + len(body)


def test_what_was_read_stands_after_a_restart(pair, process, tmp_path: Path) -> None:
    first = process(*pair.options)
    page = first.get("/simple/torch-neuronx/")
    row = next(iter(first.files("/simple/torch-neuronx/").values()))
    path = urljoin("/simple/torch-neuronx/", row["url"]) + ".metadata"
    metadata = first.get(path).body
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(20) == 0
    asked = [len(server.requests) for server in pair]
    again = process(*pair.options, "--offline")
    assert again.get("/simple/torch-neuronx/").body == page.body
    assert again.get(path).body == metadata
    assert [len(server.requests) for server in pair] == asked
    kept = [p.name for p in (tmp_path / "served").rglob("*") if p.is_file()]
    assert not [name for name in kept if "lock" in name or name.startswith(".")]


def test_a_kill_leaves_nothing_in_the_way(pair, process, tmp_path: Path) -> None:
    body = os.urandom(30 << 20)
    file = filename("left-pad", "2.0")
    url = f"{pair.public.url}/files/{file}"
    bare = json.dumps({"files": [{"filename": file, "url": url, "hashes": {}}]}).encode()
    pair.public.answers["/simple/left-pad/"] = (200, {"Content-Type": JSON}, bare)
    held = threading.Event()

    def slow(handler) -> tuple:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: 10 << 20])
        held.wait(10)
        raise ConnectionAbortedError

    pair.public.answers[f"/files/{file}"] = slow
    first = process(*pair.options, "--files", "cache")
    path = f"/files/left-pad/{file}"

    def read() -> None:
        with contextlib.suppress(http.client.HTTPException, OSError):
            first.get(path)

    reader = threading.Thread(target=read)
    reader.start()
    wheels = tmp_path / "served" / "wheels"
    while not [p for p in wheels.rglob("*.part") if p.stat().st_size > 5 << 20]:
        assert reader.is_alive()
    first.process.kill()
    first.process.wait()
    reader.join()
    held.set()
    (part,) = wheels.rglob("*.part")
    pair.public.answers[f"/files/{file}"] = (200, {}, body)
    second = process(*pair.options, "--files", "cache")
    assert second.get(path).status == 200
    # What nobody writes to any more goes with the next start that finds it old.
    os.utime(part, (0, 0))
    process(*pair.options, "--files", "cache")
    assert not part.exists()


def test_two_processes_share_a_cache(pair, process, tmp_path: Path) -> None:
    both = [process(*pair.options, "--files", "cache") for _ in range(2)]
    path = f"/files/torch/{filename('torch', '2.9.1')}"
    paths = ["/simple/torch-neuronx/", "/simple/torch/", path, f"{path}.metadata"] * 10
    found: dict[str, set[bytes]] = {path: set() for path in paths}

    def ask(index) -> None:
        for path in paths:
            reply = index.get(path)
            assert reply.status == 200
            found[path].add(reply.body)

    threads = [threading.Thread(target=ask, args=[index]) for index in both for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path: len(bodies) for path, bodies in found.items()} == dict.fromkeys(found, 1)
    names = [p.name for p in (tmp_path / "served").rglob("*") if p.is_file()]
    assert not [name for name in names if name.startswith(".") or "lock" in name]


def test_a_file_is_there_while_it_gets_its_name(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "part").write_bytes(b"all")
    download, is_moved, is_read = Download(str(tmp_path / "part")), Event(), Event()

    def move_slowly(source: str, target: str, real=os.replace) -> None:
        real(source, target)
        is_moved.set()
        is_read.wait(0.3)

    monkeypatch.setattr(os, "replace", move_slowly)
    mover = threading.Thread(target=download.move, args=[str(tmp_path / "whole")])
    mover.start()
    assert is_moved.wait(20)
    with download.open() as stream:
        assert stream.read() == b"all"
    is_read.set()
    mover.join(20)
    assert os.listdir(tmp_path) == ["whole"]


def test_kept_files_have_a_bound(pair, served, tmp_path: Path, monkeypatch) -> None:
    from neuron_pin.proxy.file_store import FileStore

    sizes = [os.urandom(400_000) for _ in range(4)]
    monkeypatch.setattr(
        FileStore, "__init__", lambda self, fetcher, size, real=FileStore.__init__: real(self, fetcher, 900_000)
    )  # fmt: skip
    put_public(pair.public, "left-pad", [(f"{n}.0", ()) for n in range(4)])
    page = pair.public.answers["/simple/left-pad/"][2].decode()
    document = json.loads(page)
    for row, data in zip(document["files"], sizes, strict=True):
        row.update({"hashes": {"sha256": hashlib.sha256(data).hexdigest()}, "size": len(data)})
        pair.public.answers[row["url"].removeprefix(pair.public.url)] = (200, {}, data)
    body = json.dumps(document).encode()
    pair.public.answers["/simple/left-pad/"] = (200, {"Content-Type": JSON}, body)
    index = served(*pair.options, "--files", "cache")
    for n, data in enumerate(sizes):
        assert index.get(f"/files/left-pad/{filename('left-pad', f'{n}.0')}").body == data
    kept = [p for p in (tmp_path / "served" / "wheels").rglob("*") if p.is_file()]
    assert len(kept) == 2


def test_a_port_that_is_taken(pair, process, tmp_path: Path) -> None:
    index = process(*pair.options)
    port = index.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", "serve", "--listen", f"127.0.0.1:{port}",
         "--cache-dir", str(tmp_path / "other"), *pair.options],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
