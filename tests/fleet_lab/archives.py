"""The repositories of the lab: Neuron's packages without content, as real debs and rpms."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import subprocess
import threading
from pathlib import Path

from rpm_world import Built, build, index

from .hosts import DRIVER, RELEASES, packaged

APT_HOST, RPM_HOST = "apt.repos.neuron.amazonaws.com", "yum.repos.neuron.amazonaws.com"
"""Names of Neuron's hosts, which the hosts of the lab find on the lab's own server."""

SUITES = ("jammy", "noble", "bookworm")

_POSTINST = """#!/bin/sh
# Fails while a file says so: the package stays half-configured.
test ! -e /run/lab/fail-configuration
"""


def make_archives(folder: Path) -> None:
    """Both repositories below ``folder``: ``apt`` and ``rpm``; made anew where this has changed."""
    form = hashlib.sha256(Path(__file__).read_bytes() + repr(RELEASES).encode()).hexdigest()
    complete = folder / "complete"
    if complete.exists() and complete.read_text() == form:
        return
    shutil.rmtree(folder, ignore_errors=True)
    pool = folder / "apt/pool"
    pool.mkdir(parents=True)
    rows = sorted({(name, version) for rows in RELEASES.values() for name, version in rows.items()})
    for name, version in rows:
        _build_deb(folder / "build", pool, name, packaged(name, version))
    for kernel in ("6.8.0-1016-aws", "6.8.0-1015-aws", "6.1.0-28-cloud-amd64"):
        _build_deb(folder / "build", pool, f"linux-headers-{kernel}", "1.0")
    made = subprocess.run(
        ["apt-ftparchive", "packages", "pool"], cwd=folder / "apt", check=True, capture_output=True
    )
    for suite in SUITES:
        place = folder / "apt/dists" / suite
        (place / "main/binary-amd64").mkdir(parents=True)
        (place / "main/binary-amd64/Packages").write_bytes(made.stdout)
        fields = {"Suite": suite, "Codename": suite, "Components": "main", "Architectures": "amd64"}
        words = [f"-oAPT::FTPArchive::Release::{name}={text}" for name, text in fields.items()]
        described = subprocess.run(
            ["apt-ftparchive", *words, "release", "."], cwd=place, check=True, capture_output=True
        )
        (place / "Release").write_bytes(described.stdout)
    out = build(folder / "build/rpm", [Built(name, f"{version}-1") for name, version in rows])
    shutil.move(out, folder / "rpm")
    index(folder / "rpm")
    shutil.rmtree(folder / "build")
    complete.write_text(form)


def _build_deb(scratch: Path, pool: Path, name: str, version: str) -> None:
    tree = scratch / f"{name}_{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
        "Maintainer: lab <lab@lab.invalid>\nDescription: lab\n"
    )
    (tree / "DEBIAN/postinst").write_text(_POSTINST)
    (tree / "DEBIAN/postinst").chmod(0o755)
    if name == DRIVER:
        (tree / f"usr/src/aws-neuronx-{version}").mkdir(parents=True)
        (tree / f"usr/src/aws-neuronx-{version}/dkms.conf").write_text(
            f'PACKAGE_NAME="aws-neuronx"\nPACKAGE_VERSION="{version}"\n'
        )
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, pool / f"{name}_{version}_amd64.deb"],
        check=True, capture_output=True,
    )  # fmt: skip


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the repository of the host that is asked for."""

    folder: Path

    def translate_path(self, path: str) -> str:
        kind = "rpm" if self.headers.get("Host", "").startswith("yum.") else "apt"
        inside = os.path.normpath(path.partition("?")[0]).lstrip("/")
        return str(self.folder / kind / inside)

    def log_message(self, *words: object) -> None:
        """Not on the lab's terminal."""


def serve_archives(folder: Path) -> http.server.ThreadingHTTPServer:
    """Serve both repositories on port 80 of this network, which is the lab's own."""
    handler = type("Handler", (_Handler,), {"folder": folder})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 80), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
