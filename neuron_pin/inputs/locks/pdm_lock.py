"""pdm.lock: the groups of its rows, their markers, and the Pythons that it is for.

Source: PDM, "Lock file": ``inherit_metadata``, lock targets; what PDM 2 writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.requirements.alternatives import Environment

from .detected import DetectedPackage, Reading, read_toml_lock_file
from .toml_locks import MAX_CHOICES, TomlLock, list_strings


def read_pdm_lock(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a pdm.lock; raises `UnreadableInput`."""
    return read_toml_lock_file(path, reading, _Pdm)


class _Pdm(TomlLock):
    def check_version(self) -> None:
        version = self._metadata().get("lock_version")
        if not isinstance(version, str) or version.partition(".")[0] != "4":
            raise UnreadableInput(self.path, None, f"pdm.lock of version {version!r}; 4 is read")

    def _metadata(self) -> dict[str, Any]:
        found = self.document.get("metadata")
        return found if isinstance(found, dict) else {}

    def read_requires_python(self) -> str:
        targets = self._metadata().get("targets")
        rows = targets if isinstance(targets, list) else []
        ranges = {row.get("requires_python") for row in rows if isinstance(row, dict)}
        only = ranges.pop() if len(ranges) == 1 else ""
        return only if isinstance(only, str) else ""

    def find_index(self, row: dict[str, Any]) -> str:
        # An index is not stated; an address is, of what is not taken from one.
        found = row.get("url") or row.get("git")
        return found if isinstance(found, str) else ""

    def find_environments(
        self, rows: Sequence[dict[str, Any]]
    ) -> list[frozenset[Environment] | None]:
        groups = [g for g in list_strings(self._metadata().get("groups")) if g != "default"]
        found: list[frozenset[Environment] | None] = []
        for row in rows:
            marker = row.get("marker")
            own = list_strings(row.get("groups"))
            parts = [f"group {group}" for group in own[:MAX_CHOICES] if group != "default"]
            if not own or "default" in own:
                # What everybody gets is there with each group.
                parts = ["", *(f"group {group}" for group in groups[:MAX_CHOICES])]
            text = marker if isinstance(marker, str) else ""
            found.append(self.markers.find_environments(text, parts))
        return found
