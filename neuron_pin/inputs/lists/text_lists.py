"""What package managers print of what is installed: pip, uv, conda, dpkg, apt, rpm and dnf.

Source: pip "pip list", "pip freeze"; conda "conda list"; dpkg-query(1), "Package states" and the
default formats of ``--show`` and ``--list``; apt(8), ``list``; rpm(8), query options; the output
of dnf 4, dnf 5 and yum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from neuron_pin.inputs.locks.detected import DetectedPackage, Reading
from neuron_pin.inputs.requirements.direct import read_direct
from neuron_pin.inputs.requirements.requirements_txt import read_text
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

from .installed import InstalledList

Lines = Sequence[tuple[int, str]]
"""Lines that are not empty, each with its number."""

_ARCHITECTURES = "x86_64|aarch64|noarch|i[3-6]86|armv7hl|ppc64le|s390x|riscv64|src"
_VERSION = r"(?:\d+:)?[0-9][^\s:]*"


def looks_like_list(path: str, head: bytes) -> bool:
    """Whether a text begins as the output of one of these programs does."""
    if re.search(r"freeze[^/]*\.(?:txt|in)$", path, re.IGNORECASE):
        return True
    text = _decode(head)
    return text is not None and _find_form(_number(text, is_cut=len(head) >= 1 << 16)) is not None


def read_text_list(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a list; raises `UnreadableInput`."""
    found = InstalledList(path, reading)
    lines = _number(read_text(path))
    form = _find_form(lines)
    (form.read if form is not None else _read_freeze)(lines, found)
    return found.finish()


def _decode(head: bytes) -> str | None:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = head.decode(encoding, "ignore" if len(head) >= 1 << 16 else "replace")
    return None if "\0" in text or "\ufffd" in text else text


