"""What releases are made by: the workflow, the scripts, the locked tools. Without a network."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement

from neuron_pin import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parent.parent
WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))
RELEASE = PROJECT / ".github/workflows/release.yml"
ARTIFACTS = {
    "neuron-pin.cdx.json",
    f"neuron_pin-{__version__}-py3-none-any.whl",
    f"neuron_pin-{__version__}.tar.gz",
}


def jobs_of(path: Path) -> dict[str, dict]:
    return yaml.safe_load(path.read_text())["jobs"]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROJECT / "script" / f"{name}.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module


def compare(*arguments: object) -> int:
    return script("artifact_sums").main([str(argument) for argument in arguments])


# The workflows.


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_what_it_states_and_nothing_else(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs_of(path).items():
        if name != "publish":
            assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] > 0
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            # Expressions reach the shell through its environment alone.
            assert "${{" not in step.get("run", "")


def test_publishing_needs_two_equal_builds() -> None:
    jobs = jobs_of(RELEASE)
    assert "compare" in jobs["publish"]["needs"]
    assert set(jobs["compare"]["needs"]) == {"build", "rebuild"}
    assert not any("if" in job or "continue-on-error" in job for job in jobs.values())
    assert not any(
        "if" in step or "continue-on-error" in step
        for job in jobs.values()
        for step in job["steps"]
    )
    commands = [step["run"] for step in jobs["compare"]["steps"] if "run" in step]
    assert "script/artifact_sums.py compare build rebuild" in commands[0]


def test_the_two_machines_differ() -> None:
    build, rebuild = (jobs_of(RELEASE)[name] for name in ("build", "rebuild"))
    assert build["runs-on"] != rebuild["runs-on"]
    python = [
        step["with"]["python-version"]
        for job in (build, rebuild)
        for step in job["steps"]
        if "setup-python" in step.get("uses", "")
    ]
    assert len(set(python)) == 2
    for job in (build, rebuild):
        assert any("sh script/release" in step.get("run", "") for step in job["steps"])


def test_publishing_is_trusted_and_attested() -> None:
    job = jobs_of(RELEASE)["publish"]
    assert job["environment"]["name"] == "pypi"
    assert job["permissions"] == {
        "id-token": "write",
        "attestations": "write",
        "contents": "write",
    }
    steps = {step["uses"].split("@")[0]: step["with"] for step in job["steps"] if "uses" in step}
    assert steps["pypa/gh-action-pypi-publish"] == {
        "packages-dir": "packages/",
        "attestations": True,
    }
    assert steps["actions/attest-build-provenance"]["subject-path"] == "dist/*"
    order = [step.get("uses", step.get("run", "")) for step in job["steps"]]
    first = [
        next(i for i, text in enumerate(order) if word in text)
        for word in ("--check --strict", "attest-build", "gh-action-pypi", "gh release create")
    ]
    assert first == sorted(first)
    assert "secrets." not in RELEASE.read_text()


def test_the_workflow_and_the_scripts_name_the_same_files() -> None:
    text = RELEASE.read_text()
    assert "dist/neuron_pin-${GITHUB_REF_NAME#v}.tar.gz" in text
    assert script("bill_of_materials").FILE_NAME in ARTIFACTS
    assert script("artifact_sums").SUMS == "SHA256SUMS"
    assert "script/artifact_sums.py write" in (PROJECT / "script/release").read_text()


def test_the_page_names_the_files_and_the_workflow() -> None:
    text = (PROJECT / "docs/how-to/supply-chain.md").read_text()
    for name in ARTIFACTS:
        assert name.replace(__version__, "VERSION") in text
    workflow = re.search(r"--signer-workflow OWNER/neuron-pin/(\S+)", text)
    assert workflow is not None
    assert PROJECT / workflow[1] == RELEASE
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PROJECT / "docs" / "how-to" / link).exists(), link


# The locked tools.


def test_the_tools_are_locked_with_hashes() -> None:
    text = re.sub(r"\\\n\s*", "", (PROJECT / "script/pins/release.txt").read_text())
    rows = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert rows
    locked = {}
    for row in rows:
        match = re.fullmatch(r"([a-z0-9-]+)==(\S+)( ?--hash=sha256:[0-9a-f]{64})+ ?", row)
        assert match is not None, row
        locked[match[1]] = match[2]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    for text in (*project["build-system"]["requires"], *project["dependency-groups"]["release"]):
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[requirement.name])


def test_release_has_two_ways_to_be_run() -> None:
    for arguments in (["--compare"], ["--compare", "a", "b"], ["dist"]):
        done = subprocess.run(
            ["sh", PROJECT / "script/release", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "usage:" in done.stderr


# The comparison.


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders that hold the same build."""
    folders = tmp_path / "one", tmp_path / "other"
    for folder in folders:
        folder.mkdir()
        write_wheel(folder / "neuron_pin-0.1.0-py3-none-any.whl", {"neuron_pin/cli.py": b"pass\n"})
        write_sdist(folder / "neuron_pin-0.1.0.tar.gz", {"pyproject.toml": b"[project]\n"})
        (folder / "neuron-pin.cdx.json").write_text("{}\n")
        assert compare("write", folder) == 0
    return folders


