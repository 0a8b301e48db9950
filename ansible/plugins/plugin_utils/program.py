# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of the modules: sends locks, and the program to hosts that lack it."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.action import ActionBase

FILES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "files")
PROGRAM = "neuron-pin.pyz"
MAX_LOCK_BYTES = 16 * 1024 * 1024


def read_digest():
    """The SHA-256 of the program that is part of the collection."""
    path = os.path.join(FILES, PROGRAM + ".sha256")
    try:
        with open(path, encoding="ascii") as stream:
            return stream.read(64)
    except OSError:
        raise AnsibleActionFail(
            "%s is missing: install the collection that script/collection builds" % path
        ) from None


class NeuronAction(ActionBase):
    """Runs the module of the same name; in one round, unless the host lacks the program."""

    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        del tmp
        args = self._with_lock(dict(self._task.args))
        if not args.get("program"):
            args["program_sha256"] = read_digest()
        name = "neuron_pin.neuron." + self._task.action.rpartition(".")[2]
        found = self._execute_module(module_name=name, module_args=args, task_vars=task_vars)
        if found.get("program_needed"):
            folder = self._make_tmp_path()
            try:
                path = self._connection._shell.join_path(folder, PROGRAM)
                self._transfer_file(os.path.join(FILES, PROGRAM), path)
                self._fixup_perms2((folder, path))
                args["program_upload"] = path
                found = self._execute_module(
                    module_name=name, module_args=args, task_vars=task_vars
                )
            finally:
                self._remove_tmp_path(folder, force=True)
        result.update(found)
        return result

    def _with_lock(self, args):
        """The text of a lock of the controller, instead of its path."""
        lock = args.get("lock")
        if not lock or args.get("remote_src"):
            return args
        try:
            path = self._find_needle("files", lock)
            with open(path, "rb") as stream:
                text = stream.read(MAX_LOCK_BYTES + 1)
            if len(text) > MAX_LOCK_BYTES:
                raise AnsibleActionFail("%s has more than %d bytes" % (path, MAX_LOCK_BYTES))
            args["lock_content"] = to_text(text)
        except (AnsibleError, OSError) as error:
            raise AnsibleActionFail(to_text(error)) from error
        del args["lock"]
        return args
