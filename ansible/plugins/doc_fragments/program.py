# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description:
      - The folder below which the machine is, for instance a mounted image.
    type: path
    default: /
  program:
    description:
      - The path of C(neuron-pin.pyz) on the host.
      - Without it, the program that is part of this collection is copied to the host once, into
        C(/var/cache/neuron-pin) for root, else into C(~/.cache/neuron-pin).
    type: path
  program_sha256:
    description:
      - The SHA-256 that the program must have, in hexadecimal. It is compared on the host, before the
        program is run.
      - Required with O(program). Else it is that of the program that is part of this collection.
    type: str
  program_upload:
    description:
      - Where the controller has put the program, to be moved into the cache of the host.
      - Is set by the collection itself.
    type: path
requirements:
  - Python 3.9 or newer on the host, and nothing else
"""

    LOCK = r"""
options:
  lock:
    description:
      - A C(lock.json) that C(neuron-pin lock) or M(neuron_pin.neuron.lock) wrote.
      - A path on the controller, looked for in C(files) as well, unless O(remote_src) is true.
    type: path
  lock_content:
    description:
      - The text of the lock, instead of a file.
    type: str
  remote_src:
    description:
      - Whether O(lock) is a path on the host.
    type: bool
    default: false
"""

    HOOK = r"""
options:
  on_error:
    description:
      - What becomes of a change to Neuron packages that the hook cannot judge. Without it, as the installed hook
        does, else V(allow).
    type: str
    choices: [allow, refuse]
  expires:
    description:
      - The day, as C(YYYY-MM-DD), from which on the hook reminds of a review. Without it, six months after the
        day of the lock.
    type: str
"""
