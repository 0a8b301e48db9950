#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pin
short_description: Pin AWS Neuron packages to a lock
version_added: 0.1.0
description:
  - Writes the versions of a lock into what the package managers of a host read, so that they choose no others.
  - For apt this is C(/etc/apt/preferences.d/00-neuron-pin.pref), for dnf 4
    C(/etc/dnf/plugins/versionlock.list), for dnf 5 C(/etc/dnf/versionlock.toml), and for pip and uv their own
    settings, with constraints.
  - No pin has a priority of 1000 or more, so apt never downgrades because of one.
  - What others wrote into these files stays. A file that was edited by hand is refused, unless O(overwrite)
    is true.
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.writes
  - neuron_pin.neuron.program
  - neuron_pin.neuron.program.lock
attributes:
  action:
    support: full
    description: Sends the lock, and the program to hosts that lack it.
options:
  state:
    description:
      - With V(present), the pins are those of the lock. With V(absent), there are none.
    type: str
    choices: [present, absent]
    default: present
  kinds:
    description:
      - What to pin for. Without it, the package manager of the system that the lock has packages for; to
        remove, every one of the system.
    type: list
    elements: str
    choices: [apt, dnf4, dnf5, pip, uv]
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
      - Whether to write a lock that was made for another operating system than the one of the host.
    type: bool
    default: false
  overwrite:
    description:
      - Whether to replace files that were edited by hand. A copy is kept in C(/var/lib/neuron-pin/backup).
    type: bool
    default: false
seealso:
  - module: neuron_pin.neuron.hook
    description: Also refuses transactions that leave the lock.
  - module: neuron_pin.neuron.apt_pin
  - module: neuron_pin.neuron.dnf_lock
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Pin the packages of the system
  neuron_pin.neuron.pin:
    lock: "locks/{{ ansible_facts.neuron_pin.class.name }}.json"

- name: Pin the packages of one environment
  neuron_pin.neuron.pin:
    lock: locks/trn2.json
    kinds: [pip]
    venv: /opt/neuron-venv

- name: Remove the pins of the system
  neuron_pin.neuron.pin:
    state: absent
"""

RETURN = r"""
files:
  description: The files that hold the pins.
  returned: success
  type: list
  elements: str
  sample: [/etc/apt/preferences.d/00-neuron-pin.pref]
sdk:
  description: The SDK release of the lock, none where it has none or pins are removed.
  returned: success
  type: str
  sample: "2.31.0"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    LOCK_IF_PRESENT,
    LOCK_SPEC,
    SPEC,
    finish,
    run_task,
)

OPTIONS = dict(
    SPEC,
    **LOCK_SPEC,
    state=dict(type="str", choices=["present", "absent"], default="present"),
    kinds=dict(
        type="list",
        elements="str",
        choices=["apt", "dnf4", "dnf5", "pip", "uv"],
        default=[],
    ),
    scope=dict(type="str", choices=["system", "user", "venv"]),
    venv=dict(type="path"),
    allow_other_os=dict(type="bool", default=False),
    overwrite=dict(type="bool", default=False),
)
RULES = LOCK_IF_PRESENT


def main():
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True, **RULES)
    finish(module, run_task(module, "pin"))


if __name__ == "__main__":
    main()
