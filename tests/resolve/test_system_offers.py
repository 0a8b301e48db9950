"""Relations between system packages, revisions without an order, the C library."""

import json
from pathlib import Path

import pytest
from conftest import Run, failure
from deb_world import Deb, debs
from rpm_world import Built, build, has_rpm_tools, index

from neuron_pin.errors import NoSolution

TOOLS, RUNTIME, COLLECTIVES = (
    "aws-neuronx-tools", "aws-neuronx-runtime-lib", "aws-neuronx-collectives",
)  # fmt: skip
# Release 2.32.0 and 2.31.1 as they are.
NEW = {TOOLS: "2.32.28.0", RUNTIME: "2.34.10.0", COLLECTIVES: "2.34.10.0"}
OLD = {TOOLS: "2.31.15.0", RUNTIME: "2.33.10.0", COLLECTIVES: "2.33.10.0"}
REVISION = "-1b3ca64250aa"


def both(**fields: str) -> list[Deb]:
    """Both releases' packages; ``fields`` are of the newer collectives library."""
    found = [Deb(name, version + REVISION) for name, version in OLD.items()]
    found += [
        Deb(name, version + REVISION, fields if name == COLLECTIVES else {})
        for name, version in NEW.items()
    ]
    return found


def lock(run: Run, line: str, *names: str, options: tuple[str, ...] = ()) -> dict[str, str]:
    done = run("lock", *names, "--apt-repo", line, "--instance", "trn1", "--os", "ubuntu22.04",
               "--as-of", "2026-08-20", "--format", "json", *options)  # fmt: skip
    assert done.code == 0, done.err
    document = json.loads(done.out)
    return {"": document["sdk"], **{p["name"]: p["version"] for p in document["packages"]}}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return tmp_path / "repo"


# what the newer collectives library states, what is asked for; the packages of the lock
STATED = [
    ({}, {"": "2.32.0", COLLECTIVES: NEW[COLLECTIVES]}),
    ({"Depends": RUNTIME}, {"": "2.32.0", COLLECTIVES: NEW[COLLECTIVES], RUNTIME: NEW[RUNTIME]}),
    ({"Depends": f"{RUNTIME} (>= 2.34)"}, {"": "2.32.0", COLLECTIVES: NEW[COLLECTIVES],
                                          RUNTIME: NEW[RUNTIME]}),
    ({"Depends": f"{RUNTIME} (>= 2.35)"}, {"": "2.31.1", COLLECTIVES: OLD[COLLECTIVES]}),
    ({"Pre-Depends": f"{RUNTIME} (<< 2.34)"}, {"": "2.31.1", COLLECTIVES: OLD[COLLECTIVES]}),
    ({"Depends": "dkms, python3 (>= 99) | libfoo"}, {"": "2.32.0",
                                                    COLLECTIVES: NEW[COLLECTIVES]}),
    ({"Depends": f"{RUNTIME} (>= 9) | {TOOLS}"}, {"": "2.32.0", COLLECTIVES: NEW[COLLECTIVES],
                                                 TOOLS: NEW[TOOLS]}),
    ({"Depends": f"{RUNTIME} (>= 9) | libc6"}, {"": "2.32.0", COLLECTIVES: NEW[COLLECTIVES]}),
    ({"Depends": "libc6 (>= 2.35)"}, {"": "2.32.0", COLLECTIVES: NEW[COLLECTIVES]}),
    ({"Depends": "libc6 (>= 2.38)"}, {"": "2.31.1", COLLECTIVES: OLD[COLLECTIVES]}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), STATED)
def test_depends(run: Run, repo: Path, fields: dict[str, str], expected: dict[str, str]) -> None:
    found = lock(run, debs(repo, both(**fields)), COLLECTIVES)
    assert {name: v.removesuffix(REVISION) for name, v in found.items()} == expected


# what the newer collectives library states against the runtime library, the release that wins
AGAINST = [
    ({"Conflicts": f"{RUNTIME} (<< 2.34)"}, "2.32.0"),
    ({"Conflicts": RUNTIME}, "2.31.1"),
    ({"Breaks": f"{RUNTIME} (>= 2.34.10)"}, "2.31.1"),
    ({"Conflicts": COLLECTIVES}, "2.32.0"),
    ({"Conflicts": "neuron-runtime"}, "2.31.1"),
    ({"Conflicts": "neuron-runtime (= 1)"}, "2.32.0"),
]


@pytest.mark.parametrize(("fields", "sdk"), AGAINST)
def test_conflicts_and_provides(run: Run, repo: Path, fields: dict[str, str], sdk: str) -> None:
    packages = [
        p._replace(fields={"Provides": "neuron-runtime"}) if p.name == RUNTIME else p
        for p in both(**fields)
    ]
    line = debs(repo, packages)
    assert lock(run, line, COLLECTIVES, RUNTIME)[""] == sdk
    # Where the other one is not wanted nothing stands against it.
    assert lock(run, line, COLLECTIVES)[""] == "2.32.0"


