"""Commands whose output is read for the commands in it, beside transcripts and documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from .private_machine import Job

SCENES = Path(__file__).parent / "scenes.toml"


class Scene(NamedTuple):
    """A command that prints others: by name, in a world."""

    name: str
    command: str
    world: str = "project"
    page: bool = False

    def job(self) -> Job:
        return Job(self.command, self.world)


def _document() -> dict[str, Any]:
    return tomllib.loads(SCENES.read_text())


def read_scenes() -> list[Scene]:
    return [Scene(name, **row) for name, row in _document()["scenes"].items()]


def read_unreached() -> dict[str, str]:
    """Commands in strings of the source that nothing shows, with the reason."""
    found: dict[str, str] = _document()["unreached"]
    return found
