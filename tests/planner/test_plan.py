"""``plan``: from nothing and from one release to another, as text, JSON, script, Dockerfile."""

import json
import os
import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import FIXTURES, Run, failure, sample
from dnf_world import dnf_world, has_dnf
from planned_host import SITE, a_host

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.windows import Pair, find_clash
from neuron_pin.errors import NeuronPinError, NoSolution, UnknownName, WrongUsage
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, scratch_apt
from neuron_pin.planner.hops import find_moves

CALLS = [
    tuple(line.split())
    for line in (FIXTURES / "plans/calls.txt").read_text().splitlines()
    if not line.startswith("#")
]

# What no release has, or what is not to be had that way, whatever phases are allowed.
IMPOSSIBLE = {
    (
        "tensorflow",
        "2.10.0",
        "2.8.0",
    ): "2.10.1.1.0.0: does not match the requirement tensorflow-neuronx==2.10.0.*",
    (
        "tensorflow",
        "2.10.0",
        "2.9.0",
    ): "2.10.1.2.0.0: does not match the requirement tensorflow-neuronx==2.10.0.*",
}


# Ended without having left Beta: announcements/neuron2.x/end-of-support-pt2.rst, and the marks.
NEVER_LEFT_BETA = {("pytorch", "2.0")}


def options(call: tuple[str, ...]) -> list[str]:
    """A call of the vendor's script in our words; to install is from nothing, to update is
    from what the release before had."""
    kind, framework, version, release, system, instance, image, category = call
    named = []
    if category == "transformers-neuronx":
        named, category = ["transformers-neuronx"], "compiler_framework"
    needs_framework = category in ("all", "compiler_framework")
    return [
        *named,
        *(["--from", "2.12.0"] if kind == "update" else []),
        *(["--to", release] if release != "-" else []),
        *(["--framework", framework, "--framework-version", version] if needs_framework else []),
        *("--os", system, "--instance", instance, "--ami", image, "--category", category),
    ]


@pytest.mark.parametrize("call", sample(zip(CALLS), 8), ids=" ".join)
def test_every_call_of_the_vendors_script_is_answered(run: Run, call: tuple[str, ...]) -> None:
    phases = ["--phase", "eos"]
    if (call[1], call[2]) in NEVER_LEFT_BETA:
        error = failure(run("plan", *options(call), *phases, "--as-of", "2026-08-21"), NoSolution)
        assert any("--phase beta" in str(each) for each in error.relaxations)
        phases += ["--phase", "beta"]
    done = run("plan", *options(call), *phases, "--as-of", "2026-08-21", "--format", "json")
    reason = IMPOSSIBLE.get((call[1], call[2], call[3]))
    if reason is not None:
        error = failure(done, NoSolution)
        assert reason in done.err
        assert any(
            str(each).startswith("without --framework-version") for each in error.relaxations
        )
        return
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    assert call[3] in (plan["to"], "-")
    commands = [command for step in plan["steps"] for command in step["commands"]]
    if call[7] in ("all", "compiler_framework"):
        (install,) = [c for c in commands if " install --python" in c or "pip install" in c]
        leader = {"pytorch": "torch-neuron", "tensorflow": "tensorflow-neuron", "mxnet": "mx"}
        assert f"{leader[call[1]]}" in install
        assert f"=={call[2]}" in install
    if call[7] == "driver_runtime_tools":
        assert any("aws-neuronx-dkms" in c for c in commands)
        assert any("aws-neuronx-runtime-lib" in c for c in commands)
    if call[7] == "efa":
        assert any("aws-efa-installer" in c for c in commands)


@pytest.mark.parametrize("call", sample(zip(CALLS[::12]), 3), ids=" ".join)
def test_what_the_policy_does_not_allow_says_why_and_what_comes_nearest(
    run: Run, call: tuple[str, ...]
) -> None:
    done = run("plan", *options(call), "--as-of", "2026-08-21", "--format", "json")
    if done.code == 0:
        return
    error = failure(done, NoSolution)
    assert error.causes
    assert error.relaxations


