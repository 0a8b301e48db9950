#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lock
short_description: Write one lock of AWS Neuron packages for each class of hosts
version_added: 0.1.0
description:
  - Chooses versions once for each class of hosts, that is for each instance family, operating system, Python and
    kernel line, and writes a C(lock.json) for each. A thousand hosts are about five classes.
  - Runs on the controller, with C(delegate_to=localhost) and C(run_once=true). The classes are those of the
    hosts of the play whose facts M(neuron_pin.neuron.facts) has gathered, unless O(classes) names them.
  - A lock that exists is kept, also where a newer release is known, unless O(upgrade) is true.
  - A class that cannot be locked is named in RV(failed_classes), and the others are locked. The module fails
    where none can be.
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.writes
  - neuron_pin.neuron.program
attributes:
  action:
    support: full
    description: Reads the facts of the hosts of the play, and names the hosts of each class.
options:
  root:
    description:
      - Has no meaning for this module.
    type: path
    default: /
  dest:
    description:
      - The folder for the locks. Each has the name of its class, for instance
        C(trn2-ubuntu22.04-py3.11-k6.8.json).
    type: path
    required: true
  classes:
    description:
      - The classes to lock. Without it, those of the hosts of the play.
    type: list
    elements: dict
    suboptions:
      family:
        description:
          - The instance family.
        type: raw
      os:
        description:
          - The operating system.
        type: raw
        required: true
      python:
        description:
          - The Python version, in quotes.
        type: raw
      kernel:
        description:
          - The kernel line, in quotes.
        type: raw
  sdk:
    description:
      - The SDK release, in quotes. Without it, the newest that fits.
      - A number is refused, because V(2.30) arrives as 2.3.
    type: raw
  requirements:
    description:
      - Packages to lock, as C(neuron-pin lock) takes them. Without it, every component for the class.
    type: list
    elements: str
    default: []
  phases:
    description:
      - Phases to allow besides those that the policy allows, for instance V(beta).
    type: list
    elements: str
    default: []
  scope:
    description:
      - Whether to lock what is for the host, for containers on it, or both.
    type: str
    choices: [host, container, both]
  as_of:
    description:
      - The day to judge by, as C(YYYY-MM-DD). Without it, today.
    type: str
  upgrade:
    description:
      - Whether to choose anew, whatever existing locks have.
    type: bool
    default: false
  python:
    description:
      - The Python of an environment on the controller in which neuron-pin is installed. With it, package indexes
        and repositories are read, as settings and variables of that environment say.
      - Without it, locks come from the facts that are part of the program, without a network.
    type: path
seealso:
  - module: neuron_pin.neuron.facts
  - module: neuron_pin.neuron.apply
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Gather what the hosts are
  neuron_pin.neuron.facts:

- name: Write one lock for each class of hosts
  neuron_pin.neuron.lock:
    dest: "{{ playbook_dir }}/locks"
    sdk: "2.31.0"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
classes:
  description: The locks, by the name of the class.
  returned: success
  type: dict
  sample:
    trn2-ubuntu22.04-py3.11-k6.8:
      path: /srv/plays/locks/trn2-ubuntu22.04-py3.11-k6.8.json
      sdk: 2.31.0
      changed: true
      hosts: [node1, node2]
failed_classes:
  description: The classes that could not be locked, each with C(message), C(hint) and C(hosts).
  returned: success
  type: dict
hosts_without_facts:
  description: The hosts of the play whose facts are missing or of another version, each with the reason.
  returned: success
  type: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    NOT_OF_TASKS,
    SPEC,
    finish,
    refuse_other_than_text,
    run_task,
)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            SPEC,
            dest=dict(type="path", required=True),
            classes=dict(
                type="list",
                elements="dict",
                options=dict(
                    family=dict(type="raw"),
                    os=dict(type="raw", required=True),
                    python=dict(type="raw"),
                    kernel=dict(type="raw"),
                ),
            ),
            sdk=dict(type="raw"),
            requirements=dict(type="list", elements="str", default=[]),
            phases=dict(type="list", elements="str", default=[]),
            scope=dict(type="str", choices=["host", "container", "both"]),
            as_of=dict(type="str"),
            upgrade=dict(type="bool", default=False),
            python=dict(type="path"),
        ),
        supports_check_mode=True,
    )
    refuse_other_than_text(module, "sdk")
    for row in module.params["classes"] or []:
        refuse_other_than_text(module, values=row)
    left_out = (*NOT_OF_TASKS, "root", "python")
    arguments = {n: v for n, v in module.params.items() if n not in left_out and v is not None}
    arguments["dest"] = os.path.abspath(arguments["dest"])
    python = module.params["python"]
    arguments["offline"] = python is None
    program = [python, "-m", "neuron_pin.tasks"] if python else None
    if python and not os.path.exists(python):
        module.fail_json(msg="python: %s does not exist on %s" % (python, os.uname().nodename))
    result = run_task(module, "lock", arguments, program=program)
    if result["failed_classes"] and not result["classes"]:
        name, why = sorted(result["failed_classes"].items())[0]
        module.fail_json(msg="%s: %s. %s" % (name, why["message"], why["hint"]), **result)
    finish(module, result)


if __name__ == "__main__":
    main()
