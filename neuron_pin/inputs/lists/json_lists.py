"""What pip, uv and conda print as JSON of what is installed.

Source: pip "pip list" (``--format json``) and "pip inspect JSON report"; conda "conda list"
(``--json``).
"""

from __future__ import annotations

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.locks.detected import DetectedPackage, Reading
from neuron_pin.policy import Ecosystem

from .installed import InstalledList
from .json_document import JsonDocument, get_rows, get_table, get_text


def read_json_list(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a list; raises `UnreadableInput`."""
    document = JsonDocument(path)
    found = InstalledList(path, reading)
    if isinstance(document.root, dict):
        _read_inspect(document, found)
    elif isinstance(document.root, list):
        _read_rows(document, found)
    else:
        raise UnreadableInput(path, None, "is not a list of packages")
    for key in document.repeated:
        found.tell(0, f"has the key {key[:60]!r} twice in one object")
    return found.finish()


def _read_rows(document: JsonDocument, found: InstalledList) -> None:
    for number, row in enumerate(document.root, 1):
        name, version = get_text(row, "name"), get_text(row, "version")
        line = document.take_line(name, "name")
        if not name or not version:
            found.tell(line, f"{name[:60] or f'row {number}'}: it has no name and version")
            continue
        if "dist_name" in row and name.startswith("_"):
            continue  # What conda uses to tell builds apart is no package of anybody's.
        if "dist_name" in row and name == "python":
            found.python = version
        found.add(Ecosystem.PIP, name, version, line)


def _read_inspect(document: JsonDocument, found: InstalledList) -> None:
    version = get_text(document.root, "version")
    if version.partition(".")[0] not in ("0", "1"):
        raise UnreadableInput(
            document.path, None, f"pip inspect of version {version[:20]!r}; 0 and 1 are read"
        )
    found.python = get_text(get_table(document.root, "environment"), "python_version")
    rows = get_rows(document.root, "installed")
    if "installed" not in document.root:
        found.tell(0, "has no list of what is installed")
    for number, row in enumerate(rows, 1):
        metadata = get_table(row, "metadata")
        name, version = get_text(metadata, "name"), get_text(metadata, "version")
        line = document.take_line(name, "name")
        if not name or not version:
            found.tell(line, f"{name[:60] or f'installed {number}'}: it has no name and version")
            continue
        found.add(
            Ecosystem.PIP, name, version, line,
            source=get_text(get_table(row, "direct_url"), "url"),
        )  # fmt: skip