# Real apt ------------------------------------------------------------------------------


def versions_of(catalog: Catalog, sdk: str, family: str) -> dict[str, str]:
    """A release's system packages as a repository has them, with the revisions it would."""
    found = {}
    for member in catalog.members(sdk):
        package = catalog.packages[member.package]
        if len(package.systems) == 2 and family in member.instances and member.version:
            word = package.apt_spec(member.version.replace(".x", ".1"))
            found[member.package] = word.partition("=")[2].replace("-*", "-0123abcd")
    return found


def simulated(plan: dict, apt) -> dict[str, str]:
    """What apt says that it would install by a plan's commands, run with ``-s``."""
    found = {}
    for step in plan["steps"]:
        for command in step["commands"]:
            if step["part"] not in ("driver", "runtime and tools"):
                continue
            words = [word.strip("'") for word in command.split()]
            if words[:2] != ["apt-get", "install"]:
                continue
            done = apt.run("apt-get", "-s", *words[1:])
            assert done.returncode == 0, (command, done.stderr)
            rows = [line.split() for line in done.stdout.splitlines() if line.startswith("Inst ")]
            for row in rows:
                found[row[1]] = next(word[1:] for word in row if word.startswith("("))
    return found


def pins_of(plan: dict) -> dict[str, str]:
    """The preferences that a plan writes."""
    files = [file for step in plan["steps"] for file in step["files"]]
    (text,) = [file["text"] for file in files if file["path"].endswith(".pref")]
    return {"preferences.d/00-neuron-pin.pref": text}


def releases(catalog: Catalog) -> list[str]:
    return sorted((r.sdk for r in catalog.releases if r.listed), key=sdk_key)


def date_of(catalog: Catalog, sdk: str) -> str:
    return catalog.dates[sdk].isoformat()


needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt")


FAMILIES = ("trn1", "inf1", "trn2")
SYSTEMS = ("ubuntu22.04", "ubuntu20.04", "ubuntu18.04", "ubuntu24.04", "debian12")
PARTS = 8


@needs_apt
@pytest.mark.apt
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("part", sample(range(PARTS), PARTS))
def test_the_way_between_releases_is_one_that_real_apt_goes(
    run: Run, catalog: Catalog, family: str, part: int
) -> None:
    """Every pair of consecutive releases that have a driver for the family, on the first system
    that both are for."""
    pairs = gone = 0
    for old, new in pairwise(releases(catalog)):
        before, after = (versions_of(catalog, sdk, family) for sdk in (old, new))
        if "aws-neuronx-dkms" not in before or "aws-neuronx-dkms" not in after:
            continue
        pairs += 1
        if pairs % PARTS != part:
            continue
        for system in SYSTEMS:
            # As it was on its day, with what had ended even then.
            done = run(
                "plan", "--from", old, "--to", new, "--framework", "none", "--instance", family,
                "--os", system, "--phase", "eos", "--as-of", date_of(catalog, new),
                "--format", "json",
            )  # fmt: skip
            if done.code == 0:
                break
        assert done.code == 0, (old, new, done.err)
        plan = json.loads(done.out)
        core = {n: v for n, v in before.items() if n in after}
        both = {n: sorted({before.get(n, v), v}) for n, v in after.items()}
        archive = Archive(PackageFile(site=SITE, archive="jammy"), both)
        with scratch_apt([archive], core, pins_of(plan)) as apt:
            got = simulated(plan, apt)
        wanted = {c["name"]: c for c in plan["changes"] if c["new"]}
        assert got == {n: after[n] for n in wanted if before.get(n) != after[n]}
        gone += 1
    assert pairs > {"trn1": 40, "inf1": 20, "trn2": 15}[family]
    assert gone >= pairs // PARTS


