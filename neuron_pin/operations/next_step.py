"""The command that comes next for who has something that changes."""

from __future__ import annotations

import shlex
from datetime import date

from neuron_pin.catalog import Catalog, OperatingSystem
from neuron_pin.catalog.dated_changes import ChangeKind, DatedChange
from neuron_pin.catalog.support import (
    find_ended_parts,
    find_supported_pythons,
    find_target_parts,
)
from neuron_pin.policy import Subject, SubjectKind

from .places import Place, PlaceKind

_TOLD_ALONE = (
    SubjectKind.INSTANCE,
    SubjectKind.FEATURE,
    SubjectKind.API,
    SubjectKind.MODEL_CLASS,
    SubjectKind.DLAMI,
    SubjectKind.DLC,
    SubjectKind.DEPENDENCY,
)
"""What no other version helps with: its announcements say more."""


def find_next_step(catalog: Catalog, change: DatedChange, place: Place) -> str:
    """The command line that shows the way out of a change: a plan from a place to what is
    supported; where it has no target to plan for, what is newer than it has; without a place,
    or where no other version helps, what is known of the subject; for an image, which one
    follows it."""
    subject, target = change.subject, place.target
    is_told = subject.kind in _TOLD_ALONE or change.kind is ChangeKind.KERNEL
    if place.kind is PlaceKind.NOTHING or is_told:
        return shlex.join(["neuron-pin", "lifecycle", *_name(subject)])
    if place.kind is PlaceKind.IMAGE:
        return shlex.join(["neuron-pin", "image", place.name])
    words = []
    if subject.kind is SubjectKind.PYTHON:
        pythons = find_supported_pythons(catalog, target.as_of)
        words = ["--python", pythons[-1]] if pythons else []
    elif subject.kind is SubjectKind.OS and target.os is not None:
        newer = _find_newer_system(catalog, target.os, target.as_of)
        words = ["--os", newer.name] if newer is not None else []
    if target.instance is None or target.os is None:
        return shlex.join(["neuron-pin", "outdated", *place.as_compared, *words])
    return shlex.join(["neuron-pin", "plan", *place.as_start, *words])


def _name(subject: Subject) -> list[str]:
    """The words by which `lifecycle` finds one subject."""
    if subject.kind is SubjectKind.SDK:
        return [subject.version]
    if subject.kind is SubjectKind.MODEL_CLASS:
        return [subject.name, "--component", subject.component]
    return [f"{subject.name} {subject.version}".rstrip()]


def _find_newer_system(
    catalog: Catalog, system: OperatingSystem, as_of: date
) -> OperatingSystem | None:
    """The newest supported one of the same distribution that releases of a day are for."""
    newest = catalog.newest_release(as_of)
    name = system.name.rstrip("0123456789.")
    found = [
        other
        for other in catalog.systems
        if other.name.rstrip("0123456789.") == name
        and other.name != system.name
        and newest is not None
        and (not other.first_sdk or catalog.dates.get(other.first_sdk, date.max) <= newest.date)
        and not find_ended_parts(
            find_target_parts(catalog, python=None, system=other, instance=None, as_of=as_of)
        )
    ]
    return found[-1] if found else None
