"""constraints.txt: what ``pip install -c`` and ``uv pip compile -c`` obey.

Source: pip's "Constraints Files"; PEP 440 "Version matching": a specifier without a local
part matches every build of the version.
"""

from __future__ import annotations

from neuron_pin.errors import WrongUsage
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import LockedPackage, Resolution


def render_constraints(resolution: Resolution, command: str) -> str:
    """The text, deterministic: sorted, no time stamp.

    System packages are no business of pip's; a comment says that the lock has them.
    """
    lines = ["# This file was written by neuron-pin:", f"#   {command}"]
    if resolution.sdk:
        lines.append(f"# Neuron SDK {resolution.sdk}")
    # No date: a lock of tomorrow that gives the same versions is the same file.
    lines.append(f"# target: {resolution.target.label}")
    packages = resolution.packages_of(Ecosystem.PIP)
    indexes = sorted({p.source for p in packages if p.source})
    for index in indexes:
        lines.append(f"# index: {index}")
    others = len(resolution.packages) - len(packages)
    if others:
        lines.append(f"# {others} system packages of the lock are not constrained here")
    for package in packages:
        lines += _requirement(package, resolution.with_hashes)
        for parent in package.via:
            lines.append(f"    # via {parent}")
    return "\n".join(lines) + "\n"


def _requirement(package: LockedPackage, with_hashes: bool) -> list[str]:
    line = f"{package.key.name}{package.pin.to_pip()}"
    if not with_hashes:
        return [line]
    hashes = sorted(
        {f"--hash={name}:{value}" for file in package.files for name, value in file.hashes}
    )
    if not hashes:
        raise WrongUsage(
            f"--generate-hashes: the files of {package.key.name} are not known",
            hint="lock against indexes: without --offline, or with --index-url",
        )
    return [f"{line} \\", *(f"    {found} \\" for found in hashes[:-1]), f"    {hashes[-1]}"]
