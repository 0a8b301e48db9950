#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: check
short_description: Check a host against AWS Neuron's maintenance policy
version_added: 0.1.0
description:
  - Checks packages, driver, kernel, repositories, pins, hooks and environments of a host, as
    C(neuron-pin check --host) does, and gives the findings as data.
  - Fails for the findings that O(fail_on) names. The findings are part of the result then, too.
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.reads
  - neuron_pin.neuron.program
  - neuron_pin.neuron.program.lock
attributes:
  action:
    support: full
    description: Sends the lock, and the program to hosts that lack it.
options:
  fail_on:
    description:
      - What to fail for. V(error) is every finding that is an error, V(warning) is every finding, V(never) is
        none.
      - Rules such as V(NP206), and phases such as V(maintenance), V(eos) or V(ending), add to the errors.
    type: list
    elements: str
    default: [error]
  ignore:
    description:
      - Rules whose findings are left out.
    type: list
    elements: str
    default: []
  within:
    description:
      - Report what is announced to end within this number of days.
    type: int
    default: 90
  as_of:
    description:
      - The day to judge by, as C(YYYY-MM-DD). Without it, today.
    type: str
  venvs:
    description:
      - Virtual environments to check as well, where they are on file systems that a search does not enter.
    type: list
    elements: path
    default: []
  strict:
    description:
      - Whether what cannot be read counts as an error.
    type: bool
    default: false
seealso:
  - module: neuron_pin.neuron.facts
    description: Gathers facts and findings in one call.
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Stop where the policy is not met
  neuron_pin.neuron.check:

- name: Report what ends within half a year, and compare with the lock of the class
  neuron_pin.neuron.check:
    fail_on: [never]
    within: 180
    lock: "locks/{{ ansible_facts.neuron_pin.class.name }}.json"
  register: checked
"""

RETURN = r"""
findings:
  description: The findings.
  returned: always, unless the host could not be checked
  type: list
  elements: dict
  contains:
    rule:
      description: The rule.
      type: str
      returned: always
      sample: NP601
    severity:
      description: V(error) or V(warning).
      type: str
      returned: always
      sample: error
    subject:
      description: What it is about.
      type: str
      returned: always
      sample: Neuron repository
    reason:
      description: What is wrong.
      type: str
      returned: always
    place:
      description: Where it was found.
      type: str
      returned: always
    remedy:
      description: What to do, or none where the facts know nothing.
      type: str
      returned: always
failing:
  description: Those of the findings for which the module fails.
  returned: always, unless the host could not be checked
  type: list
  elements: dict
errors:
  description: The number of findings that are errors.
  returned: always, unless the host could not be checked
  type: int
warned:
  description: The number of findings that are warnings.
  returned: always, unless the host could not be checked
  type: int
rules:
  description: The number of findings by rule.
  returned: always, unless the host could not be checked
  type: dict
  sample:
    NP601: 1
facts:
  description: How old the facts of the program are.
  returned: always, unless the host could not be checked
  type: dict
  sample:
    until: "2026-08-21"
    age_days: 3
    is_old: false
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    LOCK_SPEC,
    SPEC,
    finish,
    run_task,
    warn,
)

OPTIONS = dict(
    SPEC,
    **LOCK_SPEC,
    fail_on=dict(type="list", elements="str", default=["error"]),
    ignore=dict(type="list", elements="str", default=[]),
    within=dict(type="int", default=90),
    as_of=dict(type="str"),
    venvs=dict(type="list", elements="path", default=[]),
    strict=dict(type="bool", default=False),
)
RULES = dict(
    mutually_exclusive=[("lock", "lock_content")],
)


def tell(result):
    """What the module says of a result of the program: a failure, where there are findings to fail for."""
    failing = result["failing"]
    if not failing:
        return result
    first = failing[0]
    told = "%s %s: %s" % (first["rule"], first["subject"], first["reason"])
    told += "; " + first["remedy"] if first.get("remedy") else ""
    told += ", and %d more" % (len(failing) - 1) if len(failing) > 1 else ""
    return dict(result, failed=True, msg=told)


def main():
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True, **RULES)
    result = tell(run_task(module, "check"))
    if result.pop("failed", False):
        warn(module, result)
        module.fail_json(**result)
    finish(module, result)


if __name__ == "__main__":
    main()
