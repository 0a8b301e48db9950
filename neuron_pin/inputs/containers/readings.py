"""A script or a Dockerfile read once for each of its alternatives, and what those are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Generic, TypeVar

from .branches import MAX_READINGS, OTHERWISE, Choices, Plan
from .installation import Installation, NotUnderstood
from .shell import UNCALLED

T = TypeVar("T")


class Reading(Generic[T]):
    """What one reading gave; ``label`` says which alternatives it took, empty for the only ones;
    ``system`` is the operating system that they ask for, or the beginning of its name."""

    def __init__(self, value: T, label: str, system: str) -> None:
        self.value = value
        self.label = label
        self.system = system


class Readings(Generic[T]):
    """All readings; ``is_complete`` says that every alternative is in one of them."""

    def __init__(self, readings: list[Reading[T]], is_complete: bool) -> None:
        self.readings = readings
        self.is_complete = is_complete


def concerns(
    installations: Iterable[Installation],
    unread: Iterable[NotUnderstood],
    names: Container[str],
) -> bool:
    """Whether anything of this is about one of the packages: only then alternatives matter."""
    return any(
        found.requirement.name in names
        for installation in installations
        for found in installation.requirements
    ) or any(part.names for part in unread)


def read_alternatives(read: Callable[[Choices], T], limit: int) -> Readings[T]:
    """Read with one choice for each question, as often as it takes to have every alternative
    once, and at most ``limit`` times."""
    plan = Plan(max(1, min(MAX_READINGS, limit)))
    found = [(read(choices), choices) for choices in plan.readings()]
    asked = {q for _, choices in found for q, answers in choices.seen.items() if len(answers) > 1}
    readings = []
    for value, choices in found:
        taken = {q: answer for q, answer in choices.taken.items() if q in asked}
        readings.append(Reading(value, _describe(taken), _find_system(choices.taken)))
    return Readings(readings, plan.is_complete)


def _describe(taken: Mapping[str, str]) -> str:
    """``where $ID is amzn, in the function install``."""
    said = []
    for question, answer in taken.items():
        short = question if len(question) <= 60 else f"{question[:60]}…"
        if question == UNCALLED:
            said.append(f"in the function {answer}")
        elif answer == "yes":
            said.append(f"where {short}")
        elif answer == OTHERWISE and (" " in question):
            said.append(f"where not {short}")
        elif answer == OTHERWISE:
            said.append(f"where {short} is something else")
        else:
            said.append(f"where {short} is {' or '.join(answer.split('|'))}")
    return ", ".join(said)


_CODENAMES = {
    "bionic": "ubuntu18.04",
    "focal": "ubuntu20.04",
    "jammy": "ubuntu22.04",
    "noble": "ubuntu24.04",
    "bookworm": "debian12",
}
_DISTRIBUTIONS = {
    "ubuntu": "ubuntu",
    "debian": "debian",
    "amzn": "amzn",
    "amazon": "amzn",
    "al2023": "amzn2023",
    "al2": "amzn2",
    "amazonlinux": "amzn",
    "rocky": "rocky",
}


def _find_system(taken: Mapping[str, str]) -> str:
    """The operating system that choices name, or the beginning of its name, empty for none."""
    system = version = ""
    for question, answer in taken.items():
        if "|" in answer or answer == OTHERWISE:
            continue
        word = answer.strip("\"'*").lower()
        if word in _CODENAMES:
            return _CODENAMES[word]
        match = re.fullmatch(r"([a-z]+(?:2023|2)?)[-_ ]?(\d+\.\d+|2023|2)?", word)
        if match is not None and match[1] in _DISTRIBUTIONS:
            system = _DISTRIBUTIONS[match[1]] + (match[2] or "")
        elif re.search(r"VERSION|RELEASE", question) and re.fullmatch(r"\d+(\.\d+)?", word):
            version = word
    if system and version and not re.search(r"\d", system):
        return system + version
    return system
