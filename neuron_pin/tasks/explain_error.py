"""An error message explained by what is known of the host."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from neuron_pin.catalog import load_catalog
from neuron_pin.catalog.facts_age import find_facts_age
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.operations.explain_error import Place, explain_errors, read_journal, read_pieces
from neuron_pin.report.explain_error import render_errors

from .arguments import Arguments
from .day import read_day

ARGUMENTS = ("root", "text", "path", "journal", "venvs")


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """The document of ``explain-error --format json``; nothing is changed."""
    del is_check
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    text, path, journal = (
        arguments.text("text"),
        arguments.text("path"),
        arguments.flag("journal"),
    )
    if [bool(text), bool(path), journal].count(True) != 1:
        raise WrongUsage("give one of text, path and journal")
    catalog = load_catalog()
    place = Place(arguments.root(), arguments.words("venvs"))
    if journal:
        pieces = read_journal()
    elif path:
        pieces = _read_file(path)
    else:
        pieces = read_pieces(io.BytesIO(text.encode("utf-8", "replace")))
    found = explain_errors(pieces, place, catalog)
    age = find_facts_age(catalog.announced, read_day(""))
    document = json.loads(render_errors(found, "json", age))
    return {"changed": False, "known": bool(found.diagnoses), "explanation": document}


def _read_file(path: str) -> Iterator[str]:
    try:
        with open(path, "rb") as stream:
            yield from read_pieces(stream)
    except OSError as error:
        raise UnreadableInput(path, None, f"cannot be read: {error.strerror}") from None
