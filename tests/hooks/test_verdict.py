"""The judge's rules, one by one, on states made by hand."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuron_pin.cli import main
from neuron_pin.hooks.program import state as state_module
from neuron_pin.hooks.program import telling, verdict
from neuron_pin.hooks.program.state import State
from neuron_pin.hooks.program.verdict import Change, judge, judge_kernels
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.outputs.hook_state import render_hook_state
from neuron_pin.policy import Pin, PinComparison

RUNTIME, TOOLS, DRIVER = verdict.RUNTIME, "aws-neuronx-tools", verdict.DRIVER
TODAY = "2026-11-25"


def state(*rows: str) -> State:
    """A state of these rows, fields between blanks, ``-`` for an empty one."""
    lines = ["\t".join("" if f == "-" else f.replace("_", " ") for f in r.split(" ")) for r in rows]
    data = "".join(f"{line}\n" for line in [state_module.HEAD, *lines]).encode()
    return state_module.parse_state(data + state_module.checksum(data).encode())


MAJOR = (
    "value sdk 2.2.0", "value family trn1", "value label x",
    f"name {RUNTIME} - - -", f"name {TOOLS} - - -", f"name {DRIVER} - - -",
    "name aws-neuron-tools 2022-11-23 aws-neuronx-tools page.rst",
    f"pin {RUNTIME} prefix 2 2.20 {RUNTIME}=2.*", f"pin {TOOLS} prefix 2 2.12 {TOOLS}=2.*",
    f"known {RUNTIME} 2.10 2.1.0 trn1_inf1 - - m", f"known {RUNTIME} 2.20 2.2.0_2.2.1 trn1 - - m",
    f"known {RUNTIME} 2.30 2.3.0 trn2 - - m", f"known {RUNTIME} 2.05 2.0.0 trn1 2026-01-01 - end.rst",
    f"known {TOOLS} 2.11 2.1.0 trn1 - - m", f"known {TOOLS} 2.12 2.2.0_2.2.1 trn1 - - m",
    f"known {TOOLS} 2.13 2.3.0 trn1 - - m",
    f"known {DRIVER} 2.1 2.1.0_2.2.0 trn1 - {DRIVER}=2.1 m",
    f"known {DRIVER} 2.3 2.3.0 trn1 - - m",
    f"window {DRIVER} 2.3 - {RUNTIME} 2.30 - - notes.rst",
)  # fmt: skip
EXACT = tuple(
    row.replace("prefix 2 ", "upstream 2.20 ") if RUNTIME in row
    else row.replace("prefix 2 ", "upstream 2.12 ") if row.startswith("pin") else row
    for row in MAJOR
)  # fmt: skip

# The state, what is installed, what changes, today, and the rules that refuse.
CASES = [
    ("nothing of Neuron's", MAJOR, {}, {"curl": ("1", "2")}, TODAY, []),
    ("the same version again", MAJOR, {TOOLS: "3.0"}, {TOOLS: ("3.0", "3.0")}, TODAY, []),
    ("a removal", MAJOR, {TOOLS: "2.12"}, {TOOLS: ("2.12", "")}, TODAY, []),
    ("in the range, of the lock's release", MAJOR, {}, {TOOLS: ("", "2.12-1")}, TODAY, []),
    ("over the major", MAJOR, {}, {TOOLS: ("", "3.0-1")}, TODAY, ["NP306"]),
    ("a number that begins alike", MAJOR, {}, {TOOLS: ("", "20.1")}, TODAY, ["NP306"]),
    ("an epoch", MAJOR, {}, {TOOLS: ("", "1:2.12-1")}, TODAY, ["NP306"]),
    ("an epoch of nothing", MAJOR, {}, {TOOLS: ("", "0:2.12-1")}, TODAY, []),
    ("out of support, in the range", MAJOR, {}, {RUNTIME: ("", "2.05-1")}, TODAY, ["NP201"]),
    ("out of support later", MAJOR, {}, {RUNTIME: ("", "2.05-1")}, "2025-12-31", []),
    ("out of support, allowed", (*MAJOR, "allow eos"), {}, {RUNTIME: ("", "2.05-1")}, TODAY, []),
    ("for another instance family", MAJOR, {}, {RUNTIME: ("", "2.30-1")}, TODAY, ["NP101"]),
    ("a family that is not known", [r for r in MAJOR if "family" not in r], {},
     {RUNTIME: ("", "2.30-1")}, TODAY, []),
    ("a name that is gone", MAJOR, {}, {"aws-neuron-tools": ("", "1.0")}, TODAY, ["NP201"]),
    ("newer than the facts, in the range", MAJOR, {}, {TOOLS: ("", "2.99-1")}, TODAY, []),
    ("no release's, and not pinned", MAJOR, {}, {DRIVER: ("", "2.2")}, TODAY, ["NP508"]),
    ("newer than the facts, not pinned, beside ranges", MAJOR, {}, {DRIVER: ("", "9.9")}, TODAY, []),
    ("newer than the facts, not pinned, beside versions", EXACT, {}, {DRIVER: ("", "9.9")}, TODAY,
     ["NP501"]),
    ("newer than the facts, outside of the pin", EXACT, {}, {TOOLS: ("", "2.99-1")}, TODAY, ["NP306"]),
    ("no version, and not pinned", MAJOR, {}, {DRIVER: ("", "2.x.1")}, TODAY, ["NP508"]),
    ("a name that nobody knows", MAJOR, {}, {"aws-neuronx-new": ("", "1.0")}, TODAY, ["NP508"]),
    ("not pinned, of the lock's release", EXACT, {}, {DRIVER: ("", "2.1")}, TODAY, []),
    ("not pinned, of another release", EXACT, {}, {DRIVER: ("", "2.3")}, TODAY, ["NP501"]),
    ("to the exact pin, beside older ones", EXACT, {RUNTIME: "2.10"}, {TOOLS: ("", "2.12")}, TODAY, []),
    ("one leaves the release of the others", MAJOR, {RUNTIME: "2.20-1", TOOLS: "2.12"},
     {TOOLS: ("2.12", "2.13")}, TODAY, ["NP507"]),
    ("both move together", MAJOR, {RUNTIME: "2.10-1", TOOLS: "2.11"},
     {TOOLS: ("2.11", "2.12"), RUNTIME: ("2.10-1", "2.20-1")}, TODAY, []),
    ("what was mixed is mended in steps", MAJOR, {RUNTIME: "2.20-1", TOOLS: "2.11"},
     {TOOLS: ("2.11", "2.12")}, TODAY, []),
    ("what was mixed stays as mixed", MAJOR, {RUNTIME: "2.10-1", TOOLS: "2.13", DRIVER: "2.1"},
     {TOOLS: ("2.13", "2.12")}, TODAY, []),
    ("a driver that breaks", MAJOR, {RUNTIME: "2.20-1", DRIVER: "2.1"}, {DRIVER: ("2.1", "2.3")}, TODAY,
     ["NP507", "NP506"]),
    ("a driver that was broken before", MAJOR, {RUNTIME: "2.20-1", DRIVER: "2.3", TOOLS: "2.12"},
     {RUNTIME: ("2.20-1", "2.10-1")}, TODAY, ["NP507"]),
    ("several at once", MAJOR, {}, {TOOLS: ("", "3.0"), RUNTIME: ("", "3.0")}, TODAY,
     ["NP306", "NP306"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "installed", "changes", "today", "rules"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_transaction(rows, installed, changes, today, rules) -> None:
    moved = [Change(name, old, new) for name, (old, new) in changes.items()]
    found = judge(state(*rows), moved, installed, today)
    assert [refusal.rule for refusal in found.refusals] == rules
    text = "\n".join(telling.format_refusal(state(*rows), found.refusals, "apt-get"))
    for refusal in found.refusals:
        assert f"{refusal.rule} {refusal.change.name}" in text


def test_what_is_not_refused_is_said() -> None:
    rows = (*EXACT, "value expires 2026-06-01")
    old = [r.replace("upstream 2.20 2.20", "upstream 2.05 2.05") for r in rows]
    found = judge(state(*old), [Change(RUNTIME, "", "2.05-1")], {}, TODAY)
    assert not found.refusals
    assert [note.partition(":")[0] for note in found.notes] == [
        f"{RUNTIME} 2.05 is out of support since 2026-01-01 [end.rst] (NP201); the lock has it",
        "the review date of the lock, 2026-06-01, has passed; the lock is still enforced. Make a new "
        "one and install it with neuron-pin hook install",
    ]


# rows, the change, and what the note names
NOTES = [
    ((*MAJOR, "value facts 2026-08-21"), Change(TOOLS, "", "2.99-1"), ("NP510", "2026-08-21")),
    (MAJOR, Change(TOOLS, "", "2.99-1"), ("NP510",)),
    ((*MAJOR, "value facts 2026-08-21"), Change(DRIVER, "", "9.9"), ("NP510", "2026-08-21")),
    (tuple(r.replace("upstream 2.12 2.12", "upstream 2.99 2.99") for r in EXACT),
     Change(TOOLS, "", "2.99-1"), ("NP510",)),
    (MAJOR, Change(TOOLS, "", "2.12.5-1"), ("NP508",)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "change", "named"), NOTES)
def test_what_the_facts_do_not_know_is_allowed_by_its_pin_and_said(rows, change, named) -> None:
    found = judge(state(*rows), [change], {}, TODAY)
    assert not found.refusals
    (note,) = found.notes
    assert all(words in note for words in named)


KERNELS = (
    *MAJOR, f"floor {DRIVER} 2.2 - 5.10 notes.rst", "tested 2.3 6.1_6.8 notes.rst",
)  # fmt: skip


def test_a_kernel_that_is_newer_than_all_tested_ones_is_said_to_be_that() -> None:
    def refuse(release: str) -> str:
        changes = [(Change(f"linux-image-{release}", "", "1"), release)]
        (found,) = judge_kernels(state(*KERNELS), changes, "2.3", {}, [])
        assert found.rule == "NP111"
        return found.reason

    assert "NP510" in refuse("7.4.0-1-aws")
    assert "NP510" not in refuse("6.5.0-1-aws")


@pytest.mark.parametrize(
    ("driver", "release", "headers", "present", "rules"),
    [
        ("2.3", "6.8.0-1015-aws", {}, [], []),
        ("2.3", "6.14.0-1-aws", {}, ["6.8.0-1-aws"], ["NP111"]),
        ("2.3", "6.14.0-2-aws", {}, ["6.14.0-1-aws"], []),
        ("2.3", "5.4.0-1-aws", {}, ["6.8.0-1-aws"], ["NP109"]),
        ("2.1", "5.4.0-1-aws", {}, [], []),
        ("2.1", "6.14.0-1-aws", {}, [], []),
        ("", "6.14.0-1-aws", {"6.14.0-1-aws": False}, [], []),
        ("2.3", "6.8.0-9-aws", {"6.8.0-9-aws": False}, [], ["NP112"]),
        ("2.3", "6.8.0-9-aws", {"6.8.0-9-aws": True}, [], []),
        ("2.3-1", "x", {}, [], ["NP109"]),
    ],
)
def test_a_kernel(driver: str, release: str, headers, present, rules) -> None:
    change = Change(f"linux-image-{release}", "", "1")
    found = judge_kernels(state(*KERNELS), [(change, release)], driver, headers, present)
    assert [refusal.rule for refusal in found] == rules


VERSIONS = st.from_regex(r"([01]:)?[0-9]{1,2}(\.[0-9]{1,2}){0,3}(-[0-9a-f]{1,4})?", fullmatch=True)


@given(VERSIONS, st.sampled_from(["2", "2.1", "2.1.0"]), st.sampled_from(["prefix", "upstream"]))
def test_a_pin_admits_what_the_policy_s_pin_does(version: str, base: str, reach: str) -> None:
    """The judge's own reading of a pin, held equal to the library's, as apt compares."""
    ours = state_module.Pin(reach, base, base, "").admits(version)
    pin = Pin(base, PinComparison(reach))
    if ours:
        assert pin.matches(version)
    elif pin.matches(version):
        # PEP 440 pads with zeros, apt compares what is written.
        assert reach == "prefix" or verdict.public(version) != base
        assert reach == "upstream" or not verdict.public(version).startswith(f"{base}.")


@pytest.mark.parametrize(
    ("allow", "left"),
    [
        ("", 2),
        ("NP306", 1),
        ("NP306,NP101", 0),
        ("NP101 NP306", 0),
        ("1", 2),
        ("all", 2),
        ("np306", 2),
    ],
)
def test_an_override_names_its_rules(allow: str, left: int) -> None:
    refusals = [verdict.Refusal(rule, Change("a", "", "1"), "") for rule in ("NP306", "NP101")]
    assert len(telling.overridden(refusals, allow)) == left


REFUSED = [
    verdict.Refusal("NP306", Change(TOOLS, "", "3.0"), "", [f"{TOOLS}=2.28.23.0-*"]),
]

# what was typed, and how a refusal repeats it
TYPED = [
    (["apt-get", "install", f"{TOOLS}=3.*"], f"apt-get install '{TOOLS}=3.*'"),
    (["apt", "-o", "Debug::X=a b", "install", "x"], "apt -o 'Debug::X=a b' install x"),
    (["apt-get", "install", "it's"], "apt-get install 'it'\\''s'"),
    (["apt-get", "install", "$(reboot)"], "apt-get install '$(reboot)'"),
    (["apt-get", "install", "\033[31mx"], "apt-get ..."),
    (["apt-get", "install", *["long-name"] * 50], "apt-get ..."),
    ([], "apt-get ..."),
]


@pytest.mark.parametrize(("typed", "shown"), TYPED)
@pytest.mark.parametrize("environ", [{"SUDO_USER": "ada"}, {}])
def test_a_refusal_can_be_pasted(typed: list[str], shown: str, environ, tmp_path: Path) -> None:
    found = verdict.Verdict()
    found.refusals = REFUSED
    held = state(*EXACT)
    log = str(tmp_path / "log")
    is_refused, lines = telling.settle(held, found, environ, log, "apt-get", typed)
    assert is_refused
    sudo = "sudo " if environ else ""
    assert f"    {sudo}env NEURON_PIN_ALLOW=NP306 {shown}" in lines
    assert f"    {sudo}apt-get install '{TOOLS}=2.28.23.0-*'" in lines
    assert ("by ada" if environ else "by root") in Path(log).read_text()


def test_many_packages_are_proposed_whole() -> None:
    words = [f"aws-neuronx-package-{n}={'1' * 30}.*" for n in range(20)]
    refusals = [verdict.Refusal("NP306", Change("a", "", "1"), "", words)]
    lines = telling.format_refusal(state(*EXACT), refusals, "apt-get")
    at = next(n for n, line in enumerate(lines) if " install aws" in line or " install '" in line)
    text = lines[at]
    while text.endswith("\\"):
        at += 1
        text = text[:-1] + lines[at]
    assert shlex.split(text) == ["sudo", "apt-get", "install", *words]


def test_the_judge_stands_alone() -> None:
    """It runs without this package, and imports nothing that costs."""
    code = (
        "import sys; before = set(sys.modules); package = type(sys)('p'); "
        "package.__path__ = [sys.argv[1]]; sys.modules['p'] = package; import p.telling, p.verdict; "
        "print(sorted(set(sys.modules) - before))"
    )
    folder = Path(verdict.__file__).parent
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['binascii', 'p', 'p.state', 'p.telling', 'p.verdict']"


@pytest.fixture(scope="module")
def real(tmp_path_factory, catalog) -> State:
    """The state of a lock of the newest release."""
    path = tmp_path_factory.mktemp("lock") / "lock.json"
    asked = ["--sdk", "2.32.0", "--instance", "trn2", "--os", "ubuntu24.04"]
    assert main(["lock", "--offline", "-q", *asked, "-o", str(path)]) == 0
    resolution, command = read_resolution(str(path), catalog)
    return state_module.parse_state(render_hook_state(resolution, command).encode())


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_the_way_to_the_lock_is_always_open(real: State, data) -> None:
    """From any machine: all at once, or some of it; where some does not go by itself, the
    proposed command does."""
    versions: dict[str, list[str]] = {}
    for name, version in real.known:
        versions.setdefault(name, []).append(version)
    there = {
        name: data.draw(st.sampled_from(found))
        for name, found in sorted(versions.items())
        if data.draw(st.booleans())
    }
    locked = {name: pin.version.replace(".x", ".1") for name, pin in real.pins.items()}
    everything = [Change(name, there.get(name, ""), new) for name, new in locked.items()]
    assert judge(real, everything, there, TODAY).refusals == []
    some = [change for change in everything if data.draw(st.booleans())]
    refusals = judge(real, some, there, TODAY).refusals
    assert {refusal.rule for refusal in refusals} <= {"NP506"}
    for refusal in refusals:
        names = {word.partition("=")[0] for word in refusal.words}
        proposed = [change for change in everything if change.name in names]
        assert judge(real, proposed, there, TODAY).refusals == []


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_what_was_refused_stays_refused_beside_anything(real: State, data) -> None:
    """More packages in a transaction hide no version that is out of its pin."""
    name = data.draw(st.sampled_from(sorted(real.pins)))
    outside = Change(name, "", data.draw(st.sampled_from(["99.0-1", "1:2.30.2.0", "0.1"])))
    others = [
        Change(other, "", data.draw(st.sampled_from([pin.version, "98.0"])))
        for other, pin in sorted(real.pins.items())
        if other != name and data.draw(st.booleans())
    ]
    found = judge(real, [*others, outside], {}, TODAY).refusals
    assert any(r.rule == "NP306" and r.change is outside for r in found)
