"""A release manifest with one release more than the catalog knows in full."""

from __future__ import annotations

import json
from pathlib import Path

FACTS = Path(__file__).parents[1] / "fixtures/known-in-part/2.33.0.json"


def write_next_manifest(path: Path, **versions: str) -> Path:
    """Write the manifest of ``fixtures/known-in-part``, with other versions of some packages
    (``neuronx_cc="2.28.1.0"``)."""
    facts = json.loads(FACTS.read_text())
    document = {
        "manifest_date": "10/20/2026",
        "manifest_version": facts["sdk"],
        "package_properties": [],
        "neuron_releases": [
            {
                "neuron_version": facts["sdk"],
                "packages": [
                    {
                        "name": name,
                        "version": versions.get(name.replace("-", "_"), version),
                        "supported_instances": families.split(),
                        "supported_python_versions": pythons.split(),
                    }
                    for name, version, families, pythons, _ in facts["members"]
                ],
            }
        ],
    }
    path.write_text(json.dumps(document))
    return path
