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


def _find_imported() -> str:
    """The folder of the user's catalog, empty for none.  Of an import that was killed between
    two renames the former one counts."""
    own = user_catalog()
    for folder in (own, old_beside(own)):
        if os.path.exists(os.path.join(folder, "catalog.json")):
            return folder
    return ""


def find_import_day() -> date | None:
    """The day (UTC) on which the user imported a catalog last, none for never."""
    own = _find_imported()
    if not own:
        return None
    return datetime.fromtimestamp(os.stat(own).st_mtime, timezone.utc).date()


def load_catalog(folder: str | None = None) -> Catalog:
    """The catalog to use: the given one, else the later of the embedded and the user's.

    A user's of another schema, made by another version of this program, is passed over
    (`catalog show` says so).  Reads one small file of each.  Raises `BrokenCatalog`.
    """
    if folder is not None:
        return Catalog(folder)
    embedded = Catalog(EMBEDDED)
    own = _find_imported()
    if not own:
        return embedded
    imported = Catalog(own)
    if imported.schema != embedded.schema:
        return embedded
    return imported if imported.age > embedded.age else embedded


def find_unused_catalog() -> str:
    """The folder of a user's catalog whose schema is not this version's, empty for none."""
    own = _find_imported()
    return own if own and Catalog(own).schema != Catalog(EMBEDDED).schema else ""
