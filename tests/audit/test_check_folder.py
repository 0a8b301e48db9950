"""``check DIR``: every file that concerns Neuron, none that git ignores, and nothing in silence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from neuron_pin.audit.mentions import Mentions
from neuron_pin.catalog import Catalog
from neuron_pin.inputs import folder_files, repository
from neuron_pin.inputs.folder_files import FolderFiles

TARGET = ["--instance", "trn2", "--as-of", "2026-08-20", "--format", "json"]
INDEX = "--extra-index-url https://pip.repos.neuron.amazonaws.com\n"
GOOD = f"{INDEX}neuronx-cc==2.27.5334.0\n"
ENDED = f"{INDEX}torch-neuronx==2.8.0.2.10.16998\n"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def write(files: dict[str, str], root: str = ".") -> None:
    for name, text in files.items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(*words: str, folder: str = ".") -> None:
    names = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"]
    subprocess.run(["git", "-C", folder, *names, *words], check=True, capture_output=True)


def check(run: Any, folder: str, *options: str) -> tuple[int, dict[str, Any]]:
    done = run("check", folder, *TARGET, *options)
    assert done.out, done.err
    document: dict[str, Any] = json.loads(done.out)
    return done.code, document


def places(document: dict[str, Any]) -> list[str]:
    """The files that were read."""
    return sorted(row["place"] for row in document["inputs"] if "folder" in row)


FILES = {
    "requirements.txt": GOOD,
    "deep/er/requirements/trn.txt": ENDED,
    "deep/pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["nki==0.6.0"]\n',
    "docker/serve.dockerfile": f"FROM python:3.12\nRUN pip install {INDEX.strip()} nki==0.6.0\n",
    "frozen.txt": ENDED,
    "README.txt": "neuronx-cc == the compiler of Neuron, as everybody knows.\n",
    "src/neuronx.py": "import torch_neuronx\n",
    "web/requirements.txt": "flask==3.0\n",
    "web/Dockerfile": "FROM python:3.12\nRUN pip install flask\n",
    "site.txt": "flask==3.0\n",
}
READ = [
    *("deep/er/requirements/trn.txt", "deep/pyproject.toml", "docker/serve.dockerfile"),
    *("frozen.txt", "requirements.txt"),
]


@pytest.mark.parametrize("has_git", [pytest.param(True, marks=needs_git), False])
@pytest.mark.parametrize("folder", [".", "one", "one/"])
def test_every_file_that_names_a_neuron_package(run, folder: str, has_git: bool) -> None:
    write(FILES, folder)
    if has_git:
        git("init", "-q", folder=folder)
    code, document = check(run, folder)
    prefix = "" if folder == "." else "one/"
    assert places(document) == [f"{prefix}{name}" for name in READ]
    found = [(f["rule"], f["place"]) for f in document["findings"]]
    assert found == [
        ("NP201", f"{prefix}deep/er/requirements/trn.txt:2"),
        ("NP201", f"{prefix}frozen.txt:2"),
    ]
    assert code == 1
    top = document["inputs"][0]
    assert (top["place"], top["read"], top["unit"]) == (folder.rstrip("/"), 5, "file")
    assert sum(row["files"] for row in top["passed_over"]) == 5


@needs_git
def test_what_git_ignores_is_not_looked_at(run) -> None:
    write({".gitignore": "old*\nbuild/\n", "requirements.txt": GOOD, "old-requirements.txt": ENDED,
           "build/requirements.txt": ENDED, "tracked/old-constraints.txt": GOOD})  # fmt: skip
    git("init", "-q")
    git("add", "-f", "tracked/old-constraints.txt")
    assert places(check(run, ".")[1]) == ["requirements.txt", "tracked/old-constraints.txt"]
    # An ignored folder that the user names is looked at.
    assert places(check(run, "build")[1]) == ["build/requirements.txt"]


@needs_git
def test_repositories_within_one_are_looked_at(run) -> None:
    git("init", "-q")
    write({"sub/requirements.txt": GOOD, "plain/requirements.txt": GOOD})
    git("init", "-q", folder="sub")
    git("add", "-A", folder="sub")
    git("commit", "-q", "-m", "all", folder="sub")
    assert places(check(run, ".")[1]) == ["plain/requirements.txt", "sub/requirements.txt"]
    git("add", "sub")
    assert places(check(run, ".")[1]) == ["plain/requirements.txt", "sub/requirements.txt"]


@needs_git
def test_git_runs_no_program_of_the_repository_and_no_hook_misleads_it(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"requirements.txt": GOOD, "monitor": "#!/bin/sh\ntouch ran\n", "other/x.txt": GOOD})
    Path("monitor").chmod(0o755)
    git("init", "-q")
    git("config", "core.fsmonitor", str(Path("monitor").resolve()))
    git("init", "-q", folder="other")
    monkeypatch.setenv("GIT_DIR", "other/.git")
    assert places(check(run, ".")[1]) == ["other/x.txt", "requirements.txt"]
    assert not Path("ran").exists()


@needs_git
def test_where_git_refuses_everything_is_looked_at_and_said(run) -> None:
    write({"requirements.txt": GOOD, ".gitignore": "requirements.txt\n"})
    Path(".git").write_text("gitdir: /nonexistent\n")
    done = run("check", ".", *TARGET)
    assert places(json.loads(done.out)) == ["requirements.txt"]
    assert "git" in done.err


def test_environments_and_installed_packages_are_passed_over(run) -> None:
    write({"a/env/pyvenv.cfg": "", "a/env/share/requirements.txt": ENDED, "requirements.txt": GOOD,
           "conda/conda-meta/history": "", "conda/requirements.txt": ENDED,
           "x/node_modules/requirements.txt": ENDED, "y/site-packages/requirements.txt": ENDED})  # fmt: skip
    assert places(check(run, ".")[1]) == ["requirements.txt"]
    if shutil.which("git") is not None:
        git("init", "-q")
        shutil.rmtree("conda")
        assert places(check(run, ".")[1]) == ["requirements.txt"]


def test_a_file_that_includes_another_is_judged_with_it(run) -> None:
    write({"base.txt": GOOD, "requirements.txt": "-r base.txt\n", "app/Dockerfile": "FROM python:3.9\n"
           "COPY ../base.txt /\nRUN pip install -r base.txt\n", "Dockerfile": "FROM python:3.9\nCOPY "
           "requirements.txt /\nRUN pip install -r requirements.txt\n", "b/base.txt": "flask\n",
           "b/Dockerfile": "FROM python:3.9\nRUN pip install -r base.txt\n"})  # fmt: skip
    document = check(run, ".")[1]
    assert places(document) == ["Dockerfile", "app/Dockerfile", "base.txt", "requirements.txt"]
    # The Python of the image is too old for it.
    assert ("NP102", "base.txt:2") in [(f["rule"], f["place"]) for f in document["findings"]]


ODD = [
    ("zero bytes", lambda path: path.write_bytes(b"\x00\x01\x02"), "error"),
    ("a folder's name", lambda path: os.mkfifo(path), "error"),
    ("a link to nothing", lambda path: path.symlink_to("nothing"), "warning"),
    ("a link out of it", lambda path: path.symlink_to("/etc/hostname"), "warning"),
    ("too large", lambda path: path.write_bytes(b"#" * 5000), "error"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "severity"), [row[1:] for row in ODD], ids=[r[0] for r in ODD])
def test_what_cannot_be_read_is_named_and_the_rest_is_judged(
    run, monkeypatch: pytest.MonkeyPatch, make: Any, severity: str
) -> None:
    monkeypatch.setattr(repository, "MAX_BYTES", 4000)
    write({"one/requirements.txt": ENDED})
    make(Path("one/x-requirements.txt"))
    code, document = check(run, "one")
    rows = [(f["rule"], f["severity"], f["place"]) for f in document["findings"]]
    assert ("NP610", severity, "one/x-requirements.txt") in rows
    assert ("NP201", "error", "one/requirements.txt:2") in rows
    assert code == (2 if severity == "error" else 1)
    assert [part["place"] for part in document["inputs"][0]["unread"]] == ["one/x-requirements.txt"]
    strict = check(run, "one", "--strict")[1]
    assert {f["severity"] for f in strict["findings"]} == {"error"}


def test_links_within_the_folder_are_not_read_twice(run) -> None:
    write({"requirements.txt": GOOD, "shared/list": ENDED})
    Path("again-requirements.txt").symlink_to("requirements.txt")
    Path("trn-requirements.txt").symlink_to("shared/list")
    Path("loop").symlink_to(".")
    code, document = check(run, ".")
    assert places(document) == ["requirements.txt", "trn-requirements.txt"]
    assert code == 1


def test_a_text_of_two_bytes_a_letter_is_read(run) -> None:
    Path("requirements.txt").write_bytes(ENDED.encode("utf-16"))
    assert [f["rule"] for f in check(run, ".")[1]["findings"]] == ["NP201"]


def test_a_broken_file_hides_no_other(run) -> None:
    write({"pyproject.toml": "[project]\ndependencies = [neuronx-cc\n", "requirements.txt": ENDED})
    code, document = check(run, ".")
    assert code == 2
    assert {f["rule"] for f in document["findings"]} == {"NP610", "NP201"}
    top = document["inputs"][0]
    assert (top["read"], [part["place"].split(":")[0] for part in top["unread"]]) == (
        1, ["pyproject.toml"]
    )  # fmt: skip


def test_a_name_with_a_line_break_begins_no_line(run) -> None:
    write({"x\nerror: y-requirements.txt": ENDED})
    done = run("check", ".", *TARGET[:-2])
    assert done.code == 1
    assert not [line for line in done.out.splitlines() if line.startswith("error: y")]


@pytest.mark.parametrize(("name", "most"), [("MAX_FILES", 3), ("MAX_FOLDERS", 2)])
def test_a_search_has_an_end_that_is_said(
    run, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(folder_files, name, most)
    write({"one/requirements.txt": ENDED, **{f"one/f{n}/x": "" for n in range(5)}})
    code, document = check(run, "one")
    assert (code, places(document)) == (2, ["one/requirements.txt"])
    assert ("NP610", "one") in [(f["rule"], f["place"]) for f in document["findings"]]


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write({"one/requirements.txt": GOOD, "one/secret/requirements.txt": GOOD})
    listed = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    search = FolderFiles("one")
    assert list(search.find()) == ["requirements.txt"]
    assert [problem.path for problem in search.problems] == ["one/secret"]


@pytest.mark.parametrize(
    ("files", "option"),
    [({"lib/python3.12/site-packages/x": "", "pyvenv.cfg": ""}, "--venv"),
     ({"etc/os-release": "", "usr/x": ""}, "--root")],
)  # fmt: skip
def test_other_folders_are_told_how_they_are_checked(
    run, files: dict[str, str], option: str
) -> None:
    write(files, "one")
    done = run("check", "one", *TARGET)
    assert (done.code, option in done.err) == (2, True)


def test_a_repository_may_have_an_etc(run) -> None:
    write({"etc/nginx.conf": "", "requirements.txt": GOOD}, "one")
    assert check(run, "one")[0] == 0


def test_fixes_are_made_in_every_file(run) -> None:
    write({"a/requirements.txt": f"{INDEX}neuronx-cc\n", "b/requirements.txt": f"{INDEX}nki\n"})
    run("check", ".", "--fix", *TARGET)
    assert "==" in Path("a/requirements.txt").read_text()
    assert "==" in Path("b/requirements.txt").read_text()


MENTIONS = [
    (b"Neuronx_CC==1", True, True),
    (b"nki>=0.3", True, True),
    (b"linking, thinking, concern, environment", False, False),
    (b"torch-nueronx", False, True),
    (b"torch-neronx", False, True),
    (b"libneoronxla", False, True),
    (b"numpy", False, False),
]


@pytest.mark.parametrize(("data", "exact", "nearly"), MENTIONS)
def test_whether_bytes_name_a_neuron_package(
    catalog: Catalog, data: bytes, exact: bool, nearly: bool
) -> None:
    mentions = Mentions(catalog)
    assert (mentions.find(data), mentions.find_nearly(data)) == (exact, nearly)


def test_files_of_other_kinds_that_install_are_named(run) -> None:
    command = f"pip install {INDEX.strip()} 'neuronx-cc==2.*'"
    notebook = json.dumps({"cells": [{"source": [f"!{command}\n"]}]}, indent=1)
    write(
        {
            "Makefile": f"PYTHON = python3\nsetup:\n\t$(PYTHON) -m {command}\n",
            "cfn/stack.yaml": f"Resources:\n  Box:\n    UserData: |\n      #!/bin/bash\n      {command}\n",
            "infra/main.tf": f"user_data = <<EOF\n#!/bin/bash\n{command}\nEOF\n",
            "a.ipynb": notebook,
            "b.ipynb": notebook,
            "c.ipynb": json.dumps({"cells": [{"source": ["import torch_neuronx\n"]}]}),
            "settings.yaml": "image: x/pytorch-inference-neuronx:2.9.0\n# pip install neuronx-cc\n",
            "tox.ini": "[testenv]\ndeps =\n    neuronx-cc==2.27.5334.0\n",
            "hooks.yaml": "additional_dependencies: [numpy, nki>=0.6]\n",
            "notes.yaml": "why: neuronx-cc is the compiler\n",
            "HOWTO.md": f"Run `{command}`.\n",
            "install.txt": f"Run this:\n{command}\n",
        }
    )
    code, document = check(run, ".")
    assert code == 0
    assert sorted((row["rule"], row["place"]) for row in document["findings"]) == [
        ("NP610", "Makefile:3"),
        ("NP610", "a.ipynb:5"),
        ("NP610", "cfn/stack.yaml:5"),
        ("NP610", "hooks.yaml:1"),
        ("NP610", "infra/main.tf:3"),
        ("NP610", "tox.ini:3"),
    ]
