#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apply
short_description: Install the AWS Neuron packages of a lock, or roll back
version_added: 0.1.0
description:
  - Carries out the steps of C(neuron-pin plan) from what is installed to the release of a lock, each with the
    guards of the plan. Checks come first, then pins or the lock of the hook, the repository, the driver, the
    runtime library and the tools. A step that is done is passed over.
  - Nothing changes where a check fails, where a process uses Neuron devices, or where the lock is for another
    instance family or operating system than the host.
  - Installs what is installed already, in the versions of the lock; on a host without Neuron packages driver,
    runtime and tools. Python environments are not touched.
  - Saves before the first change which packages the host has and what its hooks and pins are. With
    O(state=rolled_back) it gets exactly those back.
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
  root:
    description:
      - The folder below which the machine is. Packages are installed on the host itself, so it has to be V(/) unless
        O(packages) is false.
    type: path
    default: /
  state:
    description:
      - With V(present), the packages of the lock are installed. With V(rolled_back), what applying this lock
        changed is undone; where another lock was applied last, or none, there is nothing to undo.
    type: str
    choices: [present, rolled_back]
    default: present
  category:
    description:
      - Install these parts, instead of what is installed.
    type: list
    elements: str
    choices: [driver, runtime, tools, driver_runtime_tools]
    default: []
  skip:
    description:
      - Steps to skip, by the names that RV(steps) has. Skipping a check takes its protection away.
    type: list
    elements: str
    default: []
  reload:
    description:
      - Whether to load the new driver. Without it the driver that is loaded stays until somebody loads the new one
        or reboots.
    type: bool
    default: true
  allow_other_os:
    description:
      - Whether to apply a lock that was made for another operating system than the one of the host.
    type: bool
    default: false
  overwrite:
    description:
      - Whether to replace hooks and pins that were edited by hand. A copy is kept in
        C(/var/lib/neuron-pin/backup).
    type: bool
    default: false
  hook:
    description:
      - Whether to install the hook as well, as M(neuron_pin.neuron.hook) does. Without it a hook that is there
        moves to the lock, and none is installed.
    type: bool
    default: false
  packages:
    description:
      - Whether to install packages. Without them only hook and pins are written, those of M(neuron_pin.neuron.pin)
        where O(hook) is false.
    type: bool
    default: true
  command:
    description:
      - Where to put the program for people who are logged in, after everything else. Without it, nowhere.
    type: path
seealso:
  - module: neuron_pin.neuron.lock
  - module: neuron_pin.neuron.hook
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Install the packages of the lock, and have apt or dnf refuse others
  neuron_pin.neuron.apply:
    lock: "locks/{{ ansible_facts.neuron_pin.class.name }}.json"
    hook: true

- name: Install the packages of the lock
  neuron_pin.neuron.apply:
    lock: "locks/{{ ansible_facts.neuron_pin.class.name }}.json"
  register: applied

- name: Reboot where the new driver needs it
  ansible.builtin.reboot:
  when: applied.reboot_required

- name: Go back to what was there before
  neuron_pin.neuron.apply:
    lock: "locks/{{ ansible_facts.neuron_pin.class.name }}.json"
    state: rolled_back
"""

RETURN = r"""
steps:
  description: The steps, in their order.
  returned: always, unless nothing was looked at
  type: list
  elements: dict
  contains:
    name:
      description: The word by which O(skip) skips it.
      type: str
      returned: always
      sample: driver
    part:
      description: What it is about.
      type: str
      returned: always
    title:
      description: One line about it.
      type: str
      returned: always
    state:
      description:
        - V(done) where it was done before, or is a check that succeeded; V(changed) where it was done now, or
          would be in check mode; V(skipped); V(pending) where it waits for a reboot.
      type: str
      returned: always
sdk:
  description: The SDK release of the lock.
  returned: success
  type: str
  sample: "2.31.0"
before:
  description: The packages of the plan, before, by name. After rolling back, those that it changed.
  returned: success
  type: dict
after:
  description: The same, after. In check mode the versions that are expected, without their revisions.
  returned: success
  type: dict
reboot_required:
  description: Whether the host has to be rebooted, and the module then run again.
  returned: success
  type: bool
mark:
  description: What the role P(neuron_pin.neuron.rolling#role) left on a host that it drained, empty where it left nothing.
  returned: success, with O(state=present) and O(packages=true)
  type: str
driver:
  description: The driver that is loaded.
  returned: success
  type: dict
  sample:
    loaded: 2.26.5.0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    HOOK_SPEC,
    LOCK_SPEC,
    SPEC,
    finish,
    run_task,
)

OPTIONS = dict(
    SPEC,
    **LOCK_SPEC,
    **HOOK_SPEC,
    state=dict(type="str", choices=["present", "rolled_back"], default="present"),
    category=dict(
        type="list",
        elements="str",
        choices=["driver", "runtime", "tools", "driver_runtime_tools"],
        default=[],
    ),
    skip=dict(type="list", elements="str", default=[]),
    reload=dict(type="bool", default=True),
    allow_other_os=dict(type="bool", default=False),
    overwrite=dict(type="bool", default=False),
    hook=dict(type="bool", default=False),
    packages=dict(type="bool", default=True),
    command=dict(type="path"),
)
RULES = dict(
    mutually_exclusive=[("lock", "lock_content")],
    required_one_of=[("lock", "lock_content")],
)


def main():
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True, **RULES)
    finish(module, run_task(module, "apply"))


if __name__ == "__main__":
    main()
