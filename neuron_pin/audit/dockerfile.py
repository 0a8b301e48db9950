"""Dockerfiles checked against the policy: base images, and what RUN lines install."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.support import Part, find_target_parts, package_part
from neuron_pin.errors import NeuronPinError, UnknownName
from neuron_pin.inputs.containers.dockerfile import Stage
from neuron_pin.inputs.containers.image_reference import BaseImage
from neuron_pin.inputs.containers.install_commands import Installation
from neuron_pin.inputs.locks.detected import (
    DetectedPackage,
    detect_direct,
    detect_package,
    read_detected,
)
from neuron_pin.policy import Ecosystem, PackageKey, Rule, Subject, SubjectKind, phase_at
from neuron_pin.policy.support import support_floor
from neuron_pin.target import Target

from .finding import Finding, Severity
from .newer import check_newer_target
from .part import check_part
from .remedy import target_remedy
from .requirements import check_packages, is_neuron
from .scope import check_scope

MakeTarget = Callable[[str, str], Target]
"""A target for a Python and an operating system, each empty for what the user said."""


def check_dockerfile(
    path: str,
    stages: Iterable[Stage],
    catalog: Catalog,
    make_target: MakeTarget,
    within_days: int,
    environ: Mapping[str, str],
) -> tuple[list[Finding], list[DetectedPackage]]:
    """The findings on a Dockerfile, each once, and all that it states."""
    findings: list[Finding] = []
    everything: list[DetectedPackage] = []
    seen: list[Stage] = []
    for stage in stages:
        seen.append(stage)
        base = stage.base
        target = _target(base, catalog, make_target)
        if base is not None and stage.parent < 0:
            findings += _base(base, path, catalog, target, within_days)
            if base.os or base.python:
                findings += check_newer_target(target, catalog, f"{path}:{base.line}")
        stated = list(_detect(path, stage, seen, environ))
        findings += check_packages(stated, catalog, target, within_days)
        for installation in stage.installations:
            findings += _installation(installation, stage, path, catalog)
        everything += stated
    return list(dict.fromkeys(findings)), list(dict.fromkeys(everything))


def _target(base: BaseImage | None, catalog: Catalog, make_target: MakeTarget) -> Target:
    python = base.python if base is not None else ""
    system = base.os if base is not None else ""
    try:
        return make_target(python, system)
    except UnknownName:
        return make_target(python, "")


def _detect(
    path: str, stage: Stage, stages: list[Stage], environ: Mapping[str, str]
) -> Iterator[DetectedPackage]:
    """What is installed in a stage and in those it is built on, with the base's release."""
    chain = [stage]
    while chain[-1].parent >= 0:
        chain.append(stages[chain[-1].parent])
    group = f"{path}, stage {stage.number}"
    base = stage.base
    if base is not None and base.sdk:
        key = PackageKey(Ecosystem.SDK, "neuron-sdk")
        yield DetectedPackage(key, base.sdk, None, "", f"{path}:{base.line}", group)
    for member in reversed(chain):
        for installation in member.installations:
            for requirement, _, word, meant in installation.requirements:
                key = PackageKey(installation.ecosystem, requirement.name)
                stated = detect_package(requirement)
                yield stated._replace(key=key, group=group, install_spec=word, meant=meant)
            for reference, line in installation.direct:
                yield detect_direct(reference, f"{path}:{line}")._replace(group=group)
            for name, _ in installation.files:
                yield from _beside(path, name, group, environ)


def _beside(
    path: str, name: str, group: str, environ: Mapping[str, str]
) -> Iterator[DetectedPackage]:
    """A requirements file that lies beside the Dockerfile by the name that RUN gives it."""
    folder = os.path.dirname(path) or "."
    where = os.path.join(folder, os.path.basename(name))
    if not os.path.isfile(where):
        return
    try:
        # What is wrong with a line of it is said where the file itself is checked.
        found = read_detected(os.path.relpath(where) if folder == "." else where, environ, [])
    except NeuronPinError:
        # It may be another file than the one that is copied there; check reads it by itself.
        return
    for statement in found:
        yield statement._replace(group=group)


def _base(
    base: BaseImage, path: str, catalog: Catalog, target: Target, within_days: int
) -> Iterator[Finding]:
    place = f"{path}:{base.line}"

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, base.name, reason, place, remedy)

    for part in _base_parts(base, catalog, target):
        is_place = part.subject.kind in (SubjectKind.PYTHON, SubjectKind.OS)
        ended = Rule.TARGET_ENDED if is_place else Rule.END_OF_SUPPORT
        remedy = target_remedy(part, catalog, target)
        yield from check_part(part, target.as_of, within_days, finding, ended, remedy)


def _base_parts(base: BaseImage, catalog: Catalog, target: Target) -> Iterator[Part]:
    """The parts of an image that its name tells of."""
    as_of = target.as_of
    if base.framework and base.framework_version:
        version = base.framework_version
        yield package_part(catalog, base.framework, version, target.family, as_of)
    if base.repository:
        events = [
            event
            for event in catalog.events_by_name.get(base.repository, ())
            if event.kind is SubjectKind.DLC
        ]
        fact = phase_at(events, base.repository, "", None, as_of)
        subject = Subject(SubjectKind.DLC, base.repository)
        floor = support_floor(
            subject,
            events,
            as_of=as_of,
            facts_of=catalog.announced,
            phase=fact.phase,
            early=fact.early,
        )
        yield Part(subject, fact.phase, fact.event, floor)
    system = target.os if base.os else None
    yield from find_target_parts(
        catalog, python=base.python, system=system, instance=None, as_of=as_of
    )


def _installation(
    installation: Installation, stage: Stage, path: str, catalog: Catalog
) -> Iterator[Finding]:
    """What a command does that versions do not show: a driver in an image, no index named."""
    host = urlsplit(catalog.repositories.pip).hostname
    named = [*installation.indexes, *stage.indexes]
    for requirement, line, _, _ in installation.requirements:
        package = catalog.packages.get(requirement.name)
        if package is None or not is_neuron(package):
            continue
        place = f"{path}:{line}"
        yield from check_scope(requirement.name, requirement.name, place, catalog)
        is_pip = installation.ecosystem is Ecosystem.PIP
        # Another index may be a mirror of Neuron's, and that of a DLC is configured in it.
        is_open = is_pip and not named and not installation.files
        if is_open and (stage.base is None or not stage.base.repository):
            reason = f"no index is named: without {host} pip takes the placeholder on PyPI"
            remedy = f"add --extra-index-url {catalog.repositories.pip}"
            yield Finding(
                Rule.UNTRUSTED_INDEX, Severity.WARNING, requirement.name, reason, place, remedy
            )
