"""The command line: exit codes, errors, JSON, and what start-up imports."""

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin import __version__
from neuron_pin.catalog import Catalog
from neuron_pin.cli.command_parser import CommandParser
from neuron_pin.cli.commands import COMMANDS
from neuron_pin.cli.options import FAMILIES, add_sources, add_target
from neuron_pin.cli.parser import make_parser
from neuron_pin.errors import (
    BrokenCatalog,
    CannotWrite,
    InvalidPin,
    NeuronPinError,
    NoSolution,
    UnknownName,
    Unreachable,
    UnreadableInput,
    WrongUsage,
)
from neuron_pin.sources.http.client import NotCached

DOCUMENTS = Path(__file__).parents[2] / "docs" / "reference"

# arguments, the error, what it carries; the words are in fixtures/golden/errors.txt
TRN1 = ("lock", "--offline", "--instance", "trn1")
CC = ("lock", "--offline", "neuronx-cc")
ERRORS: list[tuple[tuple[str, ...], type[NeuronPinError], dict[str, object]]] = [
    (("lokc",), UnknownName, {"given": "lokc", "near": ("lock",)}),
    (("lock", "--nonsense"), WrongUsage, {}),
    (("lock", "--offlin", "neuronx-cc"), WrongUsage, {}),
    (("--offline", "lock", "neuronx-cc"), WrongUsage, {"hint": "neuron-pin lock --offline neuronx-cc"}),
    (("lock", "--sdk"), WrongUsage, {}),
    (("check", "--format", "xml", "x.txt"), WrongUsage, {}),
    (("check",), WrongUsage, {}),
    (("check", "--ignore", "NP9", "x.txt"), UnknownName, {"kind": "rule", "given": "NP9"}),
    (("cache",), WrongUsage, {}),
    (("exec", "pip", "list"), WrongUsage, {"hint": "neuron-pin exec -- pip list"}),
    (("help", "lokc"), UnknownName, {"near": ("lock",)}),
    (("lock", "--check", "neuronx-cc"), WrongUsage, {}),
    (("lock", "--diff", "neuronx-cc", "-o", "-"), WrongUsage, {}),
    (("lock", "--python-platform", "windows", "neuronx-cc"), WrongUsage, {}),
    (("lock", "--offline"), WrongUsage, {}),
    (("lock", "--offline", "--instance", "trn9"), UnknownName, {"given": "trn9"}),
    ((*TRN1, "--os", "ubuntu23"), UnknownName, {"near": ("ubuntu26.04", "ubuntu24.04")}),
    ((*TRN1, "--python", "2.7"), WrongUsage, {}),
    ((*TRN1, "--python", "three"), WrongUsage, {}),
    ((*TRN1, "--sdk", "2.99.0"), UnknownName, {"given": "2.99.0"}),
    ((*TRN1, "--python", "3.12", "--sdk", "2.99"), UnknownName, {"given": "2.99.*"}),
    ((*TRN1, "--sdk", "newest"), UnknownName, {"given": "newest"}),
    ((*TRN1, "--as-of", "May"), WrongUsage, {}),
    ((*TRN1, "--phase", "old"), UnknownName, {"kind": "phase", "given": "old"}),
    ((*TRN1, "--pin", "patch"), WrongUsage, {}),
    ((*CC, "--platform", "win_amd64"), WrongUsage, {}),
    (("lock", "--offline", "torch-neuronxx"), UnknownName, {"near": ("torch-neuronx",)}),
    (("lock", "--offline", "aws-neuronx-tools=2*"), InvalidPin, {}),
    (("lock", "--offline", "torch @ https://x/y.whl"), WrongUsage, {}),
    (("lock", "--offline", "-r", "absent.txt"), UnreadableInput, {"path": "absent.txt", "line": None}),
    ((*CC, "-c", "absent.txt"), UnreadableInput, {"path": "absent.txt", "line": None}),
    ((*CC, "-o", "out.doc"), WrongUsage, {}),
    ((*CC, "-o", "no/such/out.txt"), CannotWrite, {"path": "no/such/out.txt"}),
    ((*CC, "--format", "xml"), WrongUsage, {}),
    ((*CC, "--python", "3.12", "--format", "apt-preferences"), WrongUsage, {}),
    ((*CC, "--python", "3.12", "neuronx-cc==1.*"), NoSolution, {}),
    ((*CC, "--python", "3.12", "--instance", "inf1"), NoSolution, {}),
    ((*CC, "--as-of", "2020-01-01"), NoSolution, {}),
    (("lock", "--offline", "--sdk", "2.32.0", "--as-of", "2026-01-01", "nki"), NoSolution, {}),
    (("lock", "--offline", "numpy"), NotCached, {"url": "https://pypi.org/simple/numpy/"}),
    (("lock", "numpy", "--index-url", "http://127.0.0.1:9/simple"), Unreachable, {"url": "http://127.0.0.1:9/simple/numpy/"}),
    (("lock", "numpy", "--index-url", "ftp://x/simple"), WrongUsage, {}),
    (("explain", "torch-neuronxx"), UnknownName, {"near": ("torch-neuronx",)}),
    (("explain", "torch-neuronx==2.8.*", "--python", "3.11", "--as-of", "2026-08-17"), NoSolution, {}),
    (("releases", "2.99.0"), UnknownName, {"given": "2.99.0"}),
    (("catalog", "import"), WrongUsage, {}),
    (("catalog", "import", "absent.json"), BrokenCatalog, {"path": "absent.json"}),
    (("policy", "NP999"), UnknownName, {"given": "NP999"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "kind", "data"),
    ERRORS,
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else None,
)
def test_errors_carry_data_and_write_nothing(
    run: Run, arguments: tuple[str, ...], kind: type[NeuronPinError], data: dict[str, object]
) -> None:
    done = run(*arguments)
    assert type(done.error) is kind, done.err
    assert {name: getattr(done.error, name) for name in data} == data
    assert done.code == kind.exit_code
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert list(Path().iterdir()) == []


# arguments, the rule that a cause names
CAUSES = [
    ((*CC, "--python", "3.12", "--instance", "inf1"), "NP101"),
    (("lock", "--offline", "--python", "3.11", "torch-neuronx==2.8.*", "--as-of", "2026-08-17"), "NP201"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "rule"), CAUSES, ids=["instance", "phase"])
def test_the_causes_of_a_conflict_name_rules(
    run: Run, arguments: tuple[str, ...], rule: str
) -> None:
    error = run(*arguments).error
    assert isinstance(error, NoSolution)
    assert any(rule in cause for cause in error.causes)


def test_a_lock_writes_every_form_and_a_table(run: Run) -> None:
    arguments = ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04",
                 "--as-of", "2026-08-17", "-o", "c.txt", "-o", "n.pref", "-o", "l.json")  # fmt: skip
    done = run(*arguments)
    assert done.code == 0
    assert done.out
    assert "neuronx-cc==2.27.5334.0" in Path("c.txt").read_text()
    assert 'Pin: origin "apt.repos.neuron.amazonaws.com"' in Path("n.pref").read_text()
    document = json.loads(Path("l.json").read_text())
    assert document["sdk"] == "2.32.0"
    assert document["target"]["os"] == "ubuntu24.04"
    before = {path: path.stat().st_mtime_ns for path in Path().iterdir()}
    assert run(*arguments).code == 0
    assert {path: path.stat().st_mtime_ns for path in Path().iterdir()} == before


