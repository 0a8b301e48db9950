"""What one name stands for in ranges of its versions.

``torch-neuronx`` up to 2.9 is PyTorch/XLA, and from 2.13 on the native backend TorchNeuron: other
code, another form of version, another index for the framework.  The ranges are data
(``packages.json``), with the page that states them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neuron_pin.record import NamedTuple

from .version_range import VersionRange


class Backend(NamedTuple):
    """What a package is in a range of its versions.

    ``framework_parts`` says how many numbers of a version are the framework's: three of
    ``2.9.0.2.15.32035``, two of ``2.14.3.0``, which is for 2.14.0.  ``seen`` are versions that
    were announced or shipped.  ``framework_index`` is the one that the packages ``from_index``
    have to be taken from beside it, empty for none.  ``companions`` work with it alone.
    ``instances`` are the families that it is for, none where each release says it.
    """

    name: str
    versions: VersionRange
    framework_parts: int
    seen: tuple[str, ...]
    framework_index: str
    from_index: frozenset[str]
    companions: frozenset[str]
    instances: frozenset[str]
    source: str


def find_backend(backends: Sequence[Backend], version: str) -> Backend | None:
    """The one that a version lies in, none for none."""
    return next((b for b in backends if b.versions.contains(version)), None) if version else None


def list_admitted(backends: Sequence[Backend], admits: Callable[[str], bool]) -> list[Backend]:
    """Those of which a range admits a version that was seen, in the order of their versions."""
    return [backend for backend in backends if any(map(admits, backend.seen))]


def find_other_companion(
    backends: Sequence[Backend], own: Sequence[Backend], name: str
) -> Backend | None:
    """The backend that a package works with alone, where that is none of some, ``own``; none
    where it works with them, or nothing says so."""
    its = [backend for backend in backends if name in backend.companions]
    return its[0] if its and not any(backend in own for backend in its) else None


def describe_move(name: str, old: Backend, new: Backend) -> str:
    """That two versions of one name are different software."""
    return (
        f"{name} changes from {old.name} to {new.name}, another backend under the same name: code "
        f"for the one does not run on the other [{new.source}]"
    )


def describe_crossing(name: str, written: str, admitted: Sequence[Backend]) -> str:
    """That a range reaches from one backend into another."""
    names = " and ".join(backend.name for backend in admitted)
    return f"{written} allows {names}, which are different software under the name {name}"


def list_ranges(name: str, admitted: Sequence[Backend]) -> str:
    """How to write each of some backends alone, for people."""
    return " or ".join(f"{name}{backend.versions} ({backend.name})" for backend in admitted)


def describe_backends(name: str, backends: Sequence[Backend], *, with_sources: bool) -> str:
    """Which versions are what, in a sentence; empty for a name that is one thing alone."""
    if len(backends) < 2:
        return ""
    ranges = [
        f"{backend.versions} is {backend.name}" + (f" [{backend.source}]" if with_sources else "")
        for backend in backends
    ]
    return f"{name} is the name of several backends: {'; '.join(ranges)}"