@needs_apt
@pytest.mark.apt
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("part", sample(range(PARTS), PARTS))
def test_from_nothing_to_every_release(run: Run, catalog: Catalog, system: str, part: int) -> None:
    answered = 0
    # From the newest, which every system but the oldest is for.
    for sdk in releases(catalog)[::-1][part::PARTS]:
        done = run(
            "plan", "--to", sdk, "--framework", "none", "--instance", "trn1", "--os", system,
            "--phase", "eos", "--as-of", date_of(catalog, sdk), "--format", "json",
        )  # fmt: skip
        if done.code:
            assert isinstance(done.error, NoSolution), (sdk, done.err)
            continue
        plan = json.loads(done.out)
        published = versions_of(catalog, sdk, "trn1")
        site = PackageFile(site=SITE, archive="x")
        evil = Archive(PackageFile(site="evil.invalid"), {n: ["2.99.0.0-evil"] for n in published})
        preferences = pins_of(plan)
        archive = Archive(site, {n: [v] for n, v in published.items()})
        with scratch_apt([archive, evil], {}, preferences) as apt:
            got = simulated(plan, apt)
            policy = apt.policy(sorted(got))
        names = {c["name"] for c in plan["changes"]}
        assert got == {name: published[name] for name in names}
        # What was pinned is what apt would take of itself, too.
        assert {name: said.candidate for name, said in policy.items()} == got
        answered += 1
    assert answered >= {"ubuntu18.04": 5, "debian12": 4, "ubuntu24.04": 9}.get(system, 15) // PARTS


# Real dnf ------------------------------------------------------------------------------


@pytest.mark.skipif(not has_dnf, reason="needs dnf 4 with its versionlock plugin")
def test_real_dnf_goes_the_same_way(run: Run, catalog: Catalog, tmp_path: Path) -> None:
    """From nothing: the versions of the plan, locked by its commands, beside higher ones."""
    sdk = "2.31.1"
    names = {
        member.package: member.version
        for member in catalog.members(sdk)
        if len(catalog.packages[member.package].systems) == 2 and "trn1" in member.instances
    }
    packages = [(n, f"{v.replace('.x', '.1')}-1") for n, v in names.items() if v]
    packages += [(n, "2.99.0.0-1") for n in names]
    dnf = dnf_world(tmp_path / "world", packages)
    done = run("plan", "--to", sdk, "--framework", "none", "--instance", "trn1", "--os", "rocky9",
               "--format", "json", "--as-of", "2026-08-12")  # fmt: skip
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    wanted = {c["name"]: c["new"][0] for c in plan["changes"]}
    assert len(wanted) == 4
    commands = [shlex.split(c) for step in plan["steps"] for c in step["commands"]]
    (lock,) = [words for words in commands if words[:3] == ["dnf", "versionlock", "add"]]
    assert dnf.run(*lock[1:]).returncode == 0
    assert len(dnf.locks.read_text().split()) >= 4
    got: dict[str, str] = {}
    for words in commands:
        if words[:2] == ["dnf", "install"] and any(w.startswith("aws-") for w in words):
            got |= dnf.choose(*[w for w in words[2:] if w != "-y"])
    assert got == {name: f"{version}-1" for name, version in wanted.items()}
    # Without the version in the command the lock holds, too.
    assert dnf.choose(*wanted) == got


# The script, run for real ----------------------------------------------------------------


def a_deb(folder: Path, name: str, version: str) -> None:
    place = folder / f"{name}_{version}"
    (place / "DEBIAN").mkdir(parents=True)
    (place / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: t <t@test.invalid>\nDescription: t\n"
    )
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(place), f"{place}.deb"],
        check=True, capture_output=True,
    )  # fmt: skip
    shutil.rmtree(place)


