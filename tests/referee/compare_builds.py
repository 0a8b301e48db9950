"""Whether two builds decide alike: the same commands through both, compared apart from words.

Usage: compare_builds.py OTHER_TREE [--verbose].  Runs in this tree and in the other one (a checkout of
another revision), each in a process of its own.  Prints how many outcomes are equal; the status is 1 if
one is not.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
WORDS = {"reason", "message", "hint", "text", "title", "remedy", "note", "notes", "command", "causes",
         "description", "summary", "detail", "told", "words", "warnings", "meaning", "section", "why"}  # fmt: skip
"""Keys of documents that are prose."""

DAYS = ("2023-06-01", "2024-09-20", "2025-06-01", "2026-08-20")
FORMS = ("constraints", "apt-preferences", "versionlock", "versionlock-toml", "uv", "pip-conf",
         "apt-source", "rpm-repository", "hook-state")  # fmt: skip
SYSTEMS = ("ubuntu22.04", "ubuntu24.04", "amzn2023", "rocky9")


def commands(fixtures: Path) -> Iterator[list[str]]:
    """What is asked of both; all of it offline."""
    from neuron_pin.catalog import load_catalog

    catalog = load_catalog()
    releases = [release.sdk for release in catalog.releases]
    families = sorted(catalog.instances)
    for sdk, family, system in itertools.product(releases, families, SYSTEMS):
        target = ["--sdk", sdk, "--instance", family, "--os", system, "--as-of", DAYS[-1]]
        yield ["lock", "--offline", *target, "--phase", "eos", "--format", "json"]
    for day, family, system in itertools.product(DAYS, families, SYSTEMS):
        target = ["--instance", family, "--os", system, "--as-of", day]
        for form, pin in itertools.product(FORMS, ("exact", "minor", "major")):
            yield ["lock", "--offline", *target, "--pin", pin, "--format", form]
        yield ["lock", "--offline", *target, "--phase", "beta", "--format", "json"]
    for name, family in itertools.product(sorted(catalog.packages), families):
        where = ["--instance", family, "--as-of", DAYS[-1], "--format", "json"]
        yield ["explain", name, "--offline", *where]
        yield ["lock", "--offline", name, *where]
    for day in DAYS:
        yield ["lifecycle", "--as-of", day, "--format", "json"]
    for newer, older in itertools.pairwise(releases):
        yield ["diff", older, newer, "--format", "json"]
        yield ["plan", "--from", older, "--to", newer, "--instance", "trn1", "--os", "ubuntu22.04",
               "--as-of", DAYS[-1], "--format", "json"]  # fmt: skip
    for path in sorted(fixtures.rglob("*")):
        if path.is_file() and path.stat().st_size < 200_000:
            for family in ("trn1", "inf1"):
                yield ["check", str(path.relative_to(fixtures)), "--instance", family, "--as-of",
                       DAYS[-1], "--format", "json"]  # fmt: skip
    yield ["releases", "--format", "json"]
    yield ["catalog", "lint", "--format", "json"]


def without_words(value: Any) -> Any:
    """A document less its prose."""
    if isinstance(value, dict):
        return {key: without_words(item) for key, item in value.items() if key not in WORDS}
    return [without_words(item) for item in value] if isinstance(value, list) else value


def outcome(arguments: list[str]) -> list[Any]:
    """The exit code, and what was printed apart from words."""
    from neuron_pin.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
    text = out.getvalue()
    try:
        return [code, without_words(json.loads(text))]
    except ValueError:
        lines = [line for line in text.splitlines() if not line.startswith(("#", "Explanation:"))]
        # The state of a hook ends with a checksum of its lines, and names the command.
        lines = [line for line in lines if not line.startswith(("end\t", "value\tcommand"))]
        return [code, [line for line in lines if line.strip()]]


def run_all(fixtures: Path) -> None:
    """Print the outcome of each command, a line each."""
    os.chdir(fixtures)
    for arguments in commands(fixtures):
        print(json.dumps([arguments, outcome(arguments)]))


def outcomes(tree: Path, folder: str) -> dict[str, Any]:
    environment = {
        **os.environ, "PYTHONPATH": str(tree), "HOME": folder, "XDG_CACHE_HOME": folder,
        "XDG_DATA_HOME": folder, "PYTHONHASHSEED": "0",
    }  # fmt: skip
    command = [sys.executable, __file__, "--run", str(ROOT / "fixtures")]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {json.dumps(arguments): found for arguments, found in rows}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("other", nargs="?", type=Path, metavar="OTHER_TREE")
    options.add_argument("--run", type=Path, metavar="FIXTURES", help=argparse.SUPPRESS)
    options.add_argument("--verbose", action="store_true", help="print what differs")
    given = options.parse_args()
    if given.run:
        run_all(given.run)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = outcomes(ROOT, folder), outcomes(given.other.resolve(), folder)
    different = [key for key in ours if theirs.get(key) != ours[key]]
    different += [key for key in theirs if key not in ours]
    for key in different:
        print("differs:", " ".join(json.loads(key)))
        if given.verbose:
            print("  here: ", json.dumps(ours.get(key))[:2000])
            print("  there:", json.dumps(theirs.get(key))[:2000])
    print(f"{len(ours)} commands, {len(ours) - len(different)} alike, {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
