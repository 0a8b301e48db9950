"""What to ask for instead of a file of the other kind of system."""

from __future__ import annotations

from neuron_pin.policy import Ecosystem
from neuron_pin.target import Scope, Target

_FILES = {
    Ecosystem.APT: "00-neuron-pin.pref writes apt preferences",
    Ecosystem.RPM: "versionlock.list writes the version lock of dnf",
}


def describe_system_output(target: Target) -> str:
    """The option that writes a target's system packages, and what it writes; for one side of a
    container's wall, that for the side."""
    option = "-o" if target.scope is Scope.BOTH else f"--{target.scope.value}-output"
    return f"{option} {_FILES[target.system]}"


def suggest_system_output(target: Target, written: Ecosystem) -> str:
    """The hint for a lock that has no packages of the ecosystem a file was to be written for."""
    if target.os is None and target.system is not written:
        return "name an operating system that has them, such as --os amzn2023"
    if target.system is not written:
        return (
            f"{target.label} has {target.system.value} packages: {describe_system_output(target)}"
        )
    return "name a system package as well, such as aws-neuronx-tools"
