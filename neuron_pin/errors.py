"""What can go wrong, as data.  Text is made of it once, in the command line.

Each class says which exit code it ends the program with: 1, the policy or the requirements
say no; 2, wrong usage or unreadable input; 3, a source failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuron_pin.record import NamedTuple


class NeuronPinError(Exception):
    """The root of every error this package raises on purpose.

    ``hint`` is what the user can do next, or empty.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WrongUsage(NeuronPinError):
    """Options or requirements that cannot mean anything."""

    exit_code = 2


class UnknownName(WrongUsage):
    """A name that the catalog or the policy does not know: ``kind`` says of what."""

    def __init__(
        self, kind: str, given: str, known: Iterable[str], *, where: str = "", hint: str = ""
    ) -> None:
        self.kind = kind
        self.given = given
        self.near = nearest(given, known)
        prefix = f"{where}: " if where else ""
        if self.near:
            guess = "did you mean " + " or ".join(self.near) + "?"
            hint = f"{guess} {hint}" if hint else guess
        super().__init__(f"{prefix}unknown {kind} {given!r}", hint=hint)


class InvalidVersion(WrongUsage):
    """A version that none of the policy's forms, and no honest reading, can hold."""


class InvalidPin(WrongUsage):
    """A pin that its ecosystem would not read, or would read as something else."""


class UnreadableInput(NeuronPinError):
    """A file of the user's that cannot be read or parsed; ``line`` is `None` for the whole file.
    ``further`` are what else was found in it."""

    exit_code = 2

    def __init__(self, path: str, line: int | None, problem: str, *, hint: str = "") -> None:
        self.further: tuple[UnreadableInput, ...] = ()
        self.path = path
        self.line = line
        self.problem = problem
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {problem}", hint=hint)


class LaterFormat(UnreadableInput):
    """A lock of a format that is not known yet: it is neither read nor replaced."""


class BrokenCatalog(UnreadableInput):
    """A catalog file that does not hold what its schema says."""


class CannotWrite(NeuronPinError):
    """An output that could not be written; nothing of it was left behind."""

    exit_code = 2

    def __init__(self, path: str, problem: str, *, hint: str = "") -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}", hint=hint)


class Change(NamedTuple):
    """A change of what was asked for, in the terms of the command line.

    ``options`` are options with the value to give them, `None` to leave the option out;
    ``requirement`` is the text of one to leave out, empty for none, and ``origin`` where it was
    stated.
    """

    options: tuple[tuple[str, str | None], ...] = ()
    requirement: str = ""
    origin: str = ""

    def __str__(self) -> str:
        words = [f"{o} {v}" if v is not None else f"without {o}" for o, v in self.options]
        if self.requirement:
            words.append(f"without {self.requirement} ({self.origin})")
        return " ".join(words)


class Relaxation(NamedTuple):
    """A change that was tried and works, and in a few words what comes of it."""

    change: Change
    outcome: str

    def __str__(self) -> str:
        return f"{self.change}: {self.outcome}"


class NoSolution(NeuronPinError):
    """No versions satisfy the requirements and the policy together.

    ``causes`` are one-line facts, most telling first.  ``conflict`` is a smallest set of
    requirements that cannot hold together, ``relaxations`` are changes that were tried and
    work; both may be filled in later.  ``asked`` are those of the user's requirements that the
    search found to be in the way, each with its origin; empty where it did not tell.
    ``asked_is_whole`` says that these alone cannot be met together.

    ``builds`` are the projects that an answer has to build, as far as that is known without
    building them; what is required first comes first.  Nothing tells what ``builds_unread``
    require, so they may need more builds.  Only their source distributions tell what
    ``builds_stated`` require, and a build may change that.  ``builds_suffice`` says whether an
    answer exists with ``builds``; it is none if the search was given up.  If builds do not help,
    ``supposed_builds`` are those that were tried, ``causes`` say why, and ``builds`` is empty.

    ``newer_pythons`` is what versions that are newer than those of ``builds`` say that they require
    of Python (``Requires-Python``, empty for any), the newest first.  ``touches_release`` tells
    whether a Neuron release may be in the way, and ``gave_up`` that the search ended early: there
    may be an answer.
    """

    def __init__(self, message: str, causes: Sequence[str] = (), *, hint: str = "") -> None:
        self.causes = tuple(causes)
        self.conflict: tuple[str, ...] = ()
        self.asked: frozenset[tuple[str, str]] = frozenset()
        self.relaxations: tuple[Relaxation, ...] = ()
        self.asked_is_whole = False
        self.builds: tuple[str, ...] = ()
        self.builds_unread: tuple[str, ...] = ()
        self.builds_stated: tuple[str, ...] = ()
        self.builds_suffice: bool | None = None
        self.supposed_builds: tuple[str, ...] = ()
        self.newer_pythons: tuple[str, ...] = ()
        self.touches_release = True
        self.gave_up = False
        super().__init__(message, hint=hint)


class SourceFailed(NeuronPinError):
    """An index or repository that did not answer as one.  ``url`` carries no credentials."""

    exit_code = 3

    def __init__(self, url: str, problem: str, *, hint: str = "") -> None:
        self.url = url
        self.problem = problem
        super().__init__(f"{url}: {problem}", hint=hint)


class Unreachable(SourceFailed):
    """A source that could not be spoken to, or broke off: it may be another time."""


def nearest(given: str, known: Iterable[str], *, cutoff: float = 0.6) -> tuple[str, ...]:
    """The known names closest to a mistyped one, at most two, best first; ``cutoff`` is the
    least likeness, from 0 to 1."""
    import difflib

    return tuple(difflib.get_close_matches(given, list(known), n=2, cutoff=cutoff))
