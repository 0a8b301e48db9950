# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of the modules: sends locks, and the program to hosts that lack it."""

from __future__ import annotations

import json
import os
import re
import shlex

from ansible.constants import config
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.plugins.action import ActionBase
from ansible_collections.neuron_pin.neuron.plugins.module_utils import start
from ansible_collections.neuron_pin.neuron.plugins.module_utils.program import (
    make_request,
    read_answer,
)

try:
    # Since ansible-core 2.19 what a host says is never a template.
    from ansible.template import trust_as_template as _trust

    HAS_TRUST = _trust is not None
except ImportError:
    HAS_TRUST = False

FILES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "files")
PROGRAM = "neuron-pin.pyz"
MAX_LOCK_BYTES = 16 * 1024 * 1024
START = "import sys;i=sys.stdin.buffer;exec(i.read(int(i.readline())));answer(i)"
# Names that Ansible gives a meaning of its own.
OF_ANSIBLE = re.compile("_?ansible_|add_(host|group)$").match


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


def read_program():
    """The bytes of the program that is part of the collection."""
    with open(os.path.join(FILES, PROGRAM), "rb") as stream:
        return stream.read()


def read_start():
    """The text that finds the program on a host, and runs it."""
    with open(start.__file__, "rb") as stream:
        return stream.read()


def _list_paths(options, args):
    """The paths among options."""
    for name, option in options.items():
        if "path" in (option["type"], option.get("elements")) and args.get(name):
            value = args[name]
            yield from map(str, value if isinstance(value, list) else [value])


class NeuronAction(ActionBase):
    """Runs the module of the same name, or asks its program without a module: a module is unpacked and
    compiled for each call of a host, which takes the host more time than the program does.

    ``module`` is what the module's file defines, for modules that have ``OPTIONS`` and ``RULES``.
    """

    TRANSFERS_FILES = False
    _requires_connection = True
    module = None

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        del tmp
        args, lock = self._with_lock(dict(self._task.args))
        if not args.get("program"):
            args["program_sha256"] = read_digest()
        found = self._ask_program(args, task_vars or {})
        if found is None:
            found = self._run_module(args, task_vars)
        result.update(found)
        if lock and result.get("failed") and result.get("msg", "").startswith("the lock:"):
            # A host has never heard of that path.
            result["msg"] = lock + result["msg"][len("the lock") :]
        return result

    def _run_module(self, args, task_vars):
        """The result of the module; in one round, unless the host lacks the program."""
        name = "neuron_pin.neuron." + self._leaf
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
        return found

    @property
    def _leaf(self):
        return self._task.action.rpartition(".")[2]

    def _ask_program(self, args, task_vars):
        """What the module would say, by the program itself; none where only the module can say it."""
        params = self._read_options(args) if self._can_ask() else None
        if params is None:
            return None
        before, python = self._name_python(task_vars)
        request = make_request(self._leaf, params, self._task.check_mode, self._task.diff)
        named = {name: args[name] for name in ("program", "program_sha256") if name in args}
        for is_sent in (False, True):
            program = read_program() if is_sent else b""
            text = read_start()
            head = json.dumps(dict(named, size=len(program)))
            data = b"%d\n%s%s\n%s%s" % (
                len(text), text, to_bytes(head), program, to_bytes(request),
            )  # fmt: skip
            words = "%s -I -S -c %s neuron-pin %s" % (python, shlex.quote(START), self._leaf)
            command = before + ("%s %s" % (self._compute_environment_string(), words)).strip()
            done = self._low_level_execute_command(command, in_data=data)
            if done["rc"] in (126, 127):
                # No such Python: Ansible says what to do about it.
                return None
            out = done["stdout"]
            # Before it may be what a shell says as it starts.
            out = out[max(out.find('{"ok":'), out.find('{"program_needed":'), 0) :]
            if not out.startswith('{"program_needed":'):
                return self._tell(read_answer(done["rc"], out, done["stderr"]))
        return None

    def _can_ask(self):
        """Whether this Ansible may write to a command of the host, and takes no answer for a template."""
        return (
            self.module is not None
            and HAS_TRUST
            and not self._task.delegate_to
            and self._connection._shell.SHELL_FAMILY == "sh"
            and self._is_pipelining_enabled("new")
        )

    def _read_options(self, args):
        """The options as the module would read them; none for what only the host or the module can
        judge: its environment and home folder, and what is wrong."""
        if args.get("program_upload"):
            return None
        if any(mark in value for value in _list_paths(self.module.OPTIONS, args) for mark in "~$"):
            return None
        checked = ArgumentSpecValidator(self.module.OPTIONS, **self.module.RULES).validate(args)
        return None if checked.error_messages else checked.validated_parameters

    def _name_python(self, task_vars):
        """What a shell does before it names the host's Python, and that name: the one that Ansible would
        find, where it is not known yet."""
        named = config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
        named = self._templar.template(named)
        if not named.startswith("auto"):
            return "", shlex.quote(named)
        known = (task_vars.get("ansible_facts") or {}).get("discovered_interpreter_python")
        if known:
            return "", shlex.quote(known)
        names = config.get_config_value("INTERPRETER_PYTHON_FALLBACK", variables=task_vars)
        words = " ".join(shlex.quote(name) for name in self._templar.template(names))
        loop = 'for python in %s; do command -v "$python" >/dev/null 2>&1 && break; done; ' % words
        return loop, '"$python"'

    def _tell(self, result):
        """What the module would say of a result."""
        if not result.get("failed"):
            kept = {name: value for name, value in result.items() if not OF_ANSIBLE(name)}
            result = getattr(self.module, "tell", dict)(kept)
        if not self._task.diff:
            result.pop("diff", None)
        return result

    def _with_lock(self, args):
        """Arguments with the text of a lock of the controller, instead of its path, and that path."""
        lock = args.get("lock")
        # To have both is for the module to refuse.
        if not lock or args.get("remote_src") or args.get("lock_content") is not None:
            return args, ""
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
        return args, path
