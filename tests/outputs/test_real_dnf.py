"""Real dnf 4, in a private root, obeys our version locks."""

import hashlib
import json
import random
import re
from pathlib import Path

import pytest
from conftest import Keys, Run, list_locked_together, sample, system_versions
from dnf_scenarios import differences
from dnf_world import dnf_world, has_dnf
from rpm_world import has_rpm_tools

from neuron_pin.catalog import Catalog
from neuron_pin.fs.sections import BEGIN, END, BrokenSection, put_section
from neuron_pin.outputs.versionlock import conditions
from neuron_pin.policy import Ecosystem, parse_pin
from neuron_pin.policy.rpmversion import compare_rpm

TOOLS = "aws-neuronx-tools"
real_dnf = pytest.mark.skipif(not has_dnf, reason="needs dnf 4 with its versionlock plugin")


def spell(name: str, version: str) -> str:
    """A version with its build: the driver's and the tools' have none, the others' is a commit
    that begins with a digit or with a letter."""
    if name.endswith("-dkms"):
        return f"{version}-dkms"
    if name == TOOLS:
        return f"{version}-1"
    commit = hashlib.sha256(f"{name} {version}".encode()).hexdigest()[:9]
    return f"{version}_{commit}-1"


def real_packages(catalog: Catalog) -> list[tuple[str, str]]:
    """Every system package's real versions, spelled as Neuron's rpm packages are, and those of
    another repository beside them."""
    found = {(name, spell(name, version)) for name, version in system_versions(catalog)}
    names = {name for name, _ in found}
    found |= {(n, v) for n in names for v in ("2.99.99.99-1", "9.9-1", "1:2.0-1", "20.1.0-1")}
    return sorted(found)


PARTS = 6


@real_dnf
@pytest.mark.parametrize("part", sample(range(PARTS), PARTS))
def test_dnf_picks_what_was_locked_for_every_release_and_instance(
    run: Run, catalog: Catalog, keys: Keys, tmp_path: Path, part: int
) -> None:
    """From a signed repository of the real versions, which both of us read.

    Operating systems differ by the packages that a release supports on them: what was locked
    together for one is not locked for another once more.  The real one is asked about a file
    that has a line which it was not asked about.
    """
    dnf = dnf_world(tmp_path / "dnf", real_packages(catalog), keys)
    assert dnf.choose("aws-neuronx-tools") == {"aws-neuronx-tools": "1:2.0-1"}
    repo = f"[signed-by={tmp_path}/dnf/key.asc] file://{tmp_path}/dnf/repo"
    document = tmp_path / "lock.json"
    asked: set[str] = set()
    systems = ("amzn2", "amzn2023", "rocky9", "rhel10")
    together = list_locked_together(catalog, systems)
    assert {system for system, *_ in together} == set(systems)
    together = together[part::PARTS]
    for system, release, instance, names in together:
        document.unlink(missing_ok=True)
        done = run(
            "lock", *names, "--rpm-repo", repo, "--sdk", release.sdk, "--os", system,
            "--instance", instance, "--as-of", release.date, "--phase", "eos", "--phase", "beta",
            "-o", dnf.locks, "-o", document, "-U",
        )  # fmt: skip
        assert done.code == 0, done.err
        packages = json.loads(document.read_text())["packages"]
        locked = {p["name"]: p["version"] for p in packages}
        assert set(locked) == set(names)
        lines = set(re.sub(r"^#.*\n", "", dnf.locks.read_text(), flags=re.M).splitlines())
        assert {line.partition("-0:")[0] for line in lines} == set(names)
        if not lines <= asked:
            asked |= lines
            assert dnf.choose(*locked) == locked
    assert len(asked) >= 100 // PARTS


@real_dnf
@pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")
def test_random_worlds_short(tmp_path: Path) -> None:
    """A few of the worlds that `dnf_scenarios` makes; by hand it runs hundreds."""
    assert differences(1, 4, tmp_path) == []


@real_dnf
@pytest.mark.parametrize("block", sample(range(5), 3))
def test_random_repositories_and_pins(block: int, tmp_path: Path) -> None:
    """dnf takes the highest version in the pin, or nothing."""
    chance = random.Random(block)
    versions = [f"{a}.{b}.{c}.0" for a in (1, 2, 3, 20) for b in (0, 2, 28) for c in (1, 10)]
    packages = []
    pins = {}
    for number in range(30):
        name = f"aws-neuronx-{number}"
        offered = chance.sample(versions, 6)
        offered += [v + "1" for v in offered[:1]]
        packages += [
            (name, f"{chance.choice(['', '', '1:'])}{v}{build}-{chance.randint(1, 3)}")
            for v in offered
            for build in (chance.choice(["", "_3dcef56f0", "_dd5879008"]),)
        ]
        base = chance.choice(versions).split(".")
        pins[name] = chance.choice([f"-0:{base[0]}.*", f"-0:{'.'.join(base[:2])}.*",
                                    f"-0:{'.'.join(base)}-*"])  # fmt: skip
    dnf = dnf_world(tmp_path / "dnf", packages)
    lines = [
        f"{name}-{pattern}"
        for name, pin in pins.items()
        for pattern in parse_pin(pin, Ecosystem.RPM).to_rpm_patterns()
    ]
    dnf.locks.write_text(put_section("# mine\n", "\n".join(lines) + "\n"))
    found = dnf.choose(*pins)
    for name, written in pins.items():
        pin = parse_pin(written, Ecosystem.RPM)
        inside = [v for n, v in packages if n == name and ":" not in v and pin.matches(v)]
        best = None
        for version in inside:
            if best is None or compare_rpm(version, best) > 0:
                best = version
        assert found.get(name) == best, (name, written)
        # The conditions for dnf 5 say the same.
        for n, version in packages:
            if n == name:
                holds = all(_holds(version, *condition) for condition in conditions(pin))
                assert holds is (":" not in version and pin.matches(version))


