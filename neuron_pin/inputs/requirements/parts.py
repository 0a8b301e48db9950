"""Requirements of a file of another program, part by part, as projects have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput, WrongUsage

from .direct import DirectReference, read_direct
from .project_document import BUILD, ProjectPart, ProjectParts, StatedRequirement
from .requirement import parse_requirement
from .requirements_txt import UnjudgedLine

MAX_REQUIREMENTS = 100_000


class Parts:
    """Collects what a file states; a row that cannot be read is told and hides no other."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.parts: dict[str, list[StatedRequirement]] = {"": []}
        self.direct: list[tuple[DirectReference, str]] = []
        self.problems: list[UnreadableInput] = []
        self.sources: dict[tuple[str, str], str] = {}
        self.requires_python = ""
        self._number = 0

    def place(self, line: int) -> str:
        """``file:line``, or the file."""
        return f"{self.path}:{line}" if line else self.path

    def add(self, part: str, text: str, line: int, *, source: str = "") -> None:
        """Add a requirement as PEP 508 writes it."""
        self._number += 1
        if self._number > MAX_REQUIREMENTS:
            raise UnreadableInput(self.path, None, f"more than {MAX_REQUIREMENTS} requirements")
        reference = read_direct(text)
        if reference is not None:
            self.direct.append((reference, self.place(line)))
            return
        where = self.place(line)
        try:
            requirement = parse_requirement(text, where)
        except WrongUsage as error:
            self.tell(line, error.message.removeprefix(f"{where}: "), error.hint)
            return
        self.parts.setdefault(part, []).append(StatedRequirement(requirement, is_written=False))
        if source:
            self.sources[where, requirement.name] = source

    def add_address(self, name: str, address: str, line: int) -> None:
        """Add a package that is taken from an address."""
        reference = read_direct(f"{name} @ {address}")
        reference = reference or DirectReference(canonicalize_name(name), address)
        self.direct.append((reference, self.place(line)))

    def read_row(
        self, name: str, row: Any, line: int, addresses: Sequence[str]
    ) -> tuple[dict[str, Any], str] | None:
        """The table of one package, and its requirement without a marker; none for a package
        that one of the keys ``addresses`` takes from elsewhere, which is added, or told where that
        is a path, and for one whose version cannot be read."""
        details: dict[str, Any] = row if isinstance(row, dict) else {"version": row}
        for key in addresses:
            address = details.get(key)
            if not isinstance(address, str):
                continue
            if "://" in address:
                self.add_address(name, address, line)
            else:
                problem = f"{name[:60]} is a local path, and not a package of an index"
                self.tell(line, problem, is_error=False)
            return None
        version = details.get("version", "*")
        if not isinstance(version, str):
            self.tell(line, f"{name[:60]}: its version is not a string")
            return None
        extras = details.get("extras", [])
        listed = ",".join(map(str, extras)) if isinstance(extras, list) else ""
        text = f"{name}[{listed}]" if listed else name
        return details, text + ("" if version.strip() == "*" else version)

    def tell(self, line: int, problem: str, hint: str = "", *, is_error: bool = True) -> None:
        """Say what is not read."""
        kind = UnreadableInput if is_error else UnjudgedLine
        self.problems.append(kind(self.path, line or None, problem, hint=hint))

    def finish(self, has_base: Callable[[str], bool] = lambda name: name != BUILD) -> ProjectParts:
        """All of it; ``has_base`` says which parts are installed with everybody's."""
        parts = [ProjectPart(name, rows, has_base(name)) for name, rows in self.parts.items()]
        return ProjectParts(parts, self.direct, self.problems, self.requires_python, self.sources)
