"""Whether the lock agrees with the indexes, and with the contents of their files."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from .addresses import normalize_address, without_credentials
from .evidence import Evidence
from .index import LENGTHS, Measured
from .known import Found, Known, problem_of
from .lockfile import LockedFile, LockedPackage
from .metadata import same_needs
from .pages import ListedFile
from .verdict import Check, Gap, Reason
from .versions import parse_version, same_version


def listed(known: Known) -> Found:
    """The index has the version, and lists each file at its address, with its hashes and size."""
    for found in known.evidence:
        row = found.row
        if found.absent:
            yield problem_of(
                Check.NOT_ON_INDEX, row, row.place,
                f"{found.absent} does not have {row.name} {row.version}",
            )  # fmt: skip
        if found.status == "quarantined":
            yield problem_of(Check.QUARANTINED, row, row.place, f"the index quarantines {row.name}")
        if found.listed is None or found.absent:
            continue
        by_name = {file.filename: file for file in found.listed}
        for file in row.files:
            there = by_name.get(file.filename)
            if there is None or not (found.mirrored or _is_at(file, there)):
                stated = without_credentials(file.url) or file.filename
                message = f"the index does not list {stated}"
                if there is not None:
                    message += f": it has {there.filename} at {there.url}"
                yield problem_of(Check.UNLISTED_FILE, row, f"{file.place}.url", message)
            else:
                yield from _compared(found, file, there)


def _is_at(file: LockedFile, there: ListedFile) -> bool:
    if file.path:
        # A copy beside the lock is read in place of the file of the index.
        return True
    return normalize_address(file.url) == normalize_address(there.url)


def _compared(found: Evidence, file: LockedFile, there: ListedFile) -> Found:
    stated, locked = dict(there.hashes), dict(file.hashes)
    common = [name for name in locked if name in stated and name in LENGTHS]
    for name in common:
        if locked[name] != stated[name]:
            yield problem_of(
                Check.HASH_MISMATCH, found.row, f"{file.place}.hashes.{name}",
                f"{file.filename}: the lock has {locked[name][:80]}, the index {stated[name][:80]}",
            )  # fmt: skip
    if not common and file.place not in found.measured:
        yield Gap(Reason.NO_HASH, found.subject, f"{file.filename}: --files reads it")
    if file.size is not None and there.size is not None and file.size != there.size:
        yield problem_of(
            Check.SIZE_MISMATCH, found.row, f"{file.place}.size",
            f"{file.filename}: the lock has {file.size} bytes, the index {there.size}",
        )  # fmt: skip


def used_files(known: Known) -> Found:
    """The file that an installer takes is for the target's Python, not withdrawn, and its
    METADATA is of the package."""
    for found in known.evidence:
        row, used = found.row, found.used
        if used is None:
            continue
        admits = known.environment.admits(used.requires_python)
        if admits is False:
            yield problem_of(
                Check.REQUIRES_PYTHON, row, row.place,
                f"{used.filename} is for Python {used.requires_python}",
            )  # fmt: skip
        elif admits is None:
            detail = f"{used.filename} is for Python {used.requires_python}"
            yield Gap(Reason.UNKNOWN_PYTHON, found.subject, detail)
        if used.yanked is not None:
            yield from _yanked(known, found, used.yanked)
        metadata = found.metadata
        if metadata is not None and not _is_of(row, metadata.name, metadata.version):
            yield problem_of(
                Check.METADATA_MISMATCH, row, row.place,
                f"{used.filename}: its METADATA is of {metadata.name[:60]} {metadata.version[:60]}",
            )  # fmt: skip


def _is_of(row: LockedPackage, name: str, version: str) -> bool:
    if canonicalize_name(name) != row.name:
        return False
    if row.direct and not row.version:
        return True
    found = parse_version(version)
    return found is not None and same_version(row.version, found)


def _yanked(known: Known, found: Evidence, reason: str) -> Found:
    """PEP 592: what is yanked is for those who ask for that very version."""
    edges = [edge for edge in known.graph.edges if edge.name == found.row.name]
    if any(_is_exact(edge.specifier) for edge in edges):
        return
    message = f"{found.row.name} {found.row.version} is yanked: {reason[:200] or 'no reason given'}"
    was_asked = known.graph.roots is None or found.row.name in known.graph.roots
    if was_asked and not any(edge.parent is None for edge in edges):
        yield Gap(Reason.UNRECORDED_REQUEST, found.subject, message)
    else:
        yield problem_of(Check.YANKED, found.row, f"{found.row.place}.version", message)


def _is_exact(specifier: SpecifierSet | None) -> bool:
    return specifier is not None and any(
        part.operator == "===" or (part.operator == "==" and not part.version.endswith("*"))
        for part in specifier
    )


def neuron_indexes(known: Known) -> Found:
    """Neuron packages come from Neuron's index: a name elsewhere may be anybody's."""
    for found in known.evidence:
        if found.elsewhere:
            yield problem_of(
                Check.OTHER_INDEX, found.row, f"{found.row.place}.index",
                f"{found.row.name} comes from {found.elsewhere}, the lock takes it from "
                f"{without_credentials(found.row.index)}: a mirror is named by --neuron-index-url",
            )  # fmt: skip


def whole_files(known: Known) -> Found:
    """Each file that was read has the lock's and the index's hashes and size, and holds the
    METADATA of its package."""
    for found in known.evidence:
        by_name = {file.filename: file for file in found.listed or ()}
        for file in found.row.files:
            if file.place not in found.measured:
                continue
            measured = found.measured[file.place]
            there = by_name.get(file.filename)
            if measured is None:
                yield problem_of(
                    Check.SIZE_MISMATCH, found.row, f"{file.place}.size",
                    f"{file.filename} is larger than stated",
                )  # fmt: skip
                continue
            yield from _measured(found, file, there, measured)


def _measured(
    found: Evidence, file: LockedFile, there: ListedFile | None, measured: Measured
) -> Found:
    for source, stated in (("lock", file.hashes), ("index", there.hashes if there else ())):
        for name, digest in stated:
            if name in measured.hashes and measured.hashes[name] != digest:
                yield problem_of(
                    Check.HASH_MISMATCH, found.row, f"{file.place}.hashes.{name}",
                    f"{file.filename} has {measured.hashes[name]}, not what the {source} states",
                )  # fmt: skip
    if not any(name in LENGTHS for name, _ in file.hashes):
        yield Gap(Reason.NO_HASH, found.subject, f"the lock states none of {file.filename}")
    if file.size is not None and file.size != measured.size:
        yield problem_of(
            Check.SIZE_MISMATCH, found.row, f"{file.place}.size",
            f"{file.filename} has {measured.size} bytes, the lock says {file.size}",
        )  # fmt: skip
    if found.row.ecosystem != "pip" or not file.filename.endswith(".whl"):
        return
    metadata = measured.metadata
    if metadata is None:
        yield Gap(Reason.NO_METADATA, found.subject, measured.problem)
    elif not _is_of(found.row, metadata.name, metadata.version):
        yield problem_of(
            Check.METADATA_MISMATCH, found.row, file.place,
            f"{file.filename}: its METADATA is of {metadata.name[:60]} {metadata.version[:60]}",
        )  # fmt: skip
    elif found.metadata is not None and there is not None and found.used == there:
        if not same_needs(found.metadata, metadata):
            yield problem_of(
                Check.METADATA_MISMATCH, found.row, file.place,
                f"{file.filename}: the served METADATA is not that of the file",
            )  # fmt: skip
