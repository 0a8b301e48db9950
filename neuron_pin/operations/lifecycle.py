"""The phases of the subjects that have a lifecycle, on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, FrameworkRole, canonicalize_name
from neuron_pin.catalog.finding import find_subjects
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.subjects import SDK_NAME, Subjects
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.lockfile import LockDocument
from neuron_pin.policy import WORKLOADS, Ecosystem, Subject, SubjectKind


def find_statuses(
    catalog: Catalog,
    as_of: date,
    names: Sequence[str] = (),
    *,
    kinds: Sequence[str] = (),
    instance: str | None = None,
    component: str | None = None,
    workload: str | None = None,
) -> list[Status]:
    """The subjects of these names, kinds and instance family, of each all where none is given;
    phases are those on the instance family.  ``component`` and ``workload`` choose among model
    classes.

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
    if component or workload:
        statuses = _choose_model_classes(statuses, component, workload)
    if names:
        for name in names:
            _refuse_product(name, catalog)
        statuses = find_subjects(statuses, names)
    if not statuses:
        raise NoSolution(f"no subject of that kind was known on {as_of}")
    return statuses


def _choose_model_classes(
    statuses: Sequence[Status], component: str | None, workload: str | None
) -> list[Status]:
    """The model classes of a component, of a workload, or of both; raises `UnknownName`."""
    found = [s for s in statuses if s.subject.kind is SubjectKind.MODEL_CLASS]
    if workload:
        if workload not in WORKLOADS:
            known = ", ".join(WORKLOADS)
            raise UnknownName("workload", workload, WORKLOADS, hint=f"known: {known}")
        found = [s for s in found if s.subject.workload == workload]
    if component:
        components = sorted({s.subject.component for s in found})
        name = canonicalize_name(component)
        if name not in components:
            raise UnknownName(
                "component with model classes",
                component,
                components,
                hint=f"known: {', '.join(components)}",
            )
        found = [s for s in found if s.subject.component == name]
    return found


def read_locked_subjects(catalog: Catalog, lock: LockDocument) -> dict[Subject, str]:
    """The subjects that a lock has parts of, each with the version in it."""
    found: dict[Subject, str] = {}
    if lock.sdk:
        found[Subject(SubjectKind.SDK, SDK_NAME, lock.sdk)] = lock.sdk
    for locked in lock.packages:
        key, version = locked.key, locked.version
        package = catalog.packages.get(key.name)
        if not locked.is_neuron or package is None:
            continue
        found[Subject(SubjectKind.COMPONENT, key.name)] = version
        if package.role is FrameworkRole.LEADER:
            framework = ".".join(version.split(".")[:2])
            found[Subject(SubjectKind.FRAMEWORK, key.name, framework)] = version
    if (
        any(package.key.ecosystem is Ecosystem.PIP for package in lock.packages)
        and lock.target.python
    ):
        found[Subject(SubjectKind.PYTHON, "python", lock.target.python)] = lock.target.python
    if lock.target.os:
        found[Subject(SubjectKind.OS, lock.target.os)] = lock.target.os
    if lock.target.instance:
        found[Subject(SubjectKind.INSTANCE, lock.target.instance)] = lock.target.instance
    return found


def keep_locked(statuses: Sequence[Status], catalog: Catalog, lock: LockDocument) -> list[Status]:
    """Those of some subjects that a lock has parts of; raises `NoSolution` for none."""
    locked = read_locked_subjects(catalog, lock)
    kept = [status for status in statuses if status.subject in locked]
    if not kept:
        raise NoSolution(f"{lock.path}: nothing of that is in it")
    return kept


def _refuse_product(name: str, catalog: Catalog) -> None:
    """Raise for a name that announcements use, and that nothing with a lifecycle has."""
    if canonicalize_name(name) in catalog.products:
        from neuron_pin.catalog.lookalikes import refuse_unknown

        refuse_unknown(canonicalize_name(name), name, catalog)
