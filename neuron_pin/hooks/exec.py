"""One command under a lock: pip, uv and what calls them by variables, apt by APT_CONFIG.

Source: pip, "Configuration", environment variables; uv, "Environment variables"; apt.conf(5):
the file that APT_CONFIG names is read before the machine's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import time
from collections.abc import Mapping, Sequence

from neuron_pin.errors import CannotWrite, NeuronPinError, WrongUsage
from neuron_pin.fs.atomic import write_atomically
from neuron_pin.outputs.apt_preferences import render_apt_preferences
from neuron_pin.outputs.constraints import render_bound_constraints, render_constraints
from neuron_pin.outputs.hook_state import render_hook_state
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Resolution

from .programs import HERE

MAX_AGE = 30 * 86400
"""Seconds after which files of earlier commands are removed."""

DNF = ("dnf", "dnf5", "dnf-3", "dnf4", "yum", "microdnf", "tdnf", "rpm")
UV_PROJECT = ("lock", "sync", "run", "remove", "export", "tree", "build", "version")


class CannotEnforce(NeuronPinError):
    """A command on which a lock cannot be enforced from outside."""

    exit_code = 2


class Command(NamedTuple):
    """A command to run in place of this one, with its whole environment."""

    words: tuple[str, ...]
    environ: Mapping[str, str]


def prepare_command(
    words: Sequence[str],
    resolution: Resolution,
    command: str,
    environ: Mapping[str, str],
    folder: str,
) -> Command:
    """Write the constraints and settings of the lock below ``folder``, and give the command.

    Raises `CannotEnforce` for a program that reads no such settings, `WrongUsage` without a
    command, `CannotWrite` where the folder cannot be used.
    """
    if not words:
        raise WrongUsage(
            "missing command to run", hint="neuron-pin exec -- .venv/bin/pip install torch-neuronx"
        )
    _check_enforceable(words)
    try:
        held = _make_environment(resolution, command, environ, folder)
        _forget_old(folder)
    except OSError as error:
        raise CannotWrite(
            folder, f"cannot be used: {error.strerror}", hint="name another with --cache-dir"
        ) from None
    return Command(tuple(words), held)


def _make_environment(
    resolution: Resolution, command: str, environ: Mapping[str, str], folder: str
) -> dict[str, str]:
    held = dict(environ)
    pips = resolution.packages_of(Ecosystem.PIP)
    if pips:
        constraints = _kept(folder, "txt", render_constraints(resolution, command))
        neuron, others = resolution.indexes()
        bound = _kept(folder, "txt", render_bound_constraints(resolution, command))
        _add(held, "PIP_CONSTRAINT", [bound])
        _add(held, "UV_CONSTRAINT", [constraints])
        own = resolution.only_own()
        if own.packages:
            # Constraints do not reach isolated builds.
            builds = _kept(folder, "txt", render_bound_constraints(own, command))
            _add(held, "PIP_BUILD_CONSTRAINT", [builds])
            builds = _kept(folder, "txt", render_constraints(own, command))
            _add(held, "UV_BUILD_CONSTRAINT", [builds])
        extra = (*neuron, *resolution.needed_urls())
        _add(held, "PIP_EXTRA_INDEX_URL", extra)
        # uv takes a name from the first index that has it, and these come before all others.
        _add(held, "UV_INDEX", extra)
        held["UV_INDEX_STRATEGY"] = "unsafe-first-match"
        if len(others) == 1:
            held.setdefault("PIP_INDEX_URL", others[0])
            held.setdefault("UV_DEFAULT_INDEX", others[0])
    if resolution.packages_of(Ecosystem.APT):
        held["APT_CONFIG"] = _apt_configuration(
            folder, resolution, command, environ.get("APT_CONFIG", "")
        )
    return held


def _check_enforceable(words: Sequence[str]) -> None:
    name = os.path.basename(words[0])
    if name in DNF:
        raise CannotEnforce(
            f"exec cannot enforce a lock on {name}: it reads no variable for that",
            hint='sudo "$(command -v neuron-pin)" hook install dnf --lock lock.json',
        )
    if name == "uv":
        verb = next((word for word in words[1:] if not word.startswith("-")), "")
        if verb in UV_PROJECT:
            raise CannotEnforce(
                f"exec cannot enforce a lock on uv {verb}: only the project's constraints count",
                hint="neuron-pin hook install uv --venv .venv writes them into pyproject.toml",
            )


def _add(environ: dict[str, str], name: str, values: Sequence[str]) -> None:
    """Put values before those of a variable; the tools split it at spaces."""
    theirs = environ.get(name, "").split()
    merged = list(dict.fromkeys([*values, *theirs]))
    if merged:
        environ[name] = " ".join(merged)


def _kept(folder: str, suffix: str, text: str) -> str:
    """A file named by the hash of its text, so that concurrent commands share it."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    path = os.path.join(folder, f"{digest}.{suffix}")
    if not write_atomically(path, text):
        os.utime(path)
    return path


def _apt_configuration(folder: str, resolution: Resolution, command: str, theirs: str) -> str:
    """An apt configuration with the hook, and our preferences before the machine's."""
    state = _kept(folder, "state", render_hook_state(resolution, command))
    preferences = render_apt_preferences(resolution, command)
    parts = "/etc/apt/preferences.d"
    known = sorted(os.listdir(parts)) if os.path.isdir(parts) else []
    digest = hashlib.sha256("\n".join([preferences, *known]).encode()).hexdigest()[:24]
    joined = os.path.join(folder, f"{digest}.preferences.d")
    os.makedirs(joined, mode=0o755, exist_ok=True)
    write_atomically(os.path.join(joined, "00-neuron-pin.pref"), preferences)
    for name in known:
        link = os.path.join(joined, name)
        if name != "00-neuron-pin.pref" and not os.path.lexists(link):
            os.symlink(os.path.join(parts, name), link)
    os.utime(joined)
    program = os.path.join(HERE, "apt_hook.py")
    called = f"/usr/bin/python3 -IS {shlex.quote(program)} --root=/ --state={shlex.quote(state)}"
    lines = [
        *([f'#include "{theirs}";'] if theirs else []),
        f'Dir::Etc::preferencesparts "{joined}/";',
        f'DPkg::Pre-Install-Pkgs {{ "{called} || test $? -ne 10"; }};',
        'DPkg::Tools::Options::/usr/bin/python3 { Version "3"; InfoFD "20"; };',
    ]
    return _kept(folder, "apt.conf", "\n".join(lines) + "\n")


def _forget_old(folder: str) -> None:
    """Remove the files of commands of long ago."""
    if not os.path.isdir(folder):
        return
    old = time.time() - MAX_AGE
    for entry in os.scandir(folder):
        if entry.stat(follow_symlinks=False).st_mtime >= old:
            continue
        # Another command may remove it at the same time.
        with contextlib.suppress(FileNotFoundError):
            if entry.is_dir(follow_symlinks=False):
                for inner in os.scandir(entry.path):
                    os.unlink(inner.path)
                os.rmdir(entry.path)
            else:
                os.unlink(entry.path)
