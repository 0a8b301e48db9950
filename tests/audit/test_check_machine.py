"""``check`` of environments, machines and images."""

import gzip
import hashlib
import io
import json
import lzma
import os
import random
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import wheel
from rpm_world import Built, build

from neuron_pin.inputs.containers.layers import normalize_member_name

AS_OF = ("--as-of", "2026-08-20")
TARGET = ("--instance", "trn2", "--python", "3.11", *AS_OF)


def found(done) -> list[tuple[str, str]]:
    """Rule and subject of each finding."""
    return [(row["rule"], row["subject"]) for row in json.loads(done.out)["findings"]]


def put(site: Path, name: str, version: str, *, module: str | None = "x = 1\n", summary: str = "",
        requires: tuple[str, ...] = ()) -> Path:  # fmt: skip
    """A distribution as an installer leaves it; ``module`` is its only one, none for no code."""
    own = name.replace("-", "_")
    info = site / f"{own}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: {summary}"]
    lines += [f"Requires-Dist: {line}" for line in requires]
    (info / "METADATA").write_text("\n".join(lines) + "\n\n")
    record = [f"{info.name}/METADATA,,", f"{info.name}/RECORD,,"]
    if module is not None:
        (site / own).mkdir(exist_ok=True)
        (site / own / "__init__.py").write_text(module)
        record.append(f"{own}/__init__.py,sha256=x,{len(module)}")
    (info / "RECORD").write_text("\n".join(record) + "\n")
    return info


def environment(tmp_path: Path) -> tuple[Path, Path]:
    """A folder like a virtual environment, and its site-packages."""
    site = tmp_path / "venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (tmp_path / "venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.2\n")
    return tmp_path / "venv", site


# what is installed under a name of Neuron's, and the rule that speaks of it
PLACEHOLDERS = [
    ({"version": "1.0", "module": None}, ["NP405"]),
    ({"version": "2.26.6360.0", "module": None}, ["NP405"]),
    ({"version": "1.0.post1", "summary": "A placeholder for the real package"}, ["NP405"]),
    ({"version": "2.26.6360.0", "module": "raise ImportError('WRONG PACKAGE')\n"}, ["NP405"]),
    ({"version": "2.26.6360.0", "module": "\nraise RuntimeError\n"}, ["NP405"]),
    ({"version": "2.26.6360.0+f702b353"}, []),
    ({"version": "1.0"}, ["NP508"]),
    ({"version": "2.26.6360.0", "requires": ("libneuronxla (<3.0,>2.0.x)",)}, ["NP406"]),
    ({"version": "2.26.6360.0", "requires": ("numpy (<=1.25.2,>=1.22.2)", "scipy==1.*")}, []),
]  # fmt: skip


@pytest.mark.parametrize(("given", "rules"), PLACEHOLDERS, ids=lambda value: str(value)[:50])
def test_placeholders_are_told_by_what_is_in_them(run, tmp_path: Path, given, rules) -> None:
    venv, site = environment(tmp_path)
    put(site, "neuronx-cc", **given)
    rows = found(run("check", "--venv", venv, *TARGET, "--format", "json"))
    assert [rule for rule, _ in rows] == rules


def test_a_real_placeholder_installed_by_real_pip(run, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    data = io.BytesIO(wheel("neuron-cc", "1.0.post1"))
    file = tmp_path / "neuron_cc-1.0.post1-py3-none-any.whl"
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, b"raise ImportError('x')\n" if name.endswith(".py") else text)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place), "install", "-q", "--no-index",
         "--no-deps", str(file)], check=True)  # fmt: skip
    done = run("check", "--venv", place, "--instance", "inf1", *AS_OF, "--format", "json")
    assert found(done) == [("NP405", "neuron-cc 1.0.post1")]


# what makes the environment, and the words that must install into it
INSTALLERS = [
    ("venv", "{venv}/bin/python -m pip install --extra-index-url"),
    ("no pip", "python3 -m pip --python {venv} install --extra-index-url"),
    ("uv", "uv pip install --python {venv} --index-strategy unsafe-first-match --index"),
]


