"""Where a hook is installed: the machine or an image of one, a user, an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from neuron_pin.errors import WrongUsage
from neuron_pin.record import Enum, NamedTuple


class HookKind(Enum):
    """The installer on which a lock is enforced."""

    APT = "apt"
    DNF = "dnf"
    PIP = "pip"
    UV = "uv"


class HookScope(Enum):
    """For whom a hook enforces a lock."""

    SYSTEM = "system"
    USER = "user"
    VENV = "venv"


class OnError(Enum):
    """What happens where a hook cannot judge."""

    ALLOW = "allow"
    REFUSE = "refuse"


class HookLocation(NamedTuple):
    """One place; ``root`` is the folder that a machine lies below, ``/`` for this one.

    ``venv`` is an environment's folder, ``config`` and ``data`` are the user's folders by the
    XDG base directory specification.  ``environ`` are the variables that pip finds its other
    settings by.
    """

    kind: HookKind
    scope: HookScope
    root: str
    venv: str
    config: str
    data: str
    environ: Mapping[str, str] = MappingProxyType({})

    def below(self, path: str) -> str:
        """A path of the machine."""
        return os.path.join(self.root, path.lstrip("/"))

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is another machine than the one that this program runs on."""
        return self.root != "/"

    @property
    def backups(self) -> str:
        """The folder of what was replaced."""
        if self.scope is HookScope.SYSTEM:
            return self.below("var/lib/neuron-pin/backup")
        return os.path.join(self.data, "neuron-pin", "backup")

    @property
    def label(self) -> str:
        """One line for people."""
        where = {
            HookScope.SYSTEM: self.root,
            HookScope.USER: self.config,
            HookScope.VENV: self.venv,
        }
        return f"{self.kind.value}, {self.scope.value} ({where[self.scope]})"


def list_locations(
    kind: HookKind,
    scope: str | None,
    root: str | None,
    venv: str | None,
    environ: Mapping[str, str],
) -> list[HookLocation]:
    """Every place where a kind of hook may be installed: the one that options name, else all
    scopes."""
    is_open = scope is None and root is None and venv is None
    if kind in (HookKind.PIP, HookKind.UV) and is_open:
        named = ("system", "user", "venv") if environ.get("VIRTUAL_ENV") else ("system", "user")
        return [find_location(kind, each, root, venv, environ) for each in named]
    return [find_location(kind, scope, root, venv, environ)]


def find_location(
    kind: HookKind,
    scope: str | None,
    root: str | None,
    venv: str | None,
    environ: Mapping[str, str],
) -> HookLocation:
    """The place that options name; raises `WrongUsage` for a scope that a kind does not have.

    Without a scope: the machine for apt and dnf; for pip and uv the environment that is named
    or active, else the user.
    """
    environment = venv or environ.get("VIRTUAL_ENV", "")
    if kind in (HookKind.APT, HookKind.DNF):
        if scope not in (None, "system"):
            raise WrongUsage(f"{kind.value} has only the scope system")
        chosen = HookScope.SYSTEM
    elif scope is not None:
        chosen = HookScope(scope)
    elif root is not None:
        chosen = HookScope.SYSTEM
    else:
        chosen = HookScope.VENV if environment else HookScope.USER
    if chosen is not HookScope.SYSTEM and root is not None:
        raise WrongUsage(f"--root is for --scope system, not for {chosen.value}")
    if chosen is HookScope.VENV:
        if not environment:
            raise WrongUsage(
                "no environment is active", hint="activate one, or name it with --venv DIR"
            )
        if not os.path.isfile(os.path.join(environment, "pyvenv.cfg")):
            raise WrongUsage(
                f"{environment} is not a virtual environment: it has no pyvenv.cfg",
                hint="create one with: python3 -m venv DIR",
            )
    home = environ.get("HOME") or os.path.expanduser("~")
    return HookLocation(
        kind=kind,
        scope=chosen,
        root=os.path.abspath(root or "/"),
        venv=os.path.abspath(environment) if environment else "",
        config=environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"),
        data=environ.get("XDG_DATA_HOME") or os.path.join(home, ".local/share"),
        environ={
            name: value
            for name, value in environ.items()
            if name.startswith("PIP_") or name in ("HOME", "XDG_CONFIG_DIRS", "VIRTUAL_ENV")
        },
    )
