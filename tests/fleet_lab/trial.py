"""A trial: the fleet, what was found out about it, and what has to be true."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

from .controller import Controller, Run
from .hosts import CLASSES, draw_hosts
from .roots import Roots, read_packages


class Broken(AssertionError):
    """Something that has to be true is not."""


class Trial:
    """The fleet, and what was found out about it."""

    def __init__(self, wanted: dict[str, Any], place: Path) -> None:
        classes = [c for c in CLASSES if not wanted["classes"] or c.name in wanted["classes"]]
        self.hosts = draw_hosts(wanted["hosts"], classes)
        self.roots = Roots(place, Path(wanted["cache"]), len(self.hosts))
        for each in classes:
            if any(host.of == each for host in self.hosts):
                self.roots.make_class(each)
        for host in self.hosts:
            self.roots.make_host(host)
        (place / "controller").mkdir()
        self.controller = Controller(place / "controller", self.roots, self.hosts, wanted["forks"])
        # In the short form the roll-outs are those of some hosts, of every fault.
        self.rolled = self.hosts
        self.is_short = bool(wanted["short"])
        if self.is_short:
            ill = [host for host in self.hosts if host.fault is not None]
            well = [host for host in self.hosts if host.fault is None]
            self.rolled = tuple(sorted([*well[:7], *ill], key=lambda host: host.name))
        self.uppers = {host.name: self.roots.upper(host) for host in self.hosts}
        self.figures: list[str] = []

    def named(self, fault: str | None) -> set[str]:
        """The names of the hosts with this fault."""
        return {host.name for host in self.hosts if host.fault == fault}

    @property
    def reachable(self) -> set[str]:
        """The names of the hosts that answer."""
        return {host.name for host in self.hosts} - self.named("unreachable")

    @property
    def pattern(self) -> str:
        """The hosts of roll-outs, for Ansible."""
        return "all" if self.rolled is self.hosts else ":".join(host.name for host in self.rolled)

    def packages(self) -> dict[str, dict[str, str]]:
        """Every package of every host, with its state and version."""
        return {host.name: read_packages(self.roots.root(host)) for host in self.hosts}

    def measure(self, name: str, run: Run, hosts: int) -> None:
        """Note the figures of a run, and print them."""
        ours = run.processor - run.remote
        line = (
            f"{name}: {hosts} hosts, {run.seconds:.0f} s; processor seconds a host: "
            f"{ours / hosts:.3f} controller, {run.remote / hosts:.3f} on hosts; "
            f"largest process {run.peak:.0f} MiB"
        )
        self.figures.append(line)
        print(f"    {line}", flush=True)


def require(condition: bool, what: str, *details: object) -> None:
    """Raise `Broken` unless it is so."""
    if not condition:
        raise Broken(what + "".join(f"\n      {detail}" for detail in details))


def require_same(got: Any, wanted: Any, what: str, *details: object) -> None:
    """Raise `Broken` unless both are equal."""
    require(got == wanted, what, *_tell_difference(got, wanted), *details)


def _tell_difference(got: Any, wanted: Any) -> list[str]:
    """Where two values differ; of dictionaries, sets and lists only what is not the same."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        keys = [key for key in sorted({*got, *wanted}) if got.get(key) != wanted.get(key)]
        rows = [
            line
            for key in keys[:3]
            for line in (f"{key}:", *_tell_difference(got.get(key), wanted.get(key)))
        ]
        return [*rows, f"and {len(keys) - 3} more"] if len(keys) > 3 else rows
    if isinstance(got, set) and isinstance(wanted, set):
        return [f"too many {sorted(got - wanted)}", f"too few  {sorted(wanted - got)}"]
    if isinstance(got, list | tuple) and isinstance(wanted, list | tuple):
        pairs = zip_longest(got, wanted)
        return [line for g, w in pairs if g != w for line in _tell_difference(g, w)][:8]
    if isinstance(got, str) and isinstance(wanted, str):
        at = next((n for n, (g, w) in enumerate(zip(got, wanted, strict=False)) if g != w), 0)
        got, wanted = got[max(0, at - 20) :], wanted[max(0, at - 20) :]
    return [f"got    {str(got)[:300]!r}", f"wanted {str(wanted)[:300]!r}"]
