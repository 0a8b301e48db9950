# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text files that are replaced as a whole, and sections of files that others write to as well."""

from __future__ import annotations

import os
import tempfile

MAX_BYTES = 16 * 1024 * 1024


def find_path(module, name):
    """The path of a file below the option root; ends the module where that is no folder, or where a
    link leads out of it: the file would be another machine's."""
    root = module.params["root"]
    if not os.path.isdir(root):
        module.fail_json(
            msg="root: %s is not a folder. Name the folder that a machine's files are in" % root
        )
    inside, at = os.path.realpath(root), root
    for part in os.path.dirname(name).split("/"):
        at = os.path.join(at, part)
        if os.path.islink(at) and os.path.commonpath((inside, os.path.realpath(at))) != inside:
            module.fail_json(
                msg="%s: %s is a link that leads out of root" % (os.path.join(root, name), at)
            )
    return os.path.join(root, name)


def read_text(module, path):
    """The text of a file, none where there is none; ends the module for what is not a file."""
    if not os.path.lexists(path):
        return None
    if os.path.islink(path) or not os.path.isfile(path):
        module.fail_json(msg="%s is not a regular file; it was not changed" % path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        module.fail_json(msg="%s cannot be read: %s" % (path, error.strerror))
    if len(data) > MAX_BYTES:
        module.fail_json(msg="%s is larger than %d bytes" % (path, MAX_BYTES))
    return data.decode("utf-8", "surrogateescape")


def finish_file(module, path, before, after, **told):
    """Replace a file by a text, or remove it for none, and end the module: with a diff where that is
    wanted, and without a change in check mode."""
    changed = before != after
    result = dict(told, changed=changed, path=path)
    if module._diff and changed:
        result["diff"] = {
            "before_header": path if before is not None else "/dev/null",
            "after_header": path if after is not None else "/dev/null",
            "before": before or "",
            "after": after or "",
        }
    if changed and not module.check_mode:
        try:
            _replace(module, path, after)
        except OSError as error:
            module.fail_json(msg="%s cannot be written: %s" % (path, error.strerror))
    module.exit_json(**result)


def _replace(module, path, text):
    if text is None:
        os.unlink(path)
        return
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    is_new = not os.path.exists(path)
    handle, new = tempfile.mkstemp(dir=folder, prefix=".ansible-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
        if is_new:
            # apt and dnf read as other users, too.
            os.chmod(new, 0o644)
        module.atomic_move(new, path)
    finally:
        if os.path.exists(new):
            os.unlink(new)


def put_section(module, path, text, name, body, head=""):
    """A text with a section of ours, replaced where it is or put at the end; for an empty body without
    it. ``head`` is what a new file begins with. Ends the module where the markers are broken."""
    begin, end = "# BEGIN ANSIBLE MANAGED: %s" % name, "# END ANSIBLE MANAGED: %s" % name
    lines = text.splitlines(True)
    at = [n for n, line in enumerate(lines) if line.strip() in (begin, end)]
    if at and [lines[n].strip() for n in at] != [begin, end]:
        module.fail_json(
            msg="%s:%d: the markers of %s are not one beginning and one end; correct them by hand"
            % (path, at[0] + 1, name)
        )
    section = "%s\n%s%s\n" % (begin, body, end) if body else ""
    if at:
        return "".join(lines[: at[0]]) + section + "".join(lines[at[1] + 1 :])
    if not section:
        return text
    if not text.strip():
        return head + section
    return text + ("" if text.endswith("\n") else "\n") + section
