"""A Neuron closure from an index without metadata files, direct and through ``neuron-pin serve``.

    python benchmarks/serve_closure.py [--runs 5] [--latency 0.05] [--megabytes 40]

Two indexes on the loopback answer each request late by the latency: one as Neuron's is (HTML, no
hashes, no PEP 658) with the packages of fixtures/neuron-index, its compiler padded to a size,
and a public one with PEP 658 that has what they require, and something newer of what they cap.
pip and uv start with empty caches each time.  "cold" is a server with an empty cache that has
asked nobody for anything, "started" one that was started with an empty cache and ``--warm-up`` and
has had the time to read ahead, and "warm" one that has seen the closure.  pip from 26 on, or so,
downloads nothing with ``--dry-run`` where it has the metadata; that of Python 3.11 downloads all
files, from the indexes, which no server before them makes faster.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote, unquote

from pairs import BIN, PIN, UV, paired, show
from targets import tell

FIXTURES = Path(__file__).parent.parent / "fixtures"
SDK = "2.31.1"
REQUIREMENTS = ["torch-neuronx", "neuronx-cc", "neuronx-distributed-inference"]
JSON = "application/vnd.pypi.simple.v1+json"
COLD = "an address for each run"
WARMING = 3.0
"""Seconds in which a server reads ahead before its client comes."""
STARTING = 0.3
"""Seconds in which one that reads nothing ahead gets ready."""
PADDED = ("neuronx-cc", "libneuronxla")
NEWER = "9999.0"
"""A version that a closure does not take."""


def wheel(name: str, version: str, requires: list[str], padding: int = 0) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    module = name.replace("-", "_")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(f"{module}/data", os.urandom(padding))
        info = f"{module}-{version}.dist-info"
        archive.writestr(f"{info}/METADATA", "\n".join([*lines, "", ""]))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return data.getvalue()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency = latency
        self.answers: dict[str, tuple[str, bytes]] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none of ours."""

    def fill(self, megabytes: float) -> None:
        index = json.loads((FIXTURES / "neuron-index" / "index.json").read_text())
        needed: set[str] = set()
        for name, (version, requires) in index[SDK].items():
            file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            padding = int(megabytes * 1e6) if name in PADDED else 200_000
            data = wheel(name, version, requires, padding)
            self.answers[f"/neuron/{name}/{file}"] = ("application/zip", data)
            page = f'<html><a href="{quote(file)}">{file}</a></html>'
            self.answers[f"/neuron/{name}/"] = ("text/html", page.encode())
            needed |= set(requires)
        for requirement in sorted(needed, key=len):
            name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()
            if (name := name.replace("_", "-")) not in index[SDK]:
                self.public(name, requirement)

    def public(self, name: str, requirement: str) -> None:
        least = re.search(r"[=~>]=\s*([0-9.]+?)(\.\*)?(?:[,;\s)]|$)", requirement)
        versions = [least[1] if least else "1.0"]
        if re.search(r"[=~<]", requirement.replace(">=", "")):
            versions.append(NEWER)
        rows = [self.file(name, version) for version in versions]
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": rows}
        self.answers[f"/public/{name}/"] = (JSON, json.dumps(page).encode())

    def file(self, name: str, version: str) -> dict[str, object]:
        file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        data = wheel(name, version, [], 100_000)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            metadata = next(archive.read(n) for n in archive.namelist() if "METADATA" in n)
        self.answers[f"/files/{file}"] = ("application/zip", data)
        self.answers[f"/files/{file}.metadata"] = ("text/plain", metadata)
        return {
            "filename": file,
            "url": f"{self.url}/files/{file}",
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
            "size": len(data),
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    wbufsize = 1 << 20

    def do_GET(self) -> None:
        time.sleep(self.server.latency)
        found = self.server.answers.get(unquote(self.path))
        status, headers, body = (
            (200, {"Content-Type": found[0]}, found[1]) if found else (404, {}, b"")
        )
        wanted = self.headers.get("Range", "")
        headers["Accept-Ranges"] = "bytes"
        if found and wanted.startswith("bytes="):
            first, _, last = wanted[6:].partition("-")
            start = int(first) if first else max(0, len(body) - int(last))
            end = min(int(last), len(body) - 1) if first and last else len(body) - 1
            headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
            status, body = 206, body[start : end + 1]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


def serve_indexes(latency: float, megabytes: float, pipe: Connection) -> None:
    """A process of its own, so that it takes no time of its clients' turns."""
    server = Server(latency)
    server.fill(megabytes)
    pipe.send(server.url)
    server.serve_forever()


@contextmanager
def served_before(
    neuron: str, public: str, cache: Path, *options: str
) -> Iterator[tuple[str, int]]:
    """``neuron-pin serve`` before two indexes; gives its address, and its process number."""
    process = subprocess.Popen(
        [PIN, "serve", "--listen", "127.0.0.1:0", "--neuron-index-url", neuron, "--index-url",
         public, "--cache-dir", str(cache), *options],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    # A warning of old facts may stand before it.
    said, found = "", None
    for line in process.stderr:
        found = re.search(r"serving (http\S+)/simple/", line)
        if found is not None:
            break
        said += line
    if found is None:
        sys.exit(f"neuron-pin serve ends with {process.wait()}: {said}")
    threading.Thread(target=process.stderr.read, daemon=True).start()
    try:
        yield found[1], process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("--megabytes", type=float, default=40, help="of the compiler's wheel")
    options = parser.parse_args()
    # `--isolated` leaves the files of the machine in force.
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    ours, theirs = multiprocessing.Pipe()
    multiprocessing.Process(
        target=serve_indexes, args=(options.latency, options.megabytes, theirs), daemon=True
    ).start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reqs = folder / "reqs.txt"
        reqs.write_text("\n".join(REQUIREMENTS) + "\n")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        python = str(folder / "venv/bin/python")
        pip = [str(BIN / "python"), "-m", "pip", "--isolated", "--python", python, "install",
               "--dry-run", "--no-cache-dir", "-q", "-r", str(reqs)]  # fmt: skip
        uv = [UV, "pip", "compile", "--no-config", "-q", str(reqs), "--cache-dir", f"{folder}/uv"]
        direct = ["--index-url", f"{url}/public", "--extra-index-url", f"{url}/neuron"]
        indexes = (f"{url}/neuron", f"{url}/public")
        with ExitStack() as stack:
            warm, _ = stack.enter_context(served_before(*indexes, folder / "warm"))
            fresh = stack.enter_context(ExitStack())
            commands = {
                "pip, direct": [*pip, *direct],
                "pip, through, cold": [*pip, "--index-url", COLD],
                "pip, through, started": [*pip, "--index-url", COLD],
                "pip, through, warm": [*pip, "--index-url", f"{warm}/simple/"],
                "uv, direct": [*uv, *direct],
                "uv, through, cold": [*uv, "--default-index", COLD],
                "uv, through, started": [*uv, "--default-index", COLD],
                "uv, through, warm": [*uv, "--default-index", f"{warm}/simple/"],
            }

            def before(label: str) -> None:
                shutil.rmtree(folder / "uv", ignore_errors=True)
                kind = label.rpartition(" ")[2]
                if kind not in ("cold", "started"):
                    return
                # One that forgot everything, and no others beside it.
                more = ("--warm-up",) if kind == "started" else ()
                cache = tempfile.mkdtemp(dir=folder)
                served = served_before(*indexes, Path(cache), *more)
                commands[label][-1] = f"{fresh.enter_context(served)[0]}/simple/"
                time.sleep(WARMING if kind == "started" else STARTING)

            medians = paired(commands, options.runs, before, after=lambda label: fresh.close())
    version = subprocess.run([*pip[:3], "--version"], capture_output=True, text=True, check=True)
    print(
        f"{options.latency * 1000:.0f} ms away, a compiler of {options.megabytes:.0f} MB, "
        f"{' '.join(version.stdout.split()[:2])}:"
    )
    show({k: v for k, v in medians.items() if k.startswith("pip")}, "pip, direct")
    show({k: v for k, v in medians.items() if k.startswith("uv")}, "uv, direct")
    for client in ("pip", "uv"):
        for kind in ("cold", "started"):
            ratio = medians[f"{client}, through, {kind}"] / medians[f"{client}, direct"]
            tell(f"{client}, through, {kind}", ratio, 0.5, f"{client}, direct")


if __name__ == "__main__":
    main()
