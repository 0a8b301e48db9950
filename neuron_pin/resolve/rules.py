"""The policy filter: rules that exclude candidates, each with its reason.

`RULES` pairs each rule with the function that decides it: from a candidate and a context to
``(reason, source)``, or None where the rule has nothing against the candidate.  Pure: what a
function knows comes in with the context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Package,
    Release,
    public_version,
    sdk_key,
    version_numbers,
)
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.support import find_doubt, find_package_phase, package_part
from neuron_pin.inputs import admits, admits_python
from neuron_pin.policy import Ecosystem, Event, Phase, PhaseFact, Rule, phase_at
from neuron_pin.policy.version import is_pep440
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import Candidate
from neuron_pin.target import Target

from .exclusion import Exclusion
from .places import Grounds, judge_place


class Context(NamedTuple):
    """What candidates are judged by."""

    catalog: Catalog
    target: Target
    release: Release | None = None
    unread: frozenset[Ecosystem] = frozenset()
    """Those whose files nobody reads: what the catalog knows of their builds decides."""


CandidateRule = tuple[Rule, Callable[[Candidate, Context], "Grounds | None"]]
"""A rule, and the function that decides it."""


def first_exclusion(
    candidate: Candidate, context: Context, rules: Sequence[CandidateRule] | None = None
) -> Exclusion | None:
    """The first rule that excludes a candidate, or None; ``rules`` are all unless given."""
    if rules is None:
        third_party = _is_third_party(candidate, context)
        if third_party and _is_plain(candidate, context.target):
            return None
        rules = THIRD_PARTY_RULES if third_party else RULES
    for rule, decide in rules:
        grounds = decide(candidate, context)
        if grounds is not None:
            return Exclusion(candidate.key, candidate.version, rule, *grounds)
    return None


def _is_third_party(candidate: Candidate, context: Context) -> bool:
    """Whether a candidate is a Python package that the facts do not have."""
    key = candidate.key
    return (
        candidate.member is None
        and key.ecosystem is Ecosystem.PIP
        and key.name not in context.catalog.packages
    )


def _is_plain(candidate: Candidate, target: Target) -> bool:
    """Whether `THIRD_PARTY_RULES` have nothing against a candidate, as of nearly all: one question
    instead of seven.  Where the answer is no, the rules decide."""
    return (
        candidate.fits
        and candidate.has_wheel
        and candidate.yanked is None
        and not candidate.prerelease
        and candidate.version.replace(".", "").isdigit()
        and candidate.uploaded[:10] <= target.as_of.isoformat()
        and (
            not candidate.requires_python
            or admits_python(candidate.requires_python, target.python_full)
        )
    )


def all_exclusions(candidate: Candidate, context: Context) -> list[Exclusion]:
    """Every rule that excludes a candidate."""
    return [
        Exclusion(candidate.key, candidate.version, rule, *grounds)
        for rule, decide in RULES
        if (grounds := decide(candidate, context)) is not None
    ]


def select_rules(*wanted: Rule) -> tuple[CandidateRule, ...]:
    """Some of the rules, in the order in which they are asked."""
    return tuple(row for row in RULES if row[0] in wanted)


def phase_of(candidate: Candidate, context: Context) -> PhaseFact:
    """The phase of a candidate on the target's date: what has been announced, and what its
    version says where it is a component of Neuron's or a member of a release."""
    catalog, target = context.catalog, context.target
    name, member = candidate.key.name, candidate.member
    version = public_version(candidate.version)
    package = catalog.packages.get(name)
    if member is not None or (package is not None and package.kind.is_component):
        # A release may name a package without a version (NP504).
        listed = member.version if member is not None else version
        return find_package_phase(catalog, name, listed, target.family, target.as_of)
    events = catalog.events_by_name.get(name, ())
    return phase_at(events, name, version, target.family, target.as_of)


def is_beyond(candidate: Candidate, context: Context) -> bool:
    """Whether a candidate is newer than every known release: the facts say nothing of it."""
    member = candidate.member
    return member is not None and (candidate.key.name, member.version) in context.catalog.beyond


def _package(candidate: Candidate, context: Context) -> Package | None:
    return context.catalog.packages.get(candidate.key.name)


