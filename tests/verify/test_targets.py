"""Locks for several targets: of the rows of one name the one that applies counts, and no other."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from conftest import Run, Served, publish, wheel

PROJECTS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "app": [("1.0", ("lib>=2",))],
    "lib": [("1.0", ()), ("2.0", ("dep",))],
    "dep": [("1.0", ())],
}
OLD, NEW = "python_version < '3.9'", "python_version >= '3.9'"
# The rows of a lock, each with a marker, and the checks that find fault; none where it is right.
ROWS = {
    "the older first": ([("app", "1.0", ""), ("lib", "1.0", OLD), ("lib", "2.0", NEW),
                         ("dep", "1.0", NEW)], set()),
    "the newer first": ([("app", "1.0", ""), ("lib", "2.0", NEW), ("lib", "1.0", OLD),
                         ("dep", "1.0", NEW)], set()),
    "what the second needs is missing": ([("app", "1.0", ""), ("lib", "1.0", OLD),
                                          ("lib", "2.0", NEW)], {"missing-requirement"}),
    "what is needed is for another Python": ([("app", "1.0", ""), ("lib", "2.0", ""),
                                              ("dep", "1.0", OLD)], {"missing-requirement"}),
    "the one that applies is too old": ([("app", "1.0", ""), ("lib", "1.0", NEW),
                                         ("lib", "2.0", OLD)], {"unmet-requirement"}),
}  # fmt: skip


def write(server: Served, rows: list[tuple[str, str, str]], more: str = "") -> Path:
    """A pylock.toml (PEP 751) with these rows."""
    lines = ['lock-version = "1.0"', 'created-by = "test"', 'requires-python = ">=3.8"']
    for name, version, marker in rows:
        filename = f"{name}-{version}-py3-none-any.whl"
        needs = dict(PROJECTS[name])[version]
        digest = hashlib.sha256(wheel(name, version, needs)).hexdigest()
        file = f'{{url = "{server.url}/files/{filename}", hashes = {{sha256 = "{digest}"}}}}'
        lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"',
                  f'index = "{server.url}/simple"', f"wheels = [{file}]"]  # fmt: skip
        lines += [f'marker = "{marker}"'] if marker else []
        lines += [more] if more else []
    path = Path("pylock.toml")
    path.write_text("\n".join(lines) + "\n")
    return path


def found(run: Run, path: Path, *words: str) -> tuple[int, set[str]]:
    done = run("verify", path, "--python", "3.11.9", "--format", "json", *words)
    return done.code, {row["check"] for row in json.loads(done.out)["problems"]}


@pytest.mark.parametrize("case", ROWS)
def test_the_row_that_applies_counts(run: Run, serve, case: str) -> None:
    rows, checks = ROWS[case]
    server = serve()
    publish(server, PROJECTS, as_json=True)
    assert found(run, write(server, rows)) == (1 if checks else 0, checks)


def test_a_package_for_another_python_is_named(run: Run, serve) -> None:
    server = serve()
    publish(server, PROJECTS, as_json=True)
    path = write(server, [("dep", "1.0", "")], 'requires-python = "<3"')
    assert found(run, path) == (1, {"requires-python"})


def test_a_page_points_to_no_file_of_this_machine(run: Run, serve, tmp_path: Path) -> None:
    server = serve()
    publish(server, PROJECTS, as_json=True)
    filename = "dep-1.0-py3-none-any.whl"
    (tmp_path / f"{filename}.metadata").write_text(
        "Metadata-Version: 2.1\nName: dep\nVersion: 1.0\n"
    )
    row = {"filename": filename, "url": (tmp_path / filename).as_uri(), "hashes": {},
           "core-metadata": True}  # fmt: skip
    kind = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    server.answers["/simple/dep/"] = (200, kind, json.dumps({"files": [row]}).encode())
    assert found(run, write(server, [("dep", "1.0", "")])) == (1, {"not-on-index"})
    anchor = f'<a href="{(tmp_path / filename).as_uri()}">{filename}</a>'
    server.answers["/simple/dep/"] = (200, {"Content-Type": "text/html"}, anchor.encode())
    assert found(run, write(server, [("dep", "1.0", "")])) == (1, {"not-on-index"})


def test_a_version_that_python_does_not_read_is_not_a_bug(run: Run, serve, few_digits: str) -> None:
    server = serve()
    publish(server, PROJECTS, as_json=True)
    path = write(server, [("dep", "1.0", "")])
    path.write_text(path.read_text().replace('version = "1.0"', f'version = "{few_digits}"'))
    assert run("verify", path, "--python", "3.11").code in (1, 2)
