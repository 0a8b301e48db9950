"""The hosts that printed commands ask, all of them on the loopback device of the private machine."""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import ssl
import subprocess
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from apt_machine import archive
from byte_range import cut_range
from conftest import FIXTURES, Keys, wheel
from rpm_world import Built, build, has_rpm_tools
from rpm_world import index as index_rpms

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED

NEURON = "pip.repos.neuron.amazonaws.com"
APT = "apt.repos.neuron.amazonaws.com"
PYPI = "pypi.org"
FILES = "files.pythonhosted.org"
DEBIAN = "deb.debian.org"
RPM = "yum.repos.neuron.amazonaws.com"
EFA = "efa-installer.amazonaws.com"
MANIFESTS = "raw.githubusercontent.com"
API = "api.github.com"
HOSTS = (
    NEURON, APT, RPM, EFA, PYPI, FILES, DEBIAN, MANIFESTS, API, "github.com", "mirror.example",
)  # fmt: skip
KEY = "GPG-PUB-KEY-AMAZON-AWS-NEURON.PUB"
RELEASES = ("2.28.1", "2.29.1", "2.30.0", "2.31.1", "2.32.0")
"""Those whose system packages the apt repository has."""
REVISION = "0123abcde"
BEYOND = {"aws-neuronx-tools": "3.0.5.0-ccc1", "aws-neuronx-dkms": "3.1.0.0"}
"""What the repository has beyond every release."""

PUBLIC: dict[str, dict[str, tuple[str, ...]]] = {
    "torch": {f"2.{minor}.0": ("sympy",) for minor in range(1, 13)},
    "torch-neuronx": {"1.0": ()},
    "neuronx-cc": {"1.0": ()},
    "transformers": {"4.57.1": ("numpy",), "4.48.0": ("numpy",)},
    "numpy": {"1.26.4": (), "2.0.0": ()},
    "pip": {},
    "sympy": {"1.13": ()},
    "urllib3": {"1.26.20": (), "2.5.0": ()},
    "requests": {"2.31.0": ("urllib3<3",), "2.32.5": ("urllib3<3",)},
    **{
        name: {"99.0": ()}
        for name in (
            "icalendar", "docutils", "cyclonedx-python-lib", "createrepo-c", "backports-zstd",
            "pre-commit", "pypi-attestations", "starlette", "uvicorn", "httptools", "prometheus-client",
        )
    },
}  # fmt: skip
PLACEHOLDERS = frozenset({"torch-neuronx", "neuronx-cc"})


@cache
def neuron_projects() -> dict[str, dict[str, tuple[str, ...]]]:
    """Versions and requirements of what Neuron's index has, by the catalog."""
    catalog = Catalog(EMBEDDED)
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for release in catalog.releases:
        for member in catalog.members(release.sdk) if release.listed else ():
            if "pip" not in {each.value for each in catalog.packages[member.package].systems}:
                continue
            requires: tuple[str, ...] = ()
            series = re.match(r"\d+\.\d+", member.version)
            if member.package == "torch-neuronx" and series:
                requires = (f"torch=={series.group()}.*", "neuronx-cc==2.*")
            if member.version and "x" not in member.version:
                found.setdefault(member.package, {})[member.version] = requires
    return found


@cache
def wheel_of(host: str, name: str, version: str) -> bytes:
    projects = neuron_projects() if host == NEURON else PUBLIC
    data = wheel(name, version, projects[name][version])
    if host == PYPI and name in PLACEHOLDERS:
        import io
        import zipfile

        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
            for entry in old.infolist():
                text = old.read(entry).decode()
                if entry.filename.endswith("METADATA"):
                    text = text.rstrip("\n") + "\nSummary: Wrong package. Use Neuron's index.\n"
                new.writestr(entry, text)
        data = packed.getvalue()
    return data