def _holds(version: str, comparator: str, value: str) -> bool:
    bare = version.rpartition("-")[0] if "-" not in value else version
    order = compare_rpm(bare, value)
    return {"<": order < 0, ">=": order >= 0, "=": order == 0}[comparator]


def test_other_peoples_locks_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "versionlock.list"
    path.write_text("# mine\nkernel-0:5.14.0-*\n")
    arguments = ("lock", "--offline", "aws-neuronx-tools", "--os", "rocky9", "-o", path)
    assert run(*arguments, "--sdk", "2.31.1", "--pin", "major").code == 0
    first = path.read_text()
    assert first.startswith(f"# mine\nkernel-0:5.14.0-*\n{BEGIN}\n")
    assert "aws-neuronx-tools-0:2.*\n" in first
    path.write_text(first + "bash-0:5.*\n")
    assert run(*arguments, "--sdk", "2.31.1").code == 0
    second = path.read_text()
    assert "aws-neuronx-tools-0:2.31.15.0-*\n" in second
    assert second.startswith("# mine\nkernel-0:5.14.0-*\n")
    assert second.endswith(f"{END}\nbash-0:5.*\n")
    path.write_text(second.replace(END + "\n", ""))
    done = run(*arguments)
    assert (done.code, f"{path}:3" in done.err) == (2, True)


def test_the_toml_is_the_one_of_dnf5s_manual(run: Run, tmp_path: Path) -> None:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    path = tmp_path / "versionlock.toml"
    arguments = ("lock", "--offline", "aws-neuronx-tools", "--os", "rocky9", "--sdk", "2.31.1")
    assert run(*arguments, "--pin", "major", "-o", path).code == 0
    document = tomllib.loads(path.read_text())
    (package,) = document["packages"]
    assert (document["version"], package["name"]) == ("1.0", "aws-neuronx-tools")
    assert package["conditions"] == [
        {"key": "evr", "comparator": ">=", "value": "0:2"},
        {"key": "evr", "comparator": "<", "value": "0:3"},
    ]
    path.write_text('version = "1.0"\n[[packages]]\nname = "bash"\n')
    assert run(*arguments, "-o", path).code == 0
    names = [p["name"] for p in tomllib.loads(path.read_text())["packages"]]
    assert names == ["bash", "aws-neuronx-tools"]


def test_sections() -> None:
    once = put_section("", "a\n", "head\n")
    assert once == f"head\n{BEGIN}\na\n{END}\n"
    assert put_section(once, "b\n") == f"head\n{BEGIN}\nb\n{END}\n"
    assert put_section("x", "a\n") == f"x\n{BEGIN}\na\n{END}\n"
    for broken in (f"{BEGIN}\n", f"{END}\n{BEGIN}\n", once + once):
        with pytest.raises(BrokenSection):
            put_section(broken, "a\n")


def test_locks_that_cannot_be_read_whole_are_not_replaced(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other people's lines are in there: what was not read must not be lost."""
    monkeypatch.setattr("neuron_pin.operations.write.MAX_BYTES", 100)
    path = tmp_path / "versionlock.list"
    text = "kernel-0:5.14.0-*\n" * 20
    path.write_text(text)
    done = run("lock", "--offline", "aws-neuronx-tools", "--os", "rocky9", "-o", path)
    assert done.error is not None
    assert (done.code, str(path) in done.error.message) == (2, True)
    assert path.read_text() == text


@real_dnf
@pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")
def test_epochs_and_packages_of_no_release(run: Run, keys: Keys, tmp_path: Path) -> None:
    """A pin of the policy names no epoch, so a version with one is none of the release's; of
    other packages the very version is locked, epoch and release number included."""
    offered = [("tool", "9:1.0-1"), ("tool", "9:1.0-2"), ("tool", "2.0-1"), ("plain", "1.5-2"),
               ("plain", "1.6-1"), (TOOLS, "2.32.28.0-1"), (TOOLS, "9:2.32.28.0-2")]  # fmt: skip
    dnf = dnf_world(tmp_path / "dnf", offered, keys)
    repo = f"[signed-by={tmp_path}/dnf/key.asc] file://{tmp_path}/dnf/repo"
    done = run("lock", TOOLS, "rpm:tool=9:1.0-1", "rpm:plain=1.5-2", "--rpm-repo", repo, "--os",
               "rocky9", "--as-of", "2026-09-01", "-o", dnf.locks)  # fmt: skip
    assert done.code == 0, done.err
    wanted = {"tool": "9:1.0-1", "plain": "1.5-2", TOOLS: "2.32.28.0-1"}
    assert dnf.choose(*wanted) == wanted
