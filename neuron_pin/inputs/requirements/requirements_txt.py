"""Requirements and constraints files.

Source: pip's "Requirements File Format".  Read here: requirements with their hashes, comments,
continued lines, ``${VARIABLES}``, nested ``-r`` and ``-c``, where to look.  Everything else is
refused by name, so that nothing in a file is silently without effect.
"""

from __future__ import annotations

import codecs
import os
import re
import shlex
from collections.abc import Iterable, Mapping

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.fs.reading import read_bounded

from .direct import DirectReference, find_local_path, pin_direct, read_direct
from .requirement import Requirement, parse_requirement

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20
"""The largest file, and the deepest nesting of ``-r``, that is read."""


class UnjudgedLine(UnreadableInput):
    """A line that pip takes, and that states nothing a policy could judge."""


class UnjudgedOption(UnjudgedLine):
    """An option that changes how every package of the file is taken: of no concern where none
    is to be judged."""


class RequirementsFile:
    """What one file, and those that it names, ask for, and where they look for it."""

    __slots__ = (
        "constraints",
        "direct",
        "extra_index_urls",
        "find_links",
        "index_url",
        "is_lenient",
        "no_index",
        "problems",
        "require_hashes",
        "requirements",
        "requires_python",
    )

    def __init__(self, is_lenient: bool = False) -> None:
        # A lenient reader keeps requirements by address or path, each with its place, and says
        # of every other line that it cannot read what is wrong with it.
        self.is_lenient = is_lenient
        self.problems: list[UnreadableInput] = []
        self.direct: list[tuple[DirectReference, str]] = []
        self.requirements: list[Requirement] = []
        self.constraints: list[Requirement] = []
        self.index_url: str | None = None
        self.extra_index_urls: list[str] = []
        self.find_links: list[str] = []
        self.no_index = False
        self.require_hashes = False
        # A project's requires-python, and where it stands.
        self.requires_python: tuple[str, str] | None = None


_COMMENT = r"(^|\s)#.*$"
_HASH = r"\s--hash(?:=|\s+)(\S+)"
_DIGEST = r"sha256:[0-9a-fA-F]{64}"
_PIP_DIGEST = r"sha(?:256|384|512):[0-9a-fA-F]+"
_LATER_OPTION = r"\s--?[A-Za-z]"
_BUILD_OPTIONS = ("-C", "--config-setting", "--config-settings", "--global-option")
_OPTION = r"(--?[A-Za-z-]+)(?:(?:=|\s+)(.*))?"
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"
_CODING = rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)"
_ALIASES = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-i": "--index-url",
    "--pypi-url": "--index-url",
    "-f": "--find-links",
    "-e": "--editable",
}
_WITH_VALUE = ("--requirement", "--constraint", "--index-url", "--extra-index-url", "--find-links")
_REFUSED = {
    "--editable": (
        "an editable requirement has no version that a policy could judge",
        "name the project's dependencies instead: -r pyproject.toml",
    ),
    "--pre": (
        "--pre would take the pre-releases of everything",
        "name one: 'NAME>=2.0rc1'; Neuron's own come with --phase beta",
    ),
    "--no-binary": (
        "--no-binary builds from source, which runs a package's own code",
        "--build NAME allows it for one package",
    ),
    "--trusted-host": (
        "--trusted-host turns off the check of a host's certificate",
        "--cert names the authority that signed it",
    ),
}


def read_requirements(
    path: str,
    *,
    constraints: bool = False,
    environ: Mapping[str, str] | None = None,
    is_lenient: bool = False,
) -> RequirementsFile:
    """Read a file and all that it includes; raises `UnreadableInput` with file and line, and with
    every other line that cannot be read.

    ``environ`` gives the values of ``${NAME}``; as with pip, one that is not set stands.
    With ``is_lenient`` a line that cannot be read is one of ``problems``, and requirements by
    address or path are collected; otherwise both are refused.
    """
    found = RequirementsFile(is_lenient)
    _read(path, constraints, found, (), environ or {})
    if found.require_hashes:
        for requirement in found.requirements:
            if not requirement.hashes:
                problem = "has no hash, and --require-hashes was given"
                found.problems.append(UnreadableInput(*_place(requirement), problem))
    if found.problems and not is_lenient:
        first, *others = found.problems
        first.further = tuple(others)
        raise first
    return found


