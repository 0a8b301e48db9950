"""Reading core metadata.

Source: core metadata specification; PEP 508 markers, evaluated for the target and not for
this machine.  Requirements that are not PEP 508 or 440 are in real wheels; they are
repaired or reported, never dropped in silence.
"""

from __future__ import annotations

import re
from email.parser import BytesHeaderParser

from packaging.requirements import InvalidRequirement, Requirement

from neuron_pin.catalog import normalized
from neuron_pin.errors import SourceFailed
from neuron_pin.target import Target, marker_environment

from .metadata import Dependency, Metadata


def parse_metadata(data: bytes, source: str, target: Target) -> Metadata:
    """Read METADATA for a target; raises `SourceFailed` for what is no such file."""
    message = BytesHeaderParser().parsebytes(data)
    names, versions = message.get_all("Name", []), message.get_all("Version", [])
    if len(names) != 1 or len(versions) != 1:
        raise SourceFailed(source, "is not core metadata: not one Name and one Version")
    dependencies: list[Dependency] = []
    repairs: list[str] = []
    extras = [normalized(str(e)) for e in message.get_all("Provides-Extra", [])]
    environment = marker_environment(target.python, target.platforms)
    for line in message.get_all("Requires-Dist", []):
        dependencies += _dependencies(" ".join(str(line).split()), extras, environment, repairs)
    return Metadata(
        str(names[0]).strip(), str(versions[0]).strip(), tuple(dependencies), tuple(repairs)
    )


def _dependencies(
    line: str, extras: list[str], environment: dict[str, str], repairs: list[str]
) -> list[Dependency]:
    try:
        parsed = Requirement(line)
    except InvalidRequirement:
        mended = repaired(line)
        try:
            parsed = Requirement(mended)
        except InvalidRequirement:
            name = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", line)
            if name is None:
                repairs.append(f"{line[:200]!r} is no requirement, and was left out")
                return []
            repairs.append(f"{line[:200]!r} is no requirement, and was read as {name[1]!r}")
            parsed = Requirement(name[1])
        else:
            repairs.append(f"{line[:200]!r} is not PEP 440, and was read as {mended!r}")
    if parsed.url:
        repairs.append(f"{line[:200]!r} is a requirement by URL; any version of it is taken")
    found = []
    brought_by = [""]
    if parsed.marker is not None:
        if "extra" in str(parsed.marker):
            brought_by += extras
        holds = [e for e in brought_by if parsed.marker.evaluate({**environment, "extra": e})]
        brought_by = [""] if "" in holds else holds
    for extra in brought_by:
        found.append(
            Dependency(
                normalized(parsed.name),
                tuple(sorted(normalized(e) for e in parsed.extras)),
                str(parsed.specifier),
                extra,
            )
        )
    return found


def repaired(line: str) -> str:
    """A requirement with ``.x`` for a wildcard, as PEP 440 writes the same range.

    ``>2.0.x`` stands in a wheel that ships with 2.0.4115.0, so it includes 2.0.
    """
    line = re.sub(r"(>=?)\s*(\d+(?:\.\d+)*)\.[xX*](?![\w.])", r">=\2", line)
    line = re.sub(r"(<)\s*(\d+(?:\.\d+)*)\.[xX*](?![\w.])", r"<\2", line)
    line = re.sub(r"(==|!=)\s*(\d+(?:\.\d+)*)\.[xX](?![\w.])", r"\1\2.*", line)
    return re.sub(r"~=\s*(\d+(?:\.\d+)*)\.[xX*](?![\w.])", r"==\1.*", line)
