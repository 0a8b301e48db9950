"""The phases of the subjects that have a lifecycle, on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from neuron_pin.catalog import Catalog, canonicalize_name, public_version
from neuron_pin.catalog.finding import find_subjects
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.subjects import Subjects
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.lockfile import LockDocument
from neuron_pin.policy import WORKLOADS, Ecosystem, Subject, SubjectKind
from neuron_pin.record import NamedTuple


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


class Inventory(NamedTuple):
    """What of a lock, an environment or a machine has a lifecycle: the release, empty for none;
    the versions of packages by their names, highest first; Python, operating system and instance
    family, empty where nothing says so, and where no package depends on them."""

    sdk: str
    versions: Mapping[str, Sequence[str]]
    python: str
    system: str
    instance: str

    def find(self, subject: Subject) -> str:
        """The version in it of a subject, or the name of one that has no version; empty for
        none."""
        kind = subject.kind
        if kind is SubjectKind.SDK:
            return self.sdk if self.sdk == subject.version else ""
        if kind is SubjectKind.PYTHON:
            return self.python if self.python == subject.version else ""
        if kind is SubjectKind.OS:
            return self.system if self.system == subject.name else ""
        if kind is SubjectKind.INSTANCE:
            return self.instance if self.instance == subject.name else ""
        if kind not in (SubjectKind.COMPONENT, SubjectKind.FRAMEWORK):
            return ""
        for version in self.versions.get(subject.name, ()):
            if not subject.version or f"{public_version(version)}.".startswith(
                f"{subject.version}."
            ):
                return version
        return ""


def read_inventory(lock: LockDocument) -> Inventory:
    """What of a lock has a lifecycle."""
    has_python = any(package.key.ecosystem is Ecosystem.PIP for package in lock.packages)
    return Inventory(
        sdk=lock.sdk or "",
        versions={p.key.name: (p.version,) for p in lock.packages if p.is_neuron},
        python=(lock.target.python or "") if has_python else "",
        system=lock.target.os or "",
        instance=lock.target.instance or "",
    )


def keep_locked(statuses: Sequence[Status], lock: LockDocument) -> list[Status]:
    """Those of some subjects that a lock has parts of; raises `NoSolution` for none."""
    inventory = read_inventory(lock)
    kept = [status for status in statuses if inventory.find(status.subject)]
    if not kept:
        raise NoSolution(f"{lock.path}: nothing of that is in it")
    return kept


def _refuse_product(name: str, catalog: Catalog) -> None:
    """Raise for a name that announcements use, and that nothing with a lifecycle has."""
    if canonicalize_name(name) in catalog.products:
        from neuron_pin.catalog.lookalikes import refuse_unknown

        refuse_unknown(canonicalize_name(name), name, catalog)
