"""Documents at the root of the repository (CONTRIBUTING.md and its kin) as pages.

A page in ``project/`` stands for each: its text is that of the document when the pages are built.
Links are written for a reader of the files, so those that lead out of ``docs`` are made to fit: to
the page where there is one, left alone for other files, and plain text for folders and for
documents that are no page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PAGES = {
    "CONTRIBUTING.md": "project/contributing",
    "CHANGELOG.md": "project/changelog",
    "SECURITY.md": "project/reporting",
}
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


def read_source(app: Sphinx, docname: str, content: list[str]) -> None:
    """Sphinx's event ``source-read``: the text of a page, which is changed in place."""
    docs = Path(app.srcdir)
    origin = docs / f"{docname}.md"
    for name, page in PAGES.items():
        if docname == page:
            origin = docs.parent / name
            content[0] = origin.read_text(encoding="utf-8")

    def fit(found: re.Match[str]) -> str:
        label, target = found.groups()
        path, hash_mark, anchor = target.partition("#")
        if not path or "://" in path or path.startswith("/"):
            return found[0]
        place = Path(os.path.normpath(origin.parent / path))
        if place.is_relative_to(docs) and place.is_file():
            return f"[{label}](/{place.relative_to(docs).as_posix()}{hash_mark}{anchor})"
        page = PAGES.get(place.relative_to(docs.parent).as_posix())
        if page is not None:
            return f"[{label}](/{page}.md{hash_mark}{anchor})"
        if place.is_dir() or place.suffix == ".md":
            return label
        return found[0]

    content[0] = LINK.sub(fit, content[0])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", read_source)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
