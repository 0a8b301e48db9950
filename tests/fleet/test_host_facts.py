"""``fleet facts``: what a fleet needs to know of a host, in at most 8 kB."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, failure
from fleet_world import add_environment, make_root, put

from neuron_pin.errors import WrongUsage
from neuron_pin.fleet.host_facts import SUMMARY_BYTES

AS_OF = ("--as-of", "2026-08-20")
DRIVER, RUNTIME, TOOLS = "aws-neuronx-dkms", "aws-neuronx-runtime-lib", "aws-neuronx-tools"
OF_2_32 = {DRIVER: "2.28.0.0", RUNTIME: "2.32.0.0-b", TOOLS: "2.30.0.0-c"}


def gather(run: Run, root: Path, *options: str) -> dict[str, Any]:
    done = run("fleet", "facts", "--root", str(root), *AS_OF, *options)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def test_what_a_host_is(run: Run, tmp_path: Path) -> None:
    root = make_root(
        tmp_path / "root", driver="2.27.4.0", packages=OF_2_32, held=frozenset({TOOLS}),
        states={RUNTIME: "half-configured"}, pythons=("3.10", "3.12", "3.9"),
    )  # fmt: skip
    facts = gather(run, root)
    named = ("host", "os", "machine", "instance", "kernel")
    assert [facts[name] for name in named] == [
        "node-1", "ubuntu24.04", "x86_64", "trn2", "6.8.0-1024-aws",
    ]  # fmt: skip
    assert facts["python"] == {"default": "3.12", "available": ["3.9", "3.10", "3.12"]}
    assert facts["class"] == {
        "name": "trn2-ubuntu24.04-py3.12-k6.8", "family": "trn2", "os": "ubuntu24.04",
        "python": "3.12", "kernel": "6.8",
    }  # fmt: skip
    assert facts["driver"] == {"loaded": "2.27.4.0", "installed": "2.28.0.0", "devices": 2}
    rows = {row["name"]: row for row in facts["packages"]}
    assert rows[TOOLS]["held"] and not rows[DRIVER]["held"]
    assert rows[RUNTIME]["state"] == "half-configured"
    assert (facts["day"], facts["catalog"]) == ("2026-08-20", "2026-08-21")
    assert {"NP609", "NP613"} <= set(facts["rules"])
    # Places are as the host has them.
    assert {row["place"] for row in facts["findings"] if row["rule"] == "NP613"} == {
        "/var/lib/dpkg/status"
    }
    assert str(tmp_path) not in json.dumps(facts)


def test_the_release_of_the_packages(run: Run, tmp_path: Path) -> None:
    done = run(
        "lock", "--offline", "-q", "--sdk", "2.31.1", "--instance", "trn2", "--os", "ubuntu24.04",
        DRIVER, RUNTIME, *AS_OF, "-o", "lock.json",
    )  # fmt: skip
    assert done.code == 0, done.err
    lock = json.loads(Path("lock.json").read_text())
    versions = {p["name"]: p["version"] for p in lock["packages"]}
    assert gather(run, make_root(tmp_path / "a", packages=versions))["sdk"] == "2.31.1"
    mixed = {**versions, DRIVER: "2.16.7.0"}
    assert gather(run, make_root(tmp_path / "b", packages=mixed))["sdk"] is None
    assert gather(run, make_root(tmp_path / "c"))["sdk"] is None


def test_environments_with_equal_packages_are_one_row(run: Run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    packages = {"torch-neuronx": "2.8.0.2.10.16998", "torch": "2.8.0", "black": "25.1.0"}
    for folder in ("opt/b", "opt/a"):
        add_environment(root, folder, packages)
    add_environment(root, "srv/c", {"neuronx-cc": "2.21.18209.0"}, "3.10")
    facts = gather(run, root)
    assert facts["environments"] == [
        {"paths": ["/opt/a", "/opt/b"], "python": "3.12",
         "packages": {"torch": "2.8.0", "torch-neuronx": "2.8.0.2.10.16998"}},
        {"paths": ["/srv/c"], "python": "3.10", "packages": {"neuronx-cc": "2.21.18209.0"}},
    ]  # fmt: skip
    full = gather(run, root, "--gather", "full")
    assert full["environments"][0]["packages"]["black"] == "25.1.0"


def test_pins_hooks_and_locks(run: Run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", packages=OF_2_32)
    put(
        root, "etc/apt/preferences.d/50-site.pref",
        "Package: *\nPin: release o=Ubuntu\nPin-Priority: 500\n\n"
        "Package: aws-neuronx-*\nPin: version 2.28.*\nPin-Priority: 1001\n",
    )  # fmt: skip
    put(
        root, "etc/dnf/plugins/versionlock.list",
        f"# a comment\nbash-0:5.2-1.*\n{DRIVER}-0:2.28.*\n!{TOOLS}-0:2.29*\n{DRIVER}x-0:1\n",
    )  # fmt: skip
    put(
        root, "etc/dnf/versionlock.toml",
        f'version = "1.0"\n[[packages]]\nname = "{RUNTIME}"\n[[packages.conditions]]\n'
        'key = "evr"\ncomparator = ">="\nvalue = "2.32"\n',
    )  # fmt: skip
    run(
        "lock", "--offline", "-q", "--sdk", "2.31.0", "--instance", "trn2", "--os", "ubuntu24.04",
        *AS_OF, "-o", "lock.json",
    )  # fmt: skip
    installed = run("hook", "install", "apt", "pip", "--lock", "lock.json", "--root", str(root))
    assert installed.code == 0, installed.err
    lock = put(root, "etc/neuron-pin/lock.json", Path("lock.json").read_text())
    facts = gather(run, root)
    site = [pin for pin in facts["pins"] if pin["place"].startswith("/etc/apt/preferences.d/50")]
    assert site == [{
        "manager": "apt", "names": ["aws-neuronx-*"], "type": "version", "value": "2.28.*",
        "priority": 1001, "place": "/etc/apt/preferences.d/50-site.pref:5", "own": False,
    }]  # fmt: skip
    locked = [
        (p["manager"], p["value"], p["place"]) for p in facts["pins"] if p["manager"] != "apt"
    ]
    assert locked == [
        ("dnf", f"{DRIVER}-0:2.28.*", "/etc/dnf/plugins/versionlock.list:3"),
        ("dnf", f"!{TOOLS}-0:2.29*", "/etc/dnf/plugins/versionlock.list:4"),
        ("dnf5", "evr >= 2.32", "/etc/dnf/versionlock.toml:3"),
    ]
    own = [pin["own"] for pin in facts["pins"] if "00-neuron-pin.pref" in pin["place"]]
    assert own and all(own)
    hooks = {hook["kind"]: hook for hook in facts["hooks"]}
    assert {kind: hook["sdk"] for kind, hook in hooks.items()} == {"apt": "2.31.0", "pip": "2.31.0"}
    assert hooks["apt"]["family"] == "trn2"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    assert facts["lock"] == {
        "place": "/etc/neuron-pin/lock.json",
        "sha256": digest,
        "sdk": "2.31.0",
    }
    # The same lock pins the same, wherever it is.
    other = make_root(tmp_path / "other", name="node-2")
    run("hook", "install", "apt", "--lock", "lock.json", "--root", str(other))
    assert gather(run, other)["hooks"][0]["pins"] == hooks["apt"]["pins"]


def test_a_summary_says_how_much_it_leaves_out(run: Run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", packages=OF_2_32)
    for number in range(40):
        add_environment(root, f"opt/venv-{number:02}", {"torch-neuronx": f"2.5.1.2.4.{number}",
                                                        "neuronx-cc": "2.16.345.0"})  # fmt: skip
    done = run("fleet", "facts", "--root", str(root), *AS_OF)
    assert len(done.out.encode()) <= SUMMARY_BYTES
    facts = json.loads(done.out)
    left_out = facts["left_out"]
    assert len(facts["environments"]) + left_out["environments"] == 40
    assert len(facts["findings"]) + left_out["findings"] == sum(facts["rules"].values())
    assert left_out["environments"] and left_out["findings"] and not left_out["packages"]
    full = gather(run, root, "--gather", "full")
    assert len(full["environments"]) == 40
    assert not any(full["left_out"].values())
    assert all(row["reason"] for row in full["findings"])


def test_facts_without_a_check(run: Run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", packages=OF_2_32, driver="2.27.4.0")
    add_environment(root, "opt/a", {"torch-neuronx": "2.8.0.2.10.16998"})
    checked, plain = gather(run, root), gather(run, root, "--no-check")
    assert plain["rules"] is None and plain["findings"] is None and checked["findings"]
    for document in (checked, plain):
        del document["rules"], document["findings"]
    assert plain == checked


def test_what_cannot_be_read_is_a_finding(run: Run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", packages=OF_2_32)
    put(root, "etc/dnf/versionlock.toml", "= no\n")
    put(root, "etc/neuron-pin/lock.json", "{]\n")
    facts = gather(run, root)
    places = {row["place"] for row in facts["findings"] if row["rule"] == "NP610"}
    assert {"/etc/dnf/versionlock.toml", "/etc/neuron-pin/lock.json:1"} <= places
    assert facts["lock"]["sdk"] is None
    assert [row["name"] for row in facts["packages"]] == sorted(OF_2_32)


@pytest.mark.parametrize(
    "options",
    [("--root", "nowhere"), ("--within", "soon"), ("--name", "a\nb"), ("--name", "a" * 256)],
)
def test_what_cannot_be_asked(run: Run, options: tuple[str, ...]) -> None:
    done = run("fleet", "facts", *options)
    assert done.code == 2
    assert failure(done, WrongUsage)


def test_a_file_with_facts_is_replaced_and_another_is_not(run: Run, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root")
    for _ in range(2):
        assert run("fleet", "facts", "--root", str(root), *AS_OF, "-o", "facts.json").code == 0
    Path("other.json").write_text('{"kind": "mine"}')
    assert run("fleet", "facts", "--root", str(root), *AS_OF, "-o", "other.json").code == 2
