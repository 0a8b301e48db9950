"""``check`` of Dockerfiles and projects; ignores, baselines, fixes, formats."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from conftest import failure, publish

from neuron_pin.errors import UnreadableInput, WrongUsage

SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
TARGET = ("--instance", "trn2", "--as-of", "2026-08-20")
INDEX = "https://pip.repos.neuron.amazonaws.com"
OPTION = f"--extra-index-url {INDEX}"


def found(done) -> list[tuple[str, str]]:
    """Rule and place of each finding."""
    return [(row["rule"], row["place"]) for row in json.loads(done.out)["findings"]]


def findings_of(done) -> bool:
    """Whether a check, whose exit code says the same, shows a finding."""
    return done.code != 0 or "no findings" not in done.out


# lines of a Dockerfile, and the findings by rule and line
RECIPES = [
    (["FROM python:3.11", f"RUN pip install -i {INDEX} neuronx-cc==2.*"], []),
    (["FROM python:3.11", "RUN pip install neuronx-cc==2.*"], [("NP401", 2)]),
    (["FROM python:3.11", f"ENV PIP_EXTRA_INDEX_URL={INDEX}", "RUN pip install neuronx-cc==2.*"], []),
    (["FROM python:3.11", f"RUN pip config set global.extra-index-url {INDEX}", "RUN pip install neuronx-cc==2.*"], []),
    (["FROM python:3.9", f"RUN pip install -i {INDEX} neuronx-cc==2.27.5334.0"], [("NP110", 1), ("NP102", 2)]),
    (["FROM ubuntu:20.04", "RUN apt-get install -y aws-neuronx-tools"], [("NP110", 1), ("NP305", 2)]),
    (["FROM ubuntu:24.04", "RUN apt-get install -y aws-neuronx-dkms=2.*"], [("NP106", 2)]),
    (["FROM ubuntu:24.04", "RUN apt-get install -y aws-neuronx-oci-hook=2.*"], [("NP106", 2)]),
    (["FROM ubuntu:24.04", "RUN apt-get install -y aws-neuronx-tools=2.* aws-neuronx-k8-plugin=2.*"], []),
    # apt takes a star at the end of a version for any revision, and dnf anywhere.
    (["FROM ubuntu:24.04", "RUN apt-get install -y 'aws-neuronx-tools=2.28.23.0*'"], []),
    (["FROM ubuntu:24.04", "RUN apt-get install -y 'aws-neuronx-tools=2.28.24.0*'"], [("NP508", 2)]),
    (["FROM ubuntu:24.04", "RUN apt-get install -y 'aws-neuronx-tools=2.2*'"], [("NP610", 2)]),
    (["FROM amazonlinux:2023", "RUN dnf install -y 'aws-neuronx-tools-2.28.23.0*' 'aws-neuronx-tools-2.28.23.0[_-]*'"], []),
    (["FROM amazonlinux:2023", "RUN dnf install -y 'aws-neuronx-tools-2.3*'"], [("NP610", 2)]),
    (["FROM ubuntu:24.04", "RUN apt-get install -y aws-neuron-dkms=2.2.14.0"], [("NP201", 2), ("NP508", 2), ("NP106", 2)]),
    (["FROM public.ecr.aws/neuron/pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04",
      "RUN pip install neuronx-cc==2.27.5334.0"], [("NP201", 1), ("NP507", 2)]),
    (["FROM public.ecr.aws/neuron/pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04",
      "RUN pip install neuronx-cc==2.26.6360.0"], [("NP201", 1)]),
    (["FROM x/pytorch-training-neuronx:2.1.2-neuronx-py310-sdk2.18.0-ubuntu20.04"],
     [("NP201", 1), ("NP201", 1), ("NP201", 1), ("NP110", 1), ("NP110", 1), ("NP618", 1)]),
    (["FROM ubuntu:24.04", "RUN apt-get install -y aws-neuronx-dkms", "RUN apt-get install -y aws-neuronx-tools"],
     [("NP305", 2), ("NP106", 2), ("NP305", 3)]),
    (["FROM python:3.11 AS a", f"RUN pip install -i {INDEX} neuronx-cc==2.27.5334.0", "FROM a",
      f"RUN pip install -i {INDEX} nki==0.5.0"], [("NP507", 4)]),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "wanted"), RECIPES, ids=range(len(RECIPES)))
def test_recipes(run, lines: list[str], wanted: list[tuple[str, int]]) -> None:
    Path("Dockerfile").write_text("\n".join(lines) + "\n")
    rows = found(run("check", "Dockerfile", *TARGET, "--format", "json"))
    assert rows == [(rule, f"Dockerfile:{line}") for rule, line in wanted]


# a word of RUN as it is written, and what --fix makes of it
UNQUOTED = [
    ("neuronx-cc>=2.20", "'neuronx-cc>=2.20,==2.*'"),
    ("nki<0.5", "'nki<0.5'"),
    ("neuronx-cc>2.20,<3", "'neuronx-cc>2.20,<3'"),
]


@pytest.mark.parametrize(("written", "fixed"), UNQUOTED)
def test_what_the_shell_takes_for_a_redirection_is_quoted(run, written: str, fixed: str) -> None:
    head = f"FROM python:3.11\nRUN pip install {OPTION} "
    Path("Dockerfile").write_text(f"{head}{written} 2>&1 > log.txt\n")
    done = run("check", "Dockerfile", *TARGET, "--format", "json")
    assert found(done) == [("NP305", "Dockerfile:2")]
    assert "redirection" in json.loads(done.out)["findings"][0]["reason"]
    assert run("check", "Dockerfile", *TARGET, "--fix").code == 0
    assert Path("Dockerfile").read_text() == f"{head}{fixed} 2>&1 > log.txt\n"
    assert found(run("check", "Dockerfile", *TARGET, "--format", "json")) == []


def test_a_script_in_quotes_is_not_quoted_anew(run) -> None:
    text = f"FROM python:3.11\nRUN bash -c 'pip install {OPTION} nki>=0.4'\n"
    Path("Dockerfile").write_text(text)
    assert found(run("check", "Dockerfile", *TARGET, "--format", "json")) == [
        ("NP305", "Dockerfile:2")
    ]
    run("check", "Dockerfile", *TARGET, "--fix")
    assert Path("Dockerfile").read_text() == text


def test_a_mixture_moves_to_a_release_that_is_supported(run) -> None:
    Path("Dockerfile").write_text(
        f"FROM python:3.10\nRUN pip install {OPTION} torch-neuronx==2.1.2.2.3.0 "
        "neuronx-cc==2.15.128.0 nki==0.5.0\n"
    )
    done = run("check", "Dockerfile", *TARGET, "--python", "3.11", "--format", "json")
    remedies = {r["remedy"] for r in json.loads(done.out)["findings"] if r["rule"] == "NP507"}
    (remedy,) = remedies
    words = remedy.split()
    assert "--offline" in words
    assert words[words.index("--sdk") + 1].startswith(("2.29", "2.3"))
    assert run(*words[1:]).code == 0


def test_a_mixture_in_an_image_that_has_ended_moves_to_a_target_that_has_not(run) -> None:
    """Python 3.10 and Ubuntu 20.04 ended: announcement-python-3-10-eol.rst and
    announce-no-support-ubuntu-20-base.rst."""
    base = "public.ecr.aws/neuron/pytorch-inference-neuronx"
    base += ":2.1.2-neuronx-py310-sdk2.20.0-ubuntu20.04"
    run_line = f"RUN pip install {OPTION} neuronx-cc==2.23.6484.0 nki==0.6.0\n"
    Path("Dockerfile").write_text(f"FROM {base}\n{run_line}")
    asked = ("--instance", "inf2", "--as-of", "2026-08-20", "--format", "json")
    rows = json.loads(run("check", "Dockerfile", *asked).out)["findings"]
    (remedy,) = {row["remedy"] for row in rows if row["rule"] == "NP507"}
    done = run(*remedy.split()[1:], "--as-of", "2026-08-20")
    assert done.code == 0, done.err
    assert {"--python 3.11", "--os ubuntu24.04"} <= set(
        map(" ".join, zip(remedy.split(), remedy.split()[1:], strict=False))
    )
    # Nothing of it is for the instance family: no lock can hold it.
    Path("Dockerfile").write_text(
        f"FROM {base}\nRUN pip install {OPTION} vllm-neuron==0.24.0.1.1.0\n"
    )
    rows = json.loads(run("check", "Dockerfile", *asked).out)["findings"]
    assert {row["remedy"] for row in rows if row["rule"] == "NP507"} == {None}


def test_what_follows_a_system_package_is_named_for_its_own_package_manager(run) -> None:
    """nki is a pip package: release manifest, 2.32.0."""
    Path("Dockerfile").write_text(
        "FROM ubuntu:24.04\nRUN apt-get install -y aws-neuronx-gpsimd-customop-lib=0.24.1.0\n"
    )
    done = run(
        "check", "Dockerfile", "--instance", "trn1", "--as-of", "2026-08-20", "--format=json"
    )
    (row,) = json.loads(done.out)["findings"]
    assert row["rule"] == "NP202"
    assert row["remedy"] == "use nki==0.6.0 (SDK 2.32.0) from pip in its place"


def test_differences_are_in_the_order_given(run) -> None:
    Path("requirements.txt").write_text(f"{OPTION}\nneuronx-cc\n")
    Path("Dockerfile").write_text(f"FROM python:3.11\nRUN pip install {OPTION} neuronx-cc\n")
    given = ("requirements.txt", "Dockerfile")
    for files in (given, given[::-1]):
        shown = run("check", *files, *TARGET, "--python", "3.11", "--diff").out
        assert shown.index(f"+++ b/{files[0]}") < shown.index(f"+++ b/{files[1]}")


def test_requirements_beside_it_are_of_the_image(run) -> None:
    Path("Dockerfile").write_text(
        f"FROM python:3.11\nCOPY reqs.txt /tmp/\nRUN pip install -i {INDEX} -r /tmp/reqs.txt nki==0.5.0\n"
    )
    Path("reqs.txt").write_text("neuronx-cc==2.27.5334.0\n")
    rows = found(run("check", "Dockerfile", *TARGET, "--format", "json"))
    assert [rule for rule, _ in rows] == ["NP507"]


def test_a_plans_own_image_passes(run) -> None:
    target = ("--instance", "trn2", "--os", "ubuntu24.04", "--as-of", "2026-08-20")
    done = run("plan", *target, "--format", "dockerfile")
    assert done.code == 0, done.err
    Path("Dockerfile").write_text(done.out)
    assert not findings_of(run("check", "Dockerfile", *target))


def test_a_project(run) -> None:
    Path("pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\ndependencies = [\n    "neuronx-cc",\n]\n'
        '[project.optional-dependencies]\nx = ["torch-neuronx==2.8.*"]\n'
        '[dependency-groups]\ndev = ["nki>=0.4"]\n'
    )
    rows = found(run("check", "pyproject.toml", *TARGET, "--python", "3.11", "--format", "json"))
    assert rows == [
        ("NP305", "pyproject.toml:5"),
        ("NP201", "pyproject.toml:8"),
        ("NP305", "pyproject.toml:10"),
    ]


# the comment, and the rules that are left
IGNORES = [
    ("# neuron-pin: ignore[NP305] moves with the image", []),
    ("# neuron-pin: ignore[NP305, NP201] moves with the image; until 2026-12-31", []),
    ("# neuron-pin: ignore[NP305] moves with the image; until 2026-08-20", []),
    ("# neuron-pin: ignore[NP305] moves with the image; until 2026-08-19", ["NP305", "NP611"]),
    ("# neuron-pin: ignore[NP305]", ["NP305", "NP611"]),
    ("# neuron-pin: ignore[NP999] why not", ["NP305", "NP611"]),
    ("# neuron-pin: ignore[] why not", ["NP305", "NP611"]),
    ("# neuron-pin: ignore[NP305] soon; until then", ["NP305", "NP611"]),
    ("# neuron-pin: ignore[NP201] another rule", ["NP305"]),
]


@pytest.mark.parametrize(("comment", "left"), IGNORES)
@pytest.mark.parametrize("where", ["beside", "before"])
def test_comments_suppress_findings(run, comment: str, left: list[str], where: str) -> None:
    line = f"nki  {comment}\n" if where == "beside" else f"{comment}\nnki\n"
    Path("reqs.txt").write_text(f"{OPTION}\n{line}")
    done = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--format", "json")
    assert [rule for rule, _ in found(done)] == left


def test_a_comment_beside_one_line_is_not_about_the_next(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\nnki  # neuron-pin: ignore[NP305] known\nneuronx-cc\n")
    done = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--format", "json")
    assert found(done) == [("NP305", "reqs.txt:3")]


def test_a_baseline_leaves_what_is_new(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\ntorch-neuronx==2.8.0.2.10.16998\n")
    check = ("check", "reqs.txt", *TARGET, "--python", "3.11")
    assert run(*check).code == 1
    done = run(*check, "--write-baseline", "known.json")
    assert done.code == 0
    assert len(json.loads(Path("known.json").read_text())["known"]) == 1
    # Another line is the same finding, another version is not.
    Path("reqs.txt").write_text(f"{OPTION}\n\ntorch-neuronx==2.8.0.2.10.16998\nnki\n")
    done = run(*check, "--baseline", "known.json", "--format", "json")
    assert (done.code, found(done)) == (0, [("NP305", "reqs.txt:4")])
    Path("known.json").write_text("[]")
    assert run(*check, "--baseline", "known.json").code == 2
    Path("known.json").write_text('{"schema_version": 9, "known": []}')
    assert run(*check, "--baseline", "known.json").code == 2


def test_what_is_recorded_is_not_called_no_findings(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\nneuronx-cc\nnki\n")
    done = run("check", "reqs.txt", *TARGET, "--python", "3.12", "--write-baseline", "known.json")
    assert (done.code, "no findings" in done.out + done.err) == (0, False)
    assert "2 findings" in done.err


def test_a_comment_without_brackets_has_no_effect_and_says_so(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\nneuronx-cc  # neuron-pin: ignore NP305 for now\n")
    done = run("check", "reqs.txt", *TARGET, "--python", "3.12", "--format", "json")
    assert found(done) == [("NP305", "reqs.txt:2"), ("NP611", "reqs.txt:2")]


def test_a_line_with_hashes_needs_no_index(run) -> None:
    text = f"neuronx-cc==2.26.6360.0 --hash=sha256:{'0' * 64}\n"
    Path("reqs.txt").write_text(text)
    check = ("check", "reqs.txt", *TARGET, "--python", "3.12", "--format", "json")
    assert found(run(*check)) == []
    Path("reqs.txt").write_text(text.partition(" ")[0] + "\n")
    assert found(run(*check)) == [("NP401", "reqs.txt:1")]


@pytest.mark.parametrize(
    ("words", "code"),
    [([], 0), (["NP305"], 1), (["np305"], 1), (["maintenance"], 0), (["eos", "warning"], 1), (["NP1"], 2)],
)  # fmt: skip
def test_what_fails_is_the_users_to_say(run, words: list[str], code: int) -> None:
    Path("reqs.txt").write_text("nki\n")
    options = [option for word in words for option in ("--fail-on", word)]
    assert run("check", "reqs.txt", *TARGET, "--python", "3.11", *options).code == code


def test_fixes_are_shown_and_then_made(run) -> None:
    before = f"# mine\n{OPTION}\nnki  # the kernel interface\ntorch-neuronx[x]>=2.9 ; python_version > '3'\nnki-extras\n"
    Path("reqs.txt").write_text(before)
    check = ("check", "reqs.txt", *TARGET, "--python", "3.11", "-q")
    done = run(*check, "--diff")
    assert "\n-nki  # the kernel interface\n" in done.out
    assert "\n+nki==0.*  # the kernel interface\n" in done.out
    assert Path("reqs.txt").read_text() == before
    done = run(*check, "--fix")
    after = Path("reqs.txt").read_text()
    assert after.splitlines()[2] == "nki==0.*  # the kernel interface"
    assert after.splitlines()[4] == "nki-extras"
    assert "torch-neuronx[x]>=2.9,==2.9.0.2.* ; python_version > '3'" in after
    assert not findings_of(run(*check))


# what is written, and what --fix makes of it
BOUNDS = [
    ("neuronx-cc>=2.20", "neuronx-cc>=2.20,==2.*"),
    ("neuronx-cc >= 2.20, != 2.21.*", "neuronx-cc >= 2.20, != 2.21.*,==2.*"),
    ("neuronx-cc (>=2.20)", "neuronx-cc (>=2.20,==2.*)"),
    ("neuronx-cc<5", "neuronx-cc<5,==2.*"),
    ("torch-neuronx~=2.9", "torch-neuronx~=2.9,==2.9.0.2.*"),
    ("torch-neuronx==2.9.*", "torch-neuronx==2.9.0.2.*"),
    ("torch-neuronx[x] >=2.9 ; python_version > '3'", "torch-neuronx[x] >=2.9,==2.9.0.2.* ; python_version > '3'"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "fixed"), BOUNDS)
def test_a_fix_keeps_every_bound(run, written: str, fixed: str) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n{written}\n")
    Path("pyproject.toml").write_text(
        f'[project]\nname = "mine"\nversion = "1"\ndependencies = [\n    "{written}",\n]\n'
    )
    Path("Dockerfile").write_text(f'FROM python:3.11\nRUN pip install -i {INDEX} "{written}"\n')
    files = ("reqs.txt", "pyproject.toml", "Dockerfile")
    check = ("check", *files, *TARGET, "--python", "3.11", "-q")
    run(*check, "--fix")
    for file in files:
        assert fixed in Path(file).read_text(), file
    assert not findings_of(run(*check))


def test_diff_beside_fix_writes_nothing(run) -> None:
    before = f"{OPTION}\nneuronx-cc>=2.20\n"
    Path("reqs.txt").write_text(before)
    done = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--fix", "--diff")
    assert "\n+neuronx-cc>=2.20,==2.*\n" in done.out
    assert Path("reqs.txt").read_text() == before


def test_a_fix_that_cannot_be_made_leaves_its_finding(run) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\nnki\nneuronx-cc  # not neuronx-cc 3\n")
    done = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--fix", "--format", "json")
    assert found(done) == [("NP305", "reqs.txt:3")]


def test_annotations_cannot_be_forged(run) -> None:
    Path("a%0A::error::x,line=9.txt").write_text("nki\n")
    done = run(
        "check", "a%0A::error::x,line=9.txt", *TARGET, "--python", "3.11", "--format", "github"
    )
    for line in done.out.splitlines():
        assert line.startswith("::warning file=a%250A%3A%3Aerror%3A%3Ax%2Cline=9.txt,line=1,")


def test_markdown_is_a_table(run) -> None:
    Path("a|b.txt").write_text(f"nki\n{OPTION}\n")
    done = run("check", "a|b.txt", *TARGET, "--python", "3.11", "--format", "markdown")
    rows = done.out.splitlines()
    assert len(rows) == 3
    assert "a\\|b.txt:1" in rows[2]


def test_sarif_is_what_its_models_say(run) -> None:
    sarif = pytest.importorskip("sarif_pydantic")
    Path("reqs.txt").write_text(f"nki\ntorch-neuronx==2.8.0.2.10.16998\n{OPTION}\n")
    text = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--format", "sarif").out
    (made,) = sarif.Sarif.model_validate_json(text).runs
    assert [result.rule_id for result in made.results] == ["NP305", "NP201"]
    assert {rule.id for rule in made.tool.driver.rules} == {"NP305", "NP201"}


@pytest.mark.network
def test_sarif_validates_against_the_published_schema(run) -> None:
    import jsonschema

    try:
        with urllib.request.urlopen(SARIF, timeout=20) as answer:
            schema = json.load(answer)
    except (OSError, ValueError) as error:
        pytest.skip(f"needs the network, to fetch {SARIF}: {type(error).__name__}")
    Path("reqs.txt").write_text(f"nki\ntorch-neuronx==2.8.0.2.10.16998\n{OPTION}\n")
    text = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--format", "sarif").out
    jsonschema.validate(json.loads(text), schema)


def test_cyclonedx_validates_by_its_own_library(run) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    Path("reqs.txt").write_text(f"nki\ntorch-neuronx==2.8.0.2.10.16998\nplain==1.0\n{OPTION}\n")
    text = run("check", "reqs.txt", *TARGET, "--python", "3.11", "--format", "cyclonedx").out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    by_name = {row["name"]: row for row in document["components"]}
    assert set(by_name) == {"plain", "torch-neuronx"}
    assert by_name["torch-neuronx"]["purl"] == (
        "pkg:pypi/torch-neuronx@2.8.0.2.10.16998"
        "?repository_url=https://pip.repos.neuron.amazonaws.com"
    )
    assert [p["name"] for p in by_name["torch-neuronx"]["properties"]] == ["neuron-pin:NP201"]
    assert document["metadata"]["properties"][0]["name"] == "neuron-pin:NP305"


def test_what_can_be_read_is_reported_beside_what_cannot(run) -> None:
    Path("reqs.txt").write_text(f"nki\n{OPTION}\n")
    Path("uv.lock").write_text("version = 2\n")
    done = run("check", "uv.lock", "reqs.txt", *TARGET, "--python", "3.11", "--format", "json")
    assert done.code == 2
    assert found(done) == [("NP610", "uv.lock"), ("NP305", "reqs.txt:1")]
    assert failure(done, UnreadableInput).path == "uv.lock"


def test_locks_of_real_pip_and_poetry(run, tmp_path: Path, serve) -> None:
    server = serve()
    publish(server, {"neuronx-cc": [("2.26.6360.0", ())], "helper": [("1.0", ())]}, as_json=False)
    own = Path(sys.executable).parent
    done = subprocess.run(
        [str(own / "python"), "-m", "pip", "lock", "-q", "--index-url", f"{server.url}/simple/",
         "neuronx-cc", "helper", "-o", "pylock.toml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    target = (*TARGET, "--python", "3.11", "--neuron-index-url", f"{server.url}/simple/")
    assert not findings_of(run("check", "pylock.toml", *target))
    poetry = own / "poetry"
    if not poetry.exists():
        pytest.skip("needs poetry beside this Python, as script/test installs it")
    Path("pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.10,<4"\n'
        'dependencies = ["neuronx-cc", "helper"]\n'
        f'[[tool.poetry.source]]\nname = "own"\nurl = "{server.url}/simple/"\npriority = "primary"\n'
    )
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "POETRY_CACHE_DIR": str(tmp_path / "cache"),
        "POETRY_VIRTUALENVS_CREATE": "false", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }  # fmt: skip
    done = subprocess.run(
        [str(poetry), "lock", "-n"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = Path("poetry.lock").read_text()
    assert not findings_of(run("check", "poetry.lock", *target))
    Path("poetry.lock").write_text(text.replace("2.26.6360.0", "2.1.1.1"))
    ((rule, _),) = found(run("check", "poetry.lock", *target, "--format", "json"))
    assert rule == "NP508"


# a lock's name, its text with the index that it states, and where it states that
LOCKS = {
    "uv.lock": 'version = 1\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
    'source = {{ registry = "{index}" }}\n',
    "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
    'index = "{index}"\n',
    "poetry.lock": '[metadata]\nlock-version = "2.1"\n[[package]]\nname = "{name}"\n'
    'version = "{version}"\n[package.source]\nurl = "{index}"\n',
    "lock.json": '{{"schema_version": 1, "target": {{}}, "packages": [{{"ecosystem": "pip",\n'
    '"name": "{name}",\n"version": "{version}", "index": "{index}"}}]}}\n',
}
# an index, what --neuron-index-url names, and how severe NP401 is, empty for none
INDEXES = [
    ("https://pypi.org/simple", "", "error"),
    ("https://user:secret@mirror.example/simple", "", "warning"),
    ("https://mirror.example/simple", "https://mirror.example/simple/", ""),
    ("https://mirror.example/pypi", "https://mirror.example/simple/", "warning"),
    (INDEX, "", ""),
    ("https://user:secret@[x/simple", "", "warning"),
]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize(("index", "mirror", "severity"), INDEXES)
def test_a_lock_says_where_a_package_is_from(
    run, lock: str, index: str, mirror: str, severity: str
) -> None:
    text = LOCKS[lock].format(name="neuronx-cc", version="2.26.6360.0", index=index)
    Path(lock).write_text(text)
    named = ("--neuron-index-url", mirror) if mirror else ()
    done = run("check", lock, *TARGET, "--python", "3.12", *named, "--format", "json")
    rows = json.loads(done.out)["findings"]
    assert [(row["rule"], row["severity"]) for row in rows] == (
        [("NP401", severity)] if severity else []
    )
    assert "secret" not in done.out
    Path(lock).write_text(LOCKS[lock].format(name="idna", version="3.10", index=index))
    assert found(run("check", lock, *TARGET, *named, "--format", "json")) == []


def test_a_mirror_that_is_no_address_is_refused(run) -> None:
    Path("uv.lock").write_text(LOCKS["uv.lock"].format(name="nki", version="0.6.0", index=INDEX))
    failure(run("check", "uv.lock", "--neuron-index-url", "https://[x/simple"), WrongUsage)


# a requirement by address, and how severe NP401 is, empty for none
ADDRESSES = [
    ("https://evil.example/neuronx_cc-2.27.5334.0-py3-none-any.whl", "warning"),
    ("https://files.pythonhosted.org/x/neuronx_cc-1.0.post1.tar.gz", "error"),
    ("neuronx-cc@https://evil.example/a.whl", "warning"),
    ("git+https://git.example/x.git#egg=neuronx-cc", "warning"),
    (f"neuronx-cc@{INDEX}/neuronx-cc/neuronx_cc-2.27.5334.0-py3-none-any.whl", ""),
    ("https://evil.example/idna-3.10-py3-none-any.whl", ""),
    ("neuronx-cc@https://[x/a.whl", "warning"),
]


@pytest.mark.parametrize(("address", "severity"), ADDRESSES)
def test_a_requirement_by_address(run, address: str, severity: str) -> None:
    wanted = [("NP401", 2, severity)] if severity else []
    Path("Dockerfile").write_text(f"FROM python:3.11\nRUN pip install '{address}'\n")
    Path("requirements.txt").write_text(f"{OPTION}\n{address}\nnki\n")
    for path, more in (("Dockerfile", []), ("requirements.txt", [("NP305", 3, "warning")])):
        done = run("check", path, *TARGET, "--python", "3.11", "--format", "json")
        rows = json.loads(done.out)["findings"]
        assert [(r["rule"], int(r["place"].rpartition(":")[2]), r["severity"]) for r in rows] == [
            *wanted,
            *more,
        ]
    assert run("lock", "-r", "requirements.txt", *TARGET).code == 2


@pytest.mark.parametrize(("sdk", "is_sent"), [("2.20.0", False), ("2.32.0", True)])
def test_an_image_is_not_sent_to_the_images_that_it_is_one_of(run, sdk: str, is_sent: bool) -> None:
    """From SDK 2.32.0 on the image is published no longer; earlier ones stay."""
    tag = f"2.9.0-neuronx-py312-sdk{sdk}-ubuntu24.04"
    Path("Dockerfile").write_text(f"FROM public.ecr.aws/neuron/pytorch-inference-neuronx:{tag}\n")
    rows = json.loads(run("check", "Dockerfile", *TARGET, "--format", "json").out)["findings"]
    (ended,) = [row for row in rows if row["reason"].startswith("pytorch-inference-neuronx")]
    assert ended["rule"] == "NP201"
    assert ("or earlier" in (ended["remedy"] or "")) is is_sent
