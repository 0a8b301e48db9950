"""What a file says beside what its reader understands: whether it is about Neuron at all, and
install commands within texts that no reader takes for a script.

Such texts are user data in a variable or a here-document, what ``ssh`` is given, parameters of
another program.  They are not judged, and said, so that nothing is passed over in silence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator

from neuron_pin.catalog import Catalog, canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.containers.script_files import read_script_text
from neuron_pin.inputs.containers.shell_words import split_rows
from neuron_pin.inputs.requirements.requirements_txt import read_text

from .finding import Severity
from .requirements import list_neuron_names
from .unread import UnreadPart

MAX_LINE = 4000
MAX_TOLD = 20
"""Characters of a line that are looked at, and commands of one file that are told."""

_INSTALLS = re.compile(
    r"(?<![\w./-])(?:pip[\d.]*|uv|apt|apt-get|yum|dnf|microdnf|zypper|conda|mamba|micromamba)"
    r"\s[^;|&]{0,120}?(?<![\w-])(?:install|add|upgrade|downgrade|reinstall)(?![\w-])"
)
_OTHER_VERBS = re.compile(
    r"\s(?:versionlock|config-manager|config|repo|source|remove|erase|purge|uninstall|download|hold"
    r"|list|show|search|info|mark)\s"
)
_PRINTS = re.compile(
    r"(?:^|[;&|({]|\b(?:then|else|do)\b)\s*[-@]?\s*"
    r"(?:echo|printf|print|log\w*|info|warn\w*|err\w*|die|fail\w*|usage)\b"
)
_PRINTED = re.compile(r"\s*cat\s*<<-?\s*['\"]?(\w+)['\"]?\s*$")
_SAYS = re.compile(r"\s*-?\s*[\"']?(?:name|description|title|summary|help|msg|message)[\"']?\s*:")


_ABOUT = re.compile(
    r"neuronx|aws[-_/ ]?neuron|torch[-_]neuron|neuron[-_](?:cc|sdk|rt|helm|device|scheduler)"
    r"|NEURON_|libneuronxla|neuron\.amazonaws|inferentia|trainium|(?<![a-z0-9])(?:inf[12]|trn[123]n?)(?![a-z0-9])",
    re.IGNORECASE,
)


def mentions_neuron(path: str) -> bool:
    """Whether a file, or its name, has a word of AWS Neuron or of its instances outside comments:
    in a variable, a label, or the name of a script that it copies."""
    if _ABOUT.search(os.path.basename(path)):
        return True
    lines = read_text(path).splitlines()
    return any(_ABOUT.search(line) and not line.lstrip().startswith("#") for line in lines)


def list_told(path: str, recipe: Recipe) -> set[str]:
    """The places of what the stages install, and of what of them was not read."""
    told = set()
    for stage in recipe.stages:
        told |= {f"{part.file or path}:{part.line}" for part in stage.unread}
        for found in stage.installations:
            file = found.file or path
            told |= {
                f"{file}:{line}" for line in (found.line, *(r.line for r in found.requirements))
            }
            told |= {f"{file}:{line}" for _, line in (*found.files, *found.direct)}
    return told


def find_texts(path: str, catalog: Catalog, told: Collection[str]) -> Iterator[UnreadPart]:
    """The install commands of Neuron packages in a file that stand on lines of which nothing is
    told otherwise; ``told`` has the places, ``file:line``, of what is."""
    try:
        text = read_script_text(path)
    except UnreadableInput:
        return
    if re.search("neuron|nki", text, re.IGNORECASE) is None:
        return
    names = list_neuron_names(catalog)
    number = 0
    for first, last, line in _join_lines(text):
        if number >= MAX_TOLD:
            return
        found = _INSTALLS.search(line)
        if found is None or not _has_name(line[found.end() :], names):
            continue
        if _OTHER_VERBS.search(found[0]) or _is_said(line, found.start()):
            continue
        if any(f"{path}:{each}" in told for each in range(first, last + 1)):
            continue
        number += 1
        shown = line[found.start() :].strip()
        reason = "an install command within a text"
        yield UnreadPart(f"{path}:{first}", shown, reason, Severity.WARNING)


def find_in_others(paths: Iterable[str], catalog: Catalog) -> Iterator[UnreadPart]:
    """Files of kinds that are not read and that have an install command of a Neuron package, or
    a requirement with a version: one row a file, and one for all notebooks."""
    notebooks: list[UnreadPart] = []
    for path in paths:
        part = next(find_texts(path, catalog, ()), None)
        if part is None and not path.endswith(".ipynb"):
            part = _find_requirement(path, catalog)
        if part is None:
            continue
        if path.endswith(".ipynb"):
            notebooks.append(part)
        else:
            what = part.reason.partition(" within ")[0]
            yield part._replace(reason=f"{what} in a file of a kind that is not read")
    if notebooks:
        number = len(notebooks)
        more = f" of {number} notebooks with such" if number > 1 else ""
        reason = f"an install command{more}: notebooks are not read"
        yield notebooks[0]._replace(reason=reason)


def _find_requirement(path: str, catalog: Catalog) -> UnreadPart | None:
    """The first requirement of a Neuron package with a version in a file, outside comments."""
    try:
        text = read_script_text(path)
    except UnreadableInput:
        return None
    names = list_neuron_names(catalog)
    for number, row in enumerate(split_rows(text), 1):
        if re.search("neuron|nki", row, re.IGNORECASE) is None:
            continue
        line = re.sub(r"(?:^|\s)(?:#|//).*$", "", row[:MAX_LINE])
        for found in _REQUIREMENT.finditer(line):
            if canonicalize_name(found[1]) in names:
                reason = "a requirement within a text"
                return UnreadPart(f"{path}:{number}", found[0], reason, Severity.WARNING)
    return None


_REQUIREMENT = re.compile(
    r"(?<![\w./-])([A-Za-z0-9][\w.-]{0,80}?)(?:\[[\w, -]{0,80}\])? ?"
    r"(?:===?|[~!<>]=|[<>]) ?\d[\w.*+]*"
)


def _join_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """The lines of a text, those that a backslash continues as one, without comments, and
    without here-documents that are only printed."""
    first, ends = 0, ""
    parts: list[str] = []
    for number, row in enumerate(split_rows(text), 1):
        if ends:
            ends = "" if row.strip() == ends else ends
            continue
        if not parts and (printed := _PRINTED.match(row)) is not None:
            ends = printed[1]
            continue
        plain = re.sub(r"(?:^|\s)(?:#|//).*$", "", row[:MAX_LINE]).rstrip()
        first = first or number
        if sum(len(part) for part in parts) < MAX_LINE:
            parts.append(plain.removesuffix("\\"))
        if plain.endswith("\\"):
            continue
        yield first, number, " ".join(parts)
        first, parts = 0, []
    if parts:
        yield first, first + len(parts) - 1, " ".join(parts)


def _has_name(text: str, names: Collection[str]) -> bool:
    """Whether a name stands in a text, also with a version as rpm writes it."""
    words = re.findall(r"[A-Za-z0-9][\w.-]*", text)
    stems = (re.sub(r"-\d.*$", "", word) for word in words)
    return any(canonicalize_name(each.rstrip("._-")) in names for each in (*words, *stems))


def _is_said(line: str, at: int) -> bool:
    """Whether what begins at a place of a line is only printed, or names a step."""
    if _SAYS.match(line):
        return True
    prints = _PRINTS.search(line[:at])
    if prints is None or re.search(r"[|>]\s*\S", line[at:]):
        # What goes to a file, or to another program, may be run.
        return False
    between = line[prints.end() : at]
    is_open = between.count('"') % 2 == 1 or between.count("'") % 2 == 1
    return is_open or re.search(r"[;&|]", between) is None
