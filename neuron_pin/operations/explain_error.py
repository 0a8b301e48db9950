"""Explains the errors of a text by what is known of a machine, an environment or a lock."""

from __future__ import annotations

import codecs
import os
import subprocess
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from neuron_pin.audit.host import list_system_packages
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import (
    Standing,
    get_system,
    judge_python,
    judge_system,
    tell_newer_python,
    tell_newer_system,
    tell_newer_versions,
)
from neuron_pin.diagnosis.explaining import Diagnosis, diagnose
from neuron_pin.diagnosis.known import THIRD_PARTY, Known
from neuron_pin.diagnosis.matching import find_messages
from neuron_pin.diagnosis.messages import load_messages
from neuron_pin.diagnosis.stated import Stated, add_stated, find_stated, join_stated
from neuron_pin.errors import NeuronPinError
from neuron_pin.record import NamedTuple
from neuron_pin.target import check_python
from neuron_pin.target.detection import detect

CHUNK = 1 << 20
MAX_BYTES = 256 * 1024 * 1024
"""Bytes of a text that are read; a log of that size takes seconds."""
JOURNAL_LINES = 20_000
JOURNAL_SECONDS = 30


class Place(NamedTuple):
    """Where an error came up: a machine below ``root`` (`None` for none), environments, a lock;
    and what the user says of it, empty where nothing is said."""

    root: str | None = None
    venvs: tuple[str, ...] = ()
    lock: str = ""
    instance: str = ""
    system: str = ""
    python: str = ""


class ExplainedErrors(NamedTuple):
    """The diagnoses, the most telling first; what was known; how many lines were read, and
    whether that is all of the text; warnings of what is newer than the facts."""

    diagnoses: tuple[Diagnosis, ...]
    known: Known
    lines: int
    is_whole: bool
    warnings: tuple[str, ...] = ()


class JournalFailed(NeuronPinError):
    """journalctl could not be asked."""

    exit_code = 2


def explain_errors(text: Iterable[str], place: Place, catalog: Catalog) -> ExplainedErrors:
    """The known errors of a text; ``text`` comes in pieces that end with whole lines.

    Raises `UnreadableInput` where the place cannot be read, and `UnknownName` for an instance
    family or an operating system that the facts do not know.
    """
    known = find_known(place, catalog)
    lines = size = 0
    stated = Stated({}, "", "", "")

    def watch() -> Iterator[str]:
        nonlocal lines, size, stated
        for piece in text:
            lines += piece.count("\n") + (not piece.endswith("\n"))
            size += len(piece)
            stated = join_stated(stated, find_stated(piece))
            yield piece

    matches = find_messages(watch(), load_messages())
    known = add_stated(known, stated)
    found = diagnose(matches, known, catalog)
    warnings = tuple(_list_newer(known, catalog))
    return ExplainedErrors(tuple(found), known, lines, size < MAX_BYTES, warnings)


def _list_newer(known: Known, catalog: Catalog) -> Iterator[str]:
    """What of a place is newer than the facts (NP510), so that they decide less."""
    question = "what is known of it decides nothing"
    system = known.system
    if system is not None and system.is_newer:
        yield tell_newer_system(catalog, system, question)
    if known.python and judge_python(catalog, known.python) is Standing.NEWER:
        yield tell_newer_python(catalog, known.python, question)
    versions = tell_newer_versions(catalog, sorted(known.versions.items()))
    if versions:
        yield versions


