"""Reading rpm repositories: made by the real tools, signed by real gpg, and hostile ones."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Keys
from rpm_world import Built, build, has_rpm_tools, index, primary, repomd, repository

from neuron_pin.errors import NeuronPinError, SourceFailed, UnreadableInput
from neuron_pin.extras import install_command
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.repositories import read_packages
from neuron_pin.sources.rpm.repo_files import read_rpm_sources
from neuron_pin.sources.rpm.repository import (
    parse_rpm_repository,
)
from neuron_pin.sources.system_package import SystemPackage

TOOLS = "aws-neuronx-tools"
WANTED = frozenset({TOOLS})
real_rpm = pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")


def read(tmp_path: Path, line: str, names: frozenset[str] = WANTED) -> list[SystemPackage]:
    fetcher = Fetcher(str(tmp_path / "cache"))
    return read_packages(parse_rpm_repository(line), names, "amd64", lambda: fetcher)


PACKAGES = [
    Built(TOOLS, "2.9.0.0-1", ("Requires: glibc >= 2.34", "Requires: aws-neuronx-runtime-lib > 2")),
    Built(TOOLS, "1:2.10.0.0-3", ("Conflicts: old < 1:2-3", "Provides: tools = 2", "Obsoletes: o")),
    Built(TOOLS, "2.11.0.0~rc1-1", ("Requires: (a or b)", "Requires: /bin/sh")),
    Built("other", "1-1"),
]


@real_rpm
@pytest.mark.parametrize("compression", ["gz", "xz", "bz2", "zstd"])
def test_what_createrepo_makes_is_read(tmp_path: Path, compression: str) -> None:
    folder = build(tmp_path / "rpm", PACKAGES)
    done = subprocess.run(
        ["createrepo_c", "--quiet", "--no-database", f"--general-compress-type={compression}",
         str(folder)], capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"needs a createrepo_c that writes {compression}")
    found = {p.version: p for p in read(tmp_path, folder.as_uri())}
    assert set(found) == {"2.9.0.0-1", "1:2.10.0.0-3", "2.11.0.0~rc1-1"}
    first, second, third = (found[v] for v in ("2.9.0.0-1", "1:2.10.0.0-3", "2.11.0.0~rc1-1"))
    assert first.filename == f"{TOOLS}-2.9.0.0-1.x86_64.rpm"
    assert first.size == (folder / first.filename).stat().st_size
    assert len(first.sha256) == 64
    assert first.built > 1_500_000_000
    assert first.c_library == "2.34"
    needed = {str(relation) for group in first.depends for relation in group}
    assert needed == {"glibc (>= 2.34)", "aws-neuronx-runtime-lib (>> 2)"}
    assert {str(relation) for relation in second.conflicts} == {"old (<< 1:2-3)", "o"}
    assert "tools (= 2)" in {str(relation) for relation in second.provides}
    assert third.depends == ()


@real_rpm
def test_a_signature_is_asked_for_where_a_key_is_named(tmp_path: Path, keys: Keys) -> None:
    folder = build(tmp_path / "rpm", PACKAGES[:1])
    index(folder)
    key = tmp_path / "neuron.asc"
    key.write_bytes(keys.export("neuron"))
    line = f"[signed-by={key}] {folder.as_uri()}"
    with pytest.raises(SourceFailed, match="carries no signature"):
        read(tmp_path, line)
    described = folder / "repodata" / "repomd.xml"
    signature = folder / "repodata" / "repomd.xml.asc"
    signature.write_bytes(keys.sign(described.read_bytes(), "neuron", detached=True))
    assert [p.version for p in read(tmp_path, line)] == ["2.9.0.0-1"]
    signature.write_bytes(keys.sign(described.read_bytes(), "other", detached=True))
    with pytest.raises(SourceFailed, match="not trusted here"):
        read(tmp_path, line)
    signature.write_bytes(keys.sign(described.read_bytes(), "neuron", detached=True))
    described.write_bytes(described.read_bytes() + b"\n")
    with pytest.raises(SourceFailed, match="does not fit the text"):
        read(tmp_path, line)


def test_neither_signed_nor_encrypted_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="neither signed nor fetched over https"):
        read(tmp_path, "http://yum.invalid/")


def broken(folder: Path, data: bytes, **how: Any) -> None:
    """A repository around that primary.xml, wrong in one way."""
    packed = gzip.compress(data)
    (folder / "repodata").mkdir(parents=True)
    described = repomd(packed, data, str(how.get("href", "repodata/primary.xml.gz")))
    if "checksum" in how:
        described = described.replace(b'type="sha256"', str(how["checksum"]).encode())
    (folder / "repodata" / "repomd.xml").write_bytes(how.get("repomd", described))
    (folder / "repodata" / "primary.xml.gz").write_bytes(how.get("packed", packed))


GOOD = primary([(TOOLS, "2.9.0.0-1")])
# what is wrong with it, what is said
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no repomd": ({"repomd": b""}, "cannot be read"),
    "not XML": ({"repomd": b"<html><body>Sign in"}, "cannot be read"),
    "names nothing": ({"repomd": b'<repomd xmlns="http://linux.duke.edu/metadata/repo"/>'}, "names no"),
    "another hash": ({"packed": gzip.compress(b"x")}, "does not have the hash"),
    "cut": ({"packed": gzip.compress(GOOD)[:-20]}, "does not have the hash"),
    "another kind of hash": ({"checksum": 'type="other"'}, "too weak"),
    "outside": ({"href": "../primary.xml.gz"}, "names a file elsewhere"),
    "another host": ({"href": "http://other.invalid/primary.xml.gz"}, "names a file elsewhere"),
    "unknown form": ({"href": "repodata/primary.xml.rar"}, "packed as .rar"),
    "is not there": ({"href": "repodata/other.xml.gz"}, "not there"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_repository_is_refused_with_its_address(tmp_path: Path, name: str) -> None:
    how, told = BROKEN[name]
    broken(tmp_path / "repo", GOOD, **how)
    with pytest.raises(SourceFailed, match=told) as error:
        read(tmp_path, (tmp_path / "repo").as_uri())
    assert (tmp_path / "repo").as_uri() in str(error.value)


XML = b'<?xml version="1.0" encoding="UTF-8"?>'
# a primary.xml, what is said
CONTENTS = {
    "a document type": (GOOD.replace(XML, XML + b"<!DOCTYPE metadata>"), "document type"),
    "another encoding": (GOOD.replace(b'"UTF-8"', b'"ISO-8859-1"'), "not in UTF-8"),
    "ends early": (GOOD[:-40], "cannot be read"),
    "another language": (b"<html/>", "cannot be read|no packages"),
    "no version": (GOOD.replace(b'ver="2.9.0.0"', b'ver=""'), "no valid version"),
    "an odd version": (GOOD.replace(b'ver="2.9.0.0"', b'ver="2 9"'), "no valid version"),
    "a file elsewhere": (GOOD.replace(b'href="aws', b'href="x/../aws'), "lies elsewhere"),
    "a base": (GOOD.replace(b"<location ", b'<location xml:base="." '), "lies elsewhere"),
    "no SHA-256": (re.sub(rb">[0-9a-f]{63}", b">", GOOD), "invalid SHA-256"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_metadata_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    data, told = CONTENTS[name]
    broken(tmp_path / "repo", data)
    if name == "another language":
        assert read(tmp_path, (tmp_path / "repo").as_uri()) == []
        return
    with pytest.raises(SourceFailed, match=told):
        read(tmp_path, (tmp_path / "repo").as_uri())


def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.fs.compression.MAX_UNPACKED", 500)
    repository(tmp_path / "repo", [(TOOLS, f"2.{n}-1") for n in range(99)])
    with pytest.raises(SourceFailed, match="more than 500 bytes"):
        read(tmp_path, (tmp_path / "repo").as_uri())


@pytest.mark.parametrize(
    ("limit", "value", "told"),
    [("MAX_WANTED", 10, "more than 10 versions"), ("MAX_REPOMD", 200, "more than 200 bytes"),
     ("MAX_PRIMARY", 200, "more than 200 bytes")],
)  # fmt: skip
def test_a_repository_has_bounds(tmp_path: Path, monkeypatch, limit, value, told) -> None:
    repository(tmp_path / "repo", [(TOOLS, f"2.{n}-1") for n in range(11)])
    assert len(read(tmp_path, (tmp_path / "repo").as_uri())) == 11
    monkeypatch.setattr(f"neuron_pin.sources.rpm.repository.{limit}", value)
    with pytest.raises(SourceFailed, match=told):
        read(tmp_path, (tmp_path / "repo").as_uri())


def test_without_createrepo_c_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    repository(tmp_path / "repo", [(TOOLS, "2.1-1")])
    monkeypatch.setitem(sys.modules, "createrepo_c", None)
    with pytest.raises(NeuronPinError) as error:
        read(tmp_path, (tmp_path / "repo").as_uri())
    assert error.value.hint == install_command("rpm")


def test_where_createrepo_c_lacks_a_library_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wheels bring all but the system's GLib."""
    import sys

    repository(tmp_path / "repo", [(TOOLS, "2.1-1")])
    said = "libgobject-2.0.so.0: cannot open shared object file"
    (tmp_path / "createrepo_c.py").write_text(f"raise ImportError({said!r})\n")
    monkeypatch.delitem(sys.modules, "createrepo_c", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NeuronPinError, match="cannot be loaded: libgobject") as error:
        read(tmp_path, (tmp_path / "repo").as_uri())
    assert "libglib2.0-0" in error.value.hint


