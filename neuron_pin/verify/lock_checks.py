"""What the lock alone tells of itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from .addresses import is_same_index, normalize_address, without_credentials
from .command import PLACE, SDK, is_named, words_of
from .evidence import file_name, subject_of
from .graph import parent_of
from .index import LENGTHS
from .known import Found, Known, files_of, problem_of, rows_of_target, via_of_target
from .lockfile import LockedPackage
from .verdict import Check, Gap, Problem, Reason
from .versions import admits, is_name, is_version, same_spelling, same_version

DRIVER = "-dkms"
"""How the names of drivers end: an instance family that newer ones have left keeps the last that
had it, of an earlier release."""


def duplicate_packages(known: Known) -> Found:
    """A package is locked once for a target."""
    seen: set[tuple[str, str]] = set()
    for found in known.evidence:
        row, key = found.row, (found.row.ecosystem, canonicalize_name(found.row.name))
        if found.applies is not True:
            continue
        if key in seen:
            yield problem_of(Check.DUPLICATE_PACKAGE, row, row.place, f"{row.name} is locked twice")
        seen.add(key)


def names_and_versions(known: Known) -> Found:
    """PEP 503 and PEP 440, Debian policy and rpm: what is written in another way would be
    compared as another, or asked of an index as something else."""
    for row in known.lock.packages:
        if not is_name(row.ecosystem, row.name):
            yield problem_of(
                Check.INVALID_NAME, row, f"{row.place}.name",
                f"{row.name[:80]!r} is not a normalized name of {row.ecosystem}",
            )  # fmt: skip
        if not is_version(row.ecosystem, row.version) and (row.version or not row.direct):
            yield problem_of(
                Check.INVALID_VERSION, row, f"{row.place}.version",
                f"{row.version[:80]!r} is not a version of {row.ecosystem}",
            )  # fmt: skip
    for excluded in known.lock.exclusions:
        # Not every release states versions; what has spaces in it is compared with nothing.
        if excluded.version != "".join(excluded.version.split()):
            yield Problem(
                Check.INVALID_VERSION, None, f"{excluded.place}.version",
                f"{excluded.version[:80]!r} contains white space",
            )  # fmt: skip


def python_versions(known: Known) -> Found:
    """PEP 751: the lock and each of its packages are for the target's Python."""
    stated = known.lock.requires_python
    if stated and known.environment.admits(stated) is False:
        message = f"the lock is for Python {stated}, its target is {known.lock.python}"
        yield Problem(Check.REQUIRES_PYTHON, None, "requires-python", message)
    for found in rows_of_target(known):
        row = found.row
        admitted = known.environment.admits(row.requires_python) if row.requires_python else True
        message = f"{row.name} is for Python {row.requires_python}"
        if admitted is False and found.applies:
            place = f"{row.place}.requires-python"
            yield problem_of(Check.REQUIRES_PYTHON, row, place, message)
        elif admitted is not True:
            yield Gap(Reason.UNKNOWN_PYTHON, found.subject, message)


def excluded_versions(known: Known) -> Found:
    """What the lock excludes is not in it, however it is spelled.

    An exclusion by an index speaks of that index: the same version may be there twice.
    """
    excluded: dict[tuple[str, str, str], list[str]] = {}
    for row in known.lock.exclusions:
        key = same_spelling(row.ecosystem, row.name, row.version)
        excluded.setdefault(key, []).append(row.source)
    for package in known.lock.packages:
        key = same_spelling(package.ecosystem, package.name, package.version)
        for source in excluded.get(key, ()):
            index = source.removeprefix("index ")
            if index != source and not is_same_index(index, package.index):
                continue
            yield problem_of(
                Check.EXCLUDED_VERSION, package, f"{package.place}.version",
                f"{package.name} {package.version} is locked and excluded ({source})",
            )  # fmt: skip
            break


def pins(known: Known) -> Found:
    """The pin, as the ecosystem writes it, allows the version, and fixes at least its first
    number: one that allows everything is not a pin."""
    for row in known.lock.packages:
        if known.lock.form == "lock.json" and not _is_admitted(row):
            yield problem_of(
                Check.PIN_MISMATCH, row, f"{row.place}.pin",
                f"{row.pin!r} does not allow {row.version}" if row.pin
                else f"{row.name} has no pin",
            )  # fmt: skip


