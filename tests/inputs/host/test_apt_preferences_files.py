"""apt's preferences as apt reads them: the same verdicts, the same faults."""

import random
from pathlib import Path

import pytest
from apt_scenarios import differences, make_world
from conftest import sample

from neuron_pin.inputs.host.apt_policy import AptPolicy, KnownVersion, PackageFile
from neuron_pin.inputs.host.apt_preferences import (
    parse_preferences,
    preference_files,
    read_preferences,
)
from neuron_pin.inputs.host.apt_sandbox import Archive, has_apt, scratch_apt

real_apt = pytest.mark.skipif(not has_apt(), reason="needs apt")


@real_apt
@pytest.mark.apt
@pytest.mark.parametrize("block", sample(range(12), 2))
def test_apt_and_we_agree_in_random_worlds(block: int) -> None:
    """The long form: python tests/inputs/host/apt_scenarios.py SEED COUNT."""
    for seed in range(block * 5, block * 5 + 5):
        assert differences(make_world(random.Random(seed))) == []


FILE = PackageFile(site="apt.neuron.invalid", archive="jammy", component="main")
GOOD = "Package: tool\nPin: version 1.*\nPin-Priority: 900\n"

# text, priority of tool 1.0 (500 without a pin in force), line of the fatal problem or none,
# what is told of silent ones
FORMS = [
    (GOOD, 900, None, ""),
    ("", 500, None, ""),
    ("# only a comment\n", 500, None, ""),
    (GOOD.rstrip(), 900, None, ""),
    (GOOD.replace("\n", "\r\n"), 900, None, ""),
    (GOOD.replace("Package", "PACKAGE").replace("Pin:", "pin:"), 900, None, ""),
    (GOOD.replace("Pin:", "Pin:\t"), 900, None, ""),
    (GOOD.replace("tool", "  tool  "), 900, None, ""),
    (GOOD.replace("tool", "other\n tool"), 900, None, ""),
    ("Explanation: a\nExplanation: b\n" + GOOD, 900, None, ""),
    (GOOD.replace("Pin:", "# in between\nPin:"), 900, None, ""),
    ("Foo: bar\n" + GOOD, 900, None, ""),
    (GOOD.replace("900", "900.5"), 900, None, ""),
    (GOOD.replace("900", "-32768"), -32767, None, ""),
    (GOOD.replace("900", "0"), 500, 3, ""),
    (GOOD.replace("900", "high"), 500, 3, ""),
    (GOOD.replace("Pin-Priority: 900\n", ""), 500, 1, ""),
    (GOOD.replace("900", "40000"), 500, 3, ""),
    (GOOD.replace("900", "never"), 500, 3, ""),
    ("Pin: version 1.*\nPin-Priority: 900\n", 500, 1, ""),
    ("\ufeff" + GOOD, 500, 1, ""),
    (GOOD + "\nstray text\n", 900, 5, ""),
    (GOOD.replace("Pin: version 1.*\n", ""), 500, None, "without Pin"),
    (GOOD.replace("tool", "other, tool"), 900, None, "comma"),
    (GOOD.replace("tool", "tool, other"), 500, None, "comma"),
    (GOOD.replace("version", "vresion"), 500, None, "'vresion' is not understood"),
    (GOOD.replace("tool", "*"), 500, None, "'version' is not understood"),
    ("Package: other\nPin: version 2.*\nPin-Priority: 1\n" + GOOD, 900, None, "an empty line"),
    (GOOD + "Package: other\nPin: version 2.*\nPin-Priority: 1\n", 500, None, "an empty line"),
]


@pytest.mark.parametrize(("text", "priority", "fatal", "told"), FORMS, ids=range(len(FORMS)))
def test_forms_and_faults(text: str, priority: int, fatal: int | None, told: str) -> None:
    stanzas, problems = parse_preferences(text, "x.pref")
    found = AptPolicy(stanzas).verdict("tool", KnownVersion("1.0", (FILE,)), None)
    assert found.priority == priority
    assert [p.line for p in problems if p.is_fatal] == ([fatal] if fatal else [])
    silent = [p.text for p in problems if not p.is_fatal]
    assert bool(silent) is bool(told)
    assert all(told in text for text in silent)


@real_apt
@pytest.mark.apt
@pytest.mark.parametrize(("text", "priority", "fatal", "told"), FORMS, ids=range(len(FORMS)))
def test_apt_takes_each_form_alike(text: str, priority: int, fatal: int | None, told: str) -> None:
    world = scratch_apt([Archive(FILE, {"tool": ["1.0"]})], {}, {"preferences.d/x.pref": text})
    with world as apt:
        done = apt.run("apt-get", "-s", "install", "tool")
        assert done.returncode == (100 if fatal or priority < 0 else 0), done.stderr
        if not fatal and "not understood" not in told:
            assert apt.policy(["tool"])["tool"].priorities == {"1.0": priority}


# names in preferences.d, and whether apt reads them
FILES = {
    "neuron": True, "10neuron": True, "neuron_pin": True, "neuron-pin.pref": True, "a.b.pref": True,
    "neuron:x": True, "NEURON": True, "x.conf": False, "x.prefs": False, "x.PREF": False,
    "x.tmp": False, "x.bak": False, "x~": False, ".hidden.pref": False, "a b.pref": False,
    "a+b.pref": False, "a@b": False, "ö.pref": False,
}  # fmt: skip


@real_apt
@pytest.mark.apt
def test_the_files_that_apt_reads_in_its_order(tmp_path: Path) -> None:
    texts = {
        f"preferences.d/{name}": GOOD.replace("tool", f"p{number}")
        for number, name in enumerate(FILES)
    }
    versions = {f"p{number}": ["1.0"] for number in range(len(FILES))}
    with scratch_apt([Archive(FILE, versions)], {}, texts) as apt:
        read = [Path(path).name for path in preference_files(apt.root)[0]]
        said = apt.policy(sorted(versions))
    assert read == sorted((n for n, is_read in FILES.items() if is_read), key=str.encode)
    for number, is_read in enumerate(FILES.values()):
        assert said[f"p{number}"].priorities["1.0"] == (900 if is_read else 500)


def test_all_files_decide_in_order_and_ignored_ones_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "etc/apt/preferences.d"
    folder.mkdir(parents=True)
    (tmp_path / "etc/apt/preferences").write_text(GOOD.replace("1.*", "2.*"))
    (folder / "00-ours.pref").write_text(GOOD)
    (folder / "zz").write_text(GOOD.replace("900", "-1"))
    (folder / "old.bak").write_text("nonsense")
    stanzas, problems = read_preferences(str(tmp_path))
    assert [Path(stanza.path).name for stanza in stanzas] == ["preferences", "00-ours.pref", "zz"]
    assert [Path(problem.path).name for problem in problems] == ["old.bak"]
    found = AptPolicy(stanzas).verdict("tool", KnownVersion("1.0", (FILE,)), None)
    assert found.stanza is not None
    assert (found.priority, Path(found.stanza.path).name) == (900, "00-ours.pref")
