"""Warm project pages per second of ``neuron-pin serve`` and of other index servers.

    python benchmarks/serve.py [ROUNDS]

All stand before the same index on this machine, serve the same page, and are asked one after
the other by ``wrk`` (Debian: wrk) over 64 connections; rounds take turns, so that whatever else
the machine does falls on all.  All servers have one core, ``wrk`` has another; while one is asked
the others are stopped, since some go on with what nobody waits for any more.  Peers that are not
installed are left out: simpleindex, simple-repository-server, proxpi (with gunicorn), pypiserver,
from PyPI, found on PATH.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

SECONDS = 4
CONNECTIONS = 64
FILES = 300
PROJECT = "torch-neuronx"
JSON = "application/vnd.pypi.simple.v1+json"


class Result(NamedTuple):
    rate: float
    p99: float
    """Milliseconds."""
    errors: int


def page() -> bytes:
    """A page of the size that Neuron's have, with all that the public index states."""
    rows = []
    for number in range(FILES):
        file = f"torch_neuronx-2.9.0.2.{number}.0-py3-none-any.whl"
        rows.append(
            {
                "filename": file,
                "url": f"https://files.pythonhosted.org/packages/{number:064x}/{file}",
                "hashes": {"sha256": f"{number:064x}"},
                "size": 2_000_000 + number,
                "upload-time": "2026-01-01T10:00:00.000000Z",
                "requires-python": ">=3.9",
                "core-metadata": {"sha256": f"{number:064x}"},
            }
        )
    meta = {"api-version": "1.1"}
    versions = [f"2.9.0.2.{number}.0" for number in range(FILES)]
    document = {"meta": meta, "name": PROJECT, "files": rows, "versions": versions}
    return json.dumps(document).encode()


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    body = page()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = self.path.rstrip("/").endswith(PROJECT)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", JSON)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(body) if found else 0))
            self.end_headers()
            if found:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()


def servers(index: str, folder: Path) -> dict[str, tuple[list[str], dict[str, str], str]]:
    """Each server's command, environment and page."""
    found: dict[str, tuple[list[str], dict[str, str], str]] = {
        "neuron-pin": (
            [sys.executable, "-m", "neuron_pin", "serve", "--listen", "127.0.0.1:9101",
             "--neuron-index-url", index, "--index-url", f"{index}/none", "--cache-dir",
             str(folder / "cache"), "--no-access-log"],
            {}, f"http://127.0.0.1:9101/simple/{PROJECT}/",
        ),
        "neuron-pin, with its access log": (
            [sys.executable, "-m", "neuron_pin", "serve", "--listen", "127.0.0.1:9105",
             "--neuron-index-url", index, "--index-url", f"{index}/none", "--cache-dir",
             str(folder / "cache2")],
            {}, f"http://127.0.0.1:9105/simple/{PROJECT}/",
        ),
    }  # fmt: skip
    if shutil.which("simple-repository-server"):
        found["simple-repository-server"] = (
            ["simple-repository-server", "--port", "9102", f"{index}/"],
            {}, f"http://127.0.0.1:9102/simple/{PROJECT}/",
        )  # fmt: skip
    if shutil.which("simpleindex"):
        # Its fastest way: a page from the disk.
        pages = folder / "pages" / PROJECT
        pages.mkdir(parents=True)
        anchors = (f'<a href="{r["url"]}#sha256={r["hashes"]["sha256"]}">{r["filename"]}</a><br>'
                   for r in json.loads(page())["files"])  # fmt: skip
        (pages / "index.html").write_text("<html><body>" + "".join(anchors) + "</body></html>")
        config = folder / "simpleindex.toml"
        config.write_text(
            '[routes."{project}"]\nsource = "path"\n'
            f'to = "{folder}/pages/{{project}}/index.html"\n'
            '[server]\nhost = "127.0.0.1"\nport = 9103\nlog-level = "warning"\n'
        )
        found["simpleindex"] = (
            ["simpleindex", str(config)], {}, f"http://127.0.0.1:9103/{PROJECT}/"
        )  # fmt: skip
    if shutil.which("pypi-server"):
        # It knows no other index: what it serves are files of a folder.
        files = folder / "files"
        files.mkdir()
        for row in json.loads(page())["files"]:
            (files / row["filename"]).write_bytes(b"")
        found["pypiserver"] = (
            ["pypi-server", "run", "-i", "127.0.0.1", "-p", "9106", "--disable-fallback",
             str(files)],
            {}, f"http://127.0.0.1:9106/simple/{PROJECT}/",
        )  # fmt: skip
    if _has_proxpi():
        found["proxpi"] = (
            ["gunicorn", "-b", "127.0.0.1:9104", "--threads", "8", "proxpi.server:app"],
            {"PROXPI_INDEX_URL": f"{index}/"}, f"http://127.0.0.1:9104/index/{PROJECT}/",
        )  # fmt: skip
    return found


