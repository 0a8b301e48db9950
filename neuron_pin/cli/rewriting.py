"""A command line changed so that it works: what is printed can be pasted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from neuron_pin.errors import Change
from neuron_pin.settings import redact_urls

_GIVEN_AGAIN = ("--phase",)
"""Options that may be given several times, so that a value is added to those there are."""

PROGRAM = "neuron-pin"

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_-+=:,./")
"""What needs no quotes (`shlex.quote`)."""


def rewrite_command(arguments: Sequence[str], change: Change) -> str | None:
    """The whole command line with a change made to it, quoted for a shell; `None` where it
    cannot be made there: a requirement of a file, an option that a variable sets."""
    words = list(arguments)
    for option, value in change.options:
        rest = _leave_out(words, option)
        if value is None and rest == words:
            return None
        if value is None:
            words = rest
        else:
            words = [*(words if option in _GIVEN_AGAIN else rest), option, value]
    if change.requirement:
        if change.requirement not in words:
            return None
        words.remove(change.requirement)
    return _join([PROGRAM, *(redact_urls(word) for word in words)])


def _join(words: Sequence[str]) -> str:
    if all(word and _PLAIN.issuperset(word) for word in words):
        return " ".join(words)
    # Few commands have words that need quotes; the others start without importing this.
    import shlex

    return shlex.join(words)


def _leave_out(words: Sequence[str], option: str) -> list[str]:
    """The words without an option and its value, in either spelling."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == option:
            next(rest, None)
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return kept


_PARTS = ("--host-output", "--container-output")
_OUTPUTS = ("-o", "--output", "--output-file", "--color", *_PARTS)


def written_command(
    arguments: Sequence[str], *, valued: Collection[str] = (), flags: Collection[str] = ()
) -> str:
    """The command line as a file that it writes names it: less where and how it prints, less
    other options, ``valued`` with a value and ``flags`` without one, and less the passwords in
    addresses."""
    dropped = (*_OUTPUTS, *valued)
    joined = (*(f"{option}=" for option in dropped if option.startswith("--")), "-o")
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in dropped:
            next(words, None)
        elif not (
            word in flags
            or word in ("--quiet", "--verbose")
            or (word.startswith("-") and word[1:] and not word[1:].strip("qv"))
            or word.startswith(joined)
        ):
            kept.append(redact_urls(word))
    return _join([PROGRAM, *kept])
