"""Archives of debs on loopback, locks, and machines with and without the hook."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from apt_machine import NEURON, OTHER, Machine, archive, has_apt, machine

from neuron_pin.cli import main


class Archives(NamedTuple):
    """Where Neuron's archive is, and somebody else's: two hosts."""

    neuron: str
    other: str


@pytest.fixture(scope="session")
def archives(tmp_path_factory) -> Iterator[Archives]:
    if not has_apt:
        pytest.skip("needs apt, dpkg and apt-utils")
    folder = tmp_path_factory.mktemp("archives")
    archive(folder / "neuron", NEURON)
    archive(folder / "other", OTHER)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    yield Archives(f"http://127.0.0.1:{port}/neuron/", f"http://localhost:{port}/other/")
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def lock_file(tmp_path_factory) -> Callable[..., Path]:
    """Locks by what they were asked for, made once."""
    made: dict[tuple[str, ...], Path] = {}

    def lock(*words: str, index: str = "") -> Path:
        key = (*words, index)
        if key not in made:
            path = tmp_path_factory.mktemp("locks") / "lock.json"
            code = main(["lock", "--offline", "-q", *words, "-o", str(path)])
            assert code == 0
            if index:
                document = json.loads(path.read_text())
                for package in document["packages"]:
                    package["index"] = index
                path.write_text(json.dumps(document))
            made[key] = path
        return made[key]

    return lock


RELEASE = ("--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10",
           "--phase", "eos", "--as-of", "2026-04-01")  # fmt: skip


@pytest.fixture
def plain(tmp_path: Path, archives: Archives) -> Machine:
    """A machine without the hook."""
    return machine(tmp_path, archives.neuron, archives.other)


@pytest.fixture
def held(plain: Machine, archives: Archives, lock_file) -> Callable[..., Machine]:
    """The same machine with a lock's hook."""

    def install(strength: str = "exact", *more: str, release: tuple[str, ...] = RELEASE) -> Machine:
        lock = lock_file(*release, "--pin", strength, index=archives.neuron)
        code = main(["hook", "install", "apt", "-q", "--lock", str(lock), "--root",
                     str(plain.root), "--expires", "2099-01-01", *more])  # fmt: skip
        assert code == 0
        plain.point_hook_here()
        return plain

    return install


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("NEURON_PIN_", "PIP_", "UV_")) or name == "VIRTUAL_ENV":
            monkeypatch.delenv(name)
