# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.facts import read_classes
from ansible_collections.neuron_pin.neuron.plugins.plugin_utils.program import NeuronAction


class ActionModule(NeuronAction):
    """Names the classes of the hosts of the play, and runs the module."""

    def run(self, tmp=None, task_vars=None):
        without, hosts = {}, {}
        if not self._task.args.get("classes"):
            names = (task_vars or {}).get("ansible_play_hosts_all") or []
            rows, hosts, without = read_classes(names, (task_vars or {}).get("hostvars") or {})
            if not rows:
                told = "; ".join("%s: %s" % each for each in sorted(without.items())[:3])
                raise AnsibleActionFail(
                    "no host of the play has facts to make a lock for. %s" % told
                )
            self._task.args["classes"] = rows
        result = super().run(tmp, task_vars)
        for found in (result.get("classes"), result.get("failed_classes")):
            for name in found or {}:
                found[name]["hosts"] = sorted(hosts.get(name, []))
        result["hosts_without_facts"] = without
        if without:
            named = ", ".join(sorted(without)[:10])
            more = " and %d more" % (len(without) - 10) if len(without) > 10 else ""
            self._display.warning(
                "no lock for %s%s: their facts are missing or of another version" % (named, more)
            )
        return result
