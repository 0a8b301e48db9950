"""The index of components: which version of each is the latest, and of which release it is.

A second source beside the manifest: where a release is listed, what the two say otherwise of one
component is a contradiction.  Its Beta marks are read as those of any other table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.facts import Contradiction, Member
from neuron_pin.catalog.names import canonicalize_name

from .tables import find_table_kind, translate

_VERSION = re.compile(r"\d+(?:\.\d+)+\.?")
"""A version, or the beginning of one: the star behind it is taken for markup."""


def compare_components(
    page: str,
    path: str,
    text: str,
    catalog: Catalog,
    find_members: Callable[[str], Sequence[Member]],
) -> Iterator[Contradiction]:
    """What an index of components says otherwise than the manifest; ``find_members`` gives what a
    release lists, nothing for one that is not known.

    Raises `UnreadableInput` for a table that lacks a column or a cell.
    """
    kind = find_table_kind("components")
    if not kind.is_on(page):
        return
    for _, rows in kind.read(path, text):
        for line, row in rows:
            package = _find_package(row["component"], catalog)
            stated = _VERSION.findall(re.sub(r"\([^)]*\)", "", row["version"]))
            members = {m.version for m in find_members(row["sdk"]) if m.package == package}
            if not package or not stated or not members:
                continue
            others = [v for v in stated if not any(_agree(v, version) for version in members)]
            if others:
                yield Contradiction(
                    f"{package} of {row['sdk']}",
                    ", ".join(others),
                    f"{page}, {row['sdk']}, line {line}",
                    ", ".join(sorted(members)),
                    f"release manifest, {row['sdk']}",
                )


def _find_package(title: str, catalog: Catalog) -> str:
    """The package that a row is about, by a title of the catalog or by its own name."""
    plain = re.sub(r"\s*\([^)]*\)", "", title).strip()
    for known in catalog.titles:
        if known.words.lower() == plain.lower() and len(known.names) == 1:
            return known.names[0]
    name = canonicalize_name(plain.replace(" ", "-"))
    return name if name in catalog.packages else translate("component", plain)


def _agree(stated: str, version: str) -> bool:
    if stated.endswith("."):
        return version.startswith(stated)
    return version == stated or version.partition("+")[0] == stated
