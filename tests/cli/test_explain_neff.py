"""`explain neff` and `check --neff-compiler`: which versions are compared, from where, and the exit
code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.errors import NeuronPinError, UnknownName, UnreadableInput, WrongUsage
from neuron_pin.operations.explain_neff import NotThere, read_compiler

DAY = ("--as-of", "2026-08-20")
TARGET = ("--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12", *DAY)
STATUS = (
    "Package: aws-neuronx-runtime-lib\nStatus: install ok installed\nVersion: 2.28.23.0-f00\n\n"
)


@pytest.fixture
def places(run: Run) -> None:
    """Locks of two releases, one without a compiler, one without a runtime library, and a
    machine."""
    for name, words in (
        ("old.json", ("--sdk", "2.28.1")),
        ("new.json", ("--sdk", "2.32.0")),
        ("host.json", ("aws-neuronx-runtime-lib", "--sdk", "2.28.1")),
        ("pip.json", ("neuronx-cc", "--sdk", "2.32.0")),
    ):
        assert run("lock", *words, "--offline", *TARGET, "-q", "-o", name).code == 0
    status = Path("machine/var/lib/dpkg/status")
    status.parent.mkdir(parents=True)
    status.write_text(STATUS)
    os_release = Path("machine/etc/os-release")
    os_release.parent.mkdir()
    os_release.write_text('ID=ubuntu\nVERSION_ID="24.04"\n')


# options, verdict, compiler, runtime library
ASKED = [
    ("--compiler 2.27.5334.0 --runtime 2.34.10.0", "runs", "2.27.5334.0", "2.34.10.0"),
    ("--compiler neuronx-cc==2.27.5334.0 --runtime aws-neuronx-runtime-lib=2.28.23.0-*", "may-break",
     "2.27.5334.0", "2.28.23.0"),
    ("--compiler 2.27.5334.0 --sdk 2.28", "may-break", "2.27.5334.0", "2.30.51.0"),
    ("--sdk 2.32.0 --runtime 2.30.51.0", "may-break", "2.27.5334.0", "2.30.51.0"),
    ("--sdk latest", "runs", "2.27.5334.0", "2.34.10.0"),
    ("--lock old.json", "runs", "2.23.6484.0", "2.30.51.0"),
    ("--lock old.json --sdk 2.32.0", "may-break", "2.27.5334.0", "2.30.51.0"),
    ("--lock old.json --compiler new.json", "may-break", "2.27.5334.0", "2.30.51.0"),
    ("--lock host.json --compiler 2.1", "runs", "2.1", "2.30.51.0"),
    ("--lock pip.json --runtime 2.34.10.0", "runs", "2.27.5334.0", "2.34.10.0"),
    ("--lock pip.json --root machine", "may-break", "2.27.5334.0", "2.28.23.0-f00"),
    ("--root machine --compiler 2.21.18209.0", "runs", "2.21.18209.0", "2.28.23.0-f00"),
    ("--sdk 2.20.0 --instance inf1", "runs", "1.24.0.0", "2.12.23.0"),
    ("--compiler 2.99.1 --runtime 2.99.1", "not-stated", "2.99.1", "2.99.1"),
    ("--compiler neuron-cc==1.24.0.0 --runtime 2.24.53.0", "recompile", "1.24.0.0", "2.24.53.0"),
]  # fmt: skip


@pytest.mark.usefixtures("places")
def test_what_is_compared(run: Run) -> None:
    for words, verdict, compiler, runtime in ASKED:
        done = run("explain", "neff", *words.split(), *DAY, "--format", "json")
        document = json.loads(done.out)
        assert (
            document["verdict"], document["compiler"]["version"], document["runtime"]["version"]
        ) == (verdict, compiler, runtime), words  # fmt: skip
        assert done.code == (verdict in ("may-break", "recompile")), words


@pytest.mark.parametrize(
    ("compiler", "runtime", "newer"),
    [
        ("2.99.1", "2.34.10.0", (True, False)),
        ("2.27.5334.0", "9.9", (False, True)),
        # Between versions that are known.
        ("2.27.5335.0", "2.34.11.0", (False, False)),
        ("2.28.7631.0", "2.35.30.0", (False, False)),
    ],
)
def test_what_is_newer_than_the_facts_is_called_so(
    run: Run, compiler: str, runtime: str, newer: tuple[bool, bool]
) -> None:
    words = ("explain", "neff", "--compiler", compiler, "--runtime", runtime, *DAY)
    document = json.loads(run(*words, "--format", "json").out)
    assert (document["compiler"]["is_newer"], document["runtime"]["is_newer"]) == newer
    assert run(*words).out.count("newer than the facts of 2026-08-21") == sum(newer)


@pytest.mark.usefixtures("places")
def test_check_calls_a_compiler_and_a_driver_newer_than_the_facts(run: Run) -> None:
    done = run("check", "old.json", "--neff-compiler", "2.99.1", "--with-driver", "2.99.1.0", *DAY)
    assert "aws-neuronx-dkms 2.99.1.0 is newer than the facts of 2026-08-21" in done.err
    assert "neuronx-cc 2.99.1 (newer than the facts of 2026-08-21)" in done.out


# options, the error
REFUSED = [
    ("", WrongUsage),
    ("--compiler 2.27.5334.0", WrongUsage),
    ("--runtime 2.34.10.0", WrongUsage),
    ("--root machine", WrongUsage),
    ("--compiler 2.27.5334.0 --runtime 2.34.10.0 --sdk 2.32.0", WrongUsage),
    ("--compiler 2.27.5334.0 --runtime 2.34.10.0 --lock old.json", WrongUsage),
    ("--compiler 2.27.5334.0 --root machine --lock old.json", WrongUsage),
    ("--compiler 2.27.5334.0 --runtime 2.34.10.0 --root machine", WrongUsage),
    ("--compiler newest --sdk 2.32.0", WrongUsage),
    ("--compiler 2 --sdk 2.32.0", WrongUsage),
    ("--runtime 2.34; --sdk 2.32.0", WrongUsage),
    ("--compiler 2.27.5334.0 --sdk old.json", WrongUsage),
    ("--compiler 2.27.5334.0 --sdk >=2.30", WrongUsage),
    ("--compiler 2.27.5334.0 --sdk 9.9", UnknownName),
    ("with neuronx-cc --sdk 2.32.0", WrongUsage),
    ("--compiler none.json --sdk 2.32.0", UnreadableInput),
    ("--lock host.json", NotThere),
    ("--compiler host.json --sdk 2.32.0", NotThere),
    ("--lock pip.json", NotThere),
    ("--sdk 2.32.0 --instance inf1", NotThere),
    ("--sdk 2.33.1 --as-of 2026-11-28", NotThere),
    ("--compiler 2.27.5334.0 --root empty", NotThere),
]  # fmt: skip


@pytest.mark.usefixtures("places")
def test_what_is_refused(run: Run) -> None:
    Path("empty").mkdir()
    for words, kind in REFUSED:
        done = run("explain", "neff", *DAY, *words.split())
        assert (type(done.error), done.code) == (kind, 2), words


def test_the_options_of_models_are_for_models_alone(run: Run) -> None:
    done = run("explain", "neuronx-cc", "--compiler", "2.27.5334.0")
    assert (type(done.error), done.code) == (WrongUsage, 2)


# text, compiler
COMPILERS = [
    ("2.27.5334.0", "neuronx-cc 2.27.5334.0"),
    ("2.27.*", "neuronx-cc 2.27"),
    ("1.24.0.0", "neuron-cc 1.24.0.0"),
    ("neuronx_cc==2.27.5334.0+a3ad0f342", "neuronx-cc 2.27.5334.0"),
    ("neuron-cc 1.24.0.0", "neuron-cc 1.24.0.0"),
    ("/var/tmp/neuron-compile-cache/neuronxcc-2.8.0.25+a3ad0f342/MODULE_1/model.neff",
     "neuronx-cc 2.8.0.25"),
    ("NeuronX Compiler version 2.12.68.0+4480452af", "neuronx-cc 2.12.68.0"),
    ("neuron-cc==2.99.1.0", "neuron-cc 2.99.1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "label"), COMPILERS)
def test_how_a_compiler_is_named(text: str, label: str) -> None:
    assert read_compiler(text).label == label


@pytest.mark.parametrize("text", ["", "2", "x" * 100_000, "1." * 50_000, "neuronx-cc", "²", "2.²"])
def test_what_names_no_compiler(text: str) -> None:
    with pytest.raises(NeuronPinError):
        read_compiler(text)


# what is checked, the compiler, severities of NP513
CHECKED = [
    (("new.json",), "2.27.5334.0", []),
    (("new.json",), "2.28.7631.0", ["error"]),
    (("old.json",), "new.json", ["error"]),
    (("new.json",), "old.json", []),
    (("old.json", "new.json"), "2.27.5334.0", ["error"]),
    (("pip.json",), "2.27.5334.0", []),
    (("--root", "machine"), "2.27.5334.0", ["error"]),
    (("--root", "machine"), "2.21.18209.0", []),
    (("installed.txt",), "2.99.1.0", ["warning"]),
]  # fmt: skip


@pytest.mark.usefixtures("places")
def test_check_reports_runtime_libraries_that_may_not_run_a_model(run: Run) -> None:
    Path("installed.txt").write_text("ii  aws-neuronx-runtime-lib  2.99.1.0-1  amd64  x\n")
    for words, compiler, severities in CHECKED:
        done = run("check", *words, "--neff-compiler", compiler, *DAY, "--format", "json")
        found = [f for f in json.loads(done.out)["findings"] if f["rule"] == "NP513"]
        assert [f["severity"] for f in found] == severities, words
        if words[0] != "--root":
            assert done.code == (severities == ["error"]), words
        if severities == ["error"]:
            assert "neuronx-cc" in found[0]["remedy"] or "runtime-lib" in found[0]["remedy"]
        # What states no runtime library was not compared, and that is said.
        assert ("nothing that was checked" in done.err) is (words == ("pip.json",))
        without = run("check", *words, *DAY, "--format", "json")
        assert "NP513" not in without.out


@pytest.mark.usefixtures("places")
def test_a_lock_states_its_compiler(run: Run) -> None:
    lock = json.loads(Path("new.json").read_text())
    assert lock["neff"] == {"compiler": "neuronx-cc", "version": "2.27.5334.0", "sdk": "2.32.0"}
    assert "neff" not in json.loads(Path("host.json").read_text())
    assert run("verify", "new.json", "--offline").code == 0
    for wrong, code in (({"version": "2.26.6360.0"}, 1), ({"compiler": "nki"}, 1), ({"sdk": 2}, 2)):
        Path("wrong.json").write_text(json.dumps(lock | {"neff": lock["neff"] | wrong}))
        assert run("verify", "wrong.json", "--offline").code == code, wrong
        # What uses a lock goes by its packages.
        assert run("check", "wrong.json", "--neff-compiler", "wrong.json", *DAY).code == 0
    del lock["neff"]
    Path("new.json").write_text(json.dumps(lock))
    assert run("explain", "neff", "--lock", "new.json", *DAY).code == 0
