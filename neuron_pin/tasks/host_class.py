"""The class of a host: one lock is made for each class, not for each host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from neuron_pin.record import NamedTuple


class HostClass(NamedTuple):
    """What a lock depends on: instance family, operating system, Python and kernel line
    (``6.8``), as the command line has them; each empty where it is not known."""

    family: str
    os: str
    python: str
    kernel: str

    @property
    def name(self) -> str:
        """``trn2-ubuntu22.04-py3.10-k6.8``: a word for files and groups, the same for the same
        class."""
        parts = (self.family, self.os, self.python, self.kernel)
        marks = ("", "", "py", "k")
        return "-".join(
            f"{mark}{part or 'unknown'}" for mark, part in zip(marks, parts, strict=True)
        )


def find_class(facts: Mapping[str, Any]) -> HostClass:
    """The class that a facts document describes (docs/schemas/host-facts.schema.json)."""
    pythons = {row["python"] for row in facts["environments"] if row["python"]}
    # Of several environments none speaks for the host.
    python = pythons.pop() if len(pythons) == 1 else facts["python"]["default"] or ""
    return HostClass(
        facts["instance"]["family"] or "",
        facts["os"] or "",
        python,
        parse_kernel_line(facts["kernel"]["release"] or ""),
    )


def parse_kernel_line(release: str) -> str:
    """``6.8`` of ``6.8.0-1015-aws``, empty for what is no kernel's version."""
    found = re.match(r"(\d{1,3}\.\d{1,3})(?![\d])", release)
    return found[1] if found is not None else ""
