"""What `apply` did, undone: the packages and the files that a snapshot holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from neuron_pin.inputs.host.hook_state import read_hook_pins
from neuron_pin.policy import Ecosystem

from .package_database import Packages, read_packages, run_program
from .snapshot import Snapshot, find_different_files, restore_files, write_snapshot

ROOT = "/"
_APT = ("apt-get", "-y", "-o", "Dpkg::Options::=--force-confold")


def roll_back(snapshot: Snapshot | None, digest: str, *, is_check: bool) -> dict[str, Any]:
    """Give the machine back what it had before a lock was applied.

    Nothing is done where another lock was applied last, or none: then nothing of this one is
    there to undo.  Raises `CommandFailed`.
    """
    if snapshot is None or snapshot.digest != digest or snapshot.state == "rolled_back":
        return {"changed": False, "steps": [], "before": {}, "after": {}, "diff": [],
                "reboot_required": False, "warnings": []}  # fmt: skip
    system = snapshot.system
    present = read_packages(system)
    reverted, added = find_changes(snapshot, present)
    files = find_different_files(ROOT, system, snapshot.files)
    steps = [
        ("files", "Restore hooks and pins", bool(files)),
        ("packages", "Restore the earlier versions", bool(reverted)),
        ("added", "Remove packages that were added", bool(added)),
    ]
    if not is_check:
        # The earlier lock comes first: the newer one refuses the earlier versions.
        restore_files(ROOT, system, snapshot.files)
        _restore_packages(snapshot, reverted, added)
        write_snapshot(ROOT, snapshot._replace(state="rolled_back"))
    after = {name: version for name, version in present.versions.items() if name not in added}
    after |= reverted
    names = sorted({*reverted, *added})
    old = {name: present.versions[name] for name in names if name in present.versions}
    new = {name: after[name] for name in names if name in after}
    return {
        "changed": any(needed for _, _, needed in steps),
        "steps": [
            {
                "name": name,
                "part": "rollback",
                "title": title,
                "state": "changed" if needed else "done",
            }
            for name, title, needed in steps
        ],
        "before": old,
        "after": new,
        "diff": [
            *(
                {
                    "before_header": f"/{name}",
                    "after_header": f"/{name}" if was is not None else "/dev/null",
                    "before": now.data.decode("utf-8", "replace") if now is not None else "",
                    "after": was.data.decode("utf-8", "replace") if was is not None else "",
                }
                for name, (now, was) in files.items()
                if name.startswith("etc/")
            ),
            *(
                [
                    {
                        "before_header": "installed packages",
                        "after_header": "installed packages",
                        "before": "".join(f"{n} {v}\n" for n, v in old.items()),
                        "after": "".join(f"{n} {v}\n" for n, v in new.items()),
                    }
                ]
                if names
                else []
            ),
        ],
        "reboot_required": False,
        "warnings": [],
    }


def find_changes(snapshot: Snapshot, present: Packages) -> tuple[dict[str, str], list[str]]:
    """The packages whose version is to be as before, and those that are to go.

    What came after the plan was done is somebody else's: it stays.
    """
    before = snapshot.before.versions
    reached = present.versions if snapshot.after is None else snapshot.after.versions
    reverted = {
        name: version
        for name, version in before.items()
        if present.versions.get(name) != version and reached.get(name) != version
    }
    added = sorted(name for name in reached if name not in before and name in present.versions)
    return reverted, added


def _restore_packages(snapshot: Snapshot, reverted: Mapping[str, str], added: list[str]) -> None:
    environ = {"DEBIAN_FRONTEND": "noninteractive"}
    if snapshot.system is not Ecosystem.APT:
        if reverted:
            words = [f"{_plain(name)}-{version}" for name, version in sorted(reverted.items())]
            run_program(("dnf", "-y", "install", "--allowerasing", *words))
        if added:
            run_program(("dnf", "-y", "remove", *added))
        return
    pins = read_hook_pins(ROOT, "apt")
    if any(
        name in pins and not pins[name].matches(version)
        for name, version in ((n.partition(":")[0], v) for n, v in reverted.items())
    ):
        # Somebody had overridden the earlier lock: what was there is wanted, whatever it says.
        environ["NEURON_PIN_ALLOW"] = "NP306"
    if os.path.isdir("/var/lib/dpkg/updates") and os.listdir("/var/lib/dpkg/updates"):
        run_program(("dpkg", "--configure", "-a"), environ=environ)
    if reverted or added:
        words = [f"{name}={version}" for name, version in sorted(reverted.items())]
        words += [f"{name}-" for name in added]
        options = ("--allow-downgrades", "--allow-change-held-packages", "--purge")
        # In one transaction: what was added may need the newer version of what is reverted.
        run_program((*_APT, "install", *options, *words), environ=environ)
    before = snapshot.before
    for verb, names in (
        ("hold", before.held),
        ("auto", before.automatic & reverted.keys()),
        ("manual", reverted.keys() - before.automatic),
    ):
        if names:
            run_program(("apt-mark", verb, *sorted(names)))


def _plain(name: str) -> str:
    """A package of rpm without its architecture."""
    return name.rpartition(".")[0]