def an_apt_root(root: Path, repository: Path) -> dict[str, str]:
    """A private root that real apt and dpkg install into; the environment that leads there."""
    for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
                 "etc/apt/keyrings", "var/lib/apt/lists/partial", "var/lib/dpkg/info",
                 "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/lib/dpkg/parts",
                 "var/cache/apt/archives/partial", "var/log/apt", "tmp"):  # fmt: skip
        (root / name).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    (root / "var/lib/dpkg/available").write_text("")
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")
    (root / "apt.conf").write_text(
        f'Dir "{root}/";\nDir::State::status "{root}/var/lib/dpkg/status";\n'
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\nAPT::Architecture "amd64";\n'
        'APT::Sandbox::User "root";\nAcquire::Languages "none";\nDebug::NoLocking "1";\n'
        f'DPkg::Options {{ "--root={root}"; "--force-script-chrootless"; "--force-not-root"; '
        f'"--log={root}/var/log/dpkg.log"; }};\n'
    )
    packages = subprocess.run(
        ["apt-ftparchive", "packages", "."], cwd=repository, check=True, capture_output=True
    ).stdout
    (repository / "Packages").write_bytes(packages)
    return {"APT_CONFIG": str(root / "apt.conf"), "DPKG_ROOT": str(root), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8", "HOME": str(root)}  # fmt: skip


@needs_apt
@pytest.mark.apt
@pytest.mark.skipif(
    shutil.which("apt-ftparchive") is None or os.geteuid() != 0, reason="needs root, apt-utils"
)
def test_real_apt_carries_the_script_out_and_again(
    run: Run, catalog: Catalog, tmp_path: Path
) -> None:
    root, repository = tmp_path / "root", tmp_path / "repository"
    repository.mkdir()
    for sdk in ("2.30.0", "2.31.1"):
        for name, version in versions_of(catalog, sdk, "trn1").items():
            if name.removeprefix("aws-neuronx-") in ("dkms", "runtime-lib", "collectives", "tools"):
                a_deb(repository, name, version)
    a_deb(repository, "aws-neuronx-tools", "2.99.0.0-evil")
    environment = an_apt_root(root, repository)
    environment["NEURON_PIN_SKIP"] = "os instance can-build disk key repository headers reload"

    def carry_out(*options: str) -> subprocess.CompletedProcess[str]:
        plan = run(
            "plan", *options, "--framework", "none", "--instance", "trn1", "--os", "ubuntu22.04",
            "--python", "3.11", "--root", root, "--format", "sh",
        )  # fmt: skip
        assert plan.code == 0, plan.err
        script = tmp_path / "plan.sh"
        script.write_text(plan.out)
        if shutil.which("shellcheck"):
            checked = subprocess.run(
                ["shellcheck", "-S", "warning", str(script)], capture_output=True, check=False
            )
            assert checked.returncode == 0, checked.stdout.decode()
        return subprocess.run(
            ["sh", str(script)], env=environment, capture_output=True, text=True, check=False
        )

    def installed() -> dict[str, str]:
        done = subprocess.run(
            ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return dict(line.split() for line in done.stdout.splitlines())

    done = carry_out("--to", "2.30.0")
    assert done.returncode == 0, done.stdout + done.stderr
    first = installed()
    assert first == {n: v for n, v in versions_of(catalog, "2.30.0", "trn1").items() if n in first}
    assert len(first) == 4
    pins = (root / "etc/apt/preferences.d/00-neuron-pin.pref").read_text()
    assert pins.startswith("# managed by neuron-pin, sha256 ")
    again = carry_out("--to", "2.30.0")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("installed already") == 2
    # On, with a package on hold; and back.
    status = root / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace(
        "Package: aws-neuronx-tools\nStatus: install ok", "Package: aws-neuronx-tools\nStatus: hold ok"))  # fmt: skip
    done = carry_out("--from", "host", "--to", "2.31.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed() == {
        n: v for n, v in versions_of(catalog, "2.31.1", "trn1").items() if n in first
    }
    assert "Package: aws-neuronx-tools\nStatus: hold ok installed" in status.read_text()
    done = carry_out("--from", "host", "--to", "2.30.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed() == first
    # Somebody else's file is not overwritten.
    (root / "etc/apt/preferences.d/00-neuron-pin.pref").write_text("# mine\n")
    done = carry_out("--to", "2.30.0")
    assert done.returncode == 1
    assert "00-neuron-pin.pref" in done.stderr


# Hops ----------------------------------------------------------------------------------


def test_a_release_between_is_named_where_host_and_containers_move_apart(
    run: Run, catalog: Catalog
) -> None:
    start, end = Pair("2.25.4.0", "2.29.40.0"), Pair("2.30.2.0", "2.34.10.0")
    moves = find_moves(catalog, start, end, "trn2")
    pair = start
    for move in moves:
        field = "driver" if move.package.endswith("dkms") else "runtime"
        pair = pair._replace(**{field: move.version})
        assert find_clash(catalog, pair, "trn2") == ""
    assert pair == end
    assert [move.sdk for move in moves if move.sdk]
    target = ("--instance", "trn2", "--os", "ubuntu24.04")
    done = run("plan", "--from", "2.27.0", "--to", "2.32.0", *target, "--scope", "host")
    assert "2.27.0 → 2.30.0 → 2.32.0" in done.out
    assert "SDK 2.30.0" in done.out
    # Those of 2.31.1 work with those of 2.32.0, one after the other.
    done = run("plan", "--from", "2.31.1", "--to", "2.32.0", *target)
    assert "2.31.1 → 2.32.0" in done.out
    assert "2.30.0" not in done.out


# Hosts ---------------------------------------------------------------------------------


def test_a_host_moves_with_its_holds_and_renames(run: Run, tmp_path: Path) -> None:
    root = a_host(tmp_path / "root", held="hold")
    source = root / "etc/apt/sources.list.d/neuron.list"
    source.write_text(f"deb https://{SITE} noble main\n")
    done = run("plan", "--from", "host", "--root", root, "--to", "2.32.0", "--format", "json")
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    assert plan["target"]["instance"] == "trn2"
    by_name = {step["name"]: step for step in plan["steps"]}
    assert by_name["renamed"]["commands"] == ["apt-get remove -y aws-neuron-dkms"]
    assert "apt-mark hold aws-neuronx-tools" in by_name["packages"]["commands"]
    assert "--allow-change-held-packages" in by_name["packages"]["commands"][0]
    assert not any("rm -f" in command and "sources" in command for command in plan["back"])
    assert any("aws-neuron-dkms=2.2.14.0" in command for command in plan["back"])


def test_a_swapped_framework_package_is_told(run: Run) -> None:
    target = (
        "--to",
        "2.32.0",
        "--instance",
        "trn2",
        "--os",
        "ubuntu22.04",
        "--as-of",
        "2026-08-20",
    )
    image = run("plan", *target, "--format", "dockerfile").out
    assert any("import torch_neuronx" in row for row in image.splitlines() if row[:1] == "#")
    for start in ("2.28.1", "nothing"):
        plan = json.loads(run("plan", "--from", start, *target, "--format", "json").out)
        (warning,) = [warning for step in plan["steps"] for warning in step["warnings"]]
        assert warning in plan["notes"]
        for word in (
            "torch-neuronx",
            "libtorch-neuronx-lite",
            "import torch_neuronx",
            "--to 2.31.1",
        ):
            assert word in warning
        assert ("neuronx-distributed" in warning) == (start == "2.28.1")
    quiet = (
        "plan",
        "--to",
        "2.31.1",
        "--instance",
        "trn2",
        "--os",
        "ubuntu22.04",
        "--format",
        "json",
    )
    plan = json.loads(run(*quiet, "--as-of", "2026-08-20").out)
    assert not any(step["warnings"] for step in plan["steps"])


@pytest.fixture
def lock_of_2_28(run: Run, tmp_path: Path) -> Path:
    """Everything that SDK 2.28.1 had for trn2 and Python 3.10, which has ended since."""
    path = tmp_path / "old.json"
    done = run("lock", "--offline", "--instance", "trn2", "--os", "ubuntu22.04", "--python", "3.10",
               "--sdk", "2.28.1", "--as-of", "2026-03-20", "-o", path)  # fmt: skip
    assert done.code == 0, done.err
    return path


def offers(run: Run, *words: str | Path) -> list[str]:
    """The commands that a refusal offers; each is run, and prints a plan."""
    done = run("plan", *words)
    failure(done, NoSolution)
    found = re.findall("would work: neuron-pin (.*)", done.err)
    assert found
    for command in found:
        assert run(*shlex.split(command)).code == 0, command
    return found


@pytest.mark.parametrize("to", [["--to", "2.31.1"], ["--to", "2.32.0"], []])
def test_an_upgrade_is_offered_nothing_older(run: Run, lock_of_2_28: Path, to: list[str]) -> None:
    found = offers(run, "--from", lock_of_2_28, *to, "--as-of", "2026-08-20")
    for command in found:
        plan = json.loads(run(*shlex.split(command), "--format", "json").out)
        assert sdk_key(plan["to"]) > sdk_key("2.28.1")
        assert plan["target"]["instance"] == "trn2"
    assert any("--python 3" in command and "--to 2.31.1" in command for command in found)


def test_a_machine_is_offered_other_frameworks_and_no_other_machine(run: Run) -> None:
    target = (
        "--to",
        "2.32.0",
        "--instance",
        "inf2",
        "--os",
        "ubuntu22.04",
        "--as-of",
        "2026-08-20",
    )
    found = offers(run, "--from", "2.28.1", *target)
    assert all("--instance inf2" in command for command in found)
    assert any("--framework none" in command for command in found)
    # JAX NeuronX is beta.
    assert not any("--framework jax" in command for command in found)


def test_what_a_new_release_lacks_is_told_and_no_refusal(run: Run, lock_of_2_28: Path) -> None:
    """Of a lock, of a release and of whatever else, but for the framework itself."""
    more = ("--python", "3.11", "--as-of", "2026-08-20", "--format", "json")
    target = ("--instance", "trn2", "--os", "ubuntu22.04")
    for start in ((lock_of_2_28,), ("2.28.1", *target)):
        plan = json.loads(run("plan", "--from", *start, "--to", "2.31.1", *more).out)
        (note,) = [note for note in plan["notes"] if "neuronx-cc-stubs" in note]
        assert "2.29.1" in note
        warnings = [warning for step in plan["steps"] for warning in step["warnings"]]
        assert warnings == ([note] if start == (lock_of_2_28,) else [])
    # Without a release the newest that has everything is the one there is: what would be newer?
    plan = json.loads(run("plan", "--from", lock_of_2_28, *more).out)
    assert plan["to"] == "2.29.1"
    newest = ("lock", "--offline", *target, "--python", "3.11", "--sdk", "2.29.1")
    assert run(*newest, "--as-of", "2026-05-01", "-o", "newest.json").code == 0
    plan = json.loads(run("plan", "--from", "newest.json", *more).out)
    assert plan["to"] == "2.29.1"
    assert any("--to 2.31.1" in note and "neuronx-cc-stubs" in note for note in plan["notes"])
    # Who names a package wants it.
    words = ("--from", "2.28.1", "--to", "2.31.1", *target, "neuronx-cc-stubs", *more)
    failure(run("plan", *words), NoSolution)


def test_a_lock_as_the_end_is_told_by_its_release(run: Run, lock_of_2_28: Path) -> None:
    done = run("plan", "--from", "2.27.0", "--to", lock_of_2_28, "--instance", "trn2")
    error = failure(done, WrongUsage)
    assert "--to 2.28.1" in error.hint


def test_another_python_than_the_systems_has_a_reason(run: Run) -> None:
    def reasons(*words: str) -> dict[str, str]:
        asked = ("--instance", "trn2", *words, "--as-of", "2026-08-20", "--format", "json")
        steps = json.loads(run("plan", *asked).out)["steps"]
        return {step["name"]: step["reason"] or "" for step in steps}

    found = reasons("--os", "ubuntu22.04")
    assert "3.10" in found["make"]
    assert "--python" in found["make"]
    assert "astral.sh/uv/install.sh" in found["uv"]
    found = reasons("--os", "ubuntu22.04", "--python", "3.11")
    assert not found["make"]
    assert not reasons("--os", "ubuntu24.04")["make"]


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")
def test_one_key_alone_passes_the_check(run: Run, tmp_path: Path) -> None:
    """The step's own test, with the fingerprint of a key of ours in the place of Neuron's."""
    done = run("plan", "--instance", "trn2", "--os", "ubuntu24.04", "--framework", "none",
               "--root", tmp_path, "--format", "json")  # fmt: skip
    commands = [c for step in json.loads(done.out)["steps"] for c in step["commands"]]
    (check,) = [command for command in commands if "gpg --show-keys" in command]
    path = Path(next(word for word in check.split() if word.endswith(".new")))
    path.parent.mkdir(parents=True)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--batch", "--quiet", "--homedir", str(home), "--pinentry-mode", "loopback", "--passphrase", ""]  # fmt: skip
    keys = []
    try:
        for name in ("a", "b"):
            make = [*gpg, "--quick-gen-key", f"{name} <{name}@test.invalid>", "ed25519", "sign"]
            subprocess.run(make, check=True, capture_output=True)
            export = subprocess.run(
                [*gpg, "--armor", "--export", name], check=True, capture_output=True
            )
            keys.append(export.stdout)
        shown = subprocess.run([*gpg, "--with-colons", "--list-keys", "a"], check=True, capture_output=True, text=True)  # fmt: skip
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    own = next(row.split(":")[9] for row in shown.stdout.splitlines() if row.startswith("fpr"))
    check = check.replace(check.split()[-1], own)
    for data, code in ((keys[0], 0), (keys[1], 1), (keys[0] + keys[1], 1), (b"", 1)):
        path.write_bytes(data)
        assert subprocess.run(["sh", "-c", check], check=False).returncode == code


def test_the_script_stops_and_can_be_run_again(run: Run, tmp_path: Path) -> None:
    done = run(
        "plan", "--instance", "trn2", "--os", "ubuntu24.04", "--framework", "none",
        "--root", tmp_path / "root", "--format", "sh",
    )  # fmt: skip
    assert done.code == 0
    script = tmp_path / "plan.sh"
    script.write_text(done.out)
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    ran = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "ubuntu24.04" in ran.stderr
    assert "found: debian12" in ran.stderr
    if shutil.which("shellcheck"):
        checked = subprocess.run(["shellcheck", "-S", "warning", script], check=False)
        assert checked.returncode == 0


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("upgrade.sh", "#!/bin/sh\n"),
        ("Dockerfile", "# syntax=docker/dockerfile:1\n"),
        ("plan.json", "{"),
        ("plan.md", "## "),
        ("plan", "From "),
    ],
)
def test_a_plan_is_written_whole_or_not_at_all(
    run: Run, tmp_path: Path, name: str, start: str
) -> None:
    path = tmp_path / name
    words = ("plan", "--instance", "inf2", "--os", "ubuntu22.04", "--as-of", "2026-08-20")
    failure(run(*words, "--to", "2.32.0", "-o", path), NoSolution)
    assert not path.exists()
    done = run(*words, "-q", "-o", path)
    assert done.code == 0, done.err
    assert not done.out
    text = path.read_text()
    assert text.startswith(start)
    # The command that a file names says nothing of where and how it was printed.
    assert name not in text
    assert not re.search("neuron-pin plan .* -q", text)


