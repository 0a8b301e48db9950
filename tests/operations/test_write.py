"""A lock's files: nothing is written that is not proven, and nothing half."""

import json
from pathlib import Path

import pytest
from conftest import failure

from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.inputs.host.apt_sandbox import has_apt
from neuron_pin.outputs import apt_preferences

BASE = ("lock", "--offline", "aws-neuronx-tools", "--os", "ubuntu22.04", "--instance", "trn1",
        "--as-of", "2026-08-20")  # fmt: skip


def test_a_diff_is_shown_and_a_dry_run_writes_nothing(run, tmp_path: Path) -> None:
    path = tmp_path / "etc/apt/preferences.d/00-neuron-pin.pref"
    named = "/etc/apt/preferences.d/00-neuron-pin.pref"
    done = run(*BASE, "--root", tmp_path, "-o", named, "--dry-run")
    assert done.code == 0, done.err
    assert not path.exists()
    path.parent.mkdir(parents=True)
    assert run(*BASE, "--root", tmp_path, "-o", named, "--sdk", "2.31.1").code == 0
    before = path.read_text()
    done = run(*BASE, "--root", tmp_path, "-o", named, "--dry-run", "--diff")
    assert path.read_text() == before
    assert f"--- {path}" in done.out
    for sign, version in (("-", "2.31.15.0"), ("+", "2.32.28.0")):
        assert [line for line in done.out.splitlines() if line[:1] == sign and version in line]
    done = run(*BASE, "--root", tmp_path, "-o", named, "--diff")
    assert path.read_text() == before
    done = run(*BASE, "--root", tmp_path, "-o", named)
    assert "2.32.28.0" in path.read_text()
    done = run(*BASE, "--root", tmp_path, "-o", named, "--diff")
    assert (done.code, done.out) == (0, "")
    # Neither where nor how it was written is part of what is written.
    assert "--root" not in path.read_text()


# what an error in the writer would have made of the expression
FAULTS = [
    ("Pin: version /", "Pin: vresion /", "is not understood"),
    ("Pin-Priority: 990", "Pin-Priority: 0", "no priority"),
    ("Pin-Priority: 990", "Pin-Priority: 1001", "gets 1001, not 990"),
    ("\n\nExplanation: NP401", "\nExplanation: NP401", "an empty line"),
    ("Pin: version /^(", "Pin: version /(?!", "gets 990, not -1"),
    ("2($|[^.]", "2($|[.]", "gets"),
    ('Pin: origin "apt', 'Pin: origin "xpt', "gets"),
    ("Package: aws-neuronx-tools", "Package: aws-neuronx-tools,x", "comma"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), FAULTS)
def test_what_would_not_do_what_is_meant_is_not_written(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, told: str
) -> None:
    path = tmp_path / "00-neuron-pin.pref"
    path.write_text("Package: old\nPin: release *\nPin-Priority: 1\n")
    render = apt_preferences.render_apt_preferences

    def faulty(resolution, command: str) -> str:
        text = render(resolution, command)
        assert right in text
        return text.replace(right, wrong)

    monkeypatch.setattr(apt_preferences, "render_apt_preferences", faulty)
    files = ("-o", path, "-o", tmp_path / "lock.json")
    done = run(*BASE, "--pin", "major", "--overwrite", *files)
    error = failure(done, CannotWrite)
    assert error.path == str(path)
    assert told in error.problem
    assert path.read_text().startswith("Package: old")
    assert not (tmp_path / "lock.json").exists()


