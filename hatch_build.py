"""The build refuses facts that are not those which their SHA256SUMS states."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Run by hatchling before a wheel or a source distribution is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # What is built verifies itself; this part of it needs nothing but the standard library.
        sys.dont_write_bytecode = True
        sys.path.insert(0, self.root)
        from neuron_pin.catalog.importer.checksums import verify_facts

        verify_facts(str(Path(self.root) / "neuron_pin" / "catalog" / "data"))
