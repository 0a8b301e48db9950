"""Checks against the policy: files, environments, machines, images."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial

from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.finding import drop_repeated, sort_findings
from neuron_pin.audit.requirements import check_packages, select_neuron
from neuron_pin.audit.unread import (
    ReadPart,
    UnreadPart,
    describe_problems,
    describe_unreadable,
    find_unread,
    list_unreadable,
    make_strict,
    report_unreadable_input,
)
from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.fs.reading import STANDARD_INPUT
from neuron_pin.inputs.file_kind import REQUIREMENTS, FileKind, Form, find_kind, other_folder
from neuron_pin.inputs.locks.detected import DetectedPackage, Reading
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.settings import Settings
from neuron_pin.target import Target

from .read_settings import read_target_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.audit.node_driver import NodeDriver
    from neuron_pin.audit.other_archives import OtherArchive
    from neuron_pin.catalog.neff import Compiler
    from neuron_pin.resolve import Resolution


class Wanted(NamedTuple):
    """What to check against the policy: files, environments' folders, images, and a machine by
    its root, none for no machine."""

    files: Sequence[str]
    environments: Sequence[str]
    images: Sequence[str]
    host: str | None


class CheckedPlace(NamedTuple):
    """One thing that was checked, as it was named, how many Neuron packages it has, how much of
    it was read, and what was not.  ``folder`` is where it was found, empty for what the user
    named; ``passed_over`` are files of a folder that were not checked, as words with a number;
    ``neuron_images`` is how many images and charts of Neuron it names."""

    name: str
    neuron_packages: int
    read: ReadPart
    unread: tuple[UnreadPart, ...] = ()
    folder: str = ""
    passed_over: tuple[tuple[str, int], ...] = ()
    neuron_images: int = 0


class CheckedInput(NamedTuple):
    """The findings; everything that is stated or installed; what could not be read at all,
    each with its finding in ``unread``; what was checked; and what to know of how it was."""

    findings: tuple[Finding, ...]
    stated: tuple[DetectedPackage, ...]
    errors: tuple[NeuronPinError, ...]
    unread: tuple[Finding, ...]
    places: tuple[CheckedPlace, ...]
    warnings: tuple[str, ...] = ()


class _Examined(NamedTuple):
    findings: list[Finding]
    stated: list[DetectedPackage]
    read: ReadPart
    unread: list[UnreadPart]
    images: int = 0


class _Job(NamedTuple):
    """What to check by which function, and the folder that it was found in."""

    check: Callable[[str], _Examined]
    place: str
    folder: str = ""


class Check:
    """One check: settings, facts and a day."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        today: date,
        now: float,
        environ: Mapping[str, str],
        within_days: int,
        lock: str | None = None,
        neff_compiler: Compiler | None = None,
        is_strict: bool = False,
    ) -> None:
        self.catalog = catalog
        self.now = now
        self.environ = environ
        self.within_days = within_days
        self.lock = lock
        self.neff_compiler = neff_compiler
        self.is_strict = is_strict
        self._mirrors: tuple[str, ...] = ()
        if settings.neuron_index_url:
            from neuron_pin.sources.index.locations import read_index_address

            self._mirrors = (read_index_address(settings.neuron_index_url, {}),)
        self._options = read_target_options(settings, today, "")
        self._reporter = SILENT
        self._warnings: list[str] = []
        self._errors: list[NeuronPinError] = []
        self._node: NodeDriver | None = None
        self._root: str | None = None
        self._lock: Resolution | None = None

    def target(self, python: str | None = "", system: str = "") -> Target:
        """The target of the settings; what they leave open is taken from what is checked.  A
        Python of none cannot be told of it, whatever its operating system has.

        The Python that runs this is never asked: it says nothing of what is checked.
        """
        target = self._options.fill_in(python=python or "", system=system).make(self.catalog)
        if python is None and not self._options.python:
            return target._replace(python="", python_full="", python_is_newer=False)
        return target

    def run(self, wanted: Wanted, reporter: Reporter = SILENT) -> CheckedInput:
        """Check everything; what cannot be read becomes a finding, and the rest is checked."""
        # A wrong setting is not a finding, nor is a lock that cannot be read.
        self.target()
        lock = None
        if self.lock:
            from .read_lock import read_resolution

            lock = read_resolution(self.lock, self.catalog)[0]
        self._root, self._lock = wanted.host, lock
        findings: list[Finding] = []
        stated: list[DetectedPackage] = []
        errors: list[NeuronPinError] = []
        unread: list[Finding] = []
        places: list[CheckedPlace] = []
        self._reporter = reporter
        jobs = [job for path in wanted.files for job in self._jobs_of(path, places)]
        for searched in places:
            findings += find_unread(searched.unread, is_strict=self.is_strict)
        jobs += [_Job(self._environment, folder) for folder in wanted.environments]
        jobs += [_Job(self._image, path) for path in wanted.images]
        jobs += [_Job(self._host, wanted.host)] if wanted.host is not None else []
        failed: dict[str, list[Finding]] = {}
        for number, (check, place, folder) in enumerate(jobs):
            reporter.examined(place, number, len(jobs) if len(jobs) > 1 else 0)
            try:
                examined = check(place)
            except NeuronPinError as error:
                errors.append(error)
                unread.append(report_unreadable_input(error, place))
                failed.setdefault(folder, []).append(unread[-1])
                continue
            findings += make_strict(examined.findings) if self.is_strict else examined.findings
            findings += find_unread(examined.unread, is_strict=self.is_strict)
            stated += examined.stated
            own = select_neuron(examined.stated, self.catalog)
            packages = {(s.key, s.place) for s in own if s.key.ecosystem is not Ecosystem.SDK}
            rest = tuple(examined.unread)
            done = CheckedPlace(place, len(packages), examined.read, rest, folder)
            places.append(done._replace(neuron_images=examined.images))
        places = [_without(each, failed.get(each.name, ())) for each in places]
        if lock is not None and self.lock:
            from neuron_pin.audit.lock_drift import check_absent, check_lock_drift

            unread_places = {finding.subject for finding in unread}
            for folder in wanted.environments:
                if folder not in unread_places:
                    own = [s for s in stated if s.place == folder]
                    findings += check_absent(own, lock, self.lock, folder)
            findings += check_lock_drift(stated, lock, self.lock, self._find_shared(wanted, lock))
        if self.neff_compiler is not None:
            from neuron_pin.audit.neff import NOT_COMPARED, check_neff, select_runtimes

            runtimes = select_runtimes(stated)
            findings += check_neff(runtimes, self.neff_compiler, self.catalog)
            self._warnings += [] if runtimes or errors else [NOT_COMPARED]
        return CheckedInput(
            tuple(sort_findings(drop_repeated([*unread, *findings]))),
            tuple(stated),
            (*errors, *self._errors),
            tuple(unread),
            tuple(places),
            tuple(self._warnings),
        )

    def _jobs_of(self, path: str, places: list[CheckedPlace]) -> list[_Job]:
        """A file that the user named; of a folder, the files in it, and what is said of it."""
        path = STANDARD_INPUT if path == "-" else path
        if not os.path.isdir(path) or other_folder(path) is not None:
            return [_Job(self._file, path)]
        from neuron_pin.audit.mentions import Mentions
        from neuron_pin.audit.texts import find_in_others
        from neuron_pin.inputs.repository import search_repository

        folder = os.path.normpath(path)
        found = search_repository(folder, Mentions(self.catalog), self._reporter)
        self._errors += found.problems
        self._warnings += found.notes
        unread = [
            *map(describe_unreadable, found.problems),
            *(
                describe_unreadable(link)._replace(severity=Severity.WARNING)
                for link in found.links
            ),
            *find_in_others(found.others, self.catalog),
        ]
        read = ReadPart(len(found.files), "file")
        places.append(CheckedPlace(folder, 0, read, tuple(unread), "", found.passed_over))
        return [_Job(partial(self._read_file, kind), file, folder) for file, kind in found.files]

    def _find_shared(self, wanted: Wanted, lock: Resolution) -> list[OtherArchive]:
        """The other archives of the machine that have a version of the lock."""
        if wanted.host is None:
            return []
        from neuron_pin.audit.other_archives import list_readable

        return list_readable(wanted.host, lock.packages_of(Ecosystem.APT))

    def _file(self, path: str) -> _Examined:
        return self._read_file(find_kind(path), path)

    def _read_file(self, kind: FileKind, path: str) -> _Examined:
        if kind.form is Form.COMMANDS:
            return self._commands(path, kind)
        if kind.form is Form.IMAGES:
            return self._images(path, kind)
        from neuron_pin.audit.alternatives import make_worlds
        from neuron_pin.inputs.locks.stated_target import read_stated_target

        problems: list[UnreadableInput] = []
        target = self._options.fill_in(*read_stated_target(path, self.catalog)).make(self.catalog)
        worlds = make_worlds(self.catalog, target)
        stated = kind.read_packages(path, Reading(self.environ, problems, worlds))
        findings: list[Finding] = []
        has_neuron = bool(select_neuron(stated, self.catalog))
        if has_neuron:
            from neuron_pin.audit.newer import check_newer_target

            findings += check_newer_target(target, self.catalog, path)
        findings += check_packages(stated, self.catalog, target, self.within_days, self._prove)
        if kind.is_installed:
            from neuron_pin.audit.installed_list import check_installed

            findings += check_installed(stated, self.catalog, target)
        if kind is REQUIREMENTS:
            from neuron_pin.audit.index_settings import check_index

            findings += check_index(path, stated, self.catalog, self.environ)
        findings += self._sources(stated)
        unread = describe_problems(problems, self.catalog, has_neuron=has_neuron)
        return _Examined(findings, stated, ReadPart(len(stated), kind.counted), unread)

    def _commands(self, path: str, kind: FileKind) -> _Examined:
        """A Dockerfile, or another file of commands that install."""
        from neuron_pin.audit.names import ReadNames
        from neuron_pin.audit.recipe import check_recipe

        commands = kind.read_commands(path, ReadNames(self.catalog))
        found = check_recipe(
            path,
            commands,
            self.catalog,
            self.target,
            self.within_days,
            self.environ,
            self._prove,
        )
        # No builder takes such a file, and what the rest of it says is judged all the same.
        self._errors += commands.problems
        unread = [*map(describe_unreadable, commands.problems), *found.unread]
        number = len({found for stage in commands.stages for found in stage.installations})
        findings = [*found.findings, *self._sources(found.stated)]
        return _Examined(findings, found.stated, ReadPart(number, kind.counted), unread)

    def _images(self, path: str, kind: FileKind) -> _Examined:
        """A file for a Kubernetes cluster: the images and charts that it names."""
        from neuron_pin.audit.cluster_files import check_cluster_file

        from .find_node import find_node

        named = kind.read_images(path)
        if self._node is None:
            driver = self.target().driver
            self._node = find_node(self.catalog, driver, self._root, self._lock)
        found = check_cluster_file(
            path, named, self.catalog, self.target, self.within_days, self._node
        )
        unread = [*map(describe_unreadable, named.problems), *found.unread]
        read = ReadPart(len(named.images) + len(named.charts), kind.counted)
        return _Examined(found.findings, found.stated, read, unread, found.number)

    def _prove(self, requirements: Sequence[Requirement], target: Target) -> bool:
        """Whether requirements can be locked with the embedded catalog."""
        from .lock_request import LockRequest, can_lock
        from .read_settings import make_lock_request

        base: LockRequest = make_lock_request(
            Settings(offline=True), self.catalog,
            today=target.as_of, this_python=target.python, environ={},
            requirements=requirements,
        )  # fmt: skip
        return can_lock(base._replace(target=target))

    def _sources(self, stated: Sequence[DetectedPackage]) -> list[Finding]:
        from neuron_pin.audit.package_source import check_sources

        # A Dockerfile's stage counts what its parents install once more.
        return list(dict.fromkeys(check_sources(stated, self.catalog, self._mirrors)))

    def _environment(self, folder: str) -> _Examined:
        from neuron_pin.audit.environment import check_environment
        from neuron_pin.inputs.host.distributions import environment_python

        python = environment_python(folder)
        target = self.target(python)
        if python and target.python != python:
            self._warnings.append(
                f"{folder} has Python {python}, but is checked for Python {target.python}, as "
                "--python or the settings say"
            )
        found, stated = check_environment(folder, self.catalog, target, self.within_days)
        return _Examined(found, stated, ReadPart(len(stated), "distribution"), [])

    def _host(self, root: str) -> _Examined:
        options = self._options
        from neuron_pin.target.detection import detect

        self._options = self._options.fill_in(instance=detect(root).instance)
        try:
            return self._check_root(root, root, is_running=True)
        finally:
            self._options = options

    def _check_root(self, root: str, label: str, *, is_running: bool) -> _Examined:
        """A machine, or the files of an image, with every environment on it."""
        from neuron_pin.audit.environment import NeuronNames
        from neuron_pin.audit.host import check_host, report_unreadable
        from neuron_pin.inputs.host.dpkg_status import has_dpkg_status
        from neuron_pin.inputs.host.environments import find_environments
        from neuron_pin.inputs.host.rpm_database import rpm_database

        searched = find_environments(root, NeuronNames(self.catalog))
        findings, stated = check_host(
            root, self.catalog, self.target, self.within_days, self.now,
            is_running=is_running, environments=searched.folders,
        )  # fmt: skip
        if searched.problem is not None:
            # A machine with that many folders has no fault.
            found = report_unreadable(searched.problem)
            findings.append(found._replace(severity=Severity.WARNING))
        if not has_dpkg_status(root) and not rpm_database(root):
            self._warnings.append(
                f"{label} has no database of dpkg or rpm: system packages were not checked"
            )
        unread = list_unreadable(findings)
        for mount, kind in searched.skipped:
            reason = f"a mount of {kind}, not searched for environments"
            hint = f"name those in it: --venv {mount}/FOLDER"
            unread.append(UnreadPart(mount, "", reason, None, hint, is_folder=True))
        return _Examined(findings, stated, ReadPart(len(stated), "package"), unread)

    def _image(self, path: str) -> _Examined:
        from neuron_pin.audit.host import report_unreadable
        from neuron_pin.inputs.containers.image import open_image

        with open_image(path, self._reporter) as image:
            root = self._check_root(image.root, path, is_running=False)

            def inside(text: str) -> str:
                return text.replace(image.root, f"{path}!")

            found = [*root.findings, *map(report_unreadable, image.problems)]
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
            stated = [s._replace(place=inside(s.place)) for s in root.stated]
            return _Examined(findings, stated, root.read, list_unreadable(findings))


def _without(place: CheckedPlace, failed: Sequence[Finding]) -> CheckedPlace:
    """A folder, when so many of its files could not be read; what is no folder has none."""
    read = place.read._replace(number=place.read.number - len(failed))
    return place._replace(read=read, unread=(*place.unread, *list_unreadable(failed)))