def test_what_is_written_does_not_depend_on_where(run: Run) -> None:
    base = ("lock", "--offline", "--instance", "trn2", "--python", "3.12", "--as-of", "2026-08-17")
    run(*base, "-o", "a.txt")
    run(*base, "--output=b.txt")
    assert Path("a.txt").read_text() == Path("b.txt").read_text()


def test_settings_of_a_project_are_used(run: Run) -> None:
    Path("pyproject.toml").write_text(
        '[tool.neuron-pin]\ninstance = "trn2"\nos = "ubuntu24.04"\noffline = true\n'
    )
    assert json.loads(run("lock", "--format", "json").out)["target"]["instance"] == "trn2"


def test_quiet_says_nothing_but_the_result(run: Run) -> None:
    done = run("lock", "-q", "--offline", "--instance", "trn1", "--python", "3.11", "-o", "c.txt")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_explain_gives_every_version_a_reason(run: Run) -> None:
    document = json.loads(
        run("explain", "torch-neuronx", "--instance", "trn2", "--python", "3.12",
            "--as-of", "2026-08-17", "--format", "json").out
    )  # fmt: skip
    chosen = [v["version"] for v in document["versions"] if v["chosen"]]
    assert chosen == ["2.9.0.2.15.32035"]
    assert all(v["chosen"] or v["exclusions"] for v in document["versions"])
    assert len(document["versions"]) == 57
    rules = {e["rule"] for v in document["versions"] for e in v["exclusions"]}
    assert "NP201" in rules
    assert all(e["source"] for v in document["versions"] for e in v["exclusions"])