def test_markdown_holds_what_the_text_does(run: Run) -> None:
    words = ("plan", "--from", "2.31.1", "--to", "2.32.0", "--instance", "trn2", "--as-of", "2026-08-20",
             "--os", "ubuntu24.04", "--venv", "a```b")  # fmt: skip
    plan = json.loads(run(*words, "--format", "json").out)
    text = run(*words, "--format", "markdown").out
    assert (
        len([row for row in text.splitlines() if row.startswith("### ")]) == len(plan["steps"]) + 2
    )
    for command in [*plan["back"], *(c for step in plan["steps"] for c in step["commands"])]:
        assert command in text or shlex.quote(command) in text
    assert all(text.count("\n" + fence + "sh\n") for fence in ("```", "````"))


@pytest.mark.parametrize(
    ("words", "kind", "data"),
    [
        (["--framework", "torch"], UnknownName, {"kind": "framework", "given": "torch"}),
        (["--category", "drivers"], UnknownName, {"kind": "category", "given": "drivers"}),
        (["--ami", "dlami"], UnknownName, {"kind": "image", "given": "dlami"}),
        (["--framework-version", "new"], WrongUsage, {}),
        (["--to", "2.99.0"], UnknownName, {"kind": "SDK release", "given": "2.99.0"}),
        (["--from", "somewhere"], WrongUsage, {}),
    ],
)
def test_wrong_words(
    run: Run, words: list[str], kind: type[NeuronPinError], data: dict[str, str]
) -> None:
    error = failure(run("plan", "--instance", "trn2", "--os", "ubuntu24.04", *words), kind)
    assert {name: getattr(error, name) for name in data} == data


