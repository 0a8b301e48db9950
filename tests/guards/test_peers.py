"""What every client refuses for what it is, by real apt and dnf beside neuron-pin: a signature that is
not there, of another key or another text, or past its time, and a file of another hash."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest
from conftest import Keys, Run, Served, sample
from rpm_world import primary, repomd

TOOLS = "aws-neuronx-tools"
APT_CONFIGURATION = """Dir "{root}/"; Dir::State::status "{root}/var/lib/dpkg/status";
APT::Architecture "amd64"; APT::Architectures {{ "amd64"; }}; APT::Sandbox::User "root";
Acquire::Languages "none"; Acquire::Retries "0"; Acquire::http::Proxy "DIRECT"; Debug::NoLocking "1";
"""
DNF_CONFIGURATION = """[main]
gpgcheck=0
plugins=0
keepcache=0
logdir={folder}
reposdir=/none
[neuron]
name=neuron
baseurl={url}
repo_gpgcheck=1
gpgkey=file://{ring}
metadata_expire=0
"""
PAST = ("--faked-system-time", "20200301T000000!")

# How a text is signed, inside or apart; all but the first are refused by both clients.  A signature
# from before its key expired is not among them: gpgv refuses it, sqv of apt 3 counts it.
SIGNED: dict[str, Callable[[Keys, bytes, bool], bytes]] = {
    "good": lambda keys, text, apart: keys.sign(text, "neuron", detached=apart),
    "not signed": lambda keys, text, apart: b"" if apart else text,
    "another key": lambda keys, text, apart: keys.sign(text, "other", detached=apart),
    "another text": lambda keys, text, apart: (
        keys.sign(text + b"x", "neuron", detached=True)
        if apart
        else keys.sign(text, "neuron").replace(b"AWS", b"ABS")
    ),
    "revoked key": lambda keys, text, apart: keys.sign(text, "gone", detached=apart),
    "expired signature": lambda keys, text, apart: keys.sign(
        text, "old", options=(*PAST, "--default-sig-expire", "1d"), detached=apart
    ),
}
CASES = [*SIGNED, "another hash"]


@pytest.fixture
def ring(keys: Keys, tmp_path: Path) -> Path:
    """All keys that signed are configured: what is wrong with one is for the client to see."""
    path = tmp_path / "all.asc"
    path.write_bytes(b"".join(keys.export(name) for name in ("neuron", "old", "gone")))
    return path


def version_of_tools(run: Run) -> str:
    done = run("lock", "--offline", TOOLS, "--os", "ubuntu22.04", "--python", "3.11",
               "--instance", "trn2", "--format", "json")  # fmt: skip
    (package,) = json.loads(done.out)["packages"]
    return f"{package['version'].partition('-')[0]}-1good"


def is_locked(run: Run, *words: str) -> bool:
    done = run("lock", TOOLS, "--python", "3.11", "--refresh", *words)
    assert done.code in (0, 3), done.err
    return done.code == 0


@pytest.mark.skipif(not Path("/usr/bin/apt-get").exists(), reason="needs apt")
@pytest.mark.parametrize("case", CASES)
def test_apt_refuses_it_too(run: Run, serve, keys: Keys, ring: Path, tmp_path, case: str) -> None:
    server: Served = serve()
    stanza = "\n".join([
        f"Package: {TOOLS}", f"Version: {version_of_tools(run)}", "Architecture: amd64",
        f"Filename: pool/{TOOLS}.deb", "Size: 1000", f"SHA256: {'a' * 64}", "", "",
    ]).encode()  # fmt: skip
    index = "main/binary-amd64/Packages"
    text = "\n".join([
        "Origin: AWS Neuron", "Suite: jammy", "Codename: jammy", "Components: main",
        "Architectures: amd64", f"Date: {formatdate(time.time() - 60, usegmt=True)}", "SHA256:",
        f" {hashlib.sha256(stanza).hexdigest()} {len(stanza)} {index}", "",
    ]).encode()  # fmt: skip
    signed = SIGNED.get(case, SIGNED["good"])(keys, text, False)
    server.answers["/dists/jammy/InRelease"] = (200, {}, signed)
    served = stanza.replace(b"good", b"else") if case == "another hash" else stanza
    server.answers[f"/dists/jammy/{index}"] = (200, {}, served)
    line = f"deb [signed-by={ring}] {server.url} jammy main"
    assert is_locked(run, "--os", "ubuntu22.04", "--apt-repo", line) is (case == "good")

    root = tmp_path / "root"
    for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
                 "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg"):  # fmt: skip
        (root / name).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/apt/sources.list").write_text(f"{line}\n")
    (tmp_path / "apt.conf").write_text(APT_CONFIGURATION.format(root=root))
    environment = {**os.environ, "APT_CONFIG": str(tmp_path / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def apt(*words: str) -> str:
        return subprocess.run(
            ["/usr/bin/apt-get", "-q", *words], env=environment, capture_output=True, text=True,
            check=False, timeout=60,
        ).stdout  # fmt: skip

    apt("update")
    assert (f"Inst {TOOLS} " in apt("-s", "install", TOOLS)) is (case == "good")


@pytest.mark.skipif(not Path("/usr/bin/dnf").exists(), reason="needs dnf")
@pytest.mark.parametrize("case", sample(CASES, 2))
def test_dnf_refuses_it_too(run: Run, serve, keys: Keys, ring: Path, tmp_path, case: str) -> None:
    server: Served = serve()
    document = primary([(TOOLS, version_of_tools(run))])
    packed = gzip.compress(document, mtime=0)
    described = repomd(packed, document).replace(
        b"<timestamp>1<", f"<timestamp>{int(time.time()) - 60}<".encode()
    )
    server.answers["/repodata/repomd.xml"] = (200, {}, described)
    signature = SIGNED.get(case, SIGNED["good"])(keys, described, True)
    if signature:
        server.answers["/repodata/repomd.xml.asc"] = (200, {}, signature)
    served = gzip.compress(document + b"\n", mtime=0) if case == "another hash" else packed
    server.answers["/repodata/primary.xml.gz"] = (200, {}, served)
    source = f"[signed-by={ring}] {server.url}"
    assert is_locked(run, "--os", "rocky9", "--rpm-repo", source) is (case == "good")

    text = DNF_CONFIGURATION.format(folder=tmp_path, url=server.url, ring=ring)
    (tmp_path / "dnf.conf").write_text(text)
    # Yes to the import of keys alone: nothing can be fetched of a package.
    done = [
        subprocess.run(
            ["/usr/bin/dnf", "-c", str(tmp_path / "dnf.conf"), f"--installroot={tmp_path}/image",
             "--releasever=9", "--forcearch=x86_64", "--setopt=cachedir=/cache",
             "--setopt=strict=0", *words],
            env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False,
            timeout=60,
        ).stdout
        for words in (("-y", "--refresh", "makecache"), ("--assumeno", "install", TOOLS))
    ]  # fmt: skip
    assert (f" {TOOLS} " in done[1] and "x86_64" in done[1]) is (case == "good")
