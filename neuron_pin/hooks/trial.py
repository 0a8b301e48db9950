"""Whether a hook would allow versions: judged by the hook's own code, without a transaction.

Source: the programs in `hooks/program`, which judge what apt and dnf are about to do.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from neuron_pin.catalog import Catalog
from neuron_pin.errors import UnknownName, UnreadableInput, WrongUsage, nearest
from neuron_pin.inputs.host.hook_state import STATES
from neuron_pin.outputs.hook_state import render_hook_state
from neuron_pin.record import NamedTuple

from .location import OnError
from .lock_input import load_hook_lock
from .program import apt_hook, telling, verdict
from .program.state import State, Unusable, parse_state, read_state
from .programs import HERE

_VERSION = re.compile(r"(\d{1,10}:)?(\d[\w.+~^-]*|(\d[\w.+~^-]*)?\*)", re.ASCII)
"""Source: deb-version(7); rpm-version(7), whose release follows a dash, too."""

KERNELS = ("linux-image-", "linux-headers-")


class ChangeVerdict(NamedTuple):
    """One version, and the hook's verdict on it.

    ``old`` is the installed version, `None` for none.  ``rule`` is what refuses the change,
    `None` where it is allowed; ``install`` are the words that apt or dnf takes to install what
    the lock has instead.
    """

    name: str
    old: str | None
    new: str
    rule: str | None
    reason: str
    install: tuple[str, ...]


class Trial(NamedTuple):
    """Several changes as one transaction; ``lock`` says which lock they were judged by, and
    ``installer`` is the program that would install them: ``apt-get`` or ``dnf``; it needs
    ``option``, if not empty, to install what the lock has."""

    lock: str
    sdk: str | None
    installer: str
    changes: tuple[ChangeVerdict, ...]
    notes: tuple[str, ...]
    option: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether the hook would let the transaction go on."""
        return all(change.rule is None for change in self.changes)


def try_changes(
    words: Sequence[str], lock: str | None, root: str, catalog: Catalog, today: str
) -> Trial:
    """Judge ``NAME=VERSION`` words as one transaction on the machine below ``root``.

    By the lock at ``lock``, else by that of the installed hook.  ``today`` is an ISO date.
    Changes nothing, and takes no notice of ``NEURON_PIN_ALLOW``.  Raises `UnreadableInput`
    without a lock that could be judged by, `WrongUsage` or `UnknownName` for words that name
    no version.
    """
    if not words:
        raise WrongUsage(
            "missing NAME=VERSION", hint="neuron-pin hook test aws-neuronx-tools=2.28.23.0"
        )
    state = _load_state(lock, root, catalog)
    wanted = [_parse(word, state, root) for word in words]
    is_rpm = state.values.get("system") == "rpm"
    found, installed = (_judge_rpm if is_rpm else _judge_apt)(state, wanted, root, today)
    refused = {refusal.change.name: refusal for refusal in found.refusals}
    changes = []
    for name, version in wanted:
        refusal = refused.get(name)
        changes.append(
            ChangeVerdict(
                name,
                installed.get(name),
                version,
                refusal.rule if refusal is not None else None,
                refusal.reason if refusal is not None else "",
                refusal.words if refusal is not None else (),
            )
        )
    notes = [
        n for word, change in zip(words, changes, strict=True) for n in _note(word, change, state)
    ]
    installer = "dnf" if is_rpm else "apt-get"
    option = telling.downgrade_option(state, found.refusals, installer).strip()
    return Trial(
        state.lock, state.sdk or None, installer, tuple(changes), (*found.notes, *notes), option
    )


def _load_state(lock: str | None, root: str, catalog: Catalog) -> State:
    if lock is not None:
        held = load_hook_lock(lock, catalog, OnError.ALLOW, None)
        return parse_state(render_hook_state(held.resolution, held.command).encode())
    paths = [os.path.join(root, STATES, f"{kind}.state") for kind in ("apt", "dnf")]
    path = next((path for path in paths if os.path.isfile(path)), None)
    if path is None:
        raise WrongUsage(
            f"no hook of apt or dnf is installed below {root}",
            hint="name a lock with --lock lock.json",
        )
    try:
        return read_state(path)
    except Unusable as error:
        raise UnreadableInput(path, None, str(error).removeprefix(f"{path} ")) from None


