"""The packages that features and interfaces are parts of: the section ``features`` of a
catalog's ``names.json``.

Announcements end a tool, a flag or a function by its own name.  Whom that concerns follows from
the package that has it.
"""

from __future__ import annotations

import os

from neuron_pin.policy import SubjectKind

from .catalog import Catalog
from .files import Fields, read_object
from .rows import read_subject_kind

FILE = "names.json"


def read_features(catalog: Catalog) -> dict[tuple[SubjectKind, str], tuple[str, ...]]:
    """The packages of each feature and interface, by its kind and name; a catalog that was
    written before there was such a section has none.  Raises `BrokenCatalog`."""
    path = os.path.join(catalog.folder, FILE)
    rows = Fields(path, "names", read_object(path)).each("features", "feature")
    return {(read_subject_kind(row), row.text("name")): row.words("packages") for row in rows}
