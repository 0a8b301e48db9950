"""A machine of its own for apt: real debs, two archives, a private root with real dpkg."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import SERVER_POLL

from neuron_pin.cli import main

SYSTEM_PYTHON = "/usr/bin/python3"
has_apt = all(
    shutil.which(t) for t in ("apt-get", "dpkg-deb", "apt-ftparchive")
) and os.path.exists(SYSTEM_PYTHON)

RUNTIME = "aws-neuronx-runtime-lib"
TOOLS = "aws-neuronx-tools"
DRIVER = "aws-neuronx-dkms"
COLLECTIVES = "aws-neuronx-collectives"

NEURON = {
    DRIVER: ["2.24.7.0", "2.25.4.0", "2.26.5.0", "2.26.10.0", "2.27.4.0", "2.28.0.0", "2.29.0.0", "2.30.2.0"],
    RUNTIME: ["2.29.40.0-f7b7c6a3d", "2.30.51.0-1b3ca6425", "2.31.24.0-ac18d186d",
              "2.34.10.0-ac18d186d", "3.1.0.0-abc"],
    TOOLS: ["2.27.33.0-5d9c0b901", "2.28.23.0-1b3ca6425", "2.29.22.0-ac18d186d",
            "2.32.28.0-1b3ca6425", "2.99.1.0-new", "3.0.5.0-ccc1", "1:2.28.23.0-1"],
    COLLECTIVES: ["2.29.41.0-ec8cd5e8b", "2.30.59.0-bc30ece58", "2.34.10.0-ac18d186d"],
    "aws-neuronx-oci-hook": ["2.12.36.0"],
    "aws-neuron-tools": ["2.1.4.0"],
    "aws-neuronx-new-thing": ["1.0.0.0"],
}  # fmt: skip
OTHER = {
    "harmless": ["1.0", "2.0"],
    "linux-image-6.8.0-1015-aws": ["6.8.0-1015.16"],
    "linux-image-6.8.0-1016-aws": ["6.8.0-1016.17"],
    "linux-headers-6.8.0-1016-aws": ["6.8.0-1016.17"],
    "linux-image-6.14.0-1002-aws": ["6.14.0-1002.2"],
    "linux-headers-6.14.0-1002-aws": ["6.14.0-1002.2"],
    "linux-image-aws": ["6.8.0.1015.17", "6.8.0.1016.18", "6.14.0.1002.3"],
    "linux-headers-aws": ["6.8.0.1015.17", "6.8.0.1016.18"],
    TOOLS: ["2.99.0.0-evil"],
}  # fmt: skip


DEPENDS = {
    ("linux-image-aws", "6.8.0.1016.18"): "Depends: linux-image-6.8.0-1016-aws\n",
    ("linux-image-aws", "6.14.0.1002.3"): "Depends: linux-image-6.14.0-1002-aws\n",
    ("linux-headers-aws", "6.8.0.1016.18"): "Depends: linux-headers-6.8.0-1016-aws\n",
}


def archive(folder: Path, packages: Mapping[str, Iterable[str]]) -> None:
    """A folder of debs with its Packages, trusted as it is."""
    pool = folder / "pool"
    pool.mkdir(parents=True)
    for name, versions in packages.items():
        for version in versions:
            build = folder / "build" / f"{name}_{version.replace(':', '%3a')}"
            (build / "DEBIAN").mkdir(parents=True)
            (build / "DEBIAN" / "control").write_text(
                f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
                + DEPENDS.get((name, version), "")
                + "Maintainer: t <t@test.invalid>\nDescription: test\n"
            )
            subprocess.run(
                ["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(build),
                 str(pool / f"{name}_{version.partition(':')[2] or version}_amd64.deb")],
                check=True, capture_output=True,
            )  # fmt: skip
    made = subprocess.run(
        ["apt-ftparchive", "packages", "pool"], cwd=folder, check=True, capture_output=True
    )
    (folder / "Packages").write_bytes(made.stdout)
    shutil.rmtree(folder / "build")


class Machine(NamedTuple):
    """A private root, and the configuration that makes apt work on it."""

    root: Path
    config: Path

    def apt(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get, without a question."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NEURON_PIN_")},
            "APT_CONFIG": str(self.config), "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive", **variables,
        }  # fmt: skip
        return subprocess.run(
            ["apt-get", "-q", "-y", *words], env=environment, capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip

    def installed(self) -> dict[str, str]:
        """What dpkg has, by name."""
        status = (self.root / "var/lib/dpkg/status").read_text()
        stanzas = [dict(re.findall(r"^(\S+): (.*)$", s, re.M)) for s in status.split("\n\n")]
        return {
            s["Package"]: s["Version"] for s in stanzas if s.get("Status", "").endswith("installed")
            and not s["Status"].endswith("not-installed")
        }  # fmt: skip

    def has(self, *packages: str) -> None:
        """Say that these are installed (NAME=VERSION), and nothing else."""
        text = "".join(
            f"Package: {p.partition('=')[0]}\nStatus: {'hold' if p.endswith('!') else 'install'} ok "
            f"installed\nMaintainer: t <t@test.invalid>\nArchitecture: amd64\n"
            f"Version: {p.partition('=')[2].rstrip('!')}\nDescription: test\n\n"
            for p in packages
        )
        (self.root / "var/lib/dpkg/status").write_text(text)
        for old in (self.root / "var/lib/dpkg/info").iterdir():
            old.unlink()
        for package in packages:
            (self.root / f"var/lib/dpkg/info/{package.partition('=')[0]}.list").write_text("/.\n")

    def point_hook_here(self) -> None:
        """apt runs hooks in its own root, which is this one's outside: say where they are."""
        path = self.root / "etc/apt/apt.conf.d/90neuron-pin"
        text = path.read_text()
        path.write_text(text.replace("/usr/lib/neuron-pin", f"{self.root}/usr/lib/neuron-pin"))


