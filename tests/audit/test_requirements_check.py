"""``check``: files and environments held against the policy."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run, failure, wheel

from neuron_pin.errors import UnreadableInput, WrongUsage

OPTION = "--extra-index-url https://pip.repos.neuron.amazonaws.com"
TARGET = ("--instance", "trn2", "--python", "3.11", "--as-of", "2026-08-20")


def found(done) -> list[tuple[str, str, str]]:
    """Rule, place and reason of each finding."""
    rows = json.loads(done.out)["findings"]
    return [(row["rule"], row["place"], row["reason"]) for row in rows]


# a line of a requirements file, the rules that speak of it, words of the first reason
LINES = [
    ("neuronx-cc==2.27.5334.0", [], ""),
    ("neuronx-cc==2.27.5334.0+f702b353", [], ""),
    ("neuronx-cc==2.*", [], ""),
    ("torch-neuronx==2.9.0.2.15.32035", [], ""),
    ("numpy", [], ""),
    ("torch-xla==2.12.0", [], ""),
    ("torch-neuronx==2.8.0.2.10.16998", ["NP201"], "torch-neuronx 2.8 has been out of support since"),
    # To pin the ended line is no advice.
    ("torch-neuronx==2.8.*", ["NP201"], "torch-neuronx 2.8 has been out of support since 2026-04-09"),
    ("transformers-neuronx", ["NP201"], "the package is out of support since"),
    ("neuronx-distributed-inference==0.10.18399", ["NP206"], "in maintenance since 2026-05-21"),
    ("vllm-neuron==0.24.0.1.1.0", ["NP202"], "beta since 2026-07-20, not for production"),
    ("nki", ["NP305"], "without a version it allows"),
    ("neuronx-cc>=2.20", ["NP305"], "'>=2.20' allows an upgrade to a new major"),
    ("neuronx-cc>=2.20,<3", [], ""),
    ("neuronx-cc==2.99.1.0", ["NP510"], "newer than the facts of 2026-08-21, which end with 2.28.7631.0"),
    ("neuronx-cc==1.0.0.1", ["NP508"], "no SDK release has shipped this version"),
    ("neuronx-cc==9.*", ["NP510"], "newer than the facts"),
    ("neuronx-cc==2.28.*", ["NP510"], "newer than the facts"),
    ("neuronx-cc>=2.99,<3", ["NP510"], "newer than the facts"),
    ("neuronx-cc>2.27.5334.0,<3", ["NP510"], "newer than the facts"),
    ("torch-neuronx==2.99.*", ["NP510"], "newer than the facts"),
    ("neuronx-cc==2.10.99.*", ["NP508"], "no SDK release has shipped a version that"),
    ("neuronx-cc<2", ["NP508"], "no SDK release has shipped a version that"),
    ("torch-neuronx==2.9", ["NP508"], "no SDK release has shipped a version 2.9"),
    ("torch", [], ""),
    ("torch-neuron==1.13.1.2.11.13.0", ["NP101", "NP102"], "listed for inf1, not for trn2"),
    # pip finds none of them; apt: is for a file that neuron-pin alone reads.
    ("aws-neuronx-tools==2.*", ["NP503"], "a system package"),
    ("aws-neuronx-tools==2.32.28.0", ["NP503"], "a system package"),
    ("aws-neuronx-tools", ["NP503"], "a system package"),
    ("apt:aws-neuronx-tools=2.*", [], ""),
    # A range whose versions are all for other families is not pinned, and said to be that.
    ("mx-neuron", ["NP101", "NP102"], "listed for inf1, not for trn2"),
    # What ended and was Beta to its end is both (release-notes/components/jax.rst, 2.20.0).
    ("jax-neuronx==0.7.0.1.0.8181", ["NP201", "NP202"], "jax-neuronx 0.7 has been out of support"),
    # A range that allows nothing but Beta.
    ("jax-neuronx==0.10.0.1.*", ["NP202"], "beta since 2024-09-16"),
    ("vllm-neuron==0.24.0.1.*", ["NP202"], "beta since 2026-07-20"),
    ("nrtpy", ["NP202", "NP305"], "beta since 2026-08-17"),
    ("neuron-agentic-development", ["NP202", "NP305"], "beta since 2026-04-29"),
    # One that allows something stable as well is none.
    ("nki>=0.1,<1", [], ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "rules", "words"), LINES)
def test_one_line(run, line: str, rules: list[str], words: str) -> None:
    Path("reqs.txt").write_text(f"# a comment\n{OPTION}\n{line}\n")
    done = run("check", "reqs.txt", *TARGET, "--format", "json")
    rows = found(done)
    assert [rule for rule, _, _ in rows] == rules
    assert all(place == "reqs.txt:3" for _, place, _ in rows)
    assert not rows or words in rows[0][2]
    errors = {"NP101", "NP102", "NP201"} & set(rules) or "no SDK" in words
    assert done.code == (1 if errors else 0)


# a line, the instance family, the day: the rules, and words of the remedy of the last finding
BY_FAMILY = [
    # The what's-new page of 2026-07-20 calls it Beta, for Trn2 and Trn3.
    ("vllm-neuron==0.24.0.1.1.0", "inf2", "2026-08-20", ["NP202", "NP101"], ""),
    ("torch-neuronx==2.1.1.2.0.1b0", "trn1", "2026-08-20", ["NP201", "NP202", "NP102"], "2.9.0"),
    # Its stable release is of 2026-04-09 (about-neuron/whats-new.rst, 2.29.0).
    ("nki", "trn2", "2026-03-01", ["NP202", "NP305"], "write nki==0.*"),
    # TorchNeuron is for Trn2 and Trn3 (release-notes/components/torchneuron.html, 2.33.0).
    ("torch-neuronx==2.9.0.2.15.32035", "inf2", "2026-08-20", ["NP206"], ""),
    ("torch-neuronx==2.9.0.2.15.32035", "trn1", "2026-08-20", ["NP206"], ""),
    ("neuronx-distributed-inference==0.10.18399", "trn2", "2026-08-20", ["NP206"],
     "use vllm-neuron==0.24.0.1.1.0 (SDK 2.32.0) in its place, which is beta"),
    ("transformers-neuronx==0.13.1315", "trn1", "2026-08-20", ["NP201"],
     "use neuronx-distributed-inference==0.10.18399 (SDK 2.31.1) in its place, which is in maint"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "family", "day", "rules", "remedy"), BY_FAMILY)
def test_one_line_of_a_family(
    run, line: str, family: str, day: str, rules: list[str], remedy: str
) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n{line}\n")
    target = ("--instance", family, "--python", "3.11", "--as-of", day)
    rows = json.loads(run("check", "reqs.txt", *target, "--format", "json").out)["findings"]
    assert [row["rule"] for row in rows] == rules
    assert remedy in rows[-1]["remedy"] if remedy else not rows[-1]["remedy"]


def test_an_end_that_is_announced_is_told_within_the_days_asked_about(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\ntorch-neuronx==2.8.0.2.12.22436\n")
    target = ("--instance", "trn2", "--python", "3.11", "--as-of", "2026-03-01", "--format", "json")
    ((rule, _, reason),) = found(run("check", "reqs.txt", *target))
    assert rule == "NP207"
    for fact in ("torch-neuronx 2.8", "2026-04-09", "39 days", "[announcements/"):
        assert fact in reason
    assert found(run("check", "reqs.txt", *target, "--within", "38d")) == []
    assert len(found(run("check", "reqs.txt", *target, "--within", "2m"))) == 1
    assert run("check", "reqs.txt", *target, "--within", "soon").code == 2


def test_versions_of_several_releases_are_found_by_what_most_are_of(run) -> None:
    Path("reqs.txt").write_text(
        f"neuronx-cc==2.26.6360.0\nnki==0.5.0\n{OPTION}\nlibtorch-neuronx-lite==2.12.0.1.0.1284\n"
    )
    done = run("check", "reqs.txt", *TARGET, "--format", "json")
    assert found(done) == [
        ("NP507", "reqs.txt:4", "is of SDK 2.32.0, but most of the others are of 2.31.1")
    ]
    words = shlex.split(json.loads(done.out)["findings"][0]["remedy"])
    assert words[:2] == ["neuron-pin", "lock"]
    # It can be pasted.
    assert run(*words[1:], "--offline", "-q").code == 0
    assert "neuronx-cc==2.26.6360.0" in Path("constraints.txt").read_text()


def test_our_own_locks_of_every_form_pass(run) -> None:
    forms = [word for name in ("lock.json", "constraints.txt") for word in ("-o", name)]
    done = run("lock", "--offline", "-q", "torch-neuronx", "neuronx-cc", *TARGET, *forms)
    assert done.code == 0, done.err
    for name in ("lock.json", "constraints.txt"):
        done = run("check", name, *TARGET)
        assert done.code == 0
        assert "no findings" in done.out


def test_a_real_environment(run, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    files = []
    for name, version in (
        ("neuronx-cc", "2.21.18209.0+043b1bf7"),
        ("torch-neuronx", "2.9.0.2.15.32035+abc"),
        ("plain", "1.0"),
    ):
        file = tmp_path / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        file.write_bytes(wheel(name, version))
        files.append(str(file))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place), "install", "-q", "--no-index",
         "--no-deps", *files], check=True)  # fmt: skip
    done = run("check", "--venv", place, *TARGET, "--format", "json")
    assert done.code == 1
    assert [(rule, where) for rule, where, _ in found(done)] == [("NP507", str(place))]
    assert run("check", "--venv", place, *TARGET, "--exit-zero").code == 0


def test_a_lock_of_real_uv(run, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version in (("neuronx-cc", "2.26.6360.0"), ("helper", "1.0")):
        file = wheels / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        file.write_bytes(wheel(name, version))
    Path("pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.10"\n'
        'dependencies = ["neuronx-cc", "helper"]\n'
        f'[tool.uv]\nno-index = true\nfind-links = ["{wheels}"]\n'
    )
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([str(uv), "lock", "-q", "--cache-dir", str(tmp_path / "cache")], check=True)
    assert "no findings" in run("check", "uv.lock", *TARGET).out
    text = Path("uv.lock").read_text().replace("2.26.6360.0", "2.1.1.1")
    Path("uv.lock").write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row == 'name = "neuronx-cc"')
    ((rule, place, _),) = found(run("check", "uv.lock", *TARGET, "--format", "json"))
    assert (rule, place) == ("NP508", f"uv.lock:{line}")


POETRY = """\
[[package]]
name = "neuronx-cc"
version = "2.27.5334.0+f702b353"

