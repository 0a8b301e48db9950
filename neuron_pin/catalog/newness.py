"""What is newer than the facts, as against what they know and what they lack: decided here and
nowhere else.

Facts have a day.  What came after it they do not know, which is not "no": it is *newer*.  What
is older than the newest that they know, or lies between, and is not in them is *unknown*: no
release had it.  Pure: functions from a value and the facts to a `Standing`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from neuron_pin.errors import UnknownName, nearest
from neuron_pin.policy import UNKNOWN_PHASE, Phase, Rule
from neuron_pin.record import Enum, NamedTuple

from .catalog import Catalog
from .facts import OperatingSystem, public_version, version_numbers
from .version_range import sdk_key

_READABLE = r"\d{1,18}(\.\d{1,18})*((a|b|c|rc|\.?dev|\.?post)\d{0,9})?(\.\d{1,18})*"
"""Versions that can be compared by their numbers; a mark as PEP 440 and deb-version(7) have it."""

CODENAMES = {
    "trixie": "debian13",
    "forky": "debian14",
    "duke": "debian15",
    # Unstable calls itself by the code name of testing, of which it is the next state.
    "sid": "debian14",
    "oracular": "ubuntu24.10",
    "plucky": "ubuntu25.04",
    "questing": "ubuntu25.10",
    "resolute": "ubuntu26.04",
    # What Debian calls these two as suites, on the day of the facts.
    "testing": "debian14",
    "unstable": "debian14",
}
"""Code names that were given before the day of the facts to systems that these may lack.

