"""Installed distributions: what their metadata and RECORD say, not only their folders' names.

Source: "Recording installed projects" (PEP 376, 427, 627), core metadata, pyvenv.cfg of the
venv module.  Of other packages than those asked for only the names of folders are read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.state import MAX_DISTRIBUTIONS, not_an_environment, site_packages
from neuron_pin.record import NamedTuple

MAX_METADATA = 4 * 1024 * 1024
MAX_RECORD = 32 * 1024 * 1024
MAX_MODULE = 64 * 1024


_SUFFIX = ".dist-info"


class Distribution(NamedTuple):
    """One installed distribution.

    ``version`` is that of METADATA where that could be read, else of the folder's name.  The
    rest is empty for what was not asked for: ``summary``, the ``requires`` lines, ``files``,
    what RECORD lists outside of the metadata's own folder, and ``text``, the only module where
    there is no more than one.  ``problem`` says what could not be read.
    """

    name: str
    version: str
    place: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    text: str = ""
    problem: str = ""


def read_distributions(folder: str, names: Container[str]) -> Iterator[Distribution]:
    """The distributions of an environment, or of a folder of them; those of the names are
    looked into.  Raises `UnreadableInput` for what is no environment."""
    places = site_packages(folder)
    if not places:
        raise not_an_environment(folder)
    count = 0
    for place in places:
        try:
            entries = sorted(os.listdir(place))
        except OSError as error:
            raise UnreadableInput(place, None, f"cannot be read: {error.strerror}") from None
        for entry in entries:
            written, dash, version = entry[: -len(_SUFFIX)].rpartition("-")
            if not entry.endswith(_SUFFIX) or not dash:
                continue
            count += 1
            if count > MAX_DISTRIBUTIONS:
                raise UnreadableInput(
                    folder, None, f"has more than {MAX_DISTRIBUTIONS} distributions"
                )
            name = canonicalize_name(written)
            plain = Distribution(name, version.replace("_", "-"), f"{place}/{entry}")
            yield _read_distribution(plain, place) if name in names else plain


def environment_python(folder: str) -> str:
    """``3.11``: the Python of a virtual environment, empty where it does not tell."""
    try:
        text = read_bounded(os.path.join(folder, "pyvenv.cfg"), MAX_MODULE).decode("utf-8")
    except (UnreadableInput, UnicodeDecodeError):
        text = ""
    match = re.search(r"^version(?:_info)?\s*=\s*(3\.\d+)", text, re.M)
    if match is not None:
        return match[1]
    inside = next((place for place in site_packages(folder)), "")
    found = re.search(r"python(3\.\d+)/", inside)
    return found[1] if found is not None else ""


def _read_distribution(plain: Distribution, place: str) -> Distribution:
    try:
        data = read_bounded(os.path.join(plain.place, "METADATA"), MAX_METADATA)
    except UnreadableInput as error:
        return plain._replace(problem=f"METADATA {error.problem}")
    headers, body = _headers(data.decode("utf-8", "replace"))
    versions = headers.get("version", [])
    if len(versions) != 1 or [canonicalize_name(n) for n in headers.get("name", [])] != [
        plain.name
    ]:
        return plain._replace(problem="METADATA has not one Version and this Name")
    found = plain._replace(
        version=versions[0],
        summary=" ".join([*headers.get("summary", []), body[:2000]]),
        requires=tuple(headers.get("requires-dist", [])),
    )
    try:
        record = read_bounded(os.path.join(plain.place, "RECORD"), MAX_RECORD)
    except UnreadableInput as error:
        return found._replace(problem=f"RECORD {error.problem}")
    own = os.path.basename(plain.place) + "/"
    # Paths of modules have no commas; those that have are quoted, and are files all the same.
    paths = [row.partition(",")[0] for row in record.decode("utf-8", "replace").splitlines()]
    files = tuple(
        path for path in paths if path and not path.startswith(own) and "__pycache__" not in path
    )
    return found._replace(files=files, text=_only_module(files, place))


def _headers(text: str) -> tuple[dict[str, list[str]], str]:
    """The fields of core metadata by their names in lower case, and the body.

    By hand, because importing the standard library's reader of mail costs more than all else
    that a check of an environment does.
    """
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    found: dict[str, list[str]] = {}
    for field in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        name, colon, value = field.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), []).append(" ".join(value.split()))
    return found, body


def _only_module(files: tuple[str, ...], place: str) -> str:
    modules = [path for path in files if path.endswith(".py")]
    if len(modules) != 1 or ".." in modules[0].split("/") or modules[0].startswith("/"):
        return ""
    try:
        data = read_bounded(os.path.join(place, modules[0]), MAX_MODULE)
    except UnreadableInput:
        return ""
    return data.decode("utf-8", "replace")
