"""Locks against package indexes: a loopback pair that plays Neuron's index and PyPI."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

from conftest import failure

from neuron_pin.errors import CannotWrite, NoSolution, SourceFailed, WrongUsage

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import Run, Served, page, publish, row, wheel
from packaging.pylock import Pylock

import neuron_pin
from neuron_pin.inputs.locks.preferences import read_locked
from neuron_pin.outputs import infer_format

LOCAL = {
    "torch-neuronx": [
        ("2.9.0.2.15.32035+de43f57c", ("torch==2.9.*", "libneuronxla<3.0,>2.0.965")),
        ("2.9.0.2.14.27725+aaaa", ("torch==2.9.*", "libneuronxla (<3.0,>2.0.x)")),
        ("2.8.0.2.10.16998+e9bf8a50", ("torch==2.8.*", "torch-xla==2.8.*")),
        ("2.7.0.2.10.16998+e9bf8a50", ("torch==2.7.*", "torch-xla==2.7.*")),
        ("99.0.0.9.0.0", ()),
    ],
    "libneuronxla": [
        ("2.2.17544.0+1", ()),
        ("3.0.3854.0+c743c3ec", ()),
        ("2.2.16974.0+2", ()),
    ],
    "neuronx-cc": [
        ("2.26.6360.0+6f180f47", ("numpy", "islpy; python_version < '3.9'")),
        ("2.21.33363.0+82129205", ("numpy",)),
    ],
    "torch-xla": [("1.13.1+torchneurong", ()), ("1.0", ())],
}
PUBLIC = {
    # Placeholders: higher versions than anything real, on the index that everybody asks.
    "torch-neuronx": [("1000.0", ())],
    "libneuronxla": [("1000.0", ()), ("2.2.17544.0", ())],
    "neuronx-cc": [("1000.0", ())],
    "torch": [("2.7.1", ()), ("2.8.0", ()), ("2.9.1", ("filelock", "numpy")), ("2.10.0", ())],
    "torch-xla": [("2.7.0", ()), ("2.8.1", ()), ("2.9.0", ())],
    "filelock": [("3.20", ()), ("4.0b1", ())],
    "numpy": [("1.26.4", ()), ("2.3.0", ())],
    "app": [("1.0", ("torch-neuronx",)), ("0.9", ())],
    "extra": [("1.0", ("numpy<2; extra == 'old'",))],
    "pre": [("2.0rc1", ())],
}


class Pair(NamedTuple):
    """Two indexes, and the options that name them."""

    neuron: Served
    public: Served
    options: list[str]


@pytest.fixture
def pair(serve: Callable[[], Served]) -> Pair:
    neuron, public = serve(), serve()
    publish(neuron, LOCAL, as_json=False)
    publish(public, PUBLIC, as_json=True)
    options = [
        "--index-url", f"{public.url}/simple", "--neuron-index-url", f"{neuron.url}/simple",
        "--instance", "trn1", "--python", "3.11", "--as-of", "2026-08-17",
    ]  # fmt: skip
    return Pair(neuron, public, options)


def lock(run: Run, pair: Pair, *arguments: str) -> dict:
    done = run("lock", *pair.options, *arguments, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    document["chosen"] = {p["name"]: p["version"] for p in document["packages"]}
    document["stderr"] = done.err
    return document


NAMED_FIRST: dict[str, tuple[dict[str, Any], list[str], dict[str, str]]] = {
    # name: projects, what is asked for, what is locked
    "what it brings is older": (
        {
            "web": [("2.0", ()), ("1.0", ())],
            "flow": [("1.0", ("flow-core",))],
            "flow-core": [("3.0", ("web<2",)), ("2.0", ("web<2",)), ("1.0", ("web",))],
        },
        ["web", "flow"],
        {"web": "2.0", "flow": "1.0", "flow-core": "1.0"},
    ),
    "whatever the order": (
        {
            "web": [("2.0", ()), ("1.0", ())],
            "flow": [("1.0", ("flow-core",))],
            "flow-core": [("3.0", ("web<2",)), ("2.0", ("web<2",)), ("1.0", ("web",))],
        },
        ["flow", "web"],
        {"web": "2.0", "flow": "1.0", "flow-core": "1.0"},
    ),
    "with an extra": (
        {
            "web": [("2.0", ("extra; extra == 'old'",)), ("1.0", ())],
            "flow-core": [("3.0", ("web<2",)), ("1.0", ("web",))],
            "flow": [("1.0", ("flow-core",))],
        },
        ["web[old]", "flow"],
        {"web": "2.0", "flow": "1.0", "flow-core": "1.0"},
    ),
    "a part that is the same package": (
        {
            "web": [("2.0", ()), ("1.0", ())],
            "flow": [("1.0", ("flow-all>=1",))],
            "flow-all": [("3.0", ("flow-core==3.0",)), ("1.0", ("flow-core==1.0",))],
            "flow-core": [("3.0", ("flow-base==3.0",)), ("1.0", ("web",))],
            "flow-base": [("3.0", ("web<2",))],
        },
        ["web", "flow"],
        {"web": "2.0", "flow": "1.0", "flow-all": "1.0", "flow-core": "1.0"},
    ),
    "nothing goes with it": (
        {
            "web": [("2.0", ()), ("1.0", ())],
            "flow": [("1.0", ("flow-core",))],
            "flow-core": [("3.0", ("web<2",)), ("2.0", ("web<2",))],
        },
        ["web", "flow"],
        {"web": "1.0", "flow": "1.0", "flow-core": "3.0"},
    ),
    "what goes with it cannot be had": (
        {
            "web": [("2.0", ()), ("1.0", ())],
            "flow": [("1.0", ("flow-core",))],
            "flow-core": [("3.0", ("web<2",)), ("2.0", ("nowhere",))],
        },
        ["web", "flow"],
        {"web": "1.0", "flow": "1.0", "flow-core": "3.0"},
    ),
    "the first that was named": (
        {"one": [("2.0", ()), ("1.0", ())], "two": [("2.0", ("one<2",)), ("1.0", ())]},
        ["one", "two"],
        {"one": "2.0", "two": "1.0"},
    ),
    "Neuron's own before others": (
        {"one": [("2.0", ("neuronx-cc>=9",)), ("1.0", ("neuronx-cc",))]},
        ["one", "neuronx-cc"],
        {"one": "1.0", "neuronx-cc": "2.26.6360.0+6f180f47", "numpy": "2.3.0"},
    ),
}


@pytest.mark.parametrize("case", NAMED_FIRST)
def test_what_was_asked_for_comes_before_what_it_brings(pair: Pair, run: Run, case: str) -> None:
    projects, wanted, locked = NAMED_FIRST[case]
    publish(pair.public, projects, as_json=True)
    outcome = run("lock", *wanted, *pair.options, "--format", "json")
    assert outcome.code == 0, outcome.err
    found = {package["name"]: package["version"] for package in json.loads(outcome.out)["packages"]}
    assert found.items() >= locked.items()


def test_what_cannot_be_read_is_not_looked_for_in_older_versions(pair: Pair, run: Run) -> None:
    publish(pair.public, NAMED_FIRST["what it brings is older"][0], as_json=True)
    del pair.public.answers["/files/flow_core-2.0-py3-none-any.whl"]
    outcome = run("lock", "web", "flow", *pair.options, "--format", "json")
    assert outcome.code == 0, outcome.err
    found = {package["name"]: package["version"] for package in json.loads(outcome.out)["packages"]}
    assert found.items() >= {"web": "1.0", "flow-core": "3.0"}.items()


def test_a_version_passed_over_for_what_was_asked_for_is_told(pair: Pair, run: Run) -> None:
    publish(pair.public, NAMED_FIRST["what it brings is older"][0], as_json=True)
    outcome = run("lock", "web", "flow", *pair.options, "--format", "json")
    assert outcome.code == 0, outcome.err
    told = {(e["name"], e["version"]): e for e in json.loads(outcome.out)["exclusions"]}
    assert told["flow-core", "3.0"]["rule"] == "NP301"
    assert "web" in told["flow-core", "3.0"]["reason"]


def test_the_closure_comes_from_the_right_indexes_and_the_placeholder_never_wins(run, pair) -> None:
    found = lock(run, pair, "torch-neuronx", "neuronx-cc")
    assert found["sdk"] == "2.31.1"
    assert found["chosen"] == {
        "torch-neuronx": "2.9.0.2.15.32035+de43f57c",
        "neuronx-cc": "2.26.6360.0+6f180f47",
        "libneuronxla": "2.2.17544.0+1",
        "torch": "2.9.1",
        "filelock": "3.20",
        "numpy": "2.3.0",
    }
    decoys = [e for e in found["exclusions"] if e["rule"] == "NP401"]
    assert {(e["name"], e["version"]) for e in decoys} >= {
        ("torch-neuronx", "1000.0"),
        ("libneuronxla", "1000.0"),
        ("neuronx-cc", "1000.0"),
    }
    assert all(pair.public.url in e["reason"] for e in decoys)
    origins = {p["name"]: p["index"] for p in found["packages"]}
    assert origins["torch-neuronx"].startswith(pair.neuron.url)
    assert origins["torch"].startswith(pair.public.url)


def test_a_version_that_no_release_ships_is_excluded(run, pair) -> None:
    found = lock(run, pair, "torch-neuronx")
    # Of the native backend, which is not for Trn1.
    (exclusion,) = [e for e in found["exclusions"] if e["version"] == "99.0.0.9.0.0"]
    assert exclusion["rule"] == "NP101"


def test_metadata_that_is_not_pep_440_is_repaired_with_a_warning(run, pair) -> None:
    found = lock(run, pair, "torch-neuronx", "--sdk", "2.30.0")
    assert found["chosen"]["libneuronxla"] == "2.2.16974.0+2"
    assert any("libneuronxla (<3.0,>2.0.x)" in warning for warning in found["warnings"])
    assert "not PEP 440" in found["stderr"]


def test_an_earlier_framework_brings_its_own_stack_from_both_indexes(run, pair) -> None:
    found = lock(run, pair, "torch-neuronx==2.8.*", "--sdk", "2.26.1", "--as-of", "2025-10-29")
    assert found["chosen"] == {
        "torch-neuronx": "2.8.0.2.10.16998+e9bf8a50",
        "torch": "2.8.0",
        "torch-xla": "2.8.1",
    }


def test_asking_for_the_framework_asks_for_what_is_built_for_it(run, pair) -> None:
    found = lock(
        run, pair, "torch-neuronx", "torch==2.7.*", "--sdk", "2.26.1", "--as-of", "2025-10-29"
    )
    assert found["chosen"]["torch-neuronx"] == "2.7.0.2.10.16998+e9bf8a50"
    assert found["chosen"]["torch-xla"] == "2.7.0"


def test_a_neuron_package_deep_in_the_closure_brings_the_release(run, pair) -> None:
    found = lock(run, pair, "app")
    assert (found["sdk"], found["chosen"]["app"]) == ("2.31.1", "1.0")
    assert found["chosen"]["torch-neuronx"] == "2.9.0.2.15.32035+de43f57c"
    via = {p["name"]: p["via"] for p in found["packages"]}
    assert via["torch-neuronx"] == ["app"]


def test_a_plain_closure_has_no_release(run, pair) -> None:
    found = lock(run, pair, "torch==2.9.*")
    assert found["sdk"] is None
    assert found["chosen"] == {"torch": "2.9.1", "filelock": "3.20", "numpy": "2.3.0"}


def test_extras_constraints_and_prereleases(run, pair, tmp_path: Path) -> None:
    assert lock(run, pair, "extra[old]")["chosen"] == {"extra": "1.0", "numpy": "1.26.4"}
    limits = tmp_path / "limits.txt"
    limits.write_text("numpy<2\n")
    found = lock(run, pair, "torch==2.9.*", "-c", str(limits))
    assert found["chosen"]["numpy"] == "1.26.4"
    assert "NP302" in {e["rule"] for e in found["exclusions"] if e["name"] == "numpy"}
    assert lock(run, pair, "filelock>=4.0b1")["chosen"] == {"filelock": "4.0b1"}
    assert lock(run, pair, "pre")["chosen"] == {"pre": "2.0rc1"}


def test_a_second_run_asks_nothing_and_an_offline_one_gives_the_same_bytes(run, pair) -> None:
    first = lock(run, pair, "torch-neuronx")
    asked = len(pair.neuron.requests) + len(pair.public.requests)
    second = lock(run, pair, "torch-neuronx")
    assert len(pair.neuron.requests) + len(pair.public.requests) == asked
    offline = lock(run, pair, "torch-neuronx", "--offline")
    assert first["packages"] == second["packages"] == offline["packages"]
    lock(run, pair, "torch-neuronx", "--refresh")
    assert len(pair.neuron.requests) + len(pair.public.requests) > asked


def test_with_the_network_cut_the_cache_answers(run, pair, tmp_path: Path) -> None:
    """In a network namespace without even a loopback."""
    cut = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*cut, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs leave to make a network namespace: root, or user namespaces")
    arguments = ["torch-neuronx", "neuronx-cc", *pair.options, "--cache-dir", str(tmp_path / "c")]
    online = run("lock", *arguments)
    assert online.code == 0, online.err
    for remove in ((), ("locks",), ("locks", "http")):
        for kind in remove:
            shutil.rmtree(tmp_path / "c" / kind, ignore_errors=True)
        done = subprocess.run(
            [*cut, sys.executable, "-m", "neuron_pin", "lock", *arguments, "--offline"],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(neuron_pin.__file__).parent.parent)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.replace(" --offline", "") == online.out


def test_no_wheel_is_downloaded_whole(run, pair) -> None:
    lock(run, pair, "torch-neuronx")
    files = [headers for path, headers in pair.neuron.requests if path.startswith("/files/")]
    assert files
    assert all("Range" in headers for headers in files)


def test_credentials_reach_their_host_and_nothing_that_is_printed_or_kept(
    run, serve, tmp_path: Path
) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=False)
    url = server.url.replace("://", "://user:s3cret@") + "/simple"
    done = run("lock", "tool", "--index-url", url, "-o", "c.txt", "-o", "l.json")
    assert done.code == 0, done.err
    sent = {headers.get("Authorization") for _, headers in server.requests}
    assert sent == {"Basic dXNlcjpzM2NyZXQ="}
    kept = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    assert not [data for data in kept if b"s3cret" in data]
    assert "s3cret" not in done.out + done.err
    failed = run("lock", "other", "--index-url", url)
    assert "s3cret" not in failed.err


def test_a_file_index_is_read(run, tmp_path: Path) -> None:
    folder = tmp_path / "simple" / "tool"
    folder.mkdir(parents=True)
    (folder / "tool-1.0-py3-none-any.whl").write_bytes(wheel("tool", "1.0"))
    done = run("lock", "tool", "--index-url", (tmp_path / "simple").as_uri(), "--offline")
    assert "tool==1.0" in done.out


def test_pip_agrees_with_the_constraints(run, pair, tmp_path: Path) -> None:
    target = tmp_path / "constraints.txt"
    done = run("lock", "torch-neuronx", "neuronx-cc", *pair.options, "-o", str(target))
    assert done.code == 0, done.err
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--isolated", "--quiet",
         "--ignore-installed", "--report", str(report), "--index-url", f"{pair.public.url}/simple",
         "--extra-index-url", f"{pair.neuron.url}/simple", "--python-version", "3.11",
         "--only-binary", ":all:", "--target", str(tmp_path / "t"),
         "-c", str(target), "torch-neuronx", "neuronx-cc"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    metadata = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    installed = {m["name"]: m["version"] for m in metadata}
    assert installed["torch-neuronx"] == "2.9.0.2.15.32035+de43f57c"
    assert installed["libneuronxla"].startswith("2.2.17544.0")
    assert installed["torch"] == "2.9.1"


def test_pylock_and_hashes_are_what_pip_and_uv_install(run, pair, tmp_path: Path) -> None:
    pylock, hashed = tmp_path / "pylock.toml", tmp_path / "hashed.txt"
    done = run("lock", "torch-neuronx", "neuronx-cc", *pair.options, "-o", pylock)
    assert done.code == 0, done.err
    done = run(
        "lock", "torch-neuronx", "neuronx-cc", *pair.options, "--generate-hashes", "-o", hashed
    )
    assert done.code == 0, done.err
    document = Pylock.from_dict(tomllib.loads(pylock.read_text()))
    document.validate()
    assert {str(p.name) for p in document.packages} == {
        "torch-neuronx", "neuronx-cc", "libneuronxla", "torch", "filelock", "numpy",
    }  # fmt: skip
    assert document.tool is not None
    assert document.tool["neuron-pin"]["sdk"] == "2.31.1"
    # Neuron's index states no times: the day of the release has to do, and is marked as that.
    dated = {p.name for p in document.packages for w in p.wheels or () if w.upload_time}
    marked = {p.name for p in document.packages if "upload-time" in (p.tool or {})["neuron-pin"]}
    assert dated == marked == {"torch-neuronx", "neuronx-cc", "libneuronxla"}
    target = ["--python-version", "3.11", "--only-binary", ":all:", "--target", str(tmp_path / "t")]
    report = tmp_path / "report.json"
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--quiet", "--no-deps",
         "--ignore-installed", "--require-hashes", "--report", str(report), "-r", str(hashed),
         "--index-url", f"{pair.public.url}/simple", "--extra-index-url",
         f"{pair.neuron.url}/simple", *target],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert pip.returncode == 0, pip.stderr
    metadata = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    expected = {str(p.name): str(p.version) for p in document.packages}
    assert {m["name"]: m["version"] for m in metadata} == expected
    if sys.version_info[:2] != (3, 11):
        pytest.skip("needs Python 3.11: uv checks a pylock for the Python it runs on (pip passed)")
    environment = tmp_path / "venv"
    uv = [sys.executable, "-m", "uv", "--no-config", "--cache-dir", str(tmp_path / "uv")]
    subprocess.run(
        [*uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True
    )
    done = subprocess.run(
        [*uv, "pip", "install", "--dry-run", "--python", str(environment / "bin" / "python"),
         "--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28",
         "-r", str(pylock), "--preview-features", "pylock"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name, version in expected.items():
        assert f"+ {name}=={version}" in done.stderr


def test_a_file_without_a_digest_is_fetched_for_one(run, serve, tmp_path: Path) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=False)
    status, headers, body = server.answers["/simple/tool/"]
    server.answers["/simple/tool/"] = (status, headers, body.partition(b"#")[0] + b'">tool</a>')
    done = run("lock", "tool", "--index-url", f"{server.url}/simple", "--generate-hashes")
    assert hashlib.sha256(wheel("tool", "1.0", ())).hexdigest() in done.out


def test_a_lock_without_known_files_has_no_hashes_to_give(run) -> None:
    done = run("lock", "--offline", "neuronx-cc", "--python", "3.12", "-o", "pylock.toml")
    failure(done, WrongUsage)
    done = run("lock", "--offline", "neuronx-cc", "--python", "3.12", "--generate-hashes")
    failure(done, WrongUsage)
    assert list(Path().iterdir()) == []


def test_uv_obeys_its_fragments(run, pair, tmp_path: Path) -> None:
    """uv.toml keeps the placeholder out of a plain compile; [tool.uv] out of a project."""
    done = run("lock", "torch-neuronx", *pair.options, "-o", tmp_path / "uv.toml")
    assert done.code == 0, done.err
    uv = [sys.executable, "-m", "uv", "--cache-dir", str(tmp_path / "cache")]
    compiled = subprocess.run(
        [*uv, "pip", "compile", "--config-file", str(tmp_path / "uv.toml"), "--quiet", "-",
         "--default-index", f"{pair.public.url}/simple", "--python-version", "3.11",
         "--no-annotate", "--no-header"],
        input="torch-neuronx\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stderr
    assert "torch-neuronx==2.9.0.2.15.32035" in compiled.stdout
    fragment = run("lock", "torch-neuronx", *pair.options, "--format", "uv-project")
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\nrequires-python = "==3.11.*"\n'
        'dependencies = ["torch-neuronx", "libneuronxla"]\n' + fragment.out
    )
    locked = subprocess.run(
        [*uv, "lock", "--quiet", "--project", str(project), "--python", sys.executable,
         "--default-index", f"{pair.public.url}/simple"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if sys.version_info[:2] == (3, 11):
        assert locked.returncode == 0, locked.stderr
        text = (project / "uv.lock").read_text()
        assert "2.9.0.2.15.32035" in text
        assert "1000.0" not in text


def test_pip_conf_names_the_indexes(run, pair) -> None:
    done = run("lock", "torch-neuronx", *pair.options, "--format", "pip-conf")
    assert f"index-url = {pair.public.url}/simple\n" in done.out
    assert f"    {pair.neuron.url}/simple\n" in done.out


def test_nothing_uploaded_after_the_date_of_the_lock_is_known(run, serve) -> None:
    server = serve()
    rows = [row("tool", f"{n}.0", **{"upload-time": f"2026-0{n}-01T12:00:00Z"}) for n in (1, 2, 3)]
    page(server, "tool", rows)
    options = ("--index-url", f"{server.url}/simple")
    assert "tool==2.0" in run("lock", "tool", *options, "--as-of", "2026-02-01").out
    assert "tool==1.0" in run("lock", "tool", *options, "--as-of", "2026-01-31").out
    assert "tool==3.0" in run("lock", "tool", *options).out


def test_a_quarantined_project_is_not_installed_and_an_archived_one_is_said(run, serve) -> None:
    server = serve()
    page(server, "bad", [row("bad", "1.0")], **{"project-status": {"status": "quarantined"}})
    page(
        server,
        "old",
        [row("old", "1.0")],
        **{"project-status": {"status": "archived", "reason": "done"}},
    )
    done = run("lock", "bad", "--index-url", f"{server.url}/simple")
    assert any("NP404" in cause for cause in failure(done, NoSolution).causes)
    done = run("lock", "old", "--index-url", f"{server.url}/simple")
    assert done.code == 0
    assert "archived" in done.err


def test_a_wheel_with_a_tag_that_is_none_is_passed_over(run, serve) -> None:
    server = serve()
    odd = row("tool", "2.0")
    odd["filename"] = "tool-2.0-py36+-none-any.whl"
    page(server, "tool", [row("tool", "1.0"), odd])
    assert "tool==1.0" in run("lock", "tool", "--index-url", f"{server.url}/simple").out


def test_a_yanked_version_is_reached_by_an_exact_pin_alone(run, serve) -> None:
    server = serve()
    page(server, "tool", [row("tool", "1.0"), row("tool", "2.0", yanked="broken")])
    options = ("--index-url", f"{server.url}/simple")
    assert "tool==1.0" in run("lock", "tool", *options).out
    assert "tool==2.0" in run("lock", "tool==2.0", *options).out
    done = run("lock", "tool>1", *options)
    assert any("broken" in cause for cause in failure(done, NoSolution).causes)


def test_a_name_is_bound_to_an_index_and_its_decoys_never_win(run, serve) -> None:
    own, public = serve(), serve()
    publish(own, {"inner": [("1.0", ("helper",))]}, as_json=False)
    publish(public, {"inner": [("9.0", ())], "helper": [("1.0", ())]}, as_json=True)
    options = ("--index-url", f"{public.url}/simple", "--format", "json")
    bound = f"Inner={own.url}/simple"
    for form in ("option", "project"):
        if form == "project":
            Path("pyproject.toml").write_text(
                f'[tool.neuron-pin.indexes]\ninner = "{own.url}/simple"\n'
            )
        extra = ("--index", bound) if form == "option" else ()
        found = json.loads(run("lock", "inner", *extra, *options).out)
        chosen = {p["name"]: p["version"] for p in found["packages"]}
        assert chosen == {"inner": "1.0", "helper": "1.0"}
        decoys = [e for e in found["exclusions"] if e["rule"] == "NP401"]
        assert [(e["name"], e["version"]) for e in decoys] == [("inner", "9.0")]
        assert public.url in decoys[0]["reason"]


def test_the_first_index_that_has_a_name_decides(run, serve) -> None:
    extra, public = serve(), serve()
    publish(extra, {"inner": [("1.0", ())]}, as_json=False)
    publish(public, {"inner": [("9.0", ())]}, as_json=True)
    done = run("lock", "inner", "--index-url", f"{public.url}/simple",
               "--extra-index-url", f"{extra.url}/simple")  # fmt: skip
    assert "inner==1.0" in done.out


def test_an_override_replaces_what_others_require(run, pair, tmp_path: Path) -> None:
    path = tmp_path / "override.txt"
    path.write_text("numpy==1.26.4\ntorch==2.10.0\n")
    found = lock(run, pair, "torch==2.9.*", "extra", "--override", str(path))
    assert found["chosen"]["torch"] == "2.10.0"
    assert lock(run, pair, "torch==2.9.*")["chosen"]["numpy"] == "2.3.0"
    path.write_text("numpy<2\n")
    assert lock(run, pair, "torch==2.9.*", "--override", str(path))["chosen"]["numpy"] == "1.26.4"


@pytest.mark.parametrize("name", ["c.txt", "l.json", "pylock.toml"])
def test_an_existing_lock_changes_only_where_it_must(run, serve, name: str) -> None:
    server = serve()
    publish(server, {"a": [("1.0", ("b",))], "b": [("1.0", ()), ("1.1", ())]}, as_json=True)
    options = ("--index-url", f"{server.url}/simple", "-o", name)
    assert run("lock", "a", "b<1.1", *options).code == 0
    first = Path(name).read_text()
    publish(server, {"a": [("1.0", ("b",)), ("2.0", ("b",))]}, as_json=True)

    def versions() -> dict[str, str]:
        form = infer_format(name)
        assert form is not None
        return read_locked(name, form.name)[1]

    run("lock", "a", "b", *options, "--refresh")
    assert versions() == {"a": "1.0", "b": "1.0"}
    run("lock", "a", "b", *options, "-P", "B")
    assert versions() == {"a": "1.0", "b": "1.1"}
    run("lock", "a", "b<1.1", *options)
    assert versions() == {"a": "1.0", "b": "1.0"}
    assert first.replace("lock a", "") != ""
    run("lock", "a", "b", *options, "--upgrade")
    assert versions() == {"a": "2.0", "b": "1.1"}


def test_an_existing_lock_keeps_its_release(run) -> None:
    base = ("lock", "--offline", "neuronx-cc", "--python", "3.11", "-o", "c.txt")
    run(*base, "--as-of", "2026-05-21")
    assert (
        "neuronx-cc==2.25" in Path("c.txt").read_text() or "SDK 2.30.0" in Path("c.txt").read_text()
    )
    before = Path("c.txt").read_text().replace("--as-of 2026-05-21", "")
    run(*base)
    assert Path("c.txt").read_text().splitlines()[2:] == before.splitlines()[2:]
    run(*base, "--upgrade")
    assert "# Neuron SDK 2.32.0" in Path("c.txt").read_text()


def test_a_file_that_is_no_lock_is_not_overwritten(run) -> None:
    Path("l.json").write_text('{"mine": true}')
    done = run("lock", "--offline", "neuronx-cc", "--python", "3.11", "-o", "l.json")
    assert failure(done, CannotWrite).path == "l.json"
    assert Path("l.json").read_text() == '{"mine": true}'


def test_the_cache_is_shown_pruned_and_cleared(run, pair, tmp_path: Path) -> None:
    lock(run, pair, "torch==2.9.*")
    done = run("cache", "info", "--format", "json")
    kinds = json.loads(done.out)["kinds"]
    assert kinds["projects"]["files"] == kinds["metadata"]["files"] == 3
    folder = Path(json.loads(done.out)["folder"])
    (folder / "records" / ".torn").write_text("x")
    (folder / "mine").write_text("kept")
    assert json.loads(run("cache", "prune", "--format", "json").out)["removed_files"] == 1
    assert "removed" in run("cache", "clear").out
    assert json.loads(run("cache", "info", "--format", "json").out)["kinds"]["http"]["files"] == 0
    assert (folder / "mine").read_text() == "kept"


# what the index does, requirement, exit code, what is said
BROKEN = [
    ((500, {"Retry-After": "0"}, b""), 3, "HTTP 500"),
    ((200, {"Content-Type": "application/json"}, b"{"), 3, "not JSON"),
    ((200, {"Content-Type": "text/html"}, b""), 3, "not HTML"),
    ((200, {"Content-Type": "image/png"}, b"x"), 3, "image/png"),
    ((404, {}, b""), 1, "no source has torch"),
]


@pytest.mark.parametrize(("answer", "code", "told"), BROKEN, ids=lambda v: str(v)[:20])
def test_an_index_that_is_none_ends_with_its_address(run, serve, answer, code, told) -> None:
    server = serve()
    server.answers["/simple/torch/"] = answer
    done = run("lock", "torch", "--index-url", f"{server.url}/simple", "-o", "out.txt")
    assert done.code == code
    assert told in done.err
    assert "Traceback" not in done.err
    assert not Path("out.txt").exists()


def test_a_metadata_file_with_another_hash_is_refused(run, serve) -> None:
    server = serve()
    data = wheel("tool", "1.0")
    server.answers["/tool-1.0-py3-none-any.whl"] = (200, {}, data)
    server.answers["/tool-1.0-py3-none-any.whl.metadata"] = (200, {}, b"Name: tool\nVersion: 1.0\n")
    row = {"filename": "tool-1.0-py3-none-any.whl", "url": "/tool-1.0-py3-none-any.whl",
           "hashes": {}, "core-metadata": {"sha256": "0" * 64}}  # fmt: skip
    page = json.dumps({"files": [row]}).encode()
    server.answers["/simple/tool/"] = (200, {"Content-Type": "application/json"}, page)
    done = run("lock", "tool", "--index-url", f"{server.url}/simple")
    error = failure(done, SourceFailed)
    assert error.url == f"{server.url}/tool-1.0-py3-none-any.whl.metadata"
    assert "hash" in error.problem
