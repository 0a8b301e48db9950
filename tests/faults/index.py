"""An index of a few projects on this machine, and a lock of them: a run that fills the cache."""

from __future__ import annotations

from pathlib import Path

from attacks.forged import wheel
from attacks.server import Server
from attacks.world import World

LOCKED = ("a.txt", "a.json", "pylock.toml")


def published(server: Server, folder: Path) -> World:
    """An index of a few projects that need each other, without metadata files beside them."""
    world = World(server, str(folder))
    needs = {
        "first": ("second>=1", "third"), "second": ("third<2",), "third": (), "fourth": ("first",),
    }  # fmt: skip
    for name, requires in needs.items():
        lines = [f"Requires-Dist: {requirement}" for requirement in requires]
        rows = [
            world.file(f"{name}-{v}-py3-none-any.whl", wheel(name, v, "GOOD", *lines))
            for v in ("1.0", "1.1")
        ]
        world.page(*rows, name=name)
    return world


def index_lock(world: World) -> tuple[str, ...]:
    return (
        "lock", "fourth", "--python", "3.11", "--as-of", "2026-03-01", "--index-url",
        f"{world.scheme}/public/simple/", "--generate-hashes", "--timeout", "3", "--upgrade",
        *(word for name in LOCKED for word in ("-o", name)),
    )  # fmt: skip
