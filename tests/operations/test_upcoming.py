"""What changes when of locks, environments and machines, and the day by which to act."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, failure
from icalendar import Calendar

from neuron_pin.catalog import Catalog
from neuron_pin.errors import CannotWrite, UnknownName, UnreadableInput, WrongUsage
from neuron_pin.policy import EventType

TRN1 = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11")


def upcoming(run: Run, *words: str, day: str) -> dict[str, Any]:
    done = run("upcoming", *words, "--as-of", day, "--format", "json")
    document: dict[str, Any] = json.loads(done.out)
    assert done.code == int(document["is_due"])
    return document


def rows(document: dict[str, Any], *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(change[field] for field in fields) for change in document["changes"]]


def pin(*lines: str, name: str = "c.txt") -> str:
    Path(name).write_text("".join(f"{line}\n" for line in lines))
    return name


# pins, options, the day; subject, change, the day by which to act, basis and urgency
TORCH_27, TORCH_28 = "torch-neuronx==2.7.0.2.10.13553", "torch-neuronx==2.8.0.2.10.16998"
TOLD: list[tuple[str, Sequence[str], str, tuple[object, ...]]] = [
    # Announced, and computed where nobody announced anything.
    (TORCH_27, TRN1, "2026-03-01",
     ("torch-neuronx 2.7", "end-of-support", "2026-04-08", "announced", "within-90-days")),
    (TORCH_27, TRN1, "2026-03-01",
     ("torch-neuronx 2.7", "end-of-updates", "2026-03-17", "policy", "within-30-days")),
    (TORCH_28, TRN1, "2026-02-01",
     ("torch-neuronx 2.8", "end-of-updates", "2026-06-18", "policy", "later")),
    (TORCH_28, TRN1, "2026-08-20",
     ("torch-neuronx 2.8", "end-of-support", "2026-04-08", "announced", "overdue")),
    # Every part of a target.
    (TORCH_28, ("--python", "3.10"), "2026-05-20",
     ("python 3.10", "end-of-support", "2026-05-20", "announced", "within-30-days")),
    (TORCH_28, ("--os", "ubuntu20.04"), "2025-05-15",
     ("ubuntu20.04", "end-of-support", "2025-05-19", "announced", "within-30-days")),
    ("neuronx-cc==2.23.6484.0", TRN1, "2026-04-09",
     ("neuron-sdk 2.28.1", "superseded", None, "releases", "notice")),
    ("neuronx-distributed==0.17.26814", TRN1, "2026-05-20",
     ("neuronx-distributed", "maintenance", "2026-05-20", "announced", "within-30-days")),
    ("neuronx-distributed-inference==0.8.16251", TRN1, "2026-08-20",
     ("neuronx-distributed-inference", "no-new-releases", None, "announced", "notice")),
    ("neuronx-cc-stubs==2.23.6484.0", TRN1, "2026-08-20",
     ("neuronx-cc-stubs", "not-shipped", None, "releases", "notice")),
    # Parts of packages, and what has no day.
    ("aws-neuronx-tools==2.28.23.0", TRN1, "2026-03-05",
     ("neuron-profiler", "end-of-support", "2026-04-08", "announced", "within-90-days")),
    ("nki==0.6.0", TRN1, "2026-08-20",
     ("SPMD launch grid requirement of LNC2 NKI kernels", "end-of-support", None, "announced",
      "no-date")),
    ("tensorflow-neuronx==2.10.1.2.1.0", ("--instance", "inf2"), "2026-03-01",
     ("tensorflow-neuronx", "end-of-support", "2026-04-08", "announced", "within-90-days")),
]  # fmt: skip

NOT_TOLD: list[tuple[str, Sequence[str], str, str]] = [
    # For other families, of releases that have it no more, of what is not there.
    ("tensorflow-neuronx==2.10.1.2.1.0", ("--instance", "trn1"), "2026-03-01",
     "tensorflow-neuronx"),
    ("torch-neuronx==2.9.0.2.15.32035", TRN1, "2026-08-20", "parallel_model_trace"),
    ("neuronx-cc==2.27.5334.0", TRN1, "2026-08-20", "neuronxcc.nki namespace"),
    ("neuronx-cc==99.1", TRN1, "2026-08-20", "neuronxcc.nki namespace"),
    ("aws-neuronx-tools==2.33.38.0", TRN1, "2026-11-29", "neuron-profiler"),
    ("requests==2.32.0", ("--python", "3.9"), "2025-12-01", "python 3.9"),
    (TORCH_28, ("--python", "3.11"), "2026-05-20", "python 3.10"),
    # Of another framework version, and of the backend that this one took the place of.
    (TORCH_28, ("--instance", "trn1"), "2026-08-20", "models (torch-neuronx, inference)"),
    ("torch-neuronx==2.14.3.0", ("--instance", "trn2"), "2026-11-29",
     "models (torch-neuronx, training)"),
    ("torch-neuronx==2.14.3.0", ("--instance", "trn2"), "2026-11-29", "torch-xla training"),
    ("torch-neuronx==2.14.3.0", ("--instance", "trn2"), "2026-11-29", "torch-neuronx"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "options", "day", "row"), TOLD)
def test_what_changes_is_told(
    run: Run, line: str, options: Sequence[str], day: str, row: tuple[object, ...]
) -> None:
    found = upcoming(run, pin(line), *options, day=day)
    assert row in rows(found, "subject", "change", "act_by", "basis", "urgency")
    for change in found["changes"]:
        assert change["source"], change
        assert change["where"][0]["place"] == "c.txt"
        if change["act_by"] is not None:
            left = date.fromisoformat(change["act_by"]) - date.fromisoformat(day)
            assert left == timedelta(days=change["days_left"])
            assert date.fromisoformat(change["day"]) == date.fromisoformat(
                change["act_by"]
            ) + timedelta(days=1)


@pytest.mark.parametrize(("line", "options", "day", "subject"), NOT_TOLD)
def test_what_does_not_concern_it_is_not_told(
    run: Run, line: str, options: Sequence[str], day: str, subject: str
) -> None:
    found = upcoming(run, pin(line), *options, day=day)
    assert (subject,) not in rows(found, "subject")


@pytest.mark.parametrize("day", ["2025-05-16", "2026-03-01", "2026-08-20"])
def test_every_dated_event_to_come_is_among_all(run: Run, catalog: Catalog, day: str) -> None:
    found = upcoming(run, "--all", day=day)
    assert found["places"] == []
    told = {(row["source"], row["day"]) for row in found["changes"]}
    coming = {
        (e.source, str(e.effective))
        for e in catalog.events
        if str(e.announced) <= day and e.effective and str(e.effective) > day
        if e.type is EventType.PHASE
    }
    by_day = {day for _, day in told}
    assert {day for _, day in coming} <= by_day
    # A change that two pages announce is told once, by one of them.
    whats = rows(found, "subject", "change", "day", "instances")
    assert len({map(str, what) for what in whats}) == len(whats)
    assert len(coming & told) >= len(coming) * 0.7


@pytest.mark.parametrize(
    ("day", "within", "code"),
    [
        ("2026-03-20", "18d", 0),
        ("2026-03-20", "19d", 1),
        ("2026-04-08", "0", 1),
        ("2026-08-20", "0d", 1),
        ("2026-03-10", "1m", 1),
        ("2026-03-08", "1m", 0),
    ],
)
def test_what_is_due_fails(run: Run, day: str, within: str, code: int) -> None:
    words = ("upcoming", pin(TORCH_28), *TRN1, "--as-of", day)
    assert run(*words, "--fail-within", within).code == code
    # Not without being asked to, and not for what somebody has decided about.
    assert run(*words).code == 0
    ignored = ("--ignore", "Torch-NeuronX", "--ignore", "end-of-support")
    assert run(*words, "--fail-within", within, *ignored).code == 0


def test_nobody_has_to_act_where_nobody_is_named(run: Run) -> None:
    words = ("upcoming", "--all", "--as-of", "2026-08-20", "--fail-within", "30d")
    done = run(*words)
    assert (done.code, "2026-05-20" in done.out) == (0, False)
    assert run("upcoming", "--all", "--as-of", "2026-04-01", "--fail-within", "30d").code == 1


def test_only_what_is_within_the_time_is_shown(run: Run) -> None:
    lock = pin(TORCH_27, "neuronx-distributed==0.17.26814")
    everything = upcoming(run, lock, *TRN1, day="2026-03-01")
    month = upcoming(run, lock, *TRN1, "--within", "30d", day="2026-03-01")
    left = [days for (days,) in rows(month, "days_left") if days is not None]
    assert left
    assert max(left) <= 30 < max(days for (days,) in rows(everything, "days_left") if days)


def test_a_lock_in_the_folder_is_looked_at(run: Run) -> None:
    assert upcoming(run, day="2026-08-20")["places"] == []
    assert run("lock", "-q", "--offline", "neuronx-cc", *TRN1, "--as-of", "2026-08-20",
               "-o", "lock.json").code == 0  # fmt: skip
    (place,) = upcoming(run, day="2026-08-20")["places"]
    assert (place["name"], place["sdk"], place["instance"]) == ("lock.json", "2.32.0", "trn1")
    assert upcoming(run, "--all", day="2026-08-20")["places"] == []


LOCKS = {
    "uv.lock": 'version = 1\nrequires-python = "==3.11.*"\n[[package]]\nname = "torch-neuronx"\n'
    'version = "2.8.0.2.10.16998"\nsource = { registry = "https://example.org/simple" }\n',
    "poetry.lock": '[[package]]\nname = "torch-neuronx"\nversion = "2.8.0.2.10.16998"\n'
    '[metadata]\nlock-version = "2.0"\npython-versions = "^3.11"\n',
    "pylock.toml": 'lock-version = "1.0"\ncreated-by = "pip"\n[[packages]]\n'
    'name = "torch-neuronx"\nversion = "2.8.0.2.10.16998"\n',
    "freeze.txt": "Package Version\n------- -------\ntorch-neuronx 2.8.0.2.10.16998\n",
    "bom.json": '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": '
    '"library", "name": "torch-neuronx", "version": "2.8.0.2.10.16998", "purl": '
    '"pkg:pypi/torch-neuronx@2.8.0.2.10.16998"}]}',
    "requirements.txt": TORCH_28,
}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_of_every_kind_are_read(run: Run, name: str) -> None:
    found = upcoming(run, "--lock", pin(LOCKS[name], name=name), day="2026-03-01")
    assert ("torch-neuronx 2.8", "2026-04-08") in rows(found, "subject", "act_by")
    assert run("outdated", name, "--python", "3.11", "--as-of", "2026-03-01").code == 1


def test_several_locks_say_which_has_what(run: Run) -> None:
    Path("uv.lock").write_text(
        "version = 1\n"
        + "".join(
            f'[[package]]\nname = "torch-neuronx"\nversion = "{line[15:]}"\n'
            'source = { registry = "https://example.org/simple" }\n'
            for line in (TORCH_27, TORCH_28)
        )
    )
    locks = (pin(TORCH_27, name="a.txt"), "uv.lock")
    found = upcoming(run, *locks, "--lock", "a.txt", *TRN1, day="2026-03-01")
    assert [place["name"] for place in found["places"]] == ["a.txt", "uv.lock"]
    where = {
        change["subject"]: [place["place"] for place in change["where"]]
        for change in found["changes"]
        if change["change"] == "end-of-support"
    }
    assert where["torch-neuronx 2.8"] == ["uv.lock"]
    assert where["torch-neuronx 2.7"] == ["a.txt", "uv.lock"]
    assert "IN" in run("upcoming", *locks, "--as-of", "2026-03-01").out


def machine(kernel: str = "", *, packages: bool = True) -> None:
    Path("m/etc").mkdir(parents=True)
    Path("m/etc/os-release").write_text("ID=ubuntu\nVERSION_ID=24.04\n")
    product = Path("m/sys/devices/virtual/dmi/id/product_name")
    product.parent.mkdir(parents=True)
    product.write_text("trn2.48xlarge\n")
    if kernel:
        Path("m/proc/sys/kernel").mkdir(parents=True)
        Path("m/proc/sys/kernel/osrelease").write_text(f"{kernel}\n")
    for name, python, own in (
        ("a", "3.11", "torch_neuronx-2.8.0.2.10.16998"),
        ("b", "3.10", "neuronx_cc-2.21.33363.0"),
        ("c", "3.12", "requests-2.32.0"),
    ):
        Path(f"m/opt/{name}/lib/python{python}/site-packages/{own}.dist-info").mkdir(parents=True)
        Path(f"m/opt/{name}/pyvenv.cfg").write_text(f"version = {python}.1\n")
    if packages:
        Path("m/var/lib/dpkg").mkdir(parents=True)
        Path("m/var/lib/dpkg/status").write_text(
            "Package: aws-neuronx-dkms\nStatus: install ok installed\nVersion: 2.26.10.0\n\n"
        )


def test_a_machine_is_looked_at_with_every_environment(run: Run) -> None:
    machine()
    found = upcoming(run, "--root", "m", day="2026-03-01")
    places = [(p["kind"], p["python"], p["instance"], p["os"]) for p in found["places"]]
    assert places == [
        ("host", None, "trn2", "ubuntu24.04"),
        ("environment", "3.11", "trn2", "ubuntu24.04"),
        ("environment", "3.10", "trn2", "ubuntu24.04"),
    ]
    where = {change["subject"]: change["where"] for change in found["changes"]}
    assert where["torch-neuronx 2.8"] == [{"place": "m/opt/a", "version": "2.8.0.2.10.16998"}]
    commands = [command for (all_of,) in rows(found, "commands") for command in all_of]
    assert "neuron-pin plan --from m/opt/a" in commands


@pytest.mark.parametrize(
    ("kernel", "told"),
    [("6.14.0-1015-aws", True), ("6.17.0-1001-aws", False), ("9.9.0", False), ("4.4.0", False)],
)
def test_a_kernel_that_is_tested_no_more_is_told(run: Run, kernel: str, told: bool) -> None:
    machine(kernel)
    found = upcoming(run, "--root", "m", day="2026-08-20")
    days = [day for change, day in rows(found, "change", "day") if change == "kernel-not-tested"]
    # 2.29.0 was the first release that was tested on 6.17 alone.
    assert days == (["2026-04-09"] if told else [])


def test_a_machine_without_a_database_has_environments(run: Run) -> None:
    machine(packages=False)
    done = run("upcoming", "--root", "m", "--as-of", "2026-03-01", "--format", "json")
    assert [place["kind"] for place in json.loads(done.out)["places"]] == ["environment"] * 2
    assert "dpkg" in done.err


IMAGE = "pytorch-inference-neuronx:2.8.0-neuronx-py311-sdk2.26.1-ubuntu22.04"


def test_an_image_is_looked_at(run: Run) -> None:
    found = upcoming(run, "--image", IMAGE, "--instance", "trn1", day="2026-03-01")
    (place,) = found["places"]
    assert (place["kind"], place["sdk"], place["python"]) == ("image", "2.26.1", "3.11")
    assert ("torch-neuronx 2.8", "2026-04-08") in rows(found, "subject", "act_by")
    (command,) = {c for (all_of,) in rows(found, "commands") for c in all_of if " image " in c}
    assert run(*command.split()[1:], "--as-of", "2026-03-01").code == 0
    assert run("upcoming", "--image", "nothing:1").code == 2
    unknown = upcoming(run, "--image", IMAGE.replace("py311", "py310"), day="2026-03-01")
    assert unknown["places"][0]["neuron_packages"] == 0


# image, subjects that are told of it
IMAGES_TOLD = [
    ("pytorch-inference-neuronx:2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04",
     {("dlc", "pytorch-inference-neuronx"), ("dlc", "ubuntu 22.04")}),
    ("Deep Learning AMI Neuron (Ubuntu 22.04) 20240401",
     {("dlami", "release 2.18.0 DLAMIs"), ("dlami", "ubuntu 22.04")}),
    # What is in it is not known; its name tells its Python.
    ("huggingface-pytorch-inference-neuronx", {("python", "python 3.10")}),
]  # fmt: skip


@pytest.mark.parametrize(("image", "subjects"), IMAGES_TOLD, ids=[row[0] for row in IMAGES_TOLD])
def test_the_end_of_images_is_told(run: Run, image: str, subjects: set[tuple[str, str]]) -> None:
    found = upcoming(run, "--image", image, day="2026-08-20")
    assert subjects <= set(rows(found, "kind", "subject"))


@pytest.mark.parametrize(
    ("line", "options", "newer"),
    [
        ("neuronx-cc==2.99.0.0", (), "neuronx-cc 2.99.0.0"),
        ("neuronx-cc==2.27.5334.0", ("--python", "3.40"), "Python 3.40"),
        ("neuronx-cc==2.27.5334.0", ("--os", "ubuntu28.04"), "ubuntu28.04"),
    ],
)
def test_what_is_newer_than_the_facts_is_called_so(
    run: Run, line: str, options: Sequence[str], newer: str
) -> None:
    done = run("upcoming", pin(line), *options, "--as-of", "2026-08-22")
    assert done.code == 0
    (warning,) = [line for line in done.err.splitlines() if "NP510" in line]
    assert newer in warning and "2026-08-21" in warning


def test_what_is_not_known_yet_is_said(run: Run) -> None:
    horizon = {
        day: (found["known_until"], found["unknown_from"])
        for day in ("2026-03-01", "2026-12-24", "2023-01-01")
        for found in (upcoming(run, "--all", day=day),)
    }
    assert horizon == {
        "2026-03-01": ("2026-03-01", "2026-04-02"),
        "2026-12-24": ("2026-08-21", "2026-09-22"),
        # The policy of that day promised no notice.
        "2023-01-01": ("2023-01-01", None),
    }


def calendar(run: Run, *words: str, day: str) -> dict[str, Any]:
    done = run("upcoming", *words, "--as-of", day, "--format", "ics", "-o", "u.ics")
    assert done.code == 0
    raw = Path("u.ics").read_bytes()
    lines = raw.split(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    entries = list(Calendar.from_ical(raw).walk("VEVENT"))
    found = {str(entry["UID"]): entry for entry in entries}
    assert len(found) == len(entries)
    return found


def first_day(entry: Any) -> str:
    return str(entry["DTSTART"].dt)


def test_the_calendar_has_the_day_by_which_to_act(run: Run) -> None:
    words = (pin(TORCH_28, "aws-neuronx-tools==2.28.23.0"), *TRN1)
    entries = calendar(run, *words, day="2026-03-01")
    (entry,) = [e for e in entries.values() if "torch-neuronx 2.8" in str(e["SUMMARY"])]
    assert (first_day(entry), str(entry["DTEND"].dt)) == ("2026-04-08", "2026-04-09")
    (alarm,) = entry.walk("VALARM")
    assert (str(alarm["ACTION"]), alarm["TRIGGER"].dt) == (
        "DISPLAY",
        timedelta(days=-31, hours=9),
    )
    assert "announced 2026-02-26" in str(entry["DESCRIPTION"])
    # What is over is still there, and rings no more.
    over = calendar(run, *words, day="2026-05-01")
    assert first_day(over[str(entry["UID"])]) == "2026-04-08"
    assert not over[str(entry["UID"])].walk("VALARM")


def test_a_change_that_is_moved_moves_its_entry(run: Run) -> None:
    before = calendar(run, "--all", day="2026-03-01")
    after = calendar(run, "--all", day="2026-04-01")
    moved = {
        str(before[uid]["SUMMARY"]): (first_day(before[uid]), first_day(after[uid]))
        for uid in before.keys() & after.keys()
        if first_day(before[uid]) != first_day(after[uid])
    }
    assert moved == {
        "Last day before: neuron-profiler: end of support": ("2026-04-08", "2026-05-20")
    }
    # Another lock has the same entry for the same change.
    own = calendar(run, pin(TORCH_28), *TRN1, day="2026-03-01")
    assert len(own.keys() & before.keys()) >= 1


FORMATS = ["text", "json", "ics", "markdown"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_replaces_itself_and_nothing_else(run: Run, form: str) -> None:
    words = ("upcoming", pin(TORCH_28), *TRN1, "--as-of", "2026-03-01", "--format", form)
    assert run(*words, "-o", "r.out").code == 0
    text = Path("r.out").read_bytes()
    assert run(*words, "-o", "r.out").code == 0
    assert Path("r.out").read_bytes() == text
    # The report is written, whatever the exit code.
    Path("r.out").unlink()
    assert run(*words, "-o", "r.out", "--fail-within", "60d").code == 1
    assert Path("r.out").exists()
    Path("r.out").write_text("mine\n")
    failure(run(*words, "-o", "r.out"), CannotWrite)
    assert run(*words, "-o", "r.out", "--overwrite").code == 0


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("--within", "soon"), WrongUsage),
        (("--fail-within", "-1"), WrongUsage),
        (("--all", "c.txt"), WrongUsage),
        (("--all", "--host"), WrongUsage),
        (("absent.txt",), WrongUsage),
        (("--venv", "absent"), WrongUsage),
        (("--venv", "."), UnreadableInput),
        (("--root", "empty"), WrongUsage),
        (("--root", "absent"), WrongUsage),
        (("bad.json",), UnreadableInput),
        (("c.txt", "--os", "beos5"), UnknownName),
        (("c.txt", "--instance", "p5"), UnknownName),
        (("c.txt", "--as-of", "soon"), WrongUsage),
        (("c.txt", "--with-kernel", "new"), WrongUsage),
    ],
)
def test_what_cannot_be_looked_at_is_said(run: Run, words: tuple[str, ...], kind: type) -> None:
    pin(TORCH_28)
    Path("bad.json").write_text("[]")
    Path("empty").mkdir()
    done = run("upcoming", *words)
    assert (done.code, type(done.error)) == (2, kind)
    assert done.out == ""


def test_before_everything_nothing_changes(run: Run) -> None:
    found = upcoming(run, "--all", day="2015-01-01")
    assert (found["changes"], found["is_due"]) == ([], False)
