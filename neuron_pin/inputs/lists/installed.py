"""Rows of a list of installed packages, and what of such a list cannot be read."""

from __future__ import annotations

import re

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.locks.detected import DetectedPackage, Reading
from neuron_pin.inputs.requirements.alternatives import Environment
from neuron_pin.inputs.requirements.requirements_txt import UnjudgedLine
from neuron_pin.policy import Ecosystem, PackageKey

MAX_PACKAGES = 200_000
MAX_PROBLEMS = 50
"""Rows that cannot be read which are told one by one."""

_NAMES = {
    Ecosystem.PIP: re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9_])?"),
    Ecosystem.APT: re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]{0,198}"),
    Ecosystem.RPM: re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,198}"),
}
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+!~:_^-]{0,198}")


class InstalledList:
    """The packages of one list, each with its line, and the rows that cannot be read."""

    def __init__(self, path: str, reading: Reading) -> None:
        self.path = path
        self.reading = reading
        self.packages: list[DetectedPackage] = []
        self.python = ""
        self._problems: list[UnreadableInput] = []
        self._untold = 0

    def add(
        self,
        ecosystem: Ecosystem,
        name: str,
        version: str,
        line: int,
        *,
        source: str = "",
        group: str = "",
        state: str = "",
    ) -> None:
        """Add a package; a name or a version that is none is told instead."""
        if len(self.packages) >= MAX_PACKAGES:
            raise UnreadableInput(self.path, None, f"has more than {MAX_PACKAGES} packages")
        if not _NAMES[ecosystem].fullmatch(name):
            self.tell(line, f"{name[:60]!r} is not the name of a package")
            return
        if not _VERSION.fullmatch(version):
            self.tell(line, f"{name}: {version[:60]!r} is not a version")
            return
        if ecosystem is Ecosystem.PIP:
            name = canonicalize_name(name)
        place = f"{self.path}:{line}" if line else self.path
        key = PackageKey(ecosystem, name)
        self.packages.append(
            DetectedPackage(key, version, None, source, place, group=group, state=state)
        )

    def tell(self, line: int, problem: str, hint: str = "", *, is_error: bool = True) -> None:
        """Say that something of the list is not read."""
        if len(self._problems) >= MAX_PROBLEMS:
            self._untold += 1
            return
        kind = UnreadableInput if is_error else UnjudgedLine
        self._problems.append(kind(self.path, line or None, problem, hint=hint))

    def finish(self) -> list[DetectedPackage]:
        """The packages, in the environment that the list is of; tells what was not read."""
        if self._untold:
            problem = f"{self._untold} further rows cannot be read"
            self._problems.append(UnreadableInput(self.path, None, problem))
        self.reading.report(self._problems)
        series = re.match(r"3\.\d{1,2}(?!\d)", self.python)
        if series is None or not self.reading.worlds:
            return self.packages
        where = frozenset({Environment("", series[0])})
        return [package._replace(environments=where) for package in self.packages]
