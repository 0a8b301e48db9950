"""What a command installs, and what of a command is not understood."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from neuron_pin.catalog import canonicalize_name
from neuron_pin.inputs.requirements.direct import DirectReference
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple


class InstallArgument(NamedTuple):
    """A requirement as the shell passes it on, with its line and the word as written.
    ``meant`` is what the word says where an unquoted ``<`` or ``>`` of it is a redirection to
    the shell, none where all of it reaches the installer."""

    requirement: Requirement
    line: int
    word: str
    meant: Requirement | None = None


class Installation(NamedTuple):
    """What one command installs: requirements, requirements files, and the indexes that the
    command, or what is set for it, names.  ``direct`` are the packages that it takes from an
    address, each with its line.  ``python`` is the Python that it installs for: none for the
    default one, empty for unknown.  ``file`` is the file that the command is in."""

    ecosystem: Ecosystem
    requirements: tuple[InstallArgument, ...]
    files: tuple[tuple[str, int], ...]
    indexes: tuple[str, ...]
    line: int
    direct: tuple[tuple[DirectReference, int], ...] = ()
    python: str | None = None
    file: str = ""


class NotUnderstood(NamedTuple):
    """A part of a command that says nothing that could be checked: as written, its line, why,
    the ``names`` of packages that it may concern, and the file that it is in."""

    text: str
    line: int
    reason: str
    names: tuple[str, ...] = ()
    file: str = ""


ONLY_RUN = "only running it would tell what it stands for"


def find_names(text: str, names: Container[str]) -> tuple[str, ...]:
    """The names of packages that stand anywhere in a text, in order, each once."""
    words = re.findall(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", text)
    found = dict.fromkeys(canonicalize_name(word) for word in words)
    return tuple(name for name in found if name in names)


def names_in(text: str, names: Container[str]) -> Iterator[str]:
    begins = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
    if begins is not None:
        # dnf has the version behind a dash.
        for written in (begins[0], re.split(r"-\d", begins[0])[0]):
            name = canonicalize_name(written.rstrip("._-"))
            if name in names:
                yield name
                return
    yield from _name_of_file(text, names)
    if re.search(r"[*?\[]", text.partition("=")[0]):
        yield text.partition("=")[0]


def _name_of_file(text: str, names: Container[str]) -> Iterator[str]:
    """Of an address or a path: the name of the repository, or of the file."""
    if "/" in text:
        last = re.split(r"[@#?]", text.rstrip("/").rpartition("/")[2])[0].removesuffix(".git")
        stem = re.match(r"(.+?)[-_]\d", last)
        for each in (last, stem[1] if stem is not None else ""):
            name = canonicalize_name(each)
            if each and name in names:
                yield name
                return
