"""The facts of one host as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.fleet.host_facts import HostFacts, HostState
from neuron_pin.screen import Screen, columns


def render_host_facts_text(facts: HostFacts, screen: Screen) -> str:
    """A row a fact; what is not known is left out."""
    state = facts.state
    rows = [("host", facts.host), ("day", f"{facts.day}, by facts of {state.catalog}")]
    rows += [(name, value) for name, value in _list_values(state) if value]
    return "\n".join(columns(("FACT", "VALUE"), rows, screen)) + "\n"


def _list_values(state: HostState) -> Iterator[tuple[str, str]]:
    yield "operating system", " ".join(filter(None, (state.os, state.machine)))
    yield "class", state.host_class.name
    yield "instance family", state.instance
    yield "kernel", state.kernel
    yield "Python", ", ".join(state.pythons)
    yield "loaded driver", state.loaded_driver
    yield "Neuron devices", str(state.devices) if state.devices else ""
    yield "SDK release", state.sdk
    for package in state.packages:
        held = ", on hold" if package.is_held else ""
        unfinished = f", {package.state}" if package.state else ""
        yield "package", f"{package.name} {package.version}{held}{unfinished}"
    for found in state.environments:
        python = f" (Python {found.python})" if found.python else ""
        versions = ", ".join(f"{name} {version}" for name, version in found.packages)
        yield "environment", f"{', '.join(found.paths)}{python}: {versions}"
    for pin in state.pins:
        priority = f" at {pin.priority}" if pin.priority is not None else ""
        yield "pin", f"{', '.join(pin.names)}: {pin.type} {pin.value}{priority} [{pin.place}]"
    for hook in state.hooks:
        yield "hook", f"{hook.kind}, {f'Neuron SDK {hook.sdk}' if hook.sdk else 'no release'}"
    if state.lock is not None:
        yield "lock", f"{state.lock.place}, Neuron SDK {state.lock.sdk or 'unknown'}"
    for finding in state.findings or ():
        where = f" [{finding.place}]"
        yield "finding", f"{finding.rule} {finding.subject}{where}"
