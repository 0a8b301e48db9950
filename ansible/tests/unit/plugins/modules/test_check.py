# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.neuron_pin.neuron.plugins.modules import check

FINDING = {
    "rule": "NP609",
    "severity": "error",
    "subject": "aws-neuronx-dkms",
    "place": "/sys/module/neuron/version",
    "reason": "2.28.0.0 is loaded",
    "remedy": "reboot",
}


def test_a_failure_says_what_to_do_and_keeps_the_warnings(run, monkeypatch):
    found = dict(changed=False, failing=[FINDING, FINDING], warnings=["the facts are old"])
    monkeypatch.setattr(check, "run_task", lambda module, task: dict(found))
    warned = []
    monkeypatch.setattr(check.AnsibleModule, "warn", lambda module, text: warned.append(text))
    result = run(check)
    assert result["failed"] and "warnings" not in result
    assert warned == ["the facts are old"]
    for part in ("NP609", "2.28.0.0", "reboot", "1 more"):
        assert part in result["msg"]
