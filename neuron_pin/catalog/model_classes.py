"""What pages state of model classes: the file ``models.json`` of a catalog.

A file of its own, because no lock reads it: the release notes name many models, and a model is
nothing that is installed.
"""

from __future__ import annotations

import os

from neuron_pin.policy import Event, SubjectKind

from .catalog import Catalog
from .files import Fields, read_object
from .rows import read_event

FILE = "models.json"


def read_model_classes(catalog: Catalog) -> tuple[Event, ...]:
    """The events of model classes: those of the file, in its order, then those that were
    announced.

    A catalog that was written before there was such a file has only the latter.  Raises
    `BrokenCatalog`.
    """
    announced = [e for e in catalog.events if e.kind is SubjectKind.MODEL_CLASS]
    path = os.path.join(catalog.folder, FILE)
    if not os.path.lexists(path):
        return tuple(announced)
    rows = Fields(path, "models", read_object(path)).each("models", "model")
    return (*(read_event(fields) for fields in rows), *announced)
