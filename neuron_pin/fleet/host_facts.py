"""The facts of one host (docs/schemas/host-facts.schema.json): their values and their one writer.

Hosts that are alike share everything but their name and their day, so that ten thousand of them
take the memory of their kinds.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple

from .host_class import HostClass, find_class

SCHEMA_VERSION = 1
KIND = "host-facts"
SUMMARY_BYTES = 8000
"""The most that a summary takes as JSON in one line: Ansible asks for every fact of a host before
each of its tasks, and large ones slow down all of them."""
STOPS_APT = frozenset({Rule.APT_KEY.identifier, Rule.APT_PREFERENCES.identifier})
"""Rules whose errors make every apt command fail, or refuse the repository."""
STOPS_LOCK = STOPS_APT | {Rule.UNREADABLE.identifier}
"""Rules whose findings decide whether a host can take a lock: a summary keeps them first."""


class HostPackage(NamedTuple):
    """An installed Neuron system package.  ``state`` is dpkg's word for one that is not installed
    as a whole, empty for others."""

    ecosystem: str
    name: str
    version: str
    is_held: bool = False
    state: str = ""


class HostEnvironment(NamedTuple):
    """Python environments with the same packages; ``packages`` are (name, version) pairs, by
    name.  ``python`` is empty where nothing tells it."""

    paths: tuple[str, ...]
    python: str
    packages: tuple[tuple[str, str], ...]


class HostPin(NamedTuple):
    """What binds the versions of a system package: a stanza of apt's preferences, or a line of
    dnf's version lock.

    ``manager`` is ``apt``, ``dnf`` or ``dnf5``; ``names`` are packages as they are written there.
    ``type`` and ``value`` are those of the stanza (``version``, ``release``, ``origin``), or
    ``versionlock`` and what is locked; ``priority`` is none for a version lock.  ``is_own`` says
    that neuron-pin wrote it, and so replaces it with the next lock.
    """

    manager: str
    names: tuple[str, ...]
    type: str
    value: str
    priority: int | None
    place: str
    is_own: bool = False


class HostHook(NamedTuple):
    """A hook of neuron-pin.  ``pins`` is the SHA-256 of what it pins, the same on hosts that are
    bound alike; ``sdk``, ``family``, ``expires`` and ``facts`` (ISO 8601) are empty where its
    lock has none."""

    kind: str
    sdk: str
    family: str
    expires: str
    facts: str
    pins: str


class HostLock(NamedTuple):
    """The lock.json that a host keeps: its place, the SHA-256 of its bytes, and its release,
    empty for none."""

    place: str
    sha256: str
    sdk: str


class HostFinding(NamedTuple):
    """What ``check --host`` found; ``reason`` and ``remedy`` are empty in a summary."""

    rule: str
    severity: str
    subject: str
    place: str
    reason: str = ""
    remedy: str = ""


class LeftOut(NamedTuple):
    """How much a summary leaves out for its size."""

    packages: int = 0
    environments: int = 0
    pins: int = 0
    findings: int = 0


class HostState(NamedTuple):
    """What a host is, without its name and its day.  Empty, or none, is unknown.

    ``catalog`` is the day of the facts that the findings are judged by.  ``os`` is the ID and
    version of os-release(5), ``machine`` what ``uname -m`` says, ``instance`` the instance
    family, ``kernel`` what ``uname -r`` says.  ``pythons`` are all, ``default_python`` is what
    ``python3`` starts.  ``devices`` counts the Neuron devices.  ``sdk`` is the newest release
    that shipped all of the system packages together.  ``rules`` counts the findings of each rule,
    those that a summary leaves out too; both are none where nothing was checked.
    """

    gather: str
    program: str
    catalog: str
    os: str
    machine: str
    instance: str
    kernel: str
    pythons: tuple[str, ...]
    default_python: str
    loaded_driver: str
    installed_driver: str
    devices: int
    sdk: str
    packages: tuple[HostPackage, ...]
    environments: tuple[HostEnvironment, ...]
    pins: tuple[HostPin, ...]
    hooks: tuple[HostHook, ...]
    lock: HostLock | None
    rules: tuple[tuple[str, int], ...] | None
    findings: tuple[HostFinding, ...] | None
    left_out: LeftOut = LeftOut()

    @property
    def host_class(self) -> HostClass:
        """The class that a lock is made for."""
        return find_class(
            family=self.instance,
            system=self.os,
            kernel=self.kernel,
            default_python=self.default_python,
            pythons=[found.python for found in self.environments],
        )

    @property
    def missing(self) -> dict[str, int]:
        """How many findings of each rule a summary leaves out."""
        there = Counter(finding.rule for finding in self.findings or ())
        counts = {rule: count - there[rule] for rule, count in self.rules or ()}
        return {rule: count for rule, count in counts.items() if count > 0}

    def judge_missing(self, rule: str) -> str:
        """The severity of the findings of a rule that a summary leaves out: the worse one, unless
        their order shows that they are warnings, which come last."""
        has_all_errors = any(
            finding.severity == "warning" and finding.rule not in STOPS_LOCK
            for finding in self.findings or ()
        )
        return "warning" if has_all_errors and rule not in STOPS_LOCK else "error"


class HostFacts(NamedTuple):
    """A host's name, empty for unknown, the day it was judged for (ISO 8601), and its state."""

    host: str
    day: str
    state: HostState