Debian's testing has no VERSION_ID in os-release(5), only a code name.  Source: the lists of
Debian's package distro-info-data.
"""


class Standing(Enum):
    """What the facts say of a value: a version, a system, a Python, a kernel, a driver."""

    KNOWN = "known"
    NEWER = "newer"
    """Newer than the newest that the facts know."""
    UNKNOWN = "unknown"
    """Older than that, or between what they know, and not in them; or of a kind that they do not
    order."""
    UNREADABLE = "unreadable"
    """No version that can be compared: ``2.x.7693.0``."""


def compare_with_known(version: str, known: Collection[str]) -> Standing:
    """What a list of known versions says of another.

    The same major or a new one is newer; without a known version nothing is.  The hooks have a
    twin: ``hooks/program/verdict.py: compare_with_known`` (``fixtures/hook-twins``).
    """
    public = public_version(version)
    if public in known:
        return Standing.KNOWN
    if not re.fullmatch(_READABLE, public):
        return Standing.UNREADABLE
    numbers = version_numbers(public)
    if known and numbers > max(map(version_numbers, known)):
        return Standing.NEWER
    return Standing.UNKNOWN


def judge_version(
    catalog: Catalog, package: str, version: str, known: Collection[str] | None = None
) -> Standing:
    """What the facts say of a package's version, by all that any release shipped; a build behind
    a version that releases list without one is known with it.  ``known`` is
    `list_known_versions`, for whoever has it."""
    known = list_known_versions(catalog, package) if known is None else known
    standing = compare_with_known(version, known)
    own = catalog.packages.get(package)
    if standing is not Standing.NEWER or own is None:
        return standing
    public = public_version(version)
    bases = (listed for listed in known if public.startswith(f"{listed}."))
    is_build = any(own.lists(listed, version) for listed in bases)
    return Standing.KNOWN if is_build else standing


def label_phase(phase: Phase, *, is_newer: bool) -> str:
    """The phase of a version as people and files are told it: ``unknown`` of one that is newer
    than the facts, unless it is told to be a pre-release, or an announcement ended all
    of the package."""
    is_told = not is_newer or phase.is_prerelease or phase is Phase.EOS
    return phase.label if is_told else UNKNOWN_PHASE


def list_known_versions(catalog: Catalog, package: str) -> list[str]:
    """The versions of a package that the facts know of any release, those of releases known in
    part too, in no order."""
    found = [version for version in catalog.shipped(package) if version]
    return found + [part.version for part in catalog.parts if part.package == package]


def is_range_newer(specifier: str, known: Collection[str]) -> bool:
    """Whether a range (``>=2.99,<3``, ``==2.99.*``) begins above all known versions, so that only
    newer ones can lie in it."""
    for clause in specifier.split(","):
        match = re.fullmatch(r"\s*(===?|~=|>=?|=)\s*(.+?)(\.\*)?\s*", clause)
        if match is None:
            continue
        standing = compare_with_known(match[2], known)
        if standing is Standing.NEWER:
            return True
        if match[1] == ">" and known and match[2] == name_newest(known):
            return True
    return False


def judge_release(catalog: Catalog, sdk: str) -> Standing:
    """What the facts say of an SDK release (``2.33.0``)."""
    return compare_with_known(sdk, catalog.dates)


def judge_python(catalog: Catalog, python: str) -> Standing:
    """What the facts say of a Python (``3.12``): whether any release lists packages for it."""
    return compare_with_known(".".join(python.split(".")[:2]), catalog.pythons)


def judge_kernel(catalog: Catalog, kernel: str, system: OperatingSystem | None) -> Standing:
    """What the facts say of a running kernel (``6.8.0-1015-aws``), by the series that any driver
    was tested on: with the operating system, or with all of them where its own are not known."""
    known = list_tested_kernels(catalog, system)
    match = re.match(r"\d{1,3}\.\d{1,3}(?![\w])", kernel)
    return compare_with_known(match[0], known) if match else Standing.UNREADABLE


def list_tested_kernels(catalog: Catalog, system: OperatingSystem | None) -> list[str]:
    """The series of kernels that any driver was tested on with an operating system, oldest
    first; those of every system where the facts have none of it."""
    own = {k for row in catalog.tested if system and row.os == system.name for k in row.kernels}
    found = own or {kernel for row in catalog.tested for kernel in row.kernels}
    return sorted(found, key=version_numbers)


class JudgedSystem(NamedTuple):
    """What the facts say of an operating system's name: its standing, the system (known, or
    inferred for a newer one, else none), and the newest known one of its distribution, none for
    a distribution that they do not have."""

    standing: Standing
    system: OperatingSystem | None
    newest: OperatingSystem | None


_SYSTEM_NAME = r"([a-z][a-z_-]*?)-?(\d{1,4}(?:\.\d{1,3}){0,2})"


def judge_system(catalog: Catalog, name: str) -> JudgedSystem:
    """What the facts say of an operating system, named as os-release(5) does (``ID`` and
    ``VERSION_ID``: ``ubuntu24.04``), by an alias, or by a code name."""
    wanted = name.strip().lower()
    known = catalog.find_system(wanted)
    if known is not None:
        return JudgedSystem(Standing.KNOWN, known, known)
    codename = wanted if wanted in CODENAMES else ""
    wanted = CODENAMES.get(wanted, wanted)
    known = catalog.find_system(wanted)
    if known is not None:
        return JudgedSystem(Standing.KNOWN, known, known)
    match = re.fullmatch(_SYSTEM_NAME, wanted)
    distribution = match[1] if match else wanted.partition("/")[0].rstrip("0123456789.-")
    own = [s for s in catalog.systems if distribution in _list_distributions(s)]
    newest = max(own, key=lambda s: version_numbers(_split_name(s.name)[1]), default=None)
    if match is None:
        return JudgedSystem(Standing.UNREADABLE, None, newest)
    if newest is None:
        return JudgedSystem(Standing.UNKNOWN, None, None)
    identifier, last = _split_name(newest.name)
    version = match[2] if "." in last else match[2].partition(".")[0]
    known = catalog.find_system(f"{identifier}{version}")
    if known is not None:
        # A point release, of a system that is known by its major: rocky9.6.
        return JudgedSystem(Standing.KNOWN, known, newest)
    if not _is_next(version, last):
        return JudgedSystem(Standing.UNKNOWN, None, newest)
    called = f"{identifier}{version}"
    codename = codename or next((c for c, of in CODENAMES.items() if of == called), "")
    inferred = newest._replace(
        name=called,
        # The newest suite that is sure to exist, where the system's own name is not known.
        codename=codename or newest.codename,
        first_sdk="",
        first_sdk_without="",
        python="",
        excepted=frozenset(),
        only=frozenset(),
        aliases=tuple(dict.fromkeys((name.strip().lower(), *filter(None, [codename])))),
        source="",
        is_newer=True,
    )
    return JudgedSystem(Standing.NEWER, inferred, newest)


def find_system(catalog: Catalog, name: str) -> OperatingSystem | None:
    """The operating system of a name: a known one, or one that is newer than the facts, with the
    C library, and if its code name is not known the suite, of the newest known one of its
    distribution; else none."""
    return judge_system(catalog, name).system if name else None


def get_system(catalog: Catalog, name: str) -> OperatingSystem:
    """The same; raises `UnknownName`."""
    judged = judge_system(catalog, name)
    if judged.system is not None:
        return judged.system
    names = [system.name for system in catalog.systems]
    is_version = _is_version_of(name, judged.newest)
    if judged.standing is Standing.UNKNOWN and (is_version or not nearest(name, names)):
        # Another version of a known distribution is no misprint of the known one.
        hint = f"the facts of {catalog.announced} do not have it; known: {', '.join(names)}"
        raise UnknownName("operating system", name, (), hint=hint)
    # Its error says what is known, and what may have been meant.
    return catalog.system(name)


def need_newer_facts(catalog: Catalog, system: OperatingSystem | None) -> str:
    """What to do before a command that locks for a system, where the first release that supports
    it is newer than all that are known in full; else empty."""
    first = system.first_sdk if system is not None else ""
    newest = next((release.sdk for release in catalog.releases if release.listed), "")
    if not first or sdk_key(first) <= sdk_key(newest):
        return ""
    return f"neuron-pin catalog update, as only SDK {first} and later are for it; then: "


def _is_version_of(name: str, newest: OperatingSystem | None) -> bool:
    """Whether a name is written as other versions of its distribution would be."""
    if newest is None:
        return False
    version, last = _split_name(name.strip().lower())[1], _split_name(newest.name)[1]
    if "." in last:
        return re.fullmatch(r"\d\d\.\d\d", version) is not None
    return len(version.partition(".")[0]) <= len(last)


def _split_name(name: str) -> tuple[str, str]:
    distribution = name.rstrip("0123456789.")
    return distribution, name[len(distribution) :]


def _list_distributions(system: OperatingSystem) -> set[str]:
    return {_split_name(name)[0] for name in (system.name, *system.aliases) if name[-1].isdigit()}


def _is_next(version: str, last: str) -> bool:
    """Whether a version comes after a distribution's last one, and is written as it would be:
    ``ubuntu2804`` and ``amzn24`` are misprints."""
    numbers, before = version_numbers(version), version_numbers(last)
    digits = {len(str(before[0])), len(str(before[0] + 1))}
    if len(str(numbers[0])) not in digits or version.startswith("0"):
        return False
    if "." in last and not re.fullmatch(r"\d\d\.(04|10)", version):
        # Ubuntu's versions are the year and the month.
        return False
    return numbers > before


def name_newest(versions: Collection[str]) -> str:
    """The newest of some versions, by their numbers; empty for none."""
    return max(versions, key=version_numbers, default="")


def describe_newer(catalog: Catalog, newest: str) -> str:
    """``newer than the facts of 2026-08-21, which end with 2.30.2.0``."""
    end = f", which end with {newest}" if newest else ""
    return f"newer than the facts of {catalog.announced}{end}"


def describe_newer_release(catalog: Catalog) -> str:
    """The same of what came after the last release that the facts have whole."""
    listed = [release.sdk for release in catalog.releases if release.listed]
    return describe_newer(catalog, name_newest(listed))


def tell_newer(catalog: Catalog, subject: str, newest: str, open_question: str) -> str:
    """NP510 in a line of warnings: what is newer, and what is not known or proven because of
    that."""
    line = f"{subject} is {describe_newer(catalog, newest)}"
    return f"{line}: {open_question} ({Rule.NEWER_THAN_FACTS.identifier})"


def tell_newer_system(catalog: Catalog, system: OperatingSystem, open_question: str) -> str:
    """NP510 in a line for an operating system that is newer than the facts."""
    newest = judge_system(catalog, system.name).newest
    return tell_newer(catalog, system.name, newest.name if newest else "", open_question)


def tell_newer_python(catalog: Catalog, python: str, open_question: str) -> str:
    """NP510 in a line for a Python that is newer than the facts."""
    return tell_newer(catalog, f"Python {python}", name_newest(catalog.pythons), open_question)


def tell_newer_versions(catalog: Catalog, versions: Iterable[tuple[str, str]]) -> str:
    """NP510 in one line for the versions, each with its package, that are newer than the facts;
    empty where none is."""
    newer = [
        f"{name} {version}"
        for name, version in versions
        if name in catalog.packages and judge_version(catalog, name, version) is Standing.NEWER
    ]
    if not newer:
        return ""
    named = newer[:MAX_NAMED]
    named += [f"{len(newer) - len(named)} more"] if len(newer) > len(named) else []
    shown = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    verb = "is" if len(newer) == 1 else "are"
    line = f"{shown} {verb} {describe_newer(catalog, '')}: phase, release and what goes with it"
    return f"{line} are not known ({Rule.NEWER_THAN_FACTS.identifier})"


MAX_NAMED = 6
"""Versions that a line names."""

UPDATE = "fetch newer facts: neuron-pin catalog update"
"""What to do about something that is newer than the facts."""
