"""Scripts that run one after the other in one environment, read alternative by alternative."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from neuron_pin.inputs.containers.branches import Choices
from neuron_pin.inputs.containers.build_context import list_above
from neuron_pin.inputs.containers.image_reference import BaseImage
from neuron_pin.inputs.containers.install_commands import read_installations
from neuron_pin.inputs.containers.installation import Installation, NotUnderstood, find_names
from neuron_pin.inputs.containers.readings import concerns, read_alternatives
from neuron_pin.inputs.containers.recipe import Stage
from neuron_pin.inputs.containers.script_files import read_script
from neuron_pin.inputs.containers.session import Script, Session, WrittenFile
from neuron_pin.inputs.containers.shell import Command, ShellRun, read_commands
from neuron_pin.inputs.containers.shell_words import Lines, Unended, Word
from neuron_pin.record import NamedTuple

MAX_READ = 4 * 1024 * 1024
"""Characters of a file's scripts that are read, over all of their alternatives."""


MAX_APART = 200
"""Installations that are judged each for itself where a script has too many alternatives."""

MAX_ABOVE = 11
"""How many folders above a script are looked at for its repository."""

MAX_UNENDED = 100
"""What is told of a file that is open at its end."""


class Part(NamedTuple):
    """One script of a job: its lines, the variables that it begins with, and its folder, none
    for unknown.

    ``commands`` are run before the lines: those that no shell reads.  ``python`` is the Python
    that is chosen before, as `Job` has it; ``condition`` what has to be so, as question and
    answer, empty for always.
    """

    lines: Lines = ()
    variables: Mapping[str, str] = {}
    folder: str | None = ""
    commands: tuple[tuple[Word, ...], ...] = ()
    python: str | None = None
    condition: tuple[str, str] = ("", "")


class Job(NamedTuple):
    """What runs in one environment.

    ``unread`` is what the file has beside its scripts, ``written`` the files that it has, and
    ``indexes`` those that it sets up.  ``python`` is the Python
    that commands install for: none for that of the system, empty for unknown.  ``label`` says
    which alternative of a file this is, empty for the only one.
    """

    parts: tuple[Part, ...]
    unread: tuple[NotUnderstood, ...] = ()
    written: tuple[WrittenFile, ...] = ()
    indexes: tuple[str, ...] = ()
    base: BaseImage | None = None
    python: str | None = None
    system: str = ""
    label: str = ""


class ReadJobs(NamedTuple):
    """The stages of jobs, and what their scripts open and do not close, each with its file."""

    stages: tuple[Stage, ...]
    unended: tuple[tuple[str, Unended], ...]


