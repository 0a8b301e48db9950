"""Files of distributions that are not what they say: archives, wheels, bombs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import warnings
import zipfile
import zlib

INFO = "tool-1.0.dist-info/METADATA"


def packed(data: bytes, suffix: str) -> bytes:
    """An index as a repository packs it: the same each time, and fast rather than small."""
    if suffix == ".gz":
        return gzip.compress(data, 1, mtime=0)
    if suffix == ".xz":
        return lzma.compress(data, preset=0)
    return bz2.compress(data) if suffix == ".bz2" else data


def archive(*files: tuple[str, str | bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", method) as members:
        warnings.simplefilter("ignore")
        for name, text in files:
            members.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, method)
    return data.getvalue()


def metadata(name: str, version: str, *lines: str) -> str:
    return "\n".join(
        ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines, "", ""]
    )


def wheel(
    name: str,
    version: str,
    word: str,
    *lines: str,
) -> bytes:
    """A wheel that pip and uv install: a module that is the word, and its dist-info."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = [
        (f"{module}/__init__.py", f"# {word}\n"),
        (f"{info}/METADATA", metadata(name, version, *lines)),
        (
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
    ]
    record = "".join(f"{path},,\n" for path, _ in files) + f"{info}/RECORD,,\n"
    return archive(*files, (f"{info}/RECORD", record))


def sdist(name: str, version: str, pkg_info: str = "") -> bytes:
    """A source distribution whose set-up writes EVIL where it is told to."""
    top = f"{name}-{version}"
    code = (
        "import os\nopen(os.environ['RAN'], 'w').write('EVIL')\n"
        "from setuptools import setup\nsetup(name='tool', version='9.0')\n"
    )
    files = [(f"{top}/setup.py", code.encode()), (f"{top}/PKG-INFO", pkg_info.encode())]
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as packed:
        for path, text in files:
            member = tarfile.TarInfo(path)
            member.size = len(text)
            packed.addfile(member, io.BytesIO(text))
    return data.getvalue()


def repacked(method: int, packed: bytes, size: int, text: bytes) -> bytes:
    """An archive of METADATA alone, packed by a method that zipfile does not write."""
    name = INFO.encode()
    crc = zlib.crc32(text)
    head = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 63, 0, method, 0, 0, crc, len(packed), size, len(name), 0
    )
    local = head + name + packed
    central = (
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            63,
            63,
            0,
            method,
            0,
            0,
            crc,
            len(packed),
            size,
            len(name),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + name
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


ZSTD_BLOCK = 131072


def zstd(blocks: int) -> bytes:
    """One Zstandard frame of blocks of spaces: `ZSTD_BLOCK` bytes in four."""
    frame = b"\x28\xb5\x2f\xfd\x00\x58"
    for number in range(blocks):
        is_last = number == blocks - 1
        frame += struct.pack("<I", ZSTD_BLOCK << 3 | 1 << 1 | is_last)[:3] + b" "
    return frame


def with_size(data: bytes, size: int) -> bytes:
    """The archive with another unpacked size of its last member in the directory."""
    at = data.rfind(b"PK\1\2")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


BOMB_BYTES = 600_000_000


def gzip_bomb(times: int = 1) -> bytes:
    """A page of spaces that is small on the way."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = packer.compress(b'{"files": [')
    block = b" " * 10_000_000
    data += b"".join(packer.compress(block) for _ in range(BOMB_BYTES // len(block)))
    data += packer.compress(b"]}") + packer.flush()
    for _ in range(times - 1):
        data = gzip.compress(data, 9)
    return data


TEXT = metadata("tool", "1.0")


def big() -> bytes:
    """METADATA that is longer than any: not kept, so that clients are measured by a small process."""
    return TEXT.encode() + b"\n" + b" " * 300_000_000


def special(kind: bytes, link: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as packed:
        member = tarfile.TarInfo("tool-9.0/PKG-INFO")
        member.type, member.linkname = kind, link
        packed.addfile(member)
    return data.getvalue()


def tar_bomb() -> bytes:
    data = io.BytesIO()
    with gzip.GzipFile(fileobj=data, mode="wb", compresslevel=9) as packed:
        member = tarfile.TarInfo("tool-9.0/PKG-INFO")
        member.size = BOMB_BYTES
        packed.write(member.tobuf())
        for _ in range(BOMB_BYTES // 10_000_000):
            packed.write(b" " * 10_000_000)
        packed.write(b"\0" * 1024)
    return data.getvalue()
