"""Which catalog counts: the embedded one, or one that the user imported."""

from __future__ import annotations

import os
from datetime import date, datetime, timezone

from .catalog import EMBEDDED, Catalog


def user_catalog() -> str:
    """Where an imported catalog lies: below the XDG data folder."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "neuron-pin", "catalog")


def old_beside(folder: str) -> str:
    """Where a folder's former content is while new content takes its place."""
    return os.path.join(os.path.dirname(folder), f".{os.path.basename(folder)}.old")


MACHINE_CATALOG = "/var/lib/neuron-pin/catalog"
"""Where a catalog lies that counts for every user of a machine: root alone writes there."""


def _find_imported() -> tuple[str, ...]:
    """The folders of the user's catalog and of the machine's, those that are there.  Of an import
    that was killed between two renames the former one counts."""
    found = []
    for place in (user_catalog(), MACHINE_CATALOG):
        for folder in (place, old_beside(place)):
            if os.path.exists(os.path.join(folder, "catalog.json")):
                found.append(folder)
                break
    return tuple(found)


def find_import_day() -> date | None:
    """The day (UTC) on which a catalog was imported last, none for never."""
    latest = max((os.stat(folder).st_mtime for folder in _find_imported()), default=None)
    return datetime.fromtimestamp(latest, timezone.utc).date() if latest is not None else None


def load_catalog(folder: str | None = None) -> Catalog:
    """The catalog to use: the given one, else the latest of the embedded, the user's and the
    machine's.

    One of another schema, made by another version of this program, is passed over
    (`catalog show` says so).  Reads one small file of each.  Raises `BrokenCatalog`.
    """
    return Catalog(folder) if folder is not None else _choose_latest(_find_imported())


def load_catalog_of(folder: str) -> Catalog:
    """The later one of the embedded catalog and that in a folder, if one is there; raises
    `BrokenCatalog`."""
    is_there = os.path.exists(os.path.join(folder, "catalog.json"))
    return _choose_latest((folder,) if is_there else ())


def _choose_latest(folders: tuple[str, ...]) -> Catalog:
    latest = embedded = Catalog(EMBEDDED)
    for folder in folders:
        imported = Catalog(folder)
        if imported.schema == embedded.schema and imported.age > latest.age:
            latest = imported
    return latest


def find_unused_catalog() -> str:
    """The folder of an imported catalog whose schema is not this version's, empty for none."""
    schema = Catalog(EMBEDDED).schema
    return next((own for own in _find_imported() if Catalog(own).schema != schema), "")
