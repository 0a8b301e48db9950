"""The verifier shares no code with what makes locks."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import neuron_pin

PACKAGE = Path(neuron_pin.__file__).parent
ALLOWED = {"packaging", "tomli", "neuron_pin.errors", "neuron_pin.record"}
"""Besides the standard library and its own modules; tomli is tomllib on Python 3.10."""


def imports_of(path: Path) -> set[str]:
    """The modules that a module of the verifier imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"{path.name} climbs out of its package"
            found.add("neuron_pin.verify" if node.level else str(node.module))
    return found


def test_the_verifier_imports_nothing_else_of_the_package() -> None:
    modules = sorted((PACKAGE / "verify").rglob("*.py"))
    # What is allowed of the package must not bring in more by itself; what the package's own
    # __init__ loads, which is lazy, is seen below.
    for path in (*modules, PACKAGE / "errors.py", PACKAGE / "record.py"):
        for name in imports_of(path):
            top = name.partition(".")[0]
            assert (
                top in sys.stdlib_module_names
                or top in ALLOWED
                or name in ALLOWED
                or (name.startswith("neuron_pin.verify") and path in modules)
            ), f"{path.name} imports {name}"


def loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=PACKAGE.parent,
    )  # fmt: skip
    return {name for name in done.stdout.split() if name.startswith("neuron_pin")}


def test_what_is_loaded_is_the_verifier_alone() -> None:
    names = [f"neuron_pin.verify.{path.stem}" for path in (PACKAGE / "verify").glob("[!_]*.py")]
    found = loaded(f"import {', '.join(names)}")
    allowed = {"neuron_pin", "neuron_pin.errors", "neuron_pin.record", "neuron_pin.verify"}
    assert found == {*allowed, *names}


def test_no_other_command_loads_it() -> None:
    commands = sorted(path.stem for path in (PACKAGE / "cli").glob("[!_]*.py"))
    others = [f"neuron_pin.cli.{name}" for name in commands if name != "verify"]
    found = loaded(f"import {', '.join(others)}")
    assert not {name for name in found if name.startswith("neuron_pin.verify")}
