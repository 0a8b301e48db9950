"""Commands whose output is read for the commands in it, beside transcripts and documents."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from .private_machine import Done, Job

_MARK = "=====pasted====="
SCENES = Path(__file__).parent / "scenes.toml"


class Scene(NamedTuple):
    """A command that prints others: by name, in a world."""

    name: str
    command: str
    world: str = "project"
    page: bool = False

    def job(self) -> Job:
        return Job(self.command, self.world)


class Session(NamedTuple):
    """A document whose blocks are pasted one after another into one shell, as a reader does."""

    document: str
    world: str = "project"
    folder: str = "/home/user/empty"

    def job(self, commands: Sequence[str]) -> Job:
        """All commands, each between marks that the shell prints."""
        lines = [
            f"printf '\\n{_MARK} {number}\\n'; eval {shlex.quote(command)}; "
            f"printf '\\n{_MARK} code %s\\n' $?"
            for number, command in enumerate(commands)
        ]
        return Job("\n".join([*lines, "exit 0"]), self.world, self.folder)


def split_session(done: Done, count: int) -> list[Done]:
    """What each command of a session did."""
    found = [Done("not reached", done.output[-2000:], 0)] * count
    parts = re.split(rf"^{_MARK} (\d+)\n", done.output, flags=re.M)
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        output, mark, code = text.partition(f"\n{_MARK} code ")
        if mark:
            found[int(number)] = Done(int(code.split()[0]), output, 0)
        else:
            found[int(number)] = Done(done.code, output, 0)
    return found


def _document() -> dict[str, Any]:
    return tomllib.loads(SCENES.read_text())


def read_scenes() -> list[Scene]:
    return [Scene(name, **row) for name, row in _document()["scenes"].items()]


def read_sessions() -> list[Session]:
    return [Session(document, **row) for document, row in _document().get("sessions", {}).items()]


def read_unreached() -> dict[str, str]:
    """Commands in strings of the source that nothing shows, with the reason."""
    found: dict[str, str] = _document()["unreached"]
    return found