def write_wheel(path: Path, files: dict[str, bytes], level: int = 6) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, level)


def write_sdist(path: Path, files: dict[str, bytes], mode: int = 0o644) -> None:
    with (
        path.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            archive.addfile(info, io.BytesIO(data))


def test_equal_builds_are_the_same(builds, capsys) -> None:
    one, other = builds
    assert compare("compare", one, other) == 0
    assert compare("compare", one / "SHA256SUMS", other) == 0
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=one,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_one_changed_byte_anywhere_is_found_and_named(builds, capsys) -> None:
    one, other = builds
    for name in (
        "neuron_pin-0.1.0-py3-none-any.whl",
        "neuron_pin-0.1.0.tar.gz",
        "neuron-pin.cdx.json",
    ):
        right = (other / name).read_bytes()
        for position in range(0, len(right), max(1, len(right) // 20)):
            wrong = bytearray(right)
            wrong[position] ^= 1
            (other / name).write_bytes(wrong)
            # The file is not the one that its own sums state.
            assert compare("compare", one, other) == 2
            assert name in capsys.readouterr().err
            # With sums that fit, it is not the other machine's.
            compare("write", other)
            for stated in (one, one / "SHA256SUMS"):
                assert compare("compare", stated, other) == 1
                told = capsys.readouterr().out
                assert [line.split()[:2] for line in told.splitlines() if line[0] != " "] == [
                    ["differs", f"{name}:"]
                ]
        (other / name).write_bytes(right)
        compare("write", other)


def test_a_changed_sum_is_found(builds, capsys) -> None:
    one, other = builds
    sums = one / "SHA256SUMS"
    right = sums.read_text()
    for position in (match.start() for match in re.finditer(r"[0-9a-f](?=[0-9a-f]{63}  )", right)):
        wrong = "1" if right[position] == "0" else "0"
        (one.parent / "SHA256SUMS").write_text(right[:position] + wrong + right[position + 1 :])
        assert compare("compare", one.parent / "SHA256SUMS", other) == 1


@pytest.mark.parametrize(
    ("which", "word"), [("one", "missing"), ("other", "extra")], ids=["missing", "extra"]
)
def test_a_file_of_one_side_alone_is_found(builds, capsys, which: str, word: str) -> None:
    folder = dict(zip(("one", "other"), builds, strict=True))[which]
    (folder / "more.txt").write_text("more\n")
    compare("write", folder)
    assert compare("compare", *builds) == 1
    assert capsys.readouterr().out.split()[:2] == [word, "more.txt:"]


@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        (
            "neuron_pin-0.1.0-py3-none-any.whl",
            lambda path: write_wheel(path, {"neuron_pin/cli.py": b"evil\n"}),
            "neuron_pin/cli.py: another content",
        ),
        (
            "neuron_pin-0.1.0-py3-none-any.whl",
            lambda path: write_wheel(path, {"neuron_pin/cli.py": b"pass\n"}, level=0),
            "packed",
        ),
        (
            "neuron_pin-0.1.0.tar.gz",
            lambda path: write_sdist(path, {"pyproject.toml": b"[project]\n"}, mode=0o755),
            "pyproject.toml: another mode",
        ),
        (
            "neuron_pin-0.1.0.tar.gz",
            lambda path: write_sdist(path, {"pyproject.toml": b"[project]\n", "new": b""}),
            "new: only in the build",
        ),
    ],
    ids=["content", "packing", "mode", "member"],
)
def test_what_differs_in_an_archive_is_said(builds, capsys, name: str, write, told: str) -> None:
    one, other = builds
    write(other / name)
    compare("write", other)
    assert compare("compare", one, other) == 1
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "neuron_pin\n",
        f"{'0' * 63}  a\n",
        f"{'G' * 64}  a\n",
        f"{'0' * 64}  ../a\n",
        f"{'0' * 64}  a/b\n",
        f"{'0' * 64}  SHA256SUMS\n",
        f"{'0' * 64}  a\n{'1' * 64}  a\n",
        f"{'0' * 64}  ä\n",
        "".join(f"{'0' * 64}  {number}\n" for number in range(101)),
    ],
    ids=[
        "empty", "no-sum", "short", "not-hexadecimal", "above", "folder", "itself", "twice",
        "not-ascii", "many",
    ],
)  # fmt: skip
def test_sums_that_are_not_sums_are_refused(builds, tmp_path: Path, text: str) -> None:
    stated = tmp_path / "SHA256SUMS"
    stated.write_text(text, encoding="utf-8")
    assert compare("compare", stated, builds[1]) == 2


