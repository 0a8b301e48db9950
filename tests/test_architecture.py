"""The structure of docs/explanation/architecture.md, held to the imports: no cycle of files, and no import
against the flow of data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import neuron_pin

PACKAGE = Path(neuron_pin.__file__).parent
DOCUMENT = Path(__file__).parents[1] / "docs" / "explanation" / "architecture.md"

FLOORS = (
    ("all_modules", "bytecode", "record"),
    ("errors", "extras", "printable", "reporter"),
    ("fs", "policy", "screen"),
    ("gpgv",),
    ("sqv",),
    ("catalog", "lockfile"),
    ("settings",),
    ("target", "inputs"),
    ("sources",),
    ("resolve",),
    ("outputs",),
    ("audit",),
    ("diagnosis", "fleet"),
    ("operations",),
    ("planner", "hooks"),
    ("report",),
    ("tasks",),
    ("proxy",),
    ("api", "cli"),
)
"""Rooms from the ground up: a room imports from the floors below its own, and from its own room."""

ALONE = {"verify": {"errors", "record"}}
"""Rooms that import nothing but these: `verify` shares no code with what makes locks."""


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """The modules of ours that a module imports, wherever in it.

    The package itself imports nothing when it is imported: its public names are imported when
    they are used.
    """
    if name == "neuron_pin":
        return
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            base = base[: len(base) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                if whole in MODULES:
                    yield whole
                elif module in MODULES:
                    yield module


GRAPH = {name: sorted(set(imports(name)) - {name}) for name in MODULES}


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "neuron_pin"


def test_no_file_imports_itself_by_others() -> None:
    cycles: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, above: list[str]) -> None:
        if name in above:
            cycles.append([*above[above.index(name) :], name])
            return
        if name not in done:
            for imported in GRAPH[name]:
                walk(imported, [*above, name])
            done.add(name)

    for name in GRAPH:
        walk(name, [])
    assert cycles == []


def test_no_import_goes_against_the_flow() -> None:
    floor = {each: number for number, rooms in enumerate(FLOORS) for each in rooms}
    against = [
        f"{name} -> {imported}"
        for name, targets in GRAPH.items()
        for imported in targets
        if room(name) in floor
        and room(imported) in floor
        and room(name) != room(imported)
        and floor[room(imported)] >= floor[room(name)]
    ]
    assert against == []
    for alone, allowed in ALONE.items():
        found = {room(i) for name in GRAPH if room(name) == alone for i in GRAPH[name]}
        assert found <= {alone, *allowed}


def test_every_room_has_a_floor() -> None:
    rooms = {room(name) for name in MODULES} - {"neuron_pin", "__main__", *ALONE}
    floors = [each for rooms in FLOORS for each in rooms]
    assert sorted(floors) == sorted(rooms)


def test_the_document_lists_the_floors() -> None:
    table = DOCUMENT.read_text().split("| rooms |", 1)[1].split("\n\n", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert tuple(tuple(re.findall(r"`([^`]+)`", row)) for row in rows) == FLOORS


def test_the_document_names_files_that_there_are() -> None:
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|toml))`", DOCUMENT.read_text())
    assert named
    assert [n for n in named if not ((PACKAGE / n).exists() or (PACKAGE.parent / n).exists())] == []


EDGE = {
    "api.arguments",
    "operations.check",
    "operations.lock",
    "operations.read_settings",
    "tasks.check",
    "tasks.lock",
    "tasks.apply",
}
"""Modules beside the commands that see settings; everything else is given typed values that are
made of them.  In operations and above, what asks nothing of `Settings` itself may take a function
of its file."""


def test_settings_stay_at_the_edge() -> None:
    below = {each for rooms in FLOORS[: FLOORS.index(("operations",))] for each in rooms}
    found = set()
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "neuron_pin.settings":
                is_below = room(name) in below
                if is_below or any(alias.name == "Settings" for alias in node.names):
                    found.add(name.removeprefix("neuron_pin."))
    assert {name for name in found if not name.startswith("cli.")} <= EDGE


def test_records_are_of_modules_whose_annotations_are_text() -> None:
    """`record.NamedTuple` finds its fields there in every Python (PEP 749)."""
    users = [name for name, targets in GRAPH.items() if "neuron_pin.record" in targets]
    assert len(users) > 50
    for name in users:
        assert "from __future__ import annotations\n" in MODULES[name].read_text(), name
