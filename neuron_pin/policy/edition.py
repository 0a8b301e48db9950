"""The maintenance policy's texts as versions of the rule set, each in force from a date.

Source: the page's history in the vendor's public documentation repository
(``general/sdk-policy.rst``, since October 2025 ``about-neuron/sdk-policy.rst``):

- 2022-10-10, another policy: "no minimum support period" and "no minimum duration" of notice
  for frameworks and other dependencies; of a version of the SDK "usually" twelve months, which
  could be cut short.  The text of 2024-02-13 promises the same.
- 2024-09-16: the phases of today, the month's notice and the six months.
- 2025-04-03, SDK 2.22.0: Alpha in the tables of features and of APIs.
- 2025-05-20, SDK 2.23.0: how many Linux distributions DLAMIs and DLCs support.

What was published in between and since, as on 2026-04-03 and 2026-07-07, changed spelling,
links and examples alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from neuron_pin.errors import WrongUsage
from neuron_pin.record import NamedTuple

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


_FIRST_SDK = frozenset({Phase.STABLE, Phase.EOS})
_FIRST = _FIRST_SDK | {Phase.MAINTENANCE}
"""The first text has "Supported", "Maintenance" and "End-of-Support", and Maintenance for
dependencies alone; of components, features and models it says nothing."""

_BEFORE = {
    SubjectKind.SDK: _FIRST_SDK,
    SubjectKind.FRAMEWORK: _FIRST,
    SubjectKind.PYTHON: _FIRST,
    SubjectKind.OS: _FIRST,
    SubjectKind.DEPENDENCY: _FIRST,
}


class PolicyEdition(NamedTuple):
    """One text of the policy: its name, the first day it is known to be in force, which
    phases a kind of subject can be in (a kind that it does not speak of is missing), the notice
    that it promises (calendar months before Maintenance or End of Support; 0 for none), and for
    how many months an earlier framework version goes on getting regular updates after a newer
    one is supported (0 for no minimum)."""

    name: str
    in_force: date
    phases_of: Mapping[SubjectKind, frozenset[Phase]]
    notice_months: int
    regular_months: int
    change: str

    def as_document(self) -> dict[str, str]:
        """The field ``policy`` of JSON documents that judge by it."""
        return {"edition": self.name, "in_force": self.in_force.isoformat()}

    @property
    def has_minimum(self) -> bool:
        """Whether it promises any length of support or of notice."""
        return bool(self.notice_months or self.regular_months)


_WITH_ALPHA = {
    **_WITHOUT_ALPHA,
    # Alpha is in the classification tables of features and of APIs alone.
    SubjectKind.FEATURE: _COMMON | {Phase.ALPHA},
    SubjectKind.API: _COMMON | {Phase.ALPHA},
}

EDITIONS = (
    PolicyEdition(
        "2022-10",
        date(2022, 10, 10),
        _BEFORE,
        0,
        0,
        "supported, maintenance, end of support; no minimum of support or of notice is promised",
    ),
    PolicyEdition(
        "2024-09",
        date(2024, 9, 16),
        _WITHOUT_ALPHA,
        1,
        6,
        "phases Beta, RC, Stable, Maintenance, End of Support; a month's notice; six months",
    ),
    PolicyEdition("2025-04", date(2025, 4, 3), _WITH_ALPHA, 1, 6, "Alpha for features and APIs"),
    PolicyEdition(
        "2025-05",
        date(2025, 5, 20),
        _WITH_ALPHA,
        1,
        6,
        "DLAMIs and DLCs support the latest LTS Linux distribution, Base DLAMIs the two latest",
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
    phases = edition.phases_of.get(kind, frozenset(Phase))
    if phase not in phases:
        allowed = ", ".join(known.label for known in sorted(phases))
        raise WrongUsage(
            f"the policy has no {phase.label} phase for a subject of kind {kind.value}",
            hint=f"its phases are {allowed}",
        )