def file_name(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def project_page(host: str, name: str, accept: str) -> tuple[str, bytes] | None:
    """A page of PEP 503, or of PEP 691 where the public index is asked for one."""
    projects = neuron_projects() if host == NEURON else PUBLIC
    if name not in projects:
        return None
    where = "" if host == NEURON else f"https://{FILES}/packages/{name}/"
    rows = []
    for version in projects[name]:
        data = wheel_of(host, name, version)
        rows.append((file_name(name, version), hashlib.sha256(data).hexdigest(), len(data)))
    if host == NEURON or "json" not in accept:
        lines = [
            f'<a href="{where}{quote(file)}">{html.escape(file)}</a><br>' for file, _, _ in rows
        ]
        return "text/html", "".join(lines).encode()
    files = [
        {"filename": file, "url": where + quote(file), "hashes": {"sha256": digest}, "size": size,
         "upload-time": "2025-11-01T10:00:00.000000Z"}
        for file, digest, size in rows
    ]  # fmt: skip
    page = {
        "meta": {"api-version": "1.1"},
        "name": name,
        "files": files,
        "versions": list(projects[name]),
    }
    return "application/vnd.pypi.simple.v1+json", json.dumps(page).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers by the host that is asked for."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def answer(self) -> tuple[int, str, bytes]:
        host = self.headers.get("Host", "").partition(":")[0]
        path = unquote(self.path.partition("?")[0])
        parts = [part for part in path.split("/") if part]
        file = (self.folder / host / path.lstrip("/")).resolve()
        if file.is_relative_to(self.folder) and file.is_file():
            return 200, "application/octet-stream", file.read_bytes()
        if host in (NEURON, PYPI, "mirror.example"):
            index = PYPI if host == "mirror.example" else host
            named = parts[1:] if parts[:1] == ["simple"] else parts
            if not named:
                names = [{"name": name} for name in PUBLIC]
                body = json.dumps({"meta": {"api-version": "1.1"}, "projects": names}).encode()
                return 200, "application/vnd.pypi.simple.v1+json", body
            if len(named) == 1:
                page = project_page(index, named[0], self.headers.get("Accept", ""))
                return (200, *page) if page else (404, "text/plain", b"no")
            name, version = named[0], named[1].split("-")[1]
            return 200, "application/zip", wheel_of(index, name, version)
        if host == FILES:
            name, version = parts[1], parts[2].split("-")[1]
            return 200, "application/zip", wheel_of(PYPI, name, version)
        if host == MANIFESTS and parts[-1:] == ["n2-manifest.json"]:
            return 200, "application/json", (self.folder / host / parts[-1]).read_bytes()
        return 404, "text/plain", b"no"

    def do_GET(self) -> None:
        try:
            status, kind, body = self.answer()
        except (KeyError, IndexError):
            status, kind, body = 404, "text/plain", b"no"
        extra = {}
        cut = cut_range(self.headers.get("Range", ""), body)
        if cut is not None and status == 200:
            extra["Content-Range"], body = cut
            status = 206
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Accept-Ranges", "bytes")
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


def system_packages(system: str = "apt") -> dict[str, list[str]]:
    """What a repository has of Neuron's: each with a revision where Neuron gives one."""
    catalog = Catalog(EMBEDDED)
    found: dict[str, list[str]] = {}
    for sdk in (*RELEASES, *(("2.19.1",) if system == "rpm" else ())):
        for member in catalog.members(sdk):
            package = catalog.packages[member.package]
            if system not in {each.value for each in package.systems} or not member.version:
                continue
            version = member.version.replace(".x", ".1")
            if not member.package.endswith("dkms"):
                version += f"-{REVISION}"
            if version not in found.setdefault(member.package, []):
                found[member.package].append(version)
    for name, version in BEYOND.items():
        found.setdefault(name, []).append(version)
    return found


def _run(*words: str, cwd: Path, data: bytes | None = None) -> bytes:
    return subprocess.run(words, cwd=cwd, input=data, capture_output=True, check=True).stdout


def _make_archives(folder: Path) -> str:
    """Neuron's repository, signed, and the distribution's; gives the key's identifier."""
    neuron = folder / APT
    archive(neuron, system_packages())
    kernel = os.uname().release
    archive(
        folder / DEBIAN,
        {
            name: ["9.0"]
            for name in (
                "ca-certificates", "curl", "gnupg", f"linux-headers-{kernel}", "python3.12",
                "python3.12-venv", "python3.11-venv", "python3.13-venv", "python3-venv", "apt-utils",
                "harmless", "libglib2.0-0", "python3-pip", "zstd", "rpm",
            )
        },
    )  # fmt: skip
    copy = folder / "mirror.example" / "neuron-copy"
    archive(copy, {"aws-neuronx-tools": ["2.99.0.0-copy"]})
    home = folder / "gnupg"
    home.mkdir(mode=0o700)
    keys = Keys(str(home))
    keys.make("neuron", kind="rsa2048")
    (neuron / KEY).write_bytes(keys.export("neuron"))
    packages = (neuron / "Packages").read_bytes()
    for suite in ("bionic", "focal", "jammy", "noble", "bookworm"):
        place = neuron / "dists" / suite / "main" / "binary-amd64"
        place.mkdir(parents=True)
        (place / "Packages").write_bytes(packages)
        top = place.parent.parent
        release = _run(
            "apt-ftparchive", "-o", f"APT::FTPArchive::Release::Suite={suite}",
            "-o", f"APT::FTPArchive::Release::Codename={suite}",
            "-o", "APT::FTPArchive::Release::Architectures=amd64",
            "-o", "APT::FTPArchive::Release::Components=main", "release", ".", cwd=top,
        )  # fmt: skip
        (top / "InRelease").write_bytes(keys.sign(release, "neuron"))
    _make_rpms(folder, keys.export("neuron"))
    _make_efa(folder, keys)
    fingerprint = keys.fingerprint("neuron")
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    return fingerprint


def _make_rpms(folder: Path, key: bytes) -> None:
    """Neuron's repository and the distribution's."""
    if not has_rpm_tools:
        return
    wanted = [
        Built(name, version if "-" in version else f"{version}-1")
        for name, versions in system_packages("rpm").items()
        for version in versions
    ]
    build(folder / "rpms", wanted).rename(folder / RPM)
    (folder / RPM / KEY).write_bytes(key)
    system = [
        *(Built(name, "9-1") for name in ("libxcrypt-compat", "glib2", "gcc")),
        *(
            Built(f"python3{minor}{more}", "9-1")
            for minor in ("", ".8", ".9", ".11", ".12", ".13")
            for more in ("", "-pip")
        ),
        Built("python3-dnf-plugin-versionlock", "9-1", ("Provides: dnf-command(versionlock)",)),
        Built("yum-plugin-versionlock", "9-1"),
        Built("kernel-devel", "9-1", ("Provides: kernel-devel-uname-r = 6.1.0-1",)),
    ]
    place = folder / "mirror.example" / "rpm-os"
    build(folder / "more-rpms", system).rename(place)
    for repository in (folder / RPM, place):
        index_rpms(repository)


def _make_efa(folder: Path, keys: Keys) -> None:
    """The installer of EFA, which no package manager installs: one that does nothing."""
    place = folder / EFA
    inside = place / "aws-efa-installer"
    inside.mkdir(parents=True)
    (inside / "efa_installer.sh").write_text("#!/bin/sh\nexit 0\n")
    (inside / "efa_installer.sh").chmod(0o755)
    for version in ("1.47.0", "latest"):
        name = f"aws-efa-installer-{version}.tar.gz"
        _run("tar", "-czf", name, "aws-efa-installer", cwd=place)
        (place / f"{name}.sig").write_bytes(
            keys.sign((place / name).read_bytes(), "neuron", detached=True)
        )
    (place / "aws-efa-installer.key").write_bytes(keys.export("neuron"))


def _certificates(folder: Path) -> tuple[Path, Path]:
    """An authority for these hosts, and their certificate with its key."""
    folder.mkdir()
    _run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
        "/CN=test authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "ca.key", "-out", "ca.pem", cwd=folder,
    )  # fmt: skip
    _run(
        "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={PYPI}",
        "-keyout", "host.key", "-out", "host.csr", cwd=folder,
    )  # fmt: skip
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    # Python verifies strictly by RFC 5280 from 3.13 on.
    (folder / "names").write_text(
        f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    _run(
        "openssl", "x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "host.pem", cwd=folder,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes((folder / "host.pem").read_bytes() + (folder / "host.key").read_bytes())
    return folder / "ca.pem", both


def _make_github(folder: Path) -> None:
    """The vendor's repository as GitHub shows it, with a release and pages that are not known."""
    commit, name = "c0ffee" + "0" * 34, "aws-neuron/aws-neuron-sdk"
    manifest = json.loads((FIXTURES / "manifest" / "irregular.json").read_text())
    for number, release in enumerate(manifest["neuron_releases"]):
        release["neuron_version"] = f"2.34.{number}"
    files = {"src/helperscripts/n2-manifest.json": json.dumps(manifest).encode()}
    pages = FIXTURES / "announcements"
    for page in sorted(pages.rglob("*.rst")):
        files[f"about-neuron/announcements/{page.relative_to(pages)}"] = page.read_bytes()
    rows = []
    for path, data in files.items():
        target = folder / MANIFESTS / name / commit / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        digest = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        rows.append({"path": path, "mode": "100644", "type": "blob", "sha": digest})
    answers = folder / API / "repos" / name
    for path, text in (
        ("commits/HEAD", commit),
        (f"git/trees/{commit}", json.dumps({"tree": rows, "truncated": False})),
    ):
        target = answers / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def start_servers(folder: Path) -> dict[str, str]:
    """Serve every host over HTTP and HTTPS; gives what worlds and commands have to be told."""
    folder.mkdir()
    authority, certificate = _certificates(folder / "tls")
    fingerprint = _make_archives(folder)
    manifest = sorted((FIXTURES / "manifest").glob("*.json"))
    (folder / MANIFESTS).mkdir()
    if manifest:
        (folder / MANIFESTS / "n2-manifest.json").write_bytes(manifest[0].read_bytes())
    _make_github(folder)
    Handler.folder = folder.resolve()
    plain = ThreadingHTTPServer(("127.0.0.1", 80), Handler)
    secured = ThreadingHTTPServer(("127.0.0.1", 443), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    secured.socket = context.wrap_socket(
        secured.socket, server_side=True, do_handshake_on_connect=False
    )
    for server in (plain, secured):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return {
        "AUTHORITY": authority.read_text(),
        "NEURON_KEY": (folder / APT / KEY).read_text(),
        "FINGERPRINT": fingerprint,
        "KEY_ID": fingerprint[-16:],
    }
