"""The steps that move what is enforced on a machine, and bring it back: a hook's lock, or pins.

A hook refuses what its lock does not have, so it is moved before anything is installed, and after
the checks: a machine that fails one keeps its hook.  What is there is saved into an
archive before it is replaced: rolling back restores it byte for byte.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence

from neuron_pin.operations.own_program import name_program_for_root
from neuron_pin.policy import DEFAULT_PHASES, Ecosystem
from neuron_pin.resolve import Resolution
from neuron_pin.target import Scope

from .step import Part, Step

FOLDER = "var/lib/neuron-pin"
PROGRAMS = "usr/lib/neuron-pin"
ENFORCED = {
    Ecosystem.APT: (
        "etc/apt/preferences.d/00-neuron-pin.pref",
        "etc/apt/apt.conf.d/90neuron-pin",
        f"{FOLDER}/apt.state",
        PROGRAMS,
    ),
    Ecosystem.RPM: (
        "etc/dnf/plugins/versionlock.list",
        "etc/dnf/versionlock.toml",
        "etc/yum/pluginconf.d/versionlock.list",
        "etc/dnf/plugins/neuron-pin.conf",
        f"{FOLDER}/dnf.state",
        PROGRAMS,
    ),
}
"""The files of hooks and pins by package manager, below a root."""


def list_enforced(root: str, system: Ecosystem) -> tuple[str, ...]:
    """Those of the files that exist below a root."""
    return tuple(p for p in ENFORCED[system] if os.path.exists(os.path.join(root or "/", p)))


def hook_steps(resolution: Resolution, root: str, files: Sequence[str]) -> Iterator[Step]:
    """The lock of a release, and a machine's hook moved to it; ``files`` are what the hook has."""
    target, sdk = resolution.target, resolution.sdk or ""
    lock = f"neuron-{sdk}.lock.json"
    manager = "apt" if target.system is Ecosystem.APT else "dnf"
    yield Step(
        Part.LOCK,
        "lock",
        f"Lock SDK {sdk}",
        commands=(shlex.join(_lock_words(resolution, lock)),),
        reason=f"the {manager} hook of this machine refuses what its lock does not have",
    )
    state = f"{root}/{FOLDER}/{manager}.state"
    moved = f"grep -Eqs '^value[[:space:]]sdk[[:space:]]{re.escape(sdk)}$' {state}"
    yield from save_steps(Part.LOCK, sdk, root, files, moved=moved)
    words = [name_program_for_root(), "hook", "install", manager, "--lock", lock]
    words += ["--root", root] if root else []
    yield Step(
        Part.LOCK,
        "hook",
        f"Move the {manager} hook to that lock",
        commands=(shlex.join(words),),
        as_root=True,
        reason="it pins the new versions, too",
    )


def save_steps(
    part: Part, sdk: str, root: str, files: Sequence[str], *, moved: str, exist: bool = True
) -> Iterator[Step]:
    """What is enforced now, saved into an archive; rolling back unpacks that.

    ``moved`` is a test that succeeds where the release is enforced already: then nothing is
    saved, because a plan that is run again would save what it wrote itself.  An archive that
    is there otherwise is of an earlier move to the same release.
    Without ``exist`` the files are saved where the machine has them.
    """
    if not files:
        return
    folder = f"{root}/{FOLDER}"
    archive = f"{folder}/before-{sdk}.tar"
    below = root or "/"
    save = shlex.join(["tar", "-C", below, "-cf", archive, *files])
    restore = shlex.join(["tar", "-C", below, "-xpf", archive])
    if not exist:
        absent = [shlex.join(["test", "!", "-e", f"{root}/{path}"]) for path in files]
        save = " || ".join([*absent, save])
    restore = f"{shlex.join(['test', '!', '-e', archive])} || {restore}"
    yield Step(
        part,
        "save",
        "Save the present pins",
        commands=(
            shlex.join(["mkdir", "-p", folder]),
            shlex.join(["rm", "-f", archive]),
            save,
        ),
        as_root=True,
        unless=moved or shlex.join(["test", "-e", archive]),
        reason="rolling back restores them",
        back=(
            restore,
            shlex.join(["rm", "-f", archive]),
        ),
    )


def _lock_words(resolution: Resolution, path: str) -> list[str]:
    target = resolution.target
    words = ["neuron-pin", "lock", "--offline", "--sdk", resolution.sdk or ""]
    words += target.list_options()
    words += ["--scope", target.scope.value] if target.scope is not Scope.BOTH else []
    for phase in sorted(target.phases - DEFAULT_PHASES):
        words += ["--phase", phase.label]
    return [*words, "--as-of", target.as_of.isoformat(), "-o", path]
