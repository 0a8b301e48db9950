"""Notes of the Neuron Helm chart's releases: which image tags a chart brings, and the SDK release
that it is for.

They are Markdown, as a file (``*.md``) or in the list of releases that GitHub's API gives.  A note
without a table of tags says nothing, and is passed over.  Source: GitHub's REST API, "List
releases".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

from neuron_pin.catalog.facts import Chart
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded

from .tables import find_table_kind, refuse_html, translate

MAX_BYTES = 4 * 1024 * 1024
MAX_CHARTS = 500

_TITLE = re.compile(
    r"Neuron Helm Chart v?(\d+\.\d+\.\d+)\b[^\n]{0,40}?\(?Neuron SDK v?(\d+\.\d+\.\d+)", re.I
)
_ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/releases/tag/[\w.-]+")
_TAG = re.compile(r"[\w][\w.-]{0,127}")


def is_chart_file(path: str) -> bool:
    """Whether a file is of these notes, by its name: that of GitHub's list is the mirrors' one."""
    return path.endswith((".md", "helm-releases.json"))


def read_charts(path: str) -> tuple[Chart, ...]:
    """The charts that a file names, newest first.

    Raises `UnreadableInput` for a file that is neither Markdown nor GitHub's list, for a table that
    lacks a column, and for a chart with two lists of tags.
    """
    try:
        text = read_bounded(path, MAX_BYTES, UnreadableInput).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput(path, None, "not UTF-8 text") from None
    refuse_html(path, text)
    found: dict[str, Chart] = {}
    notes = _list_releases(path, text) if path.endswith(".json") else [(text, "", "")]
    for body, source, published in notes:
        chart = _read_note(path, body, source, published)
        if chart is None:
            continue
        if chart.version in found:
            raise UnreadableInput(path, None, f"lists chart {chart.version} twice")
        found[chart.version] = chart
    if not found and not path.endswith(".json"):
        raise UnreadableInput(
            path, None, "names no chart with an SDK release and a table of image tags"
        )
    return tuple(found.values())


def _list_releases(path: str, text: str) -> Iterator[tuple[str, str, str]]:
    """The text, the address and the day of each release."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableInput(path, None, "is not JSON") from None
    if not isinstance(document, list) or len(document) > MAX_CHARTS:
        raise UnreadableInput(path, None, "is not GitHub's list of releases")
    for number, row in enumerate(document):
        values = [
            row.get(name) if isinstance(row, dict) else None
            for name in ("name", "body", "html_url", "published_at")
        ]
        name, body, address, published = (value or "" for value in values)
        if not isinstance(row, dict) or not all(
            isinstance(value, str) for value in (name, body, address, published)
        ):
            raise UnreadableInput(path, None, f"release {number} has no texts as GitHub's have")
        if row.get("draft") or row.get("prerelease"):
            continue
        yield f"{name}\n\n{body}", address if _ADDRESS.fullmatch(address) else "", published[:10]


def _read_note(path: str, text: str, source: str, published: str) -> Chart | None:
    title = _TITLE.search(text)
    if title is None:
        return None
    images: dict[str, str] = {}
    for _, rows in find_table_kind("images").read(path, text.replace("\r", "")):
        for line, row in rows:
            name = translate("image", row["component"]) or row["component"]
            tag = row["tag"].strip("`* ")
            if not _TAG.fullmatch(tag) or not re.fullmatch(r"[\w. ()-]{1,80}", name):
                problem = f"{row['component'][:80]!r} has no tag of an image"
                raise UnreadableInput(path, line, problem, hint="nothing was imported")
            if images.setdefault(name, tag) != tag:
                problem = f"{name} has two tags: {images[name]} and {tag}"
                raise UnreadableInput(path, line, problem, hint="nothing was imported")
    if not images:
        return None
    try:
        day = date.fromisoformat(published) if published else None
    except ValueError:
        day = None
    stated = _ADDRESS.search(text)
    source = source or (stated[0] if stated is not None else f"neuron-helm-charts, {title[1]}")
    return Chart(title[1], title[2], day, tuple(sorted(images.items())), source)