def _release_source(context: Context) -> str:
    release = context.release
    return f"release manifest, {release.sdk}" if release else "release manifest"


def not_a_package(candidate: Candidate, context: Context) -> Grounds | None:
    """NP503: neither pip, apt nor rpm installs it."""
    package = _package(candidate, context)
    if candidate.member is None or package is None or package.systems:
        return None
    return (
        f"{candidate.key.name} is not a package: no package manager installs it",
        _release_source(context),
    )


def no_version(candidate: Candidate, context: Context) -> Grounds | None:
    """NP504: the release names it without a version."""
    if candidate.member is None or candidate.member.version:
        return None
    return "the release lists it without a version", _release_source(context)


def instance(candidate: Candidate, context: Context) -> Grounds | None:
    """NP101: the release lists it for other instance families; or without one, its backend is
    for others."""
    member, target = candidate.member, context.target
    package = context.catalog.packages.get(candidate.key.name) if member is None else None
    backend = package.find_backend(candidate.version) if package is not None else None
    if backend is not None and backend.instances and target.family is not None:
        if target.family not in backend.instances:
            families = ", ".join(sorted(backend.instances))
            return f"{backend.name} is for {families}, not for {target.instance}", backend.source
    if member is None or target.family is None or target.family in member.instances:
        return None
    listed = ", ".join(sorted(member.instances)) or "none"
    return (f"listed for {listed}, not for {target.instance}", _release_source(context))


def python(candidate: Candidate, context: Context) -> Grounds | None:
    """NP102: the release lists it for other Python versions."""
    member, target = candidate.member, context.target
    if member is None or not member.pythons or target.python in member.pythons:
        return None
    if target.python_is_newer:
        # No release could list it: the wheels of an index decide (NP104, NP105).
        return None
    listed = ", ".join(sorted(member.pythons, key=sdk_key))
    return (f"listed for Python {listed}, not for {target.python}", _release_source(context))


def operating_system(candidate: Candidate, context: Context) -> Grounds | None:
    """NP103: the release's system packages are not supported there."""
    system, release = context.target.os, context.release
    package = _package(candidate, context)
    if (
        system is None
        or release is None
        or package is None
        or candidate.key.ecosystem is not system.ecosystem
        or candidate.key.name in system.excepted
    ):
        return None
    sdk = sdk_key(release.sdk)
    if system.only and candidate.key.name not in system.only:
        reason = f"on {system.name} only {', '.join(sorted(system.only))} is supported"
    elif system.first_sdk and sdk < sdk_key(system.first_sdk):
        reason = f"{system.name} is supported from SDK {system.first_sdk} on"
        if any(r.sdk == system.first_sdk and r.in_part for r in context.catalog.releases):
            reason += ", which is known in part"
    elif system.first_sdk_without and sdk >= sdk_key(system.first_sdk_without):
        reason = f"{system.name} is no longer supported from SDK {system.first_sdk_without} on"
    else:
        return None
    if Phase.EOS in context.target.phases and "no longer" in reason:
        return None
    return reason, system.source


def scope(candidate: Candidate, context: Context) -> Grounds | None:
    """NP106: the package belongs on the other side of a container's wall."""
    package = _package(candidate, context)
    return None if package is None else judge_place(package, context.target.scope)


def driver(candidate: Candidate, context: Context) -> Grounds | None:
    """NP107: another driver than the one that the host keeps."""
    kept = context.target.driver
    if not kept or candidate.key.name != DRIVER:
        return None
    if version_numbers(candidate.version)[: len(version_numbers(kept))] == version_numbers(kept):
        return None
    return f"the host keeps driver {kept} (--with-driver)", "--with-driver"


def c_library(candidate: Candidate, context: Context) -> Grounds | None:
    """NP108: a system package for a newer operating system."""
    needed, system = candidate.c_library, context.target.os
    if not needed or system is None or not system.glibc:
        return None
    if version_numbers(needed) <= version_numbers(system.glibc):
        return None
    reason = f"needs glibc {needed}, {system.name} has {system.glibc}"
    return reason, candidate.source


