"""``explain-error``: a message, a log, a machine, an environment, a lock."""

import io
import json
import sys
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.operations import explain_error

NEFF = "NEFF version mismatch supported: 1.1 received: 2.0"
REFUSED = (
    "Neuron Runtime (compatibility id: 7) is not compatible with the installed aws-neuronx-dkms"
)


def machine(root: Path, *, loaded: str, dkms: str, runtime: str) -> Path:
    files = {
        "sys/module/neuron/version": f"{loaded}\n",
        "proc/sys/kernel/osrelease": "6.8.0-1021-aws\n",
        "etc/os-release": 'ID=ubuntu\nVERSION_ID="22.04"\n',
        "sys/devices/virtual/dmi/id/product_name": "trn1.32xlarge\n",
        "dev/neuron0": "",
        "lib/modules/6.8.0-1021-aws/build/Makefile": "",
        "lib/modules/6.8.0-1021-aws/updates/dkms/neuron.ko": "",
        "var/lib/dpkg/status": "".join(
            f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n"
            for name, version in (("aws-neuronx-dkms", dkms), ("aws-neuronx-runtime-lib", runtime))
        ),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def verdicts(text: str) -> list[tuple[str, list[str]]]:
    rows = json.loads(text)["errors"]
    return [(row["name"], [cause["verdict"] for cause in row["causes"]]) for row in rows]


def test_the_facts_of_a_machine_decide(run: Run, tmp_path: Path) -> None:
    root = machine(tmp_path / "m", loaded="2.26.5.0", dkms="2.30.2.0", runtime="2.34.10.0-ab12")
    done = run("explain-error", REFUSED, "--root", str(root), "--format", "json")
    assert done.code == 0
    assert verdicts(done.out) == [("runtime-refuses-driver", ["proven", "proven", "ruled out"])]
    (row,) = json.loads(done.out)["errors"]
    assert row["command"] == "sudo modprobe -r neuron && sudo modprobe neuron"


def test_without_a_place_causes_are_open_and_the_text_says_what_would_decide(run: Run) -> None:
    done = run("explain-error", REFUSED, "--format", "json")
    assert verdicts(done.out) == [("runtime-refuses-driver", ["open"] * 3)]
    assert "--host" in run("explain-error", REFUSED).out


def test_an_environment_and_a_lock_decide(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "v/lib/python3.11/site-packages"
    for name, version in (("nki", "0.6.0"), ("nrtpy", "2.34.1"), ("protobuf", "3.19.6")):
        (site / f"{name}-{version}.dist-info").mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (site / f"{name}-{version}.dist-info/METADATA").write_text(text)
    venv = str(tmp_path / "v")
    done = run(
        "explain-error", "cannot import name 'x' from 'nki'", "--venv", venv, "--format", "json"
    )
    assert verdicts(done.out) == [("nrtpy-and-nki", ["proven"])]
    old = "cannot import name 'builder' from 'google.protobuf.internal'"
    done = run("explain-error", old, "--venv", venv, "--format", "json")
    assert verdicts(done.out) == [("protobuf-too-old", ["proven"])]
    target = ("--instance", "trn2", "--os", "ubuntu22.04", "--python", "3.11")
    run("lock", "--offline", *target, "-o", "lock.json")
    done = run("explain-error", NEFF, "--lock", "lock.json", "--format", "json")
    assert verdicts(done.out) == [("neff-too-new", ["proven", "ruled out"])]


def test_a_file_standard_input_and_words_are_read(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("train.log").write_bytes(b"ok\n\xff\xfe\n" + NEFF.encode() + b"\n")
    done = run("explain-error", "train.log", "--format", "json")
    assert json.loads(done.out)["errors"][0]["line"] == 3
    stdin = io.TextIOWrapper(io.BytesIO(NEFF.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run("explain-error", "-").code == 0
    assert run("explain-error", *NEFF.split()).code == 0


def test_nothing_known_gives_1_and_versions_to_report(run: Run, tmp_path: Path) -> None:
    root = machine(tmp_path / "m", loaded="2.30.2.0", dkms="2.30.2.0", runtime="2.34.10.0")
    done = run("explain-error", "segmentation fault", "--root", str(root))
    assert done.code == 1
    assert "aws-neuronx-runtime-lib 2.34.10.0" in done.out
    assert str(root) not in done.out
    assert run("explain-error", "segmentation fault").code == 1


def test_where_no_version_helps_it_is_said(run: Run) -> None:
    done = run("explain-error", "NRT_EXEC_HW_ERR_HBM_UE", "--format", "json")
    assert json.loads(done.out)["errors"][0]["helps"] == "none"
    assert "no version helps" in run("explain-error", "NRT_EXEC_HW_ERR_HBM_UE").out


def test_control_characters_of_a_log_are_not_printed(run: Run) -> None:
    Path("log").write_text("\x1b]0;title\x07NRT_EXEC_SW_NQ_OVERFLOW \x1b[31mred\x1b[0m\x00\n")
    for form in ("text", "json", "markdown"):
        done = run("explain-error", "log", "--format", form)
        assert not {"\x1b", "\x07", "\x00"} & set(done.out)


def test_markdown_of_a_log_has_no_markup_of_the_log(run: Run) -> None:
    done = run(
        "explain-error", "NRT_EXEC_SW_NQ_OVERFLOW <img src=x> [a](b)", "--format", "markdown"
    )
    assert "<img" not in done.out.replace("\\<", "")
    assert "[a](b)" not in done.out


def test_a_long_log_is_read_to_the_limit_and_it_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain_error, "MAX_BYTES", 2000)
    monkeypatch.setattr(explain_error, "CHUNK", 500)
    Path("log").write_text("a line of the log\n" * 1000 + NEFF)
    done = run("explain-error", "log", "--format", "json")
    document = json.loads(done.out)
    assert (document["is_whole"], document["errors"]) == (False, [])
    assert run("explain-error", "log").code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((".",), 2),
        (("x", "--journal"), 2),
        (("x", "--lock", "absent.json"), 2),
        (("x", "--venv", "absent"), 2),
        (("x", "--instance", "trn9"), 2),
        (("x", "--os", "beos"), 2),
        (("x", "--python", "abc"), 2),
        (("x", "--root", "absent"), 2),
        (("x", "--root", ""), 2),
        (("",), 2),
        ((" ", "\n"), 2),
        (("train.log",), 2),
        (("logs/train.out",), 2),
        (("/var/log/absent",), 2),
        (("/a" * 100_000 + " b",), 1),
    ],
)
def test_what_cannot_be_read_is_an_error(run: Run, arguments: tuple[str, ...], code: int) -> None:
    done = run("explain-error", *arguments)
    assert done.code == code
    assert code == 1 or done.out == ""


def test_an_empty_text_is_called_so(run: Run) -> None:
    Path("log").write_text("")
    for form in ("text", "markdown"):
        assert "text is empty" in run("explain-error", "log", "--format", form).out


@pytest.mark.parametrize(
    ("options", "newer"),
    [
        (("--python", "3.40"), "Python 3.40"),
        (("--os", "ubuntu28.04"), "ubuntu28.04"),
        (("neuronx-cc==2.99.1.0",), "neuronx-cc 2.99.1.0"),
    ],
)
def test_what_is_newer_than_the_facts_is_called_so(
    run: Run, options: tuple[str, ...], newer: str
) -> None:
    text = "\n".join([NEFF, *(word for word in options if "==" in word)])
    done = run("explain-error", text, *(word for word in options if "==" not in word))
    assert done.code == 0
    (warning,) = [line for line in done.err.splitlines() if "NP510" in line]
    assert newer in warning and "2026-08-21" in warning


def test_the_journal(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/journalctl"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'kernel: NRT_EXEC_SW_NQ_OVERFLOW'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert run("explain-error", "--journal").code == 0
    program.write_text("#!/bin/sh\necho 'No journal files were found.' >&2\nexit 1\n")
    done = run("explain-error", "--journal")
    assert done.code == 2
    assert "No journal files were found." in done.err
    program.unlink()
    monkeypatch.setenv("PATH", str(program.parent))
    assert run("explain-error", "--journal").code == 2
