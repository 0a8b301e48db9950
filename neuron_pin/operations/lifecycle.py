"""The phases of the subjects that have a lifecycle, on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, canonicalize_name
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
    """The subjects of these names, kinds and instance family, of each all where none is given;
    phases are those on the instance family.

    Raises `UnknownName`, `WrongUsage` for a product that has no lifecycle, or `NoSolution` where
    nothing of that kind was known on the day.
    """
    family = catalog.instances[catalog.instance(instance)] if instance else None
    statuses = list(Subjects(catalog, as_of, family))
    if kinds:
        wanted = [SubjectKind.parse(word) for word in kinds]
        statuses = [status for status in statuses if status.subject.kind in wanted]
    if family is not None:
        statuses = [s for s in statuses if not s.instances or family in s.instances]
    if names:
        for name in names:
            _refuse_product(name, catalog)
        statuses = find_subjects(statuses, names)
    if not statuses:
        raise NoSolution(f"no subject of that kind was known on {as_of}")
    return statuses


def _refuse_product(name: str, catalog: Catalog) -> None:
    """Raise for a name that announcements use, and that nothing with a lifecycle has."""
    if canonicalize_name(name) in catalog.products:
        from neuron_pin.catalog.lookalikes import refuse_unknown

        refuse_unknown(canonicalize_name(name), name, catalog)
