"""``Packages`` files of apt repositories: the stanzas of wanted names.

Source: the Debian repository format; deb822(5); deb-control(5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from neuron_pin.errors import SourceFailed
from neuron_pin.policy import Ecosystem
from neuron_pin.policy.debbuild import describe_build
from neuron_pin.sources.system_package import (
    MAX_WANTED,
    SystemPackage,
    parse_deb_relations,
)

AMD64 = "amd64"


def stanzas(
    data: bytes, names: Iterable[str], address: str, architecture: str = AMD64
) -> Iterator[SystemPackage]:
    """The stanzas of the wanted names for an architecture; the others are passed over
    without being read.

    Raises `SourceFailed` for more than `MAX_WANTED` of them.
    """
    text = b"\n\n" + data.replace(b"\r\n", b"\n")
    count = 0
    for prefix, wanted in _group_by_beginning(names).items():
        # Names that begin alike cost one walk through the index, not one each.
        mark = b"\nPackage: " + prefix.encode()
        at = text.find(mark)
        while at >= 0:
            end_of_line = text.find(b"\n", at + 1)
            name = text[at + 10 : end_of_line].decode("utf-8", "replace")
            if end_of_line >= 0 and name in wanted:
                start = text.rfind(b"\n\n", 0, at + 1) + 2
                end = text.find(b"\n\n", at + 1)
                stanza = text[start : end if end >= 0 else len(text)].decode("utf-8", "replace")
                count += 1
                if count > MAX_WANTED:
                    problem = f"has more than {MAX_WANTED} versions of what is wanted"
                    raise SourceFailed(address, problem)
                package = _package(name, stanza)
                if package.architecture in (architecture, "all", ""):
                    yield package
            at = text.find(mark, at + len(mark))


def _group_by_beginning(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Names in groups that share their first letters, each under these."""
    groups: dict[str, set[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(name[:8], set()).add(name)
    return {beginning: frozenset(group) for beginning, group in groups.items()}


# Fields that deb-control(5) allows to go on in the next line, as far as they are read.
_FOLDED = frozenset({"pre-depends", "depends", "conflicts", "breaks", "provides"})


def _package(name: str, stanza: str) -> SystemPackage:
    fields: dict[str, str] = {}
    last = ""
    for line in stanza.split("\n"):
        key, colon, value = line.partition(":")
        if line[:1] in (" ", "\t"):
            if last in _FOLDED:
                fields[last] += line
        elif colon and key:
            last = key.lower()
            fields.setdefault(last, value.strip())
    size = fields.get("size", "")
    phased = fields.get("phased-update-percentage", "")
    relations = {
        field: list(parse_deb_relations(fields.get(field, "")))
        for field in ("pre-depends", "depends", "conflicts", "breaks", "provides")
    }
    return SystemPackage(
        Ecosystem.APT,
        name,
        fields.get("version", ""),
        fields.get("filename", ""),
        fields.get("sha256", ""),
        int(size) if size.isdecimal() and len(size) < 16 else None,
        depends=(*relations["pre-depends"], *relations["depends"]),
        conflicts=tuple(g[0] for g in (*relations["conflicts"], *relations["breaks"])),
        provides=tuple(group[0] for group in relations["provides"]),
        architecture=fields.get("architecture", ""),
        build=describe_build(stanza),
        phased=int(phased) if phased.isdecimal() and len(phased) < 4 else None,
    )
