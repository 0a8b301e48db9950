"""A host below a folder, as ``neuron-pin fleet facts --root`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RELEASES = {
    "ubuntu22.04": 'ID=ubuntu\nVERSION_ID="22.04"\n',
    "ubuntu24.04": 'ID=ubuntu\nVERSION_ID="24.04"\n',
    "amzn2023": 'ID="amzn"\nVERSION_ID="2023"\n',
}


def put(root: Path, path: str, text: str) -> Path:
    """A file below a root."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _number(python: str) -> int:
    return int(python.partition(".")[2])


def make_root(
    root: Path,
    *,
    name: str = "node-1",
    instance: str = "trn2.48xlarge",
    system: str = "ubuntu24.04",
    kernel: str = "6.8.0-1024-aws",
    driver: str = "",
    packages: Mapping[str, str] = {},
    held: frozenset[str] = frozenset(),
    states: Mapping[str, str] = {},
    pythons: tuple[str, ...] = ("3.12",),
    devices: int = 2,
) -> Path:
    """A small machine; ``packages`` are dpkg's with their versions."""
    put(root, "etc/hostname", f"{name}\n")
    put(root, "etc/os-release", RELEASES[system])
    put(root, "sys/devices/virtual/dmi/id/product_name", f"{instance}\n")
    put(root, "proc/sys/kernel/osrelease", f"{kernel}\n")
    if driver:
        put(root, "sys/module/neuron/version", f"{driver}\n")
    for python in pythons:
        put(root, f"usr/bin/python{python}", "")
    if pythons:
        (root / "usr/bin/python3").symlink_to(f"python{max(pythons, key=_number)}")
    for number in range(devices):
        put(root, f"dev/neuron{number}", "")
    # e_machine of elf(5): 62 is x86_64.
    program = b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00"
    (root / "usr/bin/env").write_bytes(program)
    stanzas = [
        f"Package: {package}\nStatus: {'hold' if package in held else 'install'} ok "
        f"{states.get(package, 'installed')}\nArchitecture: amd64\nVersion: {version}\n"
        for package, version in {"dpkg": "1.22.6", **packages}.items()
    ]
    put(root, "var/lib/dpkg/status", "\n".join(stanzas) + "\n")
    return root


def add_environment(
    root: Path, folder: str, packages: Mapping[str, str], python: str = "3.12"
) -> None:
    """A virtual environment with metadata of packages."""
    put(root, f"{folder}/pyvenv.cfg", f"home = /usr/bin\nversion = {python}.3\n")
    for name, version in packages.items():
        own = name.replace("-", "_")
        info = f"{folder}/lib/python{python}/site-packages/{own}-{version}.dist-info"
        put(root, f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        put(root, f"{info}/RECORD", f"{own}/__init__.py,,\n")
