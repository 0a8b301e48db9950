"""Versions newer than every known release: when a lock takes them, and what it says of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run, Served, failure, publish
from deb_world import Deb, debs
from packaging.pylock import Pylock

import neuron_pin
from neuron_pin.errors import NoSolution, UnknownName, WrongUsage

LOCAL: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "torch-neuronx": [
        ("2.9.0.2.15.32035+de43f57c", ("torch==2.9.*", "libneuronxla<3.0,>2.0.965",
                                       "neuronx-cc==2.*")),
        ("2.9.0.2.17.40000+aaaa", ("torch==2.9.*", "libneuronxla<3.0,>2.0.965",
                                   "neuronx-cc==2.*")),
        ("2.9.0.2.15.1", ()),
    ],
    "libneuronxla": [("2.2.17544.0+1", ()), ("2.2.20000.0+1", ()), ("3.0.5356.0+1", ()),
                     ("3.0.10135.0+1", ())],
    "neuronx-cc": [("2.26.6360.0+1", ()), ("2.27.5334.0+1", ()), ("2.28.7631.0+1", ()),
                   ("2.29.100.0+1", ()), ("2.30b5", ()), ("3.0.7.0+1", ()), ("2.26.7000.0", ())],
    "nki": [("0.6.0+1", ()), ("0.7.0+1", ()), ("0.8.0+1", ())],
}  # fmt: skip
KNOWN = {name: [row for row in rows if row[0] in (
    "2.9.0.2.15.32035+de43f57c", "2.2.17544.0+1", "3.0.5356.0+1", "2.26.6360.0+1", "2.27.5334.0+1",
    "0.6.0+1")] for name, rows in LOCAL.items()}  # fmt: skip
PUBLIC = {"torch": [("2.9.1", ())], "app": [("1.0", ("neuronx-cc",))]}


class World(NamedTuple):
    """Neuron's index, and the options of a lock against it."""

    neuron: Served
    options: list[str]


@pytest.fixture
def world(serve: Callable[[], Served]) -> World:
    neuron, public = serve(), serve()
    publish(neuron, LOCAL, as_json=True)
    publish(public, PUBLIC, as_json=True)
    options = [
        "--index-url", f"{public.url}/simple", "--neuron-index-url", f"{neuron.url}/simple",
        "--instance", "trn2", "--python", "3.12", "--as-of", "2026-11-20",
    ]  # fmt: skip
    return World(neuron, options)


