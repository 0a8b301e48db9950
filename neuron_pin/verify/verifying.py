"""Verify a lock: read, ask, judge."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import Requirement

from neuron_pin.errors import WrongUsage

from .checks import find_all
from .environment import environment_of
from .evidence import Sources, gather, subject_of
from .graph import make_graph
from .known import Known
from .lockfile import InvalidLock, Lock
from .verdict import Verdict


def verify(
    lock: Lock, sources: Sources, asked: Sequence[Requirement] = (), python: str = ""
) -> Verdict:
    """Hold a lock against itself and the indexes.

    ``asked`` are requirements that have to be met besides those that the lock records;
    ``python`` is the target's Python with its patch, which a lock does not state, empty where it
    is open.  Reads the network unless ``sources`` has no indexes: a page and a metadata file a
    package, and with ``sources.files`` every file.  Raises `InvalidLock` for a lock that is for
    no single Python, where ``python`` names none, and `WrongUsage` for a ``python`` of another
    series.
    """
    if not lock.python and not python:
        raise InvalidLock(
            lock.path, "requires-python", "is not for one Python: name the target with --python"
        )
    if lock.python and python and ".".join(python.split(".")[:2]) != lock.python:
        raise WrongUsage(f"{lock.path} is for Python {lock.python}, not {python}")
    environment = environment_of(lock, python)
    if python and lock.requires_python and environment.admits(lock.requires_python) is False:
        raise WrongUsage(f"{lock.path} is for Python {lock.requires_python}, not {python}")
    evidence = gather(lock, environment, sources)
    graph = make_graph(lock, evidence, environment, asked)
    known = Known(lock, environment, evidence, graph)
    problems, gaps = find_all(known)
    gathered = [gap for found in evidence for gap in found.gaps]
    return Verdict(
        tuple(subject_of(row) for row in lock.packages),
        problems,
        tuple(dict.fromkeys((*gathered, *graph.gaps, *gaps))),
    )
