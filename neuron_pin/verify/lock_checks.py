"""What the lock alone tells of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from .evidence import file_name, rows_in_force, same_version
from .graph import SDK, parent_of
from .index import LENGTHS
from .known import Found, Known, files_of, problem_of, python_rows
from .lockfile import LockedPackage, without_credentials
from .verdict import Check, Reason


def duplicate_packages(known: Known) -> Found:
    """A package is locked once for a target."""
    seen: set[tuple[str, str]] = set()
    for found in known.evidence:
        row, key = found.row, (found.row.ecosystem, canonicalize_name(found.row.name))
        if any(gap.reason is Reason.OTHER_ENVIRONMENT for gap in found.gaps):
            continue
        if key in seen:
            yield problem_of(Check.DUPLICATE_PACKAGE, row, row.place, f"{row.name} is locked twice")
        seen.add(key)


def names_and_versions(known: Known) -> Found:
    """PEP 503 and PEP 440: what is written in another way would be compared as another."""
    for row in python_rows(known):
        if canonicalize_name(row.name) != row.name:
            place = f"{row.place}.name"
            yield problem_of(Check.INVALID_NAME, row, place, f"{row.name!r} is not normalized")
        try:
            Version(row.version)
        except (InvalidVersion, ValueError):
            if row.version or not row.direct:
                yield problem_of(
                    Check.INVALID_VERSION, row, f"{row.place}.version",
                    f"{row.version!r} is not a version (PEP 440)",
                )  # fmt: skip


def excluded_versions(known: Known) -> Found:
    """What the lock excludes is not in it.

    An exclusion by an index speaks of that index: the same version may be there twice.
    """
    excluded: dict[tuple[str, str, str], list[str]] = {}
    for row in known.lock.exclusions:
        excluded.setdefault(_key(row.ecosystem, row.name, row.version), []).append(row.source)
    for package in known.lock.packages:
        key = _key(package.ecosystem, package.name, package.version)
        for source in excluded.get(key, ()):
            index = source.removeprefix("index ")
            if index != source and index.rstrip("/") != package.index.rstrip("/"):
                continue
            yield problem_of(
                Check.EXCLUDED_VERSION, package, f"{package.place}.version",
                f"{package.name} {package.version} is locked and excluded ({source})",
            )  # fmt: skip
            break


def _key(ecosystem: str, name: str, version: str) -> tuple[str, str, str]:
    """A version however it is spelled (PEP 440, PEP 503)."""
    if ecosystem != "pip":
        return ecosystem, name, version
    try:
        version = str(Version(version))
    except ValueError:
        version = version.strip()
    # 1.0 and 1.0.0 are one version.
    head, plus, local = version.partition("+")
    return ecosystem, canonicalize_name(name), re.sub(r"(?:\.0)+$", "", head) + plus + local


def requires_python(known: Known) -> Found:
    """What the lock says of a package's Python admits the target's."""
    for found in rows_in_force(known.evidence).values():
        row = found.row
        if row.requires_python and known.environment.admits(row.requires_python) is False:
            yield problem_of(
                Check.REQUIRES_PYTHON, row, f"{row.place}.requires-python",
                f"{row.name} {row.version} is for Python {row.requires_python}",
            )  # fmt: skip


def index_credentials(known: Known) -> Found:
    """No index is recorded with a name and password."""
    for row in known.lock.packages:
        if without_credentials(row.index) != row.index:
            yield problem_of(
                Check.CREDENTIALS, row, f"{row.place}.index", "carries a name or a password"
            )


def pins(known: Known) -> Found:
    """The pin, as the ecosystem writes it, admits the version."""
    for row in known.lock.packages:
        if row.pin and not _admits(row):
            yield problem_of(
                Check.PIN_MISMATCH, row, f"{row.place}.pin",
                f"{row.pin!r} does not admit {row.version}",
            )  # fmt: skip


def _admits(row: LockedPackage) -> bool:
    if row.ecosystem in ("pip", "sdk"):
        try:
            return SpecifierSet(row.pin).contains(Version(row.version), prereleases=True)
        except (InvalidSpecifier, InvalidVersion, ValueError):
            return False
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
    # The star of ``2.34.10.0-*`` stands for a revision, which a version may lack.
    return version.startswith(pin[:-1]) or f"{version}-" == pin[:-1]


def releases(known: Known) -> Found:
    """Neuron's packages come from a release, and the lock names one."""
    for row in known.lock.packages:
        if row.sdk and known.lock.form == "lock.json" and not (known.lock.sdk and row.kind):
            yield problem_of(
                Check.RELEASE_MISMATCH, row, f"{row.place}.sdk",
                f"of release {row.sdk}, and "
                + ("the lock is of none" if row.kind else "no package of Neuron"),
            )  # fmt: skip


def systems(known: Known) -> Found:
    """A machine has apt or dnf."""
    apt = any(row.ecosystem == "apt" for row in known.lock.packages)
    for row in known.lock.packages:
        if row.ecosystem == "rpm" and apt:
            place = f"{row.place}.ecosystem"
            yield problem_of(Check.MIXED_SYSTEMS, row, place, "an rpm package beside apt packages")


def parents(known: Known) -> Found:
    """Who is said to need a package is locked, and something that was asked for leads to it."""
    names = {row.name for row in known.lock.packages}
    via = {row.name: row.via or () for row in known.lock.packages}
    for row in known.lock.packages:
        if row.via is None:
            continue
        for number, word in enumerate(row.via):
            parent = parent_of(word)
            # A normalized name has no dot; a file's name may have one.
            if parent and parent[0] not in names and parent[0] != SDK and "." not in parent[0]:
                yield problem_of(
                    Check.UNKNOWN_PARENT, row, f"{row.place}.via[{number}]",
                    f"needed by {word!r}, which is not locked",
                )  # fmt: skip
        if not _leads_to(row.name, via):
            yield problem_of(
                Check.NO_ORIGIN, row, f"{row.place}.via", "nothing that was asked for leads to it"
            )


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


def file_names(known: Known) -> Found:
    """Each file is listed once, is of its package, and fits the target."""
    seen: set[str] = set()
    for row, file in files_of(known):
        address = file.path or file.url
        if address in seen:
            yield problem_of(
                Check.DUPLICATE_FILE, row, file.place, f"{file.filename} is listed twice"
            )
        seen.add(address)
        if without_credentials(file.url) != file.url:
            yield problem_of(
                Check.CREDENTIALS, row, f"{file.place}.url", "carries a name or a password"
            )
        if row.ecosystem != "pip" or row.direct:
            continue
        parsed = file_name(file.filename)
        if parsed is None or parsed.project != row.name or not (
            same_version(row.version, parsed.version)
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
        if any(gap.reason in (Reason.OTHER_ENVIRONMENT, Reason.DIRECT) for gap in found.gaps):
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
    for row, file in files_of(known):
        for algorithm, digest in file.hashes:
            place = f"{file.place}.hashes.{algorithm}"
            length = LENGTHS.get(algorithm)
            if length is None:
                yield problem_of(Check.INVALID_HASH, row, place, f"{algorithm!r} is not known")
            elif not re.fullmatch(rf"[0-9a-f]{{{length}}}", digest):
                yield problem_of(
                    Check.INVALID_HASH, row, place, f"{digest[:80]!r} is not a {algorithm}"
                )
