"""Installs other programs, runs tests/clients, and writes the table of docs/reference/clients.md;
for ``script/clients``, whose comment says what it is.

Exit codes: those of pytest; 2 wrong usage, or a program that cannot be installed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "build/clients"
PAGE = PROJECT / "docs/reference/clients.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
PYTHON_PROGRAMS = {
    "devpi-server": ("devpi-server", "devpi-client"),
    "hatch": ("hatch",),
    "pipenv": ("pipenv",),
    "pypiserver": ("pypiserver",),
    "simple-repository-server": ("simple-repository-server",),
    "spdx-tools": ("spdx-tools",),
}
NODE_PACKAGES = ("packageurl-js", "@microsoft/sarif-multitool")


def install() -> None:
    """Install what is not there yet; a program that cannot be installed ends this."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    for name, packages in PYTHON_PROGRAMS.items():
        if not (FOLDER / name / "bin").is_dir():
            subprocess.run(
                [*uv, "venv", "--python", sys.executable, str(FOLDER / name)], check=True
            )
            subprocess.run(
                [*uv, "pip", "install", "--python", str(FOLDER / name), *packages], check=True
            )
    if shutil.which("npm") is None:
        print("clients: npm is not installed: no packageurl-js, no SARIF multitool")
    elif not (FOLDER / "node_modules").is_dir():
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", str(FOLDER), *NODE_PACKAGES], check=True
        )


def read_rows(report: Path) -> list[tuple[str, str, str, str, str]]:
    """The rows of a JUnit report of pytest: program, version, direction, what, and what came of
    it; nothing of tests that were skipped."""
    rows = []
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest's own
        told = {p.get("name", ""): p.get("value", "") for p in case.iter("property")}
        if "client" not in told or case.find("skipped") is not None:
            continue
        failed = case.find("failure") is not None or case.find("error") is not None
        fields = (told[key] for key in ("client", "version", "direction", "what"))
        rows.append((*fields, "wrong" if failed else "right"))
    return sorted(rows)


def render(rows: Iterable[Sequence[str]]) -> str:
    """The table in Markdown."""
    lines = ["| program | version | what it does | with what | result |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def put_table(text: str, table: str) -> str:
    """A page with the table between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        raise SystemExit(f"clients: {PAGE} has no marks for the table")
    return f"{head}{BEGIN}{table}{END}{tail}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/clients", description="See script/clients.")
    parser.add_argument("--short", action="store_true", help="install nothing, write no table")
    options = parser.parse_args()
    if not options.short:
        try:
            install()
        except subprocess.CalledProcessError as error:
            print(f"clients: {error}", file=sys.stderr)
            return 2
    report = FOLDER / "report.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/clients", "-rs", f"--junitxml={report}",
         "-o", "junit_family=xunit1"],
        cwd=PROJECT, check=False,
    )  # fmt: skip
    rows = read_rows(report)
    programs = {row[0] for row in rows}
    wrong = sum(row[4] != "right" for row in rows)
    print(f"clients: {len(programs)} programs, {len(rows)} rows, {wrong} wrong")
    if not options.short:
        PAGE.write_text(put_table(PAGE.read_text(), render(rows)))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
