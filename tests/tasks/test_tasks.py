"""What a controller has a host do: requests and answers, below a root of the test."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, failure

from neuron_pin.errors import CannotWrite
from neuron_pin.tasks import PROTOCOL, answer_request

DAY = "2026-08-21"
STATUS = """\
Package: aws-neuronx-dkms
Status: hold ok installed
Architecture: amd64
Version: 2.20.28.0

Package: aws-neuronx-runtime-lib
Status: install ok half-configured
Architecture: amd64
Version: 2.22.14.0-6e27b8d5b
"""
PREFERENCES = "etc/apt/preferences.d/00-neuron-pin.pref"


def ask(task: str, *, is_check: bool = False, **arguments: Any) -> dict[str, Any]:
    request = {"protocol": PROTOCOL, "task": task, "arguments": arguments, "check": is_check}
    return answer_request(json.dumps(request).encode())


def do(task: str, *, is_check: bool = False, **arguments: Any) -> dict[str, Any]:
    answer = ask(task, is_check=is_check, **arguments)
    assert answer["ok"], answer
    result: dict[str, Any] = answer["result"]
    return result


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "root"
    for name, text in {
        "etc/os-release": 'ID=ubuntu\nVERSION_ID="24.04"\n',
        "etc/hostname": "node1\n",
        "sys/devices/virtual/dmi/id/product_name": "trn2.48xlarge\n",
        "sys/module/neuron/version": "2.20.28.0\n",
        "proc/sys/kernel/osrelease": "6.8.0-1015-aws\n",
        "var/lib/dpkg/status": STATUS,
        "etc/apt/sources.list": "",
        "usr/bin/python3.12": "",
    }.items():
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (found / "usr/bin/python3").symlink_to("python3.12")
    return found


def make_locks(
    folder: Path, *systems: str, family: str = "trn2", is_check: bool = False, **more: Any
) -> dict[str, Any]:
    classes = [
        {"family": family, "os": system, "python": "3.12", "kernel": "6.8"} for system in systems
    ]
    return do("lock", is_check=is_check, dest=str(folder), classes=classes, offline=True,
              **{"as_of": DAY, "sdk": "2.31.0", **more})  # fmt: skip


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = make_locks(tmp_path_factory.mktemp("locks"), "ubuntu24.04")
    return str(made["classes"]["trn2-ubuntu24.04-py3.12-k6.8"]["path"])


def files_of(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}


def test_facts_are_one_document_of_at_most_8000_bytes(root: Path) -> None:
    before = files_of(root)
    found = do("facts", root=str(root), check=True, as_of=DAY)
    assert files_of(root) == before
    facts = found["facts"]
    assert not found["changed"]
    assert facts["class"]["name"] == "trn2-ubuntu24.04-py3.12-k6.8"
    assert [p["name"] for p in facts["packages"] if p.get("held")] == ["aws-neuronx-dkms"]
    assert len(json.dumps(facts)) <= 8000


@pytest.mark.parametrize("task", ["pin", "hook"])
def test_changes_once_as_predicted_and_is_removed_once(root: Path, lock: str, task: str) -> None:
    before = files_of(root)
    predicted = do(task, is_check=True, root=str(root), lock=lock)
    assert predicted["changed"] and files_of(root) == before
    done = do(task, root=str(root), lock=lock)
    assert done["diff"] == predicted["diff"] and done["diff"]
    assert done["diff"][0]["after"] == (root / PREFERENCES).read_text()
    assert not do(task, root=str(root), lock=lock)["changed"]
    removed = do(task, is_check=True, root=str(root), state="absent")
    assert removed["changed"]
    assert do(task, root=str(root), state="absent")["diff"] == removed["diff"]
    assert not do(task, root=str(root), state="absent")["changed"]
    assert files_of(root) == before


@pytest.mark.parametrize("task", ["facts", "check", "pin", "hook", "apply", "explain_error"])
@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_root_that_is_no_folder_is_named(tmp_path: Path, lock: str, task: str, name: str) -> None:
    (tmp_path / "file").write_text("")
    more: dict[str, dict[str, Any]] = {
        "pin": {"lock": lock},
        "hook": {"lock": lock},
        "apply": {"lock": lock, "packages": False},
        "explain_error": {"text": "oh"},
    }
    refused = ask(task, root=str(tmp_path / name), **more.get(task, {}))
    assert f"root: {tmp_path / name} is not a folder" in refused["message"]
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("task", ["pin", "hook"])
@pytest.mark.parametrize("is_check", [False, True])
def test_a_link_out_of_the_root_is_named(
    root: Path, tmp_path: Path, lock: str, run: Run, task: str, is_check: bool
) -> None:
    other = tmp_path / "other"
    (root / "etc/apt").rename(other)
    (root / "etc/apt").symlink_to(other)
    before = files_of(tmp_path)
    refused = ask(task, is_check=is_check, root=str(root), lock=lock)
    assert f"{root}/etc/apt is a link that leads out of root" in refused["message"]
    done = run("hook", "install", "apt", "--lock", lock, "--root", root)
    assert "is a link that leads out of root" in failure(done, CannotWrite).problem
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("task", ["pin", "hook"])
def test_a_lock_of_another_family_is_refused(root: Path, tmp_path: Path, task: str) -> None:
    (made,) = make_locks(tmp_path / "locks", "ubuntu24.04", family="inf2")["classes"].values()
    before = files_of(root)
    refused = ask(task, root=str(root), lock=made["path"])
    assert refused["error"] == "WrongUsage"
    assert "inf2" in refused["message"] and "trn2" in refused["message"]
    assert files_of(root) == before


@pytest.mark.parametrize("kinds", [["apt", "dnf"], ["dnf", "apt"], ["apt"]])
def test_hooks_removed_together_leave_nothing(
    root: Path, lock: str, run: Run, tmp_path: Path, kinds: list[str]
) -> None:
    plugins = root / "usr/lib/python3/dist-packages/dnf-plugins"
    plugins.mkdir(parents=True)
    (plugins / "builddep.py").touch()
    (of_rpm,) = make_locks(tmp_path / "locks", "rocky9")["classes"].values()
    locks = {"apt": lock, "dnf": of_rpm["path"]}
    before = files_of(root)
    for remove in (
        lambda: do("hook", root=str(root), state="absent", kinds=["apt", "dnf"]),
        lambda: run("hook", "remove", "apt", "dnf", "--root", root),
    ):
        for kind in kinds:
            do("hook", root=str(root), kinds=[kind], lock=locks[kind], allow_other_os=True)
        predicted = do("hook", is_check=True, root=str(root), state="absent", kinds=["apt", "dnf"])
        assert len(predicted["files"]) == len(set(predicted["files"]))
        assert set(files_of(root)) - set(before) == {
            str(Path(path).relative_to(root)) for path in predicted["files"]
        }
        remove()
        assert files_of(root) == before


def test_a_hook_and_pins_agree(root: Path, lock: str) -> None:
    do("pin", root=str(root), lock=lock)
    shown = do("hook", root=str(root), state="status", kinds=["apt"])
    assert [hook["state"] for hook in shown["hooks"]] == ["absent"]
    done = do("hook", root=str(root), lock=lock, on_error="refuse")
    assert (done["hooks"][0]["state"], done["hooks"][0]["on_error"]) == ("installed", "refuse")
    assert not do("pin", root=str(root), lock=lock)["changed"]
    refused = ask("pin", root=str(root), state="absent")
    assert refused["error"] == "WrongUsage"
    # What it was told before holds.
    again = do("hook", root=str(root), lock=lock)
    assert not again["changed"]


def test_pins_of_every_kind(root: Path, lock: str, tmp_path: Path) -> None:
    made = make_locks(tmp_path / "locks", "rocky9")
    (of_rpm,) = (row["path"] for row in made["classes"].values())
    for kind, text, path in (
        ("dnf4", of_rpm, "etc/dnf/plugins/versionlock.list"),
        ("dnf5", of_rpm, "etc/dnf/versionlock.toml"),
        ("pip", lock, "etc/pip.conf"),
        ("uv", lock, "etc/uv/uv.toml"),
    ):
        arguments: dict[str, Any] = {"root": str(root), "kinds": [kind], "allow_other_os": True}
        assert do("pin", lock=text, **arguments)["changed"]
        assert (root / path).is_file()
        assert not do("pin", lock=text, **arguments)["changed"]
        assert do("pin", root=str(root), kinds=[kind], state="absent")["changed"]
        assert not (root / path).exists()


def test_an_edited_file_is_refused_and_kept(root: Path, lock: str) -> None:
    do("pin", root=str(root), lock=lock)
    path = root / PREFERENCES
    path.write_text(path.read_text() + "\nPackage: mine\nPin: version 1\nPin-Priority: 1\n")
    edited = path.read_text()
    refused = ask("pin", root=str(root), lock=lock)
    assert refused["error"] == "CannotWrite" and path.read_text() == edited
    assert do("pin", root=str(root), lock=lock, overwrite=True)["changed"]


def test_a_lock_of_another_system_is_refused(root: Path, tmp_path: Path) -> None:
    made = make_locks(tmp_path / "locks", "ubuntu22.04")
    (path,) = (row["path"] for row in made["classes"].values())
    for task in ("pin", "hook"):
        assert ask(task, root=str(root), lock=path)["error"] == "WrongUsage"
    assert not (root / PREFERENCES).exists()


def test_a_check_says_for_what_it_fails(root: Path) -> None:
    found = do("check", root=str(root), as_of=DAY)
    assert found["errors"] == len(found["failing"]) > 0
    assert do("check", root=str(root), as_of=DAY, fail_on=["never"])["failing"] == []
    every = do("check", root=str(root), as_of=DAY, fail_on=["warning"])
    assert len(every["failing"]) == len(every["findings"])
    left = do("check", root=str(root), as_of=DAY, ignore=sorted(found["rules"]))
    assert left["findings"] == []
    assert ask("check", root=str(root), fail_on=["NP999"])["error"] == "UnknownName"


def test_one_lock_a_class_and_the_rest_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    predicted = make_locks(folder, "ubuntu24.04", "plan9", is_check=True)
    assert predicted["changed"] and not folder.exists()
    made = make_locks(folder, "ubuntu24.04", "plan9", "ubuntu24.04")
    assert [row["sdk"] for row in made["classes"].values()] == ["2.31.0"]
    assert list(made["failed_classes"]) == ["trn2-plan9-py3.12-k6.8"]
    # A later day changes nothing, and a lock is kept unless somebody asks for another.
    later = make_locks(folder, "ubuntu24.04", as_of="2026-09-01")
    assert not later["changed"]
    kept = make_locks(folder, "ubuntu24.04", sdk="")
    assert [row["sdk"] for row in kept["classes"].values()] == ["2.31.0"]
    newer = make_locks(folder, "ubuntu24.04", sdk="", upgrade=True)
    assert newer["changed"] and newer["classes"] != kept["classes"]


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        ("lock", {"dest": "x", "sdk": 2.3, "classes": [{"os": "ubuntu24.04"}]}),
        ("lock", {"dest": "x", "classes": [{"os": "ubuntu24.04", "python": 3.1}]}),
        ("lock", {"dest": "x", "classes": []}),
        ("lock", {"dest": "x", "classes": "trn2"}),
        ("lock", {"classes": [{"os": "ubuntu24.04"}]}),
        ("check", {"fail_on": [2.3]}),
        ("pin", {"kinds": ["zypper"], "state": "absent"}),
        ("pin", {"state": "gone"}),
        ("pin", {"lock": "a", "lock_content": "b"}),
        ("pin", {}),
        ("pin", {"lock_content": "{}"}),
        ("hook", {"state": "absent", "lock": "lock.json"}),
        ("facts", {"nonsense": 1}),
        ("facts", {"check": "yes"}),
        ("facts", {"within": -1}),
        ("apply", {"root": "/mnt", "lock_content": "{}"}),
        ("apply", {"packages": "no", "lock_content": "{}"}),
        ("apply", {"hook": True, "packages": False}),
        ("explain_error", {"text": "a", "path": "b"}),
        ("nonsense", {}),
    ],
)
def test_wrong_arguments_are_refused(task: str, arguments: dict[str, Any]) -> None:
    answer = ask(task, **arguments)
    assert not answer["ok"] and answer["exit_code"] == 2, answer


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"nonsense", b"\xff", b'{"task": "facts"}', b'{"protocol": 2}']
)
def test_what_is_no_request_is_answered(data: bytes) -> None:
    assert answer_request(data)["error"] == "WrongUsage"


@pytest.mark.parametrize("hook", [True, False])
def test_a_lock_is_enforced_without_packages(root: Path, lock: str, hook: bool) -> None:
    before = files_of(root)
    wanted: dict[str, Any] = {"root": str(root), "lock": lock, "packages": False, "hook": hook}
    predicted = do("apply", is_check=True, **wanted)
    assert files_of(root) == before
    made = do("apply", **wanted)
    assert made == predicted and made["changed"] and made["diff"]
    assert made["steps"] == [{**made["steps"][0], "name": "pins", "state": "changed"}]
    assert not do("apply", **wanted)["changed"]
    alone = do("hook" if hook else "pin", root=str(root), lock=lock)
    assert not alone["changed"]


def test_the_program_is_put_where_people_find_it(
    root: Path, lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "neuron-pin.pyz"
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr("__main__.py", "")
    monkeypatch.setattr(sys, "argv", [str(program), "task"])
    wanted: dict[str, Any] = {
        "root": str(root),
        "lock": lock,
        "packages": False,
        "command": "/usr/local/bin/np",
    }
    placed = root / "usr/local/bin/np"
    do("apply", is_check=True, **wanted)
    assert not placed.exists()
    assert do("apply", **wanted)["steps"][-1]["state"] == "changed"
    assert placed.read_bytes() == program.read_bytes() and placed.stat().st_mode & 0o777 == 0o755
    assert not do("apply", **wanted)["changed"]
    for damage in (lambda: placed.write_bytes(b"x"), lambda: placed.chmod(0o700)):
        damage()
        assert do("apply", **wanted)["changed"]
        assert placed.read_bytes() == program.read_bytes()
        assert placed.stat().st_mode & 0o777 == 0o755
    placed.parent.rename(tmp_path / "bin")
    placed.parent.symlink_to(tmp_path / "bin")
    assert ask("apply", **wanted)["error"] == "CannotWrite"
    monkeypatch.setattr(sys, "argv", ["-m", "task"])
    assert ask("apply", **wanted)["error"] == "WrongUsage"


def test_an_error_is_explained(root: Path) -> None:
    message = "NEFF version mismatch supported: 2.0 received: 3.0"
    found = do("explain_error", root=str(root), text=message)
    assert found["known"] and found["explanation"]["errors"][0]["name"] == "neff-too-new"
    assert not do("explain_error", root=str(root), text="everything is fine")["known"]


def test_a_broken_lock_of_the_controller_is_named_without_a_path(root: Path) -> None:
    answer = ask("pin", root=str(root), lock_content="nonsense")
    assert answer["error"] == "UnreadableInput" and answer["message"].startswith("the lock:")


def test_hooks_of_two_package_managers_go_together(root: Path, lock: str, tmp_path: Path) -> None:
    before = files_of(root)
    made = make_locks(tmp_path / "locks", "rocky9")
    (of_rpm,) = (row["path"] for row in made["classes"].values())
    (root / "usr/lib/python3/dist-packages/dnf-plugins").mkdir(parents=True)
    do("hook", root=str(root), lock=lock)
    do("hook", root=str(root), lock=of_rpm, kinds=["dnf"], allow_other_os=True)
    assert do("hook", root=str(root), state="absent")["changed"]
    assert not do("hook", root=str(root), state="absent")["changed"]
    assert files_of(root) == before
