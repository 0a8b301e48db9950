"""Known error messages: each row by what it matches and what it does not, and by the facts that
decide between its causes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import load_catalog
from neuron_pin.diagnosis.conditions import CONDITIONS
from neuron_pin.diagnosis.explaining import Diagnosis, Verdict, diagnose
from neuron_pin.diagnosis.known import Known
from neuron_pin.diagnosis.matching import MAX_LINE, find_messages
from neuron_pin.diagnosis.messages import load_messages
from neuron_pin.fs.toml import parse_toml
from neuron_pin.operations.explain_error import Place, explain_errors

MESSAGES = load_messages()
FOLDER = FIXTURES / "error-messages"


def read_rows(name: str, key: str) -> list[dict[str, Any]]:
    rows = parse_toml((FOLDER / name).read_text())[key]
    assert isinstance(rows, list)
    return rows


ROWS = read_rows("rows.toml", "row")
REPORTS = read_rows("reports.toml", "report")


def names(text: str) -> list[str]:
    return [match.message.name for match in find_messages([text], MESSAGES)]


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_what_a_row_matches_and_what_it_does_not(row: dict[str, Any]) -> None:
    (message,) = [m for m in MESSAGES if m.name == row["name"]]
    assert all(row["name"] in names(line) for line in row["has"])
    assert len(row["near"]) >= 3
    assert not any(row["name"] in names(line) for line in row["near"])
    for pattern in message.patterns:
        assert any(pattern.anchor in line and pattern.search(line) for line in row["has"]), pattern


def test_every_row_is_complete() -> None:
    assert [m.name for m in MESSAGES] != []
    assert {m.name for m in MESSAGES} == {row["name"] for row in ROWS}
    for message in MESSAGES:
        assert message.causes and message.sources and message.weight in (1, 2, 3)
        groups = {"0", "family", "python", "os", "venv", "sdk", "torch-neuronx"}
        for pattern in message.patterns:
            groups |= {g.rstrip("0123456789") for g in re.compile(pattern.expression).groupindex}
        for cause in message.causes:
            texts = [cause.command, *(a for c in cause.when for a in c.arguments)]
            assert {f for text in texts for f in re.findall(r"\{([\w-]+)\}", text)} <= groups
            assert all(condition.name in CONDITIONS for condition in cause.when)
    used = {c.name for m in MESSAGES for cause in m.causes for c in cause.when}
    assert used == set(CONDITIONS)


@pytest.mark.parametrize("report", REPORTS, ids=range(len(REPORTS)))
def test_the_right_row_of_a_public_report_comes_first(report: dict[str, Any]) -> None:
    found = explain_errors([report["text"]], Place(), load_catalog()).diagnoses
    assert found[0].match.message.name == report["name"]
    assert found[0].causes[0].verdict.value == report["verdict"]


def test_there_are_a_hundred_reports() -> None:
    assert len(REPORTS) >= 100


def judge(text: str, known: Known) -> Diagnosis:
    (found,) = diagnose(find_messages([text], MESSAGES), known, load_catalog())
    return found


REFUSED = "This Neuron Runtime (compatibility id: 7) is not compatible with the installed aws-neuronx-dkms"
DKMS, RUNTIME = "aws-neuronx-dkms", "aws-neuronx-runtime-lib"

# text, what is known, the verdicts of the causes in the order of the row, words of the first fact
DECIDED: list[tuple[str, Known, list[str], str]] = [
    (REFUSED, Known("m", {DKMS: "2.30.2.0", RUNTIME: "2.34.10.0-ab"}, has_system=True, driver="2.26.5.0"),
     ["proven", "proven", "ruled out"], "driver 2.26.5.0 is loaded, 2.30.2.0 is installed"),
    (REFUSED, Known("m", {DKMS: "2.26.5.0", RUNTIME: "2.34.10.0-ab"}, has_system=True, driver="2.26.5.0"),
     ["ruled out", "proven", "proven"], RUNTIME),
    (REFUSED, Known("m", {DKMS: "2.30.2.0", RUNTIME: "2.34.10.0"}, has_system=True, driver="2.30.2.0"),
     ["ruled out", "ruled out", "ruled out"], "driver 2.30.2.0"),
    ("Unable to determine Neuron Driver version",
     Known("m", {}, has_system=True, driver="", kernel="6.8", modules=frozenset(), has_devices=False),
     ["proven", "ruled out", "ruled out", "ruled out"], "not installed"),
    ("Unable to determine Neuron Driver version",
     Known("m", {DKMS: "2.30.2.0"}, has_system=True, driver="", kernel="6.8", modules=frozenset({"6.5"}),
           has_devices=False),
     ["ruled out", "proven", "ruled out", "ruled out"], "2.30.2.0 is installed"),
    ("Unable to determine Neuron Driver version",
     Known("m", {DKMS: "2.30.2.0"}, has_system=True, driver="", kernel="6.8", modules=frozenset({"6.8"}),
           has_devices=False),
     ["ruled out", "ruled out", "proven", "ruled out"], "no driver is loaded"),
    ("Unable to determine Neuron Driver version",
     Known("m", {}, has_system=True, driver="2.30.2.0", has_devices=False),
     ["ruled out", "ruled out", "ruled out", "proven"], "no /dev/neuron0"),
    ("requires Neuron Driver version 2.22.0 or greater", Known("m", driver="2.21.37.0"),
     ["proven", "open"], "2.21.37.0"),
    ("requires Neuron Driver version 2.22.0 or greater", Known("lock.json", {DKMS: "2.30.2.0"}),
     ["ruled out", "open"], "is in the lock"),
    ("Bad return status for module build on kernel: 6.5.0-1015-aws",
     Known("m", {DKMS: "2.30.2.0"}, has_system=True, headers=frozenset({"6.5.0-1015-aws"}),
           system=load_catalog().system("ubuntu22.04")),
     ["proven", "ruled out"], "was tested on ubuntu22.04 with kernel"),
    ("NRT_UNSUPPORTED_NEFF_VERSION", Known("m", {RUNTIME: "2.28.23.0", "neuronx-cc": "2.27.5334.0+x"}),
     ["proven", "ruled out"], "of SDK 2.26.0 to 2.26.1"),
    ("NRT_UNSUPPORTED_NEFF_VERSION", Known("m", {RUNTIME: "2.34.10.0", "neuronx-cc": "2.27.5334.0"}),
     ["ruled out", "proven"], "of SDK 2.32.0"),
    ("NRT_UNSUPPORTED_NEFF_VERSION", Known("m", {RUNTIME: "2.99.1.0", "neuronx-cc": "2.27.5334.0"}),
     ["ruled out", "proven"], "is of a newer release than the facts know"),
    ("NRT_UNSUPPORTED_NEFF_VERSION", Known("m", {RUNTIME: "2.99.1.0", "neuronx-cc": "2.99.1.0"}),
     ["open", "open"], "no release that the facts know ships neuronx-cc 2.99.1.0"),
    ("NRT_UNSUPPORTED_NEFF_VERSION", Known("m", {RUNTIME: "2.34.10.0", "neuronx-cc": "3.0.1.0"}),
     ["proven", "ruled out"], "major version 3"),
    ("NRT_UNSUPPORTED_NEFF_VERSION", Known("m", {RUNTIME: "2.34.10.0", "neuronx-cc": "2.28.7631.0"}),
     ["proven", "ruled out"], "neuronx-cc 2.28.7631.0 is of SDK 2.33.0"),
    ("NEFF version mismatch supported: 1.1 received: 2.0", Known("m", {RUNTIME: "1.5.0.0"}),
     ["proven", "ruled out"], "NEFF 2.0 needs runtime 1.6.5.0 or later"),
    ("NEFF version mismatch supported: 2.0 received: 3.0", Known("m", {RUNTIME: "2.34.10.0"}),
     ["open", "open"], "which neuronx-cc is installed"),
    ("Architecture not found 1", Known("m", {RUNTIME: "2.34.10.0"}, family="inf1"), ["proven"], "inf1"),
    ("Architecture not found 1", Known("m", {RUNTIME: "2.34.10.0"}, family="trn2"), ["ruled out"], "trn2"),
    ("queue set instance", Known("m", {RUNTIME: "2.30.51.0"}), ["proven"], "2.30.51.0"),
    ("NCC_EARG001", Known("m", family="trn1"), ["proven"], "trn1"),
    ("NCC_EARG001", Known("m", family="trn2"), ["ruled out"], "trn2"),
    ("NCC_EVRF009", Known("m", {"neuronx-cc": "2.20.9961.0"}), ["proven", "ruled out"], "2.25.0"),
    ("version `GLIBC_2.35' not found", Known("m", system=load_catalog().system("amzn2023")),
     ["proven", "ruled out"], "amzn2023 has glibc 2.34"),
    ("module compiled against API version 0xf but this version of numpy is 0xe", Known(),
     ["ruled out", "proven"], "0x12"),
    ("module compiled against API version 0xf but this version of numpy is 0x13", Known(),
     ["proven", "ruled out"], "0x13"),
    ("A module that was compiled using NumPy 1.x cannot be run in", Known(),
     ["proven", "ruled out"], "only NumPy 2"),
    ("A module that was compiled using NumPy 1.x cannot be run in", Known("v", {"numpy": "2.2.6"}),
     ["proven", "ruled out"], "2.2.6"),
    ("libtorchneuron.so: undefined symbol: _ZN5torch",
     Known("m", {"torch": "2.8.0", "torch-neuronx": "2.9.0.2.13.26312"}),
     ["proven", "ruled out"], "is for 2.9.0"),
    ("No module named 'torch_xla'", Known("m", {"torch-neuronx": "2.14.3.0"}, has_python=True),
     ["proven", "ruled out", "ruled out"], "2.14.3.0"),
    ("No module named 'torch_xla'", Known("m", {}, has_python=True),
     ["ruled out", "ruled out", "proven"], "not installed"),
    ("cannot import name 'x' from 'nki'", Known("m", {"nki": "0.6.0", "nrtpy": "2.34.1"}), ["proven"], "nrtpy"),
    ("insmod: ERROR: could not insert module neuron.ko", Known("m", driver="2.30.2.0"),
     ["proven", "ruled out"], "2.30.2.0"),
]  # fmt: skip


@pytest.mark.parametrize("case", DECIDED, ids=range(len(DECIDED)))
def test_facts_decide_between_causes(case: tuple[str, Known, list[str], str]) -> None:
    text, known, verdicts, words = case
    found = judge(text, known)
    order = [cause.text for cause in found.match.message.causes]
    causes = sorted(found.causes, key=lambda cause: order.index(cause.text))
    assert [cause.verdict.value for cause in causes] == verdicts
    assert words in " ".join(fact for cause in found.causes for fact in cause.facts)


def test_a_proven_cause_gives_the_command_and_several_open_ones_only_what_changes_nothing() -> None:
    known = Known("m", {DKMS: "2.30.2.0"}, has_system=True, driver="2.26.5.0")
    assert judge(REFUSED, known).command.startswith("sudo modprobe -r neuron")
    assert judge(REFUSED, Known()).command.startswith("neuron-pin ")


def test_a_command_takes_no_shell_words_from_the_text() -> None:
    found = judge("Bad return status for module build on kernel: 6.5.0;reboot", Known())
    assert ";" not in found.command
    assert found.match.groups["kernel"] == "6.5.0"
    found = judge("Module build for kernel $(reboot) was skipped", Known())
    assert "$" not in found.command


@pytest.mark.parametrize(
    ("known", "command"),
    [
        (Known(), "neuron-pin explain nki"),
        (Known("m", python="3.14"), "neuron-pin explain nki --python 3.14"),
    ],
)
def test_a_command_has_no_option_whose_value_is_not_known(known: Known, command: str) -> None:
    assert judge("No matching distribution found for nki", known).command == command


def test_a_log_is_read_in_pieces_with_the_numbers_of_its_lines() -> None:
    lines = [f"line {number}\n" for number in range(1, 4001)]
    lines[2999] = "\x1b[31mERROR\x1b[0m NeuronCore(s) not available - Requested:1-1 Available:0\n"
    lines[3998] = "NRT_EXEC_SW_NQ_OVERFLOW\n"
    pieces = ["".join(lines[:1500]), "".join(lines[1500:3500]), "".join(lines[3500:])]
    found = find_messages(pieces, MESSAGES)
    assert [(m.message.name, m.line) for m in found] == [
        ("cores-in-use", 3000),
        ("queue-overflow", 3999),
    ]
    assert "\x1b" not in found[0].text


def test_a_log_says_once_what_it_repeats() -> None:
    (found,) = find_messages(["NRT_EXEC_SW_NQ_OVERFLOW\n" * 50], MESSAGES)
    assert (found.line, found.seen) == (1, 50)


def test_a_line_without_end_is_looked_at_around_its_message() -> None:
    text = "x" * 100_000 + " NRT_EXEC_SW_NQ_OVERFLOW " + "y" * 100_000
    (found,) = find_messages([text], MESSAGES)
    assert found.message.name == "queue-overflow"
    assert len(found.text) <= MAX_LINE


def test_versions_that_the_log_states_count_where_nothing_else_is_known(tmp_path: Path) -> None:
    log = (
        "NRT version: 2.20.22.0 (abc)\nDriver version: 2.30.2.0\n"
        "Kernel: Linux 5.15.0-1058-aws #64\nRuntimeError: nrt_init failed, rc=1\n"
    )
    found = explain_errors([log], Place(), load_catalog())
    assert found.known.versions[RUNTIME] == "2.20.22.0"
    assert (found.known.driver, found.known.kernel) == ("2.30.2.0", "5.15.0-1058-aws")
    assert found.diagnoses[0].causes[0].verdict is Verdict.PROVEN
    (tmp_path / "sys/module/neuron").mkdir(parents=True)
    (tmp_path / "sys/module/neuron/version").write_text("2.18.12.0\n")
    found = explain_errors([log], Place(str(tmp_path)), load_catalog())
    assert found.known.driver == "2.18.12.0"
