"""What an apt repository may try: a table of attacks, each tried on neuron-pin and on real apt.

A case makes a repository by one change to a good one.  The good version of the package ends with
``good``, a version that must not be taken with ``evil``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from email.utils import formatdate

from conftest import Keys

from .forged import packed
from .server import Answer, Server
from .system_clients import Case
from .world import ESC, Verdict

NAME, SUITE, PATH = "aws-neuronx-tools", "dists/jammy", "main/binary-amd64/Packages"
DAY = 86400


def stanza(version: str, *lines: str, name: str = NAME, filename: str = "") -> str:
    filename = filename or f"pool/{name}.deb"
    return "\n".join([
        f"Package: {name}", f"Version: {version}", "Architecture: amd64", f"Filename: {filename}",
        "Size: 1000", f"SHA256: {hashlib.sha256(version.encode()).hexdigest()}", *lines, "", "",
    ])  # fmt: skip


class Repository:
    """A repository under ``/apt`` of a server, as a case wants it."""

    def __init__(self, server: Server, keys: Keys, upstream: str) -> None:
        self.server, self.keys, self.upstream = server, keys, upstream
        self.good, self.evil = f"{upstream}-1good", f"{upstream}-9evil"
        self.packages = stanza(self.good).encode()
        self.suffix, self.by_hash = "", False
        self.fields: dict[str, str] = {
            "Origin": "AWS Neuron", "Suite": "jammy", "Codename": "jammy", "Components": "main",
            "Architectures": "amd64", "Date": formatdate(time.time() - 60, usegmt=True),
        }  # fmt: skip
        self.signers: tuple[str, ...] = ("neuron",)
        self.options: tuple[str, ...] = ()
        self.stated = "SHA256"
        self.served: bytes | None = None

    def put(self, path: str, data: bytes) -> None:
        self.server.site[f"/apt/{path}"] = Answer(data, ranges=False)

    def release(self) -> bytes:
        data = packed(self.packages, self.suffix)
        digest = hashlib.new(self.stated.lower().replace("md5sum", "md5"), data).hexdigest()
        lines = [f"{name}: {value}" for name, value in self.fields.items()]
        lines += [f"{self.stated}:", f" {digest} {len(data)} {PATH}{self.suffix}", ""]
        return "\n".join(lines).encode()

    def publish(self, signed: Callable[[bytes], bytes] | None = None) -> None:
        """Put everything where clients look; ``signed`` changes the signed message."""
        message = self.keys.sign(self.release(), *self.signers, options=self.options)
        self.put(f"{SUITE}/InRelease", signed(message) if signed else message)
        served = packed(self.packages if self.served is None else self.served, self.suffix)
        self.put(f"{SUITE}/{PATH}{self.suffix}", served)
        if self.by_hash:
            digest = hashlib.sha256(packed(self.packages, self.suffix)).hexdigest()
            folder = PATH.rpartition("/")[0]
            self.put(f"{SUITE}/{folder}/by-hash/SHA256/{digest}", served)


Fill = Callable[[Repository], None]


REFUSED, PASSED_OVER = Verdict.REFUSED, Verdict.PASSED_OVER


def signed(*signers: str, options: tuple[str, ...] = ()) -> Fill:
    def fill(repository: Repository) -> None:
        repository.packages = stanza(repository.evil).encode()
        repository.signers, repository.options = signers, options
        repository.publish()

    return fill


def changed(change: Callable[[bytes], bytes]) -> Fill:
    def fill(repository: Repository) -> None:
        repository.packages = stanza(repository.evil).encode()
        repository.publish(change)

    return fill


def stating(**fields: str) -> Fill:
    def fill(repository: Repository) -> None:
        repository.packages = stanza(repository.evil).encode()
        repository.fields |= fields
        repository.publish()

    return fill


def swapped(suffix: str = "", *, by_hash: bool = False) -> Fill:
    def fill(repository: Repository) -> None:
        repository.suffix, repository.by_hash = suffix, by_hash
        if by_hash:
            repository.fields["Acquire-By-Hash"] = "yes"
        repository.served = stanza(repository.evil).encode()
        repository.publish()

    return fill


def with_packages(text: Callable[[Repository], str | bytes], suffix: str = "") -> Fill:
    def fill(repository: Repository) -> None:
        made = text(repository)
        repository.packages = made.encode() if isinstance(made, str) else made
        repository.suffix = suffix
        repository.publish()

    return fill


def beside(stanzas: Callable[[Repository], str]) -> Fill:
    """The good version, and more."""
    return with_packages(lambda r: stanza(r.good) + stanzas(r))


def detached(text: Callable[[Repository, bytes], bytes] | None) -> Fill:
    """No InRelease; Release with a signature of another text, or with none."""

    def fill(repository: Repository) -> None:
        repository.packages = stanza(repository.evil).encode()
        repository.publish()
        release = repository.release()
        del repository.server.site[f"/apt/{SUITE}/InRelease"]
        repository.put(f"{SUITE}/Release", release)
        if text is not None:
            signature = repository.keys.sign(text(repository, release), "neuron", detached=True)
            repository.put(f"{SUITE}/Release.gpg", signature)

    return fill


def stated_by(algorithm: str) -> Fill:
    def fill(repository: Repository) -> None:
        repository.packages = stanza(repository.evil).encode()
        repository.stated = algorithm
        repository.publish()

    return fill


def older(repository: Repository) -> None:
    """What was signed two days before."""
    repository.packages = stanza(repository.evil).encode()
    repository.fields["Date"] = formatdate(time.time() - 2 * DAY, usegmt=True)
    repository.publish()


def longer(repository: Repository) -> None:
    """Right at its beginning, and longer than stated."""
    repository.served = repository.packages + stanza(repository.evil).encode()
    repository.publish()


def odd_size(repository: Repository) -> None:
    repository.fields["X"] = f"x\nSHA256:\n {'a' * 64} {'9' * 5000} x"
    repository.publish()


def bomb(suffix: str) -> Fill:
    return with_packages(lambda r: stanza(r.good) + "\n" * 600_000_000, suffix)


PAST = ("--faked-system-time", "20200301T000000!")

CASES = [
    Case("not signed", changed(lambda d: d.split(b"\n\n", 1)[1].split(b"-----BEGIN")[0]), REFUSED),
    Case("Release alone, not signed", detached(None), REFUSED),
    Case("Release.gpg of another text", detached(lambda r, d: d + b"x"), REFUSED),
    Case("signed by another's key", signed("other"), REFUSED),
    Case("signed by an expired key", signed("expired", options=PAST), REFUSED),
    Case("signed by a revoked key", signed("gone"), REFUSED),
    Case("signature has expired", signed("old", options=(*PAST, "--default-sig-expire", "1d")), REFUSED),
    Case("signed by SHA-1", signed("rsa", options=("--digest-algo", "SHA1", "--allow-weak-digest-algos")), REFUSED),
    Case("text changed", changed(lambda d: d.replace(b"AWS Neuron", b"AWS Nevron")), REFUSED),
    Case("two signed texts, one good", changed(lambda d: d + d.replace(b"AWS", b"ABS")), REFUSED),
    Case("cut off", changed(lambda d: d[:-150]), REFUSED),
    Case("empty", changed(lambda d: b""), REFUSED),
    Case("InRelease of 50 MB", changed(lambda d: d + b"x" * 50_000_000), REFUSED),
    Case("Valid-Until is past", stating(**{"Valid-Until": "Thu, 01 Jan 2026 00:00:00 UTC"}), REFUSED),
    Case("dated in three days", stating(Date=formatdate(time.time() + 3 * DAY, usegmt=True)), REFUSED),
    Case("an older one, signed, replayed", older, REFUSED, then=True),
    Case("states MD5 alone", stated_by("MD5Sum"), REFUSED),
    Case("states SHA-1 alone", stated_by("SHA1"), REFUSED),
    Case("swapped Packages", swapped(), REFUSED),
    Case("swapped Packages.gz", swapped(".gz"), REFUSED),
    Case("swapped Packages.xz", swapped(".xz"), REFUSED),
    Case("swapped under its hash", swapped(by_hash=True), REFUSED),
    Case("longer than stated", longer, REFUSED),
    Case("gzip bomb of 600 MB", bomb(".gz"), REFUSED),
    Case("xz bomb of 600 MB", bomb(".xz"), REFUSED),
    Case("version without digits", with_packages(lambda r: stanza("evil")), REFUSED),
    Case("version with a letter of another script", with_packages(lambda r: stanza(f"{r.upstream}-еvil")), REFUSED),
    Case("version with escapes", with_packages(lambda r: stanza(f"{r.upstream}-evil{ESC}")), REFUSED),
    Case("version of 5,000 digits", beside(lambda r: stanza("9" * 5000 + "-evil")), PASSED_OVER),
    Case("epoch of twelve digits", with_packages(lambda r: stanza(f"999999999999:{r.upstream}-evil")), REFUSED),
    Case("version with a tilde that hides it", beside(lambda r: stanza(f"{r.upstream}.1~evil")), PASSED_OVER),
    Case("no version", with_packages(lambda r: stanza("").replace("Version: \n", "")), REFUSED),
    Case("stanza in a folded field", beside(
        lambda r: stanza("1.0", f"Description: x\n Package: {NAME}\n Version: {r.evil}", name="x")), PASSED_OVER),
    Case("stanza after a lone carriage return", beside(
        lambda r: stanza("1.0", f"Description: x\rPackage: {NAME}\rVersion: {r.evil}", name="x")), PASSED_OVER),
    Case("stanza after a line separator", beside(
        lambda r: stanza("1.0", f"Description: x\u2028\u2028Package: {NAME}\u2028Version: {r.evil}", name="x")), PASSED_OVER),
    Case("second Version field", with_packages(
        lambda r: stanza(r.good, f"Version: {r.evil}")), PASSED_OVER),
    Case("path climbs out", with_packages(lambda r: stanza(r.evil, filename="../../../etc/x.deb")), REFUSED),
    Case("absolute path", with_packages(lambda r: stanza(r.evil, filename="/etc/x.deb")), REFUSED),
    Case("for another architecture", beside(lambda r: stanza(r.evil).replace("amd64", "arm64")), PASSED_OVER),
    Case("a name that ours begins", beside(lambda r: stanza(r.evil, name=f"{NAME}-evil")), PASSED_OVER),
    Case("a name in capitals", beside(lambda r: stanza(r.evil, name=NAME.upper())), PASSED_OVER),
    Case("a version no release has", beside(lambda r: stanza("99.0.0.0-9evil")), PASSED_OVER),
    Case("100,000 of our name", with_packages(
        lambda r: stanza(r.good) + "".join(stanza(f"0.{n}-1evil") for n in range(100_000))), REFUSED),
    Case("a hash that is none", with_packages(
        lambda r: stanza(r.evil).replace("SHA256: ", "SHA256: evil")), REFUSED),
    Case("an epoch more", beside(lambda r: stanza(f"9:{r.upstream}-9evil")), PASSED_OVER),
    Case("a size of 5,000 digits in Release", odd_size, PASSED_OVER),
    Case("Depends of 100,000 names", beside(
        lambda r: stanza("1.0", "Depends: " + " | ".join(["x"] * 100_000), name=NAME)), PASSED_OVER),
    Case("a line of 20 MB", beside(lambda r: stanza("1.0", "Description: " + "x" * 20_000_000, name="x")), PASSED_OVER),
]  # fmt: skip
