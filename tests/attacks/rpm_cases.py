"""What an rpm repository may try: a table of attacks, each tried on neuron-pin and on real dnf.

A case makes a repository by one change to a good one.  The good version of the package has the
release ``1good``, a version that must not be taken one with ``evil`` in it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from xml.sax.saxutils import escape

from conftest import Keys

from .forged import packed
from .server import PAGE, Answer, Server, drips, floods
from .system_clients import Case
from .world import ESC, Verdict

NAME = "aws-neuronx-tools"
DAY = 86400
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
REPO = "http://linux.duke.edu/metadata/repo"
COMMON = "http://linux.duke.edu/metadata/common"
ESCAPES = ESC[6:]
"""Those that XML may hold."""

RPM = "http://linux.duke.edu/metadata/rpm"


def package(version: str, *, name: str = NAME, more: str = "", href: str = "") -> str:
    """A ``package`` of primary.xml; ``version`` is ``[EPOCH:]VERSION-RELEASE``."""
    epoch, _, rest = version.rpartition(":")
    number, _, release = rest.partition("-")
    evr = f'epoch="{epoch or 0}" ver="{escape(number)}" rel="{escape(release)}"'
    digest = hashlib.sha256(version.encode()).hexdigest()
    return (
        f'<package type="rpm"><name>{name}</name><arch>x86_64</arch><version {evr}/>'
        f'<checksum type="sha256" pkgid="YES">{digest}</checksum><summary>s</summary>'
        '<description>d</description><packager/><url/><time file="1" build="1"/>'
        '<size package="1000" installed="1" archive="1"/>'
        f'<location href="{href or f"{name}.rpm"}"/><format><rpm:license>x</rpm:license>'
        f'<rpm:provides><rpm:entry name="{name}" flags="EQ" {evr}/></rpm:provides>{more}'
        "</format></package>"
    )


def metadata(*packages: str, head: str = HEAD) -> bytes:
    return (
        f'{head}<metadata xmlns="{COMMON}" xmlns:rpm="{RPM}" packages="{len(packages)}">'
        f"{''.join(packages)}</metadata>"
    ).encode()


class Repository:
    """A repository under ``/rpm`` of a server, as a case wants it."""

    def __init__(self, server: Server, keys: Keys, upstream: str) -> None:
        self.server, self.keys, self.upstream = server, keys, upstream
        self.good, self.evil = f"{upstream}-1good", f"{upstream}-9evil"
        self.primary = metadata(package(self.good))
        self.suffix = ".gz"
        self.href = "repodata/primary.xml"
        self.stated = "sha256"
        self.made = int(time.time()) - 60
        self.signers: tuple[str, ...] = ("neuron",)
        self.options: tuple[str, ...] = ()
        self.served: bytes | None = None

    def put(self, path: str, answer: object) -> None:
        self.server.site[f"/rpm/{path}"] = answer  # type: ignore[assignment]

    def repomd(self) -> bytes:
        data = packed(self.primary, self.suffix)
        digest = hashlib.new(self.stated, data).hexdigest()
        opened = hashlib.new(self.stated, self.primary).hexdigest()
        return (
            f'{HEAD}<repomd xmlns="{REPO}"><revision>{self.made}</revision><data type="primary">'
            f'<checksum type="{self.stated}">{digest}</checksum>'
            f'<open-checksum type="{self.stated}">{opened}</open-checksum>'
            f'<location href="{self.href}{self.suffix}"/><timestamp>{self.made}</timestamp>'
            f"<size>{len(data)}</size><open-size>{len(self.primary)}</open-size></data></repomd>"
        ).encode()

    def publish(
        self,
        described: Callable[[bytes], bytes] = bytes,
        signature: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Put everything where clients look.

        ``described`` changes repomd.xml before it is signed, ``signature`` what is signed.
        """
        index = described(self.repomd())
        self.put("repodata/repomd.xml", Answer(index, ranges=False))
        signed = self.keys.sign(
            signature(index), *self.signers, options=self.options, detached=True
        )
        self.put("repodata/repomd.xml.asc", Answer(signed, ranges=False))
        served = packed(self.primary if self.served is None else self.served, self.suffix)
        self.put(f"{self.href}{self.suffix}", Answer(served, ranges=False))


Fill = Callable[[Repository], None]


REFUSED, PASSED_OVER = Verdict.REFUSED, Verdict.PASSED_OVER