@pytest.mark.skipif(not has_apt(), reason="needs apt")
@pytest.mark.apt
def test_apt_itself_is_asked(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With our own reader struck blind."""
    from neuron_pin.operations import verify_preferences as proving

    monkeypatch.setattr(proving, "_check", only_apt(proving._check))
    render = apt_preferences.render_apt_preferences
    monkeypatch.setattr(
        apt_preferences,
        "render_apt_preferences",
        lambda resolution, command: render(resolution, command).replace("990", "991"),
    )
    done = run(*BASE, "-o", tmp_path / "x.pref")
    assert "apt-cache policy" in failure(done, CannotWrite).problem


def only_apt(check):
    def checked(path, row, priority, judge) -> None:
        if judge == "apt-cache policy":
            check(path, row, priority, judge)

    return checked


def test_sources_and_repositories(run) -> None:
    done = run(*BASE, "-o", "neuron.sources")
    assert done.code == 0, done.err
    text = Path("neuron.sources").read_text()
    assert "Types: deb\nURIs: https://apt.repos.neuron.amazonaws.com\nSuites: jammy\n" in text
    assert "Signed-By: /etc/apt/keyrings/neuron.asc\n" in text
    done = run("lock", "--offline", "aws-neuronx-tools", "--os", "rocky9", "-o", "neuron.repo")
    assert done.code == 0, done.err
    assert "[neuron]\n" in Path("neuron.repo").read_text()
    assert "gpgcheck=1\n" in Path("neuron.repo").read_text()
    for name, system in (("x.sources", "rocky9"), ("x.repo", "debian12"), ("x.sources", "")):
        more = ("--os", system) if system else ()
        done = run("lock", "--offline", "aws-neuronx-tools", "-o", name, *more)
        assert done.code == 2
        assert not Path(name).exists()


@pytest.mark.skipif(not has_apt(), reason="needs apt")
@pytest.mark.apt
def test_apt_reads_the_source(run, tmp_path: Path) -> None:
    from neuron_pin.inputs.host.apt_sandbox import scratch_apt

    text = run(*BASE, "--format", "apt-source").out
    with scratch_apt([], {}, {"sources.list.d/neuron.sources": text}) as apt:
        done = apt.run("apt-get", "--print-uris", "update")
    assert not done.stderr
    assert "'https://apt.repos.neuron.amazonaws.com/dists/jammy/InRelease'" in done.stdout


def test_a_folder_that_everybody_may_write_to_is_refused(run, tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    done = run(*BASE, "-o", folder / "x.pref")
    assert failure(done, CannotWrite).path == str(folder / "x.pref")
    assert list(folder.iterdir()) == []
    folder.chmod(0o1777)
    assert run(*BASE, "-o", folder / "x.pref").code == 0


def test_pins_carry_the_date_on_which_to_look_at_them_again(run) -> None:
    done = run(*BASE, "--expires", "2027-02-01", "-o", "x.pref")
    assert done.code == 0, done.err
    assert "\nExplanation: neuron-pin: expires 2027-02-01\n" in Path("x.pref").read_text()
    done = run(*BASE, "--expires", "soon", "-o", "y.pref")
    assert "--expires" in failure(done, WrongUsage).message
    assert not Path("y.pref").exists()


LOCK = ("lock", "--offline", "aws-neuronx-tools", "--os", "ubuntu22.04", "--sdk", "2.31.1")


def test_edits_by_hand_are_noticed_before_they_are_lost(run, tmp_path) -> None:
    path = tmp_path / "00-neuron-pin.pref"
    assert run(*LOCK, "-o", path).code == 0
    first = path.read_text()
    before = path.stat()
    assert run(*LOCK, "-o", path).code == 0
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    path.write_text(first.replace("990", "1001"))
    done = run(*LOCK, "-o", path)
    assert failure(done, CannotWrite).path == str(path)
    assert "1001" in path.read_text()
    shown = run(*LOCK, "-o", path, "--overwrite", "--diff", "--dry-run")
    assert "-Pin-Priority: 1001\n" in shown.out
    assert run(*LOCK, "-o", path, "--overwrite").code == 0
    assert path.read_text() == first


def test_what_was_written_is_taken_away_and_nothing_else(run, tmp_path) -> None:
    pins, locks = tmp_path / "00-neuron-pin.pref", tmp_path / "versionlock.list"
    locks.write_text("kernel-0:5.14.0-*\n")
    assert run(*LOCK, "-o", pins).code == 0
    rpm = ("lock", "--offline", "aws-neuronx-tools", "--os", "rocky9")
    assert run(*rpm, "-o", locks).code == 0
    mine = tmp_path / "mine.pref"
    mine.write_text("Package: x\nPin: release *\nPin-Priority: 1\n")
    refused = run("lock", "--remove", "-o", pins, "-o", mine)
    assert failure(refused, CannotWrite).path == str(mine)
    assert pins.exists()
    pins.write_text(pins.read_text() + "# mine\n")
    assert run("lock", "--remove", "-o", pins).code == 2
    done = run("lock", "--remove", "--overwrite", "-o", pins, "-o", locks)
    assert (done.code, pins.exists()) == (0, False)
    assert locks.read_text() == "kernel-0:5.14.0-*\n"
    again = run("lock", "--remove", "-o", pins, "-o", locks)
    assert (again.code, again.err.count("wrote nothing")) == (0, 2)
    link = tmp_path / "link.pref"
    assert run(*LOCK, "-o", pins).code == 0
    link.symlink_to(pins)
    assert run("lock", "--remove", "-o", link).code == 2
    assert pins.exists()
    assert run("lock", "--remove").code == 2


def test_a_lock_that_stays_keeps_why_newer_releases_were_passed_over(run, tmp_path) -> None:
    path = tmp_path / "lock.json"
    words = ("lock", "--offline", "--instance", "inf2", "--python", "3.11", "neuronx-cc",
             "torch-neuronx==2.9.*", "-o", path)  # fmt: skip
    assert run(*words, "--as-of", "2026-08-20").code == 0
    first = path.read_text()
    (passed,) = json.loads(first)["exclusions"]
    assert (passed["version"], passed["rule"]) == ("2.32.0", "NP505")
    for more in (("--check",), ("--check", "--upgrade"), ("--upgrade",), ()):
        done = run(*words, *more, "--as-of", "2026-08-20")
        assert (done.code, done.out if "--check" in more else "") == (0, ""), more
        assert json.loads(path.read_text())["exclusions"] == [passed]
    # Another lock has other reasons.
    assert run(*words[:-3], *words[-2:], "--as-of", "2026-08-20").code == 0
    assert json.loads(path.read_text())["exclusions"] == []


@pytest.mark.parametrize(
    "exclusions", [[1], {}, None, [{}], [{"ecosystem": "sdk", "rule": "NP505", "version": 1}]]
)
def test_reasons_that_cannot_be_read_are_not_kept(run, tmp_path, exclusions: object) -> None:
    path = tmp_path / "lock.json"
    words = ("lock", "--offline", "--python", "3.11", "neuronx-cc", "-o", path)
    assert run(*words).code == 0
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "exclusions": exclusions}))
    assert run(*words, "--check").code == 1
    assert run(*words).code == 0
    assert json.loads(path.read_text()) == document
