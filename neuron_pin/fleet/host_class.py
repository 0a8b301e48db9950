"""The class of a host: one lock is made for each class, not for each host."""

from __future__ import annotations

import re
from collections.abc import Iterable

from neuron_pin.record import NamedTuple


class HostClass(NamedTuple):
    """What a lock depends on: the instance family, the operating system, the Python and the kernel
    line (``6.8``), as the command line has them; each empty where it is not known."""

    family: str
    os: str
    python: str
    kernel: str

    @property
    def name(self) -> str:
        """``trn2-ubuntu24.04-py3.12-k6.8``: a word for files and groups."""
        family, system, python, kernel = (
            re.sub(r"[^\w.]", "_", part) or "unknown" for part in self
        )
        return f"{family}-{system}-py{python}-k{kernel}"


def find_class(
    *, family: str, system: str, kernel: str, default_python: str, pythons: Iterable[str]
) -> HostClass:
    """The class of a host.  ``pythons`` are those of its environments with Neuron packages: where
    they are all of one Python it is theirs, else ``default_python``, that of the host."""
    found = set(filter(None, pythons))
    python = found.pop() if len(found) == 1 else default_python
    return HostClass(family, system, python, parse_kernel_line(kernel))


def parse_kernel_line(kernel: str) -> str:
    """``6.8`` of ``6.8.0-1015-aws``; empty for what is no version of a kernel."""
    found = re.match(r"(\d{1,3}\.\d{1,3})(?!\d)", kernel)
    return found[1] if found is not None else ""
