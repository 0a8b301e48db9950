"""What would have to be built for there to be an answer.  Imported where a lock has failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neuron_pin.catalog.lookalikes import find_intended
from neuron_pin.errors import SourceFailed
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import Candidate

from .edges import admits
from .exclusion import Exclusion
from .graph import COMPATIBILITY, DependencyEdge, RequiredBy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .provider import Provider

OF_PYTHON = (Rule.PYTHON, Rule.PLATFORM, Rule.REQUIRES_PYTHON)
"""Rules whose verdict on a Python package the target's Python decides."""


class NeededBuild(NamedTuple):
    """A project of which nothing can be had without a build: what is required of it, and why the
    versions that satisfy this cannot be taken, the newest first."""

    need: DependencyEdge
    refused: tuple[Exclusion, ...]

    @property
    def name(self) -> str:
        """What ``--build`` takes."""
        return self.need.key.name

    def describe(self, label: str) -> str:
        """One line; ``label`` names the requirement and who has it."""
        newest = self.refused[0]
        return (
            f"{self.name} has to be built, since no version that matches {label} can be had "
            f"otherwise ({newest.rule.identifier}); {newest.version}: {newest.reason}"
        )


def find_needed_builds(causes: Iterable[RequiredBy], provider: Provider) -> list[NeededBuild]:
    """Of what is in the way of an answer, the projects that it needs a build of.

    A name that looks like a misspelled one is left out: nobody is told to run its code."""
    found: dict[str, NeededBuild] = {}
    for need in _list_needs(causes):
        if need.key.name in found:
            continue
        try:
            refused = tuple(_list_unbuilt(need, provider))
        except SourceFailed:
            # The search did not come to it.
            continue
        if refused and not find_intended(need.key.name, provider.context.catalog):
            found[need.key.name] = NeededBuild(need, refused)
    return list(found.values())


def _list_needs(causes: Iterable[RequiredBy]) -> Iterator[DependencyEdge]:
    """What packages or the user require; not what binds versions to each other."""
    for need, _ in causes:
        if need.requirement is not None and not need.identifier.startswith(COMPATIBILITY):
            yield need


def _list_unbuilt(need: DependencyEdge, provider: Provider) -> list[Exclusion]:
    """Why the versions that a requirement admits cannot be taken, where each of them would have to
    be built; nothing where one can be taken, or where it admits none."""
    found = []
    for candidate in _list_admitted(need, provider):
        unusable = provider.offers.unusable(candidate)
        if unusable is None:
            return []
        found.append(unusable)
    return found


def _list_admitted(need: DependencyEdge, provider: Provider) -> Iterator[Candidate]:
    """The versions that a requirement and the constraints admit, and no rule excludes."""
    constraints = provider.constraints.get(need.key, ())
    for candidate, exclusion in provider.offers.candidates(need.key):
        version = candidate.version
        if exclusion is None and admits(need, candidate):
            if all(constraint.admits(version) for constraint in constraints):
                yield candidate


def find_newer_pythons(causes: Iterable[RequiredBy], provider: Provider) -> tuple[str, ...]:
    """Of what is in the way of an answer, what the versions that are newer than all which the
    target's Python may have say that they require of it, the newest first: ``Requires-Python``,
    empty for a version whose files are for another one."""
    found = (
        python for need in _list_needs(causes) for python in _list_newer_pythons(need, provider)
    )
    return tuple(dict.fromkeys(found))


def _list_newer_pythons(need: DependencyEdge, provider: Provider) -> Iterator[str]:
    for candidate, exclusion in provider.offers.candidates(need.key):
        if not admits(need, candidate):
            continue
        if exclusion is None:
            try:
                exclusion = provider.offers.unusable(candidate)
            except SourceFailed:
                return
            if exclusion is None or exclusion.rule not in OF_PYTHON:
                return
        if exclusion.rule in OF_PYTHON:
            is_stated = exclusion.rule is Rule.REQUIRES_PYTHON
            yield candidate.requires_python if is_stated else ""
