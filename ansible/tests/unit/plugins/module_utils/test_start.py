# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import os
import stat

import pytest
from ansible_collections.neuron_pin.neuron.plugins.module_utils import start


@pytest.fixture
def upload(tmp_path, monkeypatch):
    """A program as the controller sends it, with its digest; the cache is a folder of the test."""
    monkeypatch.setattr(start, "cache_folder", lambda: str(tmp_path / "cache"))
    path = tmp_path / "upload.pyz"
    path.write_bytes(b"program")
    return str(path), hashlib.sha256(b"program").hexdigest()


def find(digest, **more):
    return start.find_program(dict(more, program_sha256=digest))


def test_is_asked_for_once_and_kept(upload):
    path, digest = upload
    assert find(digest) is None
    kept = find(digest, program_upload=path)
    assert kept != path
    os.unlink(path)
    assert find(digest) == kept
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o755


def test_what_is_changed_in_the_cache_is_sent_again(upload):
    path, digest = upload
    kept = find(digest, program_upload=path)
    with open(kept, "wb") as stream:
        stream.write(b"another program")
    assert find(digest) is None
    assert find(digest, program_upload=path) == kept
    with open(kept, "rb") as stream:
        assert stream.read() == b"program"


def test_what_others_can_write_is_not_run(upload):
    path, digest = upload
    kept = find(digest, program_upload=path)
    os.chmod(os.path.dirname(kept), 0o777)
    assert find(digest) is None
    assert find(digest, program_upload=path) == path


@pytest.mark.parametrize("digest", ["", "x" * 64, "0" * 63, "0" * 64])
def test_another_digest_is_refused(upload, digest):
    with pytest.raises(start.Refused):
        find(digest, program_upload=upload[0])


def test_a_named_program_needs_its_digest(upload):
    path, digest = upload
    assert find(digest, program=path) == path
    with pytest.raises(start.Refused):
        find("0" * 64, program=path)
    with pytest.raises(start.Refused):
        find(digest, program=path + ".missing")


def test_a_full_disk_is_no_obstacle(upload, monkeypatch):
    path, digest = upload

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(start, "_keep", full)
    assert find(digest, program_upload=path) == path