def _number(text: str, *, is_cut: bool = False) -> list[tuple[int, str]]:
    lines = [(n, line.rstrip(" \r")) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    return lines[:-1] if is_cut else lines


class _Form(NamedTuple):
    """One form of list: how the line that begins it looks, or else every line, one of which is
    also as ``some`` says; and its reader."""

    head: str
    read: Callable[[Lines, InstalledList], None]
    every: str = ""
    some: str = ""


def _find_form(lines: Lines) -> _Form | None:
    # What a shell or a program says before its list.
    rows = [line for _, line in lines if not re.match(_NOISE, line)]
    for form in _FORMS:
        if form.head and any(re.match(form.head, line) for line in rows[:20]):
            return form
        if form.every and len(rows) > 1 and all(re.fullmatch(form.every, line) for line in rows):
            if any(re.search(form.some, line) for line in rows):
                return form
    return None


_NOISE = (
    r"\$ |[#>] ?(?:pip|uv|dpkg|rpm|dnf|yum|apt)\b|WARNING\b|DEPRECATION\b|\[notice\]|Using Python "
)


def _after(lines: Lines, head: str) -> Lines:
    """The lines behind the one that begins a list."""
    begin = next((n for n, (_, line) in enumerate(lines) if re.match(head, line)), -1)
    return lines[begin + 1 :]


# pip, uv ------------------------------------------------------------------------------------


_PIP_HEAD = r"Package\s+Version\b"


# In columns: of a tab dpkg-query is the writer, and of Debian a version with a revision.
_PIP_ROW = r"(?!aws-neuron)[A-Za-z0-9][\w.-]* +\d[0-9a-z.]*(?:\+[\w.]+)?(?: +/\S+)?"


def _read_pip(lines: Lines, found: InstalledList) -> None:
    for number, line in _after(lines, _PIP_HEAD):
        words = line.split()
        if re.match(_NOISE, line) or set(line) <= {"-", " "}:
            continue
        if len(words) < 2:
            found.tell(number, f"{line[:60]!r} is no row of pip list")
            continue
        found.add(Ecosystem.PIP, words[0], words[1], number)


_FREEZE_HEAD = (
    r"# Editable (?:install with no version control|Git install|\w+ install)"
    r"|## (?:The following requirements were added by pip freeze:|FIXME: could not find)"
)


def _read_freeze(lines: Lines, found: InstalledList) -> None:
    for number, line in lines:
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not text or re.match(_NOISE, line) or text.startswith(("-i ", "--")):
            continue
        pinned = re.fullmatch(r"([A-Za-z0-9][\w.-]*)\s*===?\s*(\S+)", text)
        if pinned is not None:
            found.add(Ecosystem.PIP, pinned[1], pinned[2], number)
            continue
        reference = read_direct(re.sub(r"^-e\s+", "", text))
        if reference is not None and reference.version:
            found.add(
                Ecosystem.PIP, reference.name, reference.version, number, source=reference.url
            )
            continue
        what = reference.name if reference is not None else repr(text[:60])
        found.tell(number, f"{what}: the line states no version", is_error=False)


# conda ----------------------------------------------------------------------------------------


_CONDA_HEAD = (
    r"# packages in environment at |\s*List of packages in environment:|# Name\s+Version\b"
)


def _read_conda(lines: Lines, found: InstalledList) -> None:
    for number, line in _after(lines, _CONDA_HEAD):
        words = line.split()
        if line.startswith("#") or words[:2] == ["Name", "Version"] or not re.search(r"\w", line):
            continue
        if len(words) < 2:
            found.tell(number, f"{line[:60]!r} is no row of conda list")
            continue
        _add_conda(words[0], words[1], number, found)


def _add_conda(name: str, version: str, number: int, found: InstalledList) -> None:
    if name.startswith("_"):
        return  # What conda uses to tell builds apart is no package of anybody's.
    if name == "python":
        found.python = version
    found.add(Ecosystem.PIP, name, version, number)


_CONDA_ROW = r"[\w.-]+\s+\d\S*\s+(?:pypi_0\s+pypi|\S*py\d+\S*_\d+(?:\s+[\w./-]+)?)\s*$"
_EXPORT_HEAD = r"# This file may be used to create an environment using:"


def _read_export(lines: Lines, found: InstalledList) -> None:
    for number, line in lines:
        if line.startswith(("#", "@")):
            continue
        url = re.fullmatch(
            r"https?://\S*/([^/\s]+)-([^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2)\S*", line
        )
        row = url or re.fullmatch(r"([\w.-]+)=([^=\s]+)(?:=\S+)?", line)
        if row is None:
            found.tell(number, f"{line[:60]!r} is no row of conda list --export or --explicit")
            continue
        _add_conda(row[1], row[2], number, found)


# dpkg, apt ------------------------------------------------------------------------------------


_DPKG_HEAD = r"\|\|[/|] Name\s+Version"
"""With a slash up to dpkg 1.22, with a third bar in 1.23."""

_DPKG_ROW = r"[uirph][nicUFHWt]R?\s+[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?\s+(?:\d\S*|<none>)\s+\S"
_STATES = {
    "i": "installed",
    "U": "unpacked",
    "F": "half-configured",
    "H": "half-installed",
    "W": "triggers-awaited",
    "t": "triggers-pending",
}


def _read_dpkg(lines: Lines, found: InstalledList) -> None:
    # Without a head where somebody picked rows: dpkg -l | grep neuron.
    rows = _after(lines, _DPKG_HEAD)
    rule = rows[0][1] if rows and rows[0][1].startswith("+++-") else ""
    widths = [len(part) for part in rule[4:].split("-")][:2] if rule else []
    cells = [(number, line, line.split(None, 4)) for number, line in rows[bool(rule) :]]
    full = [
        sum(len(words) > 2 and len(words[column]) == width for _, _, words in cells)
        for column, width in enumerate(widths, 1)
    ]
    is_narrow = 0 < len(rule) <= _TERMINAL
    for number, line, words in cells:
        if len(words) < 3 or not re.fullmatch(r"[uirph][nicUFHWt][R]?", words[0]):
            found.tell(number, f"{line[:60]!r} is no row of dpkg -l")
            continue
        state = _STATES.get(words[0][1], "")
        if not state:
            continue  # Removed; its configuration is left.
        name, version = words[1].partition(":")[0], words[2]
        # A column is cut where the terminal was narrow: then its rows fill it alike.
        if is_narrow and any(
            count > 2 and len(word) == width
            for count, width, word in zip(full, widths, words[1:], strict=False)
        ):
            hint = "write the list with: dpkg-query -W"
            found.tell(number, f"{words[1]} {version} may be cut off", hint, is_error=False)
            continue
        whole = "" if state == "installed" else state
        found.add(Ecosystem.APT, name, version, number, state=whole)


_TERMINAL = 132
"""Characters of a terminal that dpkg cuts its columns for; written to a file they are whole."""

_QUERY = rf"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?(?:\t| +)(?:{_VERSION})?"


def _read_query(lines: Lines, found: InstalledList) -> None:
    for number, line in lines:
        words = line.split()
        if re.match(_NOISE, line) or len(words) < 2:
            continue  # Without a version only the configuration is left.
        found.add(Ecosystem.APT, words[0].partition(":")[0], words[1], number)


_APT_ROW = r"([^\s/]+)/\S+ (\S+) (\S+)(?: \[(.*)\])?"
_APT_HEAD = r"[^\s/]+/\S+ \S+ \S+ \[(?:installed|upgradable from|residual-config)"


def _read_apt(lines: Lines, found: InstalledList) -> None:
    for number, line in lines:
        if line.startswith(("Listing...", "WARNING:", "N: ", "E: ")) or re.match(_NOISE, line):
            continue
        row = re.fullmatch(_APT_ROW, line)
        if row is None:
            found.tell(number, f"{line[:60]!r} is no row of apt list")
            continue
        marks = row[4] or ""
        older = re.search(r"upgradable from: ([^\],]+)", marks)
        if older is not None or "installed" in marks:
            version = older[1] if older is not None else row[2]
            found.add(Ecosystem.APT, row[1].partition(":")[0], version, number)


# rpm, dnf -------------------------------------------------------------------------------------


_RPM_ROW = rf"([\w.+-]+)-([^\s-]+)-([^\s-]+?)(?:\.(?:{_ARCHITECTURES}|\(none\)))?"
_RPM_EVERY = rf"[\w.+-]+-[^\s-]+-[^\s-]+(?:\.(?:{_ARCHITECTURES})|\.\(none\))|gpg-pubkey-\S+"


def _read_rpm(lines: Lines, found: InstalledList) -> None:
    for number, line in lines:
        row = re.fullmatch(_RPM_ROW, line)
        if re.match(_NOISE, line) or line.startswith("gpg-pubkey-"):
            continue
        if row is None:
            found.tell(number, f"{line[:60]!r} is no row of rpm -qa")
            continue
        found.add(Ecosystem.RPM, row[1], f"{row[2]}-{row[3]}", number)


_RPM_COLUMNS = rf"[\w.+-]+\s+[0-9a-z]\S*\s+\d\S*(?:\s+(?:{_ARCHITECTURES}|\(none\)))?"


def _read_columns(lines: Lines, found: InstalledList) -> None:
    for number, line in lines:
        words = line.split()
        if re.match(_NOISE, line) or words[0] == "gpg-pubkey":
            continue
        version = f"{words[1]}-{words[2]}" if len(words) > 2 else words[1]
        found.add(Ecosystem.RPM, words[0], version, number)


_DNF_HEAD = r"Installed [Pp]ackages$"
_DNF_ROW = rf"[\w.+-]+\.(?:{_ARCHITECTURES})\s+(?:\d+:)?\d\S*-\S+\s+@\S+\s*$"
_DNF_OTHER = r"(?:Available|Obsoleting|Upgraded|Recently Added|Extra) [Pp]ackages$"


def _read_dnf(lines: Lines, found: InstalledList) -> None:
    for number, words in _unwrap(_after(lines, _DNF_HEAD)):
        name, _, architecture = words[0].rpartition(".")
        if len(words) < 2 or not re.fullmatch(_ARCHITECTURES, architecture):
            found.tell(number, f"{' '.join(words)[:60]!r} is no row of dnf list")
            continue
        found.add(Ecosystem.RPM, name, words[1].rpartition(":")[2], number)


def _unwrap(lines: Lines) -> Iterator[tuple[int, list[str]]]:
    """Rows of three words; yum goes on in the next line where one is too long."""
    pending: list[str] = []
    start = 0
    for number, line in lines:
        if re.match(_DNF_OTHER, line):
            break
        words = line.split()
        if line[0].isspace() and pending:
            pending += words
            continue
        if pending:
            yield start, pending
        pending, start = words, number
    if pending:
        yield start, pending


_DISTRIBUTION = r"\.(?:el|amzn|fc)\d"

_FORMS = (
    _Form(_PIP_HEAD + r"(?:\s+(?:Editable|Latest|Location|Installer).*)?\s*$", _read_pip),
    _Form(_CONDA_HEAD, _read_conda),
    _Form(_EXPORT_HEAD + "|@EXPLICIT$", _read_export),
    _Form(f"{_DPKG_HEAD}|{_DPKG_ROW}", _read_dpkg),
    _Form(_DNF_HEAD, _read_dnf),
    _Form(_APT_HEAD, _read_apt),
    _Form(_FREEZE_HEAD, _read_freeze),
    # Rows alone, picked by grep.
    _Form(_DNF_ROW, _read_dnf),
    _Form(_CONDA_ROW, _read_conda),
    _Form("", _read_rpm, _RPM_EVERY),
    _Form("", _read_columns, _RPM_COLUMNS),
    _Form("", _read_columns, _QUERY, _DISTRIBUTION),
    _Form("", _read_pip, _PIP_ROW),
    _Form("", _read_query, _QUERY),
)
"""The forms, those with a line of their own first."""
