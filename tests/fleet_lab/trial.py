"""A trial: the fleet, what was found out about it, and what has to be true."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any

from .controller import Controller, Run
from .hosts import CLASSES, Host, draw_hosts
from .roots import Roots, read_packages

ROLLED = ("trn2-noble", "trn1-jammy", "trn1-held", "inf2-half", "trn2-older", "trn1-al2023")
"""Classes of the hosts that have no fault, after the first scene of the short form."""


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
        # In the short form all hosts are brought to a lock, and what comes after that is tried on
        # some: those that have a fault, and one of each kind that roll-outs treat in its own way.
        self.rolled = self.hosts
        self.is_short = bool(wanted["short"])
        if self.is_short:
            kinds = dict.fromkeys(ROLLED)
            for host in reversed(self.hosts):
                if host.fault is None and host.of.name in kinds:
                    kinds[host.of.name] = host
            ill = [host for host in self.hosts if host.fault is not None]
            well = [host for host in kinds.values() if host is not None]
            self.rolled = tuple(sorted([*well, *ill], key=lambda host: host.name))
        self.uppers = {host.name: self.roots.upper(host) for host in self.hosts}
        self.figures: list[tuple[str, ...]] = []

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
        return "all" if self.rolled is self.hosts else join_names(self.rolled)

    @property
    def well(self) -> str:
        """The hosts of roll-outs again, but in the short form those without a fault alone."""
        if not self.is_short:
            return self.pattern
        return join_names([host for host in self.rolled if host.fault is None])

    @property
    def few(self) -> str:
        """Hosts of which only the first is to be touched."""
        return "all" if not self.is_short else ":".join(self.well.split(":")[:3])

    def packages(self) -> dict[str, dict[str, str]]:
        """Every package of every host, with its state and version."""
        return {host.name: read_packages(self.roots.root(host)) for host in self.hosts}

    def measure(self, name: str, run: Run, hosts: int) -> None:
        """Note the figures of a run."""
        ours = (run.processor - run.remote) / hosts
        row = (f"{hosts}", f"{run.seconds:.0f}", f"{ours:.3f}", f"{run.remote / hosts:.3f}")
        self.figures.append((name, *row, f"{run.peak:.0f}"))

    def tell_figures(self) -> str:
        """The figures as a table."""
        rows = [HEADINGS, *self.figures]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                text.rjust(width) if at else text.ljust(width)
                for at, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        )


HEADINGS = ("run", "hosts", "s", "controller CPU s/host", "CPU s on each", "largest process MiB")


def join_names(hosts: Iterable[Host]) -> str:
    """A pattern of Ansible for these hosts."""
    return ":".join(host.name for host in hosts)


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
