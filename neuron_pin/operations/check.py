"""Checks against the policy: files, environments, machines, images."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.finding import sort_findings
from neuron_pin.audit.requirements import check_packages, select_neuron
from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.inputs.locks.detected import DetectedPackage, read_detected
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.settings import Settings
from neuron_pin.target import Target
from neuron_pin.target.detection import detect

from .read_settings import read_target_options


class Wanted(NamedTuple):
    """What to check against the policy: files, environments' folders, images, and a machine by
    its root, none for no machine."""

    files: Sequence[str]
    environments: Sequence[str]
    images: Sequence[str]
    host: str | None


class CheckedPlace(NamedTuple):
    """One thing that was checked, as it was named, and how many Neuron packages it has."""

    name: str
    neuron_packages: int


class CheckedInput(NamedTuple):
    """The findings; everything that is stated or installed; what could not be read at all,
    each with its finding in ``unread``; what was checked; and what to know of how it was."""

    findings: tuple[Finding, ...]
    stated: tuple[DetectedPackage, ...]
    errors: tuple[NeuronPinError, ...]
    unread: tuple[Finding, ...]
    places: tuple[CheckedPlace, ...]
    warnings: tuple[str, ...] = ()


_Examine = Callable[[str], tuple[list[Finding], list[DetectedPackage]]]


class Check:
    """One check: settings, facts and a day."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        today: date,
        now: float,
        this_python: str,
        environ: Mapping[str, str],
        within_days: int,
        lock: str | None = None,
    ) -> None:
        self.catalog = catalog
        self.now = now
        self.environ = environ
        self.within_days = within_days
        self.lock = lock
        self._mirrors: tuple[str, ...] = ()
        if settings.neuron_index_url:
            from neuron_pin.sources.index.locations import read_index_address

            self._mirrors = (read_index_address(settings.neuron_index_url, {}),)
        self._options = read_target_options(settings, today, this_python)
        self._reporter = SILENT
        self._warnings: list[str] = []

    def target(self, python: str = "", system: str = "") -> Target:
        """The target of the settings; what they leave open is taken from what is checked."""
        return self._options.fill_in(python=python, system=system).make(self.catalog)

    def run(self, wanted: Wanted, reporter: Reporter = SILENT) -> CheckedInput:
        """Check everything; what cannot be read becomes a finding, and the rest is checked."""
        # A wrong setting is not a finding, nor is a lock that cannot be read.
        self.target()
        lock = None
        if self.lock:
            from .read_lock import read_resolution

            lock = read_resolution(self.lock, self.catalog)[0]
        findings: list[Finding] = []
        stated: list[DetectedPackage] = []
        errors: list[NeuronPinError] = []
        unread: list[Finding] = []
        places: list[CheckedPlace] = []
        jobs: list[tuple[_Examine, str]] = [(self._file, path) for path in wanted.files]
        jobs += [(self._environment, folder) for folder in wanted.environments]
        jobs += [(self._image, path) for path in wanted.images]
        jobs += [(self._host, wanted.host)] if wanted.host is not None else []
        self._reporter = reporter
        for number, (check, place) in enumerate(jobs):
            reporter.examined(place, number, len(jobs) if len(jobs) > 1 else 0)
            try:
                found, inside = check(place)
            except NeuronPinError as error:
                errors.append(error)
                unread.append(_unreadable(error, place))
                continue
            findings += found
            stated += inside
            own = select_neuron(inside, self.catalog)
            packages = {(s.key, s.place) for s in own if s.key.ecosystem is not Ecosystem.SDK}
            places.append(CheckedPlace(place, len(packages)))
        if lock is not None and self.lock:
            from neuron_pin.audit.lock_drift import check_absent, check_lock_drift

            unread_places = {finding.subject for finding in unread}
            for folder in wanted.environments:
                if folder not in unread_places:
                    own = [s for s in stated if s.place == folder]
                    findings += check_absent(own, lock, self.lock, folder)
            findings += check_lock_drift(stated, lock, self.lock)
        return CheckedInput(
            tuple(sort_findings([*unread, *findings])),
            tuple(stated),
            tuple(errors),
            tuple(unread),
            tuple(places),
            tuple(self._warnings),
        )

    def _file(self, path: str) -> tuple[list[Finding], list[DetectedPackage]]:
        from neuron_pin.inputs.containers.dockerfile import is_dockerfile
        from neuron_pin.inputs.locks.stated_target import read_stated_target

        if is_dockerfile(os.path.basename(path)):
            from neuron_pin.audit.dockerfile import check_dockerfile
            from neuron_pin.audit.names import ReadNames
            from neuron_pin.inputs.containers.dockerfile import read_dockerfile

            stages = read_dockerfile(path, ReadNames(self.catalog))
            findings, stated = check_dockerfile(
                path, stages, self.catalog, self.target, self.within_days, self.environ
            )
            return [*findings, *self._sources(stated)], stated
        problems: list[UnreadableInput] = []
        stated = read_detected(path, self.environ, problems)
        target = self._options.fill_in(*read_stated_target(path, self.catalog)).make(self.catalog)
        findings = [_unread_line(problem) for problem in problems]
        if select_neuron(stated, self.catalog):
            from neuron_pin.audit.newer import check_newer_target

            findings += check_newer_target(target, self.catalog, path)
        findings += check_packages(stated, self.catalog, target, self.within_days)
        if path.endswith((".txt", ".in")):
            from neuron_pin.audit.index_settings import check_index

            findings += check_index(path, stated, self.catalog, self.environ)
        return [*findings, *self._sources(stated)], stated

    def _sources(self, stated: Sequence[DetectedPackage]) -> list[Finding]:
        from neuron_pin.audit.package_source import check_sources

        # A Dockerfile's stage counts what its parents install once more.
        return list(dict.fromkeys(check_sources(stated, self.catalog, self._mirrors)))

    def _environment(self, folder: str) -> tuple[list[Finding], list[DetectedPackage]]:
        from neuron_pin.audit.environment import check_environment
        from neuron_pin.inputs.host.distributions import environment_python

        python = environment_python(folder)
        target = self.target(python)
        if python and target.python != python:
            self._warnings.append(
                f"{folder} has Python {python}, but is checked for Python {target.python}, as "
                "--python or the settings say"
            )
        return check_environment(folder, self.catalog, target, self.within_days)

    def _host(self, root: str) -> tuple[list[Finding], list[DetectedPackage]]:
        options = self._options
        self._options = self._options.fill_in(instance=detect(root).instance)
        try:
            return self._check_root(root, root, is_running=True)
        finally:
            self._options = options

    def _check_root(
        self, root: str, label: str, *, is_running: bool
    ) -> tuple[list[Finding], list[DetectedPackage]]:
        """A machine, or the files of an image, with every environment on it."""
        from neuron_pin.audit.environment import NeuronNames
        from neuron_pin.audit.host import check_host, report_unreadable
        from neuron_pin.inputs.host.dpkg_status import has_dpkg_status
        from neuron_pin.inputs.host.environments import find_environments
        from neuron_pin.inputs.host.rpm_database import rpm_database

        searched = find_environments(root, NeuronNames(self.catalog))
        if searched.skipped:
            self._warnings.append(
                f"{label}: {', '.join(searched.skipped)} was not searched for environments; name "
                "those in it with --venv"
            )
        findings, stated = check_host(
            root, self.catalog, self.target, self.within_days, self.now,
            is_running=is_running, environments=searched.folders,
        )  # fmt: skip
        if searched.problem is not None:
            findings.append(report_unreadable(searched.problem))
        if not has_dpkg_status(root) and not rpm_database(root):
            self._warnings.append(
                f"{label} has no database of dpkg or rpm: system packages were not checked"
            )
        return findings, stated

    def _image(self, path: str) -> tuple[list[Finding], list[DetectedPackage]]:
        from neuron_pin.audit.host import report_unreadable
        from neuron_pin.inputs.containers.image import open_image

        with open_image(path, self._reporter) as image:
            found, stated = self._check_root(image.root, path, is_running=False)
            found += [report_unreadable(problem) for problem in image.problems]

            def inside(text: str) -> str:
                return text.replace(image.root, f"{path}!")

            findings = [
                finding._replace(
                    place=inside(finding.place),
                    reason=inside(finding.reason),
                    subject=inside(finding.subject),
                    # What to do is done in the image.
                    remedy=finding.remedy.replace(image.root, ""),
                )
                for finding in found
            ]
            return findings, [s._replace(place=inside(s.place)) for s in stated]


