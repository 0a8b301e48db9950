"""Why a package is in a lock: the chains of requirements that lead to it."""

from __future__ import annotations

from collections import deque

from neuron_pin.lockfile import LockDocument

MAX_CHAINS = 20
"""Most chains that are told; each is a shortest one from its beginning."""


def find_chains(lock: LockDocument, name: str) -> list[tuple[str, ...]]:
    """The shortest chain from each place where something was asked for down to a package, the
    package last; empty where the lock does not have it.

    Walks each package once, so packages that need each other do no harm.
    """
    parents = {package.key.name: package.via for package in lock.packages}
    if name not in parents:
        return []
    found: dict[str, tuple[str, ...]] = {}
    seen = {name}
    queue: deque[tuple[str, ...]] = deque([(name,)])
    while queue and len(found) < MAX_CHAINS:
        chain = queue.popleft()
        for parent in parents[chain[0]]:
            if parent not in parents:
                found.setdefault(parent, (parent, *chain))
            elif parent not in seen:
                seen.add(parent)
                queue.append((parent, *chain))
    return [found[origin] for origin in sorted(found, key=lambda o: (len(found[o]), o))]