def render_host_facts(facts: HostFacts) -> str:
    """The document as JSON in one line; a summary takes at most `SUMMARY_BYTES` with its end of
    line, and says how much it leaves out for that."""
    return _dump(make_document(facts)) + "\n"


def make_document(facts: HostFacts) -> dict[str, Any]:
    """The document of a host; a summary is shortened to `SUMMARY_BYTES`."""
    document = _describe(facts)
    if facts.state.gather == "summary":
        _shorten(document)
    return document


def _describe(facts: HostFacts) -> dict[str, Any]:
    state, found = facts.state, facts.state.host_class
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "gather": state.gather,
        "host": facts.host or None,
        "day": facts.day,
        "program": state.program,
        "catalog": state.catalog,
        "os": state.os or None,
        "machine": state.machine or None,
        "instance": state.instance or None,
        "kernel": state.kernel or None,
        "class": {"name": found.name, **found._asdict()},
        "python": {"default": state.default_python or None, "available": list(state.pythons)},
        "driver": {
            "loaded": state.loaded_driver or None,
            "installed": state.installed_driver or None,
            "devices": state.devices,
        },
        "sdk": state.sdk or None,
        "packages": [_package_row(package) for package in state.packages],
        "environments": [
            {
                "paths": list(each.paths),
                "python": each.python or None,
                "packages": dict(each.packages),
            }
            for each in state.environments
        ],
        "pins": [
            {
                "manager": pin.manager,
                "names": list(pin.names),
                "type": pin.type,
                "value": pin.value,
                "priority": pin.priority,
                "place": pin.place,
                "own": pin.is_own,
            }
            for pin in state.pins
        ],
        "hooks": [
            {
                "kind": hook.kind,
                "sdk": hook.sdk or None,
                "family": hook.family or None,
                "expires": hook.expires or None,
                "facts": hook.facts or None,
                "pins": hook.pins,
            }
            for hook in state.hooks
        ],
        "lock": state.lock._asdict() | {"sdk": state.lock.sdk or None} if state.lock else None,
        "rules": dict(state.rules) if state.rules is not None else None,
        "findings": (
            [_finding_row(finding) for finding in state.findings]
            if state.findings is not None
            else None
        ),
        "left_out": state.left_out._asdict(),
    }


def _package_row(package: HostPackage) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.version,
        "held": package.is_held,
    }
    if package.state:
        row["state"] = package.state
    return row


def _finding_row(finding: HostFinding) -> dict[str, str]:
    row = {
        "rule": finding.rule,
        "severity": finding.severity,
        "subject": finding.subject,
        "place": finding.place,
    }
    if finding.reason:
        row["reason"] = finding.reason
        row["remedy"] = finding.remedy
    return row


def _shorten(document: dict[str, Any]) -> None:
    """Leave out the last rows of the longest lists until a summary is small enough."""
    left_out: dict[str, int] = document["left_out"]
    # Room for what the counts themselves take.
    room = SUMMARY_BYTES - len(_dump(document)) - 1 - 8
    sizes = {name: [len(_dump(row)) + 1 for row in document[name] or ()] for name in left_out}
    totals = {name: sum(rows) for name, rows in sizes.items()}
    while room < 0:
        longest = max(totals, key=lambda name: totals[name])
        if not sizes[longest]:
            break
        size = sizes[longest].pop()
        document[longest].pop()
        totals[longest] -= size
        left_out[longest] += 1
        room += size


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
