"""One thing that has a lifecycle, on a day."""

from __future__ import annotations

from datetime import date

from neuron_pin.policy import Event, Phase, Subject, SubjectKind, SupportFloor
from neuron_pin.policy.update import Updates, list_updates
from neuron_pin.record import NamedTuple


class Status(NamedTuple):
    """Where a subject stands on a day, as far as was known by then.

    ``entered`` is when it first came, none if the facts do not say; ``since`` when its phase
    began.  ``event`` is the announcement behind the phase, ``change`` the next one that has
    been announced.  ``first_sdk`` and ``last_sdk`` are the releases that list it, empty for
    none.  ``superseded`` is the day on which a newer framework version, or a newer release,
    came; ``stable`` that on which it was no pre-release by its version any more.
    ``dropped`` is the day of the first release that ships it no more, none if the newest does.
    ``instances`` are the families that it is or was for, empty where nothing says so.
    ``events`` are all that were announced by that day, oldest first, those taken back
    among them.
    """

    subject: Subject
    title: str
    phase: Phase
    since: date | None
    event: Event | None
    change: Event | None
    replacement: str
    floor: SupportFloor
    entered: date | None
    first_sdk: str
    last_sdk: str
    superseded: date | None
    stable: date | None
    dropped: date | None
    instances: frozenset[str]
    framework: str
    events: tuple[Event, ...]
    note: str = ""

    @property
    def updates(self) -> Updates:
        """Which updates it gets.

        Regular ones come with the newest release: a release that is not the current one gets
        none, nor does what the newest release does not ship any more.
        """
        if self.subject.kind is SubjectKind.SDK and self.superseded is not None:
            return Updates.NONE
        if self.dropped is not None and self.phase is Phase.STABLE:
            return Updates.NONE
        return list_updates(self.phase)
