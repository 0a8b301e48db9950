"""Reading apt repositories: compressions, hashes, stanzas, bounds."""

import bz2
import gzip
import hashlib
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neuron_pin.errors import SourceFailed
from neuron_pin.extras import install_command
from neuron_pin.sources.apt.packages import stanzas
from neuron_pin.sources.apt.repository import parse_repository
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.repositories import read_packages
from neuron_pin.sources.system_package import parse_deb_relations

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKAGES = b"""Package: aws-neuronx-tools
Version: 2.9.5.0-a
Description: one
 Package: not-a-field
Filename: pool/a.deb
Size: 10
SHA256: abababababababababababababababababababababababababababababababab

Package: other
Version: broken version

Package: aws-neuronx-tools
Version: 2.10.1.0-b
Filename: pool/b.deb
"""
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
}
PACK[".zst"] = zstd.compress


def repository(folder: Path, suffix: str, body: bytes, *, stated: bytes | None = None) -> str:
    suite = folder / "dists" / "jammy"
    binary = suite / "main" / "binary-amd64"
    binary.mkdir(parents=True)
    (binary / f"Packages{suffix}").write_bytes(body)
    digest = hashlib.sha256(body if stated is None else stated).hexdigest()
    line = f" {digest} {len(body)} main/binary-amd64/Packages{suffix}"
    (suite / "Release").write_text(f"Origin: x\nSHA256:\n{line}\nMD5Sum:\n nonsense\n")
    return f"deb [trusted=yes] {folder.as_uri()} jammy main"


def read(tmp_path: Path, line: str) -> list[tuple[str, str]]:
    names = frozenset({"aws-neuronx-tools"})
    found = read_packages(
        parse_repository(line),
        names,
        "amd64",
        lambda: Fetcher(str(tmp_path / "cache"), offline=True),
    )
    return [(package.version, package.filename) for package in found]


@pytest.mark.parametrize("suffix", PACK)
def test_each_compression_gives_the_wanted_packages_as_they_stand(tmp_path, suffix: str) -> None:
    line = repository(tmp_path / "repo", suffix, PACK[suffix](PACKAGES))
    expected = [("2.9.5.0-a", "pool/a.deb"), ("2.10.1.0-b", "pool/b.deb")]
    assert read(tmp_path, line) == expected


def test_a_packages_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    line = repository(tmp_path / "repo", "", PACKAGES, stated=b"something else")
    with pytest.raises(SourceFailed, match="hash that Release states"):
        read(tmp_path, line)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_what_cannot_be_unpacked_is_refused(tmp_path: Path, suffix: str) -> None:
    line = repository(tmp_path / "repo", suffix, b"not compressed")
    with pytest.raises(SourceFailed, match="cannot be unpacked"):
        read(tmp_path, line)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, suffix: str, monkeypatch) -> None:
    monkeypatch.setattr("neuron_pin.fs.compression.MAX_UNPACKED", 1000)
    line = repository(tmp_path / "repo", suffix, PACK[suffix](bytes(10_000)))
    with pytest.raises(SourceFailed, match="more than 1000 bytes"):
        read(tmp_path, line)


# a stanza of another package that only seems to hold one of ours
FOLDED = ["\n Package: {}\n Version: 9", "\rPackage: {}\rVersion: 9", "\u2028Package: {}"]


@pytest.mark.parametrize("text", FOLDED)
def test_a_stanza_begins_with_a_line_of_its_own(text: str) -> None:
    inside = text.format("aws-neuronx-tools")
    data = f"Package: other\nVersion: 1-1\nDescription: x{inside}\n\n".encode()
    assert list(stanzas(data, ["aws-neuronx-tools"], "x")) == []


def test_the_first_of_two_fields_counts() -> None:
    data = b"Package: aws-neuronx-tools\nVersion: 2.9-1\nVersion: 2.10-1\n\n"
    assert [package.version for package in stanzas(data, ["aws-neuronx-tools"], "x")] == ["2.9-1"]


def test_an_index_has_a_bound_of_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "".join(f"Package: aws-neuronx-tools\nVersion: 2.{n}-1\n\n" for n in range(11)).encode()
    assert len(list(stanzas(data, ["aws-neuronx-tools"], "x"))) == 11
    monkeypatch.setattr("neuron_pin.sources.apt.packages.MAX_WANTED", 10)
    with pytest.raises(SourceFailed, match="more than 10 versions"):
        list(stanzas(data, ["aws-neuronx-tools"], "x"))


def test_relations_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuron_pin.sources.system_package.MAX_RELATIONS", 10)
    assert len(list(parse_deb_relations(", ".join("x" for _ in range(50))))) == 11


def test_an_unwanted_stanza_is_passed_over() -> None:
    assert len(list(stanzas(PACKAGES, ["aws-neuronx-tools", "not-a-field"], "x"))) == 2


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_what_ends_too_soon_is_refused_and_a_second_stream_is_read(
    tmp_path: Path, suffix: str
) -> None:
    half = PACKAGES.index(b"Package: other")
    whole = PACK[suffix](PACKAGES[:half]) + PACK[suffix](PACKAGES[half:])
    assert len(read(tmp_path, repository(tmp_path / "two", suffix, whole))) == 2
    with pytest.raises(SourceFailed, match="cannot be unpacked"):
        read(tmp_path, repository(tmp_path / "cut", suffix, PACK[suffix](PACKAGES)[:-5]))


def test_without_zstandard_another_form_is_taken_or_the_extra_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.fs.compression._ZSTD_MODULES", ())
    line = repository(tmp_path / "repo", ".zst", PACK[".zst"](PACKAGES))
    with pytest.raises(SourceFailed) as told:
        read(tmp_path, line)
    assert told.value.hint == install_command("zstd")


def test_the_wanted_architecture_alone_is_read(tmp_path: Path) -> None:
    """A source may name several; what is for all of them is for ours too."""
    body = b"".join(
        b"Package: aws-neuronx-tools\nVersion: 2.%d-1\nArchitecture: %s\n\n" % (number, name)
        for number, name in enumerate((b"amd64", b"arm64", b"all"))
    )
    line = repository(tmp_path / "repo", "", body).replace("[", "[arch=arm64,amd64 ")
    assert [version for version, _ in read(tmp_path, line)] == ["2.0-1", "2.2-1"]


# a Depends field, its groups; deb-control(5), and what archives really write
RELATIONS = [
    ("a", [["a"]]),
    ("a (>= 2.0-1), b | c (<< 3)", [["a (>= 2.0-1)"], ["b", "c (<< 3)"]]),
    ("python3:any (>= 3.9)", [["python3 (>= 3.9)"]]),
    ("a(=1:2~rc1+b-3)", [["a (= 1:2~rc1+b-3)"]]),
    ("a (< 2), b (> 2)", [["a (<= 2)"], ["b (>= 2)"]]),
    ("a,\n b", [["a"], ["b"]]),
    ("", []),
    (", ,", []),
    ("${shlibs:Depends}, a", [["a"]]),
]


@pytest.mark.parametrize(("text", "groups"), RELATIONS)
def test_relations(text: str, groups: list[list[str]]) -> None:
    found = parse_deb_relations(text)
    assert [[str(relation) for relation in group] for group in found] == groups
