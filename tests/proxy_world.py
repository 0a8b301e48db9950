"""A pair of indexes as they are in the world, and the server before them as a process."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from conftest import Served, wheel

TODAY = "2026-09-01"
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"

NEURON: dict[str, list[Any]] = {
    "torch-neuronx": [
        ("2.9.0.2.13.24727+8e870898", ("torch==2.9.*", "libneuronxla==2.2.*", "neuronx-cc==2.*")),
        ("2.8.0.2.10.16998+e9bf8a50", ("torch==2.8.*", "libneuronxla==2.2.*", "neuronx-cc==2.*")),
        ("2.1.1.2.0.1b0", ("torch==2.1.*",)),
    ],
    "libneuronxla": [("2.2.16408.0+06ac23d1", ()), ("2.2.12677.0+8f2bb0c4", ())],
    "neuronx-cc": [("2.24.5133.0+58f8de22", ("numpy>=1.24",)), ("2.21.33363.0+82129205", ())],
    "vllm-neuron": [("0.24.0.1.1.0+e8242a9", ())],
    "torch-xla": [("1.13.1+torchneuron6", ()), ("1.0", ())],
}
"""Neuron's index: HTML without hashes, sizes, dates and metadata files, local parts escaped."""

PUBLIC = {
    "torch": [("2.9.1", ()), ("2.8.0", ())],
    "numpy": [("2.0.0", ()), ("1.26.4", ())],
    "libneuronxla": [("99.0", ()), ("1.0", ())],
    "neuronx-cc": [("99.0", ())],
    "torch-xla": [("2.9.0", ())],
    "left-pad": [("1.0", ())],
}
"""The public index: JSON with everything, decoys of Neuron's names among it."""


class Pair(NamedTuple):
    """Both indexes."""

    neuron: Served
    public: Served

    @property
    def options(self) -> tuple[str, ...]:
        return (
            "--neuron-index-url",
            f"{self.neuron.url}/simple",
            "--index-url",
            f"{self.public.url}/simple",
        )


