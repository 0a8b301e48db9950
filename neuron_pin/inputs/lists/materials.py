"""What CycloneDX and SPDX documents share: components with package URLs, and where they lie."""

from __future__ import annotations

import re

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.locks.detected import DetectedPackage, Reading
from neuron_pin.inputs.requirements.project_document import ForeignTable
from neuron_pin.policy import Ecosystem

from .installed import InstalledList
from .package_url import parse_package_url

_FOLDER = r"(/?(?:[^/\s,:]+/)*(?:site|dist)-packages)/"


class Materials:
    """Collects the components of a document."""

    def __init__(self, path: str, reading: Reading) -> None:
        self.path = path
        self.list = InstalledList(path, reading)
        self._foreign: list[UnreadableInput] = []
        self._reading = reading

    def add(self, name: str, version: str, purls: list[str], line: int, where: str = "") -> None:
        """Add a component; ``where`` is text that names the file it was found by: packages of one
        folder of Python's are installed together, in an environment of their own."""
        found = [each for each in map(parse_package_url, purls) if each is not None]
        if not found:
            if not purls and name:
                self._tell_unknown(name, line)
            return
        package = found[0]
        stated = package.version or version
        if not stated:
            label = f"{package.name[:60]}: no version is stated"
            self._foreign.append(
                ForeignTable(self.path, line or None, label, [canonicalize_name(package.name)])
            )
            return
        folder = re.search(_FOLDER, where) if package.ecosystem is Ecosystem.PIP else None
        group = f"{self.path}!{folder[1]}" if folder is not None else ""
        self.list.add(
            package.ecosystem, package.name, stated, line, source=package.source, group=group
        )

    def _tell_unknown(self, name: str, line: int) -> None:
        # Of all that a document lists only what may be a Neuron package is worth a word.
        problem = f"{name[:60]} has no package URL: of which package manager it is, is not known"
        foreign = ForeignTable(self.path, line or None, problem, [canonicalize_name(name[:200])])
        self._foreign.append(foreign)

    def finish(self) -> list[DetectedPackage]:
        """The packages; tells what was not read."""
        self._reading.report(self._foreign)
        return self.list.finish()
