"""``fleet classes`` and ``fleet report``: many hosts, from what was kept of their facts."""

from __future__ import annotations

import copy
import csv
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import FIXTURES, Run, failure
from fleet_world import add_environment, make_root, put

from neuron_pin.errors import CannotWrite, UnreadableInput, WrongUsage

AS_OF = ("--as-of", "2026-08-20")
DRIVER, TOOLS = "aws-neuronx-dkms", "aws-neuronx-tools"
SEEDS = FIXTURES / "golden" / "files" / "fleet"


def facts_of(host: str, seed: str = "node-a", **changes: Any) -> dict[str, Any]:
    """The facts of a host as those of another, with some fields changed."""
    document: dict[str, Any] = json.loads((SEEDS / f"{seed}.json").read_text())
    return {**document, "host": host, **changes}


def keep(folder: Path, *documents: dict[str, Any]) -> Path:
    """A folder with a file a host."""
    folder.mkdir(exist_ok=True)
    for document in documents:
        (folder / f"{document['host']}.json").write_text(json.dumps(document))
    return folder


def report(run: Run, *words: str, code: int | None = None) -> dict[str, Any]:
    done = run("fleet", "report", *words, *AS_OF, "--format", "json")
    if code is not None:
        assert done.code == code, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [host["name"] for host in found["hosts"]]