[package.source]
type = "legacy"
url = "https://pip.repos.neuron.amazonaws.com"

[[package]]
name = "Neuronx_Distributed"
version = "0.19.28492"

[metadata]
lock-version = "2.1"
"""


def test_a_lock_of_poetrys_form(run) -> None:
    Path("poetry.lock").write_text(POETRY)
    rows = found(run("check", "poetry.lock", *TARGET, "--format", "json"))
    assert [(rule, place) for rule, place, _ in rows] == [
        ("NP206", "poetry.lock:10"),
        ("NP507", "poetry.lock:10"),
    ]


def test_sarif_has_the_line(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n\nnki\n")
    document = json.loads(run("check", "reqs.txt", *TARGET, "--format", "sarif").out)
    (result,) = document["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("reqs.txt", 3)


# file, what is in it, line, a word of the problem
BAD = [
    ("uv.lock", "version = 2\n", None, "version 2"),
    ("uv.lock", "version = 1\npackage = 3\n", None, "'package'"),
    ("poetry.lock", "[metadata]\nlock-version = '9.0'\n", None, "'9.0'"),
    ("pylock.toml", "lock-version = '2.0'\n", None, "'2.0'"),
    ("pylock.toml", "= 1\n", None, "TOML"),
    ("lock.json", "{", 1, "JSON"),
]


@pytest.mark.parametrize(("name", "text", "line", "word"), BAD)
def test_a_file_that_cannot_be_read_is_named(
    run: Run, name: str, text: str, line: int | None, word: str
) -> None:
    Path(name).write_text(text)
    error = failure(run("check", name, *TARGET), UnreadableInput)
    assert (error.path, error.line) == (name, line)
    assert word in error.problem


def test_a_file_whose_name_tells_nothing_is_wrong_usage(run: Run) -> None:
    Path("notes.md").write_text("hello\n")
    assert "notes.md" in failure(run("check", "notes.md", *TARGET), WrongUsage).message


def test_mixed_versions_are_locked_by_a_release_that_has_them_all(run) -> None:
    Path("reqs.txt").write_text(
        f"{OPTION}\nneuronx-cc==2.27.5334.0\nnki==0.6.0\ntorch-neuronx==2.9.0.2.15.32035\n"
    )
    done = run("check", "reqs.txt", *TARGET, "--format", "json")
    (finding,) = json.loads(done.out)["findings"]
    assert finding["rule"] == "NP507"
    words = shlex.split(finding["remedy"])
    assert run(*words[1:], "--offline", "-q").code == 0
    assert "torch-neuronx==2.9.0.2.15.32035" in Path("constraints.txt").read_text()


# a line with a finding, its rule, and what its remedy must name
REMEDIES = [
    ("torch-neuronx==2.8.0.2.10.16998", "NP201", "torch-neuronx==2.9.0.2.15.32035"),
    ("torch-neuronx==2.8.*", "NP201", "torch-neuronx==2.9.0.2.15.32035"),
    ("transformers-neuronx", "NP201", "neuronx-distributed-inference==0.10.18399"),
    ("jax-neuronx==0.7.0.1.0.8181", "NP201", "jax-neuronx=="),
    ("neuronx-distributed-inference==0.10.18399", "NP206", "vllm-neuron"),
    ("torch-neuron==1.13.1.2.11.13.0", "NP101", "torch-neuronx==2.9.0.2.15.32035"),
    ("torch-neuron==1.13.1.2.11.13.0", "NP102", "torch-neuronx==2.9.0.2.15.32035"),
    ("torch-neuronx==2.9", "NP508", "torch-neuronx==2.9.*"),
    ("neuronx-cc==1.0.0.1", "NP508", "neuronx-cc==2.27.5334.0"),
    ("neuronx-cc==2.10.99.*", "NP508", "neuronx-cc==2.27.5334.0"),
    ("neuronx-cc==9.*", "NP510", "catalog update"),
]


@pytest.mark.parametrize(("line", "rule", "named"), REMEDIES)
def test_a_remedy_names_the_version_for_the_target(run, line: str, rule: str, named: str) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n{line}\n")
    done = run("check", "reqs.txt", *TARGET, "--format", "json")
    rows = [row for row in json.loads(done.out)["findings"] if row["rule"] == rule]
    assert rows
    assert all(named in row["remedy"] for row in rows)


@pytest.mark.parametrize(
    ("line", "python", "named"),
    [
        ("torch-neuronx==1.13.1.1.8.0", "", "torch-neuronx==2.9.0.2.15.32035"),
        # 1.12 left the releases before 1.13 did, and nobody announced it.
        ("torch-neuronx==1.13.1.1.8.0", "3.8", ""),
        ("torch-neuronx", "3.8", ""),
        ("torch-neuronx==2.9.0.2.12.22436", "3.8", "use Python 3.12"),
        # While 1.13 was shipped, it was the way out of 2.0, which was Beta.
        ("torch-neuronx==2.0.0.2.0.0b0", "3.8", "torch-neuronx==1.13"),
    ],
)
def test_a_remedy_never_leads_back_to_what_was_left_behind(
    run, line: str, python: str, named: str
) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n{line}\n")
    day = "2024-03-20" if "2.0.0.2" in line else "2026-08-20"
    target = ["--instance", "trn1", "--as-of", day, *(["--python", python] if python else [])]
    done = run("check", "reqs.txt", *target, "--format", "json")
    remedies = [row["remedy"] or "" for row in json.loads(done.out)["findings"]]
    assert not any("1.12" in remedy for remedy in remedies)
    assert any(named in remedy for remedy in remedies)


# other lines of the file, variables, and whether somebody should be told of Neuron's index
INDEXES = [
    ("", {}, True),
    ("-i https://mirror.invalid/simple/", {}, False),
    ("--find-links wheels", {}, False),
    ("", {"PIP_EXTRA_INDEX_URL": "https://mirror.invalid/simple/"}, False),
    ("", {"PIP_INDEX_URL": "https://mirror.invalid/simple/"}, True),
    ("", {"UV_INDEX": "https://pip.repos.neuron.amazonaws.com"}, False),
]


@pytest.mark.parametrize(("line", "variables", "is_told"), INDEXES)
def test_a_file_without_an_index_is_told_once(
    run, monkeypatch, line: str, variables: dict[str, str], is_told: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    text = f"{line}\nnumpy\nneuronx-cc==2.27.5334.0\nnki==0.6.0\n"
    Path("reqs.txt").write_text(text)
    Path("constraints.txt").write_text(text)
    done = run("check", "reqs.txt", "constraints.txt", *TARGET, "--format", "json")
    assert [(rule, place) for rule, place, _ in found(done)] == [("NP401", "reqs.txt:3")] * is_told


def test_findings_come_by_line(run) -> None:
    Path("reqs.txt").write_text("neuronx-cc==2.27.5334.0\nnki\nneuronx-cc==9.*\n")
    rows = found(run("check", "reqs.txt", *TARGET, "--format", "json"))
    assert [place for _, place, _ in rows] == [f"reqs.txt:{line}" for line in (1, 2, 3)]


def test_what_was_checked_is_told(run) -> None:
    Path("a.txt").write_text(f"{OPTION}\nneuronx-cc==2.27.5334.0\nnki==0.6.0\nnumpy\n")
    Path("b.txt").write_text("")
    done = run("check", "a.txt", "b.txt", *TARGET)
    first, second = done.out.splitlines()
    assert first.startswith("a.txt: 3 requirements, 2 Neuron packages checked, no findings")
    assert second.startswith("b.txt: no requirements, no Neuron packages")


def test_what_cannot_be_read_is_told_once(run) -> None:
    Path("notes.md").write_text("hello\n")
    done = run("check", "notes.md", *TARGET)
    assert (done.out + done.err).count("notes.md") == 1


def test_a_pipe_is_judged_by_what_it_gives(run) -> None:
    reading, writing = os.pipe()
    with open(writing, "wb") as stream:
        stream.write(b"FROM python:3.12\nRUN pip install neuronx-cc==1.0.0.1\n")
    path = f"/dev/fd/{reading}"
    done = run("check", path, *TARGET, "--format", "json")
    os.close(reading)
    found = [[row["rule"], row["place"]] for row in json.loads(done.out)["findings"]]
    assert sorted(found) == [["NP401", f"{path}:2"], ["NP508", f"{path}:2"]]


@pytest.mark.parametrize(
    "text",
    [
        "neuronx-cc==1.0.0.1\n",
        "neuronx-cc               1.0.0.1\nnumpy                    2.0\n",
        '[project]\nname = "x"\nversion = "1"\ndependencies = ["neuronx-cc==1.0.0.1"]\n',
    ],
)
def test_standard_input_is_judged_by_its_content(tmp_path: Path, text: str) -> None:
    words = [sys.executable, "-m", "neuron_pin", "check", "-", *TARGET, "--format", "json"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "NP508" in {row["rule"] for row in json.loads(done.stdout)["findings"]}


def test_nothing_to_check_is_wrong_usage(run) -> None:
    assert run("check").code == 2
    assert run("check", "absent.txt").code == 2
    assert run("check", "--venv", ".").code == 2


# lines of a file that pip reads or refuses: the rules and the severity of what check says, and
# what lock does with each
UNJUDGED: list[tuple[str, list[tuple[str, str]], int]] = [
    ("./wheels/torch_neuronx-2.8.0.2.10.16998-py3-none-any.whl",
     [("NP201", "error"), ("NP507", "error")], 2),
    ("/srv/w/neuronx_cc-2.27.5334.0+ab-py3-none-linux_x86_64.whl[x] ; python_version > '3'", [], 2),
    ("wheels/numpy-2.2.0-cp311-cp311-linux_x86_64.whl", [], 2),
    ("numpy-2.2.0.tar.gz", [], 2),
    ("torch-neuronx@https://mirror.invalid/w.whl", [("NP401", "warning")], 2),
    (".", [("NP610", "warning")], 2),
    ("../project", [("NP610", "warning")], 2),
    ("-e .", [("NP610", "warning")], 2),
    ("--pre", [("NP610", "warning")], 2),
    ("-r absent.txt", [("NP610", "error")], 2),
    ("-r reqs.txt", [("NP610", "error")], 2),
    ("two words", [("NP610", "error")], 2),
    ("numpy --hash=md5:00", [("NP610", "error")], 2),
    ("numpy==2.8 ==", [("NP610", "error")], 2),
    ("numpy ; platform_machine == 'a/b'", [], 0),
]  # fmt: skip


@pytest.mark.parametrize(("line", "findings", "lock_code"), UNJUDGED)
def test_a_line_that_cannot_be_judged_hides_no_other(
    run, line: str, findings: list[tuple[str, str]], lock_code: int
) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n{line}\nneuronx-cc==2.0\nnki==0.6.0\n")
    rows = json.loads(run("check", "reqs.txt", *TARGET, "--format", "json").out)["findings"]
    own = [(f["rule"], f["severity"]) for f in rows if not f["place"].endswith(":3")]
    assert own == findings
    # With its place, and the line after it is judged.
    assert [f["rule"] for f in rows if f["place"] == "reqs.txt:3"] == ["NP508"]
    Path("reqs.txt").write_text(f"{line}\nnki==0.6.0\n")
    assert run("lock", "-r", "reqs.txt", "--offline", *TARGET).code == lock_code
