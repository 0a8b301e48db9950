"""constraints.txt: what ``pip install -c`` and ``uv pip compile -c`` obey.

Source: pip's "Constraints Files"; PEP 440 "Version matching": a specifier without a local
part matches every build of the version.
"""

from __future__ import annotations

from neuron_pin.errors import WrongUsage
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import LockedPackage, Resolution

from .header import describe_judgment, make_header
from .system import describe_system_output


def render_constraints(resolution: Resolution, command: str) -> str:
    """The text, deterministic: sorted, no time stamp.

    System packages are no business of pip's; a comment says that the lock has them.
    """
    return _render(resolution, command, is_bound=False)


def render_bound_constraints(resolution: Resolution, command: str) -> str:
    """The same with Neuron's packages bound to their files, where the lock knows one of each:
    ``nki @ URL#sha256=…``.

    PEP 508, "URL specification": pip takes the name from there and from no index, and checks
    the hash, so that not even the same version of another index can take its place.
    """
    return _render(resolution, command, is_bound=True)


def _render(resolution: Resolution, command: str, *, is_bound: bool) -> str:
    lines = make_header(command)
    if resolution.sdk:
        lines.append(f"# Neuron SDK {resolution.sdk}")
    # No date: a lock of tomorrow that gives the same versions is the same file.
    lines.append(f"# target: {resolution.target.label}")
    lines += describe_judgment(resolution)
    packages = resolution.packages_of(Ecosystem.PIP)
    indexes = sorted({p.source for p in packages if p.source})
    needed = {each.url: f" (for {', '.join(each.packages)})" for each in resolution.needed_indexes}
    for index in sorted({*indexes, *needed}):
        lines.append(f"# index: {index}{needed.get(index, '')}")
    others = len(resolution.packages) - len(packages)
    if others:
        count = "1 system package" if others == 1 else f"{others} system packages"
        lines.append(f"# not here: {count}; {describe_system_output(resolution.target)}")
    for package in packages:
        address = _address(package) if is_bound else ""
        lines += (
            [f"{package.key.name} @ {address}"]
            if address
            else _requirement(package, resolution.with_hashes)
        )
        for parent in package.via:
            lines.append(f"    # via {parent}")
    return "\n".join(lines) + "\n"


def _address(package: LockedPackage) -> str:
    """The one file of a package of Neuron's with its hash, empty where that is not known."""
    if not package.is_own or not package.pin.is_exact or len(package.files) != 1:
        return ""
    file = package.files[0]
    digest = dict(file.hashes).get("sha256", "")
    is_plain = file.url.startswith(("https://", "http://", "file://")) and not any(
        char.isspace() or char in "#;\\" for char in file.url
    )
    return f"{file.url}#sha256={digest}" if digest.isalnum() and is_plain else ""


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
