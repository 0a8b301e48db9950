"""Dockerfiles and scripts checked against the policy: base images, and what commands install."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError, UnknownName, UnreadableInput
from neuron_pin.inputs.cluster.found import NamedChart
from neuron_pin.inputs.containers.build_context import find_in_context, list_copied
from neuron_pin.inputs.containers.image_reference import read_image_name
from neuron_pin.inputs.containers.installation import Installation, NotUnderstood
from neuron_pin.inputs.containers.recipe import Recipe, Stage
from neuron_pin.inputs.containers.session import is_same_path
from neuron_pin.inputs.file_kind import read_detected
from neuron_pin.inputs.locks.detected import (
    DetectedPackage,
    detect_direct,
    detect_package,
    place_by_markers,
)
from neuron_pin.inputs.requirements.alternatives import World
from neuron_pin.inputs.requirements.requirements_txt import RequirementsFile, read_rows
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target

from .alternatives import make_worlds
from .cluster_parts import check_chart
from .finding import Finding, Severity
from .images import check_base_version, check_image, check_image_reference
from .machine_images import check_machine_image
from .newer import check_newer_target
from .node_driver import NodeDriver
from .package_source import describe_lack
from .proof import Prove
from .requirements import check_packages, is_neuron, select_neuron
from .scope import check_scope
from .texts import find_texts, list_told, mentions_neuron
from .unread import UnreadPart, concerns_neuron, describe_problems, describe_unreadable

MAX_DEPTH = 3
"""Parts of a path from elsewhere (``/opt/app/requirements.txt``) of which the last one tells the
file."""

MakeTarget = Callable[[str | None, str], Target]
"""A target for a Python and an operating system, each empty for what the user said; a Python of
none is one that cannot be told, whatever the operating system has."""


class CheckedRecipe(NamedTuple):
    """The findings on a file, each once, all that it states, and what of it, or of the
    requirements files that it installs, was not read."""

    findings: list[Finding]
    stated: list[DetectedPackage]
    unread: list[UnreadPart]


def check_recipe(
    path: str,
    recipe: Recipe,
    catalog: Catalog,
    make_target: MakeTarget,
    within_days: int,
    environ: Mapping[str, str],
    prove: Prove | None = None,
) -> CheckedRecipe:
    """Check a file, stage by stage; fixes are offered as `check_packages` has it.

    An image of others is judged where something of the file is about Neuron: what Neuron
    supports says nothing of other images."""
    of_others: list[Finding] = []
    findings: dict[Finding, set[int]] = {}
    everything: dict[DetectedPackage, None] = {}
    stages_of: dict[str, set[int]] = {}
    unread = [_describe(part, path, catalog) for part in recipe.unread]
    system = make_target("", "").os
    asked = system.name if system is not None else ""
    told = list_told(path, recipe)
    for stage in recipe.stages:
        decides = asked or (stage.base.os if stage.base is not None else "")
        if decides and stage.system and not decides.startswith(stage.system):
            # An alternative for another operating system than that of the user, or of the image.
            continue
        base = stage.base
        target = _target(stage, base.python if base is not None else "", catalog, make_target)
        own: list[Finding] = []
        if base is not None and stage.parent < 0:
            judged = own if base.repository or base.sdk else of_others
            place = f"{path}:{base.line}"
            judged += check_image(base, place, catalog, target, within_days)
            judged += check_base_version(base, place)
            if base.os or base.python:
                judged += check_newer_target(target, catalog, place)
        unread += [_describe(part, path, catalog) for part in stage.unread]
        reader = _Stages(path, recipe, catalog, make_target, environ)
        stated = list(reader.detect(stage))
        unread += reader.unread
        own += check_packages(stated, catalog, target, within_days, prove)
        for installation in stage.installations:
            own += _installation(installation, stage, path, catalog)
        node = NodeDriver(catalog, target.driver, "--with-driver" if target.driver else "")
        for chart in stage.charts:
            asked_for = NamedChart(chart.name, chart.version, chart.line)
            own += check_chart(chart.file or path, asked_for, catalog, target, node, unread)
        for finding in own:
            findings.setdefault(finding, set()).add(stage.number)
        everything.update(dict.fromkeys(stated))
        for statement in stated:
            stages_of.setdefault(statement.place, set()).add(stage.number)
    if of_others and (findings or select_neuron(everything, catalog) or mentions_neuron(path)):
        findings.update((finding, set()) for finding in of_others)
    for image in recipe.images:
        place = f"{path}:{image.line}"
        told.add(place)
        if image.is_machine:
            found = check_machine_image(
                image.text, place, catalog, make_target("", ""), within_days
            )
        else:
            named = read_image_name(image.text, image.line)
            found = chain(
                check_image_reference(image.text, place, catalog, make_target, within_days),
                check_base_version(named, place, "the job pulls it"),
            )
        findings.update((finding, set()) for finding in found)
    told |= {statement.place for statement in everything} | {part.place for part in unread}
    unread += find_texts(path, catalog, told)
    return CheckedRecipe(
        _name(findings, stages_of, recipe.stages),
        list(everything),
        list(dict.fromkeys(unread)),
    )


def _name(
    findings: Mapping[Finding, set[int]],
    stages_of: Mapping[str, set[int]],
    stages: Sequence[Stage],
) -> list[Finding]:
    """Findings with the alternatives that have them, where others have the same line without
    them; one that only differs in what to do in each of them is one."""
    named: dict[Finding, None] = {}
    merged: dict[Finding, tuple[Finding, set[int]]] = {}
    for finding, numbers in findings.items():
        plain = finding._replace(remedy="", fix=None)
        if plain in merged:
            first, others = merged[plain]
            fix = first.fix if first.fix == finding.fix else None
            merged[plain] = first._replace(fix=fix), others | numbers
        else:
            merged[plain] = finding, numbers
    for finding, numbers in merged.values():
        labels = [stages[number].label for number in sorted(numbers) if stages[number].label]
        if labels and stages_of.get(finding.place, numbers) > numbers:
            more = " or others" if len(labels) > 2 else ""
            reason = f"{' or '.join(labels[:2])}{more}: {finding.reason}"
            finding = finding._replace(reason=reason)
        named[finding] = None
    return list(named)


def _describe(part: NotUnderstood, path: str, catalog: Catalog) -> UnreadPart:
    severity = Severity.WARNING if concerns_neuron(part.names, catalog) else None
    return UnreadPart(f"{part.file or path}:{part.line}", part.text, part.reason, severity)


def _target(stage: Stage, python: str | None, catalog: Catalog, make_target: MakeTarget) -> Target:
    system = stage.base.os if stage.base is not None else stage.system
    try:
        return make_target(python, system)
    except UnknownName:
        return make_target(python, "")


class _Stages:
    """Says what is installed in the stages of a file; ``unread`` is what of the requirements
    files it could not read."""

    def __init__(
        self,
        path: str,
        recipe: Recipe,
        catalog: Catalog,
        make_target: MakeTarget,
        environ: Mapping[str, str],
    ) -> None:
        self.path = path
        self.stages = recipe.stages
        self.has_fixes = recipe.has_fixes
        self.catalog = catalog
        self.make_target = make_target
        self.environ = environ
        self.unread: list[UnreadPart] = []

    def detect(self, stage: Stage) -> Iterator[DetectedPackage]:
        """What is installed in a stage and in those it is built on, with the base's release.

        Where commands install for several Pythons, each is an environment of its own.
        """
        chain = [stage]
        while chain[-1].parent >= 0:
            chain.append(self.stages[chain[-1].parent])
        group = f"{self.path}, stage {stage.number}"
        installations = [
            (member, found) for member in reversed(chain) for found in member.installations
        ]
        pythons = {
            self._python(member, found)
            for member, found in installations
            if found.ecosystem is Ecosystem.PIP and (found.requirements or found.direct)
        }
        several = len(pythons - {""}) > 1
        base = stage.base
        for python in sorted(pythons) if several else [""]:
            if base is not None and base.sdk:
                key = PackageKey(Ecosystem.SDK, "neuron-sdk")
                place = f"{self.path}:{base.line}"
                name = f"{group}, Python {python}" if several else group
                yield DetectedPackage(key, base.sdk, None, "", place, name)
        for member, found in installations:
            python = self._python(member, found)
            is_pip = found.ecosystem is Ecosystem.PIP
            name = f"{group}, Python {python}" if several and is_pip else group
            worlds = make_worlds(self.catalog, self._installs_for(member, found))
            installed = list(self._installed(member, found, worlds))
            for statement in place_by_markers(installed, worlds):
                yield statement._replace(group=name, python=python if is_pip else None)

    def _python(self, stage: Stage, installation: Installation) -> str:
        """The Python that a command installs for, unless the user said one; empty for unknown."""
        return self._installs_for(stage, installation).python

    def _installs_for(self, stage: Stage, installation: Installation) -> Target:
        """The target of a command."""
        python: str | None = installation.python
        if python is None:
            python = stage.base.python if stage.base is not None else ""
        else:
            python = python or None
        return _target(stage, python, self.catalog, self.make_target)

    def _installed(
        self, stage: Stage, installation: Installation, worlds: Sequence[World]
    ) -> Iterator[DetectedPackage]:
        for requirement, _, word, meant in installation.requirements:
            key = PackageKey(installation.ecosystem, requirement.name)
            stated = detect_package(requirement)
            # A script that the file runs is one of the shell.
            is_own = installation.file in ("", self.path)
            spec = word if self.has_fixes or not is_own else ""
            yield stated._replace(key=key, install_spec=spec, meant=meant)
        file = installation.file or self.path
        for reference, line in installation.direct:
            yield detect_direct(reference, f"{file}:{line}")
        for name, line in installation.files:
            yield from self._file(stage, name, f"{file}:{line}", worlds)

    def _file(
        self, stage: Stage, name: str, place: str, worlds: Sequence[World]
    ) -> Iterator[DetectedPackage]:
        """A requirements file: one that the Dockerfile writes, or that it copies, or that lies
        beside it by the name that RUN gives it."""
        written = [each for each in stage.written if is_same_path(each.target, name)]
        if written:
            for _, rows, file in written:
                found = read_rows(file, [row for _, row in rows], self.environ)
                for statement in _lines_of(found, rows, file):
                    yield statement if self.has_fixes else statement._replace(install_spec="")
                for problem in found.problems:
                    at = rows[min(problem.line or 1, len(rows)) - 1][0]
                    self.unread.append(describe_unreadable(problem)._replace(place=f"{file}:{at}"))
            return
        where = self._find(stage, name)
        if not where:
            reason = "no such file lies beside the Dockerfile"
            if stage.folders:
                reason = "there is no such file where it would be read from"
            self.unread.append(UnreadPart(place, f"-r {name}", reason))
            return
        problems: list[UnreadableInput] = []
        try:
            yield from read_detected(where, self.environ, problems, worlds)
        except UnreadableInput as error:
            self.unread.append(describe_unreadable(error))
        except NeuronPinError as error:
            reason = error.message.removeprefix(f"{where}: ")
            self.unread.append(UnreadPart(place, f"-r {name}", reason))
        self.unread += describe_problems(problems, self.catalog)

    def _find(self, stage: Stage, name: str) -> str:
        if stage.folders:
            return _find_from(stage.folders, name)
        names = [source for source, target in stage.copies if is_same_path(target, name)]
        names += list_copied(stage.copies, name)
        guessed = [] if os.path.isabs(name) else [name]
        return find_in_context(self.path, names, [*guessed, os.path.basename(name)])


def _find_from(folders: Sequence[str], name: str) -> str:
    """The file of a name in one of these folders, empty for none: of an absolute path, or one
    that a variable begins, the last part tells it."""
    plain = os.path.normpath(name)
    if os.path.isabs(plain) or plain.startswith(("$", "~")):
        parts = [part for part in plain.split(os.sep) if part]
        # Far below another folder it is another file of that name.
        plain = parts[-1] if len(parts) <= MAX_DEPTH else os.sep.join(parts[1:])
    places = (os.path.normpath(os.path.join(folder, plain)) for folder in folders)
    return next((place for place in places if os.path.isfile(place)), "")


def _lines_of(
    found: RequirementsFile, rows: Sequence[tuple[int, str]], path: str
) -> Iterator[DetectedPackage]:
    """What the lines of a file that stands in a Dockerfile state, by the Dockerfile's lines."""

    def place(origin: str) -> str:
        number = origin.rpartition(":")[2]
        inside = origin.startswith(f"{path}:") and number.isdecimal() and int(number) <= len(rows)
        return f"{path}:{rows[int(number) - 1][0]}" if inside else origin

    for requirement in (*found.requirements, *found.constraints):
        stated = detect_package(requirement)
        yield stated._replace(place=place(stated.place))
    for reference, origin in found.direct:
        yield detect_direct(reference, place(origin))


def _installation(
    installation: Installation, stage: Stage, path: str, catalog: Catalog
) -> Iterator[Finding]:
    """What a command does that versions do not show: a driver in an image, no index named."""
    host = urlsplit(catalog.repositories.pip).hostname
    lack = describe_lack([*installation.indexes, *stage.indexes])
    for requirement, line, _, _ in installation.requirements:
        package = catalog.packages.get(requirement.name)
        if package is None or not is_neuron(package):
            continue
        place = f"{installation.file or path}:{line}"
        if stage.is_image:
            yield from check_scope(requirement.name, requirement.name, place, catalog)
        is_pip = installation.ecosystem is Ecosystem.PIP
        # Another index may be a mirror of Neuron's, and that of a DLC is configured in it.
        is_open = is_pip and lack and not installation.files
        if is_open and (stage.base is None or not stage.base.repository):
            reason = f"{lack}: without {host} pip takes the placeholder on PyPI"
            remedy = f"add --extra-index-url {catalog.repositories.pip}"
            yield Finding(
                Rule.UNTRUSTED_INDEX, Severity.WARNING, requirement.name, reason, place, remedy
            )