def lock(run: Run, world: World, *arguments: str) -> dict:
    done = run("lock", *world.options, *arguments, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    document["chosen"] = {p["name"]: p["version"].partition("+")[0] for p in document["packages"]}
    document["phases"] = {p["name"]: p["phase"] for p in document["packages"]}
    document["rules"] = {e["version"].partition("+")[0]: e["rule"] for e in document["exclusions"]}
    document["newer"] = [w for w in document["warnings"] if "NP510" in w or "NP307" in w]
    return document


CC, NEW_CC = "2.27.5334.0", "2.29.100.0"
ALLOW, REFUSE = ("--newer-than-facts", "allow"), ("--newer-than-facts", "refuse")

# what is asked for; the release, what is chosen of it
TAKEN = [
    ("neuronx-cc", (), "2.32.0", {"neuronx-cc": CC}),
    ("neuronx-cc==2.*", (), "2.32.0", {"neuronx-cc": CC}),
    ("neuronx-cc>=2.27", (), "2.32.0", {"neuronx-cc": CC}),
    ("neuronx-cc==2.28.*", (), "2.32.0+", {"neuronx-cc": "2.28.7631.0"}),
    ("neuronx-cc==2.28.7631.0", (), "2.32.0+", {"neuronx-cc": "2.28.7631.0"}),
    ("neuronx-cc>2.28", (), "2.32.0+", {"neuronx-cc": NEW_CC}),
    ("neuronx-cc", ALLOW, "2.32.0+", {"neuronx-cc": NEW_CC}),
    ("neuronx-cc", REFUSE, "2.32.0", {"neuronx-cc": CC}),
    # A mark counts as the phase that it names.
    ("neuronx-cc", (*ALLOW, "--phase", "beta"), "2.32.0+", {"neuronx-cc": "2.30b5"}),
    ("neuronx-cc==2.30b5", (), "2.32.0+", {"neuronx-cc": "2.30b5"}),
    # A new major has to be asked for by a pin of its own.
    ("neuronx-cc==3.*", (), "2.32.0+", {"neuronx-cc": "3.0.7.0"}),
    ("neuronx-cc==3.0.7.0", (), "2.32.0+", {"neuronx-cc": "3.0.7.0"}),
    # A release and a day that were asked for are not newer than the facts.
    ("neuronx-cc", (*ALLOW, "--sdk", "2.31.1"), "2.31.1", {"neuronx-cc": "2.26.6360.0"}),
    ("neuronx-cc", (*ALLOW, "--as-of", "2026-08-16"), "2.31.1", {"neuronx-cc": "2.26.6360.0"}),
    # What the wheels require holds, also of a line that the newest release no longer has.
    ("torch-neuronx", ALLOW, "2.32.0+", {"torch-neuronx": "2.9.0.2.17.40000", "neuronx-cc": NEW_CC,
                                         "libneuronxla": "2.2.20000.0", "torch": "2.9.1"}),
    ("torch-neuronx", (), "2.31.1", {"torch-neuronx": "2.9.0.2.15.32035", "torch": "2.9.1",
                                     "neuronx-cc": "2.26.6360.0", "libneuronxla": "2.2.17544.0"}),
    # What a package requires is no asking for a new release, where it goes without.
    ("app", (), "2.32.0", {"app": "1.0", "neuronx-cc": CC}),
    ("app", ALLOW, "2.32.0+", {"app": "1.0", "neuronx-cc": NEW_CC}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "options", "sdk", "chosen"), TAKEN)
def test_what_is_taken(asked, options, sdk, chosen, run: Run, world: World) -> None:
    found = lock(run, world, asked, *options)
    assert (found["sdk"], found["chosen"]) == (sdk, chosen)
    assert {p["sdk"] for p in found["packages"] if p["kind"]} == {sdk}


def test_components_of_one_build_are_of_one_release(run: Run, world: World) -> None:
    """The minors of the compiler and of NKI go up by one with each release of the SDK."""
    found = lock(run, world, "nki", "neuronx-cc==2.28.*")
    assert found["chosen"] == {"neuronx-cc": "2.28.7631.0", "nki": "0.7.0"}
    assert found["rules"]["0.8.0"] == "NP510"
    found = lock(run, world, "nki==0.8.0", "neuronx-cc==2.28.*")
    assert found["chosen"] == {"neuronx-cc": "2.28.7631.0", "nki": "0.8.0"}


def test_the_phase_is_unknown_wherever_it_is_told(run: Run, world: World) -> None:
    options = [*world.options, "neuronx-cc==2.28.*"]
    done = run("lock", *options, "-o", "pylock.toml", "-o", "c.txt")
    assert done.code == 0, done.err
    assert "unknown" in done.out.splitlines()[3]
    assert "# neuronx-cc 2.28.7631.0+1: newer than the facts, phase unknown" in (
        Path("c.txt").read_text()
    )
    text = Path("pylock.toml").read_text()
    assert 'phase = "unknown"' in text and 'sdk = "2.32.0+"' in text
    Pylock.from_dict(neuron_pin_toml(text))
    found = lock(run, world, "neuronx-cc==2.28.*", "nki==0.6.*")
    assert found["phases"] == {"neuronx-cc": "unknown", "nki": "stable"}
    assert lock(run, world, "neuronx-cc==2.30b5")["phases"] == {"neuronx-cc": "beta"}
    done = run("explain", "neuronx-cc", *world.options, "--format", "json")
    verdicts = {v["version"].partition("+")[0]: v for v in json.loads(done.out)["versions"]}
    assert verdicts["2.28.7631.0"]["phase"] == "unknown"
    assert [e["rule"] for e in verdicts["2.28.7631.0"]["exclusions"]] == ["NP510"]
    assert verdicts[CC]["phase"] == "stable" and verdicts[CC]["chosen"]
    # An unknown build that is older than the release's is no newer version.
    assert [e["rule"] for e in verdicts["2.26.7000.0"]["exclusions"]] == ["NP501"]


def neuron_pin_toml(text: str) -> dict:
    from neuron_pin.fs.toml import parse_toml

    return parse_toml(text)


def test_one_line_names_what_is_newer_and_how_to_take_it(run: Run, world: World) -> None:
    found = lock(run, world, "neuronx-cc", "nki")
    assert found["chosen"] == {"neuronx-cc": CC, "nki": "0.6.0"}
    (line,) = found["newer"]
    for part in ("2026-08-21", f"neuronx-cc {NEW_CC}", "nki 0.8.0", "--newer-than-facts allow"):
        assert part in line
    assert (found["rules"][NEW_CC], found["rules"]["3.0.7.0"]) == ("NP510", "NP307")
    assert not lock(run, world, "neuronx-cc", *REFUSE)["newer"]
    (line,) = lock(run, world, "neuronx-cc", *ALLOW)["newer"]
    assert "2.32.0+" in line and NEW_CC in line


def test_versions_that_may_compete_and_do_not_go_together_are_told(run: Run, world: World) -> None:
    rows = [LOCAL["torch-neuronx"][0], ("2.9.0.2.17.40000", ("neuronx-cc==9.*",))]
    publish(world.neuron, {"torch-neuronx": rows}, as_json=True)
    found = lock(run, world, "torch-neuronx", *ALLOW)
    assert found["sdk"] == "2.31.1"
    assert [w for w in found["warnings"] if "NP505" in w and "2.32.0+" in w and "9.*" in w]
    # It was given, and is no advice.
    assert not any("--newer-than-facts allow" in w for w in found["warnings"])
    quiet = lock(run, world, "torch-neuronx")
    assert not [w for w in quiet["warnings"] if "NP505" in w]


def test_only_what_has_no_phase_is_of_unknown_phase(run: Run, world: World) -> None:
    (line,) = lock(run, world, "neuronx-cc==2.30b5", "nki==0.8.0")["newer"]
    assert "phase of nki is unknown" in line


def test_a_version_of_a_release_known_in_part_names_the_release(run: Run, world: World) -> None:
    done = run("explain", "neuronx-cc", *world.options, "--format", "json")
    verdicts = {v["version"].partition("+")[0]: v for v in json.loads(done.out)["versions"]}
    assert "2.33.0" in verdicts["2.28.7631.0"]["exclusions"][0]["reason"]
    assert "2.33.0" not in verdicts[NEW_CC]["exclusions"][0]["reason"]


def test_a_difference_knows_no_phase_of_newer_versions(run: Run) -> None:
    Path("old.txt").write_text("neuronx-cc==2.27.5334.0\nnki==0.6.0\n")
    Path("new.txt").write_text("neuronx-cc==2.99.1.0\nnki==0.6.0\n")
    document = json.loads(run("diff", "old.txt", "new.txt", "--format", "json").out)
    rows = {row["name"]: row for row in document["packages"]}
    assert (rows["neuronx-cc"]["old_phase"], rows["neuronx-cc"]["new_phase"]) == (
        "stable", "unknown",
    )  # fmt: skip
    assert "nki" not in rows or rows["nki"]["new_phase"] == "stable"
    assert "stable → unknown" in run("diff", "old.txt", "new.txt").out


def test_without_newer_versions_nothing_is_said(run: Run, world: World) -> None:
    publish(world.neuron, KNOWN, as_json=True)
    usual = lock(run, world, "neuronx-cc", "nki")
    for options in (ALLOW, REFUSE):
        other = lock(run, world, "neuronx-cc", "nki", *options)
        assert {**other, "command": ""} == {**usual, "command": ""}
    assert usual["sdk"] == "2.32.0" and not usual["newer"]


# what is asked for, how; the rules and the versions that the reasons name
REFUSED = [
    ("neuronx-cc==4.*", (), (), ("3.0.7.0", "2.30b5", NEW_CC)),
    ("neuronx-cc==4.*", ALLOW, (), ("3.0.7.0", NEW_CC)),
    ("neuronx-cc==2.28.*", REFUSE, ("NP510",), ("2.28.7631.0",)),
    ("neuronx-cc>=3", ALLOW, ("NP307",), ("3.0.7.0",)),
    ("neuronx-cc>=3", (), ("NP307",), ("3.0.7.0",)),
    ("torch-neuronx==2.15.*", (), (), ("2.9.0.2.17.40000",)),
]


@pytest.mark.parametrize(("asked", "options", "rules", "versions"), REFUSED)
def test_what_does_not_exist_names_what_does(
    asked, options, rules, versions, run: Run, world: World
) -> None:
    error = failure(run("lock", *world.options, asked, *options), NoSolution)
    causes = "\n".join(error.causes)
    for part in (*rules, *versions):
        assert part in causes
    if not rules:
        assert f"{world.neuron.url}/simple" in causes


def test_what_was_refused_would_work_if_allowed(run: Run, world: World) -> None:
    error = failure(run("lock", *world.options, "neuronx-cc==2.28.*", *REFUSE), NoSolution)
    changes = [r.change.options for r in error.relaxations]
    assert (("--newer-than-facts", "allow"),) in changes


def test_the_setting_is_that_of_the_option(run: Run, world: World, monkeypatch) -> None:
    monkeypatch.setenv("NEURON_PIN_NEWER_THAN_FACTS", "allow")
    assert lock(run, world, "neuronx-cc")["chosen"] == {"neuronx-cc": NEW_CC}
    monkeypatch.delenv("NEURON_PIN_NEWER_THAN_FACTS")
    # The cache of the lock before does not answer for another setting.
    assert lock(run, world, "neuronx-cc")["chosen"] == {"neuronx-cc": CC}
    Path("pyproject.toml").write_text('[tool.neuron-pin]\nnewer-than-facts = "allow"\n')
    assert lock(run, world, "neuronx-cc")["chosen"] == {"neuronx-cc": NEW_CC}
    failure(run("lock", *world.options, "nki", "--newer-than-facts", "maybe"), WrongUsage)
    failure(run("lock", "--offline", "nki", "--sdk", "2.32.0+"), WrongUsage)


def test_the_api_takes_the_option(world: World, tmp_path: Path) -> None:
    urls = dict(zip(world.options[::2], world.options[1::2], strict=True))
    found = neuron_pin.lock(
        ["neuronx-cc"],
        target=neuron_pin.Target(instance="trn2", python="3.12", as_of="2026-11-20"),
        index_url=urls["--index-url"],
        neuron_index_url=urls["--neuron-index-url"],
        cache_dir=tmp_path / "cache",
        newer_than_facts="allow",
    )
    assert (found.sdk, found.packages[0].version) == ("2.32.0+", f"{NEW_CC}+1")
    assert found.packages[0].phase_label == "unknown"
    assert found.support is None


def test_support_of_what_is_unknown_is_not_guaranteed(run: Run, world: World) -> None:
    error = failure(
        run("lock", *world.options, "neuronx-cc==2.28.*", "--require-support-until", "2026-09-01"),
        NoSolution,
    )
    assert any("NP205" in cause for cause in error.causes)


def test_a_lock_that_has_newer_versions_keeps_them(run: Run, world: World) -> None:
    words = ("lock", *world.options, "neuronx-cc", "-o", "lock.json")
    assert run(*words, *ALLOW).code == 0
    document = json.loads(Path("lock.json").read_text())
    assert document["sdk"] == "2.32.0+"
    assert run(*words).code == 0
    kept = json.loads(Path("lock.json").read_text())
    assert (kept["sdk"], kept["packages"]) == ("2.32.0+", document["packages"])
    assert run(*words, "--upgrade").code == 0
    assert json.loads(Path("lock.json").read_text())["sdk"] == "2.32.0"


# a command that reads the lock, what it says of it
READERS = [
    (("diff", "lock.json", "2.32.0"), "2.28.7631.0"),
    (("check", "lock.json"), "2.28.7631.0"),
    (("verify", "lock.json"), "1 packages verified"),
    (("plan", "--from", "lock.json"), "2.32.0+"),
    (("outdated", "lock.json"), "2.32.0+"),
]


@pytest.mark.parametrize(("command", "said"), READERS)
def test_other_commands_read_a_lock_of_an_inferred_release(
    command: tuple[str, ...], said: str, run: Run, world: World
) -> None:
    options = [*world.options, "--os", "ubuntu24.04"]
    assert run("lock", *options, "neuronx-cc==2.28.*", "-o", "lock.json").code == 0
    done = run(*command)
    assert done.code in (0, 1) and done.error is None, done.err
    assert said in done.out


RUNTIME, COLLECTIVES, DRIVER = (
    "aws-neuronx-runtime-lib", "aws-neuronx-collectives", "aws-neuronx-dkms",
)  # fmt: skip
PACKAGES = [
    Deb(RUNTIME, "2.34.10.0-aaaa"),
    Deb(RUNTIME, "2.35.30.0-bbbb"),
    Deb(COLLECTIVES, "2.34.10.0-aaaa"),
    Deb(COLLECTIVES, "2.35.43.0-bbbb", {"Depends": f"{RUNTIME} (>= 2.35)"}),
    Deb(COLLECTIVES, "2.36.1.0-cccc", {"Depends": f"{RUNTIME} (>= 2.36)"}),
    Deb(DRIVER, "2.30.2.0"),
    Deb(DRIVER, "2.31.7.0"),
]
SYSTEM = ("--instance", "trn2", "--os", "ubuntu22.04", "--as-of", "2026-11-20")

# what is asked for; the release, the versions
OFFERED = [
    ((RUNTIME,), "2.32.0", {RUNTIME: "2.34.10.0-aaaa"}),
    ((RUNTIME, *ALLOW), "2.32.0+", {RUNTIME: "2.35.30.0-bbbb"}),
    ((f"{RUNTIME}=2.35.*",), "2.32.0+", {RUNTIME: "2.35.30.0-bbbb"}),
    ((f"{RUNTIME}=2.35.30.0-*",), "2.32.0+", {RUNTIME: "2.35.30.0-bbbb"}),
    # What the packages need of each other holds.
    ((COLLECTIVES, *ALLOW), "2.32.0+", {RUNTIME: "2.35.30.0-bbbb", COLLECTIVES: "2.35.43.0-bbbb"}),
    # The catalog's windows: this runtime library does not work with so old a driver.
    ((f"{RUNTIME}=2.35.*", "--with-driver", "2.31.7.0"), "2.32.0+", {RUNTIME: "2.35.30.0-bbbb"}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sdk", "versions"), OFFERED)
def test_repositories_have_newer_packages(
    asked: tuple[str, ...], sdk: str, versions: dict[str, str], run: Run, tmp_path: Path
) -> None:
    line = debs(tmp_path / "repo", PACKAGES)
    done = run("lock", *asked, *SYSTEM, "--offline", "--apt-repo", line, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    chosen = {p["name"]: p["version"] for p in document["packages"]}
    assert (document["sdk"], chosen) == (sdk, versions)
    preferences = run("lock", *asked, *SYSTEM, "--offline", "--apt-repo", line,
                      "--format", "apt-preferences").out  # fmt: skip
    assert ("phase unknown" in preferences) == (sdk == "2.32.0+")


def test_a_repository_without_what_was_asked_for_names_what_it_has(
    run: Run, tmp_path: Path
) -> None:
    line = debs(tmp_path / "repo", PACKAGES)
    words = ("lock", f"{RUNTIME}=2.99.*", *SYSTEM, "--offline", "--apt-repo", line)
    error = failure(run(*words), NoSolution)
    assert any("2.35.30.0" in cause and "repo" in cause for cause in error.causes)


@pytest.mark.parametrize(("family", "code"), [("trn2", 0), ("trn3", 0), ("trn1", 1), ("inf2", 1)])
def test_a_newer_version_of_another_backend_is_for_its_families(
    family: str, code: int, run: Run, world: World
) -> None:
    """Native torch-neuronx follows a version of PyTorch/XLA, which is for Trn1 and Inf2 too."""
    publish(world.neuron, {"torch-neuronx": [("2.15.3.0.1", ())]}, as_json=True)
    for asked in ("torch-neuronx==2.15.*", "torch-neuronx==2.15.3.0.1"):
        done = run("lock", *world.options, "--instance", family, asked)
        assert done.code == code, done.err
        assert code == 0 or "NP101" in done.err


def test_what_only_newer_versions_are_for_is_offered(run: Run, world: World) -> None:
    """No known version is for Python 3.14; a newer one has a wheel for it."""
    asked = ("lock", *world.options, "--python", "3.14", "neuronx-cc")
    error = failure(run(*asked), NoSolution)
    changes = [relaxation.change.options for relaxation in error.relaxations]
    assert (("--newer-than-facts", "allow"),) in changes
    assert run(*asked, *ALLOW).code == 0


def test_a_release_newer_than_the_facts_is_no_slip(run: Run) -> None:
    for sdk, is_near in (("2.99.0", False), ("2.31.9", True)):
        error = failure(run("releases", sdk), UnknownName)
        assert bool(error.near) is is_near


@pytest.mark.parametrize(("asked", "is_newer"), [("neuronx-cc==2.99.*", True),
    ("torch-neuronx==2.14.*", True), ("neuronx-cc==2.4.999", False)])  # fmt: skip
def test_an_error_names_what_is_newer_than_the_facts(asked: str, is_newer: bool, run: Run) -> None:
    words = ("lock", "--offline", "--instance", "trn2", "--as-of", "2026-11-28", asked)
    error = failure(run(*words), NoSolution)
    assert any("NP510" in cause for cause in error.causes) is is_newer


def test_a_package_of_a_release_known_in_part_has_not_left(run: Run) -> None:
    for family, is_listed in (("trn1", True), ("trn2", False)):
        words = ("lock", "--offline", "--instance", family, "--as-of", "2026-11-28", "--python")
        done = run(*words, "3.12", "torch-neuronx", "--format", "json")
        (line,) = [w for w in json.loads(done.out)["warnings"] if "after 2.31.1" in w]
        assert ("2.33.0" in line) is is_listed


def test_a_new_package_of_a_release_known_in_part_is_named(run: Run, world: World) -> None:
    publish(world.neuron, {"vllm-omni-neuron": [("0.29.0.0.2.0", ())]}, as_json=True)
    index = f"vllm-omni-neuron={world.neuron.url}/simple"
    error = failure(run("lock", *world.options, "vllm-omni-neuron"), NoSolution)
    assert f"--index {index}" in error.hint and "2.33.0" in error.hint
    assert run("lock", *world.options, "--index", index, "vllm-omni-neuron").code == 0


def test_a_package_that_looks_like_neurons_is_told_of(
    run: Run, serve: Callable[[], Served]
) -> None:
    """No facts say whether it is a Beta."""
    index = serve()
    publish(index, {"neuronx-fresh": [("0.1.0", ())], "tool": [("1.0", ())]}, as_json=True)
    url = f"{index.url}/simple"
    done = run("lock", "neuronx-fresh", "tool", "--index", f"neuronx-fresh={url}", "--index-url",
               url, "--python", "3.12", "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    told = [line for line in json.loads(done.out)["warnings"] if "NP510" in line]
    assert [line.split()[0] for line in told] == ["neuronx-fresh"]
