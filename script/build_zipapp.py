"""Builds neuron-pin.pyz of ``script/zipapp``, whose comment says what it is.

Exit codes: 0 built; 1 a wheel is missing or is not the one that is pinned; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "neuron_pin"
PINS = HERE / "pins" / "zipapp.txt"
STARTER = HERE / "zipapp_main.py"

LEFT_OUT = ("neuron_pin/api/", "neuron_pin/proxy/", "neuron_pin/catalog/importer/")
"""Rooms that need libraries which are not pure Python, or the network; and the interface for
programs, which takes Python 3.10."""

PAIRWISE = "pairwise = lambda rows: (lambda each: zip(each, each[1:]))(list(rows))"

DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the earliest that a zip archive can state."""


def read_pins(path: Path = PINS) -> dict[str, tuple[str, str]]:
    """By the name of a library, its version and the SHA-256 of its wheel."""
    rows = re.findall(
        r"^([a-z-]+)==(\S+) \\\n +--hash=sha256:([0-9a-f]{64})$", path.read_text(), re.M
    )
    return {name: (version, digest) for name, version, digest in rows}


def find_wheels(folder: Path) -> list[Path]:
    """The wheels of the pins in a folder; raises `LookupError` for one that is missing, or is
    another file."""
    found = []
    for name, (version, digest) in read_pins().items():
        wheel = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        if not wheel.is_file() or hashlib.sha256(wheel.read_bytes()).hexdigest() != digest:
            raise LookupError(f"{wheel}: missing, or not the file of {PINS.name}")
        found.append(wheel)
    return found


def read_wheels(wheels: list[Path]) -> Iterator[tuple[str, bytes]]:
    """The modules of wheels, and their licenses."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                is_license = ".dist-info/licenses/" in name and not name.endswith("/")
                if name.endswith((".py", "/py.typed")) or is_license:
                    yield name, archive.read(name)


def read_package() -> Iterator[tuple[str, bytes]]:
    """The files of the package, for Python 3.9."""
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE.parent).as_posix()
        if "__pycache__" in path.parts or not path.is_file() or name.startswith(LEFT_OUT):
            continue
        data = path.read_bytes()
        yield name, adapt(data.decode()).encode() if path.suffix == ".py" else data


def adapt(source: str) -> str:
    """A module without what Python 3.9 lacks: ``strict`` of `zip` and ``slots`` of `dataclass`,
    which change nothing where a program has no mistake; `itertools.pairwise`; and unions of types
    where they are evaluated: as names of types, which become texts, and in `isinstance`."""
    source = source.replace("from itertools import pairwise\n", f"{PAIRWISE}\n")
    tree = ast.parse(source)
    changes = [
        change
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        for change in _adapt_call(node, node.func.id)
    ]
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and _has_union_of_types(statement.value):
            text = ast.get_source_segment(source, statement.value) or ""
            changes.append((statement.value, repr(" ".join(text.split()))))
    data = source.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, text in sorted(changes, key=lambda each: -starts[each[0].lineno - 1]):
        assert node.end_lineno is not None and node.end_col_offset is not None
        head = data[: starts[node.lineno - 1] + node.col_offset]
        tail = data[starts[node.end_lineno - 1] + node.end_col_offset :]
        if not text and head.rstrip().endswith(b","):
            head = head.rstrip()[:-1]
        elif not text and tail.lstrip().startswith(b","):
            tail = tail.lstrip()[1:].lstrip(b" ")
        data = head + text.encode() + tail
    return data.decode()


def _adapt_call(call: ast.Call, name: str) -> Iterator[tuple[ast.expr | ast.keyword, str]]:
    """The parts of a call that are replaced, each with what stands there instead."""
    for keyword in call.keywords:
        if (name, keyword.arg) in {("zip", "strict"), ("dataclass", "slots")}:
            yield keyword, ""
    if name in ("isinstance", "issubclass") and isinstance(call.args[-1], ast.BinOp):
        yield call.args[-1], f"({', '.join(map(ast.unparse, _list_joined(call.args[-1])))})"


def _list_joined(node: ast.expr) -> list[ast.expr]:
    """What ``|`` joins in an expression; the expression itself where it joins nothing."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_list_joined(node.left), *_list_joined(node.right)]
    return [node]


def _has_union_of_types(value: ast.expr) -> bool:
    """Whether an expression joins types, and not sets or numbers: classes have capitals and small
    letters, constants capitals alone."""
    return any(
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.BitOr)
        and all(map(_is_type, _list_joined(node)))
        for node in ast.walk(value)
    )


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, str)
    if isinstance(node, ast.Subscript):
        return _is_type(node.value)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    is_class = name[:1].isupper() and not name.isupper()
    return is_class or name in ("str", "int", "float", "bytes", "bool", "list", "dict", "tuple")


def build(files: Mapping[str, bytes]) -> bytes:
    """The archive: a first line for the kernel, then members in order, with one date and mode.
    The program's own starter is told the digest of everything else."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    starter = STARTER.read_text().replace('TREE = ""', f'TREE = "{digest.hexdigest()[:16]}"')
    stream = io.BytesIO()
    stream.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted({**files, "__main__.py": starter.encode()}.items()):
            about = zipfile.ZipInfo(name, DAY)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.create_system = 3
            about.external_attr = 0o100644 << 16
            archive.writestr(about, data)
    return stream.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--has-wheels", type=Path, metavar="DIR", help="say by the exit code")
    parser.add_argument("--wheels", type=Path, metavar="DIR")
    parser.add_argument("output", type=Path, nargs="?")
    options = parser.parse_args()
    try:
        wheels = find_wheels(options.has_wheels or options.wheels or Path("build/wheels"))
    except LookupError as error:
        if options.has_wheels is None:
            print(f"script/zipapp: {error}", file=sys.stderr)
        return 1
    if options.has_wheels is not None:
        return 0
    if options.output is None:
        parser.error("no file to write")
    data = build(dict([*read_package(), *read_wheels(wheels)]))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(data)
    options.output.chmod(0o755)
    digest = hashlib.sha256(data).hexdigest()
    beside = options.output.with_name(f"{options.output.name}.sha256")
    beside.write_text(f"{digest}  {options.output.name}\n")
    print(f"{digest}  {options.output} ({len(data):,} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
