"""What is rolled back: exactly what applying changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuron_pin.errors import UnreadableInput
from neuron_pin.policy import Ecosystem
from neuron_pin.tasks.package_database import Packages
from neuron_pin.tasks.rolling_back import find_changes, roll_back
from neuron_pin.tasks.snapshot import (
    FILE,
    SavedFile,
    Snapshot,
    find_different_files,
    read_files,
    read_snapshot,
    restore_files,
    write_snapshot,
)

PREFERENCES = "etc/apt/preferences.d/00-neuron-pin.pref"


def packages(**versions: str) -> Packages:
    return Packages(versions, frozenset(), frozenset(), frozenset())


def snapshot(before: Packages, after: Packages | None, state: str = "applied") -> Snapshot:
    return Snapshot("digest", "2.31.0", state, Ecosystem.APT, before, after, {})


@pytest.mark.parametrize(
    ("before", "after", "present", "reverted", "added"),
    [
        # Applied: what moved goes back, what came goes.
        ({"dkms": "1"}, {"dkms": "2", "tools": "2"}, {"dkms": "2", "tools": "2"},
         {"dkms": "1"}, ["tools"]),
        # Killed in the middle: what is there now is what was reached.
        ({"dkms": "1"}, None, {"dkms": "2", "tools": "2"}, {"dkms": "1"}, ["tools"]),
        # What others installed or moved afterwards stays.
        ({"dkms": "1", "curl": "1"}, {"dkms": "2", "curl": "1"},
         {"dkms": "2", "curl": "2", "vim": "1"}, {"dkms": "1"}, []),
        # What was removed comes back.
        ({"old": "1"}, {}, {}, {"old": "1"}, []),
        # Somebody went back by hand.
        ({"dkms": "1"}, {"dkms": "2"}, {"dkms": "1"}, {}, []),
    ],
)  # fmt: skip
def test_what_changes(
    before: dict[str, str],
    after: dict[str, str] | None,
    present: dict[str, str],
    reverted: dict[str, str],
    added: list[str],
) -> None:
    reached = packages(**after) if after is not None else None
    found = find_changes(snapshot(packages(**before), reached), packages(**present))
    assert found == (reverted, added)


@pytest.mark.parametrize(
    "found",
    [
        None,
        snapshot(packages(), None, "rolled_back"),
        snapshot(packages(), None)._replace(digest="other"),
    ],
)
def test_nothing_of_another_lock_is_rolled_back(found: Snapshot | None) -> None:
    assert not roll_back(found, "digest", is_check=False)["changed"]


def test_files_come_back_with_their_modes_and_new_ones_go(tmp_path: Path) -> None:
    (tmp_path / PREFERENCES).parent.mkdir(parents=True)
    (tmp_path / PREFERENCES).write_text("one\n")
    (tmp_path / PREFERENCES).chmod(0o640)
    before = read_files(str(tmp_path), Ecosystem.APT)
    state = tmp_path / "var/lib/neuron-pin/apt.state"
    state.parent.mkdir(parents=True)
    state.write_text("new\n")
    (tmp_path / PREFERENCES).write_text("two\n")
    changed = find_different_files(str(tmp_path), Ecosystem.APT, before)
    assert set(changed) == {PREFERENCES, "var/lib/neuron-pin/apt.state"}
    restore_files(str(tmp_path), Ecosystem.APT, before)
    assert read_files(str(tmp_path), Ecosystem.APT) == before
    assert not state.exists()


def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_snapshot(str(tmp_path)) is None
    found = snapshot(packages(dkms="1"), packages(dkms="2"))
    found = found._replace(files={PREFERENCES: SavedFile(b"\xff\n", 0o644)})
    write_snapshot(str(tmp_path), found)
    assert read_snapshot(str(tmp_path)) == found
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "digest": 1}'])
def test_a_broken_snapshot_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UnreadableInput):
        read_snapshot(str(tmp_path))
