# Copyright: (c) neuron-pin contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enters the root of a host of the lab, and counts the processor time of what runs there."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.text.converters import to_bytes
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: lab_root
short_description: enter the root of a host of the lab
description:
  - Runs commands in a folder by C(chroot); a host is unreachable while its C(run/lab/lost) exists.
options:
  root:
    description: The folder.
    vars:
      - name: lab_root
    type: path
    required: true
  usage:
    description: A file to which each command adds a line, the processor seconds that it took.
    env:
      - name: NEURON_PIN_LAB_USAGE
    type: path
"""


class Connection(ConnectionBase):
    """A connection to a folder."""

    transport = "lab_root"
    has_pipelining = True
    has_tty = False

    def _connect(self):
        self._refuse_lost()
        self._connected = True
        return self

    def close(self):
        self._connected = False

    def reset(self):
        self.close()
        self._connect()

    def _refuse_lost(self):
        root = self.get_option("root")
        if os.path.exists(os.path.join(root, "run/lab/lost")):
            raise AnsibleConnectionFailure(f"no route to {root}")

    def _inside(self, path):
        return os.path.join(self.get_option("root"), path.lstrip("/"))

    def exec_command(self, cmd, in_data=None, sudoable=False):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        self._refuse_lost()
        root = self.get_option("root")
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
        }
        # start_new_session: the end of the controller does not end what runs on a host.
        process = subprocess.Popen(
            ["chroot", root, "/bin/sh", "-c", cmd],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        errors = []
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        reader.start()
        feeder = threading.Thread(target=_feed, args=(process.stdin, in_data))
        feeder.start()
        output = process.stdout.read()
        feeder.join()
        reader.join()
        status, used = os.wait4(process.pid, 0)[1:]
        process.returncode = os.waitstatus_to_exitcode(status)
        self._count(used.ru_utime + used.ru_stime)
        return process.returncode, output, errors[0]

    def _count(self, seconds):
        path = self.get_option("usage")
        if path:
            with open(path, "a", encoding="ascii") as stream:
                stream.write(f"{seconds:.4f}\n")

    def put_file(self, in_path, out_path):
        self._refuse_lost()
        try:
            shutil.copyfile(in_path, self._inside(out_path))
        except OSError as error:
            raise AnsibleError(f"could not copy {in_path} to {out_path}: {error}") from error

    def fetch_file(self, in_path, out_path):
        self._refuse_lost()
        shutil.copyfile(self._inside(in_path), out_path)


def _feed(stream, data):
    try:
        if data:
            stream.write(to_bytes(data))
        stream.close()
    except BrokenPipeError:
        pass
