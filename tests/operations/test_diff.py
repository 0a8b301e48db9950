"""``diff``: releases, locks, constraints and environments beside each other."""

import json
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, failure, wheel

from neuron_pin.catalog import Catalog, sdk_key, version_numbers
from neuron_pin.errors import NeuronPinError, UnknownName, UnreadableInput, WrongUsage
from neuron_pin.inputs.state import read_state
from neuron_pin.operations.diff import compare
from neuron_pin.policy.update import Update

DAY = date(2026, 8, 20)


def naive(old: str, new: str, is_extension: bool) -> str:
    """The policy's scheme, written down a second time: X.Y.Z.A.B.C, A.B.C.D."""
    was, now = old.replace("b", ".").split("."), new.replace("b", ".").split(".")
    graver = 3
    for part in ((0, 3), (3, 99)) if is_extension and len(was) >= 6 else ((0, 99),):
        one, other = was[slice(*part)], now[slice(*part)]
        width = max(len(one), len(other))
        one += ["0"] * (width - len(one))
        other += ["0"] * (width - len(other))
        for place, (a, b) in enumerate(zip(one, other, strict=True)):
            if a != b:
                graver = min(graver, place, 2)
                break
    return ["major", "minor", "patch", "none"][graver]


def test_the_classes_of_all_consecutive_releases_agree_with_the_scheme(catalog: Catalog) -> None:
    listed = sorted((r.sdk for r in catalog.releases if r.listed), key=sdk_key)
    seen = dict.fromkeys(Update, 0)
    for old, new in pairwise(listed):
        found = compare(
            read_state(old, catalog, None), read_state(new, catalog, None), catalog, DAY
        )
        assert found.support is not None
        assert found.support.update.value == naive(old, new, False)
        for d in found.differences:
            package = catalog.packages[d.key.name]
            of_old = {m.version for m in catalog.members(old) if m.package == d.key.name}
            of_new = {m.version for m in catalog.members(new) if m.package == d.key.name}
            assert (set(d.old), set(d.new)) == (of_old - {""}, of_new - {""})
            if d.update is None:
                assert not (d.old and d.new)
                continue
            seen[d.update] += 1
            if "x" in d.old[0] + d.new[0] or "+" in d.old[0] + d.new[0]:
                continue
            parts = {len(d.old[0].split(".")), len(d.new[0].split("."))}
            extension = bool(package.framework) and package.role.value == "leader"
            majors = {version.partition(".")[0] for version in d.new}
            if package.role.value == "" and any(v.partition(".")[0] not in majors for v in d.old):
                # Of two majors side by side one left: libneuronxla 0.5 and 2.2.
                assert d.update is Update.MAJOR, (old, new, d)
            elif len(parts) == 1 or not extension:
                assert d.update.value == naive(d.old[0], d.new[0], extension), (old, new, d)
            assert d.backwards == (version_numbers(d.new[0]) < version_numbers(d.old[0]))
    assert all(seen[update] for update in (Update.MAJOR, Update.MINOR, Update.PATCH, Update.NONE))


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A real environment with two wheels, one of Neuron's name with a local part."""
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version in (("neuronx-cc", "2.27.5334.0+f702b353"), ("some_helper", "1.4")):
        file = wheels / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        file.write_bytes(wheel(name, version))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place), "install", "-q", "--no-index",
         "--no-deps", *map(str, wheels.iterdir())], check=True)  # fmt: skip
    return place


def test_an_environment_beside_a_release(run, venv: Path) -> None:
    done = run("diff", venv, "2.32.0", "--as-of", "2026-08-20", "--format", "json", "--all")
    assert done.code == 0, done.err
    rows = {row["name"]: row for row in json.loads(done.out)["packages"]}
    # The release names no local part, so that is the same version.
    assert rows["neuronx-cc"]["old"] == ["2.27.5334.0+f702b353"]
    assert rows["some-helper"] == {
        "ecosystem": "pip", "name": "some-helper", "old": ["1.4"], "new": [], "update": None,
        "backwards": False, "old_phase": None, "new_phase": None, "renamed_to": None,
        "successor": None, "left_series": [], "old_phases": [], "new_phases": [],
    }  # fmt: skip
    text = run("diff", venv, "2.32.0", "--as-of", "2026-08-20").out
    assert "neuronx-cc " not in text
    assert "pip:some-helper" in text


