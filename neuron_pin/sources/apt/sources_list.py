"""The repositories that a machine's apt knows.

Source: sources.list(5), both styles.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple
from neuron_pin.sources.signed_by import parse_trust

from .name_filter import OBEYS_FILTERS, NameFilter, make_filter
from .packages import AMD64
from .repository import AptRepository, parse_repository

LISTS = "var/lib/apt/lists"
MAX_BYTES = 4 * 1024 * 1024
_AS_WRITTEN = ("include", "exclude")
"""Fields of which apt takes blanks at the ends of lines for more than blanks."""


class ConfiguredSource(NamedTuple):
    """One repository of a machine's sources, and where it is configured.

    ``ignored`` is the filter of names that it states and that the machine's apt does not obey.
    """

    repository: AptRepository
    path: str
    line: int
    ignored: NameFilter = NameFilter()


def read_apt_sources(root: str = "/") -> list[ConfiguredSource]:
    """Every enabled binary repository below a root: ``sources.list``, then
    ``sources.list.d`` in the order of names, each with the filter of names that the machine's apt
    obeys.  Raises `UnreadableInput` with file and line."""
    folder = os.path.join(root, "etc/apt")
    paths = [os.path.join(folder, "sources.list")]
    parts = os.path.join(folder, "sources.list.d")
    if os.path.isdir(parts):
        paths += [os.path.join(parts, name) for name in sorted(os.listdir(parts))]
    found: list[ConfiguredSource] = []
    for path in paths:
        if not os.path.isfile(path):
            continue
        text = read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
        if path.endswith(".list"):
            found += _one_line_style(text, path)
        elif path.endswith(".sources"):
            found += _deb822_style(text, path)
    lists = os.path.join(root, LISTS)
    found = _settle_filters(found, root)
    return [source._replace(repository=source.repository._replace(lists=lists)) for source in found]


def _settle_filters(sources: list[ConfiguredSource], root: str) -> list[ConfiguredSource]:
    """The sources with the filters of names that the apt below a root obeys."""
    if not any(s.repository.filter != NameFilter() for s in sources):
        return sources
    # Imported here: few machines have a source with such a filter.
    from neuron_pin.inputs.host.dpkg_status import has_apt

    if not has_apt(root, OBEYS_FILTERS):
        return [
            s._replace(
                repository=s.repository._replace(filter=NameFilter()), ignored=s.repository.filter
            )
            for s in sources
        ]
    settled = []
    first: dict[tuple[str, str, str], NameFilter] = {}
    for source in sources:
        repository = source.repository
        if repository.filter.has_both:
            raise UnreadableInput(source.path, source.line, "both Include and Exclude")
        # What is configured twice apt reads once, as the first source has it.
        keys = [(repository.url, repository.suite, c) for c in repository.components or ("",)]
        obeyed = next((first[key] for key in keys if key in first), repository.filter)
        for key in keys:
            first.setdefault(key, obeyed)
        settled.append(source._replace(repository=repository._replace(filter=obeyed)))
    return settled


def _one_line_style(text: str, path: str) -> Iterator[ConfiguredSource]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line or line.split()[0] == "deb-src":
            continue
        if line.split()[0] != "deb":
            raise UnreadableInput(path, number, f"type {line.split()[0]!r} is not known")
        yield ConfiguredSource(_parse(line, path, number), path, number)


def _parse(line: str, path: str, number: int) -> AptRepository:
    # apt reads from more kinds of places than we do; their lists are read all the same.
    readable = re.sub(r"\b(mirror\+|tor\+)", "", line)
    readable = re.sub(r"\b(cdrom|copy|mirror|s3|ssh|rsh):", "file:", readable)
    try:
        return parse_repository(readable)
    except NeuronPinError as error:
        problem = error.message.removeprefix("--apt-repo: ")
        raise UnreadableInput(path, number, problem) from None


def _deb822_style(text: str, path: str) -> Iterator[ConfiguredSource]:
    for number, fields in _records(text, path):
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        for name in ("uris", "suites"):
            if not fields.get(name):
                raise UnreadableInput(path, number, f"a source without {name.title()}")
        architectures = tuple(fields.get("architectures", AMD64).split()) or (AMD64,)
        trust = parse_trust(fields)
        names = make_filter(fields.get("include"), fields.get("exclude"))
        for uri in fields["uris"].split():
            for suite in fields["suites"].split():
                line = f"deb {uri} {suite} {fields.get('components', '')}"
                found = _parse(line, path, number)
                found = found._replace(architectures=architectures, trust=trust, filter=names)
                yield ConfiguredSource(found, path, number)


def _records(text: str, path: str) -> Iterator[tuple[int, dict[str, str]]]:
    fields: dict[str, str] = {}
    start, last = 0, ""
    for number, raw in enumerate([*text.split("\n"), ""], 1):
        if raw.startswith("#"):
            continue
        if not raw.strip():
            if fields:
                yield start, fields
            fields, last = {}, ""
        elif raw[0] in " \t":
            if not last:
                raise UnreadableInput(path, number, "a continued line with nothing before it")
            # A lone dot stands for an empty line, as in a key that is written out.
            line = raw if last in _AS_WRITTEN else raw.strip()
            fields[last] += "\n" + ("" if line == "." else line)
        else:
            name, colon, value = raw.partition(":")
            if not colon:
                raise UnreadableInput(path, number, f"not a field: {raw[:60]!r}")
            start = start if fields else number
            last = name.strip().lower()
            fields[last] = value if last in _AS_WRITTEN else value.strip()
