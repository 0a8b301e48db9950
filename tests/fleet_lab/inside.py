"""The scenes on one fleet, one after another, in namespaces of its own: mounts, processes and
network go with it."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from loopback import raise_loopback

from .archives import serve_archives
from .hosts import SHARES
from .scenes import SCENES, SHORT
from .trial import Broken, Trial


def first_line(text: str | None) -> str:
    """What a scene says of itself."""
    return " ".join((text or "").split("\n\n")[0].split())


def _used() -> float:
    """Processor seconds of everything so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(wanted: dict[str, Any]) -> int:
    """Run the scenes; 1 if one is broken."""
    raise_loopback()
    server = serve_archives(Path(wanted["cache"]) / "archives")
    broken = 0
    begun = time.monotonic()
    trial = Trial(wanted, Path(wanted["place"]))
    faults = ", ".join(f"{len(trial.named(name))} {name}" for name in SHARES)
    print(
        f"{len(trial.hosts)} hosts ({faults}, {sum(h.address is not None for h in trial.hosts)} "
        f"by ssh), {time.monotonic() - begun:.1f} s",
        flush=True,
    )
    for scene in SCENES:
        if wanted["only"] and scene.__name__ not in wanted["only"]:
            continue
        if wanted["short"] and scene.__name__ not in SHORT:
            continue
        begun, used = time.monotonic(), _used()
        try:
            scene(trial)
            verdict = "ok"
        except Broken as error:
            broken, verdict = broken + 1, f"BROKEN: {error}"
        print(
            f"{scene.__name__}: {first_line(scene.__doc__)} {time.monotonic() - begun:.0f} s "
            f"({_used() - used:.0f} of CPU): {verdict}",
            flush=True,
        )
        if broken:
            break
    if trial.figures:
        print(f"\n{trial.tell_figures()}", flush=True)
    trial.controller.close()
    server.shutdown()
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
