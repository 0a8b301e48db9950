# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.neuron_pin.neuron.plugins.modules import apt_pin, dnf_lock

WRITERS = [
    (apt_pin, {"name": "x", "pins": [{"package": ["a"], "version": "1", "priority": 990}]}),
    (dnf_lock, {"packages": [{"name": "a", "version": "1"}]}),
]


@pytest.mark.parametrize(("module", "options"), WRITERS)
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_root_that_is_no_folder_is_named(run, tmp_path, module, options, state, name):
    (tmp_path / "file").write_text("")
    done = run(module, root=str(tmp_path / name), state=state, **options)
    assert done["failed"] and "root: %s is not a folder" % (tmp_path / name) in done["msg"]
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(("module", "options"), WRITERS)
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("to", ["../other", "{}/other"])
def test_a_link_out_of_the_root_is_named(run, tmp_path, module, options, check, to):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "other").mkdir()
    (root / "etc").symlink_to(to.format(tmp_path))
    done = run(module, check=check, root=str(root), **options)
    assert done["failed"] and "%s is a link that leads out of root" % (root / "etc") in done["msg"]
    assert not list((tmp_path / "other").iterdir())


@pytest.mark.parametrize(("module", "options"), WRITERS)
def test_links_inside_of_the_root_are_followed(run, tmp_path, module, options):
    (tmp_path / "root/real").mkdir(parents=True)
    (tmp_path / "root/etc").symlink_to("real")
    (tmp_path / "image").symlink_to("root")
    assert run(module, root=str(tmp_path / "image"), **options)["changed"]
    assert list((tmp_path / "root/real").iterdir())
