"""``check`` of inputs rewritten from real kinds: every finding, and no other."""

import json
from pathlib import Path
from typing import Any

import pytest

from neuron_pin.fs.toml import parse_toml

CORPUS = Path(__file__).parent.parent.parent / "fixtures" / "check"
TARGET = ["--instance", "trn2", "--as-of", "2026-08-20"]


def read_cases(name: str) -> list[dict[str, Any]]:
    cases = parse_toml((CORPUS / name).read_text())["case"]
    assert isinstance(cases, list)
    return cases


CASES = [
    *(("Dockerfile", case) for case in read_cases("dockerfiles.toml")),
    *(("requirements.txt", case) for case in read_cases("requirements.toml")),
    *(("pyproject.toml", case) for case in read_cases("projects.toml")),
    *(("uv.lock", case) for case in read_cases("locks.toml")),
    *(("setup.sh", case) for case in read_cases("scripts.toml")),
    *(("workflow.yml", case) for case in read_cases("workflows.toml")),
    *(("environment.yml", case) for case in read_cases("conda-and-pipenv.toml")),
    *(("manifest.yaml", case) for case in read_cases("kubernetes.toml")),
    *(("packages.txt", case) for case in read_cases("package-lists.toml")),
    *(("main.tf", case) for case in read_cases("machine-images.toml")),
]


def write(case: dict[str, Any], file: str) -> str:
    """Write a case's files; gives the one that is checked."""
    path = str(case.get("file", file))
    for name, text in {path: case["text"], **case.get("beside", {})}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    return path


@pytest.mark.parametrize(("file", "case"), CASES, ids=[case["name"] for _, case in CASES])
def test_every_finding_and_no_other(run, file: str, case: dict[str, Any]) -> None:
    path = write(case, file)
    done = run("check", path, *case.get("options", TARGET), "--format", "json")
    document = json.loads(done.out)
    found = [[row["rule"], row["place"], row["subject"]] for row in document["findings"]]
    assert sorted(found) == sorted(case["findings"])
    assert done.code == case.get("code", done.code)
    if "fixed" in case:
        run("check", path, *case.get("options", TARGET), "--fix")
        assert Path(path).read_text() == case["fixed"]
    (place,) = document["inputs"]
    unread = [[part["place"], part["text"]] for part in place["unread"]]
    assert sorted(unread, key=str) == sorted(case.get("unread", unread), key=str)


def test_there_are_twenty_five_of_each() -> None:
    assert len(read_cases("dockerfiles.toml")) >= 25
    assert len(read_cases("requirements.toml")) >= 25
    assert len(read_cases("projects.toml")) >= 25
    assert len(read_cases("scripts.toml")) >= 25
    assert len(read_cases("workflows.toml")) >= 20
    assert len(read_cases("kubernetes.toml")) >= 25
    assert len(read_cases("package-lists.toml")) >= 15
    assert len(read_cases("locks.toml")) >= 25


RECIPE = """\
FROM python:3.12
RUN pip install -i https://pip.repos.neuron.amazonaws.com neuronx-cc==2.27.5334.0 tool==$(cat x)
RUN pip install -r missing.txt
RUN curl -fsSL https://example.invalid/setup | bash
"""


def test_what_was_not_read_is_said_and_strict_makes_an_error_of_it(run) -> None:
    Path("Dockerfile").write_text(RECIPE)
    done = run("check", "Dockerfile", *TARGET)
    assert done.code == 0
    assert [f"line {line}" in done.out for line in (1, 2, 3, 4)] == [False, True, True, True]
    assert "3 parts not understood" in done.out
    done = run("check", "Dockerfile", *TARGET, "--strict", "--format", "json")
    document = json.loads(done.out)
    rows = [(f["rule"], f["severity"], f["place"]) for f in document["findings"]]
    assert rows == [("NP610", "error", f"Dockerfile:{line}") for line in (2, 3, 4)]
    assert done.code == 1
    (place,) = document["inputs"]
    assert [part["place"] for part in place["unread"]] == [f"Dockerfile:{n}" for n in (2, 4, 3)]
    assert (place["read"], place["neuron_packages"]) == (2, 1)


