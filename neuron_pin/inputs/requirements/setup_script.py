"""A project's ``setup.py``: what its call of ``setup()`` states in so many words.

Source: setuptools, "Keywords" (``install_requires``, ``extras_require``, ``setup_requires``,
``tests_require``, ``python_requires``).  Nothing of the script is run: strings, lists and
dictionaries are read, and names that stand for them; what only running it would tell is said
where it may concern a Neuron package.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput, WrongUsage

from .direct import DirectReference, read_direct
from .project_document import BUILD, OnlyRun, ProjectPart, ProjectParts, StatedRequirement
from .requirement import parse_requirement
from .requirements_txt import read_text

MAX_CHARACTERS = 1_000_000
MAX_ROWS = 100_000
"""The longest script, and the longest list in it, that is read."""

_PARTS = {"install_requires": "", "setup_requires": BUILD, "tests_require": "tests"}
_KEYWORDS = (*_PARTS, "extras_require")
_NAMED = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?=\s*(?:\[[^]]*\]\s*)?(?:[<>=!~;]|$))"
)

Row = tuple[str, int]
"""A text, and the line on which it begins."""

Value = list[Row] | dict[str, list[Row]] | None
"""What an expression stands for: rows, a table of them, or nothing that can be told."""


def read_setup_script(path: str) -> ProjectParts:
    """Read a ``setup.py``; raises `UnreadableInput` for what is no text."""
    text = read_text(path)
    if len(text) > MAX_CHARACTERS:
        raise UnreadableInput(path, None, f"more than {MAX_CHARACTERS:,} characters")
    line, problem = None, ""
    try:
        return _Reader(path, text).read(ast.parse(text))
    except SyntaxError as error:
        line, problem = error.lineno, f"not Python of today: {error.msg}"
    except (ValueError, RecursionError, MemoryError):
        problem = "its expressions are nested too deeply"
    words = re.findall(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", text)
    names = tuple(dict.fromkeys(map(canonicalize_name, words)))
    return ProjectParts([], [], [OnlyRun(path, line, problem, names)], "")


class _Reader:
    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.parts: dict[str, list[StatedRequirement]] = {"": []}
        self.direct: list[tuple[DirectReference, str]] = []
        self.problems: list[UnreadableInput] = []
        self.names: dict[str, Value] = {}
        self.is_unknown = False

    def read(self, tree: ast.Module) -> ProjectParts:
        calls: list[ast.Call] = []
        self._run(tree.body, calls)
        requires_python = ""
        for call in calls:
            requires_python = self._call(call) or requires_python
        self._tell_unknown(tree, calls)
        parts = [ProjectPart(name, rows, name != BUILD) for name, rows in self.parts.items()]
        return ProjectParts(parts, self.direct, self.problems, requires_python)

    # What names stand for --------------------------------------------------------------

    def _run(self, statements: list[ast.stmt], calls: list[ast.Call]) -> None:
        """Note what the names of a script stand for, in the order of its statements, and its
        calls of ``setup``; a name that is set in a branch stands for nothing that can be told."""
        for statement in statements:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    self._assign(target, self._value(statement.value))
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                self._assign(statement.target, self._value(statement.value))
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                old, new = self.names.get(statement.target.id), self._value(statement.value)
                both = isinstance(old, list) and isinstance(new, list)
                self.names[statement.target.id] = [*old, *new] if both else None  # type: ignore[misc]
            elif isinstance(statement, ast.Expr) and self._extends(statement.value):
                continue
            else:
                for name in _list_set_names(statement):
                    self.names[name] = None
            calls += [
                node
                for node in ast.walk(statement)
                if isinstance(node, ast.Call)
                and (
                    (isinstance(node.func, ast.Name) and node.func.id == "setup")
                    or (isinstance(node.func, ast.Attribute) and node.func.attr == "setup")
                )
            ]

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            table, key = self.names.get(target.value.id), self._text(target.slice)
            if isinstance(table, dict) and key is not None and isinstance(value, list):
                self.names[target.value.id] = {**table, key: value}
            else:
                self.names[target.value.id] = None
        else:
            for name in _list_set_names(target):
                self.names[name] = None

    def _extends(self, node: ast.expr) -> bool:
        """``NAME.append("…")`` and ``NAME.extend([…])``."""
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "extend")
            and isinstance(node.func.value, ast.Name)
            and len(node.args) == 1
        ):
            return False
        name = node.func.value.id
        old, new = self.names.get(name), self._value(node.args[0])
        both = isinstance(old, list) and isinstance(new, list)
        self.names[name] = [*old, *new] if both else None  # type: ignore[misc]
        return True

    # Expressions -----------------------------------------------------------------------

    def _value(self, node: ast.expr) -> Value:
        """What an expression stands for; the text of a string is one row."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Dict):
            return self._table(node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            rows: list[Row] = []
            for item in node.elts:
                inner = item.value if isinstance(item, ast.Starred) else item
                value = self._value(inner)
                if not isinstance(value, list) or len(rows) > MAX_ROWS:
                    return None
                rows += value
            return rows
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left), self._value(node.right)
            if not isinstance(left, list) or not isinstance(right, list):
                return None
            return [*left, *right] if len(left) + len(right) < MAX_ROWS else None
        text = self._text(node)
        return [(text, node.lineno)] if text is not None else None

    def _table(self, node: ast.Dict) -> Value:
        table: dict[str, list[Row]] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self._value(item)
            if key is None and isinstance(value, dict):
                table |= value
                continue
            name = self._text(key) if key is not None else None
            if name is None or not isinstance(value, list):
                return None
            table[name] = value
        return table

    def _text(self, node: ast.expr) -> str | None:
        """The text of a string, also of one with names in it that stand for a text."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            texts = [
                self._text(part.value if isinstance(part, ast.FormattedValue) else part)
                for part in node.values
            ]
            return "".join(map(str, texts)) if None not in texts else None
        if isinstance(node, ast.Name):
            value = self.names.get(node.id)
            return value[0][0] if isinstance(value, list) and len(value) == 1 else None
        return None

    # The call --------------------------------------------------------------------------

    def _call(self, call: ast.Call) -> str:
        """Note what a call of ``setup`` states; gives the Pythons that it names."""
        requires_python = ""
        for keyword in call.keywords:
            if keyword.arg is None:
                self.is_unknown = True
            elif keyword.arg == "python_requires":
                requires_python = self._text(keyword.value) or ""
            elif keyword.arg in _KEYWORDS:
                value = self._value(keyword.value)
                if keyword.arg == "extras_require" and isinstance(value, dict):
                    for key, rows in value.items():
                        # "extra:marker" is how older scripts state a marker.
                        extra, _, marker = key.partition(":")
                        part = f"extra {canonicalize_name(extra)}" if extra else ""
                        self._add(part, rows, marker)
                elif keyword.arg in _PARTS and isinstance(value, list):
                    self._add(_PARTS[keyword.arg], value, "")
                else:
                    self.is_unknown = True
        return requires_python

    def _add(self, part: str, rows: list[Row], marker: str) -> None:
        for text, first in rows:
            for number, line in enumerate(text.splitlines(), first):
                plain = re.sub(r"(^|\s)#.*$", "", line).strip()
                if not plain:
                    continue
                if marker and ";" not in plain:
                    plain = f"{plain}; {marker}"
                self._row(part, plain, number if "\n" in text else first)

    def _row(self, part: str, text: str, line: int) -> None:
        where = f"{self.path}:{line}"
        reference = read_direct(text)
        if reference is not None:
            self.direct.append((reference, where))
            return
        try:
            requirement = parse_requirement(text, where)
        except WrongUsage as error:
            problem = error.message.removeprefix(f"{where}: ")
            self.problems.append(UnreadableInput(self.path, line, problem, hint=error.hint))
            return
        is_written = line <= len(self.lines) and text in self.lines[line - 1]
        self.parts.setdefault(part, []).append(StatedRequirement(requirement, is_written))

    def _tell_unknown(self, tree: ast.Module, calls: list[ast.Call]) -> None:
        """Say that something is told by running it alone, with the names that the script has."""
        if not self.is_unknown:
            return
        stated = {r.name for rows in self.parts.values() for r, _ in rows}
        names = dict.fromkeys(
            canonicalize_name(found[0])
            for text in _list_texts(tree, calls)
            for line in text.splitlines()
            if (found := _NAMED.match(line.strip())) is not None
        )
        problem = "only running it would tell all of its requirements"
        line = calls[0].lineno if calls else None
        left = [name for name in names if name not in stated]
        self.problems.append(OnlyRun(self.path, line, problem, left))


def _list_set_names(node: ast.AST) -> Iterator[str]:
    """The names that a part of a script sets or changes."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield inner.id
        elif isinstance(inner, ast.Subscript) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            if isinstance(inner.value, ast.Name):
                yield inner.value.id
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            # A method may change what it is called on.
            yield inner.value.id


def _list_texts(tree: ast.Module, calls: list[ast.Call]) -> Iterator[str]:
    """The strings of a script, without those that ``setup`` is given for something else."""
    others = {
        id(node)
        for call in calls
        for keyword in call.keywords
        if keyword.arg is not None and keyword.arg not in _KEYWORDS
        for node in ast.walk(keyword.value)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in others
        ):
            yield node.value
