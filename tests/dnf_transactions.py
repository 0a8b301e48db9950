"""Packages and transactions on which the hooks of dnf 4 and dnf 5 are tried."""

import re
from pathlib import Path

from rpm_world import Built

from neuron_pin.cli import main

RUNTIME = "aws-neuronx-runtime-lib"
TOOLS = "aws-neuronx-tools"
DRIVER = "aws-neuronx-dkms"
COLLECTIVES = "aws-neuronx-collectives"

PACKAGES = [
    *(
        Built(RUNTIME, v)
        for v in ("2.29.40.0_f7b7c6a3d-1", "2.30.51.0_1b3ca6425-1", "3.1.0.0_abc0123-1")
    ),
    *(Built(TOOLS, v) for v in ("2.27.33.0-1", "2.28.23.0-1", "2.32.28.0-1", "3.0.5.0-1")),
    *(Built(DRIVER, v) for v in ("2.25.4.0-dkms", "2.26.10.0-dkms", "2.30.2.0-dkms")),
    Built(COLLECTIVES, "2.34.10.0-1"),
    Built("aws-neuronx-new-thing", "1.0-1"),
    Built("harmless", "1.0-1"),
    Built("kernel", "6.1.100-1"),
    Built("kernel6.18", "6.18.1-1"),
    Built("kernel6.18-devel", "6.18.1-1"),
    Built("kernel6.12", "6.12.9-1"),
    Built("kernel6.12", "6.12.10-1"),
    Built("kernel-devel", "6.1.100-1"),
    Built("kernel", "6.1.101-1"),
]
LOCKED = {RUNTIME: "2.30.51.0_1b3ca6425-1", TOOLS: "2.28.23.0-1", DRIVER: "2.26.10.0-dkms"}


def rules(text: str) -> set[str]:
    return set(re.findall(r"(?:^|: )? {2}(NP\d+) ", text, re.M))


# What is there before, what somebody types, the pins' strength, which rules refuse it.
TRANSACTIONS = [
    ("the locked set", [], ["install", RUNTIME, TOOLS, DRIVER], "exact", set()),
    ("something else", [], ["install", "harmless"], "exact", set()),
    ("a package of another release", [], ["install", COLLECTIVES], "major", set()),
    ("one beside another release", [f"{RUNTIME}-2.30.51.0[_-]*", f"{TOOLS}-2.28.23.0"],
     ["install", COLLECTIVES], "major", {"NP507"}),
    ("a name that nobody knows", [], ["install", "aws-neuronx-new-thing"], "exact", {"NP508"}),
    ("a driver that does not go with it", [RUNTIME + "-2.30.51.0[_-]*", DRIVER + "-2.26.10.0"],
     ["upgrade", DRIVER], "major", {"NP506", "NP507"}),
    ("a kernel of another series", [DRIVER + "-2.26.10.0", "kernel-6.1.100"],
     ["install", "kernel6.18"], "exact", {"NP111"}),
    ("a kernel that was tested", [DRIVER + "-2.26.10.0", "kernel-6.1.100"],
     ["install", "kernel6.12"], "exact", set()),
    ("a kernel without headers", [DRIVER + "-2.26.10.0", "kernel-6.1.100", "kernel-devel"],
     ["upgrade", "kernel"], "exact", {"NP112"}),
    ("a removal", [TOOLS], ["remove", TOOLS], "exact", set()),
]  # fmt: skip


def install_hook(root: Path, folder: Path, strength: str, *more: str) -> None:
    """Install the hook of dnf below a root, with a lock of SDK 2.28.1."""
    lock = folder / f"{strength}.json"
    asked = ["--sdk", "2.28.1", "--instance", "trn1", "--os", "amzn2023", "--python", "3.10",
             "--phase", "eos", "--as-of", "2026-04-01", "--pin", strength]  # fmt: skip
    assert main(["lock", "--offline", "-q", *asked, "-o", str(lock)]) == 0
    words = ["hook", "install", "dnf", "-q", "--lock", str(lock), "--root", str(root),
             "--expires", "2099-01-01"]  # fmt: skip
    assert main([*words, *more]) == 0
