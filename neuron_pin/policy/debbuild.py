"""Builds of one version of a Debian package: what tells them apart."""

from __future__ import annotations

_OF_BUILD = (
    "installed-size", "depends", "pre-depends", "conflicts", "breaks", "replaces", "multi-arch"
)  # fmt: skip


def describe_build(stanza: str) -> str:
    """What of a stanza, of a Packages file or of dpkg's status, apt tells builds of one version
    apart by, beside the size and the hash of the file.

    Source: libapt's ``deblistparser.cc`` (``VersionHash``, ``SameVersion``), 2.6 to 3.3: spaces and
    the sign ``=``, in which dpkg and archives differ, do not count.
    """
    found: dict[str, str] = {}
    last = ""
    for line in stanza.split("\n"):
        if line[:1] in (" ", "\t"):
            if last in found:
                found[last] += line
            continue
        last, _, value = line.partition(":")
        last = last.lower()
        if last in _OF_BUILD and last not in found:
            found[last] = value
    texts = ("".join(found.get(field, "").split()) for field in _OF_BUILD)
    return "\n".join(texts).replace("=", "").lower()