def test_a_package_that_a_release_names_without_a_version_is_explained(run: Run) -> None:
    done = run("explain", "efa-installer", "--offline", "--as-of", "2026-08-20", "--format", "json")
    assert done.code == 1
    rows = json.loads(done.out)["versions"]
    rules = {row["version"]: {each["rule"] for each in row["exclusions"]} for row in rows}
    assert rules["1.47"] == {"NP503"}
    assert rules[""] >= {"NP503", "NP504"}


def test_every_rule_has_a_page_in_the_reference(run: Run) -> None:
    is_same = run("policy", "--format", "markdown").out == (DOCUMENTS / "rules.md").read_text()
    assert is_same, (
        "docs/reference/rules.md differs: neuron-pin policy --format markdown > docs/reference/rules.md"
    )


COMMANDS_PAGE = (DOCUMENTS / "commands.md").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section(name: str) -> None:
    is_there = f"\n## {name}\n" in COMMANDS_PAGE
    assert is_there, f"docs/reference/commands.md needs a section ## {name}"


def read_table(title: str) -> set[str]:
    """The long options in the first column of a section's table."""
    section = COMMANDS_PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {option for row in rows for option in re.findall(r"--[a-z-]+", row)}


def list_options(parser: CommandParser, *, aliases: bool = False) -> set[str]:
    """The long options of a parser; with ``aliases`` those that the help leaves out, too."""
    found: set[str] = set()
    for action in parser._actions:
        flags = [flag for flag in action.option_strings if flag.startswith("--")]
        if aliases or action.help is not argparse.SUPPRESS:
            found.update(flags if aliases else flags[:1])
    return found


@pytest.mark.parametrize(
    ("title", "add"), [("Options of a target", add_target), ("Options of sources", add_sources)]
)
def test_the_document_has_the_options_that_commands_share(
    title: str, add: Callable[[CommandParser], None]
) -> None:
    parser = CommandParser()
    add(parser)
    table, options = read_table(title), list_options(parser)
    missing = options - table
    assert not missing, f"docs/reference/commands.md, {title}: needs a row for {missing}"
    unknown = table - list_options(make_parser(["lock"]).actions["lock"], aliases=True)
    assert not unknown, f"docs/reference/commands.md, {title}: lock has no option {unknown}"


def test_the_help_and_the_document_name_every_instance_family(catalog: Catalog) -> None:
    assert FAMILIES.split(", ") == list(catalog.instances), "cli/options.py: FAMILIES"
    row = next(line for line in COMMANDS_PAGE.splitlines() if line.startswith("| `--instance` |"))
    named = re.findall(r"`((?:inf|trn)\d[a-z]?)`", row)
    assert named == list(catalog.instances), "docs/reference/commands.md: the row of --instance"


def test_releases_and_catalog_are_shown(run: Run) -> None:
    newest = json.loads(run("releases", "--format", "json").out)["releases"][0]
    assert (newest["sdk"], newest["date"]) == ("2.32.0", "2026-08-17")
    assert json.loads(run("releases", "2.26.1", "--format", "json").out)["date"] == "2025-10-29"
    assert run("catalog", "show").code == 0
    assert json.loads(run("catalog", "show", "--format", "json").out)["releases"] == 51


def test_help_names_every_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = run("--help")
    assert done.code == 0
    for name, (_, summary) in COMMANDS.items():
        assert f"{name} " in done.out
        assert summary in done.out
        help_of = run(name, "--help")
        assert (help_of.code, summary.lower() in help_of.out.lower()) == (0, True)


# arguments, the commands whose modules are imported for them
IMPORTED: list[tuple[tuple[str, ...], set[str]]] = [
    (("--version",), set()),
    (("--help",), set()),
    (("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04"), {"lock"}),
    (("policy", "NP101"), {"policy"}),
]


