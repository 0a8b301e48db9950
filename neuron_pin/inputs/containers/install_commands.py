"""What commands install: pip, uv, apt, dnf and yum lines, word by word.

Source: pip-install(1), "uv pip install", apt-get(8), dnf(8), for which of their options take
a value.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs.requirements.direct import DirectReference, read_direct
from neuron_pin.inputs.requirements.requirement import Requirement, parse_requirement
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

from .shell import Word, read_commands, script_lines

MAX_DEPTH = 3


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
    command names.  ``direct`` are the packages that it takes from an address, each with its
    line."""

    ecosystem: Ecosystem
    requirements: tuple[InstallArgument, ...]
    files: tuple[tuple[str, int], ...]
    indexes: tuple[str, ...]
    line: int
    direct: tuple[tuple[DirectReference, int], ...] = ()


_PIP_VALUES_TEXT = (
    "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links "
    "--trusted-host -t --target --prefix --root --python -p --platform --python-version "
    "--implementation --abi --index-strategy --cache-dir -P --upgrade-package --config-file "
    "--index --default-index --no-binary --only-binary --progress-bar --timeout --retries "
    "--src --global-option --config-settings -C --proxy --cert --client-cert --report --group "
    "--override --build-constraint -b --link-mode --keyring-provider --exclude-newer "
    "--upgrade-strategy --root-user-action"
)
_PIP_VALUES = frozenset(_PIP_VALUES_TEXT.split())
_SYSTEM_VALUES_TEXT = (
    "-t --target-release --default-release -o --option -c --config-file --installroot "
    "--releasever --enablerepo --disablerepo --setopt --exclude -x --repo --repoid"
)
_SYSTEM_VALUES = frozenset(_SYSTEM_VALUES_TEXT.split())
_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "--index", "--default-index")
_RPM_NAME = r"([a-z][a-z0-9._+-]*?)-(\d[^\s]*)"


def read_installations(
    commands: Iterable[Sequence[Word]], place: str, names: Container[str]
) -> Iterator[Installation]:
    """The installations among commands; ``place`` is the file that they stand in.

    Requirements that cannot be read, or that only running would tell, are passed over, and so
    are ranges of packages that are not among ``names``: nothing is said of those, and reading
    them costs more than the rest of the file.
    """
    yield from _read(commands, place, names, 0)


def _read(
    commands: Iterable[Sequence[Word]], place: str, names: Container[str], depth: int
) -> Iterator[Installation]:
    for command in commands:
        words = [word.text for word in command]
        program = words[0].rpartition("/")[2]
        if program in ("sh", "bash", "dash") and "-c" in words[1:-1] and depth < MAX_DEPTH:
            inner = command[words.index("-c") + 1]
            lines = script_lines((inner.line, line) for line in inner.text.splitlines())
            for found in _read(read_commands(lines, {}), place, names, depth + 1):
                yield found._replace(requirements=tuple(map(_inside_quotes, found.requirements)))
            continue
        rest = _after_install(program, words)
        if rest is None:
            continue
        ecosystem, start = rest
        if ecosystem is Ecosystem.PIP:
            yield _pip(command[start:], command[0].line, place, names)
        else:
            yield _system(command[start:], command[0].line, place, ecosystem)


def _inside_quotes(argument: InstallArgument) -> InstallArgument:
    """Of a script that is a word itself: further quotes could end those around it, so a word
    that needs them is not one to be written anew."""
    return argument._replace(word="") if argument.meant is not None else argument


def _after_install(program: str, words: Sequence[str]) -> tuple[Ecosystem, int] | None:
    """Where the arguments of an installing command begin, none for another command."""
    if re.fullmatch(r"pip[\d.]*", program):
        return _from(Ecosystem.PIP, words, 1, "install")
    if re.fullmatch(r"python[\d.]*|pypy[\d.]*", program) and "-m" in words[:4]:
        at = words.index("-m")
        if words[at + 1 : at + 2] == ["pip"]:
            return _from(Ecosystem.PIP, words, at + 2, "install")
    if program == "uv" and "pip" in words[1:3]:
        return _from(Ecosystem.PIP, words, words.index("pip") + 1, "install")
    if program in ("apt-get", "apt", "aptitude"):
        return _from(Ecosystem.APT, words, 1, "install")
    if program in ("dnf", "dnf5", "yum", "microdnf", "tdnf"):
        return _from(Ecosystem.RPM, words, 1, "install")
    return None


def _from(
    ecosystem: Ecosystem, words: Sequence[str], start: int, verb: str
) -> tuple[Ecosystem, int] | None:
    for index in range(start, len(words)):
        if words[index] == verb:
            return ecosystem, index + 1
        if not words[index].startswith("-") and words[index - 1] not in _SYSTEM_VALUES:
            return None
    return None


def _pip(words: Sequence[Word], line: int, place: str, names: Container[str]) -> Installation:
    requirements, files, indexes, direct = [], [], [], []
    values = iter(words)
    for word in values:
        name, _, value = word.text.partition("=")
        if word.text.startswith("-"):
            if len(word.text) > 2 and word.text[:2] in ("-r", "-c", "-i"):
                name, value = word.text[:2], word.text[2:]
            if name in _PIP_VALUES and not value:
                found = next(values, None)
                value = found.text if found is not None else ""
            if name in _INDEX_OPTIONS and value:
                indexes.append(value.partition("=")[2] if "=http" in value else value)
            elif name in ("-r", "--requirement", "-c", "--constraint") and value:
                files.append((value, word.line))
            continue
        reference = read_direct(word.text) if word.is_known and "://" in word.text else None
        if reference is not None:
            direct.append((reference, word.line))
            continue
        begins = re.match(r"[A-Za-z0-9._-]*", word.text)
        is_plain = not any(sign in word.text for sign in "<>~!;@")
        if word.is_known and (is_plain or (begins and canonicalize_name(begins[0]) in names)):
            requirements += _requirement(word, place, None)
    return Installation(
        Ecosystem.PIP, tuple(requirements), tuple(files), tuple(indexes), line, tuple(direct)
    )


def _system(words: Sequence[Word], line: int, place: str, ecosystem: Ecosystem) -> Installation:
    requirements = []
    values = iter(words)
    for word in values:
        if word.text.startswith("-"):
            if word.text in _SYSTEM_VALUES:
                next(values, None)
            continue
        if word.text in ("install", "-y") or not word.is_known:
            continue
        requirements += _requirement(word, place, ecosystem)
    return Installation(ecosystem, tuple(requirements), (), (), line)


def _requirement(word: Word, place: str, ecosystem: Ecosystem | None) -> list[InstallArgument]:
    text, origin = word.text, f"{place}:{word.line}"
    if ecosystem is Ecosystem.RPM:
        match = re.fullmatch(_RPM_NAME, text)
        text = f"rpm:{match[1]}={match[2]}" if match is not None else f"rpm:{text}"
    elif ecosystem is Ecosystem.APT:
        # name:amd64 names an architecture.
        text = "apt:" + re.sub(r"^([a-z0-9.+-]+):[a-z0-9]+(?==|$)", r"\1", text)
    try:
        requirement = parse_requirement(text, origin)
        if word.redirection < 0 or ecosystem is not None:
            return [InstallArgument(requirement, word.line, word.text)]
        passed = parse_requirement(text[: word.redirection], origin)
    except WrongUsage:
        # Folders, archives, addresses, relations of apt: nothing that has a version here.
        return []
    return [InstallArgument(passed, word.line, word.text, requirement)]
