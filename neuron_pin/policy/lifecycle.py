"""What phase a subject is in on a date, told from dated events.

Source: maintenance policy, "Neuron Software Life-cycle".  Pure: the date comes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from .phase import Phase, SubjectKind


class Event(NamedTuple):
    """A dated fact: some software enters a phase.

    ``name`` is the subject: a package, a framework's package, ``python``, an OS.  ``version``
    is the version or framework version that it holds for, as a prefix (``2.8`` holds for
    2.8.0), empty for all of them.  ``announced`` and ``effective`` are dates; an event
    without ``effective`` has been announced for no date yet.  ``instances`` limits it to
    those families, empty for all.  ``withdrawn`` is the reason why a later source took it
    back; such an event is shown and has no effect.
    """

    kind: SubjectKind
    name: str
    version: str
    phase: Phase
    announced: date
    effective: date | None
    sdk: str
    instances: frozenset[str]
    replacement: str
    source: str
    note: str = ""
    withdrawn: str = ""

    def concerns(self, name: str, version: str, instance: str | None) -> bool:
        """Whether it holds for that version of that subject on an instance family.

        A limited event holds for an unstated instance family too: nothing says otherwise.
        """
        if self.name != name or self.withdrawn:
            return False
        if self.instances and instance is not None and instance not in self.instances:
            return False
        return not self.version or f"{version}.".startswith(f"{self.version}.")


class PhaseFact(NamedTuple):
    """A phase, and the event that says so; no event means that nothing was announced."""

    phase: Phase
    event: Event | None

    @property
    def source(self) -> str:
        """The document behind the phase, or empty."""
        return self.event.source if self.event else ""


def phase_at(
    events: Iterable[Event], name: str, version: str, instance: str | None, as_of: date
) -> PhaseFact:
    """The phase that one version of a subject is in on a date, stable if nothing is known.

    Only what was announced by that date is known on it.  Of the events in force the one
    that took effect last decides, and of two on one day the later announcement.  On the
    day of an end of support the thing is out.
    """
    last: Event | None = None
    for event in events:
        if event.effective is None or event.effective > as_of or event.announced > as_of:
            continue
        if not event.concerns(name, version, instance):
            continue
        if last is None or _order(event) >= _order(last):
            last = event
    return PhaseFact(last.phase if last else Phase.STABLE, last)


def _order(event: Event) -> tuple[date, date]:
    assert event.effective is not None
    return event.effective, event.announced
