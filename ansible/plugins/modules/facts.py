#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: Gather what a host has of AWS Neuron
version_added: 0.1.0
description:
  - Gathers instance, operating system, kernel, driver, packages, holds, pins, hooks and environments of a
    host in one call, and the findings of the maintenance policy if that is wanted.
  - A summary is at most 8000 bytes, so that it can be kept in a fact cache. What was left out is counted in
    C(left_out).
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.reads
  - neuron_pin.neuron.program
attributes:
  action:
    support: full
    description: Copies the program to hosts that lack it.
options:
  gather:
    description:
      - With V(summary) the facts are at most 8000 bytes. With V(full) nothing is shortened, and environments
        are listed with every distribution.
    type: str
    choices: [summary, full]
    default: summary
  check:
    description:
      - Whether to check the host against the policy as well; the findings are then part of the facts.
    type: bool
    default: false
  within:
    description:
      - Report what is announced to end within this number of days. Used with O(check).
    type: int
    default: 90
  as_of:
    description:
      - The day to judge by, as C(YYYY-MM-DD). Without it, today.
    type: str
seealso:
  - module: neuron_pin.neuron.check
  - module: neuron_pin.neuron.lock
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Gather facts and findings in one call
  neuron_pin.neuron.facts:
    check: true

- name: Group hosts by the lock that they need
  ansible.builtin.group_by:
    key: "neuron_{{ ansible_facts.neuron_pin.class.name | regex_replace('[^A-Za-z0-9_]', '_') }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts, under the key C(neuron_pin).
  returned: success
  type: dict
  contains:
    neuron_pin:
      description: The document that C(docs/schemas/host-facts.schema.json) describes.
      type: dict
      returned: success
      contains:
        schema_version:
          description: The number of the form of this document.
          type: int
          returned: success
          sample: 1
        class:
          description: What the lock of the host depends on, and one word for it.
          type: dict
          returned: success
          sample:
            name: trn2-ubuntu22.04-py3.11-k6.8
            family: trn2
            os: ubuntu22.04
            python: "3.11"
            kernel: "6.8"
        sdk:
          description: The SDK release that most of the packages are of, none where none is known.
          type: str
          returned: success
          sample: "2.31.0"
        driver:
          description: The driver that is loaded, the one that is installed, and the number of devices.
          type: dict
          returned: success
          sample:
            loaded: 2.26.5.0
            installed: 2.26.5.0
            devices: 16
        packages:
          description: The Neuron system packages, with C(held) and C(state) where those are not the usual.
          type: list
          elements: dict
          returned: success
          sample:
            - name: aws-neuronx-dkms
              version: 2.26.5.0
              ecosystem: apt
              held: false
        rules:
          description: The number of findings by rule. None unless O(check) is true.
          type: dict
          returned: success
          sample:
            NP601: 1
        findings:
          description: The findings, each with C(rule), C(severity), C(subject) and C(place). None unless O(check) is true.
          type: list
          elements: dict
          returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import SPEC, run_task

OPTIONS = dict(
    SPEC,
    gather=dict(type="str", choices=["summary", "full"], default="summary"),
    check=dict(type="bool", default=False),
    within=dict(type="int", default=90),
    as_of=dict(type="str"),
)
RULES = {}


def tell(result):
    """What the module says of a result of the program."""
    return dict(changed=False, ansible_facts=dict(neuron_pin=result["facts"]))


def main():
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True, **RULES)
    module.exit_json(**tell(run_task(module, "facts")))


if __name__ == "__main__":
    main()
