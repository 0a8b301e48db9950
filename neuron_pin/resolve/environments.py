"""What is said of packages of one release that need environments of their own."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog, ComponentKind, FrameworkRole, Release
from neuron_pin.catalog.environments import Clash
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import DEFAULT_PHASES, PhaseFact, Rule
from neuron_pin.sources.candidate import Candidate
from neuron_pin.target import Target

from .candidate_selection import ReleaseCandidates
from .one_environment import find_clash
from .release_candidates import select_candidates
from .request import Request
from .rules import Context, phase_of

_ASKED_FOR = (Rule.ENVIRONMENT, Rule.PRE_RELEASE)
"""Why a package may be missing that a person can lock for an environment of its own."""


def describe_other_environments(
    context: Context, selection: ReleaseCandidates, chosen: Sequence[Candidate]
) -> Iterator[str]:
    """What the release has for another environment than the lock's, with the command that locks
    it."""
    catalog, target = context.catalog, context.target
    names = {candidate.key.name for candidate in chosen}
    for key in sorted(selection.exclusions, key=str):
        package = catalog.packages[key.name]
        if not package.windows or key.name in names:
            continue
        # Of what is Beta, a framework is what people look for; the rest is named as left out.
        told = _ASKED_FOR if package.role is FrameworkRole.LEADER else _ASKED_FOR[:1]
        for candidate, exclusion in selection.exclusions[key]:
            if exclusion.rule not in told:
                continue
            clashes = (find_clash(catalog, target.family, candidate, other) for other in chosen)
            clash = next((clash for clash in clashes if clash is not None), None)
            if clash is not None:
                fact = phase_of(candidate, context)
                words = _lock_command(clash, selection.release, target, fact)
                yield f"{clash.describe()}; {key.name} in an environment of its own: {words}"
                break


def _lock_command(clash: Clash, release: Release, target: Target, fact: PhaseFact) -> str:
    """The command that locks the first side of a clash with what it needs."""
    one = clash.one
    needed = [one.window.other] if one.window is not None and one.window.required else []
    words = ["neuron-pin", "lock", one.name, *needed, "--sdk", release.sdk]
    # Without the day: a lock that says the same on two days has the same bytes.
    words += target.list_options()
    phases = {*(target.phases - DEFAULT_PHASES), fact.phase} - DEFAULT_PHASES
    for phase in sorted(phases):
        words += ["--phase", phase.label]
    return shlex.join(words)


def find_two_environments(
    request: Request, catalog: Catalog, releases: Sequence[Release]
) -> Clash | None:
    """Two of the Neuron packages that were asked for that need ranges of a third which do not
    meet, in the first of the releases that has both; none where that is not what prevents a
    lock."""
    named = [r for r in request.requirements if _may_clash(r, catalog)]
    if len(named) < 2:
        return None
    asked = [r for r in (*request.requirements, *request.constraints) if r.name != SDK_NAME]
    for release in releases:
        selection = select_candidates(
            Context(catalog, request.target, release, request.unread), asked
        )
        found = [_best(requirement, selection) for requirement in named]
        candidates = [candidate for candidate in found if candidate is not None]
        for number, one in enumerate(candidates):
            for two in candidates[number + 1 :]:
                clash = find_clash(catalog, request.target.family, one, two)
                if clash is not None:
                    return clash
    return None


def _may_clash(requirement: Requirement, catalog: Catalog) -> bool:
    package = catalog.packages.get(requirement.name)
    if package is None or package.kind is ComponentKind.DEPENDENCY:
        return False
    stating = catalog.packages_stating("windows")
    apart = (w for p in stating for w in p.windows if w.range.is_empty)
    return bool(package.windows) or any(window.other == package.name for window in apart)


def _best(requirement: Requirement, selection: ReleaseCandidates) -> Candidate | None:
    """The best version of a release that a requirement admits, in whatever phase it is."""
    for key, candidates in selection.offered.items():
        if key.name == requirement.name and candidates:
            return candidates[0]
    for key, excluded in selection.exclusions.items():
        for candidate, exclusion in excluded if key.name == requirement.name else ():
            if exclusion.can_be_asked_for and requirement.admits(candidate.version):
                return candidate
    return None