def evil(**fields: object) -> Fill:
    """An evil version, and fields of the repository that are otherwise than they should be."""

    def fill(repository: Repository) -> None:
        repository.primary = metadata(package(repository.evil))
        for name, value in fields.items():
            setattr(repository, name, value)
        repository.publish()

    return fill


def changed(change: Callable[[bytes], bytes]) -> Fill:
    """repomd.xml is another one than was signed."""

    def fill(repository: Repository) -> None:
        repository.primary = metadata(package(repository.evil))
        repository.publish()
        index = change(repository.repomd())
        repository.put("repodata/repomd.xml", Answer(index, ranges=False))

    return fill


def described(change: Callable[[bytes], bytes], version: str = "evil") -> Fill:
    """An odd repomd.xml, well signed."""

    def fill(repository: Repository) -> None:
        repository.primary = metadata(package(getattr(repository, version)))
        repository.publish(change)

    return fill


def without_signature(repository: Repository) -> None:
    evil()(repository)
    del repository.server.site["/rpm/repodata/repomd.xml.asc"]


def odd_signature(answer: object) -> Fill:
    def fill(repository: Repository) -> None:
        evil()(repository)
        repository.put("repodata/repomd.xml.asc", answer)

    return fill


def swapped(suffix: str) -> Fill:
    """Another primary.xml than was stated."""

    def fill(repository: Repository) -> None:
        repository.suffix = suffix
        repository.served = metadata(package(repository.evil))
        repository.publish()

    return fill


def primary(data: Callable[[Repository], bytes], suffix: str = ".gz") -> Fill:
    def fill(repository: Repository) -> None:
        repository.primary, repository.suffix = data(repository), suffix
        repository.publish()

    return fill


def alone(version: Callable[[Repository], str], **fields: str) -> Fill:
    return primary(lambda r: metadata(package(version(r), **fields)))


def beside(version: Callable[[Repository], str], **fields: str) -> Fill:
    """The good version, and another one."""
    return primary(lambda r: metadata(package(r.good), package(version(r), **fields)))


def at_primary(answer: object) -> Fill:
    """What is answered in place of primary.xml."""

    def fill(repository: Repository) -> None:
        repository.publish()
        repository.put("repodata/primary.xml.gz", answer)

    return fill


def at_repomd(answer: object) -> Fill:
    def fill(repository: Repository) -> None:
        repository.publish()
        repository.put("repodata/repomd.xml", answer)

    return fill


def redirected(address: str) -> Answer:
    return Answer(b"", "text/plain", "302 Found", (("Location", address),))


PAST = ("--faked-system-time", "20200301T000000!")
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>\n"
)  # fmt: skip
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'

