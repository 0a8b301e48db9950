"""What a lock may replace: its own earlier text, and nothing that people wrote."""

from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.errors import CannotWrite
from neuron_pin.inputs.locks.preferences import read_locked

BASE = ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "--as-of", "2026-08-20")

# a file's name, its format where the name tells none, and what somebody wrote
FOREIGN = [
    ("pyproject.toml", "uv-project", '[project]\nname = "mine"\nversion = "1"\n'),
    ("uv.toml", "", "offline = true\n"),
    ("pip.conf", "", "[global]\ntimeout = 60\n"),
    ("notes.txt", "", "Ask Kim about the driver.\n"),
    ("requirements.txt", "", "--extra-index-url https://pip.example.com\nnumpy>=1\n"),
    ("requirements.txt", "", "# This is mine\nnumpy\n"),
    ("mine.json", "", '{"mine": true}\n'),
    ("pylock.toml", "", "mine = true\n"),
    ("hook.state", "", "mine\n"),
    ("x.pref", "", "Package: x\nPin: release *\nPin-Priority: 1\n"),
    ("neuron.sources", "", "Types: deb\n"),
    ("report", "text", "Neuron SDK notes\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "form", "text"), FOREIGN)
@pytest.mark.parametrize("more", [(), ("--upgrade",), ("--dry-run",)])
def test_what_others_wrote_is_not_replaced(
    run: Run, name: str, form: str, text: str, more: tuple[str, ...]
) -> None:
    path = Path(name)
    path.write_text(text)
    options = ("--format", form) if form else ()
    done = run(*BASE, *options, "-o", name, "-o", "other.json", *more)
    error = failure(done, CannotWrite)
    assert error.path == name
    assert "--overwrite" in error.hint
    assert path.read_text() == text
    assert not Path("other.json").exists()


@pytest.mark.parametrize(
    ("name", "form", "text"), [f for f in FOREIGN if f[0] not in ("pylock.toml", "notes.txt")]
)
def test_overwrite_replaces_it_and_then_it_is_ours(
    run: Run, name: str, form: str, text: str
) -> None:
    Path(name).write_text(text)
    options = (*BASE, *(("--format", form) if form else ()), "-o", name)
    # The versions of what is no lock cannot be kept.
    assert run(*options, "--overwrite", "--upgrade").code == 0
    assert Path(name).read_text() != text
    again = run(*options)
    assert again.code == 0, again.err
    assert run(*options, "--check").code == 0
    assert run(*options, "--upgrade", "--sdk", "2.31.1").code == 0


def test_an_input_is_never_replaced(run: Run) -> None:
    project = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["neuronx-cc==2.*"]\n'
    Path("pyproject.toml").write_text(project)
    Path("requirements.txt").write_text("neuronx-cc==2.24.5133.0\n")
    cases = [
        ("-r", "pyproject.toml", "--format", "uv-project", "-o", "pyproject.toml"),
        ("-r", "requirements.txt", "-o", "requirements.txt"),
        ("neuronx-cc", "-c", "requirements.txt", "-o", "./requirements.txt"),
        ("neuronx-cc", "--override", "requirements.txt", "-o", "requirements.txt"),
    ]
    for words in cases:
        for more in ((), ("--overwrite",), ("--overwrite", "--upgrade")):
            done = run(*BASE, "--python", "3.12", *words, *more)
            assert "-o -" in failure(done, CannotWrite).hint, words
    assert Path("pyproject.toml").read_text() == project
    printed = run(*BASE, "--python", "3.12", *cases[0][:-1], "-")
    assert "[tool.uv]" in printed.out, printed.err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "neuronx-cc==2.24.5133.0\n",
        "# by pip-compile\nneuronx-cc==2.24.5133.0 \\\n    --hash=sha256:00\n    # via -r x\n",
        "neuronx-cc==2.24.5133.0  # because of the model\n",
        "# Copyright\n\n# This file was written by neuron-pin:\n#   neuron-pin lock\nx>=1\n",
    ],
)
def test_locks_of_others_and_earlier_ones_are_replaced(run: Run, text: str) -> None:
    Path("c.txt").write_text(text)
    done = run(*BASE, "neuronx-cc", "--python", "3.12", "-o", "c.txt")
    assert done.code == 0, done.err
    assert "written by neuron-pin:" in Path("c.txt").read_text()
    assert "\nneuronx-cc==2." in Path("c.txt").read_text()


