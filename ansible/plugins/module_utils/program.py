# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on the host: verified by its digest, kept in a cache, asked by JSON."""

from __future__ import annotations

import json
import sys

from ansible_collections.neuron_pin.neuron.plugins.module_utils.start import Refused, find_program

PROTOCOL = 1
SPEC = {
    "root": {"type": "path", "default": "/"},
    "program": {"type": "path"},
    "program_sha256": {"type": "str"},
    "program_upload": {"type": "path"},
}
LOCK_SPEC = {
    "lock": {"type": "path"},
    "lock_content": {"type": "str"},
    "remote_src": {"type": "bool", "default": False},
}
LOCK_IF_PRESENT = {
    "mutually_exclusive": [("lock", "lock_content")],
    "required_if": [("state", "present", ("lock", "lock_content"), True)],
}
HOOK_SPEC = {
    "on_error": {"type": "str", "choices": ["allow", "refuse"]},
    "expires": {"type": "str"},
}
# A boolean is also a number.
NO_TEXTS = ((bool, "a boolean"), ((list, tuple), "a list"), (dict, "a mapping"))
NOT_OF_TASKS = ("program", "program_sha256", "program_upload", "remote_src")


def refuse_other_than_text(module, *names, values=None):
    """End the module where a version came as a number, since YAML and INI read 2.30 as 2.3, or as
    anything else that is no text.

    ``names`` are options of the module; ``values`` are names with their values.
    """
    given = {name: module.params.get(name) for name in names} if values is None else values
    for name, value in given.items():
        for kind, word in NO_TEXTS:
            if isinstance(value, kind):
                module.fail_json(
                    msg="%s: %.80r is %s, not a version. Write one version, in quotes"
                    % (name, value, word)
                )
        if isinstance(value, (int, float)):
            module.fail_json(
                msg="%s: %r is a number, not a version. YAML and INI read 2.30 as the number 2.3: "
                "write it in quotes, in a YAML file" % (name, value)
            )


def run_task(module, task, arguments=None, program=None):
    """The result of a task of the program; ends the module where it fails, or where the controller
    has to send the program first.

    ``program`` are the words of another program that takes the same request.
    """
    words = program or _name_program(module)
    request = make_request(task, module.params, module.check_mode, module._diff, arguments)
    code, out, err = module.run_command(words, data=request, binary_data=True)
    result = read_answer(code, out, err)
    if result.get("failed"):
        del result["failed"]
        module.fail_json(**result)
    return result


def make_request(task, params, is_check, is_diff, arguments=None):
    """What the program reads: a task, and the options of a module, or other arguments."""
    if arguments is None:
        arguments = {n: v for n, v in params.items() if n not in NOT_OF_TASKS and v is not None}
    if task == "apply":
        # Revisions that nobody sees are not looked up.
        arguments["diff"] = is_diff
    return json.dumps(
        {"protocol": PROTOCOL, "task": task, "arguments": arguments, "check": is_check}
    )


def read_answer(code, out, err):
    """The result of the program; one with ``failed`` and ``msg`` where it failed."""
    try:
        answer = json.loads(out)
    except (ValueError, RecursionError):
        answer = None
    if answer is None:
        said = (err or out).strip()[-2000:]
        return {
            "failed": True,
            "msg": "neuron-pin gave no answer (exit code %d): %s" % (code, said),
        }
    if not _is_answer(answer):
        return {
            "failed": True,
            "msg": "the host did not answer as this collection's program does (exit code %d): %s"
            % (code, out.strip()[:200]),
        }
    if not answer["ok"]:
        hint = answer.get("hint") or ""
        return {
            "failed": True,
            "msg": answer["message"]
            + (". " + hint if hint and answer.get("error") != "Bug" else ""),
            "error": answer.get("error"),
            "hint": hint,
        }
    return answer["result"]


def _is_answer(answer):
    if not isinstance(answer, dict):
        return False
    if answer.get("ok") is True:
        return isinstance(answer.get("result"), dict)
    return answer.get("ok") is False and isinstance(answer.get("message"), str)


def _name_program(module):
    try:
        found = find_program(module.params)
    except Refused as error:
        module.fail_json(msg=str(error))
    if found is None:
        module.exit_json(changed=False, program_needed=True)
    # Isolated: neither variables nor packages of the host change what runs.
    return [sys.executable, "-I", "-S", found, "task"]


def finish(module, result):
    """End the module with a result of the program; its diff only where that is wanted."""
    if not module._diff:
        result.pop("diff", None)
    warn(module, result)
    module.exit_json(**result)


def warn(module, result):
    """Give the warnings of a result to Ansible, which takes none as part of a result."""
    for warning in result.pop("warnings", None) or []:
        module.warn(warning)