def kernel(candidate: Candidate, context: Context) -> Grounds | None:
    """NP109: a driver for newer kernels."""
    running, system = context.target.kernel, context.target.os
    if not running or system is None or candidate.key.name != DRIVER:
        return None
    from neuron_pin.catalog.windows import find_floor_above

    floor = find_floor_above(context.catalog, candidate.version, system.name, running)
    if floor is None:
        return None
    reason = f"needs kernel {floor.kernel} on {system.name}, the host runs {running}"
    return reason, floor.source


def end_of_support(candidate: Candidate, context: Context) -> Grounds | None:
    """NP201: support has ended, and the target does not allow that."""
    fact = _phase_not_allowed(candidate, context)
    if fact is None or not _is_ended(fact, context) or fact.event is None:
        return None
    from neuron_pin.catalog.successors import find_advice

    event = fact.event
    reason = f"{_subject(event)} has been out of support {_since(event)}"
    instead = find_advice(context.catalog, event, context.target.as_of, context.target.family)
    if instead:
        reason += f"; replaced by {instead}"
    return reason, event.source


def early_phase(candidate: Candidate, context: Context) -> Grounds | None:
    """NP202: Alpha, Beta or Release Candidate, and the target does not allow that.

    What was one when its support ended has to be asked for as both."""
    fact = _phase_not_allowed(candidate, context)
    if fact is None or (_is_ended(fact, context) and fact.event is not None):
        return None
    early, event = fact.early or fact.phase, fact.early_event
    if event is None:
        return f"its version says {early.label}", "version"
    return f"{_subject(event)} has been {early.label} {_since(event)}", event.source


def _is_ended(fact: PhaseFact, context: Context) -> bool:
    return fact.phase is Phase.EOS and Phase.EOS not in context.target.phases


def _phase_not_allowed(candidate: Candidate, context: Context) -> PhaseFact | None:
    """The phase of a Neuron package, None if the target allows it."""
    if candidate.member is None and _package(candidate, context) is None:
        return None
    fact = phase_of(candidate, context)
    return None if fact.is_in(context.target.phases) else fact


def _subject(event: Event) -> str:
    return event.name + (f" {event.version}" if event.version else "")


def _since(event: Event) -> str:
    return f"since {event.effective}" + (f" (SDK {event.sdk})" if event.sdk else "")


def support_until(candidate: Candidate, context: Context) -> Grounds | None:
    """NP205: support is not guaranteed up to the day that was asked for."""
    target, package = context.target, _package(candidate, context)
    wanted = target.support_until
    if wanted is None or package is None:
        return None
    if is_beyond(candidate, context):
        facts = context.catalog.age[0]
        return f"newer than the facts of {facts}, which say nothing of its support", "version"
    if candidate.member is None and package.kind is ComponentKind.DEPENDENCY:
        return None
    part = package_part(
        context.catalog, package.name, candidate.version, target.family, target.as_of
    )
    if part.floor.could_end_from > wanted:
        return None
    return find_doubt(part)


def new_major(candidate: Candidate, context: Context) -> Grounds | None:
    """NP307: a major version that no known release has."""
    if candidate.member is None:
        return None
    reason = context.catalog.beyond.get((candidate.key.name, candidate.member.version))
    return (reason, f"index {candidate.source}") if reason else None


def untrusted_index(candidate: Candidate, context: Context) -> Grounds | None:
    """NP401: a Neuron package on another index."""
    package = _package(candidate, context)
    if not candidate.public or package is None:
        return None
    if package.public_from and admits(f">={package.public_from}", candidate.version):
        return None
    neuron = context.catalog.repositories.of(candidate.key.ecosystem)
    kind = "repository" if candidate.key.ecosystem.is_system else "index"
    return (
        f"{candidate.key.name} is trusted only from AWS's Neuron {kind}, and this is from "
        f"{candidate.source}",
        f"{kind} {neuron}",
    )


def no_wheel(candidate: Candidate, context: Context) -> Grounds | None:
    """NP402: source distributions only, and none that could be read either."""
    if candidate.has_wheel or candidate.is_sdist:
        return None
    return "it has only a source distribution", f"index {candidate.source}"


