"""The build refuses facts that are not those which their SHA256SUMS states."""

import hashlib
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Run by hatchling before a wheel or a source distribution is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = Path(self.root) / "neuron_pin" / "catalog" / "data"
        rows = (folder / "SHA256SUMS").read_text().splitlines()
        stated = dict(reversed(re.split(" [ *]", row, maxsplit=1)) for row in rows)
        found = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "SHA256SUMS"
        }
        wrong = sorted(n for n in stated.keys() | found.keys() if stated.get(n) != found.get(n))
        if wrong:
            raise ValueError(f"{folder}: not what its SHA256SUMS states: {', '.join(wrong)}")
