#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: hook
short_description: Make package managers refuse what a lock of AWS Neuron packages does not have
version_added: 0.1.0
description:
  - Installs, removes or shows the hooks of neuron-pin. With one, apt and dnf refuse transactions that leave the
    lock, and pip and uv take no other versions.
  - The hook also writes the pins that M(neuron_pin.neuron.pin) writes. What it was told before, on errors and on
    its review, is kept unless an option says otherwise.
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.writes
  - neuron_pin.neuron.program
  - neuron_pin.neuron.program.lock
  - neuron_pin.neuron.program.hook
attributes:
  action:
    support: full
    description: Sends the lock, and the program to hosts that lack it.
options:
  state:
    description:
      - With V(present), the hooks are installed and enforce the lock. With V(absent), they are removed. With
        V(status), nothing changes, and RV(hooks) says what there is.
    type: str
    choices: [present, absent, status]
    default: present
  kinds:
    description:
      - What to install hooks for. Without it, the package manager of the system that the lock has packages for;
        to remove, both of them; to show, all.
    type: list
    elements: str
    choices: [apt, dnf, pip, uv]
    default: []
  scope:
    description:
      - Whose settings of pip and uv to change. Without it, those of O(venv), or those of the whole system.
    type: str
    choices: [system, user, venv]
  venv:
    description:
      - The folder of a virtual environment, for the settings of pip and uv.
    type: path
  allow_other_os:
    description:
      - Whether to install a lock that was made for another operating system than the one of the host.
    type: bool
    default: false
  overwrite:
    description:
      - Whether to replace files that were edited by hand. A copy is kept in C(/var/lib/neuron-pin/backup).
    type: bool
    default: false
seealso:
  - module: neuron_pin.neuron.pin
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Have apt or dnf refuse what is not in the lock, and what cannot be judged
  neuron_pin.neuron.hook:
    lock: "locks/{{ ansible_facts.neuron_pin.class.name }}.json"
    on_error: refuse

- name: See whether the hooks work
  neuron_pin.neuron.hook:
    state: status
  register: hooks

- name: Remove the hooks of the system
  neuron_pin.neuron.hook:
    state: absent
"""

RETURN = r"""
hooks:
  description: The hooks as they are when the module ends.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(apt), V(dnf), V(pip) or V(uv).
      type: str
      returned: always
    state:
      description: V(installed), V(absent), or V(faulty) with its C(problems).
      type: str
      returned: always
    lock:
      description: What is enforced.
      type: str
      returned: where a hook is installed
    problems:
      description: Why the hook does not work.
      type: list
      elements: str
      returned: where there are any
files:
  description: The files of the hooks.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    HOOK_SPEC,
    LOCK_IF_PRESENT,
    LOCK_SPEC,
    SPEC,
    finish,
    run_task,
)

OPTIONS = dict(
    SPEC,
    **LOCK_SPEC,
    **HOOK_SPEC,
    state=dict(type="str", choices=["present", "absent", "status"], default="present"),
    kinds=dict(type="list", elements="str", choices=["apt", "dnf", "pip", "uv"], default=[]),
    scope=dict(type="str", choices=["system", "user", "venv"]),
    venv=dict(type="path"),
    allow_other_os=dict(type="bool", default=False),
    overwrite=dict(type="bool", default=False),
)
RULES = LOCK_IF_PRESENT


def main():
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True, **RULES)
    finish(module, run_task(module, "hook"))


if __name__ == "__main__":
    main()
