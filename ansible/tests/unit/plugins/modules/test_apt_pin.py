# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.neuron_pin.neuron.plugins.modules import apt_pin

PINS = [
    {
        "package": ["nginx", "nginx-common"],
        "version": "1.26.*",
        "priority": 990,
        "explanation": "tested",
    },
    {"package": ["nginx"], "origin": "deb.debian.org", "priority": -1},
]
STANZAS = """
Explanation: tested
Package: nginx nginx-common
Pin: version 1.26.*
Pin-Priority: 990

Package: nginx
Pin: origin "deb.debian.org"
Pin-Priority: -1
"""


def test_writes_once_and_removes_once(run, root):
    path = root / "etc/apt/preferences.d/50-nginx.pref"
    args = {"name": "50-nginx", "pins": PINS, "root": str(root)}
    predicted = run(apt_pin, check=True, diff=True, **args)
    assert predicted["changed"] and not path.exists()
    done = run(apt_pin, diff=True, **args)
    assert done == predicted
    assert done["diff"]["after"] == path.read_text()
    assert path.read_text().partition("\n")[2] == STANZAS
    assert path.stat().st_mode & 0o777 == 0o644
    assert not run(apt_pin, **args)["changed"]
    assert run(apt_pin, name="50-nginx", state="absent", root=str(root))["changed"]
    assert not path.exists()
    assert not run(apt_pin, name="50-nginx", state="absent", root=str(root))["changed"]


@pytest.mark.parametrize(
    "pin",
    [
        {"package": ["nginx"], "version": 2.3, "priority": 990},
        {"package": ["nginx"], "version": 2, "priority": 990},
        {"package": ["nginx"], "priority": 990},
        {"package": ["nginx"], "version": "1", "release": "a=stable", "priority": 990},
        {"package": ["nginx"], "version": "1", "priority": 0},
        {"package": ["nginx"], "version": "1", "priority": 40000},
        {"package": [], "version": "1", "priority": 1},
        {"package": ["nginx common"], "version": "1", "priority": 1},
        {"package": ["nginx"], "version": "1\nPin-Priority: 1001", "priority": 1},
        {"package": ["nginx"], "version": "1", "priority": 1, "explanation": "a\nb"},
        {"package": ["nginx"], "version": "", "priority": 1},
        {"package": ["nginx"], "version": ["1", "2"], "priority": 1},
        {"package": ["nginx"], "version": {"a": 1}, "priority": 1},
        {"package": ["nginx"], "version": True, "priority": 1},
        {"package": ["nginx"], "version": "1.2 3", "priority": 1},
        {"package": ["nginx"], "version": "1.2\u20283", "priority": 1},
    ],
)
def test_refuses_what_apt_would_not_read_as_it_is_meant(run, root, pin):
    done = run(apt_pin, name="50-nginx", pins=[pin], root=str(root))
    assert done["failed"]
    assert not (root / "etc/apt").exists()


@pytest.mark.parametrize("name", ["../x", "a b", "", "x.pref", ".hidden"])
def test_refuses_names_of_files_that_apt_does_not_read(run, root, name):
    assert run(apt_pin, name=name, pins=PINS, root=str(root))["failed"]


def test_leaves_what_is_not_a_file(run, root):
    folder = root / "etc/apt/preferences.d"
    folder.mkdir(parents=True)
    (folder / "50-nginx.pref").symlink_to("/etc/passwd")
    assert run(apt_pin, name="50-nginx", pins=PINS, root=str(root))["failed"]
