"""What is installed of a hook, whether it works, and which of its pins have no effect."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator

from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.apt_view import view_packages
from neuron_pin.errors import CannotWrite, SourceFailed, UnreadableInput
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.hooks.program.state import State, Unusable, read_state
from neuron_pin.operations.own_program import name_program_for_root
from neuron_pin.outputs.apt_preferences import render_outside_pin
from neuron_pin.policy import Pin, PinComparison, Rule
from neuron_pin.record import NamedTuple

from . import apt, dnf, dnf5
from .installing import list_files, read_existing, read_if_any
from .kept_settings import read_kept_settings
from .location import HookKind, HookLocation, find_location
from .managed_file import FileOwner, ManagedFile
from .pip import describe_other_levels, list_paths
from .program import verdict
from .programs import (
    APT_GUARD,
    APT_HOOK,
    DNF5_GUARD,
    DNF5_HOOK,
    FOLDER,
    JUDGE,
    RPM_PACKAGES,
    source_of,
    state_path,
)

SELF_TEST_SECONDS = 10


class FileStatus(NamedTuple):
    """One file of a hook: ``ours``, ``missing``, ``unused``, ``edited``, ``foreign`` or
    ``outdated``."""

    path: str
    state: str


class IneffectivePin(NamedTuple):
    """Pins without effect, or without a reason any more; ``name`` is a package, or a number of
    them."""

    name: str
    reason: str


class HookStatus(NamedTuple):
    """A kind of hook at a place.

    ``state`` is ``installed``, ``absent``, or ``faulty`` with the problems that make it so;
    ``lock`` says what is enforced, ``on_error`` what happens where it cannot be judged.
    ``is_overdue`` says that the day of review, ``expires``, has passed.  ``newer`` are the locked
    versions, each behind its package's name, that are newer than the facts that the hook judges
    by; ``facts`` is the day of those, an ISO date, empty where the kind has none.
    """

    kind: str
    scope: str
    place: str
    state: str
    lock: str
    expires: str
    on_error: str
    files: tuple[FileStatus, ...]
    ineffective: tuple[IneffectivePin, ...]
    problems: tuple[str, ...]
    is_overdue: bool = False
    facts: str = ""
    newer: tuple[tuple[str, str], ...] = ()


def read_status(place: HookLocation, today: str) -> HookStatus:
    """Look at the files of a hook; runs the hook's own check on this machine.  ``today`` is an
    ISO date."""
    pieces = list_files(place)
    files = _files(pieces)
    if not _is_there(files, pieces):
        return _absent(place, files)
    problems = [f"{f.path} is {f.state}" for f in files if f.state in ("missing", "foreign")]
    problems += [
        f"{f.path} is of another version of neuron-pin: run hook install again"
        for f in files
        if f.state == "outdated"
    ]
    problems += [_edit_problem(f) for f in files if f.state == "edited"]
    lock = expires = on_error = facts = ""
    ineffective: tuple[IneffectivePin, ...] = ()
    newer: tuple[tuple[str, str], ...] = ()
    if place.kind in (HookKind.APT, HookKind.DNF):
        try:
            held = read_state(state_path(place))
        except Unusable as error:
            # The program that says so knows neither the root nor the options.
            problem = str(error).partition("; run: ")[0]
            problems.append(f"{problem}; run: {name_repair(place, files, today)}")
        else:
            lock, expires = held.lock, held.values.get("expires", "")
            facts, newer = held.values.get("facts", ""), tuple(_find_newer(held))
            ineffective = _gather(list(_find_ineffective(place, held, today)), len(held.pins))
            if place.kind is HookKind.APT and os.path.exists(place.below(apt.PREFERENCES)):
                problems += _disagreements(place, held)
        on_error = read_kept_settings(place).on_error
        if place.kind is HookKind.APT and place.root == "/":
            problems += _self_test("apt-hook")
        if place.kind is HookKind.DNF and os.path.exists(place.below(dnf5.ACTIONS)):
            problems += [problem for problem in [dnf5.find_obstacle(place)] if problem]
            if place.root == "/":
                problems += _self_test("dnf5-hook")
    else:
        lock = _label(files)
        if place.kind is HookKind.PIP:
            problems += describe_other_levels(place, read_if_any(list_paths(place).settings))[1]
    state = "faulty" if problems else "installed"
    return HookStatus(
        place.kind.value,
        place.scope.value,
        place.label,
        state,
        lock,
        expires,
        on_error,
        tuple(files),
        ineffective,
        tuple(problems),
        is_overdue=bool(expires) and expires < today,
        facts=facts,
        newer=newer,
    )


def check_hooks(root: str, today: str) -> Iterator[Finding]:
    """NP612: what is wrong with the hooks of apt and dnf below a root; nothing where there is
    none.  ``today`` is an ISO date.  Edits by hand of apt's are those of
    `own_files.check_own_files`."""
    for kind, settings in ((HookKind.APT, apt.CONFIGURATION), (HookKind.DNF, dnf.CONFIGURATION)):
        place = find_location(kind, None, root, None, {})
        status = read_status(place, today)
        command = name_repair(place, status.files, today)
        path = place.below(settings)
        if kind is HookKind.DNF and not os.path.exists(path):
            path = place.below(dnf5.ACTIONS)
        edited = {_edit_problem(file) for file in status.files if file.state == "edited"}
        for problem in status.problems:
            if kind is HookKind.APT and problem in edited:
                continue
            named = f"the hook of {kind.value}"
            yield Finding(Rule.HOOK, Severity.ERROR, named, problem, path, command)


def name_repair(place: HookLocation, files: Iterable[FileStatus], today: str) -> str:
    """The command that installs a hook again, with what the installed one was told."""
    words = [name_program_for_root(), "hook", "install", place.kind.value, "--lock", "lock.json"]
    words += ["--root", place.root] if place.root != "/" else []
    words += read_kept_settings(place).list_options(today)
    words += ["--overwrite"] if any(f.state in ("edited", "foreign") for f in files) else []
    return f"sudo {shlex.join(words)}"


def _edit_problem(file: FileStatus) -> str:
    return f"{file.path} has been edited by hand"


def _files(pieces: list[ManagedFile]) -> list[FileStatus]:
    """The state of each file; an optional one that no other file names counts as unused."""
    found = [FileStatus(piece.path, _file_state(piece)) for piece in pieces]
    if not _is_there(found, pieces):
        return found
    texts = [read_if_any(piece.path) for piece in pieces]
    for number, piece in enumerate(pieces):
        is_named = any(piece.path in text for text in texts)
        if piece.is_optional and found[number].state == "missing" and not is_named:
            found[number] = FileStatus(piece.path, "unused")
    return found


def _absent(place: HookLocation, files: list[FileStatus]) -> HookStatus:
    kind, scope = place.kind.value, place.scope.value
    return HookStatus(kind, scope, place.label, "absent", "", "", "", tuple(files), (), ())


def _says_so(file: FileStatus, piece: ManagedFile) -> bool:
    """Whether a file shows that its hook is installed: programs are shared by hooks."""
    return piece.owner is not FileOwner.PROGRAM and file.state not in (
        "missing",
        "unused",
        "foreign",
    )


def _is_there(files: list[FileStatus], pieces: list[ManagedFile]) -> bool:
    """Whether a hook is installed.  Pins that a package manager reads itself are written without
    a hook, too: they count where the state is there that only a hook has."""
    shown = [f for f, piece in zip(files, pieces, strict=True) if _says_so(f, piece)]
    has_state = any(f.path.endswith(".state") and f.state != "missing" for f in files)
    return any(has_state or not file.path.endswith(_PINS) for file in shown)


_PINS = tuple(f"/{path}" for path in (apt.PREFERENCES, dnf.LIST, dnf.TOML))


_SOURCES = {
    name: source
    for source, name, _ in (*JUDGE, APT_HOOK, APT_GUARD, RPM_PACKAGES, DNF5_HOOK, DNF5_GUARD)
}


def _file_state(piece: ManagedFile) -> str:
    try:
        text = read_existing(piece.path)
        if not text:
            return "missing"
        if piece.owner is FileOwner.SHARED:
            return "ours" if piece.without_ours(text) != text else "missing"
    except (CannotWrite, UnreadableInput, ValueError):
        return "foreign"
    if piece.owner is FileOwner.OURS:
        found = find_ownership(text)
        return {Ownership.OURS: "ours", Ownership.EDITED: "edited"}.get(found, "foreign")
    source = _SOURCES.get(os.path.basename(piece.path))
    return "ours" if source is None or text == source_of(source) else "outdated"


def _label(files: list[FileStatus]) -> str:
    """What a constraints file or a configuration says of its lock, or of its index."""
    labels = []
    for file in files:
        found = re.search(r"^# (Neuron SDK [\d.]+|via \S+)", read_if_any(file.path), re.M)
        if found:
            labels.append(found[1])
    return ", ".join(labels)


def _self_test(name: str) -> list[str]:
    """What stops a hook's program from running on this machine."""
    program = f"/{FOLDER}/{name}"
    try:
        done = subprocess.run(
            [program, "--check"],
            capture_output=True,
            timeout=SELF_TEST_SECONDS,
            check=False,
            env={},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return [f"{program} does not run, so every transaction is allowed: {error}"]
    if done.returncode == 0:
        return []
    message = (done.stdout or done.stderr).decode("utf-8", "replace").strip()[-300:]
    return [f"{program} cannot judge: {message}"]


def _disagreements(place: HookLocation, held: State) -> Iterator[str]:
    """Pins in the preferences that differ from the hook's: then unattended upgrades choose what
    the hook refuses, and fail."""
    path = place.below(apt.PREFERENCES)
    text = read_existing(path)
    found = dict(re.findall(r"^Package: (\S+)\nPin: version /(.*)/$", text, re.M))
    for name, pin in held.pins.items():
        expression = render_outside_pin(Pin(pin.base, PinComparison(pin.reach)))
        if name not in found:
            yield f"{path} has no pin for {name}, but the hook has one"
        elif found[name] != expression:
            yield f"{path} and the hook pin {name} to different versions"


def _find_newer(held: State) -> Iterator[tuple[str, str]]:
    """NP510: the locked versions that are newer than what the state knows of their packages."""
    for name, pin in sorted(held.pins.items()):
        known = [version for package, version in held.known if package == name]
        if verdict.compare_with_known(pin.version, known) == "newer":
            yield name, pin.version


def _gather(found: list[IneffectivePin], pins: int) -> tuple[IneffectivePin, ...]:
    """One entry where every pin has no effect for the same reason."""
    reasons = {pin.reason for pin in found}
    if len(found) < 2 or len(found) < pins or len(reasons) > 1:
        return tuple(found)
    reason = reasons.pop()
    hint = "; is the Neuron repository configured, and fetched? Check with: neuron-pin doctor"
    return (IneffectivePin("every package", reason + (hint if reason == _UNKNOWN else "")),)


_UNKNOWN = "is neither installed nor in this machine's package lists"


def _find_ineffective(place: HookLocation, held: State, today: str) -> Iterator[IneffectivePin]:
    """Pins of what has ended, overridden by others, or without a version that they allow."""
    views = {}
    if place.kind is HookKind.APT:
        try:
            views = {view.name: view for view in view_packages(place.root, sorted(held.pins))}
        except (UnreadableInput, SourceFailed):
            views = {}
    for name, pin in sorted(held.pins.items()):
        known = held.known.get((name, verdict.public(pin.version)))
        if known is not None and known.ended and known.ended <= today:
            yield IneffectivePin(name, f"{pin.version} is out of support since {known.ended}")
            continue
        view = views.get(name)
        if view is None:
            continue
        lost = next((v for v in view.versions if v.overridden is not None and v.stanza), None)
        if lost is not None and lost.stanza is not None:
            where = f"{lost.stanza.path}:{lost.stanza.line}"
            yield IneffectivePin(name, f"another stanza decides before it: {where}")
        elif view.installed is None and not view.versions:
            yield IneffectivePin(name, _UNKNOWN)
        elif view.versions and not any(pin.admits(v.version) for v in view.versions):
            yield IneffectivePin(
                name, "no version that it allows is installed or in the package lists"
            )