@pytest.mark.parametrize(("arguments", "modules"), IMPORTED, ids=lambda v: " ".join(v))
def test_only_the_command_that_runs_is_imported(
    arguments: tuple[str, ...], modules: set[str]
) -> None:
    code = (
        "import sys\nfrom neuron_pin.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*(m for m in sys.modules if m.startswith('neuron_pin.')), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    # What is warned of comes before.
    words = done.stderr.splitlines()[-1].split() if done.stderr else []
    rooms = {name.split(".")[1] for name in words if "." in name}
    if not modules:
        assert rooms <= {"cli", "errors", "printable", "record", "screen"}
    loaded = {name.rpartition(".")[2] for name in words if ".cli." in name}
    assert loaded & {module for module, _ in COMMANDS.values()} == modules


def test_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"neuron-pin {__version__}\n"


# what must not be imported on the way to an answer from the catalog
HEAVY = ("dataclasses", "inspect", "requests", "urllib3", "packaging", "concurrent", "shutil",
         "logging", "email", "sqlite3", "ssl", "tomllib", "html", "typing", "resolvelib")  # fmt: skip


# rooms and modules that a command needs for other inputs alone
UNNEEDED = {
    "--version": ("errors", "record", "cli.console"),
    "lock": (
        "audit", "catalog.windows", "lockfile", "report", "sources.http", "sources.index",
        "target.detection",
    ),
    "explain": (
        "audit", "catalog.windows", "lockfile", "sources.http", "sources.index",
        "target.detection",
    ),
    "check": (
        "audit.companions", "audit.mixtures", "audit.release_day", "audit.remedy",
        "audit.unshipped", "catalog.known_in_part", "catalog.parts", "catalog.windows",
        "inputs.cluster", "inputs.containers", "inputs.host", "inputs.lists.materials",
        "inputs.scripts", "lockfile", "report",
        "resolve.resolution_builder", "sources.http", "sources.index", "target.detection",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04"),
        ("explain", "neuronx-cc", "--offline", "--instance", "trn1", "--python", "3.11"),
        ("check", "requirements.txt", "--instance", "trn1", "--python", "3.11"),
        # A name that says nothing: its content has to tell.
        ("check", "wanted.txt", "--instance", "trn1", "--python", "3.11"),
    ],
    ids=lambda v: " ".join(v[:2]),
)
def test_start_up_imports_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    # A fix of one that has ended, which has to be proven.
    given = "torch-neuronx==2.8.*\nneuronx-cc\ntransformers>=4.50\n"
    for name in ("requirements.txt", "wanted.txt"):
        (tmp_path / name).write_text(given)
    code = (
        "import sys\nfrom neuron_pin.cli import main\nmain(sys.argv[1:])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path[:0] = " + repr([p for p in sys.path if p]) + "\n" + code, *arguments],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    loaded = set(done.stderr.splitlines()[-1].split())
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)
    unneeded = {f"neuron_pin.{name}" for name in UNNEEDED[arguments[0]]}
    assert not loaded & unneeded
    assert all(importlib.util.find_spec(name) for name in unneeded)


def test_a_closed_pipe_is_silent() -> None:
    done = subprocess.run(
        f"{sys.executable} -m neuron_pin explain -q torch-neuronx --python 3.12 | head -1",
        shell=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""


LOCK = "lock torch-neuronx --offline --python 3.11"


@pytest.mark.parametrize("command", ["--version", "--help", "lock --help", "releases", LOCK])
@pytest.mark.parametrize(
    ("where", "told"), [("> /dev/full", "No space left on device"), (">&-", "it is closed")]
)
def test_a_result_that_cannot_be_written_is_an_error(command: str, where: str, told: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m neuron_pin {command} {where}", shell=True, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.endswith(f"error: standard output: {told}\n")


def test_where_nothing_is_printed_a_closed_output_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m neuron_pin {LOCK} -q -o {tmp_path}/constraints.txt >&-", shell=True,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["--help", "check --help", "diff 2.26.0 2.27.0", LOCK])
def test_a_terminal_without_utf_8_gets_what_it_can_show(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", *command.split()], capture_output=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.stdout.isascii()
    assert done.stdout


@pytest.mark.parametrize("where", ["2> /dev/full", "2>&-"])
def test_what_nobody_can_hear_of_fails_no_run(where: str, tmp_path: Path) -> None:
    wanted = tmp_path / "constraints.txt"
    done = subprocess.run(
        f"{sys.executable} -m neuron_pin {LOCK} -o {wanted} {where}", shell=True,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "torch-neuronx==" in wanted.read_text()
    refused = subprocess.run(
        f"{sys.executable} -m neuron_pin lock --nope {where}", shell=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert refused.returncode == 2


def test_requirements_may_stand_on_both_sides_of_options(run: Run) -> None:
    done = run("lock", "neuronx-cc", "--offline", "--python", "3.12", "nki", "--format", "json")
    assert done.code == 0, done.err
    assert {p["name"] for p in json.loads(done.out)["packages"]} == {"neuronx-cc", "nki"}
    done = run("lock", "neuronx-cc", "--offline", "--pyhton", "3.12")
    assert (done.code, "--pyhton" in done.err) == (2, True)
