"""The comment that a written text begins with: who wrote it, and by which command."""

from __future__ import annotations

from neuron_pin.policy import Phase, edition_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.resolve import Resolution

_HEADS = ("# This file was written by neuron-pin:", "# This was written by neuron-pin:")


_REMARKS = {
    Phase.ALPHA: "alpha, not for production",
    Phase.BETA: "beta, not for production",
    Phase.RC: "a release candidate",
    Phase.EOS: "out of support",
}
"""What a file says of a version that it holds although the policy does not support it."""


def make_header(command: str, *, is_section: bool = False) -> list[str]:
    """The lines; ``is_section`` where the file is not ours alone."""
    return [_HEADS[is_section], f"#   {command}"]


def describe_judgment(resolution: Resolution) -> list[str]:
    """Comments below the head of a text that holds versions: the edition of the policy that they
    were judged by, the phase of each that is not supported, and until when support is known where
    the catalog data end before the day; none without packages of Neuron's.

    No day of today: a lock of tomorrow that gives the same versions is the same file.
    """
    support, as_of = resolution.support, resolution.target.as_of
    if support is None and all(package.is_known for package in resolution.packages):
        return []
    limit = support.describe_limit(as_of) if support is not None else ""
    lines = [f"# maintenance policy: edition {edition_at(as_of).name}"]
    for package in resolution.packages:
        if package.kind is not None and package.phase in _REMARKS:
            remark = _REMARKS[package.phase]
            lines.append(f"# {package.key.name} {package.version}: {remark}")
        elif not package.is_known:
            remark = "newer than the facts, phase unknown"
            lines.append(f"# {package.key.name} {package.version}: {remark}")
    return [*lines, f"# {limit}"] if limit else lines


def is_headed(text: str) -> bool:
    """Whether a text begins with the comment; other comments may come before it."""
    for line in text.splitlines():
        if line.rstrip() in _HEADS:
            return True
        if line.strip() and not line.startswith("#"):
            return False
    return False
