"""Repositories with proof: signatures by real gpg, dates, files by their hash."""

import hashlib
import shutil
import subprocess
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from conftest import Keys

from neuron_pin.errors import SourceFailed
from neuron_pin.gpgv import BadSignature, dearmor, verify
from neuron_pin.sources.apt.repository import parse_repository
from neuron_pin.sources.http.client import Fetcher

pytestmark = pytest.mark.skipif(
    shutil.which("gpg") is None or shutil.which("gpgv") is None, reason="needs gpg and gpgv"
)
PACKAGES = b"Package: aws-neuronx-tools\nVersion: 2.10.1.0-b\nFilename: pool/b.deb\n\n"


def release_text(**fields: str) -> bytes:
    digest = hashlib.sha256(PACKAGES).hexdigest()
    lines = ["Origin: AWS Neuron", "Suite: jammy", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    lines += ["SHA256:", f" {digest} {len(PACKAGES)} main/binary-amd64/Packages", ""]
    return "\n".join(lines).encode()


class Repository:
    """A repository on the disk, and how it is named."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.suite = folder / "repo" / "dists" / "jammy"
        self.binary = self.suite / "main" / "binary-amd64"
        self.binary.mkdir(parents=True)
        (self.binary / "Packages").write_bytes(PACKAGES)
        self.key = folder / "neuron.asc"
        self.key.write_bytes(keys.export("neuron"))
        self.folder = folder
        self.url = (folder / "repo").as_uri()

    def read(self, options: str | None = None) -> list[str]:
        options = f"[signed-by={self.key}]" if options is None else options
        repository = parse_repository(f"deb {options} {self.url} jammy main")
        fetcher = Fetcher(str(self.folder / "cache"))
        names = frozenset({"aws-neuronx-tools"})
        return [p.version for p in repository.fetch_packages(fetcher, names)]


@pytest.fixture
def repository(tmp_path: Path, keys: Keys) -> Repository:
    return Repository(tmp_path, keys)


def test_signed_inside_or_beside_armored_or_not(repository: Repository, keys: Keys) -> None:
    text = release_text()
    (repository.suite / "InRelease").write_bytes(keys.sign(text, "neuron"))
    assert repository.read() == ["2.10.1.0-b"]
    repository.key.write_bytes(keys.export("neuron", armor=False))
    assert repository.read() == ["2.10.1.0-b"]
    repository.key.write_bytes(keys.export("other") + keys.export("neuron"))
    assert repository.read() == ["2.10.1.0-b"]
    (repository.suite / "InRelease").unlink()
    (repository.suite / "Release").write_bytes(text)
    (repository.suite / "Release.gpg").write_bytes(keys.sign(text, "neuron", detached=True))
    assert repository.read() == ["2.10.1.0-b"]
    (repository.suite / "Release").write_bytes(text.replace(b"AWS", b"ABS"))
    with pytest.raises(SourceFailed, match="does not fit the text"):
        repository.read()


# who signs, how, what is changed afterwards, what is said
REFUSED = {
    "unknown key": (("other",), (), lambda d: d, "not trusted here"),
    "tampered": (("neuron",), (), lambda d: d.replace(b"AWS", b"ABS"), "does not fit the text"),
    "expired key": (
        ("expired",), ("--faked-system-time", "20200301T000000!"), lambda d: d, "has expired"),
    "revoked key": (("gone",), (), lambda d: d, "has been revoked"),
    "weak digest": (
        ("rsa",), ("--digest-algo", "SHA1", "--allow-weak-digest-algos"), lambda d: d, "."),
    "expired signature": (
        ("old",), ("--faked-system-time", "20200301T000000!", "--default-sig-expire", "1d"),
        lambda d: d, "."),
    "not signed": (("neuron",), (), lambda d: release_text(), "no signature"),
    "empty": (("neuron",), (), lambda d: b"", "no signature"),
    "truncated": (("neuron",), (), lambda d: d[: len(d) - 120], "."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_well_signed_is_refused(repository: Repository, keys: Keys, case: str) -> None:
    names, options, change, told = REFUSED[case]
    signed = change(keys.sign(release_text(), *names, options=options))
    (repository.suite / "InRelease").write_bytes(signed)
    for name in ("expired", "rsa", "old", "gone"):
        path = repository.folder / f"{name}.asc"
        path.write_bytes(keys.export(name))
    rings = ",".join(
        str(repository.folder / f"{n}.asc") for n in ("neuron", "expired", "rsa", "old", "gone")
    )
    with pytest.raises(SourceFailed, match=rf"(?s)is not trusted: .*{told}"):
        repository.read(f"[signed-by={rings}]")


def test_text_around_the_signed_block_is_not_read(keys: Keys) -> None:
    """gpgv lets it pass; what counts is what it writes."""
    signed = keys.sign(b"Origin: good\n", "neuron")
    around = b"Origin: other\n\n" + signed + b"\nOrigin: other\n"
    found = verify(around, [keys.export("neuron")])
    assert found.text == b"Origin: good\n"
    assert found.fingerprints == (keys.fingerprint("neuron"),)


def test_of_several_signatures_one_is_enough_and_none_may_be_bad(keys: Keys) -> None:
    """As apt has it: Debian signs with the keys of two releases."""
    text = b"Origin: good\n"
    neuron, second = keys.export("neuron"), keys.export("second")
    for detached in (False, True):
        signed = keys.sign(text, "neuron", "second", detached=detached)
        message, beside = (text, signed) if detached else (signed, None)
        found = verify(message, [neuron, second], detached=beside)
        assert set(found.fingerprints) == {keys.fingerprint("neuron"), keys.fingerprint("second")}
        found = verify(message, [second], detached=beside)
        assert (found.text, found.fingerprints) == (text, (keys.fingerprint("second"),))
        with pytest.raises(BadSignature, match="not trusted here"):
            verify(message, [keys.export("other")], detached=beside)
        changed = message.replace(b"good", b"else")
        with pytest.raises(BadSignature, match="does not fit the text"):
            verify(changed, [neuron, second], detached=beside)
    # Good by one key, and one of another text by the other.
    apart = keys.sign(text, "neuron", detached=True) + keys.sign(b"x", "second", detached=True)
    with pytest.raises(BadSignature, match=r"does not fit the text|refuses"):
        verify(text, [neuron, second], detached=apart)
    # An expired key beside a good one.
    past = ("--faked-system-time", "20200301T000000!")
    expired = keys.sign(text, "expired", options=past, detached=True)
    both = keys.sign(text, "neuron", detached=True) + expired
    assert verify(text, [neuron, keys.export("expired")], detached=both).text == text


def test_two_signed_texts_in_one_file_are_none(keys: Keys) -> None:
    one, other = keys.sign(b"Origin: good\n", "neuron"), keys.sign(b"Origin: old\n", "neuron")
    with pytest.raises(BadSignature, match="not one signed text"):
        verify(one + other, [keys.export("neuron")])


def test_without_a_key_nothing_is_trusted_unless_it_is_said(
    repository: Repository, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuron_pin.sources.signed_by.TRUSTED_PARTS", "/nonexistent")
    (repository.suite / "InRelease").write_bytes(keys.sign(release_text(), "neuron"))
    with pytest.raises(SourceFailed, match="no key is named for it"):
        repository.read("")
    assert repository.read("[trusted=yes]") == ["2.10.1.0-b"]
    with pytest.raises(SourceFailed, match="cannot be read"):
        repository.read("[signed-by=/nonexistent.asc]")
    repository.key.write_text("no key")
    with pytest.raises(SourceFailed, match="holds no key"):
        repository.read()


def test_the_keys_of_the_machine_count_where_none_is_named(
    repository: Repository, keys: Keys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = tmp_path / "trusted.gpg.d"
    parts.mkdir()
    (parts / "a.asc").write_bytes(keys.export("neuron"))
    (parts / "readme").write_text("x")
    monkeypatch.setattr("neuron_pin.sources.signed_by.TRUSTED_PARTS", str(parts))
    (repository.suite / "InRelease").write_bytes(keys.sign(release_text(), "neuron"))
    assert repository.read("") == ["2.10.1.0-b"]
    other, own = keys.fingerprint("other"), keys.fingerprint("neuron")
    assert repository.read(f"[signed-by={own.lower()}]") == ["2.10.1.0-b"]
    with pytest.raises(SourceFailed, match="not by the key named"):
        repository.read(f"[signed-by={other}]")


SOON = "{two hours from now}"  # put in as the test runs: names of tests are the same in all workers
# a field, its value, what is said or nothing
DATES = [
    ("Valid-Until", SOON, ""),
    ("Valid-Until", "Thu, 01 Oct 2020 00:00:00 UTC", "was valid until 2020-10-01"),
    ("Valid-Until", "nonsense", ""),
    ("X", "y", ""),
]


@pytest.mark.parametrize(("name", "value", "told"), DATES)
def test_old_copies_are_refused(
    repository: Repository, keys: Keys, name: str, value: str, told: str
) -> None:
    value = value.replace(SOON, formatdate(time.time() + 7200, usegmt=True))
    (repository.suite / "InRelease").write_bytes(
        keys.sign(release_text(**{name.replace("-", "_"): value}), "neuron")
    )
    if told:
        with pytest.raises(SourceFailed, match=told):
            repository.read()
    else:
        assert repository.read() == ["2.10.1.0-b"]


def test_a_date_far_ahead_is_refused(repository: Repository, keys: Keys) -> None:
    text = release_text().replace(b"Date: ", b"Date: Thu, 01 Oct 2099 00:00:00 UTC\nX: ")
    (repository.suite / "InRelease").write_bytes(keys.sign(text, "neuron"))
    with pytest.raises(SourceFailed, match=r"2099-10-01 \d\d:\d\d: one of the clocks"):
        repository.read()


def test_an_older_release_than_was_seen_is_refused(tmp_path: Path, keys: Keys, serve) -> None:
    server = serve()
    key = tmp_path / "neuron.asc"
    key.write_bytes(keys.export("neuron"))
    server.answers["/dists/jammy/main/binary-amd64/Packages"] = (200, {}, PACKAGES)
    day = 86400

    def read(age: float) -> list[str]:
        text = release_text().replace(
            b"Date: ", f"Date: {formatdate(time.time() - age, usegmt=True)}\nX: ".encode()
        )
        server.answers["/dists/jammy/InRelease"] = (200, {}, keys.sign(text, "neuron"))
        repository = parse_repository(f"deb [signed-by={key}] {server.url} jammy main")
        fetcher = Fetcher(str(tmp_path / "cache"), refresh=True)
        names = frozenset({"aws-neuronx-tools"})
        return [package.version for package in repository.fetch_packages(fetcher, names)]

    assert read(day) == ["2.10.1.0-b"]
    with pytest.raises(SourceFailed, match="older than the one of"):
        read(2 * day)
    assert read(day) == ["2.10.1.0-b"]


def test_a_release_has_a_bound_and_states_a_sha_256(
    repository: Repository, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = repository.suite / "InRelease"
    inside.write_bytes(keys.sign(release_text().replace(b"SHA256:", b"Other:"), "neuron"))
    with pytest.raises(SourceFailed, match="states no SHA256"):
        repository.read()
    inside.write_bytes(keys.sign(release_text(), "neuron"))
    assert repository.read() == ["2.10.1.0-b"]
    monkeypatch.setattr("neuron_pin.sources.apt.release.MAX_RELEASE", 200)
    with pytest.raises(SourceFailed, match="more than 200 bytes"):
        repository.read()


def test_what_is_not_signed_well_is_not_kept(tmp_path: Path, keys: Keys, serve) -> None:
    server = serve()
    key = tmp_path / "neuron.asc"
    key.write_bytes(keys.export("neuron"))
    server.answers["/dists/jammy/InRelease"] = (200, {}, keys.sign(release_text(), "other"))
    repository = parse_repository(f"deb [signed-by={key}] {server.url} jammy main")
    with pytest.raises(SourceFailed, match="is not trusted"):
        repository.fetch_packages(Fetcher(str(tmp_path / "cache")), frozenset({"x"}))
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_indexes_are_had_by_their_hash_where_that_is_offered(
    repository: Repository, keys: Keys
) -> None:
    """While the repository is being replaced, the old index is still there by its hash."""
    text = release_text(Acquire_By_Hash="yes")
    (repository.suite / "InRelease").write_bytes(keys.sign(text, "neuron"))
    named = repository.binary / "by-hash" / "SHA256"
    named.mkdir(parents=True)
    (named / hashlib.sha256(PACKAGES).hexdigest()).write_bytes(PACKAGES)
    (repository.binary / "Packages").write_bytes(b"newer already")
    assert repository.read() == ["2.10.1.0-b"]
    shutil.rmtree(named)
    (repository.binary / "Packages").write_bytes(PACKAGES)
    assert repository.read() == ["2.10.1.0-b"]


def test_keys_are_made_binary_as_gpg_does_it(keys: Keys) -> None:
    for name in ("neuron", "rsa"):
        assert dearmor(keys.export(name)) == keys.export(name, armor=False)
    both = keys.export("neuron") + b"\n" + keys.export("other").replace(b"\n", b"\r\n")
    assert len(dearmor(both)) > len(dearmor(keys.export("neuron")))
    for broken in (
        b"",
        b"text",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n-----END PGP PUBLIC KEY BLOCK-----",
    ):
        with pytest.raises(BadSignature):
            dearmor(broken)


FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
GOOD = f"[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 0123456789ABCDEF x\n[GNUPG:] VALIDSIG {FINGERPRINT} "
GOOD += "2026-01-01 1767225600 0 4 0 1 {digest} 01 " + FINGERPRINT + "\n"


def gpgv_says(monkeypatch: pytest.MonkeyPatch, status: str, code: int) -> None:
    done = subprocess.CompletedProcess([], code, status.encode(), b"")
    monkeypatch.setattr("neuron_pin.gpgv.subprocess.run", lambda *_, **__: done)


def test_a_digest_that_is_too_weak_does_not_count(keys: Keys, monkeypatch) -> None:
    """Whatever gpgv of this machine makes of it; 10 is SHA-512, 2 is SHA-1 (RFC 9580, 9.5)."""
    key = keys.export("neuron")
    gpgv_says(monkeypatch, GOOD.format(digest=10), 0)
    assert verify(b"x", [key], detached=b"y").fingerprints == (FINGERPRINT,)
    for digest in (1, 2, 3):
        gpgv_says(monkeypatch, GOOD.format(digest=digest), 0)
        with pytest.raises(BadSignature, match="too weak"):
            verify(b"x", [key], detached=b"y")


def test_a_bad_signature_refuses_the_whole(keys: Keys, monkeypatch) -> None:
    """Also beside a good one, and whatever gpgv ends with."""
    key = keys.export("neuron")
    status = "[GNUPG:] NEWSIG\n[GNUPG:] BADSIG 0123456789ABCDEF x\n" + GOOD.format(digest=10)
    for code in (0, 1, 2):
        gpgv_says(monkeypatch, status, code)
        with pytest.raises(BadSignature, match="does not fit the text"):
            verify(b"x", [key], detached=b"y")
