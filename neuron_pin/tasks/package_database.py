"""Every package of a machine with its version, as dpkg or rpm lists them; what a roll-back is
measured by."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from neuron_pin.errors import NeuronPinError
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

SECONDS = 120
_DPKG = ("dpkg-query", "-W", "-f", "${binary:Package}\\t${Version}\\t${db:Status-Abbrev}\\n")
_RPM = ("rpm", "-qa", "--qf", "%{NAME}.%{ARCH}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\tii\\n")


class CommandFailed(NeuronPinError):
    """A program of the machine failed; ``output`` is the end of what it said."""

    def __init__(self, words: Sequence[str], code: int, output: str) -> None:
        self.output = output
        super().__init__(f"{words[0]} failed with exit code {code}: {output[-1000:].strip()}")


class Packages(NamedTuple):
    """The installed packages by name, each with its version; those on hold; those whose
    installation was not finished; and those that were installed to satisfy others, where that was
    asked for."""

    versions: Mapping[str, str]
    held: frozenset[str]
    unfinished: frozenset[str]
    automatic: frozenset[str] = frozenset()


def run_program(words: Sequence[str], *, environ: Mapping[str, str] | None = None) -> str:
    """The output of a program; raises `CommandFailed`."""
    try:
        done = subprocess.run(
            list(words),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environ or {})},
            check=False,
        )
    except OSError as error:
        raise CommandFailed(words, 127, error.strerror or "cannot be run") from None
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise CommandFailed(words, done.returncode, text)
    return text


def read_packages(system: Ecosystem) -> Packages:
    """The packages of this machine; raises `CommandFailed`."""
    versions, held, unfinished = {}, set(), set()
    for line in run_program(_DPKG if system is Ecosystem.APT else _RPM).splitlines():
        fields = line.split("\t")
        if len(fields) != 3:
            continue
        name, version, state = fields
        if state[1:2] in ("n", "c", ""):
            # Not installed, or nothing but its configuration.
            continue
        versions[name] = version
        if state[0] == "h":
            held.add(name)
        if state[1] != "i" or state[2:3] == "R":
            unfinished.add(name)
    return Packages(versions, frozenset(held), frozenset(unfinished))


def mark_automatic(packages: Packages, system: Ecosystem) -> Packages:
    """Packages with those that were installed to satisfy others: apt opens its whole cache for
    that.  Raises `CommandFailed`."""
    if system is not Ecosystem.APT:
        return packages
    named = run_program(("apt-mark", "showauto")).split()
    return packages._replace(automatic=frozenset(named) & packages.versions.keys())