def platform(candidate: Candidate, context: Context) -> Grounds | None:
    """NP104: wheels, but none for the target."""
    if candidate.fits or candidate.is_sdist:
        package = _package(candidate, context)
        if candidate.is_sdist or package is None or not package.kind.is_component:
            return None
        from .builds import find_build_grounds

        is_unread = candidate.key.ecosystem in context.unread
        return find_build_grounds(
            candidate, package, context.catalog, context.target, is_unread=is_unread
        )
    target = context.target
    return (
        f"no wheel for Python {target.python} on {target.platforms[0]}",
        f"index {candidate.source}",
    )


def requires_python(candidate: Candidate, context: Context) -> Grounds | None:
    """NP105: the file's own Requires-Python."""
    wanted = candidate.requires_python
    if not wanted or admits_python(wanted, context.target.python_full):
        return None
    return (
        f"requires Python {wanted}, the target has {context.target.python_full}",
        f"index {candidate.source}",
    )


def not_pep440(candidate: Candidate, context: Context) -> Grounds | None:
    """NP403: a version that pip cannot name."""
    del context
    if candidate.key.ecosystem is not Ecosystem.PIP or candidate.version.replace(".", "").isdigit():
        return None
    if is_pep440(public_version(candidate.version)):
        return None
    return (
        "not a version that pip takes: PEP 440 has room for one number behind a mark in the minor, "
        "not for two",
        "PEP 440, Pre-releases",
    )


def yanked(candidate: Candidate, context: Context) -> Grounds | None:
    """NP303: withdrawn by its index."""
    if candidate.yanked is None:
        return None
    reason = f"yanked: {candidate.yanked}" if candidate.yanked else "yanked"
    return reason, f"index {candidate.source}"


def prerelease(candidate: Candidate, context: Context) -> Grounds | None:
    """NP202: PEP 440's rule, for packages that are no members of a release."""
    if candidate.member is not None or not candidate.prerelease:
        return None
    return "a pre-release (PEP 440)", f"index {candidate.source}"


def not_uploaded_yet(candidate: Candidate, context: Context) -> Grounds | None:
    """NP204: uploaded after the date of the lock (PEP 700), or a patch of a later day."""
    if candidate.member is not None:
        patch = context.catalog.patches.get((candidate.key.name, candidate.member.version))
        if patch is not None and patch.published and patch.published > context.target.as_of:
            return f"published on {patch.published}, after {context.target.as_of}", patch.source
    if not candidate.uploaded or candidate.uploaded[:10] <= context.target.as_of.isoformat():
        return None
    return (
        f"uploaded on {candidate.uploaded[:10]}, after {context.target.as_of}",
        f"index {candidate.source}",
    )


RULES: tuple[CandidateRule, ...] = (
    (Rule.UNTRUSTED_INDEX, untrusted_index),
    (Rule.NOT_A_PACKAGE, not_a_package),
    (Rule.NO_VERSION, no_version),
    (Rule.SCOPE, scope),
    (Rule.INSTANCE, instance),
    (Rule.PYTHON, python),
    (Rule.OPERATING_SYSTEM, operating_system),
    (Rule.DRIVER_KEPT, driver),
    (Rule.KERNEL, kernel),
    (Rule.C_LIBRARY, c_library),
    (Rule.NOT_RELEASED_YET, not_uploaded_yet),
    (Rule.NO_WHEEL, no_wheel),
    (Rule.PLATFORM, platform),
    (Rule.REQUIRES_PYTHON, requires_python),
    (Rule.END_OF_SUPPORT, end_of_support),
    (Rule.PRE_RELEASE, early_phase),
    (Rule.SUPPORT_UNTIL, support_until),
    (Rule.NEW_MAJOR, new_major),
    (Rule.INVALID_FILE, not_pep440),
    (Rule.YANKED, yanked),
    (Rule.PRE_RELEASE, prerelease),
)
"""In the order in which they are asked.  A table rather than a decorator: the order is plain to
see, and script/mutate passes over functions that are decorated."""

_OF_THIRD_PARTIES = {
    not_uploaded_yet,
    no_wheel,
    platform,
    requires_python,
    not_pep440,
    yanked,
    prerelease,
}
THIRD_PARTY_RULES: tuple[CandidateRule, ...] = tuple(
    row for row in RULES if row[1] in _OF_THIRD_PARTIES
)
"""What decides a Python package that is not in the facts: nearly all of a closure is that, and
every other rule asks the facts first."""
