"""The table of output formats: file names, `--format`, and what the documents say of them."""

from importlib import import_module
from itertools import zip_longest
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.inputs.locks.preferences import READERS
from neuron_pin.outputs import FORMATS, infer_format

COMMANDS_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
LOCK = ("lock", "--offline", "neuronx-cc", "--python", "3.12", "--instance", "trn2")

# a path, the format that its name tells
NAMES = [
    ("constraints.txt", "constraints"),
    ("a/b.c/00-neuron-pin.pref", "apt-preferences"),
    ("lock.json", "json"),
    ("pylock.toml", "pylock"),
    ("pylock.dev.toml", "pylock"),
    ("uv.toml", "uv"),
    ("pip.conf", "pip-conf"),
    ("versionlock.list", "versionlock"),
    ("versionlock.toml", "versionlock-toml"),
    ("neuron.sources", "apt-source"),
    ("neuron.repo", "rpm-repository"),
    ("neuron.state", "hook-state"),
    ("pyproject.toml", None),
    ("mypylock.toml", None),
    # Neither pip nor uv takes a name with a dot.
    ("pylock.a.b.toml", None),
    ("pylock..toml", None),
    ("other.list", None),
    ("other.conf", None),
    ("uv.toml.orig", None),
    (".txt", None),
    ("txt", None),
    ("", None),
]


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_a_file_name_tells_a_format(path: str, name: str | None) -> None:
    found = infer_format(path)
    assert (found.name if found is not None else None) == name


def test_a_pylock_that_no_installer_takes_is_refused(run: Run) -> None:
    for words in ((), ("--format", "pylock")):
        done = run(*LOCK, "-o", "pylock.a.b.toml", *words)
        failure(done, WrongUsage)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_every_row_is_whole(name: str) -> None:
    form = FORMATS[name]
    assert form.name == name
    assert callable(form.render)
    assert form.summary
    assert not (form.is_section and form.is_system_file)
    if form.verifier:
        module, _, function = form.verifier.partition(":")
        assert callable(getattr(import_module(module), function))
    for told in form.files:
        assert infer_format(told.replace("*", "x")) is form, "another row claims the name"
        claimed = [path for path, known in NAMES if known == name]
        assert claimed, f"NAMES of this file needs a path of format {name}"


def test_what_is_kept_to_can_be_read() -> None:
    kept = {form.name for form in FORMATS.values() if form.is_kept}
    assert kept == set(READERS), "inputs/locks/preferences.py: READERS has one for each is_kept"


def test_the_documents_and_the_help_list_every_format(run, monkeypatch) -> None:
    head = "| format | file names | what it is |"
    text = COMMANDS_PAGE.read_text()
    assert f"\n{head}\n" in text, f"{COMMANDS_PAGE.name} has no table of formats"
    table = text.split(f"\n{head}\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    for form, row in zip_longest(FORMATS.values(), table):
        wanted = "no row"
        if form is not None:
            names = ", ".join(f"`{told}`" for told in form.files) or "-"
            wanted = f"| `{form.name}` | {names} | {form.summary} |"
        assert row == wanted, f"{COMMANDS_PAGE.name}: the table has {row!r} instead of {wanted!r}"
    monkeypatch.setenv("COLUMNS", "400")
    told = run("help", "lock").out
    for form in FORMATS.values():
        assert f"  {form.name:18}{', '.join(form.files) or '(--format)'}\n" in told


# files, what --format says, the formats that are written, None for wrong usage
CHOSEN = [
    (("lock.json",), "text", None),
    (("lock.json", "c.txt"), "json", None),
    (("lock.json", "c.txt"), "pip-conf", None),
    (("lock.json",), "nonsense", None),
    (("lock.json", "plain"), "nonsense", None),
    (("plain",), None, None),
    (("lock.json",), "json", ("json",)),
    (("lock.json", "c.txt"), None, ("json", "constraints")),
    (("plain",), "json", ("json",)),
    (("c.txt", "plain", "other"), "text", ("constraints", "text", "text")),
]


@pytest.mark.parametrize(("files", "asked", "written"), CHOSEN, ids=str)
def test_the_file_name_decides_and_format_where_it_tells_none(run, files, asked, written) -> None:
    outputs = [word for file in files for word in ("-o", file)]
    said = ["--format", asked] if asked else []
    done = run(*LOCK, *outputs, *said)
    if written is None:
        assert done.code == 2, done.err
        assert list(Path().iterdir()) == []
        return
    assert done.code == 0, done.err
    for file, name in zip(files, written, strict=True):
        text = Path(file).read_text()
        printed = run(*LOCK, "--format", name).out
        # The command of the header is another one.
        lines = [line for line in printed.splitlines() if "--format" not in line]
        assert set(lines) <= set(text.splitlines()), name


def test_what_a_contradiction_would_overwrite_is_left_alone(run) -> None:
    assert run(*LOCK, "-o", "lock.json").code == 0
    before = Path("lock.json").read_bytes()
    done = run(*LOCK, "-o", "lock.json", "--format", "text", "--upgrade")
    assert (done.code, "lock.json: --format text" in done.err) == (2, True)
    assert Path("lock.json").read_bytes() == before
    assert run("lock", "--remove", "-o", "lock.json", "--format", "apt-preferences").code == 2
    assert Path("lock.json").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "form", "before"),
    [
        ("versionlock.list", "versionlock", 'version = "1.0"\n[[packages]]\nname = "bash"\n'),
        ("versionlock.toml", "versionlock-toml", "# theirs\nbash-0:5.*\n"),
        ("mine", "versionlock-toml", "!kernel-0:5.*\n"),
    ],
)
def test_a_version_lock_of_the_other_dnf_is_left_as_it_is(
    run: Run, tmp_path: Path, name: str, form: str, before: str
) -> None:
    path = tmp_path / name
    path.write_text(before)
    done = run("lock", "--offline", "--os", "amzn2023", "--instance", "trn2", "--python", "3.12",
               "--format", form, "-o", path)  # fmt: skip
    assert failure(done, CannotWrite).path == str(path)
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("versionlock.list", "# theirs = [[x\nbash-0:5.*\n!kernel-0:5.*\n"),
        ("versionlock.toml", 'version = "1.0"\n\n[[packages]]\nname = "bash-x"\ncomment = "a-b"\n'),
    ],
)
def test_lines_of_others_stay_in_a_version_lock(
    run: Run, tmp_path: Path, name: str, before: str
) -> None:
    path = tmp_path / name
    path.write_text(before)
    for _ in range(2):
        done = run("lock", "--offline", "--os", "amzn2023", "--instance", "trn2", "--python", "3.12",
                   "-o", path)  # fmt: skip
        assert done.code == 0, done.err
    assert path.read_text().startswith(before)
