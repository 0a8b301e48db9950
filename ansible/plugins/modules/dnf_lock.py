#!/usr/bin/python
# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dnf_lock
short_description: Manage version locks of dnf 4 and dnf 5
version_added: 0.1.0
description:
  - Locks packages to versions, in a section of the version lock that dnf reads. It needs nothing of AWS Neuron.
  - For dnf 4 this is C(/etc/dnf/plugins/versionlock.list), which its plugin versionlock reads, for dnf 5
    C(/etc/dnf/versionlock.toml). Lines of others in these files stay.
  - No command of dnf is run, so that it works in images, and in check mode too.
extends_documentation_fragment:
  - neuron_pin.neuron.attributes
  - neuron_pin.neuron.attributes.writes
options:
  name:
    description:
      - The name of the section. Tasks with other names have other sections of the same file.
    type: str
    default: dnf_lock
  state:
    description:
      - With V(present), the section has these packages and nothing else. With V(absent), it is removed.
    type: str
    choices: [present, absent]
    default: present
  packages:
    description:
      - The packages, each with the versions that it may have.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the package.
        type: str
        required: true
      version:
        description:
          - The version in any release (V(1.26.2)), with its release (V(1.26.2-3.el9)), or every version that
            begins so (V(1.26.*)).
          - A number is refused, because YAML reads 2.30 as 2.3. Write it in quotes.
        type: raw
        required: true
      epoch:
        description:
          - The epoch of the package.
        type: int
        default: 0
  kind:
    description:
      - Whose lock to write. V(auto) is dnf 5 where there is C(/usr/bin/dnf5), and otherwise dnf 4.
    type: str
    choices: [auto, dnf4, dnf5]
    default: auto
  root:
    description:
      - The folder below which the machine is, for instance a mounted image.
    type: path
    default: /
notes:
  - dnf 4 obeys the lock only if its plugin C(python3-dnf-plugin-versionlock) is installed.
  - dnf hides packages that obsolete a locked one, too.
seealso:
  - module: neuron_pin.neuron.apt_pin
  - module: neuron_pin.neuron.pin
author:
  - The neuron-pin authors (@neuron-pin)
"""

EXAMPLES = r"""
- name: Keep the web server in one minor version
  neuron_pin.neuron.dnf_lock:
    packages:
      - name: nginx
        version: "1.26.*"

- name: Lock two packages of one team
  neuron_pin.neuron.dnf_lock:
    name: storage
    packages:
      - name: ceph-common
        version: "18.2.4"
        epoch: 2
      - name: librados2
        version: "18.2.4-1.el9"
        epoch: 2

- name: Remove the locks of that team
  neuron_pin.neuron.dnf_lock:
    name: storage
    state: absent
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /etc/dnf/plugins/versionlock.list
kind:
  description: The version of dnf that reads it, V(dnf4) or V(dnf5).
  returned: success
  type: str
  sample: dnf4
"""

import json
import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    refuse_other_than_text,
)
from ansible_collections.neuron_pin.neuron.plugins.module_utils.text_file import (
    find_path,
    finish_file,
    put_section,
    read_text,
)

LIST = "etc/dnf/plugins/versionlock.list"
TOML = "etc/dnf/versionlock.toml"
HEAD = 'version = "1.0"\n\n'
NAME = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,200}\Z"
VERSION = r"[A-Za-z0-9._+~^]{1,200}\Z"


def read_packages(module):
    """The packages as rows of name, epoch, version, release and whether the version is a beginning."""
    rows = []
    for package in module.params["packages"]:
        refuse_other_than_text(
            module, values={"version of %s" % package["name"]: package["version"]}
        )
        name, text = package["name"], str(package["version"])
        version, dash, release = text.partition("-")
        is_prefix = version.endswith(".*")
        version = version[:-2] if is_prefix else version
        valid = re.match(NAME, name) and re.match(VERSION, version) and package["epoch"] >= 0
        if not valid or (dash and (is_prefix or not re.match(VERSION, release))):
            module.fail_json(
                msg="%s: %r is none of 1.26.2, 1.26.2-3.el9 and 1.26.*" % (name[:80], text[:80])
            )
        if is_prefix and not version.rpartition(".")[2].isdigit():
            module.fail_json(msg="%s: before .* there has to be a number" % name)
        rows.append((name, package["epoch"], version, release, is_prefix))
    return rows


def render_list(rows):
    """Lines for dnf 4, whose patterns have the epoch."""
    lines = []
    for name, epoch, version, release, is_prefix in rows:
        pattern = "%s.*" % version if is_prefix else "%s-%s" % (version, release or "*")
        lines.append("%s-%d:%s\n" % (name, epoch, pattern))
    return "".join(lines)


def render_toml(rows):
    """Tables for dnf 5, which has no patterns: a beginning is two comparisons."""
    lines = []
    for name, epoch, version, release, is_prefix in rows:
        if release:
            conditions = [("=", "%d:%s-%s" % (epoch, version, release))]
        elif is_prefix:
            head, dot, last = version.rpartition(".")
            above = "%s%s%d" % (head, dot, int(last) + 1)
            conditions = [(">=", "%d:%s" % (epoch, version)), ("<", "%d:%s" % (epoch, above))]
        else:
            conditions = [(">=", "%d:%s" % (epoch, version)), ("<", "%d:%s.0" % (epoch, version))]
        lines += ["[[packages]]", "name = %s" % json.dumps(name)]
        for comparator, value in conditions:
            lines += ["[[packages.conditions]]", 'key = "evr"']
            lines += ["comparator = %s" % json.dumps(comparator), "value = %s" % json.dumps(value)]
    return "".join("%s\n" % line for line in lines)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            name=dict(type="str", default="dnf_lock"),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            packages=dict(
                type="list",
                elements="dict",
                options=dict(
                    name=dict(type="str", required=True),
                    version=dict(type="raw", required=True),
                    epoch=dict(type="int", default=0),
                ),
            ),
            kind=dict(type="str", choices=["auto", "dnf4", "dnf5"], default="auto"),
            root=dict(type="path", default="/"),
        ),
        required_if=[("state", "present", ("packages",))],
        supports_check_mode=True,
    )
    root, name, kind = (module.params[each] for each in ("root", "name", "kind"))
    if not re.match(NAME, name):
        module.fail_json(msg="name: %r is not a word" % name[:80])
    if kind == "auto":
        kind = "dnf5" if os.path.exists(os.path.join(root, "usr/bin/dnf5")) else "dnf4"
    path = find_path(module, TOML if kind == "dnf5" else LIST)
    before = read_text(module, path)
    body = ""
    if module.params["state"] == "present":
        rows = read_packages(module)
        if not rows:
            module.fail_json(msg="packages: is empty; remove the section with state=absent")
        body = render_toml(rows) if kind == "dnf5" else render_list(rows)
    head = HEAD if kind == "dnf5" else ""
    after = put_section(module, path, before or "", name, body, head)
    if before is None and not after:
        after = None
    finish_file(module, path, before, after, kind=kind)


if __name__ == "__main__":
    main()