def _is_admitted(row: LockedPackage) -> bool:
    if row.ecosystem in ("pip", "sdk"):
        try:
            parts = list(SpecifierSet(row.pin))
        except ValueError:
            return False
        return (
            len(parts) == 1 and parts[0].operator == "==" and admits(SpecifierSet(row.pin),
                                                                      row.version)
        )  # fmt: skip
    version = row.version
    if row.ecosystem == "rpm" and ":" not in version:
        # A version lock always writes the epoch.
        version = f"0:{version}"
    operator = "=" if row.ecosystem == "apt" else "-"
    pin = row.pin.removeprefix(operator)
    if pin == row.pin or "*" in pin[:-1]:
        return False
    if not pin.endswith("*"):
        return pin == version
    # A star matches all that follows a number (``2.*``), or a revision (``2.34.10.0-*``).
    if not re.fullmatch(r"(?:\d+:)?\d[^\s:]*[.-]", pin[:-1], re.ASCII):
        return False
    # The revision is one that a version may lack.
    return version.startswith(pin[:-1]) or f"{version}-" == pin[:-1]


def releases(known: Known) -> Found:
    """Neuron packages come from the one release that the lock names."""
    for row in known.lock.packages:
        message = ""
        if not row.sdk or known.lock.form != "lock.json":
            continue
        if not row.kind:
            message = "but is not a Neuron package"
        elif not known.lock.sdk:
            message = "but the lock has no release"
        elif row.sdk != known.lock.sdk and not (
            row.ecosystem in ("apt", "rpm")
            and row.name.endswith(DRIVER)
            and _numbers(row.sdk) < _numbers(known.lock.sdk)
        ):
            message = f"but the lock is of {known.lock.sdk}"
        if message:
            yield problem_of(
                Check.RELEASE_MISMATCH,
                row,
                f"{row.place}.sdk",
                f"is of release {row.sdk}, {message}",
            )


def compilers(known: Known) -> Found:
    """The compiler that the lock names is the one among its packages."""
    stated = known.lock.compiler
    locked = {(row.name, row.version, row.sdk) for row in known.lock.packages}
    if stated is not None and (stated.name, stated.version, stated.sdk) not in locked:
        of = f" of release {stated.sdk}" if stated.sdk else ""
        message = f"{stated.name[:80]} {stated.version[:80]}{of[:80]} is not locked"
        yield Problem(Check.COMPILER_MISMATCH, None, stated.place, message)


def _numbers(release: str) -> tuple[int, ...]:
    """The numbers of a release; none, which is later than nothing, for what is not one."""
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})*", release, re.ASCII):
        return (sys.maxsize,)
    return tuple(int(part) for part in release.split("."))


def systems(known: Known) -> Found:
    """A machine has apt or dnf."""
    apt = any(row.ecosystem == "apt" for row in known.lock.packages)
    for row in known.lock.packages:
        if row.ecosystem == "rpm" and apt:
            place = f"{row.place}.ecosystem"
            yield problem_of(Check.MIXED_SYSTEMS, row, place, "an rpm package beside apt packages")


def parents(known: Known) -> Found:
    """The recorded parent of a package is locked, and something that was requested needs it."""
    via = via_of_target(known)
    for found in rows_of_target(known):
        row = found.row
        if row.via is None:
            continue
        for number, word in enumerate(row.via):
            parent = parent_of(word)
            # A normalized name has no dot; a file's name may have one.
            if parent and parent[0] not in via and parent[0] != SDK and "." not in parent[0]:
                yield problem_of(
                    Check.UNKNOWN_PARENT, row, f"{row.place}.via[{number}]",
                    f"needed by {word!r}, which is not locked",
                )  # fmt: skip
        if not _leads_to(row.name, {**via, row.name: row.via}):
            yield problem_of(
                Check.NO_ORIGIN, row, f"{row.place}.via", "nothing that was requested needs it"
            )


