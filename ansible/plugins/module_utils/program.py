# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on the host: verified by its digest, kept in a cache, asked by JSON."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile

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
NOT_OF_TASKS = ("program", "program_sha256", "program_upload", "remote_src")
MAX_BYTES = 64 * 1024 * 1024


class Refused(Exception):
    """The program cannot be run, and the message says why."""


def cache_folder():
    """Where programs are kept: a folder that nobody else writes into."""
    if os.geteuid() == 0:
        return "/var/cache/neuron-pin/program"
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "neuron-pin", "program")


def digest_of(path):
    """The SHA-256 of a file, empty where there is none."""
    found = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                found.update(block)
    except FileNotFoundError:
        return ""
    return found.hexdigest()


def find_program(params):
    """The path of the verified program, none where the controller has to send it first."""
    wanted = (params.get("program_sha256") or "").strip().lower()
    if not re.match(r"[0-9a-f]{64}\Z", wanted):
        raise Refused("program_sha256 is needed: the SHA-256 of neuron-pin.pyz, in hexadecimal")
    named = params.get("program")
    if named:
        found = digest_of(named)
        if not found:
            raise Refused("%s: there is no such file" % named)
        if found != wanted:
            raise Refused(
                "%s has the SHA-256 %s, and not %s: it was not run" % (named, found, wanted)
            )
        return named
    folder = cache_folder()
    kept = os.path.join(folder, wanted[:16] + ".pyz")
    upload = params.get("program_upload")
    if _is_own(folder) and digest_of(kept) == wanted:
        return kept
    if not upload:
        return None
    if digest_of(upload) != wanted:
        raise Refused(
            "what the controller sent does not have the SHA-256 %s: it was not run" % wanted
        )
    try:
        return _keep(upload, folder, kept)
    except OSError:
        # A full disk, or a folder of somebody else's: it works from where it is.
        return upload


def _is_own(folder):
    try:
        about = os.lstat(folder)
    except OSError:
        return False
    return (
        stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o022
    )


def _keep(upload, folder, kept):
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    if not _is_own(folder):
        raise OSError("%s can be written by others" % folder)
    handle, new = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as target, open(upload, "rb") as source:
            shutil.copyfileobj(source, target)
        os.chmod(new, 0o755)
        os.rename(new, kept)
    except OSError:
        os.unlink(new)
        raise
    return kept


def refuse_numbers(module, *names, values=None):
    """End the module where a version came as a number: YAML and INI read 2.30 as 2.3.

    ``names`` are options of the module; ``values`` are names with their values.
    """
    given = {name: module.params.get(name) for name in names} if values is None else values
    for name, value in given.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        if isinstance(value, dict):
            values = list(value.values())
        for each in values:
            if isinstance(each, (int, float)) and not isinstance(each, bool):
                module.fail_json(
                    msg="%s: %r is a number, not a version. YAML and INI read 2.30 as the number 2.3: "
                    "write it in quotes, in a YAML file" % (name, each)
                )


def run_task(module, task, arguments=None, program=None):
    """The result of a task of the program; ends the module where it fails, or where the controller
    has to send the program first.

    ``program`` are the words of another program that takes the same request.
    """
    words = program or _name_program(module)
    if arguments is None:
        arguments = {
            n: v for n, v in module.params.items() if n not in NOT_OF_TASKS and v is not None
        }
    request = {
        "protocol": PROTOCOL,
        "task": task,
        "arguments": arguments,
        "check": module.check_mode,
    }
    code, out, err = module.run_command(words, data=json.dumps(request), binary_data=True)
    try:
        answer = json.loads(out)
    except ValueError:
        module.fail_json(
            msg="neuron-pin gave no answer (exit code %d): %s"
            % (code, (err or out).strip()[-2000:])
        )
    if not answer.get("ok"):
        hint = answer.get("hint") or ""
        message = answer.get("message") or "neuron-pin failed"
        module.fail_json(
            msg=message + (". " + hint if hint and answer.get("error") != "Bug" else ""),
            error=answer.get("error"),
            hint=hint,
        )
    return answer["result"]


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
