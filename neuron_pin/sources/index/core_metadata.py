"""Reading core metadata.

Source: core metadata specification; PEP 508 markers, evaluated for the target and not for
this machine.  Requirements that are not PEP 508 or 440 are in real wheels; they are
repaired or reported, never dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesHeaderParser

from packaging.markers import (
    InvalidMarker,
    Marker,
)
from packaging.requirements import Requirement
from packaging.version import Version

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import SourceFailed
from neuron_pin.inputs.requirements.specifier import canonicalize_specifier
from neuron_pin.target import Target
from neuron_pin.target.tags import marker_environment

from .dependencies import Dependency, Metadata


def read_identity(message: Message, source: str) -> tuple[str, str]:
    """Name and version as METADATA states them; raises `SourceFailed` for what is none."""
    names, versions = message.get_all("Name", []), message.get_all("Version", [])
    if len(names) != 1 or len(versions) != 1:
        raise SourceFailed(source, "is not core metadata: not one Name and one Version")
    return str(names[0]).strip(), str(versions[0]).strip()


def check_identity(stated: tuple[str, str], name: str, version: str, source: str) -> None:
    """METADATA is of the project (normalized) and version that its file is listed as; raises
    `SourceFailed`."""
    if canonicalize_name(stated[0]) != name:
        raise SourceFailed(source, f"calls itself {stated[0][:60]!r} in its METADATA")
    try:
        same = Version(stated[1]) == Version(version)
    except ValueError:
        same = False
    if not same:
        raise SourceFailed(source, f"calls itself version {stated[1][:60]!r} in its METADATA")


def parse_metadata(data: bytes, source: str, target: Target) -> Metadata:
    """Read METADATA for a target; raises `SourceFailed` for what is no such file."""
    message = BytesHeaderParser().parsebytes(data)
    name, version = read_identity(message, source)
    dependencies: list[Dependency] = []
    repairs: list[str] = []
    extras = [canonicalize_name(str(e)) for e in message.get_all("Provides-Extra", [])]
    markers = _Markers(marker_environment(target.python_full, target.platforms), extras)
    for line in message.get_all("Requires-Dist", []):
        dependencies += _dependencies(" ".join(str(line).split()), markers, repairs)
    return Metadata(name, version, tuple(dependencies), tuple(repairs))


class _Markers:
    """Evaluates markers for one target and one distribution, each text once.

    Big distributions have hundreds of lines and dozens of extras; nearly all markers are an
    environment's, or an extra's, or one ``and`` the other, and those need not be tried with
    every extra.
    """

    def __init__(self, environment: dict[str, str], extras: list[str]) -> None:
        self._environment = environment
        self._extras = extras
        self._known: dict[str, list[str]] = {}

    def brought_by(self, text: str) -> list[str]:
        """The extras with which a marker holds; ``[""]`` if it holds without one.

        Raises packaging's ``InvalidMarker``.
        """
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._evaluate(text)
        return found

    def _evaluate(self, text: str) -> list[str]:
        match = re.fullmatch(_WITH_EXTRA, text)
        if match is not None:
            extra, rest = canonicalize_name(match["extra"]), match["rest"] or ""
            if "extra" not in rest and (" or " not in rest or match["paren"]):
                known = extra in self._extras and (not rest or self.brought_by(rest))
                return [extra] if known else []
        marker = Marker(text)
        tried = ["", *self._extras] if "extra" in text else [""]
        try:
            holds = [e for e in tried if marker.evaluate({**self._environment, "extra": e})]
        except ValueError as error:
            # No comparison, no such variable, or a number that Python does not read.
            raise InvalidMarker(str(error)) from None
        return [""] if "" in holds else holds


_WITH_EXTRA = (
    r"(?:(?P<paren>\()?(?P<rest>[^()]+)(?(paren)\)) and )?"
    r"extra == (?P<quote>['\"])(?P<extra>[A-Za-z0-9._-]+)(?P=quote)"
)
_PLAIN = (
    r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([A-Za-z0-9._, -]*)\])?\s*(\()?([^()\[\]@;]*)(?(3)\))"
)


def _dependencies(line: str, markers: _Markers, repairs: list[str]) -> list[Dependency]:
    written, _, marker = line.partition(";")
    match = re.fullmatch(_PLAIN, written.strip())
    specifier = canonicalize_specifier(match[4]) if match else None
    if match is not None and specifier is not None:
        extras = (match[2] or "").split(",")
        parsed = (match[1], {extra.strip() for extra in extras if extra.strip()}, specifier)
        try:
            return _rows(parsed, markers.brought_by(marker.strip()) if marker.strip() else [""])
        except InvalidMarker:
            pass
    return _irregular(line, markers, repairs)


def _rows(parsed: tuple[str, Iterable[str], str], brought_by: list[str]) -> list[Dependency]:
    name, extras, specifier = parsed
    wanted = tuple(sorted(canonicalize_name(extra) for extra in extras))
    return [Dependency(canonicalize_name(name), wanted, specifier, extra) for extra in brought_by]


def _irregular(line: str, markers: _Markers, repairs: list[str]) -> list[Dependency]:
    """What only packaging can read, or nobody."""
    parsed = _parse(line)
    if parsed is None:
        mended = repair_requirement(line)
        parsed = _parse(mended)
        if parsed is None:
            name = re.match(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)", line)
            if name is None:
                repairs.append(f"{line[:200]!r} is not a requirement, and was ignored")
                return []
            repairs.append(f"{line[:200]!r} is no requirement, and was read as {name[1]!r}")
            parsed = Requirement(name[1])
        else:
            repairs.append(f"{line[:200]!r} is not PEP 440, and was read as {mended!r}")
    if parsed.url:
        repairs.append(f"{line[:200]!r} is a requirement by URL; any version of it is taken")
    brought_by = [""]
    if parsed.marker:
        try:
            brought_by = markers.brought_by(str(parsed.marker))
        except InvalidMarker:
            repairs.append(f"{line[:200]!r} has a marker that means nothing, and counts always")
    return _rows((parsed.name, parsed.extras, str(parsed.specifier)), brought_by)


def _parse(line: str) -> Requirement | None:
    try:
        parsed = Requirement(line)
        str(parsed.specifier)
    except ValueError:
        # Besides packaging's own errors: Python reads no number of more than 4,300 digits.
        return None
    return parsed


def repair_requirement(line: str) -> str:
    """A requirement with ``.x`` for a wildcard, as PEP 440 writes the same range.

    ``>2.0.x`` stands in a wheel that ships with 2.0.4115.0, so it includes 2.0.
    """
    line = re.sub(r"(>=?)\s*(\d+(?:\.\d+)*)\.[xX*](?![\w.])", r">=\2", line)
    line = re.sub(r"(<)\s*(\d+(?:\.\d+)*)\.[xX*](?![\w.])", r"<\2", line)
    line = re.sub(r"(==|!=)\s*(\d+(?:\.\d+)*)\.[xX](?![\w.])", r"\1\2.*", line)
    return re.sub(r"~=\s*(\d+(?:\.\d+)*)\.[xX*](?![\w.])", r"==\1.*", line)