def filename(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def put_neuron(server: Served, name: str, versions: list) -> None:
    """A project on Neuron's index."""
    rows = []
    for version, requires in versions:
        file = filename(name, version)
        server.answers[f"/simple/{name}/{quote(file)}"] = (200, {}, wheel(name, version, requires))
        rows.append(f'<a href="{quote(file)}">{file}</a><br>')
    body = "<html><body>" + "".join(rows) + "</body></html>"
    server.answers[f"/simple/{name}/"] = (200, {"Content-Type": "text/html"}, body.encode())


def put_public(server: Served, name: str, versions: list, **document) -> None:
    """A project on the public index, with PEP 658 and 700."""
    rows = []
    for version, requires in versions:
        file, data = filename(name, version), wheel(name, version, requires)
        metadata = _metadata(data)
        path = f"/files/{quote(file)}"
        server.answers[path] = (200, {}, data)
        server.answers[f"{path}.metadata"] = (200, {}, metadata)
        rows.append(
            {
                "filename": file,
                "url": f"{server.url}{path}",
                "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
                "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
                "size": len(data),
                "upload-time": "2025-11-01T10:00:00.000000Z",
                "requires-python": ">=3.8",
            }
        )
    page = {"meta": {"api-version": "1.1"}, "name": name, "files": rows, **document}
    body = json.dumps(page).encode()
    server.answers[f"/simple/{name}/"] = (200, {"Content-Type": JSON, "ETag": '"1"'}, body)


def _metadata(data: bytes) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/METADATA"))
        return archive.read(name)


@pytest.fixture
def pair(serve) -> Pair:
    neuron, public = serve(), serve()
    for name, versions in NEURON.items():
        put_neuron(neuron, name, versions)
    for name, versions in PUBLIC.items():
        put_public(public, name, versions)
    names = [{"name": name} for name in PUBLIC]
    body = json.dumps({"meta": {"api-version": "1.1"}, "projects": names}).encode()
    public.answers["/simple/"] = (200, {"Content-Type": JSON}, body)
    return Pair(neuron, public)


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Running(NamedTuple):
    """The server, in this process or as one of its own."""

    url: str
    process: subprocess.Popen | None
    lines: list[str]

    def get(self, path: str, accept: str = JSON, method: str = "GET", **headers: str) -> Reply:
        """One request, as it is: no path is tidied up, no redirect followed."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {"Accept": accept, **named}.items():
            connection.putheader(name, value)
        connection.endheaders()
        found = connection.getresponse()
        reply = Reply(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        connection.close()
        return reply

    def has_logged(self, text: str) -> bool:
        """Whether a line of the log has it, or soon will: a client may know earlier."""
        for _ in range(100):
            if any(text in line for line in self.lines):
                return True
            time.sleep(0.05)
        return False

    def files(self, path: str) -> dict[str, dict]:
        """The files of a project's page by their names."""
        reply = self.get(path)
        assert reply.status == 200, reply.body
        return {row["filename"]: row for row in reply.json["files"]}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Running]]:
    """Start the server in this process, as ``neuron-pin serve`` does with these options."""
    from neuron_pin.catalog import Catalog
    from neuron_pin.catalog.catalog import EMBEDDED
    from neuron_pin.cli.parser import parse
    from neuron_pin.operations.read_settings import read_index_locations, read_network
    from neuron_pin.proxy.files import FileDelivery
    from neuron_pin.proxy.server import Listening, base_view, create_service, make_server
    from neuron_pin.settings import load_settings

    for name in list(os.environ):
        if name.startswith(("NEURON_PIN_", "HTTP", "http")):
            monkeypatch.delenv(name)
    stack = contextlib.ExitStack()

    def start(*options: str, cache: Path | None = None, today: str = TODAY) -> Running:
        parsed = parse(["serve", *options])
        settings = load_settings(vars(parsed), {}, str(tmp_path))
        catalog = Catalog(EMBEDDED)
        base = base_view(
            catalog,
            date.fromisoformat(today),
            as_of=settings.as_of,
            phases=settings.phase,
            sdk=settings.sdk,
            instance=settings.instance,
        )
        network = read_network(settings, {})
        made = stack.enter_context(
            create_service(
                read_index_locations(settings),
                network._replace(cache_folder=str(cache or tmp_path / "served")),
                base,
                catalog,
                passing=FileDelivery(parsed.files),
                file_hosts=parsed.file_host,
                size=1 << 30,
                reads_ahead=not parsed.no_read_ahead,
            )
        )
        lines: list[str] = []
        where: list[str] = []
        is_up = threading.Event()

        def started(address: str) -> None:
            where.append(address)
            is_up.set()

        server = make_server(
            made,
            Listening("127.0.0.1", 0),
            log=lambda text: lines.extend(text.split("\n")),
            started=started,
            warms_up=parsed.warm_up,
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        assert is_up.wait(30)

        def stop() -> None:
            server.should_exit = True
            server.force_exit = True
            thread.join(30)

        stack.callback(stop)
        return Running(where[0], None, lines)

    with stack:
        yield start


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start ``neuron-pin serve`` with these options, on a port of its own."""
    started: list[subprocess.Popen] = []

    def start(*options: str, cache: Path | None = None) -> Running:
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("NEURON_PIN_", "PIP_", "XDG_", "UV_"))
        }
        environment |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
        process = subprocess.Popen(
            [sys.executable, "-m", "neuron_pin", "serve", "--listen", "127.0.0.1:0",
             "--cache-dir", str(cache or tmp_path / "served"), *options],
            stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment,
        )  # fmt: skip
        started.append(process)
        lines: list[str] = []
        is_up = threading.Event()

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line)
                if "serving http" in line:
                    is_up.set()
            is_up.set()

        threading.Thread(target=read, daemon=True).start()
        assert is_up.wait(30), lines
        match = re.search(r"serving (http\S+)/simple/", "".join(lines))
        assert match is not None, lines
        return Running(match[1], process, lines)

    yield start
    for process in started:
        process.kill()
        process.wait()