# The bill of materials.


@pytest.fixture
def built(tmp_path: Path, monkeypatch) -> Path:
    """A folder with a wheel that needs what pyproject.toml states."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = [f"{text}; extra == 'serve'" for text in project["optional-dependencies"]["serve"]]
    needs = "".join(f"Requires-Dist: {text}\n" for text in [*project["dependencies"], *extras])
    metadata = (
        f"Metadata-Version: 2.4\nName: neuron-pin\nVersion: {__version__}\n"
        f"License-Expression: Apache-2.0\n{needs}"
    )
    folder = tmp_path / "dist"
    folder.mkdir()
    write_wheel(
        folder / f"neuron_pin-{__version__}-py3-none-any.whl",
        {f"neuron_pin-{__version__}.dist-info/METADATA": metadata.encode()},
    )
    write_sdist(folder / f"neuron_pin-{__version__}.tar.gz", {"PKG-INFO": metadata.encode()})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    return folder


def make_bill(folder: Path, lock: Path = PROJECT / "script/pins/pylock.runtime.toml") -> int:
    return script("bill_of_materials").main([str(lock), str(folder)])


def test_the_bill_lists_what_is_needed(built: Path) -> None:
    assert make_bill(built) == 0
    text = (built / "neuron-pin.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    root = bill["metadata"]["component"]
    assert root["purl"] == f"pkg:pypi/neuron-pin@{__version__}"
    assert bill["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"
    compare("write", built)
    lines = [line.split() for line in (built / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert {file["name"]: file["hashes"][0]["content"] for file in root["components"]} == {
        name: digest for name, digest in sums.items() if name != "neuron-pin.cdx.json"
    }
    for component in bill["components"]:
        url = PackageURL.from_string(component["purl"])
        assert (url.type, url.name, url.version) == (
            "pypi",
            component["name"],
            component["version"],
        )
        assert all(
            file["hashes"][0]["alg"] == "SHA-256" for file in component["externalReferences"]
        )
    names = {component["bom-ref"]: component["name"] for component in bill["components"]}
    needs = {row["ref"]: row.get("dependsOn", []) for row in bill["dependencies"]}
    assert {names[ref] for ref in needs[root["bom-ref"]]} == {
        "certifi", "packaging", "resolvelib", "tomli-w", "tomlkit", "urllib3",
    }  # fmt: skip
    reached, waiting = set(), [root["bom-ref"]]
    while waiting:
        for ref in needs[waiting.pop()]:
            if ref not in reached:
                reached.add(ref)
                waiting.append(ref)
    assert reached == set(names)


def test_the_same_release_has_the_same_bill(built: Path) -> None:
    texts = set()
    for _ in range(2):
        make_bill(built)
        texts.add((built / "neuron-pin.cdx.json").read_bytes())
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "resolvelib"', 'name = "another"'),
        ('name = "resolvelib"\nversion = "1.', 'name = "resolvelib"\nversion = "0.'),
        ("Python 3.12", "Python 3.13"),
    ],
    ids=["missing", "too-old", "another-python"],
)
def test_a_lock_that_does_not_fit_is_refused(
    built: Path, tmp_path: Path, old: str, new: str
) -> None:
    text = (PROJECT / "script/pins/pylock.runtime.toml").read_text()
    assert old in text
    lock = tmp_path / "pylock.toml"
    lock.write_text(text.replace(old, new))
    assert make_bill(built, lock) == 2
    assert not (built / "neuron-pin.cdx.json").exists()
