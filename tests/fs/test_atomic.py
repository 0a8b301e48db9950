"""The one writer."""

import os
import stat
from pathlib import Path

import pytest

from neuron_pin.errors import CannotWrite
from neuron_pin.fs.atomic import remove_atomically, write_atomically
from neuron_pin.fs.scratch import PREFIX, scratch_folder


def test_a_new_file_is_readable_by_all_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert write_atomically(str(tmp_path / "a.pref"), "one")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.pref").stat().st_mode) == 0o644


def test_an_existing_mode_is_kept_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    path.chmod(0o600)
    assert write_atomically(str(path), "two")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("two", 0o600)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_equal_bytes_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomically(str(path), "one")
    os.utime(path, (1, 1))
    assert not write_atomically(str(path), "one")
    assert path.stat().st_mtime == 1


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("one")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(CannotWrite, match="not a regular file"):
        write_atomically(str(tmp_path / "link"), "two")
    assert (tmp_path / "real").read_text() == "one"


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a"
    path.write_text("one")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left"):
        write_atomically(str(path), "two")
    assert path.read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="absent"):
        write_atomically(str(tmp_path / "absent" / "a"), "one")


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch) -> None:
    done = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)

        def watched(*words: object, _name: str = name, _real=real, **more: object) -> None:
            done.append(_name)
            _real(*words, **more)

        monkeypatch.setattr(os, name, watched)
    write_atomically(str(tmp_path / "a"), "one")
    assert done == ["fsync", "rename", "fsync"]


def test_a_symbolic_link_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("one")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(CannotWrite, match="not a regular file"):
        remove_atomically(str(tmp_path / "link"))
    assert remove_atomically(str(tmp_path / "real"))
    assert (tmp_path / "link").is_symlink()


def test_what_a_killed_writer_left_goes(tmp_path: Path) -> None:
    left, other = tmp_path / ".a.0123456789ab.tmp", tmp_path / ".b.0123456789ab.tmp"
    left.write_text("half")
    other.write_text("half")
    write_atomically(str(tmp_path / "a"), "one")
    assert {path.name for path in tmp_path.iterdir()} == {"a", other.name}


def test_a_folder_that_a_killed_run_left_goes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    with scratch_folder() as folder:
        assert [path.name for path in tmp_path.iterdir()] == [Path(folder).name]
    assert list(tmp_path.iterdir()) == []