def _unreadable(error: NeuronPinError, place: str) -> Finding:
    problem, where = error.message, place
    if isinstance(error, UnreadableInput):
        problem = error.problem
        where = f"{error.path}:{error.line}" if error.line else error.path
    else:
        problem = problem.removeprefix(f"{place}: ")
    return Finding(Rule.UNREADABLE, Severity.ERROR, place, problem, where, error.hint)


def _unread_line(error: UnreadableInput) -> Finding:
    """NP610: a line that was not judged: an error, unless pip takes it."""
    from neuron_pin.inputs.requirements.requirements_txt import UnjudgedLine

    severity = Severity.WARNING if isinstance(error, UnjudgedLine) else Severity.ERROR
    place = f"{error.path}:{error.line}" if error.line else error.path
    what = "line" if error.line else "file"
    reason = f"{error.problem}; this {what} was not checked"
    return Finding(Rule.UNREADABLE, severity, place, reason, place, error.hint)


PHASE_RULES = {
    "maintenance": frozenset({Rule.MAINTENANCE}),
    "eos": frozenset({Rule.END_OF_SUPPORT, Rule.TARGET_ENDED}),
    "beta": frozenset({Rule.PRE_RELEASE}),
    "rc": frozenset({Rule.PRE_RELEASE}),
    "alpha": frozenset({Rule.PRE_RELEASE}),
    "ending": frozenset({Rule.ENDING}),
}


def failing_rules(words: Sequence[str]) -> frozenset[Rule]:
    """The rules that ``--fail-on`` names: identifiers, phases, or ``warning`` for all; raises
    `UnknownName`."""
    from neuron_pin.errors import UnknownName

    known = {rule.identifier: rule for rule in Rule}
    found: set[Rule] = set()
    for word in _split(words):
        if word == "warning":
            found |= set(Rule)
        elif word in PHASE_RULES:
            found |= PHASE_RULES[word]
        elif word.upper() in known:
            found.add(known[word.upper()])
        else:
            names = [*known, *PHASE_RULES, "warning"]
            raise UnknownName("rule or phase", word, names, hint="NP206, maintenance, warning …")
    return frozenset(found)


def read_rules(words: Sequence[str]) -> frozenset[Rule]:
    """The rules of these identifiers, in any case; raises `UnknownName`."""
    from neuron_pin.errors import UnknownName

    known = {rule.identifier: rule for rule in Rule}
    named = _split(words)
    for word in named:
        if word.upper() not in known:
            raise UnknownName("rule", word, known, hint="neuron-pin policy lists the rules")
    return frozenset(known[word.upper()] for word in named)


def _split(words: Sequence[str]) -> list[str]:
    """Words with commas between them as several ones."""
    return [part.strip() for word in words for part in word.split(",")]