class JobReader:
    """Reads the jobs of a file; ``names`` are the packages of which ranges are read, ``folders``
    where files are looked for that commands name, the folder of the file among them."""

    def __init__(self, path: str, names: Container[str], folders: Sequence[str]) -> None:
        self.path = path
        self.names = names
        self.folders = tuple(folders)
        self._left = MAX_READ
        self._unended: dict[tuple[str, Unended], None] = {}

    def read(self, jobs: Iterable[Job]) -> ReadJobs:
        """Every job, each in every alternative that its scripts have."""
        stages: dict[Stage, None] = {}
        seen: list[Job] = []
        for job in jobs:
            # Combinations that differ in nothing but their names are one.
            plain = job._replace(label="")
            if plain not in seen:
                seen.append(plain)
                stages.update(dict.fromkeys(self._job(job)))
        numbered = (stage._replace(number=number) for number, stage in enumerate(stages))
        return ReadJobs(tuple(numbered), tuple(self._unended))

    def _job(self, job: Job) -> Iterator[Stage]:
        size = sum(len(line) for part in job.parts for _, line in part.lines) + 1000
        first_line = next((line for part in job.parts for line, _ in part.lines), 1)
        if self._left <= 0:
            said = NotUnderstood(job.label or "a script", first_line, "is more than is read")
            yield self._read(Job((), unread=(said,)), None)
            return
        self._left -= size
        everything = self._read(job, None)
        if not concerns(everything.installations, everything.unread, self.names):
            yield everything
            return
        found = read_alternatives(lambda choices: self._read(job, choices), self._left // size)
        self._left -= size * len(found.readings)
        readings = [(each.value, each) for each in found.readings]
        if not found.is_complete:
            reason = "has more alternatives than are read apart"
            said = NotUnderstood("if and case", first_line, reason)
            first, reading = readings[0]
            readings[0] = (first._replace(unread=(*first.unread, said)), reading)
        for stage, reading in readings:
            yield stage._replace(
                label=", ".join(filter(None, [job.label, reading.label])),
                system=job.system or reading.system,
            )
        if not found.is_complete:
            # What no reading had is judged, each for itself: of what goes with what nothing is
            # known.
            seen = {each for stage, _ in readings for each in stage.installations}
            rest = [each for each in everything.installations if each not in seen]
            apart = [(each,) for each in rest] if len(rest) <= MAX_APART else [tuple(rest)]
            for installations in apart:
                yield everything._replace(installations=installations)

    def _read(self, job: Job, choices: Choices | None) -> Stage:
        session = Session(self._find_script)
        session.interpreters.default = job.python
        session.indexes += job.indexes
        for written in job.written:
            session.write(written)
        installations: list[Installation] = []
        unread: list[NotUnderstood] = list(job.unread)
        handed_on: dict[str, str] = {}
        for part in job.parts:
            if part.condition[0] and choices is not None:
                if not choices.take(*part.condition, was_taken=False):
                    continue
            session.folder = part.folder
            if part.python is not None:
                session.interpreters.default = part.python
            variables = {**part.variables, **handed_on}
            run = ShellRun(choices, follow=lambda n, f: session.follow(n, f or self.path))
            commands = chain(
                (Command(words, variables) for words in part.commands),
                read_commands(part.lines, variables, run),
            )
            for found in read_installations(commands, self.path, self.names, session):
                if isinstance(found, NotUnderstood):
                    unread.append(found)
                else:
                    installations.append(found)
            for file, unended in run.unended:
                text = "".join(line for _, line in part.lines) if unended.is_limit else ""
                if unended.is_limit and not find_names(text, self.names):
                    # The script is sound, and too much of it is of no concern.
                    what, line, reason = unended
                    unread.append(NotUnderstood(what, line, reason, file=file))
                elif len(self._unended) < MAX_UNENDED:
                    self._unended[file or self.path, unended] = None
            # What a script activates is active in it alone.
            session.interpreters.active = None
            handed_on.update(_hand_on(session.written, variables))
        return Stage(
            0,
            -1,
            job.base,
            tuple(dict.fromkeys(installations)),
            tuple(dict.fromkeys(session.indexes)),
            tuple(dict.fromkeys(unread)),
            written=tuple(session.written),
            label=job.label,
            system=job.system,
            folders=self.folders,
            is_image=job.base is not None,
            charts=tuple(dict.fromkeys(session.charts)),
        )

    def _find_script(self, name: str, file: str, folder: str) -> Script | None:
        """A script beside the one that runs it, or from one of the folders."""
        plain = re.sub(r"^(?:\$\{?\w+\}?|\$\(.*\)|~)/", "", name)
        names = [os.path.join(folder, plain), plain]
        if plain != name or os.path.isabs(plain):
            # Only running would tell the folder: the name must do.
            names = [plain.lstrip("/"), os.path.basename(plain)]
        for each in names:
            for where in (os.path.dirname(file), *self.folders):
                path = os.path.normpath(os.path.join(where, each))
                if os.path.isabs(each) or not os.path.isfile(path):
                    continue
                # By its name alone a script may seem to run itself.
                if path not in (os.path.normpath(file), os.path.normpath(self.path)):
                    return read_script(path)
        return None


def _hand_on(written: Sequence[WrittenFile], variables: Mapping[str, str]) -> dict[str, str]:
    """What a step hands on to those behind it by the files that ``GITHUB_ENV`` and
    ``GITHUB_PATH`` name."""
    found: dict[str, str] = {}
    for target, rows, _ in written:
        for _, row in rows:
            if target.endswith("GITHUB_ENV"):
                name, equals, value = row.partition("=")
                found.update({name: value} if equals and name.isidentifier() else {})
            elif target.endswith("GITHUB_PATH"):
                found["PATH"] = f"{row}:{found.get('PATH', variables.get('PATH', ''))}"
    return found


def script_folders(path: str) -> list[str]:
    """Where the files are that a script names: in its own folder, or in one above up to that of
    the repository, from which it may be run; without a repository, where this is run."""
    own = os.path.dirname(path)
    above = list_above(own, MAX_ABOVE)
    if above is None:
        return [own] if os.path.isabs(own) or not own else [own, ""]
    return [own, *above]
