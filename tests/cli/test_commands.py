"""The command line: exit codes, errors, JSON, and what start-up imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from neuron_pin import __version__

# arguments, exit code, what stderr says
ERRORS = [
    ((), 2, "which command"),
    (("lokc",), 2, "did you mean lock"),
    (("lock", "--nonsense"), 2, "nonsense"),
    (("lock", "--offline"), 2, "which instance"),
    (("lock", "--offline", "--instance", "trn4"), 2, "did you mean"),
    (("lock", "--offline", "--instance", "trn1", "--os", "ubuntu23"), 2, "ubuntu22.04"),
    (("lock", "--offline", "--instance", "trn1", "--python", "2.7"), 2, "not a Python version"),
    (("lock", "--offline", "--instance", "trn1", "--python", "three"), 2, "not a Python version"),
    (("lock", "--offline", "--instance", "trn1", "--sdk", "2.99.0"), 2, "catalog import"),
    (
        ("lock", "--offline", "--instance", "trn1", "--python", "3.12", "--sdk", "2.99"),
        2,
        "catalog import",
    ),
    (("lock", "--offline", "--instance", "trn1", "--sdk", "newest"), 2, "latest"),
    (("lock", "--offline", "--instance", "trn1", "--as-of", "May"), 2, "not a date"),
    (("lock", "--offline", "--instance", "trn1", "--phase", "old"), 2, "unknown phase"),
    (("lock", "--offline", "--instance", "trn1", "--pin", "patch"), 2, "none of exact"),
    (("lock", "--offline", "--platform", "win_amd64", "neuronx-cc"), 2, "no platform tag"),
    (("lock", "--offline", "torch-neuronxx"), 2, "did you mean torch-neuronx"),
    (("lock", "--offline", "aws-neuronx-tools=2*"), 2, "begin alike"),
    (("lock", "--offline", "torch @ https://x/y.whl"), 2, "by URL"),
    (("lock", "--offline", "-r", "absent.txt"), 2, "absent.txt: cannot be read"),
    (("lock", "--offline", "-c", "absent.txt", "neuronx-cc"), 2, "absent.txt: cannot be read"),
    (("lock", "--offline", "neuronx-cc", "-o", "out.doc"), 2, "does not tell a format"),
    (("lock", "--offline", "neuronx-cc", "-o", "no/such/out.txt"), 2, "folder does not exist"),
    (("lock", "--offline", "neuronx-cc", "--format", "xml"), 2, "unknown format"),
    (
        ("lock", "--offline", "neuronx-cc", "--python", "3.12", "--format", "apt-preferences"),
        2,
        "no apt packages",
    ),
    (("lock", "--offline", "--python", "3.12", "neuronx-cc==1.*"), 1, "neuronx-cc==1.*"),
    (("lock", "--offline", "--python", "3.12", "--instance", "inf1", "neuronx-cc"), 1, "NP101"),
    (("lock", "--offline", "--as-of", "2020-01-01", "neuronx-cc"), 1, "no SDK release"),
    (("lock", "--offline", "--sdk", "2.32.0", "--as-of", "2026-01-01", "nki"), 1, "released"),
    (("lock", "--offline", "numpy"), 3, "not in the cache"),
    (("lock", "numpy", "--index-url", "http://127.0.0.1:9/simple"), 3, "refused"),
    (("lock", "numpy", "--index-url", "ftp://x/simple"), 2, "no index address"),
    (("explain", "torch-neuronxx"), 2, "did you mean torch-neuronx"),
    (("explain", "torch-neuronx==2.8.*", "--python", "3.11", "--as-of", "2026-08-17"), 1, "NP201"),
    (("releases", "2.99.0"), 2, "unknown SDK release"),
    (("catalog", "import"), 2, "which manifest"),
    (("catalog", "import", "absent.json"), 2, "absent.json: cannot be read"),
    (("policy", "NP999"), 2, "unknown rule"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    ERRORS,
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else None,
)
def test_errors_are_short_and_say_what_to_do_and_write_nothing(run, arguments, code, told) -> None:
    done = run(*arguments)
    assert done.code == code, done.err
    assert done.err.startswith("error: ")
    assert told in done.err
    assert "Traceback" not in done.err
    assert list(Path().iterdir()) == []


def test_a_lock_writes_every_form_and_a_table(run) -> None:
    arguments = ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04",
                 "--as-of", "2026-08-17", "-o", "c.txt", "-o", "n.pref", "-o", "l.json")  # fmt: skip
    done = run(*arguments)
    assert done.code == 0
    assert "c.txt: written" in done.err
    assert "Left out:" in done.out
    assert "neuronx-cc==2.27.5334.0" in Path("c.txt").read_text()
    assert 'Pin: origin "apt.repos.neuron.amazonaws.com"' in Path("n.pref").read_text()
    document = json.loads(Path("l.json").read_text())
    assert document["sdk"] == "2.32.0"
    assert document["target"]["os"] == "ubuntu24.04"
    assert "unchanged" in run(*arguments).err


def test_what_is_written_does_not_depend_on_where(run) -> None:
    base = ("lock", "--offline", "--instance", "trn2", "--python", "3.12", "--as-of", "2026-08-17")
    run(*base, "-o", "a.txt")
    run(*base, "--output=b.txt")
    assert Path("a.txt").read_text() == Path("b.txt").read_text()


def test_settings_of_a_project_are_used(run) -> None:
    Path("pyproject.toml").write_text(
        '[tool.neuron-pin]\ninstance = "trn2"\nos = "ubuntu24.04"\noffline = true\n'
    )
    assert json.loads(run("lock", "--format", "json").out)["target"]["instance"] == "trn2"


def test_quiet_says_nothing_but_the_result(run) -> None:
    done = run("lock", "-q", "--offline", "--instance", "trn1", "--python", "3.11", "-o", "c.txt")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_explain_counts_by_rule_and_names_sources(run) -> None:
    done = run(
        "explain",
        "torch-neuronx",
        "--instance",
        "trn2",
        "--python",
        "3.12",
        "--as-of",
        "2026-08-17",
    )
    assert (
        "2.9.0.2.15.32035  2.31.0-2.31.1  stable       chosen" in " ".join(done.out.splitlines())
        or "chosen" in done.out
    )
    assert "NP201 end of support" in done.out
    assert "57 versions, 1 chosen" in done.out
    document = json.loads(
        run("explain", "torch-neuronx", "--instance", "trn2", "--python", "3.12",
            "--as-of", "2026-08-17", "--format", "json").out
    )  # fmt: skip
    chosen = [v["version"] for v in document["versions"] if v["chosen"]]
    assert chosen == ["2.9.0.2.15.32035"]
    assert all(v["chosen"] or v["exclusions"] for v in document["versions"])


def test_every_rule_has_a_page_in_the_reference(run) -> None:
    reference = Path(__file__).parents[2] / "docs" / "rules.md"
    assert run("policy", "--format", "markdown").out == reference.read_text()


def test_releases_and_catalog_are_shown(run) -> None:
    assert run("releases").out.splitlines()[1].startswith("2.32.0  2026-08-17")
    assert "aws-neuronx-dkms" in run("releases", "latest", "--instance", "trn2").out
    assert json.loads(run("releases", "2.26.1", "--format", "json").out)["date"] == "2025-10-29"
    assert "2.24.13.0" in run("catalog", "show").out
    assert json.loads(run("catalog", "show", "--format", "json").out)["releases"] == 51


def test_help_names_every_command(run) -> None:
    done = run("--help")
    assert done.code == 0
    for command in ("lock", "explain", "releases", "catalog", "policy"):
        assert command in done.out
        assert run(command, "--help").code == 0


def test_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"neuron-pin {__version__}\n"


# what must not be imported on the way to an answer from the catalogue
HEAVY = ("dataclasses", "inspect", "requests", "urllib3", "packaging", "concurrent", "shutil",
         "logging", "email", "sqlite3", "ssl", "tomllib", "html")  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04")],
    ids=lambda v: v[0],
)
def test_start_up_imports_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom neuron_pin.cli import main\nmain(sys.argv[1:])\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path[:0] = " + repr([p for p in sys.path if p]) + "\n" + code, *arguments],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    loaded = set(done.stderr.split())
    assert not loaded & set(HEAVY)


def test_a_closed_pipe_is_silent() -> None:
    done = subprocess.run(
        f"{sys.executable} -m neuron_pin explain torch-neuronx --python 3.12 | head -1",
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


def test_requirements_may_stand_on_both_sides_of_options(run) -> None:
    done = run("lock", "neuronx-cc", "--offline", "--python", "3.12", "nki")
    assert done.code == 0, done.err
    assert "nki==" in done.out
    assert "neuronx-cc==" in done.out
    done = run("lock", "neuronx-cc", "--offline", "--pyhton", "3.12")
    assert (done.code, "unrecognized arguments: --pyhton" in done.err) == (2, True)