@pytest.mark.parametrize("text", ["", "ftp://x", "https://a https://b", "[signed-by=/k]"])
def test_what_is_no_repository(text: str) -> None:
    with pytest.raises(NeuronPinError, match="is no repository"):
        parse_rpm_repository(text)


# The host's own -------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("dnf") is None, reason="needs dnf")
def test_what_real_dnf_has_fetched_is_read_without_the_network(tmp_path: Path, serve) -> None:
    root = tmp_path / "root"
    (root / "etc/yum.repos.d").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID="rocky"\nVERSION_ID="9.4"\n')
    repository(tmp_path / "repo", [(TOOLS, "2.9.0.0-1"), (TOOLS, "2.10.0.0-1")])
    server = serve()
    for path in (tmp_path / "repo" / "repodata").iterdir():
        server.answers[f"/9/x86_64/repodata/{path.name}"] = (200, {}, path.read_bytes())
    (root / "etc/yum.repos.d/n.repo").write_text(
        f"[neuron]\nname=n\nbaseurl={server.url}/$releasever/${{basearch}}/\ngpgcheck=0\n"
        "[off]\nname=off\nbaseurl=http://off.invalid\nenabled=0\n"
        "[never]\nname=never fetched\nbaseurl=http://never.invalid\n"
    )
    (tmp_path / "dnf.conf").write_text("[main]\nreposdir=/none\n")
    subprocess.run(
        ["dnf", "-c", str(tmp_path / "dnf.conf"), f"--installroot={tmp_path / 'image'}",
         "--releasever=9", "--forcearch=x86_64", f"--setopt=cachedir={root}/var/cache/dnf",
         f"--setopt=reposdir={root}/etc/yum.repos.d", "--disablerepo=never", "makecache"],
        check=True, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    asked = len(server.requests)
    (source,) = read_rpm_sources(str(root))
    assert source.url == f"{server.url}/9.4/x86_64"
    assert {p.version for p in source.read_cached(WANTED)} == {"2.9.0.0-1", "2.10.0.0-1"}
    assert len(server.requests) == asked
    (packed,) = Path(source.cached).rglob("*primary.xml.gz")
    packed.write_bytes(b"x")
    with pytest.raises(SourceFailed, match="does not have the hash"):
        source.read_cached(WANTED)
    packed.unlink()
    with pytest.raises(SourceFailed, match="cannot be read"):
        source.read_cached(WANTED)


def test_a_repository_file_that_is_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "etc/yum.repos.d"
    folder.mkdir(parents=True)
    (folder / "bad.repo").write_text("[a]\nname=x\nbaseurl\nno section\n")
    with pytest.raises(UnreadableInput) as error:
        read_rpm_sources(str(tmp_path))
    assert (error.value.path, error.value.line) == (str(folder / "bad.repo"), 3)
    (folder / "bad.repo").write_text("name=x\n")
    with pytest.raises(UnreadableInput, match=r"bad\.repo:1"):
        read_rpm_sources(str(tmp_path))


# Older than before -----------------------------------------------------------------------


def test_what_is_older_than_before_is_refused_and_the_newer_one_kept(tmp_path: Path, serve) -> None:
    server = serve()
    data = primary([(TOOLS, "2.9.0.0-1")])
    packed = gzip.compress(data)
    described = repomd(packed, data)

    def answer(index: bytes) -> None:
        server.answers["/repodata/repomd.xml"] = (200, {}, index)

    server.answers["/repodata/primary.xml.gz"] = (200, {}, packed)

    def versions(*, refresh: bool = True) -> list[str]:
        fetcher = Fetcher(str(tmp_path / "cache"), refresh=refresh)
        found = parse_rpm_repository(server.url).fetch_packages(fetcher, WANTED)
        return [package.version for package in found]

    answer(described.replace(b"<timestamp>1<", b"<timestamp>1700000000<"))
    assert versions() == ["2.9.0.0-1"]
    answer(described)
    with pytest.raises(SourceFailed, match=r"dated 1970-01-01 .* older than the one of 2023-11-14"):
        versions()
    assert versions(refresh=False) == ["2.9.0.0-1"]
    answer(described.replace(b"<timestamp>1<", b"<timestamp>9999999999<"))
    with pytest.raises(SourceFailed, match="one of the clocks is wrong"):
        versions()


def test_what_is_not_trusted_is_not_kept(tmp_path: Path, serve, keys: Keys) -> None:
    server = serve()
    key = tmp_path / "neuron.asc"
    key.write_bytes(keys.export("neuron"))
    server.answers["/repodata/repomd.xml"] = (200, {}, repomd(b"", b""))
    with pytest.raises(SourceFailed, match="carries no signature"):
        read(tmp_path, f"[signed-by={key}] {server.url}")
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert [path for path in kept if b"<repomd" in path.read_bytes()] == []


def test_the_parser_itself_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """GLib, below createrepo_c, writes to standard error by itself."""
    broken(tmp_path / "repo", GOOD[:-40])
    with pytest.raises(SourceFailed, match="cannot be read: at line: 2") as error:
        read(tmp_path, (tmp_path / "repo").as_uri())
    assert "metadata.xml" not in str(error.value)
    assert capfd.readouterr().err == ""