def test_a_lock_with_marks_of_a_merge_can_be_made_anew(run: Run) -> None:
    options = (*BASE, "neuronx-cc", "--python", "3.12", "-o", "c.txt", "-o", "c.json")
    assert run(*options).code == 0
    for name in ("c.txt", "c.json"):
        lines = Path(name).read_text().splitlines(keepends=True)
        Path(name).write_text("".join([*lines[:2], "<<<<<<< mine\n", *lines[2:]]))
    done = run(*options, "--upgrade")
    assert done.code == 0, done.err


def test_a_version_with_a_comment_behind_it_is_read(run: Run) -> None:
    """What may be replaced is read first: its versions are kept."""
    Path("c.txt").write_text("neuronx-cc==2.24.5133.0  # for a model\n  nki==0.5.0 ; x\\\n# a==1\n")
    wanted = {"neuronx-cc": "2.24.5133.0", "nki": "0.5.0"}
    assert read_locked("c.txt", "constraints") == ("", wanted)


# a report of each form, and the file that it goes to
REPORTS = [
    *((("plan", "--instance", "trn2", "--os", "ubuntu24.04", "--format", form), f"x.{form}")
      for form in ("text", "json", "markdown", "sh", "dockerfile")),
    *((("lifecycle", "--format", form), f"x.{form}")
      for form in ("text", "json", "html", "svg", "ics")),
    (("lifecycle", "torch-neuronx 2.8"), "details.text"),
    (("lifecycle", "2.31.1", "trn2"), "details.text"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "name"), REPORTS)
def test_a_report_replaces_its_own_file_alone(
    run: Run, command: tuple[str, ...], name: str
) -> None:
    path = Path(name)
    words = (*command, "--as-of", "2026-08-20", "-o", name)
    path.write_text("Ask Kim about the driver.\n")
    error = failure(run(*words), CannotWrite)
    assert (error.path, "--overwrite" in error.hint) == (name, True)
    assert path.read_text() == "Ask Kim about the driver.\n"
    assert run(*words, "--overwrite").code == 0
    first = path.read_text()
    assert first != "Ask Kim about the driver.\n"
    # What it wrote itself it replaces, and an empty file is nobody's.
    assert run(*words).code == 0
    path.write_text("")
    assert run(*words).code == 0
    assert path.read_text().splitlines()[3:] == first.splitlines()[3:]


def test_a_file_of_comments_alone_is_foreign_at_once(run: Run) -> None:
    """Each line more must not double the time to tell."""
    path = Path("notes.txt")
    path.write_text("# Ask Kim about the driver.\n" * 100)
    assert failure(run("lifecycle", "trn2", "-o", "notes.txt"), CannotWrite).path == "notes.txt"
    path.write_text("# mine\n# This file was written by neuron-pin:\n")
    assert run("lifecycle", "trn2", "-o", "notes.txt").code == 0


@pytest.mark.parametrize(
    "command", [("lifecycle", "nki"), ("plan", "--instance", "trn2", "--os", "ubuntu24.04")]
)
def test_a_document_of_another_program_is_not_replaced(run: Run, command: tuple[str, ...]) -> None:
    Path("report.json").write_text('{"schema_version": 1, "rows": []}\n')
    arguments = (*command, "--format", "json", "-o", "report.json")
    failure(run(*arguments), CannotWrite)
    assert run(*arguments, "--overwrite").code == 0
    assert run(*arguments).code == 0
