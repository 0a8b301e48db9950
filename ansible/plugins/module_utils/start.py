# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the program on a host and compares its digest. Modules import it; where a controller can speak
to Python itself, it sends this text instead of a module, and `answer` runs the program."""

# What is imported here, every call of a host pays for.
from __future__ import annotations

import os
import stat
import sys

MAX_BYTES = 64 * 1024 * 1024


class Refused(Exception):
    """The program cannot be run, and the message says why."""


def cache_folder():
    """Where programs are kept: a folder that nobody else writes into."""
    if os.geteuid() == 0:
        return "/var/cache/neuron-pin/program"
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "neuron-pin", "program")


def digest_of(data):
    """The SHA-256 of bytes, in hexadecimal."""
    try:
        # Python's own, which needs no OpenSSL to be loaded.
        from _sha2 import sha256
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256
    return sha256(data).hexdigest()


def read_file(path):
    """The bytes of a file, none where there is no such file."""
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return b""


def find_program(params, sent=b""):
    """The path of the verified program, none where the controller has to send it first.

    ``sent`` are the bytes of the program, where the controller sends them.
    """
    wanted = (params.get("program_sha256") or "").strip().lower()
    if len(wanted) != 64 or wanted.strip("0123456789abcdef"):
        raise Refused("program_sha256 is needed: the SHA-256 of neuron-pin.pyz, in hexadecimal")
    named = params.get("program")
    if named:
        found = read_file(named)
        if not found:
            raise Refused("%s: there is no such file" % named)
        if digest_of(found) != wanted:
            raise Refused(
                "%s has the SHA-256 %s, and not %s: it was not run"
                % (named, digest_of(found), wanted)
            )
        return named
    folder = cache_folder()
    kept = os.path.join(folder, wanted[:16] + ".pyz")
    upload = params.get("program_upload")
    if _is_own(folder) and digest_of(read_file(kept)) == wanted:
        return kept
    if upload:
        sent = read_file(upload)
    elif not sent:
        return None
    if digest_of(sent) != wanted:
        raise Refused(
            "what the controller sent does not have the SHA-256 %s: it was not run" % wanted
        )
    try:
        return _keep(sent, folder, kept)
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


def _keep(data, folder, kept):
    import tempfile

    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    if not _is_own(folder):
        raise OSError("%s can be written by others" % folder)
    handle, new = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        os.chmod(new, 0o755)
        os.rename(new, kept)
    except OSError:
        os.unlink(new)
        raise
    return kept


def answer(stream):
    """Run the program for the request that a stream has: a line of JSON that says which program, the
    bytes of it where the line gives their number, and what the program reads itself."""
    import json

    asked = json.loads(stream.readline())
    try:
        found = find_program(asked, stream.read(min(asked["size"], MAX_BYTES)))
    except Refused as error:
        sys.stdout.write(json.dumps({"ok": False, "error": "Refused", "message": str(error)}))
        return
    if found is None:
        sys.stdout.write(json.dumps({"program_needed": True}))
        return
    import zipimport

    # As Python itself runs such a file.
    sys.argv[:] = [found, "task"]
    sys.path.insert(0, found)
    place = {"__name__": "__main__", "__file__": os.path.join(found, "__main__.py")}
    exec(zipimport.zipimporter(found).get_code("__main__"), place)  # noqa: S102
