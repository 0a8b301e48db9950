# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.facts import (
    find_problem,
    find_problem_of_answer,
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


@pytest.mark.parametrize("name", ["", "../../root/secret", "a/b", "a b", "a\n", "x" * 201])
def test_a_class_names_a_file_of_one_folder(name):
    assert find_problem(facts(**{"class": dict(facts()["class"], name=name)}))


def nest(depth):
    found = []
    while depth > 0:
        found, depth = [found], depth - 1
    return found


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "all is well",
        facts(schema_version=2),
        facts(schema_version=True),
        facts(more="x" * 8000),
        facts(more=nest(100_000)),
    ],
)
def test_an_answer_of_another_form_is_not_kept(answer):
    assert find_problem_of_answer(answer, None)
    assert not find_problem_of_answer(facts(), None)


def test_full_facts_may_be_larger():
    assert not find_problem_of_answer(facts(more="x" * 8000), "full")
    assert find_problem_of_answer(facts(more="x" * 5_000_000), "full")
