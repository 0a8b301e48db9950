"""Reading apt repositories: compressions, hashes, hostile stanzas."""

import gzip
import hashlib
import lzma
from pathlib import Path

import pytest

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.apt import parse_repository, read_packages, stanzas
from neuron_pin.sources.http import Fetcher

PACKAGES = b"""Package: aws-neuronx-tools
Version: 2.9.5.0-a
Description: one
 Package: not-a-field
Filename: pool/a.deb
Size: 10
SHA256: ab

Package: other
Version: broken version

Package: aws-neuronx-tools
Version: 2.10.1.0-b
Filename: pool/b.deb
"""
PACK = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}


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
    fetcher = Fetcher(str(tmp_path / "cache"), offline=True)
    found = read_packages(fetcher, parse_repository(line), frozenset({"aws-neuronx-tools"}))
    return [(package.version, package.filename) for package in found]


@pytest.mark.parametrize("suffix", PACK)
def test_each_compression_gives_the_wanted_packages_newest_first(tmp_path, suffix: str) -> None:
    line = repository(tmp_path / "repo", suffix, PACK[suffix](PACKAGES))
    expected = [("2.10.1.0-b", "pool/b.deb"), ("2.9.5.0-a", "pool/a.deb")]
    assert read(tmp_path, line) == expected


def test_a_packages_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    line = repository(tmp_path / "repo", "", PACKAGES, stated=b"something else")
    with pytest.raises(SourceFailed, match="hash that Release states"):
        read(tmp_path, line)


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_what_cannot_be_unpacked_is_refused(tmp_path: Path, suffix: str) -> None:
    line = repository(tmp_path / "repo", suffix, b"not compressed")
    with pytest.raises(SourceFailed, match="cannot be unpacked"):
        read(tmp_path, line)


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_bomb_is_not_unpacked(tmp_path: Path, suffix: str, monkeypatch) -> None:
    monkeypatch.setattr("neuron_pin.sources.apt.MAX_UNPACKED", 1000)
    line = repository(tmp_path / "repo", suffix, PACK[suffix](bytes(10_000)))
    with pytest.raises(SourceFailed, match="more than 1000 bytes"):
        read(tmp_path, line)


def test_a_wanted_stanza_without_a_version_is_refused_and_an_unwanted_one_passed_over() -> None:
    with pytest.raises(SourceFailed, match="other has no valid version"):
        list(stanzas(PACKAGES, ["other"], "x"))
    assert len(list(stanzas(PACKAGES, ["aws-neuronx-tools", "not-a-field"], "x"))) == 2
