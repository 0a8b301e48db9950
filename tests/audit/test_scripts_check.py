"""``check`` of scripts and of files with scripts inside, where those are broken or hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuron_pin.inputs.containers import branches, shell
from neuron_pin.inputs.scripts import hcl_document, jobs

TARGET = ["--instance", "trn2", "--as-of", "2026-08-20"]
GOOD = "apt-get install -y aws-neuronx-tools=1.2.3.4\n"
DEEP = "on: push\njobs:\n" + "".join(f"{'  ' * n}a:\n" for n in range(1, 90))

BROKEN = [
    (".github/workflows/a.yml", "on: push\njobs:\n  a:\n\truns-on: x\n", 4),
    (".github/workflows/a.yml", DEEP, 66),
    (".github/workflows/a.yml", "on: push\njobs: &a\n  b: *a\n", 3),
    (".github/workflows/a.yml", "- a\n", 1),
    (".gitlab-ci.yml", "a: 'b\n", 2),
    ("buildspec.yml", "phases: [\n", 2),
    ("tasks/main.yml", "a: b\n", 1),
    ("image.pkr.hcl", 'build {\n  provisioner "shell" {\n', 2),
    ("image.pkr.hcl", 'build {\n  x = "a\n}\n', 2),
    ("image.pkr.hcl", "build {\n  x = <<EOT\na\n", 2),
    ("image.pkr.hcl", "}\n", 1),
    ("packer.json", '{"provisioners": [\n', 2),
    ("setup.sh", "#!/bin/bash\n\0\n", None),
    ("setup.sh", "#!/usr/bin/env python3\nprint()\n", 1),
    ("user-data", "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\na\n", 1),
]


@pytest.mark.parametrize(("name", "text", "line"), BROKEN)
def test_what_cannot_be_read_is_named_and_the_rest_is_judged(
    run, name: str, text: str, line: int | None
) -> None:
    for path, content in {name: text, "good.sh": GOOD}.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)
    done = run("check", name, "good.sh", *TARGET, "--format", "json")
    place = f"{name}:{line}" if line else name
    found = {(row["rule"], row["place"]) for row in json.loads(done.out)["findings"]}
    assert found == {("NP610", place), ("NP508", "good.sh:1")}
    assert done.code == 2


PARTLY = [
    # Part of the file cannot be read: the line that says so, and what else is found.
    ("setup.sh", f"cat <<EOF\n{GOOD}", 1, 2),
    ("setup.sh", f'echo "hello\n{GOOD}', 1, 2),
    ("setup.sh", f"x=$(date\n{GOOD}", 1, 2),
    ("setup.sh", f"if true; then\n{GOOD}", 1, 2),
    ("setup.sh", f"a() {{\n{GOOD}", 1, 2),
    ("setup.sh", f"case x in\na) {GOOD}", 1, 2),
    ("user-data", f"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n#!/bin/sh\n{GOOD}", 4, 7),
    ("user-data", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
     f"Content-Type: text/cloud-config\n\nruncmd: [\n--b\n\n#!/bin/sh\n{GOOD}--b--\n", 8, 11),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "found"), PARTLY)
def test_a_part_that_cannot_be_read_hides_nothing(
    run, name: str, text: str, line: int, found: int
) -> None:
    Path(name).write_text(text)
    done = run("check", name, *TARGET, "--format", "json")
    rows = {(row["rule"], row["place"]) for row in json.loads(done.out)["findings"]}
    assert rows == {("NP610", f"{name}:{line}"), ("NP508", f"{name}:{found}")}
    assert done.code == 2


def test_scripts_that_run_each_other_end(run) -> None:
    Path("a.sh").write_text(f"source ./b.sh\nbash b.sh\n./a.sh\n{GOOD}")
    Path("b.sh").write_text(f". ./a.sh\nsh ./a.sh\n{GOOD}")
    done = run("check", "a.sh", "b.sh", *TARGET, "--format", "json")
    rows = {(row["rule"], row["place"]) for row in json.loads(done.out)["findings"]}
    assert {("NP508", "a.sh:4"), ("NP508", "b.sh:3")} <= rows
    assert done.code in (1, 2)


def test_a_function_that_calls_itself_is_read_once(run) -> None:
    Path("a.sh").write_text("a() {\n" + GOOD + "a; b; }\nb() { a; b; }\na\n")
    done = run("check", "a.sh", *TARGET, "--format", "json")
    rows = [(row["rule"], row["place"]) for row in json.loads(done.out)["findings"]]
    assert rows == [("NP508", "a.sh:2")]


def test_calls_are_bounded(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "MAX_CALLED", 2_000)
    calls = "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; f{n + 1}; }}\n" for n in range(7))
    Path("a.sh").write_text(calls + "f7() { :; }\nf0\n" + GOOD)
    done = run("check", "a.sh", *TARGET, "--format", "json")
    rows = {row["rule"] for row in json.loads(done.out)["findings"]}
    assert rows == {"NP508", "NP610"}
    assert done.code == 2


def test_more_alternatives_than_are_read_are_said_and_judged(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_READ", 3_000)
    rows = "".join(f"{n}) apt-get install -y aws-neuronx-tools=1.2.3.{n} ;;\n" for n in range(9))
    Path("a.sh").write_text(f'case "$1" in\n{rows}esac\n')
    done = run("check", "a.sh", *TARGET, "--format", "json")
    document = json.loads(done.out)
    found = {row["place"] for row in document["findings"] if row["rule"] == "NP508"}
    assert found == {f"a.sh:{n + 2}" for n in range(9)}
    assert [part["place"] for part in document["inputs"][0]["unread"]] == ["a.sh:1"]


def test_every_alternative_is_taken_once() -> None:
    plan = branches.Plan()
    taken = []
    for choices in plan.readings():
        outer = [choices.take("outer", a, False) for a in ("1",)]
        outer.append(choices.take("outer", "2", outer[0]))
        if outer[1]:
            first = choices.take("inner", "3", False, ["outer"])
            choices.take("inner", branches.OTHERWISE, first, ["outer"])
        taken.append(dict(choices.taken))
    assert taken == [
        {"outer": "1"},
        {"outer": "2", "inner": "3"},
        {"outer": "2", "inner": branches.OTHERWISE},
    ]
    assert plan.is_complete


def test_values_of_hcl_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hcl_document, "MAX_VALUES", 3)
    with pytest.raises(Exception, match="values") as error:
        hcl_document.parse_hcl("a = 1\nb = [1, 2]\n", "x.pkr.hcl")
    assert getattr(error.value, "line", 0) == 2


def test_the_library_that_is_missing_is_said(run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "yaml", None)
    Path(".gitlab-ci.yml").write_text("a: {script: [b]}\n")
    Path("good.sh").write_text(GOOD)
    done = run("check", ".gitlab-ci.yml", "good.sh", *TARGET)
    assert done.code == 2
    assert "install" in done.err
    assert "good.sh:1" in done.out


FIXED = [
    ("run.sh", "pip install -i https://pip.repos.neuron.amazonaws.com neuronx-cc\n", True),
    ("buildspec.yml", "phases:\n  build:\n    commands:\n      - pip install -i "
     "https://pip.repos.neuron.amazonaws.com neuronx-cc\n", False),
    ("a.pkr.hcl", 'build {\n  provisioner "shell" {\n    inline = ["pip install -i '
     'https://pip.repos.neuron.amazonaws.com neuronx-cc"]\n  }\n}\n', False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "is_fixed"), FIXED)
def test_only_scripts_of_the_shell_are_fixed(run, name: str, text: str, is_fixed: bool) -> None:
    Path(name).write_text(text)
    run("check", name, *TARGET, "--python", "3.12", "--fix")
    after = Path(name).read_text()
    assert (after != text) is is_fixed
    assert after.replace("neuronx-cc==2.*", "neuronx-cc") == text


def test_what_is_broken_in_a_script_that_is_run_is_said_there(run) -> None:
    Path("a.sh").write_text(f"bash b.sh\n{GOOD}")
    Path("b.sh").write_text(f"\nif true; then\n{GOOD}")
    done = run("check", "a.sh", *TARGET, "--format", "json")
    document = json.loads(done.out)
    assert [part["place"] for part in document["inputs"][0]["unread"]] == ["b.sh:2"]
    assert {row["place"] for row in document["findings"]} == {"a.sh:2", "b.sh:3"}


def test_lines_are_those_that_an_editor_counts(run) -> None:
    Path("a.sh").write_bytes(b"#!/bin/sh\r\necho a\x0cb\x1cc\r\n" + GOOD.encode())
    done = run("check", "a.sh", *TARGET, "--format", "json")
    (finding,) = json.loads(done.out)["findings"]
    assert (finding["place"], finding["subject"]) == ("a.sh:3", "aws-neuronx-tools 1.2.3.4")
