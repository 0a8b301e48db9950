"""Where the subjects that have a life-cycle stand on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.subjects import Status, Subjects, find_subjects
from neuron_pin.errors import NoSolution
from neuron_pin.policy import SubjectKind


def find_statuses(
    catalog: Catalog,
    as_of: date,
    names: Sequence[str] = (),
    *,
    kinds: Sequence[str] = (),
    instance: str | None = None,
) -> list[Status]:
    """The subjects of these names, kinds and instance family, of each all where none is given.

    Raises `UnknownName`, or `NoSolution` where nothing of that kind was known on the day.
    """
    statuses = list(Subjects(catalog, as_of))
    if kinds:
        wanted = [SubjectKind.parse(word) for word in kinds]
        statuses = [status for status in statuses if status.subject.kind in wanted]
    if instance:
        family = catalog.instances[catalog.instance(instance)]
        statuses = [s for s in statuses if not s.instances or family in s.instances]
    if names:
        statuses = find_subjects(statuses, names)
    if not statuses:
        raise NoSolution(f"nothing of that kind was known on {as_of}")
    return statuses
