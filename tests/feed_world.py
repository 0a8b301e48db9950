"""Feeds on loopback: a real TLS server, a proxy that leads every host to it, and what they serve."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import runpy
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from conftest import Keys

from neuron_pin.catalog.catalog import EMBEDDED

BUILD = runpy.run_path(str(Path(__file__).parent.parent / "script/build_facts.py"))
NAMES = ("api.github.com", "raw.githubusercontent.com", "github.com")


class FeedServer(NamedTuple):
    """A TLS server: its address, that of a proxy which leads every host to it, the certificate
    authority, what it answers by path (a text, or a function of the handler that answers), and
    the requests that it got, each with whether it was answered with 304."""

    url: str
    proxy: str
    ca: Path
    answers: dict[str, Any]
    requests: list[tuple[str, bool]]

    def options(self, *more: object) -> list[str]:
        """Options of `catalog update` for this server's folder ``/feed``."""
        return ["--feed", f"{self.url}/feed", "--cert", str(self.ca), *map(str, more)]


@contextlib.contextmanager
def served(authority: Path, folder: Path) -> Iterator[FeedServer]:
    """Start both; the server's certificate is for loopback and for GitHub's hosts."""
    certificate = _make_certificate(authority, folder)
    answers: dict[str, Any] = {}
    requests: list[tuple[str, bool]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers.get("Host", "").partition(":")[0]
            path = self.path if host == "127.0.0.1" else f"{host}{self.path}"
            found = answers.get(path)
            if callable(found):
                requests.append((path, False))
                found(self)
                return
            body = found if isinstance(found, bytes) else b""
            etag = f'"{hashlib.sha256(body).hexdigest()}"'
            status = 404 if found is None else 200
            if status == 200 and self.headers.get("If-None-Match") == etag:
                status, body = 304, b""
            requests.append((path, status == 304))
            self.send_response(status)
            self.send_header("ETag", etag)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = socket.create_server(("127.0.0.1", 0))
    threading.Thread(
        target=_accept, args=[proxy, ("127.0.0.1", server.server_port)], daemon=True
    ).start()
    try:
        yield FeedServer(
            f"https://127.0.0.1:{server.server_port}",
            f"http://127.0.0.1:{proxy.getsockname()[1]}",
            authority / "ca.pem",
            answers,
            requests,
        )
    finally:
        server.shutdown()
        server.server_close()
        with contextlib.suppress(OSError):
            proxy.shutdown(socket.SHUT_RDWR)
        proxy.close()


def _make_certificate(authority: Path, folder: Path) -> Path:
    names = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in NAMES)])
    (folder / "ext").write_text(f"subjectAltName={names}\n")
    common = ["-out", "feed.csr", "-keyout", "feed.key", "-subj", "/CN=feed"]
    made = ["-CA", str(authority / "ca.pem"), "-CAkey", str(authority / "ca.key"),
            "-CAcreateserial", "-CAserial", "feed.srl"]  # fmt: skip
    for command in (
        ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *common],
        ["x509", "-req", "-in", "feed.csr", *made, "-out", "feed.crt", "-extfile", "ext"],
    ):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    whole = folder / "feed.pem"
    whole.write_text((folder / "feed.crt").read_text() + (folder / "feed.key").read_text())
    return whole


def _accept(proxy: socket.socket, target: tuple[str, int]) -> None:
    def lead(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(target) as server:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(65536)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=[server, client], daemon=True)
            back.start()
            _copy(client, server)
            back.join(5)

    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=lead, args=[proxy.accept()[0]], daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def make_facts(folder: Path, **head: object) -> Path:
    """A copy of the embedded facts with another head, and sums that fit."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EMBEDDED, folder)
    path = folder / "catalog.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | head, indent=1) + "\n")
    restate(folder)
    return folder


def restate(folder: Path) -> None:
    """Write the sums of facts that were changed."""
    texts = {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*.json")}
    (folder / "SHA256SUMS").write_text(BUILD["render_sums"](texts))


@functools.lru_cache(maxsize=4)
def _pack(texts: tuple[tuple[str, str], ...]) -> bytes:
    """An archive of texts, by path; compressing the facts takes most of a test's time."""
    archive: bytes = BUILD["pack"](dict(texts), 0)
    return archive


def pack_feed(facts: Path, change: Callable[[dict[str, str]], None] = lambda t: None) -> dict:
    """The files of a feed of the project's own facts, by name, without signature."""
    texts = {
        p.relative_to(facts).as_posix(): p.read_text() for p in facts.rglob("*") if p.is_file()
    }
    change(texts)
    archive = _pack(tuple(sorted(texts.items())))
    head = BUILD["describe"](texts, archive).encode()
    return state_sums({"facts.tar.gz": archive, "facts.json": head})


def state_sums(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same files with a list of their digests."""
    rows = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return {**files, "SHA256SUMS": "".join(rows).encode()}


def publish_feed(
    server: FeedServer, files: dict[str, bytes], keys: Keys | None = None, key: str = "neuron"
) -> None:
    """Put a feed's files onto a server, signed where there are keys."""
    for path in [path for path in server.answers if path.startswith("/feed/")]:
        del server.answers[path]
    for name, data in files.items():
        server.answers[f"/feed/{name}"] = data
    if keys is not None:
        signature = keys.sign(files["SHA256SUMS"], key, detached=True)
        server.answers["/feed/SHA256SUMS.asc"] = signature


def publish_repository(
    server: FeedServer, files: dict[str, bytes], commit: str, **changes: dict
) -> None:
    """Put a repository onto GitHub's hosts, as its API shows it; ``changes`` are of a file's row,
    by its name without the suffix, or of the whole ``document``."""
    name = "aws-neuron/aws-neuron-sdk"
    rows = []
    for path, data in files.items():
        digest = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        row = {"path": path, "mode": "100644", "type": "blob", "sha": digest, "size": len(data)}
        rows.append(row | changes.get(path.rpartition("/")[2].partition(".")[0], {}))
        server.answers[f"raw.githubusercontent.com/{name}/{commit}/{path}"] = data
    tree = {"sha": commit, "tree": rows, "truncated": False} | changes.get("document", {})
    api = f"api.github.com/repos/{name}"
    server.answers[f"{api}/commits/HEAD"] = commit.encode()
    server.answers[f"{api}/git/trees/{commit}?recursive=1"] = json.dumps(tree).encode()
