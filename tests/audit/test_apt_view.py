"""What a machine's apt would do, and whose stanza decides."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuron_pin.audit.apt_view import view_packages
from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, ScratchApt, scratch_apt
from neuron_pin.inputs.host.dpkg_status import read_installed

pytestmark = pytest.mark.skipif(shutil.which("apt-cache") is None, reason="needs apt")
TOOLS, DKMS = "aws-neuronx-tools", "aws-neuronx-dkms"
NEURON = Archive(
    PackageFile(site="apt.repos.neuron.amazonaws.com", archive="jammy", origin="AWS Neuron"),
    {TOOLS: ["2.31.15.0-a", "2.32.28.0-b", "3.0.1.0-c"], DKMS: ["2.30.2.0-d"]},
)
EVIL = Archive(PackageFile(site="evil.invalid", archive="stable"), {TOOLS: ["2.99-evil"]})


@pytest.fixture
def apt() -> Iterator[ScratchApt]:
    """3.0.1.0 is installed and outside of the major that is pinned; the driver is on hold."""
    installed = {TOOLS: "3.0.1.0-c", DKMS: "2.27.4.0-x"}
    with scratch_apt([NEURON, EVIL], installed, {}, held=frozenset({DKMS})) as apt:
        yield apt


def pin(run, apt: ScratchApt) -> Path:
    path = Path(apt.root) / "etc/apt/preferences.d/00-neuron-pin.pref"
    done = run("lock", "--offline", TOOLS, DKMS, "--os", "ubuntu22.04", "--instance", "trn1",
               "--sdk", "2.32.0", "--pin", "major", "-o", path)  # fmt: skip
    assert done.code == 0, done.err
    return path


def test_what_apt_would_do_and_which_line_decides(run, apt: ScratchApt) -> None:
    path = pin(run, apt)
    done = run("explain", f"{TOOLS}=2.*", "--root", apt.root)
    assert done.code == 1
    assert done.out.startswith(f"{TOOLS}=2.*: apt keeps the installed 3.0.1.0-c\n")
    rows = {line.split()[0]: line for line in done.out.splitlines()[3:] if line.startswith("2")}
    assert "990" in rows["2.32.28.0-b"]
    assert f"{path.name}:" in rows["2.32.28.0-b"]
    outside = next(line for line in done.out.splitlines() if "2.99-evil" in line)
    assert f"{path.name}:" in outside
    assert "(version *)" in outside
    assert "-1" in rows["2.99-evil"]
    assert "evil.invalid" in rows["2.99-evil"]
    whole = run("explain", TOOLS, "--root", apt.root).out
    (major,) = [line for line in whole.splitlines() if line.startswith("3.0.1.0-c")]
    assert major.endswith("(not 2.*)")
    document = json.loads(run("explain", DKMS, "--root", apt.root, "--format", "json").out)
    assert (document["installed"], document["held"]) == ("2.27.4.0-x", True)
    assert document["candidate"] == "2.30.2.0-d"
    assert document["versions"][0]["stanza"]["pin"].startswith("origin ")
    assert run("explain", "nothing", "--root", apt.root).code == 2


def test_another_file_that_comes_first_is_found_and_named(run, apt: ScratchApt) -> None:
    path = pin(run, apt)
    theirs = Path(apt.root) / "etc/apt/preferences"
    theirs.write_text("# mine\nPackage: aws-*\nPin: version 2.99*\nPin-Priority: 995\n")
    done = run("explain", TOOLS, "--root", apt.root)
    line = next(row for row in done.out.splitlines() if row.startswith("2.99-evil"))
    assert f"{theirs}:2 (version 2.99*), before {path.name}:" in line
    found = json.loads(run("doctor", "--root", apt.root, "--format", "json").out)["findings"]
    (overridden,) = [f for f in found if f["rule"] == "NP606"]
    assert overridden["place"] == f"{theirs}:2"
    assert overridden["subject"] == f"{TOOLS} 2.99-evil"
    assert f"{path}:" in overridden["reason"]


def test_installed_outside_of_the_pin_and_holds_are_found(run, apt: ScratchApt) -> None:
    pin(run, apt)
    found = json.loads(run("doctor", "--root", apt.root, "--format", "json").out)["findings"]
    kinds = {f["rule"]: f for f in found}
    assert kinds["NP607"]["subject"] == f"{TOOLS} 3.0.1.0-c"
    assert kinds["NP607"]["severity"] == "error"
    assert kinds["NP608"]["subject"] == f"{DKMS} 2.27.4.0-x"


def test_a_package_of_another_architecture_is_found(run) -> None:
    own = {"dpkg": "1.22.1", TOOLS: "2.28.19.0-x"}
    with scratch_apt([], own, {}) as machine:
        status = Path(machine.root, "var/lib/dpkg/status")
        text = status.read_text()
        foreign = text[text.index(f"Package: {TOOLS}") :].replace("amd64", "arm64")
        status.write_text(f"{text}\n{foreign.replace('2.28.19.0', '2.26.1.0')}")
        done = run("doctor", "--root", machine.root, "--format", "json")
        rows = {f["subject"] for f in json.loads(done.out)["findings"] if f["rule"] == "NP607"}
        assert rows == {f"{TOOLS}:arm64 2.26.1.0-x"}
        # What is installed is that of the machine's own.
        assert read_installed(machine.root, [TOOLS])[TOOLS].version == "2.28.19.0-x"
        status.write_text(text)
        assert "NP607" not in run("doctor", "--root", machine.root).out


def test_without_pins_nothing_is_said_of_them(run, apt: ScratchApt) -> None:
    found = json.loads(run("doctor", "--root", apt.root, "--format", "json").out)["findings"]
    assert not {"NP606", "NP607"} & {f["rule"] for f in found}
    assert run("explain", TOOLS, "--root", apt.root).out.count("apt's default") == 4


def rebuilt(letter: str, more: str = "") -> str:
    """The fields of a file of its own."""
    return f"{more}Filename: pool/{letter}.deb\nSize: 1\nSHA256: {letter * 64}\n"


@pytest.mark.parametrize(
    ("first", "second", "compares", "builds"),
    [
        (rebuilt("a"), rebuilt("a"), True, 1),
        (rebuilt("a"), rebuilt("b"), True, 2),
        (rebuilt("a"), rebuilt("b"), False, 1),
        (rebuilt("a"), rebuilt("a").replace("Size: 1", "Size: 2"), False, 2),
        (rebuilt("a"), rebuilt("b", "Depends: x\n"), False, 2),
        (rebuilt("a", "Depends: x (>= 1)\n"), rebuilt("b", "Depends: x(>1)\n"), False, 1),
    ],
)
def test_builds_of_one_version_have_a_priority_each(
    first: str, second: str, compares: bool, builds: int
) -> None:
    """The other archive is refused; apt before 2.7.3 takes no notice of hashes."""
    version = (TOOLS, "2.32.28.0-b")
    evil = Archive(EVIL.file, {TOOLS: [version[1]]}, {version: first})
    neuron = Archive(NEURON.file, {TOOLS: [version[1]]}, {version: second})
    text = (
        f'Package: {TOOLS}\nPin: origin "{EVIL.file.site}"\nPin-Priority: -1\n\n'
        f"Package: {TOOLS}\nPin: version *\nPin-Priority: 990\n"
    )
    with scratch_apt([evil, neuron], {}, {"preferences.d/a": text}) as apt:
        (view,) = view_packages(apt.root, [TOOLS], compares_hashes=compares)
    found = [(v.priority, v.is_candidate) for v in view.versions]
    assert found == ([(-1, False)] if builds == 1 else [(-1, False), (990, True)])
