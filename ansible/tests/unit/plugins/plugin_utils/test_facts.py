# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.facts import (
    find_problem,
    read_classes,
)


def facts(**changes):
    found = {
        "name": "trn2-ubuntu22.04-py3.11-k6.8",
        "family": "trn2",
        "os": "ubuntu22.04",
        "python": "3.11",
        "kernel": "6.8",
    }
    return dict({"schema_version": 1, "class": found}, **changes)


def test_one_class_for_equal_hosts_and_a_reason_for_others():
    hostvars = {
        "a": {"ansible_facts": {"neuron_pin": facts()}},
        "b": {"ansible_facts": {"neuron_pin": facts()}},
        "older": {"ansible_facts": {"neuron_pin": facts(schema_version=0)}},
        "newer": {"ansible_facts": {"neuron_pin": facts(schema_version=2)}},
        "nonsense": {"ansible_facts": {"neuron_pin": "nonsense"}},
        "without": {"ansible_facts": {}},
    }
    rows, hosts, without = read_classes([*hostvars, "unknown"], hostvars)
    assert rows == [{"family": "trn2", "os": "ubuntu22.04", "python": "3.11", "kernel": "6.8"}]
    assert hosts == {"trn2-ubuntu22.04-py3.11-k6.8": ["a", "b"]}
    assert sorted(without) == ["newer", "nonsense", "older", "unknown", "without"]
    assert all(without.values())


def test_a_class_without_texts_is_no_class():
    found = dict(facts()["class"], kernel=6.8)
    assert find_problem(facts(**{"class": found}))
    assert find_problem(facts(**{"class": None}))
    assert not find_problem(facts())