def test_an_image_has_no_driver_and_holds_what_is_in_it(run: Run) -> None:
    done = run("plan", "--instance", "trn2", "--os", "ubuntu22.04", "--format", "dockerfile")
    assert done.code == 0, done.err
    assert "dkms" not in done.out
    assert "FROM ubuntu:22.04\n" in done.out
    layers = done.out.split("\nRUN ")[1:]
    for layer in layers:
        # Lists are fetched where they are used, and do not stay.
        uses = "apt-get install" in layer
        assert uses == ("apt-get update" in layer) == ("rm -rf /var/lib/apt/lists/*" in layer)
    assert "'aws-neuronx-tools=" in done.out
    assert "COPY --from=ghcr.io/astral-sh/uv:" in done.out
    assert "COPY <<'NEURON_PIN_END' /etc/apt/preferences.d/00-neuron-pin.pref" in done.out
    assert "ENV PATH=/opt/neuron/neuron-2.32.0-py3.13/bin:/opt/aws/neuron/bin:$PATH" in done.out


@pytest.mark.parametrize(
    ("start", "end", "back"), [("2.29.1", "2.28.1", "install"), ("2.28.1", "2.29.1", "downgrade")]
)
def test_the_way_back_goes_in_the_right_direction(
    run: Run, start: str, end: str, back: str
) -> None:
    """``dnf downgrade`` of a newer version changes nothing, with exit code 0."""
    words = ("--instance", "trn1", "--python", "3.10", "--as-of", "2026-05-01", "--phase", "eos")
    done = run("plan", "--from", start, "--to", end, "--os", "amzn2023", *words, "--format", "json")
    document = json.loads(done.out)
    lines = [line for line in document["back"] if "aws-neuronx-tools-" in line]
    assert [line.split()[2] for line in lines] == [back]
    assert not any("Ansible" in note for note in document["notes"])


@pytest.mark.parametrize(
    ("start", "end", "lowers"), [("2.29.1", "2.28.1", True), ("2.28.1", "2.29.1", False)]
)
def test_a_plan_that_lowers_versions_says_how(run: Run, start: str, end: str, lowers: bool) -> None:
    words = ("--instance", "trn1", "--python", "3.10", "--as-of", "2026-05-01", "--phase", "eos")
    done = run(
        "plan", "--from", start, "--to", end, "--os", "ubuntu22.04", *words, "--format", "json"
    )
    document = json.loads(done.out)
    installs = [
        c for step in document["steps"] for c in step["commands"] if "aws-neuronx-tools=" in c
    ]
    assert len(installs) == 1
    assert ("--allow-downgrades" in installs[0]) is lowers
    assert any("Ansible" in note for note in document["notes"]) is lowers