def _parse(word: str, state: State, root: str) -> tuple[str, str]:
    """The name and the whole version that a word means."""
    name, _, version = word.replace("==", "=").partition("=")
    name, version = name.strip(), version.strip()
    if not name or not version or not f"{name}{version}".isprintable() or " " in word.strip():
        raise WrongUsage(f"{word!r} names no version", hint=f"write {_example(name, state)}")
    if not _VERSION.fullmatch(version) or ".." in version:
        raise WrongUsage(
            f"{version!r} is not a version that apt or dnf has",
            hint=f"write {_example(name, state)}",
        )
    if not state.is_neuron(name) and not name.startswith(KERNELS):
        if nearest(name, state.names):
            raise UnknownName("package", name, state.names)
        return name, version
    if "*" not in version:
        return name, version
    known = [v for v in _list_versions(name, state, root) if fnmatchcase(v, version)]
    if not known:
        # A version that has not been released yet.
        return name, version.replace("*", "0")
    return name, max(known, key=lambda v: (verdict.numbers(verdict.public(v)), v))


def _example(name: str, state: State) -> str:
    """A word that the lock allows, of the package if it is in the lock."""
    if name not in state.pins:
        name = min(state.pins, default="aws-neuronx-tools")
    pin = state.pins.get(name)
    return f"{name}={pin.version if pin is not None else '2.28.23.0'}"


def _note(word: str, change: ChangeVerdict, state: State) -> Iterator[str]:
    """How a word was read, where that is not plain."""
    if "*" in word and (change.name, verdict.public(change.new)) not in state.known:
        yield f"{word}: no such version is known; judged as {change.new}"
    near = nearest(change.name, state.names) if change.name not in state.names else ()
    if near and state.is_neuron(change.name):
        yield f"{change.name} is not a known package; did you mean {near[0]}?"


def _list_versions(name: str, state: State, root: str) -> Iterator[str]:
    """The versions of a package in the machine's lists, and those that releases have shipped."""
    yield from (version for package, version in state.known if package == name)
    if os.path.isdir(os.path.join(root, "etc/apt")):
        from neuron_pin.audit.apt_view import view_packages

        for view in view_packages(root, [name]):
            yield from (version.version for version in view.versions)


def _judge_apt(
    state: State, wanted: Iterable[tuple[str, str]], root: str, today: str
) -> tuple[verdict.Verdict, dict[str, str]]:
    """What apt's hook does with a transaction, kernels among it."""
    path = os.path.join(root, "var/lib/dpkg/status")
    status = apt_hook.read_status(path) if os.path.isfile(path) else b""
    _load_judge()
    named = [verdict.Change(name, "", version) for name, version in wanted]
    installed = apt_hook.installed_versions(status, state.names, named)
    lines = []
    for name, version in wanted:
        old = installed.get(name, "-")
        # apt.conf(5), version 3 of the protocol.
        lines.append(f"{name} {old} - - < {version} - - **UNPACK**\n".encode())
    changes, kernels, headers = apt_hook.parse_lines(lines)
    found = verdict.judge(state, changes, installed, today)
    if kernels:
        found.refusals += apt_hook.kernel_refusals(state, changes, kernels, headers, status)
    return found, installed


def _judge_rpm(
    state: State, wanted: Iterable[tuple[str, str]], root: str, today: str
) -> tuple[verdict.Verdict, dict[str, str]]:
    """What dnf's plugin does with a transaction; it alone knows of kernels."""
    from neuron_pin.inputs.host.rpm_database import read_rpm_installed, rpm_database

    names = sorted({*state.names, *(name for name, _ in wanted)})
    installed = dict(read_rpm_installed(root, names)) if rpm_database(root) else {}
    changes = [
        verdict.Change(name, installed.get(name, ""), version)
        for name, version in wanted
        if state.is_neuron(name)
    ]
    return verdict.judge(state, changes, installed, today), installed


def _load_judge() -> None:
    """Have the hook's program load what it judges with, as it does where it is installed; once,
    as it does there."""
    if "verdict" in vars(apt_hook):
        return
    writes_none = sys.dont_write_bytecode
    try:
        apt_hook.load_judge(HERE)
    finally:
        sys.dont_write_bytecode = writes_none
