"""The trial: scenes on one fleet, one after another, each with what has to be true after it.

Runs in namespaces of its own: mounts, processes and network go with it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from loopback import raise_loopback

from .archives import serve_archives
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
        self.roots = Roots(place, Path(wanted["cache"]))
        for each in classes:
            if any(host.of == each for host in self.hosts):
                self.roots.make_class(each)
        for host in self.hosts:
            self.roots.make_host(host)
        (place / "controller").mkdir()
        self.controller = Controller(place / "controller", self.roots, self.hosts, wanted["forks"])
        self.uppers = {host.name: self.roots.upper(host) for host in self.hosts}
        self.figures: list[str] = []

    def named(self, fault: str | None) -> set[str]:
        """The names of the hosts with this fault."""
        return {host.name for host in self.hosts if host.fault == fault}

    @property
    def reachable(self) -> set[str]:
        return {host.name for host in self.hosts} - self.named("unreachable")

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
    """Where two values differ; of dictionaries and sets only what is not the same."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        return [
            line
            for key in sorted({*got, *wanted})
            if got.get(key) != wanted.get(key)
            for line in (f"{key}:", *_tell_difference(got.get(key), wanted.get(key)))
        ][:40]
    if isinstance(got, set) and isinstance(wanted, set):
        return [f"too many {sorted(got - wanted)}", f"too few  {sorted(wanted - got)}"]
    return [f"got    {str(got)[:1500]}", f"wanted {str(wanted)[:1500]}"]


def first_line(text: str | None) -> str:
    """What a scene says of itself."""
    return " ".join((text or "").split("\n\n")[0].split())


def main(wanted: dict[str, Any]) -> int:
    """Run the scenes; 1 if one is broken."""
    raise_loopback()
    server = serve_archives(Path(wanted["cache"]) / "archives")
    broken = 0
    begun = time.monotonic()
    trial = Trial(wanted, Path(wanted["place"]))
    faults = ", ".join(
        f"{len(trial.named(name))} {name}" for name in ("unreachable", "refusing", "full")
    )
    print(
        f"{len(trial.hosts)} hosts ({faults}, {sum(h.address is not None for h in trial.hosts)} "
        f"by ssh), {time.monotonic() - begun:.1f} s",
        flush=True,
    )
    from .scenes import SCENES

    for scene in SCENES:
        if wanted["only"] and wanted["only"] not in scene.__name__:
            continue
        begun = time.monotonic()
        try:
            scene(trial)
            verdict = "ok"
        except Broken as error:
            broken, verdict = broken + 1, f"BROKEN: {error}"
        print(
            f"{scene.__name__}: {first_line(scene.__doc__)} {time.monotonic() - begun:.0f} s: "
            f"{verdict}",
            flush=True,
        )
        if broken:
            break
    trial.controller.close()
    server.shutdown()
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
