"""CycloneDX documents, in JSON and XML, by the package URLs of their components.

Source: CycloneDX 1.2 to 1.7; the properties with which syft and trivy say where they found a
package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.file_content import CYCLONEDX
from neuron_pin.inputs.locks.detected import DetectedPackage, Reading

from .json_document import MAX_BYTES, JsonDocument, get_rows, get_table, get_text
from .materials import Materials

MAX_DEPTH = 50
NEWEST = (1, 7)
"""The newest version whose components are known; of later ones what is alike is read."""

_WHERE = re.compile(r"(?:location:\d+:path|FilePath|file_?path)$", re.IGNORECASE)


def read_cyclonedx(path: str, reading: Reading) -> list[DetectedPackage]:
    """The components of a document; raises `UnreadableInput`."""
    found = Materials(path, reading)
    with open(path, "rb") as stream:
        begin = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin.startswith(b"<"):
        _Xml(path, found).read()
        return found.finish()
    document = JsonDocument(path)
    _check_version(path, get_text(document.root, "specVersion"), found)
    if not isinstance(document.root, dict):
        raise UnreadableInput(path, None, "is not a CycloneDX document")
    components = document.root.get("components", [])
    if not isinstance(components, list):
        raise UnreadableInput(path, None, "'components' is not a list")
    for key in document.repeated:
        found.list.tell(0, f"has the key {key[:60]!r} twice in one object")
    described = get_table(document.root, "metadata", "component")
    inner = get_rows(described, "components")
    for row in _walk([*inner, *components], 0, path):
        _component(row, document, found)
    return found.finish()


def _check_version(path: str, version: str, found: Materials) -> None:
    match = re.fullmatch(r"(\d{1,4})\.(\d{1,4})", version)
    if match is None or match[1] != "1":
        raise UnreadableInput(path, None, f"CycloneDX of version {version[:20]!r}; 1 is read")
    if (int(match[1]), int(match[2])) > NEWEST:
        newest = ".".join(map(str, NEWEST))
        problem = f"CycloneDX {version} is newer than {newest}, which is known: it may say more"
        found.list.tell(0, problem, is_error=False)


def _walk(rows: list[Any], depth: int, path: str) -> Iterator[Any]:
    if depth > MAX_DEPTH:
        raise UnreadableInput(path, None, f"nests components deeper than {MAX_DEPTH} levels")
    for row in rows:
        yield row
        yield from _walk(get_rows(row, "components"), depth + 1, path)


def _component(row: Any, document: JsonDocument, found: Materials) -> None:
    name, purl = get_text(row, "name"), get_text(row, "purl")
    line = document.take_line(purl) or document.take_line(name)
    if not isinstance(row, dict) or not name:
        found.list.tell(line, "a component has no name")
        return
    if get_text(row, "type") not in ("library", "framework", "application", "") and not purl:
        return
    where = [
        get_text(each, "value")
        for each in get_rows(row, "properties")
        if _WHERE.search(get_text(each, "name"))
    ]
    where += [get_text(o, "location") for o in get_rows(row, "evidence", "occurrences")]
    first = next((text for text in where if "-packages/" in text), "")
    found.add(name, get_text(row, "version"), [purl] if purl else [], line, first)


class _Xml:
    """Reads components of an XML document as they pass by."""

    def __init__(self, path: str, found: Materials) -> None:
        self.path = path
        self.found = found
        self.above: list[str] = []
        self.open: list[dict[str, Any]] = []
        self.text: list[str] = []

    def read(self) -> None:
        from xml.parsers import expat

        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append
        # A document type can define entities without end, and no such document needs one.
        self.parser.StartDoctypeDeclHandler = self._refuse
        try:
            self.parser.Parse(read_bounded(self.path, MAX_BYTES), True)
        except expat.ExpatError as error:
            problem = f"is not XML: {expat.ErrorString(error.code)}"
            raise UnreadableInput(self.path, error.lineno, problem) from None

    def _refuse(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise UnreadableInput(self.path, line, "has a document type, which CycloneDX does not")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, word = name.rpartition(" ")
        if not self.above and (word != "bom" or not space.startswith(CYCLONEDX)):
            raise UnreadableInput(self.path, None, "is not a CycloneDX document")
        if not self.above:
            _check_version(self.path, space.removeprefix(CYCLONEDX), self.found)
        if len(self.above) > 4 * MAX_DEPTH:
            problem = f"nests deeper than {4 * MAX_DEPTH} levels"
            raise UnreadableInput(self.path, self.parser.CurrentLineNumber, problem)
        if word == "component":
            line = self.parser.CurrentLineNumber
            self.open.append({"line": line, "where": "", "depth": len(self.above)})
        self.above.append(word)
        self.text.clear()
        if word == "property" and self.open and _WHERE.search(attributes.get("name", "")):
            self.open[-1]["is_where"] = True

    def _end(self, name: str) -> None:
        word = self.above.pop()
        text = "".join(self.text).strip()
        self.text.clear()
        if not self.open:
            return
        own = self.open[-1]
        if word == "component":
            self.open.pop()
            if self.above[-1:] != ["metadata"]:
                self._add(own)
        elif word in ("name", "version", "purl") and len(self.above) == own["depth"] + 1:
            own[word] = text
            own["line"] = self.parser.CurrentLineNumber if word == "name" else own["line"]
        elif word == "property" and own.pop("is_where", False) and "-packages/" in text:
            own["where"] = own["where"] or text

    def _add(self, own: dict[str, Any]) -> None:
        purl = own.get("purl", "")
        if not own.get("name"):
            self.found.list.tell(own["line"], "a component has no name")
            return
        self.found.add(
            own["name"], own.get("version", ""), [purl] if purl else [], own["line"], own["where"]
        )