def test_why_a_newer_release_was_passed_over(run: Run, repo: Path) -> None:
    line = debs(repo, both(Depends=f"{RUNTIME} (>= 2.35)"))
    done = run("lock", COLLECTIVES, "--apt-repo", line, "--instance", "trn1", "--os",
               "ubuntu22.04", "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    (passed,) = [e for e in json.loads(done.out)["exclusions"] if e["name"] == "neuron-sdk"]
    assert passed["version"] == "2.32.0"
    assert f"{RUNTIME} (>= 2.35)" in passed["reason"]
    assert COLLECTIVES in passed["reason"]


def test_of_two_commits_the_later_in_the_index_is_taken_and_pinned(run: Run, repo: Path) -> None:
    """deb-version(7) would order them by their letters."""
    version = NEW[TOOLS]
    first, second = f"{version}-ffaa0011", f"{version}-00aa1122"
    line = debs(repo, [Deb(TOOLS, first), Deb(TOOLS, second)])
    arguments = ("lock", TOOLS, "--apt-repo", line, "--instance", "trn1", "--as-of", "2026-08-20")
    document = json.loads(run(*arguments, "--format", "json").out)
    (package,) = document["packages"]
    assert (package["version"], package["pin"]) == (second, f"={second}")
    (other,) = document["exclusions"]
    assert (other["version"], other["rule"]) == (first, "NP304")
    assert any("cannot be ordered" in warning for warning in document["warnings"])
    asked = json.loads(run(*arguments, f"{TOOLS}={first}", "--format", "json").out)
    assert asked["packages"][0]["version"] == first
    text = run(*arguments, "--format", "apt-preferences").out
    assert "00aa1122" in text


def test_builds_are_ordered_within_one_repository(run: Run, tmp_path: Path) -> None:
    """Another archive of the machine has another build of the same version."""
    lists = tmp_path / "var/lib/apt/lists"
    sources = tmp_path / "etc/apt/sources.list.d"
    lists.mkdir(parents=True)
    sources.mkdir(parents=True)
    own, other = f"{NEW[TOOLS]}-1b3ca6425", f"{NEW[TOOLS]}-zzzz"
    for number, (line, name, versions) in enumerate(
        [
            ("https://apt.repos.neuron.amazonaws.com jammy main",
             "apt.repos.neuron.amazonaws.com_dists_jammy_main_binary-amd64_Packages",
             [own, f"{OLD[TOOLS]}-ac18d186d"]),
            ("https://mirror.example ./", "mirror.example_._Packages", [other]),
        ]
    ):  # fmt: skip
        (sources / f"{number}.list").write_text(f"deb {line}\n")
        (lists / name).write_text(
            "".join(
                f"Package: {TOOLS}\nVersion: {version}\nArchitecture: amd64\n"
                f"Filename: pool/{version}.deb\nSize: 1\n\n"
                for version in versions
            )
        )
    found = lock(run, f"host:{tmp_path}", TOOLS, options=("--no-index", "--python", "3.11"))
    assert found == {"": "2.32.0", TOOLS: own}


@pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")
def test_of_two_commits_of_an_rpm_version_neither_is_the_higher(run: Run, tmp_path: Path) -> None:
    version = NEW[RUNTIME]
    builds = {f"{version}_ffaa00112-1", f"{version}_00aa11223-1"}
    folder = build(tmp_path / "rpm", [Built(RUNTIME, each) for each in builds])
    index(folder)
    done = run("lock", RUNTIME, "--rpm-repo", folder.as_uri(), "--instance", "trn1", "--os",
               "amzn2023", "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    document = json.loads(done.out)
    (package,) = document["packages"]
    (other,) = document["exclusions"]
    assert {package["version"], other["version"]} == builds
    assert (package["pin"], other["rule"]) == (f"-0:{package['version']}", "NP304")


@pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")
def test_rpm_requires_and_conflicts_and_dates(run: Run, tmp_path: Path) -> None:
    packages = [Built(name, f"{version}-1") for name, version in OLD.items()]
    packages += [
        Built(COLLECTIVES, f"{NEW[COLLECTIVES]}-1", (f"Requires: {RUNTIME} >= 2.34.10.0",)),
        Built(RUNTIME, f"{NEW[RUNTIME]}-1", (f"Conflicts: {TOOLS} < 2.32",)),
        Built(TOOLS, f"{NEW[TOOLS]}-1", ("Requires: glibc >= 2.99",)),
    ]
    folder = build(tmp_path / "rpm", packages)
    index(folder)
    base = ("--rpm-repo", folder.as_uri(), "--instance", "trn1", "--os", "rocky9",
            "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    document = json.loads(run("lock", COLLECTIVES, *base).out)
    assert {p["name"]: p["version"] for p in document["packages"]} == {
        COLLECTIVES: f"{NEW[COLLECTIVES]}-1", RUNTIME: f"{NEW[RUNTIME]}-1"}  # fmt: skip
    assert document["packages"][0]["files"][0]["url"].startswith(folder.as_uri())
    # The newer tools need a C library that Rocky 9 does not have.
    older = json.loads(run("lock", COLLECTIVES, TOOLS, *base).out)
    assert older["sdk"] == "2.31.1"
    alone = run("lock", TOOLS, "--sdk", "2.32.0", *base)
    (cause, *_) = [c for c in failure(alone, NoSolution).causes if "NP108" in c]
    assert "2.99" in cause
    assert "2.34" in cause
