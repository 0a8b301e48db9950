"""How commands that root runs name this program."""

from __future__ import annotations

import os
import sys

SUDO_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where sudo looks for programs.  Source: sudoers(5), secure_path, as Debian and Ubuntu set it;
others have no more than these."""


def name_program_for_root() -> str:
    """``neuron-pin``, or its whole path where it runs from a folder that sudo does not search,
    for instance that of an environment."""
    path = os.path.abspath(sys.argv[0])
    folder, name = os.path.split(path)
    is_script = name == "neuron-pin" and os.path.isfile(path)
    return path if is_script and folder not in SUDO_PATH else "neuron-pin"