def test_a_lock_beside_the_constraints_of_another_release(run) -> None:
    target = ("--offline", "--instance", "trn2", "--python", "3.11", "-q")
    ask = ("torch-neuronx", "neuronx-cc")
    run("lock", *ask, *target, "--sdk", "2.27.1", "--as-of", "2026-02-01", "-o", "lock.json")
    run("lock", *ask, *target, "--sdk", "2.31.1", "--as-of", "2026-08-13", "-o", "c.txt")
    done = run("diff", "lock.json", "c.txt", "--as-of", "2026-08-20", "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["update"] == "minor"
    assert document["support"]["Python"]["gained"] == ["3.13"]
    assert document["support"]["operating systems"]["gained"] == ["debian12", "rhel10"]
    (compiler,) = [row for row in document["packages"] if row["name"] == "neuronx-cc"]
    assert compiler["update"] == "minor"


def differences(run: Run, *words: str) -> dict[str, dict[str, Any]]:
    document = json.loads(run("diff", *words, "--format", "json").out)
    return {row["name"]: row for row in document["packages"]}


def test_what_left_names_what_takes_its_place(run: Run) -> None:
    rows = differences(run, "2.31.1", "2.32.0", "--instance", "trn2", "--as-of", "2026-08-20")
    assert rows["neuronx-distributed-inference"]["renamed_to"] == "vllm-neuron"
    assert rows["neuronx-distributed-inference"]["new"] == []
    assert rows["torch-neuronx"]["new"] == rows["nrtpy"]["old"] == []
    assert differences(run, "2.29.1", "2.30.0")["libneuronxla"]["update"] == "major"
    back = differences(run, "2.32.0", "2.31.1")["neuronx-cc"]
    assert (back["update"], back["backwards"]) == ("minor", True)
    assert "--allow-downgrades" in run("diff", "2.32.0", "2.31.1").out


def test_markdown_escapes_what_files_are_called(run) -> None:
    Path("a|b*.txt").write_text("numpy==1.26.4\ntorch==2.8.0\n")
    Path("new.txt").write_text("numpy==2.0.0\ntorch==2.8.1\nextra==1!2.0.post1\n")
    done = run("diff", "a|b*.txt", "new.txt", "--format", "markdown")
    assert done.out.startswith("## a\\|b\\*.txt → new.txt\n")
    assert "| pip:numpy | 1.26.4 | 2.0.0 | major | - |" in done.out
    assert "| pip:torch | 2.8.0 | 2.8.1 | patch |" in done.out
    assert "| pip:extra | - | 1\\!2.0.post1 | entered | - |" in done.out


def test_equal_states_have_no_difference(run) -> None:
    assert "no difference" in run("diff", "2.30", "2.30.0").out
    assert "No difference." in run("diff", "latest", "2.32.0", "--format", "markdown").out


# what is compared, the error, what it carries
REFUSED: list[tuple[tuple[str, ...], type[NeuronPinError], dict[str, object]]] = [
    (("2.99.0", "2.30.0"), UnknownName, {"given": "2.99.0"}),
    (("nothing", "2.30.0"), WrongUsage, {}),
    ((".", "2.30.0"), UnreadableInput, {"path": "."}),
    (("a.doc", "2.30.0"), WrongUsage, {}),
    (("empty.txt", "2.30.0"), UnreadableInput, {"path": "empty.txt", "line": None}),
    (("bad.json", "2.30.0"), UnreadableInput, {"path": "bad.json", "line": 1}),
    (("2.30.0", "2.30.0", "--instance", "trn9"), UnknownName, {"given": "trn9"}),
]


@pytest.mark.parametrize(("arguments", "kind", "data"), REFUSED)
def test_what_diff_refuses(
    run: Run, arguments: tuple[str, ...], kind: type[NeuronPinError], data: dict[str, object]
) -> None:
    for name in ("a.doc", "empty.txt", "bad.json"):
        Path(name).write_text("-r other.txt\n" if name == "empty.txt" else "{")
    error = failure(run("diff", *arguments), kind)
    assert {name: getattr(error, name) for name in data} == data


def _lock(packages: dict[str, list[str]]) -> str:
    rows = [
        {"ecosystem": "pip", "name": name, "version": "1.0", "kind": None, "via": via}
        for name, via in packages.items()
    ]
    return json.dumps({"sdk": None, "target": {}, "packages": rows})


def test_why_tells_the_shortest_chain_from_each_origin(run) -> None:
    Path("lock.json").write_text(
        _lock(
            {
                "leaf": ["middle", "other"],
                "middle": ["top"],
                "other": ["reqs.txt:3", "middle"],
                "top": ["command line", "leaf"],
            }
        )
    )
    done = run("why", "Leaf")
    assert done.out.splitlines() == [
        "leaf 1.0",
        "  reqs.txt:3 → other 1.0 → leaf 1.0",
        "  command line → top 1.0 → middle 1.0 → leaf 1.0",
    ]
    document = json.loads(run("why", "leaf", "--format", "json").out)
    assert document["chains"][0] == ["reqs.txt:3", "other", "leaf"]
    missing = run("why", "laef")
    assert "leaf" in failure(missing, WrongUsage).hint
    assert run("why", "leaf", "--lock", "absent.json").code == 2


def test_why_of_a_real_lock(run) -> None:
    run("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "-q",
        "--as-of", "2026-08-20", "-o", "lock.json")  # fmt: skip
    assert run("why", "nki").out == "nki 0.6.0\n  neuron-sdk → nki 0.6.0\n"


def test_what_left_is_said_with_what_replaces_it(run) -> None:
    document = json.loads(run("diff", "2.28.1", "2.32.0", "--instance", "trn2", "--as-of", DAY, "--format",
                              "json").out)  # fmt: skip
    rows = {row["name"]: row for row in document["packages"]}
    assert rows["torch-neuronx"]["renamed_to"] is None
    assert rows["torch-neuronx"]["successor"] == "TorchNeuron, which is not a package"
    assert rows["neuronx-distributed-inference"]["successor"] == "vllm-neuron"
    assert rows["neuronx-cc"]["successor"] is None
    first, second, *_ = document["notes"]
    assert "torch-neuronx" in first
    assert "imports them stops working" in first
    assert second == "for PyTorch, SDK 2.32.0 has libtorch-neuronx-lite instead of torch-neuronx"
    kept = json.loads(run("diff", "2.31.0", "2.31.1", "--instance", "trn2", "--as-of", DAY, "--format",
                          "json").out)  # fmt: skip
    assert not any("stops working" in note for note in kept["notes"])


def test_a_release_beside_a_lock_is_read_for_the_instance_of_the_lock(run: Run) -> None:
    files = ("lock.json", "constraints.txt", "pylock.toml")
    run("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "--sdk", "2.31.1", "-q",
        "--as-of", DAY, "-o", files[0], "-o", files[1])  # fmt: skip
    Path(files[2]).write_text(
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "nki"\nversion = "0.5.0"\n'
        '[tool.neuron-pin]\ntarget = "trn2, ubuntu24.04, Python 3.12"\n'
    )
    for states in [pair for f in files for pair in ((f, "2.32.0"), ("2.32.0", f))]:
        rows = differences(run, *states, "--as-of", str(DAY))
        assert not {"torch-neuron", "mx-neuron", "neuron-cc"} & rows.keys()
    # What is asked for comes first.
    assert "torch-neuron" in differences(run, "lock.json", "2.32.0", "--instance", "inf1")


def test_phases_and_support_are_those_of_the_instance(run: Run) -> None:
    """PyTorch 2.9 is in maintenance on inf2 and trn1 alone."""
    for family, phase in (("trn2", "stable"), ("trn1", "maintenance")):
        rows = differences(run, "2.31.1", "2.32.0", "--instance", family, "--as-of", str(DAY))
        assert rows["torch-neuronx"]["old_phase"] == phase
    done = run("diff", "2.28.1", "2.32.0", "--instance", "trn2", "--as-of", DAY, "--format", "json")
    support = json.loads(done.out)["support"]
    assert "instances" not in support
    assert support["Python"] == {"gained": ["3.13"], "lost": ["3.10"]}


def test_what_a_release_gains_and_loses_is_said_in_words(run: Run) -> None:
    text = run("diff", "2.28.1", "2.32.0", "--instance", "trn2", "--as-of", DAY).out
    assert "Python: now also 3.13; no longer 3.10\n" in text


def test_a_release_of_a_later_day_is_not_compared(run: Run) -> None:
    day = ("--as-of", "2026-05-30")
    assert failure(run("diff", "2.28.1", "2.32.0", *day), UnknownName).given == "2.32.0"
    assert run("diff", "2.28.1", "latest", *day).out.startswith("SDK 2.28.1 → SDK 2.30.0")
    assert run("diff", "latest", "2.28.1", "--as-of", "2001-01-01").code == 2


def test_the_first_line_does_not_deny_the_table(run: Run) -> None:
    def first(*words: str) -> str:
        return str(run("diff", *words, "--as-of", DAY).out.splitlines()[0])

    lost = first("2.28.1", "2.32.0", "--instance", "trn2")
    assert "backward compatible" not in lost
    assert "8 packages left" in lost
    # aws-neuronx-gpsimd-tools and libneuronxla.
    assert "2 have a major update" in lost
    back = first("2.32.0", "2.28.1", "--instance", "trn2")
    assert "downgrade" in back
    # aws-neuronx-gpsimd-tools stays, and libneuronxla, which jax-neuronx requires.
    assert "5 packages left" in back
    assert "backward compatible" not in back
    assert "backward compatible" in first("2.31.0", "2.31.1", "--instance", "trn2")
    assert "backward" not in run("diff", "2.28.1", "2.32.0", "--format", "markdown").out


def test_what_left_is_named_above_the_table_with_what_replaces_it(run: Run) -> None:
    words = ("diff", "2.28.1", "2.32.0", "--instance", "trn2", "--as-of", DAY)
    for form in ("text", "markdown"):
        lines = run(*words, "--format", form).out.splitlines()
        assert max(len(line) for line in lines if "pip:" in line) < 160
        before = lines[: next(n for n, x in enumerate(lines) if "pip:" in x)]
        (left,) = [line for line in before if line.startswith("left: ")]
        for name in ("torch-neuronx", "TorchNeuron, which is not", "(replaced by vllm-neuron)"):
            assert name in left
        assert left.count(",") >= 7


# older and newer release, family, series of libneuronxla and torch-neuronx that left
LEFT_SERIES = [
    # libneuronxla 3.0.3854.0 and 2.2.17544.0, then 3.0.5356.0 alone (release manifest).
    ("2.31.1", "2.32.0", "trn1", "libneuronxla", ["2.*"]),
    ("2.28.1", "2.29.0", "trn2", "torch-neuronx", ["2.8.*", "2.7.*"]),
    ("2.30.0", "2.31.1", "trn2", "neuronx-cc", []),
]


@pytest.mark.parametrize(("old", "new", "family", "name", "left"), LEFT_SERIES)
def test_a_series_that_left_is_named(
    old: str, new: str, family: str, name: str, left: list[str], run: Run
) -> None:
    rows = differences(run, old, new, "--instance", family, "--as-of", str(DAY))
    assert rows[name]["left_series"] == left


def test_going_back_is_called_that_in_json_and_in_releases(run: Run) -> None:
    for states, backwards in ((("2.32.0", "2.28.1"), True), (("2.28.1", "2.32.0"), False)):
        document = json.loads(run("diff", *states, "--as-of", DAY, "--format", "json").out)
        assert document["backwards"] is backwards


def test_a_release_beside_a_lock_for_rpm_has_packages_of_rpm(run: Run) -> None:
    run("lock", "--offline", "--instance", "trn2", "--os", "amzn2023", "--python", "3.12", "-q",
        "--sdk", "2.31.1", "--as-of", DAY, "-o", "lock.json")  # fmt: skip
    for states in (("lock.json", "2.32.0"), ("2.32.0", "lock.json")):
        document = json.loads(run("diff", *states, "--as-of", DAY, "--format", "json").out)
        rows = {row["name"]: row for row in document["packages"]}
        assert rows["aws-neuronx-tools"]["ecosystem"] == "rpm"
        assert rows["aws-neuronx-tools"]["update"] == "minor"
        assert not any(row["ecosystem"] == "apt" for row in document["packages"])


# instance, releases, the class of the change of libneuronxla
LIBRARY = [
    # 2.* left, which torch-neuronx needs: whoever has it has to move to 3.*.
    ("trn1", "2.31.1", "2.32.0", "major"),
    ("trn2", "2.31.1", "2.32.0", "major"),
    ("trn1", "2.30.0", "2.31.0", "patch"),
]


@pytest.mark.parametrize(("instance", "old", "new", "update"), LIBRARY)
def test_a_major_that_left_is_a_major_change(
    run: Run, instance: str, old: str, new: str, update: str
) -> None:
    rows = differences(run, old, new, "--instance", instance, "--as-of", str(DAY))
    assert rows["libneuronxla"]["update"] == update


def test_host_is_the_machine_below_a_root(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(
        "Package: aws-neuronx-tools\nStatus: install ok installed\n"
        "Version: 2.26.14.0-1e7c2f1a2\nArchitecture: amd64\n"
    )
    done = run("diff", "host", "2.32.0", "--root", tmp_path, "--format", "json")
    rows = {row["name"]: row for row in json.loads(done.out)["packages"]}
    assert rows["aws-neuronx-tools"]["old"] == ["2.26.14.0-1e7c2f1a2"]
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run("diff", "host", "2.32.0", "--root", empty)
    assert done.code == 2
    assert done.error is not None and str(empty) in done.error.message


# a version of the new state, its phase and that of its row in words
NEWER = [
    ("2.99.1.0", "unknown", "stable → unknown"),
    ("2.99.1.0rc1", "rc", "stable → rc"),
    ("2.27.5334.0", "stable", "stable"),
]


@pytest.mark.parametrize(("version", "phase", "shown"), NEWER)
def test_the_phase_of_a_version_newer_than_the_facts_is_unknown(
    run: Run, tmp_path: Path, version: str, phase: str, shown: str
) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"neuronx-cc=={version}\n")
    words = ("diff", "2.32.0", path, "--as-of", "2026-08-21", "--all")
    document = json.loads(run(*words, "--format", "json").out)
    row = next(row for row in document["packages"] if row["name"] == "neuronx-cc")
    assert (row["old_phase"], row["new_phase"], row["new_phases"]) == ("stable", phase, [phase])
    line = next(line for line in run(*words).out.splitlines() if "pip:neuronx-cc " in line)
    assert line.endswith(f" {shown}")
