"""Locks for what is newer than the facts: made, with a warning (NP510)."""

import json
from pathlib import Path

import pytest

AS_OF = ("--as-of", "2026-08-20")
LOCK = ("lock", "--offline", "--instance", "trn2", *AS_OF)

# options; what the warnings with NP510 begin with
TARGETS = [
    (["--os", "ubuntu24.04"], []),
    (["--os", "ubuntu28.04"], ["ubuntu28.04 "]),
    (["--os", "rocky11"], ["rocky11 "]),
    (["--os", "rockylinux11"], ["rocky11 "]),
    (["--os", "al2031"], ["amzn2031 "]),
    (["--os", "duke"], ["debian15 "]),
    (["--python", "3.17"], ["Python 3.17 "]),
    (["--python", "3.17.2", "--os", "ubuntu24.04"], ["Python 3.17 "]),
    (["--python", "3.17", "--os", "ubuntu28.04"], ["ubuntu28.04 ", "Python 3.17 "]),
    (["--os", "ubuntu24.04", "--with-kernel", "7.4.0-1-aws"], ["kernel 7.4.0-1-aws "]),
    (["--os", "ubuntu24.04", "--with-kernel", "6.14.0-1-aws"], []),
    (["--with-driver", "2.99.1.0", "--scope", "container"], ["driver 2.99.1.0 "]),
    (["--with-driver", "2.30.2.0", "--scope", "container"], []),
    (["--os", "ubuntu28.04", "--scope", "host"], ["ubuntu28.04 "]),
    (["--python", "3.17", "--scope", "host", "--os", "ubuntu24.04"], []),
]


@pytest.mark.parametrize(("options", "told"), TARGETS, ids=lambda value: " ".join(value))
def test_a_lock_is_made_and_says_what_is_not_proven(run, options, told) -> None:
    done = run(*LOCK, *options, "--format", "json")
    assert done.code == 0
    lock = json.loads(done.out)
    assert lock["packages"]
    warnings = [line for line in lock["warnings"] if "NP510" in line]
    assert len(warnings) == len(told)
    assert all(line.startswith(start) for line, start in zip(warnings, told, strict=True))


@pytest.mark.parametrize("system", ["ubuntu2804", "ubuntu28.4", "ubuntu28.05", "amzn24", "rocky8",
                                    "debian130", "debian11", "ubuntu23.10", "plan9", "forky/sid",
                                    "ubuntu", "28.04", ""])  # fmt: skip
def test_a_misprint_or_an_older_system_is_no_newer_one(run, system: str) -> None:
    done = run(*LOCK, f"--os={system}")
    assert done.code == (0 if not system else 2)
    assert "NP510" not in done.err


def test_a_file_of_the_lock_states_its_newer_target_and_is_checked_for_it(run) -> None:
    assert run(*LOCK, "--os", "ubuntu28.04", "--python", "3.17", "-o", "c.txt").code == 0
    done = run("check", "c.txt", *AS_OF, "--format", "json")
    rows = [(r["rule"], r["subject"]) for r in json.loads(done.out)["findings"]]
    rows = [row for row in rows if row[0] != "NP401"]
    assert rows == [("NP510", "ubuntu28.04"), ("NP510", "Python 3.17")]
    assert done.code == 0


def test_the_apt_source_of_a_newer_system(run) -> None:
    assert run(*LOCK, "--os", "duke", "-o", "neuron.sources").code == 0
    assert "Suites: duke" in Path("neuron.sources").read_text()
    # A suite that exists, where its own code name is not known.
    assert run(*LOCK, "--os", "ubuntu28.04", "-o", "other.sources").code == 0
    assert "Suites: resolute" in Path("other.sources").read_text()
    assert run(*LOCK, "--os", "rocky11", "-o", "neuron.repo").code == 0


# a package and its range, options; whether explain speaks of what is newer
EXPLAINED = [
    ("neuronx-cc==2.99.1.0", [], 1, 1),
    ("neuronx-cc==2.99.*", [], 1, 1),
    ("neuronx-cc>=2.99", [], 1, 1),
    ("neuronx-cc", ["--python", "3.11"], 0, 0),
    ("neuronx-cc==2.27.*", ["--os", "ubuntu28.04", "--python", "3.17"], 0, 2),
]


@pytest.mark.parametrize(("name", "options", "code", "told"), EXPLAINED)
def test_explain_says_what_is_newer(run, name: str, options, code: int, told: int) -> None:
    words = ("explain", name, "--offline", "--instance", "trn2", *AS_OF, *options)
    done = run(*words, "--format", "json")
    assert done.code == code
    newer = json.loads(done.out)["newer"]
    assert len(newer) == told
    assert all("NP510" in line for line in newer)
    assert all(line in " ".join(run(*words).out.split()) for line in newer)


def test_diff_and_plan_say_what_is_newer(run) -> None:
    Path("reqs.txt").write_text("neuronx-cc==2.99.1.0\nnki==0.6.0\n")
    done = run("diff", "2.32.0", "reqs.txt", *AS_OF, "--format", "json")
    (note,) = [note for note in json.loads(done.out)["notes"] if "NP510" in note]
    assert "neuronx-cc 2.99.1.0 is" in note
    done = run("plan", "--from", "nothing", "--instance", "trn2", "--os", "ubuntu28.04",
               *AS_OF, "--format", "json")  # fmt: skip
    assert done.code == 0
    assert any("ubuntu28.04" in note and "NP510" in note for note in json.loads(done.out)["notes"])