@pytest.fixture
def lock(run: Run) -> str:
    """The lock of the class of node-a."""
    done = run("lock", "--offline", "-q", "--instance", "trn2", "--os", "ubuntu24.04", "--sdk",
               "2.32.0", DRIVER, TOOLS, *AS_OF, "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    return "lock.json"


# What is kept where --------------------------------------------------------------------------


def write_lines(folder: Path, document: dict[str, Any]) -> None:
    (folder / "hosts.jsonl").write_text(f"\n{json.dumps(document)}\n\n")


def write_lines_of_any_name(folder: Path, document: dict[str, Any]) -> None:
    other = {**document, "host": "other"}
    (folder / "hosts").write_text(f"{json.dumps(document)}\n{json.dumps(other)}\n")


def write_list(folder: Path, document: dict[str, Any]) -> None:
    (folder / "hosts.json").write_text(json.dumps([document]))


def write_ansible_cache(folder: Path, document: dict[str, Any]) -> None:
    facts = {"ansible_os_family": "Debian", "neuron_pin": {**document, "host": "own-name"}}
    (folder / "s1_node").write_text(json.dumps({"__payload__": json.dumps(facts)}))


def write_tagged_cache(folder: Path, document: dict[str, Any]) -> None:
    tagged = {name: {"value": value, "tags": [], "__ansible_type": "_AnsibleTaggedStr"}
              for name, value in document.items()}  # fmt: skip
    facts = {"neuron_pin": {"value": tagged, "tags": [], "__ansible_type": "_AnsibleTaggedDict"}}
    (folder / "s1_node").write_text(json.dumps({"__payload__": json.dumps(facts)}))


def write_older_ansible_cache(folder: Path, document: dict[str, Any]) -> None:
    (folder / "node").write_text(json.dumps({"neuron_pin": {**document, "host": "own-name"}}))


def write_ansible_tree(folder: Path, document: dict[str, Any]) -> None:
    result = {"ansible_facts": {"neuron_pin": document}, "changed": False}
    (folder / "node").write_text(json.dumps(result))


def write_invocation(folder: Path, document: dict[str, Any]) -> None:
    row = {"InstanceId": "node", "Status": "Success", "StandardOutputContent": json.dumps(document)}
    (folder / "answer.json").write_text(json.dumps(row))


def write_invocations(folder: Path, document: dict[str, Any]) -> None:
    plugins = [{"Name": "facts", "Output": json.dumps(document)}]
    row = {"CommandInvocations": [{"InstanceId": "node", "CommandPlugins": plugins}]}
    (folder / "answers.json").write_text(json.dumps(row))


def write_bucket(folder: Path, document: dict[str, Any]) -> None:
    place = folder / "command-id" / "i-1" / "awsrunShellScript" / "facts"
    place.mkdir(parents=True)
    (place / "stdout").write_text(json.dumps(document) + "\n")


def write_salt(folder: Path, document: dict[str, Any]) -> None:
    answers = {"node": json.dumps(document)}
    (folder / "salt.json").write_text(json.dumps(answers))


FORMS = [
    write_lines, write_lines_of_any_name, write_list, write_ansible_cache, write_tagged_cache,
    write_older_ansible_cache, write_ansible_tree, write_invocation, write_invocations,
    write_bucket, write_salt,
]  # fmt: skip


@pytest.mark.parametrize("end", ["sh", "py", "md", "list", "log", "LOG"])
@pytest.mark.parametrize("form", ["cache", "older cache", "facts", "damaged cache"])
def test_a_host_may_be_called_as_other_files_are(
    run: Run, tmp_path: Path, end: str, form: str
) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    name = f"trn2-001.acme.{end}"
    facts = {"ansible_os_family": "Debian", "neuron_pin": facts_of(name)}
    text = {
        "cache": json.dumps({"__payload__": json.dumps(facts)}),
        "older cache": json.dumps(facts, indent=4),
        "facts": json.dumps(facts_of(name)),
        "damaged cache": json.dumps({"__payload__": json.dumps(facts)})[:-9],
    }[form]
    (folder / (f"s1_{name}" if form in ("cache", "damaged cache") else name)).write_text(text)
    (folder / f"site.{end}").write_text("#!{{ ansible_managed }}\n")
    found = report(run, str(folder))
    if form == "damaged cache":
        assert [row["place"] for row in found["unread"]] == [f"{folder / f's1_{name}'}:1"]
    else:
        assert names(found) == ["good", name] and found["unread"] == []


def test_the_prefix_of_a_cache_is_not_the_host(run: Run, tmp_path: Path) -> None:
    facts = json.dumps({"neuron_pin": facts_of("own-name")})
    (tmp_path / "np_s1_node").write_text(json.dumps({"__payload__": facts}))
    assert names(report(run, str(tmp_path), code=0)) == ["node"]


@pytest.mark.parametrize("number", [1, 3])
def test_lines_on_standard_input(tmp_path: Path, number: int) -> None:
    lines = "".join(json.dumps(facts_of(f"node-{n}")) + "\n" for n in range(number))
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", "fleet", "classes", "-", "--format", "json"],
        input=lines, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["classes"]
    assert found["hosts"] == number


@pytest.mark.parametrize("write", FORMS, ids=lambda write: write.__name__)
def test_what_others_keep_is_read(run: Run, tmp_path: Path, write: Any) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    write(folder, facts_of("node"))
    found = report(run, str(folder), code=0)
    assert found["unread"] == []
    assert names(found)[0] == "node"
    assert found["hosts"][0]["class"] == "trn2-ubuntu24.04-py3.12-k6.8"


# Bad input -----------------------------------------------------------------------------------

BAD = [
    ("later form", {"schema_version": 2}),
    ("earlier form", {"schema_version": 0}),
    ("no form", {"schema_version": "1"}),
    ("form that is true", {"schema_version": True}),
    ("no day", {"day": "yesterday"}),
    ("packages that are none", {"packages": "all"}),
    ("a package that is none", {"packages": ["aws-neuronx-dkms"]}),
    ("a version that is a number", {"packages": [
        {"ecosystem": "apt", "name": DRIVER, "version": 2.3, "held": False}]}),
    ("an invented rule", {"findings": [
        {"rule": "<b>", "severity": "error", "subject": "x", "place": "/"}]}),
    ("an invented severity", {"findings": [
        {"rule": "NP101", "severity": "bad", "subject": "x", "place": "/"}]}),
    ("a long text", {"os": "u" * 5000}),
    ("a negative count", {"left_out": {"packages": -1, "environments": 0, "pins": 0, "findings": 0}}),
    ("a name with a line in it", {"host": "a\nb"}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row for _, row in BAD], ids=[name for name, _ in BAD])
def test_other_documents_are_named_and_the_rest_goes_on(
    run: Run, tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    (folder / "bad.json").write_text(json.dumps({**facts_of("bad"), **changes}))
    found = report(run, str(folder), code=2)
    assert names(found) == ["good"]
    assert [row["place"] for row in found["unread"]] == [str(folder / "bad.json")]


def test_other_hosts_of_ansible_are_no_error(run: Run, tmp_path: Path) -> None:
    """A cache holds the controller too, and hosts that other playbooks know."""
    folder = keep(tmp_path / "fleet", facts_of("good"))
    (folder / "s1_localhost").write_text(json.dumps({"__payload__": "{}"}))
    other = json.dumps({"ansible_distribution": "Debian"})
    (folder / "s1_web.example").write_text(json.dumps({"__payload__": other}))
    done = run("fleet", "report", str(folder), *AS_OF, "--format", "json")
    found = json.loads(done.out)
    assert done.code == 0, done.err
    assert names(found) == ["good"] and found["unread"] == []
    assert "web.example" in done.err and "localhost" not in done.err


TEXTS = [
    b"Permission denied (publickey).\n", b"", b"{", b"\xff\xfe\x00", b"null", b"[]", b"{}",
    b'{"neuron_pin": 1}', b'{"kind": "host-facts"', b"[" * 100_000, b'{"a":' * 100_000,
    b'{"__payload__": "{]"}', b'{"__payload__": "[]"}', b'{"__payload__": 1}',
    b'{"__payload__": "{\\"neuron_pin\\": 1}"}', b'{"InstanceId": "i-1", "StandardOutputContent": "Access denied"}',
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_answers_that_are_no_facts(run: Run, tmp_path: Path, text: bytes) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    (folder / "node-7").write_bytes(text)
    found = report(run, str(folder), code=2)
    assert names(found) == ["good"]
    assert all(str(folder / "node-7") in row["place"] for row in found["unread"])
    assert found["unread"]


def test_a_file_that_is_too_large(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    with (folder / "large.json").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    found = report(run, str(folder), code=2)
    assert names(found) == ["good"] and len(found["unread"]) == 1
    assert "hint: keep the facts of hosts one a line" in run("fleet", "classes", str(folder)).err


def test_a_line_that_is_too_long(run: Run, tmp_path: Path) -> None:
    good = [json.dumps(facts_of(name)) for name in ("first", "last")]
    path = tmp_path / "hosts.jsonl"
    path.write_text("\n".join([good[0], '{"a": "' + "x" * 5_000_000 + '"}', "no", good[1], ""]))
    found = report(run, str(path), code=2)
    assert names(found) == ["first", "last"]
    assert [row["place"] for row in found["unread"]] == [f"{path}:2", f"{path}:3"]


def test_two_hosts_of_one_name_count_neither(run: Run, tmp_path: Path) -> None:
    one = keep(tmp_path / "one", facts_of("good"), facts_of("twin"), facts_of("same"))
    two = keep(tmp_path / "two", facts_of("twin", "node-c"), facts_of("same"))
    found = report(run, str(one), str(two), "--before", str(one), code=2)
    assert names(found) == ["good", "same"]
    assert [row["place"] for row in found["unread"]] == [str(two / "twin.json")]
    # Of whom nothing is known today, nobody says that it is gone.
    assert found["drift"]["changes"] == []


def test_a_host_of_salt_that_did_not_answer(run: Run, tmp_path: Path) -> None:
    answers = {"good": facts_of("good"), "lost": "Minion did not return. [Not connected]"}
    (tmp_path / "salt.json").write_text(json.dumps(answers))
    found = report(run, str(tmp_path / "salt.json"), code=2)
    assert names(found) == ["good"]
    assert [row["place"] for row in found["unread"]] == [f"{tmp_path / 'salt.json'} (lost)"]


CUT_OFF = json.dumps(facts_of("i-1"))[:2400] + "\n---Output truncated---"
FAILED = {"Status": "Failed", "StandardErrorContent": "sh: 1: python3: not found\nmore\n"}

# an invocation of AWS Systems Manager, and what is said of it
INVOCATIONS: list[tuple[dict[str, Any], str]] = [
    (FAILED, "the command has the status Failed: sh: 1: python3: not found"),
    ({"Status": "Failed", "CommandPlugins": [
        {"Output": "\n----------ERROR-------\npython3: not found\nexit status 127"}]},
     "the command has the status Failed: python3: not found"),
    ({"Status": "TimedOut"}, "the command has the status TimedOut"),
    ({"Status": "Success", "StandardOutputContent": CUT_OFF}, "the answer is cut"),
    ({"CommandPlugins": [{"Output": CUT_OFF}]}, "the answer is cut"),
    ({"Status": "Success", "StandardOutputContent": ""}, "printed nothing"),
    ({"Status": "Success", "StandardOutputContent": "Welcome to AWS"},
     "the command printed no facts: Welcome to AWS"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "problem"), INVOCATIONS)
@pytest.mark.parametrize("is_list", [False, True])
def test_a_command_of_systems_manager_without_facts(
    run: Run, tmp_path: Path, answer: dict[str, Any], problem: str, is_list: bool
) -> None:
    good = {"InstanceId": "i-0", "Status": "Success",
            "StandardOutputContent": json.dumps(facts_of("i-0"))}  # fmt: skip
    bad = {"InstanceId": "i-1", **answer}
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"CommandInvocations": [good, bad]} if is_list else bad))
    found = report(run, str(path), code=2)
    assert names(found) == (["i-0"] if is_list else [])
    assert found["unread"] == [{"place": f"{path} (i-1)", "problem": problem}]


def test_files_that_are_beside(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    (folder / "README.md").write_text("The facts of the fleet.\n")
    (folder / ".hidden").write_text("no")
    os.mkfifo(folder / "pipe")
    (folder / "itself").symlink_to(".")
    assert run("fleet", "report", str(folder), *AS_OF, "-o", str(folder / "report.json")).code == 0
    assert names(report(run, str(folder), code=0)) == ["good"]


@pytest.mark.parametrize("action", ["classes", "report"])
def test_all_that_could_not_be_read_is_named(run: Run, tmp_path: Path, action: str) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    for number in range(23):
        (folder / f"bad-{number:02}.json").write_text("no")
    done = run("fleet", action, str(folder))
    assert "3 more could not be read; --format json names all" in done.err
    found = json.loads(run("fleet", action, str(folder), "--format", "json").out)
    assert len(found["unread"]) == 23


@pytest.mark.parametrize("words", [("report",), ("classes",)])
def test_nothing_is_named(run: Run, words: tuple[str, ...]) -> None:
    assert failure(run("fleet", *words), WrongUsage)


def test_a_place_that_is_not_there(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    done = run("fleet", "report", "nowhere", str(folder), *AS_OF, "--format", "json")
    assert done.code == 2 and names(json.loads(done.out)) == ["good"]
    assert "nowhere: there is no such file or folder\nhint: name files" in done.err


def test_the_report_does_without_a_lock_that_cannot_be_read(
    run: Run, tmp_path: Path, lock: str
) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    Path("bad.json").write_text('{"schema_')
    done = run("fleet", "report", str(folder), "--lock", "bad.json", "--lock", lock, *AS_OF,
               "--format", "json")  # fmt: skip
    assert done.code == 2 and failure(done, UnreadableInput).path == "bad.json"
    found = json.loads(done.out)
    assert names(found) == ["good"] and [each["path"] for each in found["locks"]] == [lock]


def test_a_folder_in_place_of_a_lock(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("good"))
    done = run("fleet", "report", str(folder), "--lock", str(folder))
    assert done.code == 2 and failure(done, UnreadableInput).hint == "name a lock.json"
    (folder / "lock.json").write_text("{}")
    done = run("fleet", "report", str(folder), "--lock", str(folder))
    assert failure(done, UnreadableInput).hint == f"name the file: {folder / 'lock.json'}"


# Classes and releases ------------------------------------------------------------------------


def test_classes_have_the_command_of_their_lock(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("a"), facts_of("b", kernel="6.8.0-1001-aws"),
                  facts_of("c", "node-c"), facts_of("d", os=None))  # fmt: skip
    done = run("fleet", "classes", str(folder), "--format", "json")
    rows = {row["name"]: row for row in json.loads(done.out)["classes"]}
    first = rows["trn2-ubuntu24.04-py3.12-k6.8"]
    assert first["names"] == ["a", "b"]
    assert first["kernels"] == ["6.8.0-1001-aws", "6.8.0-1024-aws"]
    assert rows["trn2-unknown-py3.12-k6.8"]["lock"] is None
    command = first["lock"].split()
    assert run(*command[1:-2], "--offline", "-q", *AS_OF, "-o", "lock.json").code == 0
    found = report(run, str(folder), "--lock", "lock.json")
    assert found["locks"][0]["hosts"] == {
        "has": 0, "can": 2, "blocked": 0, "unknown": 1, "other": 1
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "options"),
    [({"instance": None}, "--instance"), ({"os": None}, "--os"),
     ({"instance": None, "os": None}, "--os and --instance")],
)  # fmt: skip
def test_a_class_that_no_lock_can_be_made_for(
    run: Run, tmp_path: Path, changes: dict[str, Any], options: str
) -> None:
    folder = keep(tmp_path / "fleet", facts_of("node", **changes))
    done = run("fleet", "classes", str(folder))
    (line,) = [line for line in done.out.splitlines() if line.startswith("    ")]
    assert line.startswith("    # ") and line.endswith(f"again with {options}")
    found = json.loads(run("fleet", "classes", str(folder), "--format", "json").out)
    assert found["classes"][0]["lock"] is None


def test_releases(run: Run, tmp_path: Path) -> None:
    newer = [{"ecosystem": "apt", "name": DRIVER, "version": "9.0.0.0", "held": False}]
    folder = keep(
        tmp_path / "fleet", facts_of("a"), facts_of("b", "node-b"), facts_of("c", packages=newer),
        facts_of("d", packages=[], environments=[]),
    )  # fmt: skip
    found = {host["name"]: host["release"] for host in report(run, str(folder))["hosts"]}
    assert found == {
        "a": "2.32.0", "b": "of several releases", "c": "of no known release",
        "d": "no Neuron packages",
    }  # fmt: skip


def test_ends_of_support(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("a"), facts_of("c", "node-c"))
    rows = report(run, str(folder))["ends"]
    ended = {row["subject"]: row for row in rows if row["phase"] == "eos"}
    assert {"torch-neuronx 2.6", "python 3.10"} <= set(ended)
    assert ended["torch-neuronx 2.6"]["names"] == ["c"]
    assert ended["torch-neuronx 2.6"]["source"]
    days = [row["day"] for row in rows if row["day"]]
    assert days == sorted(days)


# Locks ---------------------------------------------------------------------------------------

OLD = {"ecosystem": "apt", "name": DRIVER, "version": "2.26.5.0"}
PIN = {"manager": "apt", "names": ["aws-neuronx-*"], "type": "version", "value": "2.3*",
       "priority": -1, "place": "/etc/apt/preferences.d/site.pref:3", "own": False}  # fmt: skip
KEY = {
    "rule": "NP602",
    "severity": "error",
    "subject": "https://apt.invalid",
    "place": "/etc/apt/x",
}

# what the facts say, what the lock is to the host, and the rules of what stops it
JUDGED: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("as locked", {}, "has", []),
    ("older", {"packages": [{**OLD, "held": False}]}, "can", []),
    ("on hold", {"packages": [{**OLD, "held": True}]}, "blocked", ["NP608"]),
    ("by half", {"packages": [{**OLD, "held": False, "state": "half-configured"}]}, "blocked",
     ["NP613"]),
    ("pinned away", {"packages": [], "pins": [PIN]}, "blocked", ["NP606", "NP606"]),
    ("pinned by us", {"packages": [], "pins": [{**PIN, "own": True}]}, "can", []),
    ("pinned to it", {"packages": [], "pins": [{**PIN, "priority": 990}]}, "can", []),
    ("broken repository", {"packages": [], "findings": [KEY]}, "blocked", ["NP602"]),
    ("old kernel", {"packages": [], "kernel": "5.4.0-1000-aws"}, "can", []),
    ("kernel unknown", {"packages": [], "kernel": None}, "unknown", [""]),
    ("family unknown", {"packages": [], "instance": None}, "unknown", [""]),
    ("system unknown", {"packages": [], "os": None}, "unknown", [""]),
    ("left out", {"packages": [],
                  "left_out": {"packages": 1, "environments": 0, "pins": 0, "findings": 0}},
     "unknown", [""]),
    ("key findings left out", {"packages": [], "rules": {"NP602": 3}, "findings": []}, "unknown",
     [""]),
    ("some key findings left out", {"packages": [], "rules": {"NP602": 2}, "findings": [KEY]},
     "blocked", ["NP602"]),
    ("other findings left out", {"packages": [], "rules": {"NP406": 2}, "findings": []}, "can", []),
    ("other family", {"instance": "trn1"}, "other", ["NP101"]),
    ("other system", {"os": "ubuntu22.04"}, "other", ["NP103"]),
    ("other machine", {"machine": "aarch64"}, "other", ["NP104"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fit", "rules"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED]
)
def test_what_a_lock_is_to_a_host(
    run: Run, tmp_path: Path, lock: str, changes: dict[str, Any], fit: str, rules: list[str]
) -> None:
    folder = keep(tmp_path / "fleet", facts_of("node", **changes))
    (found,) = report(run, str(folder), "--lock", lock)["locks"]
    assert found["hosts"][fit] == 1
    assert [row["rule"] or "" for row in found["blockers"]] == rules
    assert all(row["names"] == (["node"] if fit != "other" else []) for row in found["blockers"])


WARNED = {**KEY, "rule": "NP206", "severity": "warning"}

# the counts of the rules, the findings that a summary kept, and what the report says of a rule
CUT: list[tuple[dict[str, int], list[dict[str, Any]], str, str]] = [
    ({"NP602": 3}, [], "NP602", "error"),
    ({"NP602": 3}, [{**KEY, "severity": "warning"}], "NP602", "error"),
    ({"NP602": 1}, [{**KEY, "severity": "warning"}], "NP602", "warning"),
    ({"NP602": 3, "NP206": 1}, [WARNED], "NP602", "error"),
    ({"NP201": 3, "NP602": 1}, [KEY], "NP201", "error"),
    # Errors come first, so what is left out after a warning is none.
    ({"NP206": 3, "NP207": 9}, [WARNED], "NP207", "warning"),
]


@pytest.mark.parametrize(("rules", "findings", "rule", "severity"), CUT)
def test_the_severity_of_findings_that_are_left_out(
    run: Run, tmp_path: Path, rules: dict[str, int], findings: list[Any], rule: str, severity: str
) -> None:
    folder = keep(tmp_path / "fleet", facts_of("node", rules=rules, findings=findings))
    found = report(run, str(folder))
    assert {row["rule"]: row["severity"] for row in found["rules"]}[rule] == severity
    done = run("fleet", "report", str(folder), *AS_OF, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert int(row["errors"]) + int(row["warnings"]) == sum(rules.values())
    assert done.code == (1 if int(row["errors"]) else 0)


def test_a_summary_stops_a_lock_as_all_of_the_facts_do(run: Run, tmp_path: Path, lock: str) -> None:
    root = make_root(tmp_path / "root", driver="2.27.4.0")
    put(root, "etc/apt/sources.list.d/neuron.list",
        "deb [trusted=yes] https://apt.repos.neuron.amazonaws.com noble main\n")  # fmt: skip
    for number in range(15):
        venv = f"opt/a-long-name-of-an-environment-{number:02}"
        flawed = {"torch-neuronx": f"0.0.{number}", "neuronx-cc": f"0.1.{number}",
                  "neuronx-distributed": f"0.2.{number}"}  # fmt: skip
        add_environment(root, venv, flawed)
        for name in flawed:
            own = f"{name.replace('-', '_')}-{flawed[name]}.dist-info"
            put(root, f"{venv}/lib/python3.12/site-packages/{own}/METADATA", f"Name: {name}\n")
    answers = []
    for gather in ("summary", "full"):
        done = run("fleet", "facts", "--root", str(root), *AS_OF, "--gather", gather)
        Path(f"{gather}.json").write_text(done.out)
        assert (json.loads(done.out)["left_out"]["findings"] > 0) == (gather == "summary")
        found = report(run, f"{gather}.json", "--lock", lock, code=1)
        severities = {row["rule"]: row["severity"] for row in found["rules"]}
        answers.append((found["locks"][0]["hosts"], severities["NP602"]))
    assert answers[0] == answers[1]
    assert answers[0][0]["blocked"] == 1 and answers[0][1] == "error"


def test_a_kernel_that_is_too_old(run: Run, tmp_path: Path) -> None:
    done = run("lock", "--offline", "-q", "--instance", "trn1", "--os", "amzn2", "--phase", "eos",
               "--python", "3.10", "--sdk", "2.20.0", DRIVER, "--as-of", "2024-12-01",
               "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    changes: dict[str, Any] = {"instance": "trn1", "os": "amzn2", "packages": [],
                               "environments": []}  # fmt: skip
    folder = keep(tmp_path / "fleet", facts_of("old", kernel="4.14.355-276", **changes),
                  facts_of("new", kernel="5.10.220-209", **changes))  # fmt: skip
    (found,) = report(run, str(folder), "--lock", "lock.json")["locks"]
    assert {row["rule"]: row["names"] for row in found["blockers"]} == {"NP109": ["old"]}


def test_a_container_needs_the_driver_of_its_host(run: Run, tmp_path: Path) -> None:
    done = run("lock", "--offline", "-q", "--instance", "trn2", "--os", "ubuntu22.04", "--python",
               "3.11", "--scope", "container", "--sdk", "2.32.0", "aws-neuronx-runtime-lib", *AS_OF,
               "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    none = {"loaded": None, "installed": None, "devices": 16}
    folder = keep(
        tmp_path / "fleet", facts_of("new"), facts_of("none", driver=none),
        facts_of("old", driver={**none, "loaded": "2.18.20.0"}),
    )  # fmt: skip
    (found,) = report(run, str(folder), "--lock", "lock.json")["locks"]
    fits = {host["name"]: host["locks"] for host in report(
        run, str(folder), "--lock", "lock.json")["hosts"]}  # fmt: skip
    assert fits == {"new": ["can"], "none": ["unknown"], "old": ["blocked"]}
    assert [row["rule"] for row in found["blockers"] if row["fit"] == "blocked"] == ["NP506"]


def test_version_locks_of_dnf(run: Run, tmp_path: Path) -> None:
    done = run("lock", "--offline", "-q", "--instance", "trn2", "--os", "amzn2023", TOOLS,
               "--sdk", "2.32.0", *AS_OF, "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    version = next(p["version"] for p in json.loads(Path("lock.json").read_text())["packages"]
                   if p["name"] == TOOLS)  # fmt: skip
    base = facts_of("x", os="amzn2023", packages=[], environments=[])
    pin = {"manager": "dnf", "names": [TOOLS], "type": "versionlock", "priority": None,
           "place": "/etc/dnf/plugins/versionlock.list:1", "own": False}  # fmt: skip
    values = {"other": f"{TOOLS}-0:2.1.*", "same": f"{TOOLS}-0:{version}*",
              "excluded": f"!{TOOLS}-0:{version}*"}  # fmt: skip
    folder = keep(tmp_path / "fleet", *(
        {**base, "host": name, "pins": [{**pin, "value": value}]} for name, value in values.items()
    ))  # fmt: skip
    found = report(run, str(folder), "--lock", "lock.json")
    assert {host["name"]: host["locks"][0] for host in found["hosts"]} == {
        "other": "blocked", "same": "can", "excluded": "blocked"
    }  # fmt: skip


def test_a_lock_for_another_class_than_every_host(run: Run, tmp_path: Path, lock: str) -> None:
    folder = keep(tmp_path / "fleet", facts_of("c", "node-c", findings=[], rules={}))
    done = run("fleet", "report", str(folder), "--lock", lock, *AS_OF)
    assert done.code == 0
    assert f"warning: {lock} is for another class" in done.err


# Drift ---------------------------------------------------------------------------------------


def test_drift(run: Run, tmp_path: Path) -> None:
    before = keep(tmp_path / "before", facts_of("a", day="2026-08-01"), facts_of("b"),
                  facts_of("gone"), facts_of("same"))  # fmt: skip
    moved = copy.deepcopy(facts_of("a")["packages"])
    moved[0]["version"] = "9.9.9.9"
    held = copy.deepcopy(facts_of("b")["packages"])
    held[0]["held"] = True
    after = keep(tmp_path / "after", facts_of("a", packages=moved, kernel="6.14.0-1-aws"),
                 facts_of("b", packages=held, rules={"NP609": 2}, findings=[]), facts_of("new"),
                 facts_of("same"))  # fmt: skip
    drift = report(run, str(after), "--before", str(before))["drift"]
    assert (drift["before"], drift["same"]) == (4, 1)
    found = {row["what"]: (row["before"], row["after"], row["names"]) for row in drift["changes"]}
    name, version = (facts_of("a")["packages"][0][key] for key in ("name", "version"))
    assert found[f"package {name}"] == (version, "9.9.9.9", ["a"])
    assert found["kernel"][2] == ["a"]
    assert found[f"hold {name}"] == (None, "on hold", ["b"])
    assert found["findings of NP609"] == ("0", "2", ["b"])
    hosts = [row["names"] for row in drift["changes"] if row["what"] == "host"]
    assert sorted(hosts) == [["gone"], ["new"]]


ENVIRONMENT = {"paths": ["/opt/a"], "python": "3.12", "packages": {"torch-neuronx": "2.8.0.1"}}
NONE_LEFT_OUT = {"packages": 0, "environments": 0, "pins": 0, "findings": 0}

# what the earlier facts have and what the later ones, and the changes that are told
PARTS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"environments": [ENVIRONMENT]},
     {"environments": [], "left_out": {**NONE_LEFT_OUT, "environments": 1}}, ["environments"]),
    ({"packages": [], "left_out": {**NONE_LEFT_OUT, "packages": 3}}, {}, ["packages"]),
    ({"packages": [], "left_out": {**NONE_LEFT_OUT, "packages": 3}},
     {"environments": [], "left_out": {**NONE_LEFT_OUT, "environments": 1}},
     ["packages and environments"]),
    ({"gather": "full", "environments": [ENVIRONMENT]}, {"environments": []}, ["environments"]),
    ({"left_out": {**NONE_LEFT_OUT, "findings": 1}}, {"environments": [ENVIRONMENT]},
     ["package torch-neuronx in /opt/a"]),
]  # fmt: skip


@pytest.mark.parametrize(("earlier", "later", "changes"), PARTS)
def test_what_a_summary_leaves_out_is_no_change(
    run: Run, tmp_path: Path, earlier: dict[str, Any], later: dict[str, Any], changes: list[str]
) -> None:
    before = keep(tmp_path / "before", facts_of("a", **{"environments": [], **earlier}))
    after = keep(tmp_path / "after", facts_of("a", **{"environments": [], **later}))
    drift = report(run, str(after), "--before", str(before))["drift"]
    assert [row["what"] for row in drift["changes"]] == changes
    assert drift["same"] == 0


NOT_READ = "not compared: facts could not be read"
NOT_READ_BEFORE = "not compared: earlier facts could not be read"

# the hosts of before and of after, the files that cannot be read of each, and what is told of hosts
UNREAD: list[tuple[str, str, list[str], list[str], dict[str, str | None]]] = [
    ("", "ab", ["a.json", "b.json"], [], {"a": NOT_READ_BEFORE, "b": NOT_READ_BEFORE}),
    ("b", "abc", ["a.json"], [], {"a": NOT_READ_BEFORE, "c": "new"}),
    ("b", "abc", ["s1_a"], [], {"a": NOT_READ_BEFORE, "c": "new"}),
    ("b", "abc", ["hosts.jsonl"], [], {"a": NOT_READ_BEFORE, "c": NOT_READ_BEFORE}),
    ("abc", "b", [], ["a.json"], {"a": NOT_READ, "c": None}),
    ("abc", "b", [], ["all.json"], {"a": NOT_READ, "c": NOT_READ}),
    ("ab", "ab", ["c.json"], ["d.json"], {}),
]


@pytest.mark.parametrize(("before", "after", "bad_before", "bad_after", "told"), UNREAD)
def test_a_host_whose_facts_were_unreadable_is_not_new(
    run: Run, tmp_path: Path, before: str, after: str, bad_before: list[str], bad_after: list[str],
    told: dict[str, str | None],
) -> None:  # fmt: skip
    folders = []
    for name, hosts, bad in (("before", before, bad_before), ("after", after, bad_after)):
        folder = keep(tmp_path / name, *map(facts_of, hosts))
        folders.append(str(folder))
        for file in bad:
            (folder / file).write_text('{"broken')
    drift = report(run, folders[1], "--before", folders[0], code=2)["drift"]
    assert {host: row["after"] for row in drift["changes"] for host in row["names"]} == told


def test_a_host_that_earlier_facts_give_twice_is_not_new(run: Run, tmp_path: Path) -> None:
    before = keep(tmp_path / "before", facts_of("a"))
    (before / "other.json").write_text(json.dumps(facts_of("a", "node-c")))
    after = keep(tmp_path / "after", facts_of("a"))
    drift = report(run, str(after), "--before", str(before), code=2)["drift"]
    assert [row["after"] for row in drift["changes"]] == [NOT_READ_BEFORE]


# Formats -------------------------------------------------------------------------------------


def test_exit_codes(run: Run, tmp_path: Path) -> None:
    clean = keep(tmp_path / "clean", facts_of("a"))
    bad = keep(tmp_path / "bad", facts_of("b", "node-b"))
    assert run("fleet", "report", str(clean), *AS_OF).code == 0
    assert run("fleet", "report", str(bad), *AS_OF).code == 1
    assert run("fleet", "report", str(bad), *AS_OF, "--exit-zero").code == 0
    (bad / "c.json").write_text("no")
    assert run("fleet", "report", str(bad), *AS_OF).code == 2


def test_the_order_of_files_does_not_matter(run: Run, tmp_path: Path, lock: str) -> None:
    documents = [facts_of(f"h{n}", f"node-{'abc'[n % 3]}") for n in range(12)]
    texts = []
    for number in range(2):
        random.Random(number).shuffle(documents)
        path = tmp_path / "hosts.jsonl"
        path.write_text("".join(json.dumps(document) + "\n" for document in documents))
        for form in ("json", "html", "csv", "sarif", "text"):
            done = run("fleet", "report", str(path), "--lock", lock, *AS_OF, "--format", form)
            texts.append(done.out)
    assert texts[:5] == texts[5:]


def test_csv_has_a_row_a_host_and_no_formulas(run: Run, tmp_path: Path, lock: str) -> None:
    folder = keep(tmp_path / "fleet", facts_of("=1+1"), facts_of("b", "node-b"))
    done = run("fleet", "report", str(folder), "--lock", lock, *AS_OF, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["host"] for row in rows] == ["'=1+1", "b"]
    assert rows[1]["rules"] == "NP111 NP506 NP507"
    assert rows[1]["lock lock.json"].startswith("blocked: NP608 ")


def test_sarif_has_a_result_for_what_is_the_same(run: Run, tmp_path: Path, lock: str) -> None:
    documents = [facts_of(f"n{number:03}", "node-b") for number in range(150)]
    later = copy.deepcopy(documents[0]["findings"][0]) | {"rule": "NP999"}
    documents.append(facts_of("later", findings=[later], rules={"NP999": 1}))
    folder = keep(tmp_path / "fleet", *documents)
    done = run("fleet", "report", str(folder), "--lock", lock, *AS_OF, "--format", "sarif")
    document = json.loads(done.out)
    results = document["runs"][0]["results"]
    (mixed,) = [row for row in results if row["ruleId"] == "NP507"]
    assert mixed["occurrenceCount"] == 150
    assert len(mixed["locations"][0]["logicalLocations"]) == 100
    assert {"NP608", "NP999"} <= {row["ruleId"] for row in results}
    keys = [row["partialFingerprints"]["neuronPinFleet/v1"] for row in results]
    assert len(set(keys)) == len(keys)


def test_sarif_tells_of_findings_that_are_left_out(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("a", rules={"NP602": 3}, findings=[]))
    done = run("fleet", "report", str(folder), *AS_OF, "--format", "sarif")
    (invocation,) = json.loads(done.out)["runs"][0]["invocations"]
    (told,) = invocation["toolExecutionNotifications"]
    assert told["level"] == "error" and "NP602" in told["message"]["text"]
    assert told["message"]["text"].endswith("(1 host: a)")


def test_a_report_is_replaced_and_another_file_is_not(run: Run, tmp_path: Path) -> None:
    folder = keep(tmp_path / "fleet", facts_of("a"))
    for end in ("json", "html", "csv", "sarif", "out"):
        words = ("fleet", "report", str(folder), *AS_OF, "-o", f"report.{end}")
        assert run(*words).code == 0, end
        assert run(*words).code == 0, end
    Path("other.html").write_text("<!DOCTYPE html><title>mine</title>")
    done = run("fleet", "report", str(folder), *AS_OF, "-o", "other.html")
    assert done.code == 2 and failure(done, CannotWrite)