def read_rows(
    path: str, rows: Iterable[str], environ: Mapping[str, str] | None = None
) -> RequirementsFile:
    """The lines of a requirements file that would be written as ``path``, read leniently."""
    found = RequirementsFile(is_lenient=True)
    _read_lines(path, "\n".join(rows), False, found, (), environ or {})
    return found


def _place(requirement: Requirement) -> tuple[str, int]:
    path, _, line = requirement.origin.rpartition(":")
    return path, int(line)


def _read(
    path: str,
    constraints: bool,
    found: RequirementsFile,
    above: tuple[str, ...],
    environ: Mapping[str, str],
) -> None:
    resolved = os.path.realpath(path)
    if resolved in above or len(above) >= MAX_DEPTH:
        raise UnreadableInput(path, None, "includes itself" if resolved in above else "too deep")
    _read_lines(path, read_text(path), constraints, found, (*above, resolved), environ)


def _read_lines(
    path: str,
    text: str,
    constraints: bool,
    found: RequirementsFile,
    above: tuple[str, ...],
    environ: Mapping[str, str],
) -> None:
    """Every line, those that cannot be read as problems, so that one hides no other."""
    for number, written in logical_lines(text):
        line = written
        if "${" in written:
            line = re.sub(_VARIABLE, lambda match: environ.get(match[1]) or match[0], written)
        for part in _split_options(line) if line.startswith("-") else [line]:
            try:
                if part.startswith("-"):
                    _option(path, number, part, constraints, found, above, environ)
                else:
                    _line(path, number, part, constraints, found)
            except UnreadableInput as error:
                found.problems.append(error)


def _line(path: str, number: int, line: str, constraints: bool, found: RequirementsFile) -> None:
    reference = read_direct(line) if found.is_lenient else None
    if reference is not None:
        found.direct.append((reference, f"{path}:{number}"))
        return
    if constraints:
        line = pin_direct(line)
    local = find_local_path(line)
    if local:
        raise UnjudgedLine(
            path,
            number,
            f"{local} is a local path, and not a package of an index",
            hint="for a wheel write NAME==VERSION, and add a line: --find-links FOLDER; for a "
            "project name its file: -r FOLDER/pyproject.toml",
        )
    try:
        requirement = _requirement(path, number, line, found.is_lenient)
    except WrongUsage as error:
        problem = error.message.removeprefix(f"{path}:{number}: ")
        raise UnreadableInput(path, number, problem, hint=error.hint) from None
    (found.constraints if constraints else found.requirements).append(requirement)


def _requirement(path: str, number: int, line: str, is_lenient: bool) -> Requirement:
    hashes = []
    rest = " " + line
    for digest in re.findall(_HASH, rest) if "--hash" in rest else ():
        if is_lenient and re.fullmatch(_PIP_DIGEST, digest):
            # pip knows other digests and options, and none of them changes what is asked for.
            hashes.append(digest.lower())
        elif not re.fullmatch(_DIGEST, digest):
            raise WrongUsage(
                f"{digest[:80]!r} is not a hash that files can be checked against",
                hint="write sha256: and 64 hexadecimal digits",
            )
        else:
            hashes.append(digest.lower())
    if hashes:
        rest = re.sub(_HASH, "", rest)
    has_option = any(word.startswith("-") for word in rest.split())
    option = re.search(_LATER_OPTION, rest) if has_option else None
    if option is not None and is_lenient:
        rest = rest[: option.start()]
    elif option is not None:
        name = rest[option.start() :].split()[0].partition("=")[0]
        if name in _BUILD_OPTIONS:
            raise WrongUsage(
                f"option {name} of a requirement is for its build, and decides no version",
                hint="take it out of this file, and give it to the program that installs",
            )
        raise WrongUsage(f"option {name} of a requirement is not supported here")
    return parse_requirement(rest.strip(), f"{path}:{number}")._replace(hashes=tuple(hashes))