def requests(known: Known) -> Found:
    """What is said to have been asked for was: by the recorded command, or as a part of the
    release that the lock is of."""
    words, sdk = words_of(known.lock), known.lock.sdk
    for found in rows_of_target(known):
        row = found.row
        for number, word in enumerate(row.via or ()):
            place = f"{row.place}.via[{number}]"
            if not word.strip():
                yield problem_of(Check.NO_ORIGIN, row, place, "is empty")
            elif word == PLACE and words is None:
                detail = f"{row.name}: no command is recorded"
                yield Gap(Reason.UNRECORDED_REQUEST, subject_of(row), detail)
            elif word == PLACE and words is not None and not is_named(words, row.name):
                message = f"the recorded command does not ask for {row.name}"
                yield problem_of(Check.NO_ORIGIN, row, place, message)
            elif (word == SDK or word.startswith(f"{SDK} ")) and not sdk:
                message = "is part of a release, but the lock has none"
                yield problem_of(Check.NO_ORIGIN, row, place, message)


def _leads_to(name: str, via: Mapping[str, Sequence[str]]) -> bool:
    """Whether a chain of ``via`` begins where something was asked for."""
    waiting, seen = [name], {name}
    while waiting:
        for word in via.get(waiting.pop(), ()):
            parent = parent_of(word)
            if parent is None or parent[0] not in via:
                return True
            if parent[0] not in seen:
                seen.add(parent[0])
                waiting.append(parent[0])
    return False


def credentials(known: Known) -> Found:
    """A lock is handed on, and a password with it."""
    for row in known.lock.packages:
        places = [(f"{row.place}.index", row.index)]
        places += [(f"{file.place}.url", file.url) for file in row.files]
        for place, url in places:
            if without_credentials(url) != url:
                yield problem_of(Check.CREDENTIALS, row, place, "contains a name or a password")


def file_names(known: Known) -> Found:
    """Each file is listed once, is of its package, and fits the target."""
    seen: set[str] = set()
    for row, file in files_of(rows_of_target(known)):
        address = file.path or normalize_address(file.url)
        if address in seen:
            yield problem_of(
                Check.DUPLICATE_FILE, row, file.place, f"{file.filename} is listed twice"
            )
        seen.add(address)
    for row, file in files_of(known.evidence):
        parsed = file_name(file.filename)
        if row.ecosystem != "pip" or (row.direct and (parsed is None or parsed.tags is None)):
            continue
        if parsed is None or parsed.project != canonicalize_name(row.name) or not (
            (row.direct and not row.version) or same_version(row.version, parsed.version)
        ):  # fmt: skip
            yield problem_of(
                Check.WRONG_FILE, row, file.place, f"{file.filename} is not of "
                f"{row.name} {row.version}",
            )  # fmt: skip
        elif parsed.tags is not None and known.environment.rank(parsed.tags) is None:
            if known.lock.form == "lock.json":
                yield problem_of(
                    Check.UNSUPPORTED_TAG, row, file.place, f"{file.filename} is not for the target"
                )


def file_tags(known: Known) -> Found:
    """Of a version something fits: what the lock has of it, or what the index has."""
    for found in known.evidence:
        row = found.row
        stated = [file_name(file.filename) for file in row.files] or [
            file_name(file.filename) for file in found.listed or ()
        ]
        if not stated or row.ecosystem != "pip" or (row.files and known.lock.form == "lock.json"):
            continue
        if found.applies is False or row.direct:
            continue
        fits = any(
            parsed is not None
            and (parsed.tags is None or known.environment.rank(parsed.tags) is not None)
            for parsed in stated
        )
        if not fits:
            yield problem_of(
                Check.UNSUPPORTED_TAG, row, row.place, "no file of it is for the target"
            )


def hashes(known: Known) -> Found:
    """A hash has its algorithm's length, so that it cannot be passed over as unknown."""
    for row, file in files_of(known.evidence):
        for algorithm, digest in file.hashes:
            place = f"{file.place}.hashes.{algorithm}"
            length = LENGTHS.get(algorithm)
            if length is None:
                yield problem_of(Check.INVALID_HASH, row, place, f"{algorithm!r} is not known")
            elif not re.fullmatch(rf"[0-9a-f]{{{length}}}", digest):
                yield problem_of(
                    Check.INVALID_HASH, row, place, f"{digest[:80]!r} is not a {algorithm}"
                )
