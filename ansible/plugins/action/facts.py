# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.neuron_pin.neuron.plugins.modules import facts as facts_module
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.facts import (
    find_problem_of_answer,
)
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.program import NeuronAction


class ActionModule(NeuronAction):
    """Sends what the module needs, runs it, and takes no facts but those of its form: they are kept for
    every later task, and name files."""

    module = facts_module

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        if result.get("failed") or result.get("skipped") or result.get("unreachable"):
            return result
        facts = (result.get("ansible_facts") or {}).get("neuron_pin")
        problem = find_problem_of_answer(facts, self._task.args.get("gather"))
        if not problem:
            return result
        return {
            "failed": True,
            "changed": False,
            "msg": "%s: the host did not answer as this collection's program does; its answer is not kept"
            % problem,
        }
