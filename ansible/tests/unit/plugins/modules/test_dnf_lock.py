# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.neuron_pin.neuron.plugins.modules import dnf_lock

PACKAGES = [
    {"name": "nginx", "version": "1.26.*"},
    {"name": "ceph", "version": "18.2.4", "epoch": 2},
    {"name": "curl", "version": "8.9.1-3.el9"},
]
LIST = "nginx-0:1.26.*\nceph-2:18.2.4-*\ncurl-0:8.9.1-3.el9\n"
CONDITIONS = [
    (">=", "0:1.26"),
    ("<", "0:1.27"),
    (">=", "2:18.2.4"),
    ("<", "2:18.2.4.0"),
    ("=", "0:8.9.1-3.el9"),
]


def test_dnf_4_once_beside_the_lines_of_others(run, root):
    path = root / "etc/dnf/plugins/versionlock.list"
    path.parent.mkdir(parents=True)
    path.write_text("bash-0:5.1.8-9.el9.*")
    args = {"packages": PACKAGES, "root": str(root)}
    predicted = run(dnf_lock, check=True, diff=True, **args)
    done = run(dnf_lock, diff=True, **args)
    assert done == predicted and done["changed"] and done["kind"] == "dnf4"
    text = path.read_text()
    assert text.startswith("bash-0:5.1.8-9.el9.*\n# BEGIN") and LIST in text
    assert not run(dnf_lock, **args)["changed"]
    other = run(dnf_lock, name="other", packages=PACKAGES[:1], root=str(root))
    assert other["changed"] and LIST in path.read_text()
    assert run(dnf_lock, state="absent", root=str(root))["changed"]
    assert run(dnf_lock, name="other", state="absent", root=str(root))["changed"]
    assert path.read_text() == "bash-0:5.1.8-9.el9.*\n"
    assert not run(dnf_lock, state="absent", root=str(root))["changed"]


def test_dnf_5_has_comparisons(run, root):
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/dnf5").write_text("")
    done = run(dnf_lock, packages=PACKAGES, root=str(root))
    text = (root / "etc/dnf/versionlock.toml").read_text()
    assert done["kind"] == "dnf5"
    assert text.startswith('version = "1.0"\n')
    found = re.findall(r'comparator = "(.*)"\nvalue = "(.*)"', text)
    assert found == CONDITIONS


@pytest.mark.parametrize(
    "version", [2.3, 2, "", "1.*.*", "1.*-3", "a b", "1\n2", "x.*", "1/2", True, ["1"], {"a": 1}]
)
def test_refuses_what_is_no_version(run, root, version):
    done = run(dnf_lock, packages=[{"name": "nginx", "version": version}], root=str(root))
    assert done["failed"]
    assert not (root / "etc/dnf").exists()


def test_broken_markers_are_named(run, root):
    path = root / "etc/dnf/plugins/versionlock.list"
    path.parent.mkdir(parents=True)
    path.write_text("# BEGIN ANSIBLE MANAGED: dnf_lock\n")
    done = run(dnf_lock, packages=PACKAGES, root=str(root))
    assert done["failed"] and "versionlock.list:1" in done["msg"]
