"""From the messages of a text to their causes: proven, open, or ruled out by the facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.printable import make_printable
from neuron_pin.record import Enum, NamedTuple

from .case import Answer, Case
from .conditions import CONDITIONS
from .known import Known
from .matching import Match
from .messages import CauseRow

_FIELD = re.compile(r"\{([\w-]+)\}")
_OPTION = re.compile(r" --[a-z-]+ \{(python|os|kernel)\}")
_SAFE = re.compile(r"[\w.+~:-]{1,80}")


class Verdict(Enum):
    """What the facts say of a cause."""

    PROVEN = "proven"
    OPEN = "open"
    RULED_OUT = "ruled out"


class Cause(NamedTuple):
    """A possible cause: the verdict, the facts that decided (or, of an open one, those that
    would), and the command to run next, empty where none helps."""

    text: str
    verdict: Verdict
    facts: tuple[str, ...]
    command: str


class Diagnosis(NamedTuple):
    """A message of the text and its causes, the most likely first."""

    match: Match
    causes: tuple[Cause, ...]

    @property
    def is_proven(self) -> bool:
        """Whether the facts prove one of the causes."""
        return self.causes[0].verdict is Verdict.PROVEN

    @property
    def is_ruled_out(self) -> bool:
        """Whether the facts rule out every cause that is known."""
        return all(cause.verdict is Verdict.RULED_OUT for cause in self.causes)

    @property
    def command(self) -> str:
        """What to run next: the command of the proven cause; where several causes are open, only
        what changes nothing.  Empty where nothing helps."""
        causes = [c for c in self.causes if c.verdict is not Verdict.RULED_OUT]
        if len(causes) > 1 and not self.is_proven:
            causes = [c for c in causes if c.command.startswith("neuron-pin ")]
        return causes[0].command if causes else ""


_ORDER = list(Verdict)


def diagnose(matches: Iterable[Match], known: Known, catalog: Catalog) -> list[Diagnosis]:
    """The causes of the messages of a text, the most telling message first: not ruled out before
    ruled out, a specific message before a general one, a proven cause before an open one, and an
    earlier line before a later one, since one error brings others after it."""
    found = []
    for match in matches:
        case = Case(known, catalog, match.groups)
        causes = [_judge(row, case) for row in match.message.causes]
        causes.sort(key=lambda cause: _ORDER.index(cause.verdict))
        found.append(Diagnosis(match, tuple(causes)))
    found.sort(
        key=lambda d: (d.is_ruled_out, -d.match.message.weight, not d.is_proven, d.match.line)
    )
    return found


def _judge(row: CauseRow, case: Case) -> Cause:
    answers: list[Answer] = []
    for condition in row.when:
        arguments = [_fill(text, case.groups) for text in condition.arguments]
        answers.append(CONDITIONS[condition.name](case, *arguments))
    if any(answer.truth is False for answer in answers):
        verdict = Verdict.RULED_OUT
        answers = [answer for answer in answers if answer.truth is False]
    elif all(answer.truth for answer in answers):
        verdict = Verdict.PROVEN
    else:
        verdict = Verdict.OPEN
        answers = [answer for answer in answers if answer.truth is None]
    facts = tuple(dict.fromkeys(make_printable(answer.fact) for answer in answers))
    return Cause(row.text, verdict, facts, _fill_command(row.command, case))


def _fill(text: str, groups: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda field: groups.get("0" if field[1] == "0" else field[1], ""), text)


def _fill_command(text: str, case: Case) -> str:
    """A command with what is known; nothing that a shell would take for more than one word is
    copied from the text."""
    known = case.known
    own = {
        "family": known.family,
        "python": known.python,
        "os": known.system.name if known.system is not None else "",
        "venv": known.venv,
        "sdk": _find_sdk(case),
        "torch-neuronx": known.versions.get("torch-neuronx", ""),
    }

    def value(field: re.Match[str]) -> str:
        found = case.groups.get(field[1], "") or own.get(field[1], "")
        if field[1] == "venv" and found:
            import shlex

            return shlex.quote(found)
        return found if _SAFE.fullmatch(found) else field[1].upper()

    def option(found: re.Match[str]) -> str:
        # Without the value that nobody knows the command can be run, and says what it needs.
        known = case.groups.get(found[1], "") or own.get(found[1], "")
        return found[0] if known else ""

    return _FIELD.sub(value, _OPTION.sub(option, text))


def _find_sdk(case: Case) -> str:
    """The newest release that ships the compiler that is there."""
    version = case.known.versions.get("neuronx-cc", "")
    found = case.catalog.releases_of("neuronx-cc", version.partition("+")[0]) if version else ()
    return max((release.sdk for release in found), key=sdk_key, default="")
