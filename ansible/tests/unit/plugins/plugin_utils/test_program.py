# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.neuron_pin.neuron.plugins.modules import check, facts, hook
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.program import NeuronAction

DIGEST = "0" * 64


@pytest.fixture
def action():
    """An action of a task, without a connection."""

    def make(module, **task):
        found = NeuronAction.__new__(NeuronAction)
        found.module = module
        found._task = SimpleNamespace(diff=False, **task)
        return found

    return make


def test_options_are_read_as_the_module_reads_them(action):
    found = action(check)._read_options({"within": "180", "program_sha256": DIGEST})
    assert found["within"] == 180
    assert found["fail_on"] == ["error"]
    assert found["root"] == "/"


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (hook, {"state": "there", "program_sha256": DIGEST}),
        (hook, {"program_sha256": DIGEST}),
        (check, {"venvs": ["/opt/a", "~/b"], "program_sha256": DIGEST}),
        (check, {"root": "$HOME/root", "program_sha256": DIGEST}),
        (facts, {"nonsense": True, "program_sha256": DIGEST}),
    ],
)
def test_what_the_host_or_the_module_has_to_judge_is_left_to_them(action, module, options):
    assert action(module)._read_options(options) is None


def test_a_lock_is_not_taken_twice(action, tmp_path):
    found = action(check)
    args = {"lock": str(tmp_path / "a.json"), "lock_content": "{}", "program_sha256": DIGEST}
    assert found._with_lock(dict(args))[0] == args
    assert found._read_options(args) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [("the lock:18: is not JSON", "/c/a.json:18: is not JSON"), ("the lock is for trn2",) * 2],
)
def test_a_lock_of_the_controller_is_named(action, monkeypatch, said, told):
    found = action(check, args={"program": "/x"})
    monkeypatch.setattr(ActionBase, "run", lambda *args: {})
    monkeypatch.setattr(found, "_with_lock", lambda args: (args, "/c/a.json"), raising=False)
    monkeypatch.setattr(
        found, "_ask_program", lambda *args: {"failed": True, "msg": said}, raising=False
    )
    assert found.run()["msg"] == told


def test_names_of_ansible_are_not_taken_from_a_host(action):
    answer = {
        "changed": False,
        "diff": [],
        "hooks": [],
        "ansible_facts": {"a": 1},
        "_ansible_delegated_vars": {},
        "add_host": {},
    }
    assert action(hook)._tell(answer) == {"changed": False, "hooks": []}
    found = action(facts)._tell({"facts": {"os": "debian12"}, "ansible_facts": {"a": 1}})
    assert found == {"changed": False, "ansible_facts": {"neuron_pin": {"os": "debian12"}}}


def test_findings_to_fail_for_are_a_failure(action):
    finding = {"rule": "NP609", "subject": "aws-neuronx-dkms", "reason": "2.28.0.0 is loaded"}
    found = action(check)._tell({"changed": False, "failing": [finding], "warnings": ["old"]})
    assert found["failed"] and "NP609" in found["msg"]


def test_python_is_looked_for_where_it_is_not_known(action):
    found = action(facts)
    found._templar = SimpleNamespace(template=lambda value: value)
    named = found._name_python({"ansible_python_interpreter": "/opt/a b/python3"})
    assert named == ("", "'/opt/a b/python3'")
    wanted = {
        "ansible_python_interpreter": "auto_silent",
        "ansible_interpreter_python_fallback": ["python3.13", "/opt/a b/python3"],
    }
    before, name = found._name_python(wanted)
    assert "python3.13 '/opt/a b/python3'" in before and name == '"$python"'
    wanted["ansible_facts"] = {"discovered_interpreter_python": "/usr/bin/python3.12"}
    assert found._name_python(wanted) == ("", "/usr/bin/python3.12")