def read_pieces(stream: BinaryIO) -> Iterator[str]:
    """A text in pieces of about 1 MiB that end with whole lines, at most 256 MiB of it; bytes
    that are not UTF-8 become replacement characters."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest, total = "", 0
    while total < MAX_BYTES:
        data = stream.read(CHUNK)
        total += len(data)
        piece = rest + decoder.decode(data, final=not data)
        if not data:
            if piece:
                yield piece
            return
        # A line without an end is cut, so that a file of one line takes no more memory.
        cut = piece.rfind("\n") + 1 or (len(piece) if len(piece) > CHUNK else 0)
        rest = piece[cut:]
        if cut:
            yield piece[:cut]
    if rest:
        yield rest


def read_journal() -> Iterator[str]:
    """The kernel's and the services' messages since the machine started; raises `JournalFailed`.
    Source: journalctl(1)."""
    command = ["journalctl", "--boot", "--no-pager", "--output=cat", f"--lines={JOURNAL_LINES}"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=JOURNAL_SECONDS, stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise JournalFailed(
            "journalctl is not installed", hint="name a file: /var/log/syslog, or dmesg > FILE"
        ) from None
    except subprocess.TimeoutExpired:
        raise JournalFailed(f"journalctl did not answer in {JOURNAL_SECONDS} seconds") from None
    if done.returncode:
        problem = done.stderr.decode(errors="replace").strip().splitlines()
        raise JournalFailed(
            f"journalctl failed: {problem[-1][:200] if problem else done.returncode}",
            hint="run it as root, or name a file: dmesg > FILE",
        )
    yield done.stdout.decode(errors="replace")


def find_known(place: Place, catalog: Catalog) -> Known:
    """What is known of a place; raises as `explain_errors` does."""
    known = Known()
    if place.lock:
        known = _read_lock(place.lock, catalog)
    if place.root is not None:
        known = _read_machine(place.root, catalog)
    for folder in place.venvs:
        known = _read_environment(folder, known, catalog, "/")
    if place.instance:
        known = known._replace(family=catalog.instance(place.instance.partition(".")[0]))
    if place.system:
        known = known._replace(system=get_system(catalog, place.system))
    if place.python:
        check_python(place.python)
        known = known._replace(python=_minor(place.python))
    return known


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _read_lock(path: str, catalog: Catalog) -> Known:
    from .read_lock import read_resolution

    found, _ = read_resolution(path, catalog)
    versions = {package.key.name: package.version for package in found.packages}
    return Known(
        path, versions, has_system=True, has_python=True, system=found.target.os,
        family=found.target.family or "", python=found.target.python,
    )  # fmt: skip


def _read_machine(root: str, catalog: Catalog) -> Known:
    from neuron_pin.audit.environment import NeuronNames
    from neuron_pin.inputs.host.environments import find_environments

    machine = detect(root)
    versions = {p.key.name: p.version for p in list_system_packages(root, catalog)}
    family = machine.instance if machine.instance in catalog.instances else ""
    modules = os.path.join(root, "lib/modules")
    known = Known(
        "this machine" if root == "/" else root,
        versions,
        has_system=True,
        driver=machine.driver or machine.other_driver,
        kernel=machine.kernel,
        system=judge_system(catalog, machine.os).system,
        family=family,
        has_devices=os.path.lexists(os.path.join(root, "dev/neuron0")),
        headers=_list_kernels(modules, ("build",)),
        modules=_list_kernels(modules, _MODULE_PLACES),
    )
    found = find_environments(root, NeuronNames(catalog)).folders
    # Of several environments nobody says which one the error is from.
    if len(found) == 1:
        known = _read_environment(found[0], known, catalog, root)
    return known


_MODULE_PLACES = tuple(
    f"{folder}/neuron.ko{suffix}"
    for folder in ("updates/dkms", "extra", "weak-updates")
    for suffix in ("", ".xz", ".zst", ".gz")
)
"""Where dkms puts the driver.  Source: dkms(8)."""


def _list_kernels(modules: str, places: tuple[str, ...]) -> frozenset[str]:
    """The kernels that have one of the files below their folder of modules."""
    try:
        kernels = os.listdir(modules)
    except OSError:
        return frozenset()
    return frozenset(
        kernel
        for kernel in kernels
        if any(os.path.lexists(os.path.join(modules, kernel, place)) for place in places)
    )


def _read_environment(folder: str, known: Known, catalog: Catalog, root: str) -> Known:
    from neuron_pin.inputs.host.distributions import environment_python, read_distributions

    versions = dict(known.versions)
    for found in read_distributions(folder, frozenset(), root):
        if found.name in THIRD_PARTY or found.name in catalog.packages:
            versions[found.name] = found.version
    return known._replace(
        origin=known.origin or folder,
        versions=versions,
        has_python=True,
        venv=folder,
        python=_minor(environment_python(folder)) or known.python,
    )


def list_versions(known: Known) -> list[str]:
    """What to attach to a report of an error: versions and nothing else; no paths, no names of
    machines or people."""
    system = known.system.name if known.system is not None else ""
    stated = [("instance family", known.family), ("operating system", system)]
    stated += [("kernel", known.kernel), ("loaded driver", known.driver or "")]
    stated += [("Python", known.python)]
    rows = [f"{name} {value}" for name, value in stated if value]
    return [*rows, *(f"{name} {version}" for name, version in sorted(known.versions.items()))]
