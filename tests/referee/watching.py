"""Every lock that a test makes in this process is verified, its files read whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from neuron_pin.outputs.lock_json import render_lock_json
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution
from neuron_pin.verify.evidence import Sources
from neuron_pin.verify.index import Indexes
from neuron_pin.verify.lock_json import parse_lock_json
from neuron_pin.verify.lockfile import Lock
from neuron_pin.verify.transport import Access
from neuron_pin.verify.verdict import Verdict
from neuron_pin.verify.verifying import verify

AGENT = "referee"
"""By which loopback servers tell these requests from those of the command under test."""

FOUND: list[Verdict] = []
"""What was found in this process, lock by lock."""


@lru_cache(maxsize=1)
def indexes() -> Indexes:
    return Indexes(Access(agent=AGENT, timeout=10))


def without_public_indexes(lock: Lock) -> Lock:
    """Tests ask nobody but this machine."""
    rows = tuple(
        row
        if row.index.startswith("file:")
        or urlsplit(row.index).hostname in ("127.0.0.1", "localhost")
        else row._replace(index="")
        for row in lock.packages
    )
    return lock._replace(packages=rows)


def verified(make: Callable[..., Resolution]) -> Callable[..., Resolution]:
    """The function that makes locks, which fails for one that is wrong."""

    def watched(
        settings: Any, catalog: Any, requirements: Any, files: Any, **more: Any
    ) -> Resolution:
        resolution = make(settings, catalog, requirements, files, **more)
        locked = {p.key.name for p in resolution.packages if p.key.ecosystem is Ecosystem.PIP}
        texts = [
            f"{r.name}{f'[{chr(44).join(r.extras)}]' if r.extras else ''}{r.range}"
            + (f" ; {r.marker}" if r.marker else "")
            for r in [*requirements, *(r for file in files for r in file.requirements)]
            if r.ecosystem not in (Ecosystem.APT, Ecosystem.RPM) and r.name in locked
        ]
        if texts and not settings.override:
            lock = parse_lock_json(render_lock_json(resolution, "").encode(), "lock.json")
            asked = [Requirement(text) for text in texts]
            named = (settings.neuron_index_url,) if settings.neuron_index_url else ()
            found = verify(
                without_public_indexes(lock),
                Sources(indexes(), files=True, neuron_mirrors=named),
                asked,
                resolution.target.python_full,
            )
            FOUND.append(found)
            assert not found.problems, found.problems
        return resolution

    return watched