def _has_proxpi() -> bool:
    """Whether gunicorn's own Python has it."""
    gunicorn = shutil.which("gunicorn")
    if gunicorn is None:
        return False
    command = [str(Path(gunicorn).with_name("python")), "-c", "import proxpi"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


def wait(url: str) -> int:
    """Until a page comes; gives its bytes."""
    for _ in range(300):
        try:
            request = urllib.request.Request(url, headers={"Accept": JSON})
            with urllib.request.urlopen(request, timeout=5) as reply:
                return len(reply.read())
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url} does not answer")


def on_core(number: int, command: list[str]) -> list[str]:
    """A command that has one core of this machine, where there are several."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[number]), *command] if len(cores) > 1 else command


def signal_all(servers: Iterable[subprocess.Popen[bytes]], number: int) -> None:
    """Send a signal to servers and to what they have started."""
    for server in servers:
        os.killpg(server.pid, number)


def measure(url: str) -> Result:
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-H", f"Accept: {JSON}",
           "-H", "Accept-Encoding: gzip", url]  # fmt: skip
    done = subprocess.run(on_core(-1, wrk), capture_output=True, text=True, check=True)
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)
    ((value, unit),) = re.findall(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    broken = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done.stdout
    )
    errors = int(bad[1]) if bad else 0
    errors += sum(map(int, broken.groups())) if broken else 0
    return Result(float(rate), float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], errors)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with (
        tempfile.TemporaryDirectory() as name,
        upstream() as index,
        contextlib.ExitStack() as stack,
    ):
        pages: dict[str, str] = {}
        running: dict[str, subprocess.Popen[bytes]] = {}
        for label, (command, environment, url) in servers(index, Path(name)).items():
            running[label] = subprocess.Popen(
                on_core(0, command), env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            stack.callback(running[label].wait)
            stack.callback(signal_all, [running[label]], signal.SIGTERM)
            stack.callback(signal_all, [running[label]], signal.SIGCONT)
            pages[label] = url
            print(f"{label}: {wait(url)} bytes", flush=True)
        results: dict[str, list[Result]] = {label: [] for label in pages}
        for _ in range(rounds):
            for label, url in pages.items():
                signal_all(running.values(), signal.SIGSTOP)
                signal_all([running[label]], signal.SIGCONT)
                results[label].append(measure(url))
        first = results["neuron-pin"]
        print(f"{'':34}{'pages/s':>9}{'p99 ms':>9}{'errors':>8}{'ours/theirs':>13}{'p99':>7}")
        for label, found in results.items():
            ratio = statistics.median(a.rate / b.rate for a, b in zip(first, found, strict=True))
            late = statistics.median(a.p99 / b.p99 for a, b in zip(first, found, strict=True))
            print(
                f"{label:34}{statistics.median(r.rate for r in found):9.0f}"
                f"{statistics.median(r.p99 for r in found):9.1f}"
                f"{sum(r.errors for r in found):8}{ratio:13.2f}{late:7.2f}"
            )


if __name__ == "__main__":
    main()
