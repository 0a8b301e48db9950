"""The maintenance policy's texts as versions of the rule set, each in force from a date.

Source: the page's history in the vendor's public documentation repository.  The text of
September 2024 brought the phases of today, the month's notice and the six months; that of
April 2026 added Alpha for features and APIs.  What stood there before September 2024 (12
months of support, three months' notice, none at all for dependencies) is another policy and
is not carried out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from neuron_pin.errors import WrongUsage

from .phase import Phase, SubjectKind

_COMMON = frozenset({Phase.BETA, Phase.STABLE, Phase.EOS})
_SUPPORTED = _COMMON | {Phase.MAINTENANCE}
_RELEASED = _SUPPORTED | {Phase.RC}

_WITHOUT_ALPHA = {
    # "This phase [RC] applies only to Neuron SDK and Neuron components."  A framework
    # version is carried by an extension component, so it shares the component's row.
    SubjectKind.SDK: _RELEASED,
    SubjectKind.COMPONENT: _RELEASED,
    SubjectKind.FRAMEWORK: _RELEASED,
    # "This phase [Maintenance] does not apply to Dependency Software Components,
    # Neuron DLCs, Neuron DLAMIs, Neuron Features and APIs."
    SubjectKind.PYTHON: _COMMON,
    SubjectKind.OS: _COMMON,
    SubjectKind.INSTANCE: _COMMON,
    SubjectKind.DEPENDENCY: _COMMON,
    SubjectKind.DLAMI: _COMMON,
    SubjectKind.DLC: _COMMON,
    SubjectKind.FEATURE: _COMMON,
    SubjectKind.API: _COMMON,
    SubjectKind.MODEL_CLASS: _SUPPORTED,
}


class PolicyEdition(NamedTuple):
    """One text of the policy: its name, the first day it is known to be in force, which
    phases a kind of subject can be in, the notice that it promises (calendar months before
    Maintenance or End of Support), and for how many months an earlier framework version goes
    on getting regular updates after a newer one is supported."""

    name: str
    in_force: date
    phases_of: Mapping[SubjectKind, frozenset[Phase]]
    notice_months: int
    regular_months: int
    change: str


EDITIONS = (
    PolicyEdition(
        "2024-09",
        date(2024, 9, 16),
        _WITHOUT_ALPHA,
        1,
        6,
        "phases Beta, RC, Stable, Maintenance, End of Support; a month's notice; six months",
    ),
    PolicyEdition(
        "2026-04",
        date(2026, 4, 9),
        {
            **_WITHOUT_ALPHA,
            # Alpha stands in the classification tables of features and of APIs alone.
            SubjectKind.FEATURE: _COMMON | {Phase.ALPHA},
            SubjectKind.API: _COMMON | {Phase.ALPHA},
        },
        1,
        6,
        "Alpha for features and APIs; how many Linux distributions DLAMIs and DLCs support",
    ),
)
"""Oldest first."""

CURRENT = EDITIONS[-1]


def edition_at(day: date) -> PolicyEdition:
    """The edition in force on a day; the oldest known one before that."""
    found = EDITIONS[0]
    for edition in EDITIONS:
        if edition.in_force <= day:
            found = edition
    return found


def check_phase(kind: SubjectKind, phase: Phase, edition: PolicyEdition = CURRENT) -> None:
    """Raise `WrongUsage` if an edition has no such phase for that kind of subject."""
    phases = edition.phases_of[kind]
    if phase not in phases:
        allowed = ", ".join(known.label for known in sorted(phases))
        raise WrongUsage(
            f"the policy has no {phase.label} phase for a subject of kind {kind.value}",
            hint=f"its phases are {allowed}",
        )
