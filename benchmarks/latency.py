"""A cold lock beside uv's, against an index that is 50 ms away and serves no metadata files.

    python benchmarks/latency.py [--runs 7] [--latency 0.05] [REQ …]

Without requirements, those of `targets.py`: 44 packages, then 359.  A server on the loopback stands
in front of the public index: the first turn fills it, and from then on it answers from memory, each
answer late by the latency, without PEP 658.  Both programs start with empty caches.  Prints times,
requests and bytes sent.  On a machine that has other work, ``--latency 1`` tells how many answers
are waited for one after the other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import shutil
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote, unquote, urljoin

import urllib3
from pairs import PIN, UV, paired, show
from targets import LARGE, SMALL, tell

UPSTREAM = "https://pypi.org/simple"
JSON = "application/vnd.pypi.simple.v1+json"
BLOCK = 64 * 1024


class Mirror:
    """Pages and blocks of files of the public index, fetched once."""

    def __init__(self) -> None:
        self.pools = urllib3.PoolManager()
        self.lock = threading.Lock()
        self.pages: dict[str, tuple[bytes, bytes] | None] = {}
        self.files: dict[str, tuple[str, int]] = {}
        self.blocks: dict[tuple[str, int], bytes] = {}

    def page(self, name: str, base: str) -> tuple[bytes, bytes] | None:
        """A project's page, plain and compressed."""
        with self.lock:
            if name not in self.pages:
                url = f"{UPSTREAM}/{name}/"
                answer = self.pools.request("GET", url, headers={"Accept": JSON})
                if answer.status != 200:
                    self.pages[name] = None
                else:
                    data = self._rewritten(answer.json(), url, base)
                    self.pages[name] = (data, gzip.compress(data, 6))
            return self.pages[name]

    def _rewritten(self, document: dict, address: str, base: str) -> bytes:
        for file in document["files"]:
            url = urljoin(address, file["url"])
            self.files[file["filename"]] = (url, file.get("size") or 0)
            file["url"] = f"{base}/files/{quote(file['filename'])}"
            file.pop("core-metadata", None)
            file.pop("dist-info-metadata", None)
        return json.dumps(document).encode()

    def length(self, filename: str) -> int:
        url, size = self.files[filename]
        if not size:
            answer = self.pools.request("HEAD", url)
            size = int(answer.headers["Content-Length"])
            self.files[filename] = (url, size)
        return size

    def part(self, filename: str, start: int, end: int) -> bytes:
        found = bytearray()
        for block in range(start // BLOCK, end // BLOCK + 1):
            found += self._block(filename, block)
        skipped = start - start // BLOCK * BLOCK
        return bytes(found[skipped : skipped + end - start + 1])

    def _block(self, filename: str, block: int) -> bytes:
        key = (filename, block)
        if key not in self.blocks:
            last = min((block + 1) * BLOCK, self.length(filename)) - 1
            wanted = {"Range": f"bytes={block * BLOCK}-{last}", "Accept-Encoding": "identity"}
            answer = self.pools.request("GET", self.files[filename][0], headers=wanted)
            assert answer.status == 206, answer.status
            self.blocks[key] = answer.data
        return self.blocks[key]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency = latency
        self.mirror = Mirror()
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests = self.sent = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none of ours."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    wbufsize = 1 << 20

    def do_GET(self) -> None:
        time.sleep(self.server.latency)
        self.server.requests += 1
        kind, _, name = unquote(self.path).strip("/").partition("/")
        if kind == "simple":
            page = self.server.mirror.page(name.strip("/"), self.server.url)
            if page is None:
                self.answer(404, {}, b"")
            elif "gzip" in self.headers.get("Accept-Encoding", ""):
                self.answer(200, {"Content-Type": JSON, "Content-Encoding": "gzip"}, page[1])
            else:
                self.answer(200, {"Content-Type": JSON}, page[0])
            return
        length = self.server.mirror.length(name)
        wanted = self.headers.get("Range", "")
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if self.command == "HEAD":
            self.answer(200, headers, b"", length)
            return
        if not wanted.startswith("bytes="):
            self.answer(200, headers, self.server.mirror.part(name, 0, length - 1))
            return
        first, _, last = wanted[6:].partition("-")
        start = int(first) if first else max(0, length - int(last))
        end = min(int(last), length - 1) if first and last else length - 1
        headers["Content-Range"] = f"bytes {start}-{end}/{length}"
        self.answer(206, headers, self.server.mirror.part(name, start, end))

    do_HEAD = do_GET  # noqa: N815

    def answer(self, status: int, headers: dict[str, str], body: bytes, length: int = -1) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)

    def log_message(self, *arguments: object) -> None:
        pass


def serve(latency: float, pipe: Connection) -> None:
    """A process of its own, so that it takes no time of its clients' turns."""
    server = Server(latency)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.url)
    while pipe.recv():
        pipe.send((server.requests, server.sent))
        server.requests = server.sent = 0


def compare(
    requirements: list[str], url: str, server: Connection, runs: int
) -> tuple[dict[str, float], dict[str, tuple[int, int]]]:
    """Median seconds of both, and the requests and bytes of their last turns."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    counted: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        reqs = Path(folder) / "reqs.txt"
        reqs.write_text("\n".join(requirements) + "\n")
        commands = {
            "uv": [UV, "pip", "compile", "--no-config", str(reqs), "--python-version", version,
                   "--python-platform", "x86_64-manylinux_2_34", "--cache-dir", f"{folder}/uv",
                   "--default-index", f"{url}/simple"],
            "neuron-pin": [PIN, "lock", "-r", str(reqs), "--python", version, "--platform",
                           "manylinux_2_34_x86_64", "--cache-dir", f"{folder}/neuron-pin",
                           "--index-url", f"{url}/simple"],
        }  # fmt: skip

        def before(name: str) -> None:
            shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
            server.send("count")
            server.recv()

        def after(name: str) -> None:
            server.send("count")
            counted[name] = server.recv()

        return paired(commands, runs, before, after), counted


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("requirements", nargs="*")
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=serve, args=(options.latency, theirs), daemon=True).start()
    url = ours.recv()
    closures = {"as given": (options.requirements, 0.8)} if options.requirements else {
        "44 packages": (SMALL, 0.6), "359 packages": (LARGE, 0.8),
    }  # fmt: skip
    print(f"{options.latency * 1000:.0f} ms away, no metadata files, empty caches:")
    for name, (requirements, most) in closures.items():
        medians, counted = compare(requirements, url, ours, options.runs)
        show(medians, "uv")
        for who, (asked, sent) in counted.items():
            print(f"{who:42} {asked:8} requests {sent / 1e6:8.2f} MB")
        tell(f"{name}, cold", medians["neuron-pin"] / medians["uv"], most, "uv")
        tell(f"{name}, bytes", counted["neuron-pin"][1] / counted["uv"][1], 1.0, "uv")


if __name__ == "__main__":
    main()
