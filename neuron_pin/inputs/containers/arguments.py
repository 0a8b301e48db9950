"""The words that name a package to an installer: requirements of pip, packages of apt and rpm.

Source: apt-get(8), dnf(8), zypper(8), dpkg(1), rpm(8), for the forms of a package's name, and
which of their options take a value.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from neuron_pin.errors import InvalidPin, WrongUsage
from neuron_pin.inputs.requirements.requirement import parse_requirement
from neuron_pin.policy import Ecosystem

from .installation import ONLY_RUN, InstallArgument, Installation, NotUnderstood, names_in
from .installers import Call
from .shell_words import Word

_SYSTEM_VALUES_TEXT = (
    "-t --target-release --default-release -o --option -c --config-file --installroot "
    "--releasever --enablerepo --disablerepo --setopt --exclude -x --repo --repoid --from "
    "--host-architecture --advisory -r --type -R --root --comment"
)
_SYSTEM_VALUES = frozenset(_SYSTEM_VALUES_TEXT.split())
_RPM_NAME = r"([a-z][a-z0-9._+-]*?)-((?:\d+:)?\d[^\s]*)"
_ARCHITECTURE = r"\.(?:x86_64|aarch64|noarch|i[3-6]86)$"
_RPM_FILE = r"([A-Za-z][\w.+-]*)-([^-]+-[^-]+)\.(?:x86_64|aarch64|noarch|i[3-6]86)\.rpm"
_RPM_FILES = r"([A-Za-z][\w.+-]*?)-(\d[\d.]*)\*[^/]*\.rpm"
_DEB_FILE = r"([a-z0-9][a-z0-9.+-]*)_([^_]+)_[a-z0-9]+\.deb"
_OTHER_NAME = r"[a-z0-9][a-z0-9.+-]*\+(?:[:/=][^\s*?\[]+)?|[a-z0-9-]+\([^()]+\)"
"""What no requirement is called, and packages of others are: ``g++``, ``dnf-command(copr)``."""

_FULL = 4
"""Numbers of a whole version of a system package of Neuron's."""


def read_system(
    call: Call, place: str, names: Container[str]
) -> Iterator[Installation | NotUnderstood]:
    requirements: list[InstallArgument] = []
    values = iter(call.words)
    for word in values:
        if word.text.startswith("-"):
            if word.text in _SYSTEM_VALUES:
                next(values, None)
            continue
        if word.text.startswith("@") or word.text in ("*", "all"):
            # A group of packages, or all that is installed.
            continue
        about = tuple(names_in(word.text, names))
        if not word.is_known:
            yield NotUnderstood(word.text, word.line, ONLY_RUN, about)
            continue
        found = read_argument(word, place, call.ecosystem)
        requirements += found
        if not found and (about or not re.fullmatch(_OTHER_NAME, word.text)):
            yield NotUnderstood(word.text, word.line, _why_none(word, place, call.ecosystem), about)
    line = call.words[0].line if call.words else 0
    yield Installation(call.ecosystem, tuple(requirements), (), (), line)


def read_argument(word: Word, place: str, ecosystem: Ecosystem | None) -> list[InstallArgument]:
    text, origin = word.text, f"{place}:{word.line}"
    if ecosystem is not None:
        text = text[: word.redirection] if word.redirection >= 0 else text
        text = _system_text(text, ecosystem)
        if not text:
            return []
    try:
        requirement = parse_requirement(text, origin)
    except WrongUsage:
        requirement = None
    if word.redirection < 0 or ecosystem is not None:
        return [InstallArgument(requirement, word.line, word.text)] if requirement else []
    try:
        passed = parse_requirement(text[: word.redirection], origin)
    except WrongUsage:
        # Folders, archives, addresses: nothing that has a version here.
        return []
    return [InstallArgument(passed, word.line, word.text if requirement else "", requirement)]


def _why_none(word: Word, place: str, ecosystem: Ecosystem) -> str:
    """Why a word is no requirement: its version, where that is what cannot be read."""
    text = word.text[: word.redirection] if word.redirection >= 0 else word.text
    try:
        parse_requirement(_system_text(text, ecosystem), place)
    except InvalidPin as error:
        return error.message.rpartition(": ")[2]
    except WrongUsage:
        pass
    return "names no package"


def _system_text(text: str, ecosystem: Ecosystem) -> str:
    """A requirement as `parse_requirement` reads it; empty for what is none."""
    file = text.partition("?")[0].rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")
    if ecosystem is Ecosystem.RPM:
        found = re.fullmatch(_RPM_FILE, file)
        if found is not None:
            return f"rpm:{found[1]}={found[2]}"
        found = re.fullmatch(_RPM_FILES, file)
        if found is not None:
            return f"rpm:{found[1]}={_read_glob(f'{found[2]}*', ecosystem)}"
        text = re.sub(_ARCHITECTURE, "", text)
        # The latter as the plans write it: the commit follows an underscore, a release a dash.
        match = re.fullmatch(_RPM_NAME, text.removesuffix("-*").removesuffix("[_-]*"))
        text = f"{match[1]}={match[2]}" if match is not None else text
    else:
        found = re.fullmatch(_DEB_FILE, file)
        if found is not None:
            return f"apt:{found[1]}={found[2]}"
        # name:amd64 names an architecture, name/jammy a release.
        text = re.sub(r"^([a-z0-9.+-]+):[a-z0-9]+(?==|/|$)", r"\1", text)
        text = re.sub(r"^([a-z0-9.+-]+)/[a-z0-9-]+$", r"\1", text)
    name, equals, version = text.partition("=")
    if "/" in text or re.search(r"[*?\[]", name):
        return ""
    return f"{ecosystem.value}:{name}{equals}{_read_glob(version, ecosystem)}"


def _read_glob(version: str, ecosystem: Ecosystem) -> str:
    """A version as a pin writes it, of a glob that ends in the middle of a number: ``2.14*`` is
    a series, ``2.20.204.0*`` one version with any revision.  ``2.2*``, which may be 2.2 and 2.20,
    stays as it is, and so does every other glob: no pin says that."""
    stem = version.removesuffix("*")
    if stem == version or not stem[-1:].isalnum() or re.search(r"[*?\[]", stem):
        return version
    public, dash, _ = stem.rpartition(":")[2].partition("-")
    numbers = public.split(".")
    if dash or len(numbers) >= _FULL:
        return f"{stem}-*" if ecosystem is Ecosystem.APT and not dash else stem
    return f"{stem}.*" if len(numbers[-1]) > 1 or len(numbers) == 1 else version
