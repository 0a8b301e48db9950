"""The versions that a log itself states, for where nothing else is known."""

from __future__ import annotations

import re

from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.record import NamedTuple

from .known import Known

MAX_FOUND = 200

_NAMES = (
    "neuronx-cc", "neuron-cc", "torch-neuronx", "torch-neuron", "libneuronxla",
    "transformers-neuronx", "neuronx-distributed", "neuronx-distributed-training",
    "neuronx-distributed-inference", "jax-neuronx", "torch-xla", "torch", "numpy", "protobuf",
    "requests", "urllib3", "nki", "nrtpy",
)  # fmt: skip
_ROW = re.compile(
    rf"^[ \t]*({'|'.join(map(re.escape, _NAMES))})(?:==|[ \t]+)(\d[\w.+]{{0,60}})[ \t]*$",
    re.MULTILINE,
)
"""A line of ``pip freeze`` or ``pip list``."""
_DEB = re.compile(
    r"(?:Setting up |^)(aws-neuronx-[a-z0-9-]{2,30})(?: \(|/\S{0,60} )(\d[\w.+~-]{0,60})",
    re.MULTILINE,
)
"""A line of dpkg, or of ``apt list --installed``."""
_LINES = (
    (RUNTIME, "NRT version: ", re.compile(r"NRT version: (\d[\d.]{0,30})")),
    (RUNTIME, "Neuron Runtime ", re.compile(r"Neuron Runtime (\d[\d.]{0,30}) built on")),
    (DRIVER, "Driver version: ", re.compile(r"Driver version: (\d[\d.]{0,30})")),
    (DRIVER, "euron driver: ", re.compile(r"Found neuron driver: (\d[\d.]{0,30})")),
    (
        "aws-neuronx-collectives",
        "CCOM ",
        re.compile(r"(?:CCOM version: |Using CCOM )(\d[\d.]{0,30})"),
    ),
    ("python", "lib/python3.", re.compile(r"lib(?:64)?/python(3\.\d{1,2})/")),
    ("python", "(python 3.", re.compile(r"\(python (3\.\d{1,2})\)")),
    ("python", "different Python: 3.", re.compile(r"different Python: (3\.\d{1,2})")),
    ("python", "(e.g., `cp3", re.compile(r"\(e\.g\., `cp(3\d{1,2})`\)")),
    ("kernel", "Kernel: Linux ", re.compile(r"Kernel: Linux (\d[\w.+-]{0,60})")),
)
"""What the runtime library logs when it starts and when it fails."""


class Stated(NamedTuple):
    """What a text states: versions by name, the loaded driver, the kernel and the
    Python, empty for none."""

    versions: dict[str, str]
    driver: str
    kernel: str
    python: str


def find_stated(text: str) -> Stated:
    """The versions that a piece of a log states; of several the last."""
    found: dict[str, str] = {}
    for name, anchor, pattern in _LINES:
        place = text.rfind(anchor)
        match = pattern.search(text, max(place - 20, 0)) if place >= 0 else None
        if match is not None:
            found[name] = match[1].rstrip(".")
    driver, kernel, python = (found.pop(name, "") for name in (DRIVER, "kernel", "python"))
    # cp313
    python = python if "." in python or not python else f"{python[0]}.{python[1:]}"
    for pattern in (_ROW, _DEB):
        for number, match in enumerate(pattern.finditer(text)):
            if number >= MAX_FOUND:
                break
            found[match[1]] = match[2]
    return Stated(found, driver, kernel, python)


def join_stated(earlier: Stated, later: Stated) -> Stated:
    """What two pieces of a log state; the later one counts."""
    return Stated(
        {**earlier.versions, **later.versions},
        later.driver or earlier.driver,
        later.kernel or earlier.kernel,
        later.python or earlier.python,
    )


def add_stated(known: Known, stated: Stated) -> Known:
    """What is known, with what the text states where nothing else says it."""
    versions = {**stated.versions, **known.versions}
    return known._replace(
        origin=known.origin or ("the text" if any(stated) else ""),
        versions=versions,
        driver=known.driver if known.driver is not None else stated.driver or None,
        kernel=known.kernel or stated.kernel,
        python=known.python or stated.python,
    )
