#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: explain_error
short_description: Explain an error message of AWS Neuron
version_added: 0.1.0
description:
  - Finds known error messages in a text, a file or the journal of a host, and says by what is installed there
    which of their causes it was, and what to do next.
  - That no message is known is a result, not a failure.
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.reads
  - neuron_pin.neuron.program
attributes:
  action:
    support: full
    description: Copies the program to hosts that lack it.
options:
  text:
    description:
      - The message, or a text that has it.
    type: str
  path:
    description:
      - A file on the host that has it, for instance a log.
    type: path
  journal:
    description:
      - Whether to read the journal of the host since it started.
    type: bool
    default: false
  venvs:
    description:
      - Virtual environments in which it came up.
    type: list
    elements: path
    default: []
seealso:
  - module: neuron_pin.neuron.check
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Explain why a job stopped
  neuron_pin.neuron.explain_error:
    path: /var/log/train.log
    venvs: [/opt/neuron-venv]
  register: explained

- name: Show the first cause
  ansible.builtin.debug:
    msg: "{{ explained.explanation.errors[0].title }}: {{ explained.explanation.errors[0].command }}"
  when: explained.known
"""

RETURN = r"""
known:
  description: Whether a known message was found.
  returned: success
  type: bool
explanation:
  description: The document of C(neuron-pin explain-error --format json), with the messages in C(errors).
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    SPEC,
    finish,
    run_task,
)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            SPEC,
            text=dict(type="str"),
            path=dict(type="path"),
            journal=dict(type="bool", default=False),
            venvs=dict(type="list", elements="path", default=[]),
        ),
        mutually_exclusive=[("text", "path")],
        supports_check_mode=True,
    )
    finish(module, run_task(module, "explain_error"))


if __name__ == "__main__":
    main()
