"""``check --image`` of a large tarball of ``docker save`` as a ratio to ``sha256sum`` of it, and
the memory that it takes.

    python benchmarks/check_image.py [RUNS [MEGABYTES]]

The image is generated: an operating system with its database of packages, an environment with
Neuron packages and a large library, and many small files.  Commands take turns; medians are
printed, and the peak of memory.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pairs import paired, show

SITE = "opt/venv/lib/python3.11/site-packages"
OURS = {"neuronx-cc": "2.27.5334.0", "nki": "0.6.0"}
STATUS = b"Package: aws-neuronx-runtime-lib\nStatus: install ok installed\nVersion: 2.34.10.0-1\n\n"
MEGABYTE = 1 << 20
LAYERS = 5


def list_files(layer: int, megabytes: int) -> Iterator[tuple[str, bytes]]:
    """The files of a layer, of so many megabytes together."""
    draw = random.Random(layer)
    if layer == 0:
        yield "etc/os-release", b'ID=ubuntu\nVERSION_ID="22.04"\n'
        yield "var/lib/dpkg/status", STATUS
    if layer == 1:
        yield "opt/venv/pyvenv.cfg", b"version = 3.11.9\n"
        for name, version in OURS.items():
            own = name.replace("-", "_")
            info = f"{SITE}/{own}-{version}.dist-info"
            yield f"{info}/METADATA", f"Name: {name}\nVersion: {version}\n\n".encode()
            yield f"{info}/RECORD", f"{own}/__init__.py,,\n{own}/core.py,,\n".encode()
    block = draw.randbytes(MEGABYTE)
    for number in range(megabytes // 10):
        yield f"usr/lib/library{layer}/part{number}.so", block * 8
        for small in range(100):
            start = small * 1000
            yield f"{SITE}/package{layer}/m{number}/s{small}.py", block[start : start + 20_000]


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def generate(path: Path, megabytes: int) -> None:
    names = []
    with tarfile.open(path, "w") as image:
        for number in range(LAYERS):
            layer = path.with_suffix(".layer")
            with tarfile.open(layer, "w") as archive:
                for name, data in list_files(number, megabytes // LAYERS):
                    add(archive, name, data)
            names.append(f"{number}/layer.tar")
            image.add(layer, names[-1])
            layer.unlink()
        manifest = json.dumps([{"Config": "c.json", "Layers": names}])
        add(image, "manifest.json", manifest.encode())


def measure_memory(command: list[str]) -> int:
    """The peak of a process's memory, in KiB."""
    child = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)]
    )
    return os.wait4(child, 0)[2].ru_maxrss


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 1100
    own = [sys.executable, "-m", "neuron_pin"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.tar"
        generate(path, megabytes)
        check = [*own, "check", "--image", str(path), "--exit-zero"]
        check += ["--instance", "trn2", "--as-of", "2026-08-20"]
        show(paired({"sha256sum": ["sha256sum", str(path)], "check": check}, runs), "sha256sum")
        print(f"{measure_memory(check) / 1024:.1f} MiB of memory at most")


if __name__ == "__main__":
    main()
