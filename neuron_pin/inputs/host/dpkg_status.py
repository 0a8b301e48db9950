"""What dpkg has installed.  Source: dpkg(1), "Package states"; the file that dpkg-query reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy.debbuild import describe_build
from neuron_pin.record import NamedTuple

STATUS = "var/lib/dpkg/status"
MAX_BYTES = 256 * 1024 * 1024


class Installed(NamedTuple):
    """An installed package's version, whether it is on hold, and what apt tells builds of one
    version apart by."""

    version: str
    is_held: bool
    build: str = ""


def read_installed(root: str, names: Iterable[str]) -> dict[str, Installed]:
    """The named packages that are installed below a root; those of which only the
    configuration is left are not.  Raises `UnreadableInput`."""
    path = os.path.join(root, STATUS)
    if not os.path.isfile(path):
        return {}
    data = b"\n\n" + read_bounded(path, MAX_BYTES)
    found = {}
    for name in names:
        mark = b"\nPackage: " + name.encode() + b"\n"
        at = data.find(mark)
        while at >= 0:
            end = data.find(b"\n\n", at + 1)
            stanza = data[at : end if end >= 0 else len(data)].decode("utf-8", "replace")
            fields = dict(re.findall(r"^(Status|Version): (.*)$", stanza, re.M))
            wanted, _, state = fields.get("Status", "").partition(" ")
            if state.split(" ")[-1] not in ("not-installed", "config-files", ""):
                found[name] = Installed(
                    fields.get("Version", ""), wanted == "hold", describe_build(stanza)
                )
            at = data.find(mark, at + 1)
    return found
