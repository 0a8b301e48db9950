"""A conda ``environment.yml``: what conda installs, and what pip does in it.

Source: conda, "Creating an environment file manually", "Package match specifications";
conda-lock, "Source files" (``sel(linux)``, ``# [linux]``).  Needs the extra ``check`` (PyYAML).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.yaml_document import YamlMap, YamlNode, YamlText, read_yaml

from .parts import Parts
from .project_document import ProjectParts, StatedRequirement
from .requirements_txt import read_rows, read_text

_SPEC = re.compile(
    r"(?:[^\s=<>!~:]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)(?:\[[^]]*\])?"
    r"\s*(?P<range>[=<>!~ ]\s*[^\s\[]+(?:\s*,\s*[^\s\[]+)*)?"
    r"(?:\s+\S+)?(?:\s*\[[^]]*\])?"
)
_ARCHIVE = r"https?://\S*/([^/\s]+)-([^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2)(?:#\S*)?"


def read_conda_environment(path: str, environ: Mapping[str, str]) -> ProjectParts:
    """Read an environment; raises `UnreadableInput`."""
    documents = read_yaml(path)
    root = documents[0].root if documents else None
    if not isinstance(root, YamlMap) or root.get("dependencies") is None:
        raise UnreadableInput(path, None, "is no environment of conda: it has no dependencies")
    parts = Parts(path)
    parts.problems += [problem for document in documents for problem in document.problems]
    rows = dict(enumerate(read_text(path).splitlines(), 1))
    if len(documents) > 1:
        parts.tell(0, "has more than one document: only the first is read", is_error=False)
    for item in root.items("dependencies"):
        _item(parts, item, rows, environ)
    return parts.finish()


def _item(
    parts: Parts, item: YamlNode, rows: Mapping[int, str], environ: Mapping[str, str]
) -> None:
    if isinstance(item, YamlText):
        if not _is_elsewhere(rows.get(item.line, "")):
            _conda(parts, item)
        return
    if not isinstance(item, YamlMap):
        parts.tell(item.line, "is no dependency of conda's")
        return
    for key, value in item.pairs:
        selector = re.fullmatch(r"sel\(([^)]*)\)", key.text)
        if selector is not None:
            if "linux" in selector[1] and isinstance(value, YamlText):
                _conda(parts, value)
        elif key.text == "pip":
            _pip(parts, list(item.items("pip")), rows, environ)
        else:
            parts.tell(key.line, f"{key.text[:60]!r} is no installer that is known")


def _is_elsewhere(line: str) -> bool:
    """Whether a line is for other operating systems than Linux, as ``# [win]`` says."""
    selector = re.search(r"#\s*\[([^]]*)\]\s*$", line)
    if selector is None:
        return False
    words = selector[1]
    return bool(re.search(r"\b(?:win|osx|darwin|not linux)", words)) and not re.search(
        r"(?<!not )linux|\bnot (?:win|osx)", words
    )


def _conda(parts: Parts, item: YamlText) -> None:
    archive = re.fullmatch(_ARCHIVE, item.text.strip())
    text = f"{archive[1]}=={archive[2]}" if archive is not None else item.text.strip()
    match = _SPEC.fullmatch(text)
    if match is None:
        parts.tell(item.line, f"{item.text[:60]!r} is no match specification of conda's")
        return
    name, stated = match["name"], (match["range"] or "").replace(" ", "")
    specifier = to_specifier(stated)
    if specifier is None:
        parts.tell(item.line, f"{item.text[:60]!r}: its range is not read", is_error=False)
    elif name == "python":
        # Packages are for a series, whatever its patch.
        parts.requires_python = re.sub(r"^==(3\.\d+)\.\d+$", r"==\1.*", specifier)
    elif not name.startswith("_"):
        parts.add("", f"{name}{specifier}", item.line)


def to_specifier(stated: str) -> str | None:
    """A range of conda's as pip writes it; none for what pip has no words for."""
    if not stated:
        return ""
    if "|" in stated:
        return None
    clauses = []
    for clause in stated.split(","):
        match = re.fullmatch(r"(==|=|>=|<=|!=|~=|>|<)?([\w.!+-]+?)(\.?\*)?(?:=[\w.*]+)?", clause)
        if match is None:
            return None
        sign, version, star = match[1] or "==", match[2], match[3]
        if sign == "=":
            # One sign is a series, with everything below it; with a build it is exact.
            sign = "=="
            star = "" if clause.count("=") > 1 else ".*"
        elif star and sign in (">=", "<=", ">", "<"):
            star = ""
        clauses.append(f"{sign}{version}{'.*' if star else ''}")
    return ",".join(clauses)


def _pip(
    parts: Parts, items: list[YamlNode], rows: Mapping[int, str], environ: Mapping[str, str]
) -> None:
    lines: dict[int, list[str]] = {}
    for item in items:
        if isinstance(item, YamlText):
            if not _is_elsewhere(rows.get(item.line, "")):
                lines.setdefault(item.line, []).append(item.text)
        else:
            parts.tell(item.line, "is no requirement of pip's")
    # As a requirements file with each row on its own line, one file for each row of a flow list.
    for depth in range(max(map(len, lines.values()), default=0)):
        texts = {line: rows[depth] for line, rows in lines.items() if depth < len(rows)}
        found = read_rows(parts.path, (texts.get(n, "") for n in range(1, max(texts) + 1)), environ)
        parts.problems += found.problems
        parts.direct += found.direct
        stated = [*found.requirements, *found.constraints]
        parts.parts[""] += [StatedRequirement(each) for each in stated]