def test_sarif_tells_what_was_not_read(run) -> None:
    Path("Dockerfile").write_text(RECIPE)
    (made,) = json.loads(run("check", "Dockerfile", *TARGET, "--format", "sarif").out)["runs"]
    (invocation,) = made["invocations"]
    notes = invocation["toolExecutionNotifications"]
    lines = [note["locations"][0]["physicalLocation"]["region"]["startLine"] for note in notes]
    assert sorted(lines) == [2, 3, 4]
    assert made["results"] == []


def test_a_here_document_without_an_end_hides_nothing(run) -> None:
    Path("Dockerfile").write_text(
        "FROM python:3.12\nRUN <<EOF\npip list\nRUN pip install neuronx-cc==1.0.0.1\n"
    )
    done = run("check", "Dockerfile", *TARGET, "--format", "json")
    rows = {(f["rule"], f["place"]) for f in json.loads(done.out)["findings"]}
    assert done.code == 2
    assert {("NP610", "Dockerfile:2"), ("NP508", "Dockerfile:4")} <= rows


def test_a_lock_names_every_line_that_it_cannot_read(run) -> None:
    Path("reqs.txt").write_text("--extra-index-url https://x.invalid\n-e .\nnki ???\nnki==1 2\n")
    done = run("lock", "--offline", "-r", "reqs.txt", "--instance", "trn2")
    assert done.code == 2
    assert all(f"reqs.txt:{line}" in done.err for line in (2, 3, 4))


# What a file states, and its name: the Python that check takes from it, empty for unknown.
STATED = [
    ("reqs.txt", "neuronx-cc==2.27.5334.0\n", ""),
    ("reqs.txt", "# autogenerated by pip-compile with Python 3.9\nneuronx-cc==2.27.5334.0\n", "3.9"),
    ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\nrequires-python = "==3.9.*"\n'
     'dependencies = ["neuronx-cc==2.27.5334.0"]\n', "3.9"),
    ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
     'dependencies = ["neuronx-cc==2.27.5334.0"]\n', ""),
    ("uv.lock", 'version = 1\nrequires-python = ">=3.9, <3.10"\n[[package]]\nname = "neuronx-cc"\n'
     'version = "2.27.5334.0"\n', "3.9"),
    ("lock.json", '{"schema_version": 1, "target": {"python": "3.9"}, "packages": [{"ecosystem": '
     '"pip", "name": "neuronx-cc", "version": "2.27.5334.0"}]}\n', "3.9"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "python"), STATED)
def test_the_python_is_that_of_the_file_and_never_a_guess(
    run, monkeypatch: pytest.MonkeyPatch, name: str, text: str, python: str
) -> None:
    Path(name).write_text(text)
    # Whatever runs this, too old for the version or not, changes nothing.
    monkeypatch.setattr("sys.version_info", (3, 9, 1, "final", 0))
    done = run("check", name, *TARGET, "--format", "json")
    rules = [row["rule"] for row in json.loads(done.out)["findings"]]
    assert ("NP102" in rules) is bool(python)


PROJECT = """\
[project]
name = "serve"
version = "1"
requires-python = ">=3.10,<3.13"
dependencies = ["neuronx-cc==2.24.5133.0", "nki==0.3.0"]
[project.optional-dependencies]
xla = ["libneuronxla==2.2.15515.0; python_version < '3.11'"]
"""


def test_a_finding_on_an_alternative_names_it(run) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    done = run("check", "pyproject.toml", *TARGET, "--format", "json")
    (finding,) = json.loads(done.out)["findings"]
    assert all(label in finding["reason"] for label in ("Python 3.10", "extra xla"))
    done = run("check", "pyproject.toml", *TARGET, "--format", "json", "--python", "3.10")
    (finding,) = json.loads(done.out)["findings"]
    assert "Python 3.10" not in finding["reason"]
    assert "extra xla" in finding["reason"]