CASES = [
    Case("no signature", without_signature, REFUSED),
    Case("signature of another text", changed(lambda d: d + b"\n"), REFUSED),
    Case("signed by another's key", evil(signers=("other",)), REFUSED),
    Case("signed by an expired key", evil(signers=("expired",), options=PAST), REFUSED),
    Case("signed by a revoked key", evil(signers=("gone",)), REFUSED),
    Case("signature has expired", evil(signers=("old",), options=(*PAST, "--default-sig-expire", "1d")), REFUSED),
    Case("signed by SHA-1", evil(signers=("rsa",), options=("--digest-algo", "SHA1", "--allow-weak-digest-algos")), REFUSED),
    Case("signature is empty", odd_signature(Answer(b"")), REFUSED),
    Case("signature of 50 MB", odd_signature(Answer(b"x" * 50_000_000)), REFUSED),
    Case("an older one, signed, replayed", evil(made=int(time.time()) - 2 * DAY), REFUSED, then=True),
    Case("dated in three days", evil(made=int(time.time()) + 3 * DAY), REFUSED),
    Case("dated in 300 million years", evil(made=2**53), REFUSED),
    Case("states MD5 alone", evil(stated="md5"), REFUSED),
    Case("states SHA-1 alone", evil(stated="sha1"), REFUSED),
    Case("a hash of an unknown kind", described(lambda d: d.replace(b'"sha256"', b'"sha257"')), REFUSED),
    Case("no hash", described(lambda d: d.replace(b"checksum", b"checksun")), REFUSED),
    Case("a hash in capitals of another file", described(lambda d: d.replace(b">" + d.split(b'"sha256">')[1][:64], b">" + b"A" * 64)), REFUSED),
    Case("primary.xml at another host", described(lambda d: d.replace(b'href="', b'href="http://evil.invalid/')), REFUSED),
    Case("primary.xml is a file of this machine", described(lambda d: d.replace(b'href="repodata/', b'href="file:///etc/')), REFUSED),
    Case("primary.xml lies above", described(lambda d: d.replace(b'href="', b'href="../../')), REFUSED),
    Case("primary.xml with a base elsewhere", described(lambda d: d.replace(b"<location ", b'<location xml:base="http://evil.invalid/" ')), REFUSED),
    Case("primary.xml is not there", described(lambda d: d.replace(b"primary.xml.gz", b"none.xml.gz")), REFUSED),
    Case("repomd.xml is empty", described(lambda d: b""), REFUSED),
    Case("repomd.xml is cut off", described(lambda d: d[:-30]), REFUSED),
    Case("repomd.xml of 50 MB", described(lambda d: d + b" " * 50_000_000), REFUSED),
    Case("repomd.xml 100,000 elements deep", described(lambda d: d.replace(b"<data", b"<x>" * 100_000 + b"<data")), REFUSED),
    Case("repomd.xml of 20,000 records", described(lambda d: d.replace(b"</repomd>", b'<data type="other"/>' * 20_000 + b"</repomd>"), "good"), PASSED_OVER),
    Case("repomd.xml with entities in entities", described(lambda d: d.replace(HEAD.encode(), LAUGHS.encode()).replace(b"<revision>", b"<revision>&i;")), REFUSED),
    Case("repomd.xml in UTF-16", described(lambda d: d.decode().replace("UTF-8", "UTF-16").encode("utf-16")), REFUSED),
    Case("repomd.xml calls itself Latin-1", described(lambda d: d.replace(b"UTF-8", b"latin1").replace(b"<revision>", b"<revision>\xe9")), REFUSED),
    Case("repomd.xml is a page", described(lambda d: b"<html><body>Sign in"), REFUSED),
    Case("a number of 5,000 digits", described(lambda d: d.replace(b"<size>", b"<size>" + b"9" * 5000), "good"), PASSED_OVER),
    Case("swapped primary.xml", swapped(""), REFUSED),
    Case("swapped primary.xml.gz", swapped(".gz"), REFUSED),
    Case("swapped primary.xml.xz", swapped(".xz"), REFUSED),
    Case("swapped primary.xml.bz2", swapped(".bz2"), REFUSED),
    Case("gzip bomb of 600 MB", primary(lambda r: metadata(package(r.good)) + b"\n" * 600_000_000), REFUSED),
    Case("xz bomb of 600 MB", primary(lambda r: metadata(package(r.good)) + b"\n" * 600_000_000, ".xz"), REFUSED),
    Case("bzip2 bomb of 600 MB", primary(lambda r: metadata(package(r.good)) + b"\n" * 600_000_000, ".bz2"), REFUSED),
    Case("entities in entities", primary(lambda r: metadata(package(r.good, more="<x>&i;</x>"), head=LAUGHS)), REFUSED),
    Case("an entity that is a file", primary(lambda r: metadata(package(r.good, more="<x>&x;</x>"), head=OUTSIDE)), REFUSED),
    Case("elements 100,000 deep", primary(lambda r: metadata(package(r.good, more="<x>" * 100_000))), REFUSED),
    Case("not well formed", primary(lambda r: metadata(package(r.good))[:-30]), REFUSED),
    Case("bytes that are no text", primary(lambda r: metadata(package(r.evil)).replace(b">s<", b">\xff\xfe<")), REFUSED),
    Case("a name of 10 MB", primary(lambda r: metadata(package(r.good), package(r.evil, name="x" * 10_000_000))), REFUSED),
    Case("50,000 packages", primary(lambda r: metadata(package(r.good), *[package("1-1evil", name="x")] * 50_000)), PASSED_OVER),
    Case("50,000 of our name", primary(lambda r: metadata(package(r.good), *[package(f"0.{n}-1evil") for n in range(50_000)])), REFUSED),
    Case("needs 100,000 names", beside(lambda r: "1.0-1evil", more="<rpm:requires>" + '<rpm:entry name="x"/>' * 100_000 + "</rpm:requires>"), PASSED_OVER),
    Case("says fewer packages than it has", primary(lambda r: metadata(package(r.good), package("99.0-1evil")).replace(b'packages="2"', b'packages="1"')), PASSED_OVER),
    Case("no version", primary(lambda r: metadata(package(r.evil).replace(f'ver="{r.upstream}"', ""))), REFUSED),
    Case("two versions", primary(lambda r: metadata(package(r.good).replace("<checksum", f'<version epoch="0" ver="{r.upstream}" rel="9evil"/><checksum'))), PASSED_OVER),
    Case("two names", primary(lambda r: metadata(package(r.good), package("99.0-1evil").replace("<arch>", "<name>x</name><arch>"))), PASSED_OVER),
    Case("version with a dash", alone(lambda r: f"{r.upstream}-9-evil"), REFUSED),
    Case("version with a slash", alone(lambda r: f"{r.upstream}/../x-9evil"), REFUSED),
    Case("version with a star", alone(lambda r: "*-*evil"), REFUSED),
    Case("version with a line's end", alone(lambda r: f"{r.upstream}&#10;x-9evil"), REFUSED),
    Case("version with escapes", alone(lambda r: f"{r.upstream}-9evil{ESCAPES}"), REFUSED),
    Case("version with a letter of another script", alone(lambda r: f"{r.upstream}-9еvil"), REFUSED),
    Case("version of 5,000 digits", beside(lambda r: "9" * 5000 + "-9evil"), PASSED_OVER),
    Case("epoch of twelve digits", alone(lambda r: f"999999999999:{r.upstream}-9evil"), REFUSED),
    Case("epoch that is none", alone(lambda r: f"x:{r.upstream}-9evil"), REFUSED),
    Case("an epoch more", beside(lambda r: f"9:{r.upstream}-9evil"), PASSED_OVER),
    Case("version with a tilde that hides it", beside(lambda r: f"{r.upstream}.1~evil-1"), PASSED_OVER),
    Case("a version no release has", beside(lambda r: "99.0.0.0-9evil"), PASSED_OVER),
    Case("for another architecture", primary(lambda r: metadata(package(r.good), package(r.evil).replace("x86_64", "aarch64"))), PASSED_OVER),
    Case("a source package", primary(lambda r: metadata(package(r.good), package(r.evil).replace("x86_64", "src"))), PASSED_OVER),
    Case("a name that ours begins", beside(lambda r: r.evil, name=f"{NAME}-evil"), PASSED_OVER),
    Case("a name in capitals", beside(lambda r: r.evil, name=NAME.upper()), PASSED_OVER),
    Case("another package that provides ours", primary(lambda r: metadata(package(r.good), package("99-9evil", name="x", more=f'<rpm:provides><rpm:entry name="{NAME}" flags="EQ" epoch="0" ver="99"/></rpm:provides>'))), PASSED_OVER),
    Case("another package that makes ours obsolete", primary(lambda r: metadata(package(r.good), package("99-9evil", name="x", more=f'<rpm:obsoletes><rpm:entry name="{NAME}"/></rpm:obsoletes>'))), PASSED_OVER),
    Case("package lies above", alone(lambda r: r.evil, href="../../etc/x.rpm"), REFUSED),
    Case("package lies at another host", alone(lambda r: r.evil, href="http://evil.invalid/x.rpm"), REFUSED),
    Case("package is a file of this machine", alone(lambda r: r.evil, href="/etc/x.rpm"), REFUSED),
    Case("package with a base elsewhere", primary(lambda r: metadata(package(r.evil).replace("<location ", '<location xml:base="http://evil.invalid/" '))), REFUSED),
    Case("a hash that is none", primary(lambda r: metadata(package(r.evil).replace(hashlib.sha256(r.evil.encode()).hexdigest(), f"evil{ESCAPES}"))), REFUSED),
    Case("escapes in a summary", primary(lambda r: metadata(package(r.good).replace(">s<", f">{ESCAPES}<"))), PASSED_OVER),
    Case("redirect to a file", at_repomd(redirected("file:///etc/passwd")), REFUSED),
    Case("redirects in a circle", at_repomd(redirected("/rpm/repodata/repomd.xml")), REFUSED),
    Case("drips repomd.xml", at_repomd(drips(PAGE + b"Content-Length: 90000\r\n\r\n")), REFUSED),
    Case("endless repomd.xml", at_repomd(floods(PAGE + b"\r\n", b" " * 65536)), REFUSED),
    Case("drips primary.xml", at_primary(drips(PAGE + b"Content-Length: 90000\r\n\r\n")), REFUSED),
    Case("endless primary.xml", at_primary(floods(PAGE + b"\r\n", b" " * 65536)), REFUSED),
]  # fmt: skip
