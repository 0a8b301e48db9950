#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: apt_pin
short_description: Manage pins in the preferences of apt
version_added: 0.1.0
description:
  - Writes one file below C(/etc/apt/preferences.d) with any pins. It needs nothing of AWS Neuron.
  - The file is replaced as a whole. The first stanza that matches a version decides, so the order of O(pins)
    counts. See C(apt_preferences(5)).
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.writes
options:
  name:
    description:
      - The name of the file, without C(.pref). apt reads files in the order of their names.
    type: str
    required: true
  state:
    description:
      - With V(present), the file has these pins and nothing else. With V(absent), it is removed.
    type: str
    choices: [present, absent]
    default: present
  pins:
    description:
      - The pins, in their order. Each has exactly one of C(version), C(origin) and C(release).
    type: list
    elements: dict
    suboptions:
      package:
        description:
          - Package names. Those with C(*) and C(?), and those between slashes, are patterns. A name with C(src:)
            is a source package.
        type: list
        elements: str
        required: true
      version:
        description:
          - The version, where C(*) stands for anything. Between slashes it is a regular expression.
          - A number is refused, because YAML reads 2.30 as 2.3. Write it in quotes.
        type: raw
      origin:
        description:
          - The host that it comes from. An empty text is the machine itself.
        type: str
      release:
        description:
          - What the release file says, for instance V(a=stable,o=Debian).
        type: str
      priority:
        description:
          - From 1000 on, apt also downgrades. A negative priority keeps versions from being installed. Zero has no
            meaning to apt.
        type: int
        required: true
      explanation:
        description:
          - A line for people.
        type: str
  root:
    description:
      - The folder below which the machine is, for instance a mounted image.
    type: path
    default: /
notes:
  - M(ansible.builtin.apt) with C(name=package=version) gives that version a priority of 1001 itself, over every
    pin.
  - An inventory in INI format turns versions into numbers. Keep them in YAML files, in quotes.
seealso:
  - module: neuron_pin.neuron.dnf_lock
  - module: neuron_pin.neuron.pin
  - name: apt_preferences
    description: The manual page.
    link: https://manpages.debian.org/apt_preferences
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Keep a package at one version, whatever else is offered
  neuron_pin.neuron.apt_pin:
    name: 50-nginx
    pins:
      - package: [nginx, nginx-common]
        version: "1.26.*"
        priority: 990
      - package: [nginx, nginx-common]
        version: "*"
        priority: -1

- name: Take only named packages from backports
  neuron_pin.neuron.apt_pin:
    name: 60-backports
    pins:
      - package: ["*"]
        release: a=bookworm-backports
        priority: 100
        explanation: nothing is taken from backports unless somebody asks for it

- name: Remove the pins
  neuron_pin.neuron.apt_pin:
    name: 50-nginx
    state: absent
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /etc/apt/preferences.d/50-nginx.pref
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    refuse_other_than_text,
)
from ansible_collections.neuron_pin.neuron.plugins.module_utils.text_file import (
    find_path,
    finish_file,
    read_text,
)

KINDS = ("version", "origin", "release")
HEAD = "# Managed by Ansible (neuron_pin.neuron.apt_pin): changes by hand are lost.\n"
LARGEST = 32767


def render(module, pins):
    """The text of the file; ends the module for a pin that apt would not read as it is meant."""
    stanzas = []
    for number, pin in enumerate(pins, 1):
        where = "pins: number %d" % number
        kinds = [kind for kind in KINDS if pin[kind] is not None]
        if len(kinds) != 1:
            module.fail_json(msg="%s: needs exactly one of version, origin and release" % where)
        kind = kinds[0]
        value = str(pin[kind]).strip()
        if not pin["package"]:
            module.fail_json(msg="%s: names no package" % where)
        for text in (*pin["package"], value, pin["explanation"] or ""):
            if not re.match(r"[^\x00-\x1f\x7f]*\Z", text):
                module.fail_json(
                    msg="%s: %r has a line break or another control character" % (where, text)
                )
        for name in pin["package"]:
            if not name or re.search(r"\s", name):
                module.fail_json(msg="%s: %r is not the name of a package" % (where, name))
        if not value and kind != "origin":
            module.fail_json(msg="%s: %s is empty" % (where, kind))
        if kind == "version" and not re.match(r"[!-~]+\Z", value):
            module.fail_json(
                msg="%s: %r is not a version: it has white space or another character that no "
                "version has" % (where, value)
            )
        priority = pin["priority"]
        if priority == 0 or not -LARGEST <= priority <= LARGEST:
            module.fail_json(msg="%s: apt knows no priority %d" % (where, priority))
        lines = ["Explanation: %s" % pin["explanation"]] if pin["explanation"] else []
        lines.append("Package: %s" % " ".join(pin["package"]))
        lines.append(
            'Pin: origin "%s"' % value if kind == "origin" else "Pin: %s %s" % (kind, value)
        )
        lines.append("Pin-Priority: %d" % priority)
        stanzas.append("\n".join(lines) + "\n")
    return HEAD + "\n" + "\n".join(stanzas)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            pins=dict(
                type="list",
                elements="dict",
                options=dict(
                    package=dict(type="list", elements="str", required=True),
                    version=dict(type="raw"),
                    origin=dict(type="str"),
                    release=dict(type="str"),
                    priority=dict(type="int", required=True),
                    explanation=dict(type="str"),
                ),
            ),
            root=dict(type="path", default="/"),
        ),
        required_if=[("state", "present", ("pins",))],
        supports_check_mode=True,
    )
    name = module.params["name"]
    # Source: apt_preferences(5): apt reads no other names.
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}\Z", name) or name.endswith(".pref"):
        module.fail_json(
            msg="name: %r is no name of a file that apt reads; write it without .pref" % name
        )
    path = find_path(module, "etc/apt/preferences.d/%s.pref" % name)
    before = read_text(module, path)
    after = None
    if module.params["state"] == "present":
        for pin in module.params["pins"]:
            refuse_other_than_text(module, values={"version": pin["version"]})
        if not module.params["pins"]:
            module.fail_json(msg="pins: is empty; remove the file with state=absent")
        after = render(module, module.params["pins"])
    finish_file(module, path, before, after)


if __name__ == "__main__":
    main()