@pytest.mark.parametrize(("maker", "installer"), INSTALLERS)
def test_the_remedy_for_a_placeholder_can_be_pasted(
    run, tmp_path: Path, maker: str, installer: str
) -> None:
    venv, site = environment(tmp_path / "with space")
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to(sys.executable)
    if maker == "venv":
        (site / "pip").mkdir()
    if maker == "uv":
        (venv / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.9.1\nversion_info = 3.11.2\n")
    put(site, "torch-neuronx", "1.0", module="raise ImportError('WRONG PACKAGE')\n")
    done = run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--format", "json")
    (finding,) = json.loads(done.out)["findings"]
    words = shlex.split(finding["remedy"])
    lock, install = words[: words.index("&&")], words[words.index("&&") + 1 :]
    assert lock[0] == "neuron-pin"
    assert run(*lock[1:], "-q").code == 0
    pinned = Path(lock[lock.index("-o") + 1]).read_text()
    assert install[-1] == "torch-neuronx==2.9.0.2.15.32035"
    assert f"\n{install[-1]}\n" in pinned
    wanted = [word.format(venv=venv) for word in installer.split()]
    assert install[: len(wanted)] == wanted
    assert "--force-reinstall" not in install


def test_a_placeholder_of_the_locked_version_is_installed_anew(run, tmp_path: Path) -> None:
    venv, site = environment(tmp_path)
    put(site, "neuronx-cc", "2.27.5334.0", module=None)
    done = run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--format", "json")
    (finding,) = json.loads(done.out)["findings"]
    assert "--force-reinstall" in finding["remedy"]


def test_placeholders_are_replaced_together_from_one_release(run, tmp_path: Path) -> None:
    venv, site = environment(tmp_path)
    put(site, "neuronx-cc", "1.0", module=None)
    put(site, "torch-neuronx", "1.0", module=None)
    options = ("--venv", venv, "--instance", "trn1", *AS_OF)
    done = run("check", *options, "--format", "json")
    (remedy,) = {row["remedy"] for row in json.loads(done.out)["findings"]}
    words = shlex.split(remedy)
    assert run(*words[1 : words.index("&&")], "-q").code == 0
    specs = words[words.index("--constraint") + 2 :]
    for name, version in (spec.split("==") for spec in specs):
        shutil.rmtree(site / f"{name.replace('-', '_')}-1.0.dist-info")
        put(site, name, version)
    rules = {rule for rule, _ in found(run("check", *options, "--format", "json"))}
    assert not rules & {"NP405", "NP507"}


def test_placeholders_that_no_release_ships_together_have_commands_of_their_own(
    run, tmp_path: Path
) -> None:
    venv, site = environment(tmp_path)
    for name in ("torch-neuronx", "torch-neuron"):
        put(site, name, "1.0", module=None)
    done = run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--format", "json")
    for row in json.loads(done.out)["findings"]:
        name = row["subject"].partition(" ")[0]
        command = "explain" if name == "torch-neuron" else "lock"
        assert row["remedy"].startswith(f"neuron-pin {command} {name} ")


def test_a_name_that_no_release_has_for_the_target_decides_nothing(run, tmp_path: Path) -> None:
    venv, site = environment(tmp_path)
    put(site, "torch-neuronx", "2.9.0.2.15.32035")
    put(site, "neuronx-cc", "2.27.5334.0")
    put(site, "tensorflow-neuronx", "2.10.1.2.1.0")
    done = run("check", "--venv", venv, *TARGET, "--format", "json")
    rows = json.loads(done.out)["findings"]
    mixed = [row for row in rows if row["rule"] == "NP507" and row["severity"] == "error"]
    (remedy,) = {row["remedy"] for row in mixed}
    words = shlex.split(remedy)
    assert words[2:4] == ["neuronx-cc", "torch-neuronx"]
    assert words[words.index("--sdk") + 1] == "2.31.1"


def test_an_environment_of_another_python_than_was_asked_for_is_told(run, tmp_path: Path) -> None:
    venv, _ = environment(tmp_path)
    check = ("check", "--venv", venv, "--instance", "trn2", *AS_OF)
    assert "3.11" not in run(*check).err
    for option in ("--python", "3.13"), ("--python", "3.13.1"):
        told = run(*check, *option).err
        assert "3.11" in told
        assert "3.13" in told
    assert "3.11" not in run(*check, "--python", "3.11.4").err


def test_broken_metadata_is_a_finding_of_its_own(run, tmp_path: Path) -> None:
    venv, site = environment(tmp_path)
    (put(site, "neuronx-cc", "2.26.6360.0") / "METADATA").unlink()
    (put(site, "nki", "0.5.0") / "METADATA").write_bytes(b"\xff\xfe\0\0nonsense")
    (put(site, "torch-neuronx", "2.9.0.2.15.32035") / "RECORD").unlink()
    put(site, "plain", "1.0")
    rows = found(run("check", "--venv", venv, *TARGET, "--format", "json"))
    assert [(rule, subject) for rule, subject in rows if rule == "NP406"] == [
        ("NP406", "neuronx-cc 2.26.6360.0"),
        ("NP406", "nki 0.5.0"),
        ("NP406", "torch-neuronx 2.9.0.2.15.32035"),
    ]


def test_an_environment_has_its_own_python(run, tmp_path: Path) -> None:
    venv, site = environment(tmp_path)
    (venv / "pyvenv.cfg").write_text("version_info = 3.9.18\n")
    put(site, "neuronx-cc", "2.26.6360.0")
    rows = found(run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--format", "json"))
    assert ("NP102", "neuronx-cc 2.26.6360.0") in rows


# Machines -------------------------------------------------------------------------------


class Machine:
    """A Debian root, as far as a check looks at it."""

    def __init__(self, root: Path, *, system: str = 'ID=ubuntu\nVERSION_ID="24.04"\n') -> None:
        self.root = root
        self.write("etc/os-release", system)
        self.write("sys/devices/virtual/dmi/id/product_name", "trn2.48xlarge\n")
        self.packages: list[tuple[str, str]] = []

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def install(self, name: str, version: str) -> None:
        self.packages.append((name, version))
        self.write(
            "var/lib/dpkg/status",
            "".join(
                f"Package: {n}\nStatus: install ok installed\nVersion: {v}\n\n"
                for n, v in self.packages
            ),
        )


def the_release(machine: Machine) -> None:
    for name, version in (
        ("aws-neuronx-dkms", "2.30.2.0"),
        ("aws-neuronx-runtime-lib", "2.34.10.0-ac18d186d"),
        ("aws-neuronx-collectives", "2.34.10.0-1"),
        ("aws-neuronx-tools", "2.32.28.0-1"),
    ):
        machine.install(name, version)


def test_a_sound_machine(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root")
    the_release(machine)
    machine.write("sys/module/neuron/version", "2.30.2.0\n")
    done = run("check", "--root", machine.root, *AS_OF)
    assert done.code == 0
    assert "no findings" in done.out


def test_what_is_loaded_is_what_counts(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root")
    the_release(machine)
    machine.write("sys/module/neuron/version", "2.26.5.0\n")
    rows = found(run("check", "--root", machine.root, *AS_OF, "--format", "json"))
    assert rows == [
        ("NP609", "aws-neuronx-dkms 2.30.2.0"),
        ("NP506", "aws-neuronx-runtime-lib 2.34.10.0-ac18d186d"),
    ]


def test_leftovers_mixtures_and_kernels(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", system='ID=amzn\nVERSION_ID="2"\n')
    the_release(machine)
    machine.install("aws-neuron-dkms", "2.2.14.0")
    machine.write("proc/sys/kernel/osrelease", "4.14.355-276.amzn2.x86_64\n")
    rows = found(run("check", "--root", machine.root, *AS_OF, "--format", "json"))
    assert ("NP201", "aws-neuron-dkms 2.2.14.0") in rows
    assert ("NP109", "aws-neuronx-dkms 2.30.2.0") in rows
    assert ("NP110", "amzn2") in rows


def test_a_driver_alone_goes_on_where_the_system_ended(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", system='ID=amzn\nVERSION_ID="2"\n')
    machine.install("aws-neuronx-dkms", "2.30.2.0")
    assert found(run("check", "--root", machine.root, *AS_OF, "--format", "json")) == []
    machine.install("aws-neuronx-tools", "2.32.28.0")
    rows = found(run("check", "--root", machine.root, *AS_OF, "--format", "json"))
    assert ("NP110", "amzn2") in rows


def test_an_unknown_system_is_one_that_no_release_supports(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root", system="ID=gentoo\nVERSION_ID=2.15\n")
    the_release(machine)
    rows = found(run("check", "--root", machine.root, *AS_OF, "--format", "json"))
    assert ("NP103", "gentoo2.15") in rows


@pytest.mark.parametrize("system", [None, "ID=debian\n", "", "NAME=x\n"])
def test_a_system_that_says_nothing_of_itself_is_unknown(run, tmp_path: Path, system) -> None:
    root = as_folder(tmp_path / "root", {k: v for k, v in ENVIRONMENT.items() if v is not None})
    if system is not None:
        as_folder(root, {"etc/os-release": system.encode()})
    for name, code in (("--image", 1), ("--root", 1)):
        done = run("check", name, root, "--instance", "trn2", *AS_OF, "--format", "json")
        rows = [row for row in json.loads(done.out)["findings"] if row["rule"] == "NP103"]
        assert [row["severity"] for row in rows] == ["warning"]
        assert "unknown" in rows[0]["reason"]
        assert done.code == code
    done = run("check", "--image", root, "--instance", "trn2", "--os", "ubuntu24.04", *AS_OF,
               "--format", "json")  # fmt: skip
    assert "NP103" not in {rule for rule, _ in found(done)}


# an operating system that no release supports, and what is nearest to it
NEAREST = [
    ("ID=debian\nVERSION_ID=11\n", "debian12 or ubuntu24.04 or ubuntu22.04"),
    ("ID=ubuntu\nVERSION_ID=23.10\n", "ubuntu24.04 or ubuntu22.04 or debian12"),
    ("ID=rocky\nVERSION_ID=8.9\n", "rocky9 or amzn2023 or ubuntu24.04"),
    ("ID=gentoo\nVERSION_ID=2.15\n", "ubuntu24.04 or ubuntu22.04 or debian12"),
]


@pytest.mark.parametrize(("system", "nearest"), NEAREST)
def test_an_unknown_system_is_told_the_nearest(run, tmp_path: Path, system, nearest) -> None:
    machine = Machine(tmp_path / "root", system=system)
    the_release(machine)
    rows = json.loads(run("check", "--root", machine.root, *AS_OF, "--format", "json").out)
    remedies = [row["remedy"] for row in rows["findings"] if row["rule"] == "NP103"]
    assert remedies == [f"move to {nearest}"]


# os-release, what is said of it and how much it matters
SYSTEMS = [
    ("ID=ubuntu\nVERSION_ID=28.04\n", "NP510", "ubuntu28.04", "warning"),
    ("ID=debian\nVERSION_ID=16\n", "NP510", "debian16", "warning"),
    ("ID=debian\nVERSION_CODENAME=duke\n", "NP510", "debian15", "warning"),
    ("ID=rocky\nVERSION_ID=11.1\n", "NP510", "rocky11", "warning"),
    ("ID=rhel\nVERSION_ID=12.0\n", "NP510", "rhel12", "warning"),
    ("ID=amzn\nVERSION_ID=2031\n", "NP510", "amzn2031", "warning"),
    # Older than what is known, or between: releases do not support it.
    ("ID=debian\nVERSION_ID=11\n", "NP103", "debian11", "error"),
    ("ID=ubuntu\nVERSION_ID=23.10\n", "NP103", "ubuntu23.10", "error"),
    ("ID=amzn\nVERSION_ID=2018.03\n", "NP103", "amzn2018.03", "error"),
    # Of another distribution the facts know nothing.
    ("ID=bottlerocket\nVERSION_ID=1.52.0\n", "NP103", "bottlerocket1.52.0", "warning"),
    ("ID=ubuntu\nVERSION_ID=rolling\n", "NP103", "ubunturolling", "warning"),
    ("ID=ubuntu\nVERSION_ID=2804\n", "NP103", "ubuntu2804", "error"),
]


@pytest.mark.parametrize(("system", "rule", "subject", "severity"), SYSTEMS)
def test_a_newer_system_is_not_an_unsupported_one(
    run, tmp_path: Path, system: str, rule: str, subject: str, severity: str
) -> None:
    machine = Machine(tmp_path / "root", system=system)
    the_release(machine)
    for command in (("check", "--root"), ("check", "--image")):
        done = run(*command, machine.root, "--instance", "trn2", *AS_OF, "--format", "json")
        rows = json.loads(done.out)["findings"]
        told = [
            (r["rule"], r["subject"], r["severity"])
            for r in rows
            if r["rule"] in ("NP103", "NP510")
        ]
        assert told == [(rule, subject, severity)]
        if command[1] == "--root":
            assert done.code == (1 if severity == "error" else 0)


# the loaded driver, the installed one, the kernel; the rules, in the order of places
LOADED = [
    ("2.30.2.0", "2.30.2.0", "6.17.0-1010-aws", []),
    ("2.99.1.0", "2.30.2.0", "6.17.0-1010-aws", ["NP609", "NP510"]),
    ("2.99.1.0", "2.99.1.0", "6.17.0-1010-aws", ["NP510"]),
    ("2.99.1.0", "", "6.17.0-1010-aws", ["NP510"]),
    ("2.x.7693.0", "2.30.2.0", "6.17.0-1010-aws", ["NP609", "NP610"]),
    ("2.x.2.0", "2.30.2.0", "6.17.0-1010-aws", ["NP610"]),
    ("2.x.7693.0", "", "6.17.0-1010-aws", ["NP610"]),
    ("2.30.2.0", "2.30.2.0", "7.4.0-1-aws", ["NP510"]),
    ("2.30.2.0", "2.30.2.0", "custom-7.4", ["NP610"]),
    # Between the tested ones: not newer, and not tested with this driver.
    ("2.30.2.0", "2.30.2.0", "6.14.0-1-aws", ["NP111"]),
    ("", "2.30.2.0", "6.8.0-1015-aws", ["NP111"]),
    # What is not known to be of a release was tested on nothing.
    ("", "2.99.1.0", "6.14.0-1-aws", ["NP510"]),
    # Without a driver the kernel is nobody's matter.
    ("", "", "7.4.0-1-aws", []),
]


@pytest.mark.parametrize(("loaded", "installed", "kernel", "rules"), LOADED)
def test_a_loaded_driver_and_a_kernel_that_the_facts_do_not_know(
    run, tmp_path: Path, loaded: str, installed: str, kernel: str, rules: list[str]
) -> None:
    machine = Machine(tmp_path / "root")
    machine.install("aws-neuronx-tools", "2.32.28.0-1")
    if installed:
        machine.install("aws-neuronx-dkms", installed)
    if loaded:
        machine.write("sys/module/neuron/version", f"{loaded}\n")
    machine.write("proc/sys/kernel/osrelease", f"{kernel}\n")
    done = run("check", "--root", machine.root, *AS_OF, "--format", "json")
    assert sorted(rule for rule, _ in found(done)) == sorted(rules)
    assert done.code == ("NP609" in rules)


# an operating system, the installed driver and the running kernel; whether they were tested so
TESTED = [
    ("ID=ubuntu\nVERSION_ID=24.04\n", "2.26.5.0", "6.14.0-1-aws", True),
    ("ID=ubuntu\nVERSION_ID=24.04\n", "2.26.5.0", "6.17.0-1-aws", False),
    ("ID=amzn\nVERSION_ID=2023\n", "2.30.2.0", "6.1.0-1", True),
    ("ID=amzn\nVERSION_ID=2023\n", "2.30.2.0", "6.18.3-1", True),
    ("ID=amzn\nVERSION_ID=2023\n", "2.30.2.0", "6.12.3-1", False),
    # Of a system that the facts do not know nobody says what was tested.
    ("ID=ubuntu\nVERSION_ID=28.04\n", "2.30.2.0", "6.14.0-1-aws", True),
]


@pytest.mark.parametrize(("system", "driver", "kernel", "is_tested"), TESTED)
def test_a_kernel_that_the_driver_was_not_tested_on(
    run, tmp_path: Path, system: str, driver: str, kernel: str, is_tested: bool
) -> None:
    machine = Machine(tmp_path / "root", system=system)
    machine.install("aws-neuronx-dkms", driver)
    machine.write("proc/sys/kernel/osrelease", f"{kernel}\n")
    done = run("check", "--root", machine.root, *AS_OF, "--format", "json")
    rows = [row for row in json.loads(done.out)["findings"] if row["rule"] == "NP111"]
    assert [row["severity"] for row in rows] == ([] if is_tested else ["warning"])


def test_an_environment_of_a_newer_python(run, tmp_path: Path) -> None:
    venv, site = environment(tmp_path)
    put(site, "neuronx_cc", "2.27.5334.0")
    newer = site.parent.parent / "python3.17"
    site.parent.rename(newer)
    (venv / "pyvenv.cfg").write_text("version = 3.17.1\n")
    done = run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--format", "json")
    assert found(done) == [("NP510", "Python 3.17")]
    assert done.code == 0
    sarif = json.loads(
        run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--format", "sarif").out
    )
    (result,) = sarif["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("NP510", "warning")
    assert (
        run("check", "--venv", venv, "--instance", "trn2", *AS_OF, "--fail-on", "NP510").code == 1
    )


# an operating system, and the file of a lock that its package manager reads
SYSTEM_LOCKS = [
    ('ID=ubuntu\nVERSION_ID="22.04"\n', "00-neuron-pin.pref"),
    ('ID=debian\nVERSION_ID="12"\n', "00-neuron-pin.pref"),
]


@pytest.mark.parametrize(("system", "file"), SYSTEM_LOCKS)
def test_a_mixture_of_system_packages_is_locked_for_their_manager(
    run, tmp_path: Path, system: str, file: str
) -> None:
    machine = Machine(tmp_path / "root", system=system)
    machine.install("aws-neuronx-runtime-lib", "2.34.10.0-ac18d186d")
    machine.install("aws-neuronx-tools", "2.28.23.0-1")
    done = run("check", "--root", machine.root, "--instance", "trn1", *AS_OF, "--format", "json")
    (remedy,) = {f["remedy"] for f in json.loads(done.out)["findings"] if f["rule"] == "NP507"}
    assert remedy.endswith(f" -o {file}")
    assert "constraints" not in remedy
    assert run(*shlex.split(remedy)[1:], *AS_OF).code == 0
    assert "Package: aws-neuronx-tools" in Path(file).read_text()


def test_environments_lie_where_images_have_them(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root")
    the_release(machine)
    site = machine.root / "opt/aws_neuronx_venv_pytorch_2_9/lib/python3.11/site-packages"
    put(site, "torch-neuronx", "2.8.0.2.10.16998")
    rows = found(run("check", "--root", machine.root, *AS_OF, "--format", "json"))
    assert rows == [("NP201", "torch-neuronx 2.8.0.2.10.16998")]


def test_apts_own_state_is_looked_at(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root")
    the_release(machine)
    machine.write(
        "etc/apt/preferences.d/neuron.prefs", "Package: x\nPin: version 1\nPin-Priority: 1\n"
    )
    machine.write(
        "etc/apt/sources.list.d/neuron.list",
        "deb https://apt.repos.neuron.amazonaws.com jammy main\n",
    )
    rows = found(run("check", "--root", machine.root, *AS_OF, "--format", "json"))
    rules = {rule for rule, _ in rows}
    assert {"NP601", "NP602", "NP603", "NP605"} <= rules


@pytest.mark.parametrize("damage", ["folder", "nonsense"])
def test_an_unreadable_status_is_a_finding_and_the_rest_goes_on(
    run, tmp_path: Path, damage
) -> None:
    machine = Machine(tmp_path / "root")
    status = machine.root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    if damage == "folder":
        status.mkdir()
    else:
        status.write_bytes(b"\0\xff" * 5000)
    site = machine.root / "opt/venv/lib/python3.11/site-packages"
    put(site, "torch-neuronx", "2.8.0.2.10.16998")
    done = run("check", "--root", machine.root, *AS_OF, "--format", "json")
    assert done.code == 1
    assert [rule for rule, _ in found(done)] == ["NP610", "NP201"]


@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="needs rpmbuild")
def test_what_real_rpm_has_installed(run, tmp_path: Path) -> None:
    """As Neuron spells them: with a commit, with a word for a release, with neither."""
    installed = {
        "aws-neuronx-collectives": "2.34.10.0_dd5879008-1",
        "aws-neuronx-dkms": "2.30.2.0-dkms",
        "aws-neuronx-runtime-lib": "2.34.10.0_3dcef56f0-1",
        "aws-neuronx-tools": "2.32.28.0-1",
        "aws-neuronx-observer": "1.2.0-1",
        "python3-neuron": "8.2-1",
    }
    packages = build(tmp_path / "build", [Built(*row) for row in installed.items()])
    machine = Machine(tmp_path / "root", system='ID=amzn\nVERSION_ID="2023"\n')
    database = machine.root / "var/lib/rpm"
    database.mkdir(parents=True)
    # Debian's rpm 4.18 refuses to install without this option, and 4.20 no longer has it.
    force = "--force-debian"
    known = subprocess.run(["rpm", force, "--version"], capture_output=True, check=False)
    options = [force] if known.returncode == 0 else []
    subprocess.run(
        ["rpm", "--dbpath", str(database), "-i", "--justdb", "--nodeps", "--ignorearch", *options,
         *(str(path) for path in packages.glob("*.rpm"))],
        check=True, capture_output=True,
    )  # fmt: skip
    checked = ("check", "--root", machine.root, "--instance", "trn2", *AS_OF, "--format")
    done = run(*checked, "cyclonedx")
    assert "pkg:rpm/amzn/aws-neuronx-tools@2.32.28.0-1?repository_url=" in done.out
    assert done.code == 0, done.out
    named = [("NP510", "aws-neuronx-observer 1.2.0-1")]
    assert found(run(*checked, "json")) == named


# the name of a package that dpkg has, and whether it is told as one that may be newer
DPKG_NAMES = [("aws-neuronx-observer", True), ("neuron", False), ("python3-neuron", False)]


@pytest.mark.parametrize(("name", "is_told"), DPKG_NAMES)
@pytest.mark.parametrize("option", ["--root", "--image"])
def test_a_package_of_neurons_form_that_the_facts_do_not_have(
    run, tmp_path: Path, option: str, name: str, is_told: bool
) -> None:
    machine = Machine(tmp_path / "root")
    machine.install("aws-neuronx-tools", "2.32.28.0-1")
    machine.install(name, "1.2.0-1")
    done = run("check", option, machine.root, "--instance", "trn2", *AS_OF, "--format", "json")
    assert found(done) == ([("NP510", f"{name} 1.2.0-1")] if is_told else [])
    assert done.code == 0


def test_an_environment_with_such_a_name_alone_is_found(run, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root")
    for name in ("neuronx_observer", "optimum_neuron"):
        put(machine.root / f"opt/{name}/lib/python3.11/site-packages", name, "1.2.0")
    done = run("check", "--root", machine.root, "--instance", "trn2", *AS_OF, "--format", "json")
    (row,) = [row for row in json.loads(done.out)["findings"] if row["rule"] == "NP510"]
    assert (row["subject"], row["place"]) == (
        "neuronx-observer 1.2.0", f"{machine.root}/opt/neuronx_observer"
    )  # fmt: skip


# Images ---------------------------------------------------------------------------------

Layer = dict[str, bytes | None]
"""Files by path; none for one that a layer takes away."""

STATUS = b"Package: aws-neuronx-runtime-lib\nStatus: install ok installed\nVersion: 2.34.10.0-1\n\n"
INFO = "opt/venv/lib/python3.11/site-packages/torch_neuronx-2.8.0.2.10.16998.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: torch-neuronx\nVersion: 2.8.0.2.10.16998\n\n"
BASE: Layer = {
    "usr/lib/os-release": b'ID=ubuntu\nVERSION_ID="24.04"\n',
    "var/lib/dpkg/status": STATUS,
    "bin/sh": b"\x7fELF",
}
ENVIRONMENT: Layer = {
    f"{INFO}/METADATA": METADATA,
    f"{INFO}/RECORD": b"torch_neuronx/__init__.py,,\ntorch_neuronx/a.py,,\n",
    "opt/venv/pyvenv.cfg": b"version = 3.11.3\n",
}
WANTED = [("NP201", "torch-neuronx 2.8.0.2.10.16998")]


def layer(files: Layer, *more: tarfile.TarInfo) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(
                name
                if content is not None
                else os.path.join(os.path.dirname(name), ".wh." + os.path.basename(name))
            )
            member.size = len(content or b"")
            archive.addfile(member, io.BytesIO(content or b""))
        for member in more:
            archive.addfile(member)
    return data.getvalue()


def blobs_of(layers: list[bytes]) -> dict[str, bytes]:
    """An OCI layout's files, by hand."""
    found: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def blob(data: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        found[f"blobs/sha256/{digest}"] = data
        return {
            "mediaType": f"application/vnd.oci.image.{kind}",
            "digest": f"sha256:{digest}",
            "size": len(data),
        }

    rows = [blob(data, "layer.v1.tar") for data in layers]
    config = blob(b"{}", "config.v1+json")
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": rows}).encode()
    inner = blob(manifest, "manifest.v1+json")
    other = {
        **inner,
        "digest": "sha256:" + "0" * 64,
        "platform": {"architecture": "arm64", "os": "linux"},
    }
    inner["platform"] = {"architecture": "amd64", "os": "linux"}
    index = json.dumps({"schemaVersion": 2, "manifests": [other, inner]}).encode()
    found["index.json"] = json.dumps({"manifests": [blob(index, "index.v1+json")]}).encode()
    return found


def docker_save(layers: list[bytes]) -> dict[str, bytes]:
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "c.json", "Layers": names}]).encode()
    return {**dict(zip(names, layers, strict=True)), "manifest.json": manifest}


def as_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def as_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def check(run, image: Path):
    return run("check", "--image", image, "--instance", "trn2", *AS_OF, "--format", "json")


FORMS = {
    "oci folder": lambda path, layers: as_folder(path, blobs_of(layers)),
    "oci tar": lambda path, layers: as_tar(path, blobs_of(layers)),
    "docker save": lambda path, layers: as_tar(path, docker_save(layers)),
    "docker folder": lambda path, layers: as_folder(path, docker_save(layers)),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes, "gzip": gzip.compress, "xz": lambda data: lzma.compress(data, preset=0),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packer", PACKERS)
def test_layouts(run, tmp_path: Path, form: str, packer: str) -> None:
    layers = [PACKERS[packer](layer(files)) for files in (BASE, ENVIRONMENT)]
    done = check(run, FORMS[form](tmp_path / "image", layers))
    assert found(done) == WANTED, done.err
    (row,) = json.loads(done.out)["findings"]
    assert row["place"] == f"{tmp_path / 'image'}!/opt/venv"


def test_a_remedy_is_for_the_inside_of_an_image(run, tmp_path: Path) -> None:
    fake: Layer = {
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/RECORD": b"",
        "opt/venv/pyvenv.cfg": b"version = 3.11.3\n",
    }
    done = check(run, as_tar(tmp_path / "i.tar", docker_save([layer(BASE), layer(fake)])))
    (row,) = json.loads(done.out)["findings"]
    assert row["rule"] == "NP405"
    assert "&& /opt/venv/bin/python -m pip install" in row["remedy"]


def test_a_driver_in_an_image(run, tmp_path: Path) -> None:
    driver = b"Package: aws-neuronx-dkms\nStatus: install ok installed\nVersion: 2.30.2.0\n\n"
    files: Layer = {**BASE, "var/lib/dpkg/status": driver}
    done = check(run, as_tar(tmp_path / "i.tar", docker_save([layer(files)])))
    assert (found(done), done.code) == ([("NP106", "aws-neuronx-dkms 2.30.2.0")], 1)


def test_zstd_layers(run, tmp_path: Path) -> None:
    zstd = pytest.importorskip("backports.zstd")
    layers = [zstd.compress(layer(files)) for files in (BASE, ENVIRONMENT)]
    assert found(check(run, as_tar(tmp_path / "i.tar", blobs_of(layers)))) == WANTED


def test_an_unpacked_root_and_an_export(run, tmp_path: Path) -> None:
    whole = {**BASE, **ENVIRONMENT}
    root = as_folder(tmp_path / "root", {name: data or b"" for name, data in whole.items()})
    assert found(check(run, root)) == WANTED
    export = tmp_path / "export.tar"
    export.write_bytes(layer(whole))
    assert found(check(run, export)) == WANTED


def test_what_a_later_layer_takes_away_is_gone(run, tmp_path: Path) -> None:
    gone: Layer = {"opt/venv": None}
    layers = [layer(BASE), layer(ENVIRONMENT), layer(gone)]
    assert found(check(run, as_tar(tmp_path / "i.tar", docker_save(layers)))) == []
    opaque: Layer = {"opt/venv/lib/.wh..wh..opq": b""}
    layers = [layer(BASE), layer(ENVIRONMENT), layer(opaque)]
    assert found(check(run, as_tar(tmp_path / "j.tar", docker_save(layers)))) == []


def test_images_without_a_shell(run, tmp_path: Path) -> None:
    files: Layer = {
        "usr/lib/os-release": b"ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status.d/neuron": b"Package: aws-neuron-tools\nVersion: 2.1.4.0\n",
    }
    rows = found(check(run, as_tar(tmp_path / "i.tar", docker_save([layer(files)]))))
    assert ("NP201", "aws-neuron-tools 2.1.4.0") in rows


def member(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


def test_names_and_links_that_lead_out_lead_nowhere(run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Package: aws-neuronx-tools\nStatus: install ok installed\nVersion: 9.9\n\n")
    odd = layer(
        {"../etc/os-release": b"ID=other\n", "/abs/../x": b"", "etc/os-release": b'ID=ubuntu\nVERSION_ID="24.04"\n'},
        member("var/lib/dpkg/status", tarfile.SYMTYPE, str(secret)),
        member("opt/venv", tarfile.SYMTYPE, "/"),
        member("etc/apt/sources.list", tarfile.LNKTYPE, "os-release"),
        member("etc/apt/preferences", tarfile.FIFOTYPE, ""),
    )  # fmt: skip
    done = check(run, as_tar(tmp_path / "i.tar", docker_save([odd])))
    assert {rule for rule, _ in found(done)} == {"NP610"}
    assert "9.9" not in done.out
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="24.04"\n')
    (root / "var/lib/dpkg/status").symlink_to(secret)
    (root / "loop").symlink_to(".")
    done = check(run, root)
    assert [rule for rule, _ in found(done)] == ["NP610"]
    assert (done.code, "9.9" in done.out) == (1, False)


def test_a_truncated_layer_is_a_finding_and_the_others_are_read(run, tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(200_000) + layer(BASE))
    broken = [layer(BASE), packed[: len(packed) // 2], layer(ENVIRONMENT)]
    done = check(run, as_tar(tmp_path / "i.tar", docker_save(broken)))
    assert [rule for rule, _ in found(done)] == ["NP201", "NP610"]
    whole = as_tar(tmp_path / "j.tar", docker_save([layer(ENVIRONMENT), layer(BASE)])).read_bytes()
    (tmp_path / "k.tar").write_bytes(whole[: len(whole) // 3])
    done = check(run, tmp_path / "k.tar")
    assert done.code in (1, 2)
    assert "NP610" in {rule for rule, _ in found(done)}


def test_a_file_that_is_no_image_and_an_export_that_is_cut(run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("root:x:0:0\n")
    done = check(run, tmp_path / "text")
    (row,) = json.loads(done.out)["findings"]
    assert (done.code, row["reason"]) == (2, "not a tarball")
    whole = layer({**BASE, "big": os.urandom(100_000)})
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
    rows = found(check(run, tmp_path / "cut.tar"))
    assert [rule for rule, _ in rows] == ["NP610"]


# where a tarball stops: bytes behind its first header
CUT = [("inside a header", 100), ("between two files", 0)]


@pytest.mark.parametrize("packer", ["plain", "gzip"])
@pytest.mark.parametrize(("where", "more"), CUT)
def test_a_tarball_that_is_cut_behind_a_file_is_a_finding(
    run, tmp_path: Path, packer: str, where: str, more: int
) -> None:
    first = {"usr/lib/first": os.urandom(tarfile.BLOCKSIZE)}
    export = layer({**first, **BASE, **ENVIRONMENT})
    cut = export[: 2 * tarfile.BLOCKSIZE + more]
    (tmp_path / "export.tar").write_bytes(PACKERS[packer](cut))
    done = check(run, tmp_path / "export.tar")
    assert "NP610" in {rule for rule, _ in found(done)}, where
    assert done.code == 1
    saved = as_tar(tmp_path / "saved.tar", docker_save([PACKERS[packer](cut), layer(BASE)]))
    assert [rule for rule, _ in found(check(run, saved))] == ["NP610"], where
    # Its digest says that a layer is all that it was meant to be.
    whole = blobs_of([PACKERS[packer](export[: -tarfile.RECORDSIZE].rstrip(b"\0")), layer(BASE)])
    assert "NP610" not in {rule for rule, _ in found(check(run, as_folder(tmp_path / "o", whole)))}


def test_a_damaged_header_is_a_finding(run, tmp_path: Path) -> None:
    export = bytearray(layer({"usr/lib/first": os.urandom(tarfile.BLOCKSIZE), **BASE}))
    export[2 * tarfile.BLOCKSIZE + 10] ^= 1
    (tmp_path / "export.tar").write_bytes(export)
    assert "NP610" in {rule for rule, _ in found(check(run, tmp_path / "export.tar"))}


def test_another_digest_is_a_finding(run, tmp_path: Path) -> None:
    files = blobs_of([layer(BASE), layer(ENVIRONMENT)])
    name = next(n for n, data in files.items() if data == layer(ENVIRONMENT))
    files[name] = layer({**ENVIRONMENT, "x": b"y"})
    rows = found(check(run, as_tar(tmp_path / "i.tar", files)))
    assert [rule for rule, _ in rows] == ["NP201", "NP610"]
    manifest = next(n for n, data in files.items() if b'"layers"' in data)
    files[manifest] += b" "
    done = check(run, as_tar(tmp_path / "j.tar", files))
    assert (done.code, "digest" in done.err) == (2, True)


def test_a_layer_that_unpacks_to_too_much_is_given_up(run, tmp_path: Path, monkeypatch) -> None:
    import neuron_pin.inputs.containers.layers as layers_of

    monkeypatch.setattr(layers_of, "MAX_RATIO", 2)
    monkeypatch.setattr(layers_of, "MIN_UNPACKED", 8 << 10)
    packed = gzip.compress(layer({"big": b"\0" * (64 << 10)}))
    done = check(
        run, as_tar(tmp_path / "i.tar", docker_save([layer(BASE), packed, layer(ENVIRONMENT)]))
    )
    assert [rule for rule, _ in found(done)] == ["NP201", "NP610"]


@pytest.mark.parametrize("data", [b"", b"hello", b"\x1f\x8b\x08\0\0\0", os.urandom(4096)])
def test_what_is_no_image(run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(data)
    done = check(run, tmp_path / "x.tar")
    assert done.code in (1, 2)
    assert "NP610" in {rule for rule, _ in found(done)}
    (tmp_path / "empty").mkdir()
    assert check(run, tmp_path / "empty").code == 2


@pytest.mark.parametrize("seed", range(40))
def test_damaged_images_never_crash(run, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    layers = [gzip.compress(layer(BASE)), layer(ENVIRONMENT)]
    files = docker_save(layers) if seed % 2 else blobs_of(layers)
    data = bytearray(as_tar(tmp_path / "i.tar", files).read_bytes())
    for _ in range(chance.randint(1, 60)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    if seed % 3 == 0:
        del data[chance.randrange(len(data)) :]
    (tmp_path / "i.tar").write_bytes(bytes(data))
    done = check(run, tmp_path / "i.tar")
    assert done.code in (0, 1, 2), done.err
    json.loads(done.out)


@pytest.mark.parametrize(
    "name",
    [
        "uv.lock",
        "poetry.lock",
        "pylock.toml",
        "pyproject.toml",
        "lock.json",
        "reqs.txt",
        "Dockerfile",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_never_crash(run, name: str, seed: int) -> None:
    chance = random.Random(f"{name}{seed}")
    texts = {
        "uv.lock": 'version = 1\n[[package]]\nname = "nki"\nversion = "0.5.0"\nsource = { registry = "x" }\n',
        "poetry.lock": '[[package]]\nname = "nki"\nversion = "0.5.0"\n[metadata]\nlock-version = "2.1"\n',
        "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "nki"\nversion = "0.5.0"\n',
        "pyproject.toml": '[project]\nname = "x"\ndependencies = ["nki", "a>=1,<2; python_version > \'3\'"]\n',
        "lock.json": '{"sdk": "2.31.1", "target": {}, "packages": [{"ecosystem": "pip", "name": "nki", "version": "1"}]}',
        "reqs.txt": "nki[a]>=0.4 ; python_version > '3' --hash=sha256:aa\n-r other.txt\n",
        "Dockerfile": "FROM a AS b\nRUN <<X\npip install nki\nX\nENV A=\"b c\" D=e\nRUN [\"pip\", \"install\", \"nki\"]\n",
    }  # fmt: skip
    for _ in range(30):
        data = bytearray(texts[name].encode())
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = bytes(
                chance.choices(b"\"'[]{}=\\\n$(<\xff\0,;a1", k=chance.randint(0, 3))
            )
        Path(name).write_bytes(bytes(data))
        done = run("check", name, *TARGET, "--format", "json")
        assert done.code in (0, 1, 2), (data, done.err)
        json.loads(done.out)


def test_a_file_without_end_is_refused(run) -> None:
    with open("reqs.txt", "wb") as stream:
        stream.truncate(3 << 30)
    done = run("check", "reqs.txt", *TARGET)
    assert (done.code, "larger than" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("./a/b", "a/b"), ("/a//b/", "a/b"), ("a/../b", ""), ("..", ""), ("a\0b", ""), (".", "")],
)
def test_names_in_layers(name: str, wanted: str) -> None:
    assert normalize_member_name(name) == wanted


@pytest.mark.skipif(
    shutil.which("buildah") is None or shutil.which("skopeo") is None,
    reason="needs buildah and skopeo",
)
def test_images_of_real_buildah_and_skopeo(run, tmp_path: Path) -> None:
    files = as_folder(tmp_path / "files", {n: d or b"" for n, d in {**BASE, **ENVIRONMENT}.items()})
    store = [
        "--root",
        str(tmp_path / "s"),
        "--runroot",
        str(tmp_path / "r"),
        "--storage-driver",
        "vfs",
    ]

    def tool(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "remount /" in done.stderr:
            pytest.skip("needs a root that is a mount point, as a plain chroot has none: buildah")
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip()

    container = tool("buildah", *store, "from", "scratch")
    tool("buildah", *store, "add", container, f"{files}/usr", "/usr")
    tool("buildah", *store, "add", container, f"{files}/var", "/var")
    tool("buildah", *store, "add", container, f"{files}/opt", "/opt")
    tool("buildah", *store, "commit", "-q", container, "made")
    archive = tmp_path / "image.tar"
    tool("buildah", *store, "push", "-q", "made", f"docker-archive:{archive}:made:1")
    assert found(check(run, archive)) == WANTED
    tool(
        "skopeo",
        "--insecure-policy",
        "copy",
        "-q",
        f"docker-archive:{archive}",
        f"oci:{tmp_path / 'oci'}:1",
    )
    assert found(check(run, tmp_path / "oci")) == WANTED
    tool("skopeo", "--insecure-policy", "copy", "-q", "--dest-compress-format", "zstd",
         f"docker-archive:{archive}", f"oci-archive:{tmp_path / 'oci.tar'}:1")  # fmt: skip
    assert found(check(run, tmp_path / "oci.tar")) == WANTED
