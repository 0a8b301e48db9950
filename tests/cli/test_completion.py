"""Completion of bash, zsh and fish: the committed scripts are fresh, and the shells complete."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run, sample

from neuron_pin.catalog.catalog import EMBEDDED, Catalog
from neuron_pin.cli.command_parser import CommandParser
from neuron_pin.cli.completion import render_completion
from neuron_pin.cli.parser import make_parser
from neuron_pin.fs.toml import parse_toml

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SCRIPTS = {
    "bash": ROOT / "completions/neuron-pin.bash",
    "zsh": ROOT / "completions/_neuron-pin",
    "fish": ROOT / "completions/neuron-pin.fish",
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_committed_scripts_are_fresh(shell: str, run: Run) -> None:
    text = render_completion(shell, Catalog(EMBEDDED))
    assert SCRIPTS[shell].read_text() == text, "run script/completions"
    assert run("completion", shell).out == text


def test_the_wheel_puts_them_where_shells_look() -> None:
    targets = parse_toml((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    placed = {ROOT / source: target for source, target in targets["wheel"]["shared-data"].items()}
    assert {shell: placed[path] for shell, path in SCRIPTS.items()} == {
        "bash": "share/bash-completion/completions/neuron-pin",
        "zsh": "share/zsh/site-functions/_neuron-pin",
        "fish": "share/fish/vendor_completions.d/neuron-pin.fish",
    }
    assert "completions" in targets["sdist"]["include"]


def parsers(parser: CommandParser) -> Iterator[CommandParser]:
    yield parser
    for action in parser.actions.values():
        yield from parsers(action)


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_option_is_in_every_script(shell: str) -> None:
    text = SCRIPTS[shell].read_text()
    for parser in parsers(make_parser()):
        for action in parser._actions:
            for name in action.option_strings if action.help != "==SUPPRESS==" else ():
                shown = name.lstrip("-") if shell == "fish" else name
                assert shown in text, (parser.prog, name)


def completed(shell: str, line: str) -> list[str]:
    """What the shell offers for a line, without descriptions."""
    script = SCRIPTS[shell]
    if shell == "bash":
        words = line.replace("=", " = ").split()
        words += [""] if line.endswith((" ", "=")) else []
        command = ["bash", "--norc", str(HERE / "complete.bash"), str(script), *words]
    elif shell == "zsh":
        command = ["zsh", "-f", str(HERE / "complete.zsh"), str(script.parent), line]
    else:
        command = ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    rows = [row.partition("\t")[0] for row in done.stdout.splitlines() if row]
    # fish repeats the option that a value belongs to.
    return [row.partition("=")[2] if row.startswith("--sdk=") else row for row in rows]


# what is typed, what must be offered, what must not
LINES = [
    ("neuron-pin l", {"lock", "lifecycle"}, {"check"}),
    ("neuron-pin lock --inst", {"--instance"}, {"--os"}),
    ("neuron-pin lock --instance tr", {"trn1", "trn2", "trn3"}, {"inf2"}),
    ("neuron-pin --color always lock --instance inf", {"inf1", "inf2"}, {"trn1"}),
    ("neuron-pin -q check --o", {"--os"}, {"--output"}),
    ("neuron-pin lock --sdk 2.28", {"2.28.0", "2.28.1"}, {"2.32.0", "latest"}),
    ("neuron-pin lock --sdk=2.28", {"2.28.0", "2.28.1"}, {"2.32.0"}),
    ("neuron-pin lock nki --os ubuntu2", {"ubuntu22.04", "ubuntu24.04"}, {"amzn2023"}),
    ("neuron-pin lock --phase b", {"beta"}, {"stable"}),
    ("neuron-pin lock torch-n", {"torch-neuronx"}, {"nki"}),
    ("neuron-pin lock -r wan", {"wanted.txt"}, set()),
    ("neuron-pin hook ", {"install", "status", "test", "remove"}, {"lock"}),
    ("neuron-pin hook install a", {"apt"}, {"dnf"}),
    ("neuron-pin hook install --on-error ", {"allow", "refuse"}, {"apt"}),
    ("neuron-pin hook test aws-neuronx-to", {"aws-neuronx-tools="}, {"nki="}),
    ("neuron-pin policy NP20", {"NP201"}, {"NP101"}),
    ("neuron-pin check --fail-on m", {"maintenance"}, {"NP201"}),
    ("neuron-pin check --format s", {"sarif"}, {"json"}),
    ("neuron-pin releases 2.31", {"2.31.0", "2.31.1"}, {"2.32.0"}),
    ("neuron-pin lifecycle --kind o", {"os"}, {"sdk"}),
    ("neuron-pin completion ", {"bash", "zsh", "fish"}, set()),
    ("neuron-pin help ca", {"catalog", "cache"}, {"lock"}),
    ("neuron-pin cache --cache-dir fold", set(), {"wanted.txt"}),
    ("neuron-pin exec -- ls wan", {"wanted.txt"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "line", "offered", "not_offered"),
    [
        case
        for number, row in enumerate(LINES)
        for case in sample(
            [pytest.param(shell, *row, id=f"{shell}-{row[0]}") for shell in SCRIPTS], 3, number % 3
        )
    ],
)
def test_the_shell_completes(
    shell: str, line: str, offered: set[str], not_offered: set[str], run: Run
) -> None:
    if shutil.which(shell) is None or (
        shell == "bash" and not Path("/usr/share/bash-completion/bash_completion").exists()
    ):
        pytest.skip(f"needs {shell}{'-completion' * (shell == 'bash')}")
    Path("wanted.txt").touch()
    Path("folder").mkdir()
    found = set(completed(shell, line))
    assert offered <= found, found
    assert not found & not_offered, found