def machine(folder: Path, neuron: str, other: str) -> Machine:
    """A machine that knows both archives, with nothing installed."""
    root = folder / "root"
    for place in (
        "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d", "etc/apt/trusted.gpg.d",
        "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt",
        "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "usr/lib", "var/lib",
    ):  # fmt: skip
        (root / place).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").write_text("")
    (root / "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="22.04"\n')
    config = folder / "apt.conf"
    config.write_text(
        f'Dir "{root}/";\nDir::State::status "{root}/var/lib/dpkg/status";\n'
        f'Dir::Log "{root}/var/log/apt";\n'
        'APT::Architecture "amd64"; APT::Architectures { "amd64"; };\nAPT::Sandbox::User "root";\n'
        'Acquire::Languages "none"; Acquire::http::Proxy "DIRECT"; Acquire::Retries "0"; Debug::NoLocking "1"; Dpkg::Use-Pty "0";\n'
        'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
        f'DPkg::Options {{ "--root={root}"; "--log={folder}/dpkg.log"; "--force-script-chrootless";'
        ' "--force-not-root"; "--force-unsafe-io"; };\n'
    )
    (root / "etc/apt/sources.list.d/test.list").write_text(
        f"deb [trusted=yes] {neuron} ./\ndeb [trusted=yes] {other} ./\n"
    )
    found = Machine(root, config)
    done = found.apt("update")
    assert done.returncode == 0, done.stderr
    return found


# What SDK 2.28.1 has.
LOCKED = {
    DRIVER: "2.26.10.0",
    RUNTIME: "2.30.51.0-1b3ca6425",
    TOOLS: "2.28.23.0-1b3ca6425",
    COLLECTIVES: "2.30.59.0-bc30ece58",
}
OF_2_27 = {
    RUNTIME: "2.29.40.0-f7b7c6a3d", TOOLS: "2.27.33.0-5d9c0b901",
    COLLECTIVES: "2.29.41.0-ec8cd5e8b",
}  # fmt: skip


def words(versions: dict[str, str]) -> list[str]:
    return [f"{name}={version}" for name, version in versions.items()]


def rules(text: str) -> set[str]:
    return set(re.findall(r"^  (NP\d+) ", text, re.M))


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[int]:
    """A loopback server of a folder's files; gives its port."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(SERVER_POLL,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


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

    with serving(folder) as port:
        yield Archives(f"http://127.0.0.1:{port}/neuron/", f"http://localhost:{port}/other/")


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


RELEASE_OF_2_29 = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10",
                   "--phase", "eos", "--as-of", "2026-05-01")  # fmt: skip
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
