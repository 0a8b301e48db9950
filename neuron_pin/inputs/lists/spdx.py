"""SPDX documents, in JSON and as tags and values, by the package URLs of their packages.

Source: SPDX 2.2 and 2.3, "Package Information" and its external references; the comments with
which syft says where it found a package.
"""

from __future__ import annotations

import re
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_head
from neuron_pin.inputs.locks.detected import DetectedPackage, Reading

from .json_document import JsonDocument, get_rows, get_text
from .materials import Materials


def read_spdx(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a document; raises `UnreadableInput`."""
    found = Materials(path, reading)
    begin = read_head(path, 64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin.startswith(b"{"):
        _read_json(path, found)
    else:
        _read_tags(path, found)
    return found.finish()


def _check_version(path: str, version: str, line: int | None, found: Materials) -> None:
    match = re.fullmatch(r"SPDX-(\d{1,4})\.(\d{1,4})", version)
    if match is None or match[1] != "2":
        problem = f"SPDX of version {version[:20] or 'unknown'!r}; 2 is read"
        raise UnreadableInput(path, line, problem)
    if int(match[2]) > 3:
        problem = f"{version} is newer than SPDX-2.3, which is known: it may say more"
        found.list.tell(line or 0, problem, is_error=False)


def _read_json(path: str, found: Materials) -> None:
    document = JsonDocument(path)
    root: Any = document.root
    if isinstance(root, dict) and ("@context" in root or "@graph" in root):
        raise UnreadableInput(path, None, "SPDX of version 3; 2 is read")
    _check_version(path, get_text(root, "spdxVersion"), None, found)
    if not isinstance(root.get("packages", []), list):
        raise UnreadableInput(path, None, "'packages' is not a list")
    for key in document.repeated:
        found.list.tell(0, f"has the key {key[:60]!r} twice in one object")
    for row in get_rows(root, "packages"):
        name = get_text(row, "name")
        purls = [
            get_text(reference, "referenceLocator")
            for reference in get_rows(row, "externalRefs")
            if get_text(reference, "referenceType") == "purl"
        ]
        line = document.take_line(purls[0]) if purls else 0
        line = line or document.take_line(name)
        if not name:
            found.list.tell(line, "a package has no name")
            continue
        found.add(name, get_text(row, "versionInfo"), purls, line, get_text(row, "sourceInfo"))


_TAG = re.compile(r"(SPDXVersion|PackageName|PackageVersion|PackageSourceInfo|ExternalRef):\s*(.*)")


def _read_tags(path: str, found: Materials) -> None:
    from neuron_pin.inputs.requirements.requirements_txt import read_text

    package: dict[str, Any] = {}
    has_version = False

    def end() -> None:
        if package:
            found.add(
                package["name"], package["version"], package["purls"], package["line"],
                package["where"],
            )  # fmt: skip
            package.clear()

    for number, line in enumerate(read_text(path).splitlines(), 1):
        match = _TAG.match(line)
        if match is None:
            continue
        tag, value = match[1], match[2].strip()
        value = value.removeprefix("<text>").removesuffix("</text>").strip()
        if tag == "SPDXVersion":
            _check_version(path, value, number, found)
            has_version = True
        elif tag == "PackageName":
            end()
            package.update(name=value, version="", purls=[], line=number, where="")
        elif not package:
            continue
        elif tag == "PackageVersion":
            package["version"] = value
        elif tag == "PackageSourceInfo":
            package["where"] = value
        elif words := re.match(r"PACKAGE[-_]MANAGER\s+purl\s+(\S+)", value):
            package["purls"].append(words[1])
    end()
    if not has_version:
        raise UnreadableInput(path, None, "SPDX of an unknown version; 2 is read")