def _split_options(line: str) -> list[str]:
    """The options of a line, each with its value."""
    found: list[str] = []
    try:
        # pip takes quotes as a shell does.
        words = shlex.split(line) if re.search("[\"']", line) else line.split()
    except ValueError:
        words = line.split()
    for word in words:
        if word.startswith("-") or not found:
            found.append(word)
        else:
            found[-1] += f" {word}"
    return found


def _option(
    path: str,
    number: int,
    line: str,
    constraints: bool,
    found: RequirementsFile,
    above: tuple[str, ...],
    environ: Mapping[str, str],
) -> None:
    match = re.fullmatch(_OPTION, line)
    name = match[1] if match else line
    value = (match[2] or "").strip() if match else ""
    if name not in _ALIASES and line[:2] in _ALIASES and not line.startswith("--"):
        name, value = line[:2], line[2:].strip()
    name = _ALIASES.get(name, name)
    if name in _WITH_VALUE and not value:
        raise UnreadableInput(path, number, f"{name} without a value")
    beside = os.path.join(os.path.dirname(path), value)
    if name in ("--requirement", "--constraint"):
        _read(beside, constraints or name == "--constraint", found, above, environ)
    elif name == "--index-url":
        found.index_url = value
    elif name == "--extra-index-url":
        found.extra_index_urls.append(value)
    elif name == "--find-links":
        # pip: a relative one is looked for beside the file that names it.
        found.find_links.append(beside if os.path.exists(beside) else value)
    elif name == "--no-index":
        found.no_index = True
    elif name == "--require-hashes":
        found.require_hashes = True
    elif name == "--editable" and found.is_lenient and (reference := read_direct(value)):
        found.direct.append((reference, f"{path}:{number}"))
    elif name in _REFUSED:
        problem, hint = _REFUSED[name]
        kind = UnjudgedLine if name == "--editable" else UnjudgedOption
        raise kind(path, number, problem, hint=hint)
    # Wheels alone are what is taken anyhow.
    elif name not in ("--only-binary", "--prefer-binary"):
        raise UnjudgedLine(path, number, f"option {name} is not supported here")


def read_text(path: str) -> str:
    """A file's text, decoded as pip does: by its byte order mark, by a coding line (PEP 263),
    else as UTF-8.  Raises `UnreadableInput`."""
    data = read_bounded(path, MAX_BYTES)
    encoding = _encoding(path, data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        name = "UTF-8" if encoding in ("utf-8", "utf-8-sig") else encoding
        raise UnreadableInput(path, number, f"not {name} text") from None
    if "\0" in text:
        raise UnreadableInput(path, text[: text.index("\0")].count("\n") + 1, "a NUL byte")
    return text


# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _encoding(path: str, data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    for number, line in enumerate(data.split(b"\n", 2)[:2], 1):
        match = re.match(_CODING, line) if b"coding" in line else None
        if match:
            name = match[1].decode()
            try:
                # Not every codec makes text of bytes: rot13, zip.
                if codecs.lookup(name)._is_text_encoding:
                    return name
            except LookupError:
                pass
            raise UnreadableInput(path, number, f"unknown encoding {name[:40]!r}")
    return "utf-8"


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with the continued ones joined and comments gone, each with its first number."""
    if "#" not in text and "\\" not in text:
        rows = enumerate(map(str.strip, text.splitlines()), 1)
        return [(number, line) for number, line in rows if line]
    lines: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        # pip: a line of comment alone, which may follow a backslash, is one all the same.
        raw = f" {raw}" if re.match(_COMMENT, raw) else raw
        # pip: a comment ends a line even when it ends in a backslash.
        if raw.endswith("\\") and not re.search(_COMMENT, raw):
            pending += raw[:-1]
            continue
        line = re.sub(_COMMENT, "", pending + raw).strip()
        if line:
            lines.append((start, line))
        pending, start = "", 0
    if pending.strip():
        lines.append((start, re.sub(_COMMENT, "", pending).strip()))
    return lines
