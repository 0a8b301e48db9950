"""The range that a pin may hold for a target: none that a later upgrade would leave it by."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.catalog import Member, load_catalog, public_version
from neuron_pin.policy import NeuronVersion, Pin, PinPrecision, Rule, derive_pin
from neuron_pin.policy.version import version_order
from neuron_pin.sources.candidate import Candidate
from neuron_pin.target import Target

from .exclusion import Exclusion
from .resolution import LockedPackage
from .rules import Context, first_exclusion, select_rules

_OF_TARGET = select_rules(
    Rule.INSTANCE, Rule.OPERATING_SYSTEM, Rule.DRIVER_KEPT, Rule.KERNEL, Rule.END_OF_SUPPORT
)
"""The rules that exclude a version for a target whatever else is installed."""


def hold_to_target(pin: Pin, version: NeuronVersion, candidate: Candidate, context: Context) -> Pin:
    """The pin, or the widest narrower one that admits no newer version which a rule excludes for
    the target: the package manager takes the newest version that a pin admits.

    A driver's major range, for instance, would take Inf1 to drivers that are not for it.
    """
    for strength in (None, PinPrecision.MINOR, PinPrecision.EXACT):
        held = pin if strength is None else derive_pin(version, strength)
        if held.is_exact or find_excluded(held, candidate, context) is None:
            return held
    return pin


def find_excluded(pin: Pin, candidate: Candidate, context: Context) -> Exclusion | None:
    """The first newer version that a pin admits and a rule excludes for the target, none for
    none."""
    chosen = version_order(candidate.version)
    for version, rows in context.catalog.shipped(candidate.key.name).items():
        if version_order(version) <= chosen or not pin.matches(version):
            continue
        found = _exclude(candidate, version, rows, context)
        if found is not None:
            return found
    return None


def list_excluded(package: LockedPackage, target: Target) -> tuple[Exclusion, ...]:
    """The known versions that a range admits and a rule excludes for the target, oldest first;
    none for a pin of one version.

    What is written for a package manager leaves them out: somebody may ask for an older version
    that has ended, and the package manager would take it for allowed.
    """
    if package.pin.is_exact or package.kind is None:
        return ()
    context = Context(load_catalog(), target)
    candidate = Candidate(package.key, package.version, "")
    shipped = context.catalog.shipped(package.key.name)
    versions = sorted(
        (v for v in shipped if package.pin.matches(v) and public_version(package.version) != v),
        key=version_order,
    )
    found = (_exclude(candidate, version, shipped[version], context) for version in versions)
    return tuple(exclusion for exclusion in found if exclusion is not None)


def _exclude(
    candidate: Candidate, version: str, rows: Iterable[tuple[str, Member]], context: Context
) -> Exclusion | None:
    """Why a version is excluded for the target, as every release that ships it, of ``rows``, has
    it."""
    others = (candidate._replace(version=version, member=member) for _, member in rows)
    found = [first_exclusion(other, context, _OF_TARGET) for other in others]
    return found[0] if found and None not in found else None
