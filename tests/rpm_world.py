"""rpm repositories for tests: built by real rpmbuild and createrepo_c, or written by hand."""

import gzip
import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

has_rpm_tools = bool(shutil.which("rpmbuild") and shutil.which("createrepo_c"))


class Built(NamedTuple):
    """One package to build: lines of a spec beside its name and version."""

    name: str
    version: str
    more: tuple[str, ...] = ()

    @property
    def filename(self) -> str:
        return f"{self.name}-{self.version.rpartition(':')[2]}.x86_64.rpm"


def build(folder: Path, packages: Iterable[Built]) -> Path:
    """Build empty packages; returns the folder with the files."""
    wanted = list(packages)
    spec = folder / "all.spec"
    folder.mkdir(parents=True, exist_ok=True)
    for number, package in enumerate(wanted):
        epoch, _, rest = package.version.rpartition(":")
        version, _, release = rest.partition("-")
        lines = [f"Name: {package.name}", f"Version: {version}", f"Release: {release}",
                 "Summary: s", "License: x", "AutoReqProv: no", *package.more]  # fmt: skip
        if epoch:
            lines.append(f"Epoch: {epoch}")
        spec = folder / f"{number}.spec"
        spec.write_text("\n".join([*lines, "%description", "d", "%files", ""]))
    subprocess.run(
        ["rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", f"_topdir {folder}",
         "--define", f"_rpmdir {folder}/out", "--define", "_build_name_fmt %|EPOCH?{%{EPOCH}-}|%{NAME}-%{VERSION}-"
         "%{RELEASE}.%{ARCH}.rpm", "--define", "_binary_payload w0.gzdio",
         *(str(folder / f"{number}.spec") for number in range(len(wanted)))],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "out"


def index(folder: Path, compression: str = "gz") -> None:
    """Make ``repodata`` by createrepo_c."""
    subprocess.run(
        ["createrepo_c", "--quiet", f"--general-compress-type={compression}", "--no-database",
         str(folder)],
        check=True, capture_output=True,
    )  # fmt: skip


def primary(packages: Iterable[tuple[str, str]]) -> bytes:
    """A primary.xml by hand, for repositories whose files nobody fetches."""
    rows = []
    for name, version in packages:
        epoch, _, rest = version.rpartition(":")
        number, _, release = rest.partition("-")
        evr = f'epoch="{epoch or 0}" ver="{escape(number)}" rel="{escape(release)}"'
        rows.append(
            f'<package type="rpm"><name>{name}</name><arch>x86_64</arch><version {evr}/>'
            f'<checksum type="sha256" pkgid="YES">'
            f"{hashlib.sha256(f'{name}{version}'.encode()).hexdigest()}</checksum>"
            "<summary>s</summary><description>d</description><packager/><url/>"
            '<time file="1" build="1"/><size package="1" installed="1" archive="1"/>'
            f'<location href="{name}-{escape(rest)}.rpm"/><format><rpm:license>x</rpm:license>'
            f'<rpm:provides><rpm:entry name="{name}" flags="EQ" {evr}/></rpm:provides>'
            "</format></package>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<metadata '
        'xmlns="http://linux.duke.edu/metadata/common" '
        f'xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="{len(rows)}">'
        + "".join(rows) + "</metadata>"
    ).encode()  # fmt: skip


def repomd(packed: bytes, data: bytes, href: str = "repodata/primary.xml.gz") -> bytes:
    """A repomd.xml for one primary.xml."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>'
        f'<data type="primary"><checksum type="sha256">{hashlib.sha256(packed).hexdigest()}'
        f'</checksum><open-checksum type="sha256">{hashlib.sha256(data).hexdigest()}'
        f'</open-checksum><location href="{href}"/><timestamp>1</timestamp>'
        f"<size>{len(packed)}</size><open-size>{len(data)}</open-size></data></repomd>"
    ).encode()


def repository(folder: Path, packages: Iterable[tuple[str, str]]) -> bytes:
    """A repository by hand; returns its repomd.xml."""
    data = primary(packages)
    packed = gzip.compress(data)
    (folder / "repodata").mkdir(parents=True)
    (folder / "repodata" / "primary.xml.gz").write_bytes(packed)
    described = repomd(packed, data)
    (folder / "repodata" / "repomd.xml").write_bytes(described)
    return described
