"""``neuron-pin hook``: what makes package managers enforce a lock."""

from __future__ import annotations

import os
import sys

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import UnknownName, WrongUsage
from neuron_pin.hooks.installing import (
    carry_out,
    is_program,
    list_logs,
    prepare_install,
    prepare_removals,
)
from neuron_pin.hooks.kept_settings import keep_settings
from neuron_pin.hooks.location import HookKind, HookLocation, OnError, find_location, list_locations
from neuron_pin.hooks.lock_input import (
    check_operating_system,
    describe_expiry,
    find_mismatches,
    load_hook_lock,
    load_index_redirect,
)
from neuron_pin.hooks.managed_file import HookLock
from neuron_pin.hooks.uv import list_covered_commands
from neuron_pin.sources.index.locations import is_open

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin hook``."""
    parser.examples = (
        "hook install apt --lock lock.json --dry-run",
        "hook test 'aws-neuronx-tools=3.*' --lock lock.json",
        "hook status",
        "hook remove apt",
    )
    parser.add_actions(
        {
            "install": "install the hooks of apt, dnf, pip or uv, with the lock that they enforce",
            "status": "show which hooks are installed, what they enforce, and whether they work",
            "test": "say whether the hook would allow these versions; changes and installs nothing",
            "remove": "remove hooks, and everything that came with them",
        },
        common,
    )
    install, status, test, remove = parser.actions.values()
    install.examples = (
        "hook install apt --lock lock.json --dry-run",
        "hook install pip uv --lock lock.json --venv .venv",
        "hook install pip --via http://127.0.0.1:8099",
    )
    for action, kinds in (
        (install, "what to install hooks for: apt, dnf, pip, uv"),
        (status, "show only these: apt, dnf, pip, uv"),
        (remove, "what to remove hooks of: apt, dnf, pip, uv"),
    ):
        action.add_argument("kinds", metavar="KIND", nargs="*", help=kinds)
    install.add_argument(
        "--lock",
        metavar="FILE",
        help="enforce this lock; default: lock.json, and none with --via",
    )
    install.add_argument(
        "--via",
        metavar="URL",
        help="have pip and uv take everything from this index (neuron-pin serve)",
    )
    install.add_argument(
        "--on-error",
        choices=("allow", "refuse"),
        metavar="WHAT",
        help="allow or refuse changes to Neuron packages that the hook cannot judge; default: as "
        "the installed hook does, else allow",
    )
    install.add_argument(
        "--expires",
        metavar="DATE",
        help="remind from this day on to review the lock; default: the day that was chosen for "
        "the installed hook, else six months after the lock's day",
    )
    for action in (install, remove):
        action.add_argument(
            "--dry-run",
            action="store_true",
            help="write nothing; list the files, and show how settings change (-v: programs too)",
        )
        action.add_argument(
            "--overwrite",
            action="store_true",
            help="overwrite files even if somebody has edited them by hand",
        )
    install.add_argument(
        "--allow-other-os",
        action="store_true",
        help="install a lock that was made for another operating system than the machine's",
    )
    for action in (install, status, remove):
        action.add_argument(
            "--scope",
            choices=("system", "user", "venv"),
            help="which settings of pip and uv: system, user or venv; default: the active "
            "environment's, else the user's",
        )
        action.add_argument(
            "--venv", metavar="DIR", help="use this environment; default: the active one"
        )
        action.add_argument("--root", metavar="DIR", help="use the machine below this folder")
    add_format(status, "text", "json")
    test.examples = (
        "hook test aws-neuronx-tools=2.28.23.0",
        "hook test 'aws-neuronx-tools=3.*' --lock lock.json",
    )
    test.add_argument(
        "changes",
        metavar="NAME=VERSION",
        nargs="*",
        help="a version to be installed, as apt takes it; 2.* is the newest known of these",
    )
    test.add_argument(
        "--lock",
        metavar="FILE",
        help="judge by this lock.json; default: the lock of the installed hook",
    )
    test.add_argument("--root", metavar="DIR", help="judge for the machine below this folder")
    add_format(test, "text", "json", what="the verdict")


def run(options: Options, console: Console) -> int:
    """Install, remove, look, or try."""
    if options.action == "status":
        return _status(options, console)
    if options.action == "test":
        return _test(options, console)
    places = _places(options)
    again = [sys.argv[0], *options.arguments]
    if options.action == "install":
        catalog = load_catalog()
        if options.via:
            held = _load_index_redirect(options, places, catalog, console)
        else:
            lock = options.lock or "lock.json"
            on_error = OnError(options.on_error or "allow")
            held = load_hook_lock(lock, catalog, on_error, options.expires)
        for place in places:
            check_operating_system(held, place, allow_other=options.allow_other_os)
            for warning in find_mismatches(held, place):
                console.warn(warning)
        prepared = []
        for place in places:
            own, kept = keep_settings(held, place, options.on_error, options.expires, today())
            for setting in kept:
                console.note(f"{place.label}: {setting}, kept from the installed hook")
            expired = describe_expiry(own, today())
            if expired:
                console.warn(expired)
            files = prepare_install(place, own, overwrite=options.overwrite)
            if place.kind is HookKind.PIP:
                _tell_other_levels(place, files[-1].after or "", console)
            prepared.append((place, files))
    else:
        prepared = prepare_removals(places, overwrite=options.overwrite)
    if options.dry_run:
        for place, files in prepared:
            shown = [f for f in files if options.verbose or not is_program(f.path, place)]
            console.result("".join(file.diff() for file in shown))
            for file in files:
                what = "removed" if file.after is None else "written"
                size = f", {len(file.after.encode()):,} bytes" if file.after is not None else ""
                console.note(f"{file.path}: would be {what if file.changes else 'unchanged'}{size}")
            _note_logs(place, options, console)
        return 0
    for place, files in prepared:
        done = set(carry_out(place, files, again))
        for file in files:
            what = "removed" if file.after is None else "written"
            console.note(f"{file.path}: {what if file.path in done else 'unchanged'}")
        if not files:
            console.note(f"{place.label}: neuron-pin has installed nothing there")
        _note_logs(place, options, console)
        if options.action == "install" and place.kind is HookKind.UV:
            console.note(list_covered_commands(place))
    return 0


def _load_index_redirect(
    options: Options, places: list[HookLocation], catalog: Catalog, console: Console
) -> HookLock:
    others = [place.kind.value for place in places if place.kind not in (HookKind.PIP, HookKind.UV)]
    if others:
        raise WrongUsage(f"--via is for pip and uv, not for {', '.join(others)}")
    held = load_index_redirect(options.via, options.lock, catalog, today())
    if is_open(held.via):
        console.warn(f"{held.via} is not encrypted: anybody on the way can change packages")
    return held


def _tell_other_levels(place: HookLocation, text: str, console: Console) -> None:
    """What pip's other files and variables mean beside the hook's file."""
    from neuron_pin.hooks.pip import describe_other_levels

    replaced, stronger = describe_other_levels(place, text)
    for line in replaced:
        console.note(f"pip: {line}")
    for line in stronger:
        console.warn(f"pip: {line}")


def _places(options: Options) -> list[HookLocation]:
    if not options.kinds:
        raise WrongUsage(
            "missing KIND: say which package manager it is about",
            hint=f"neuron-pin hook {options.action} apt; known: apt, dnf, pip, uv",
        )
    return [
        find_location(kind, options.scope, options.root, options.venv, os.environ)
        for kind in _kinds(options.kinds)
    ]


def _note_logs(place: HookLocation, options: Options, console: Console) -> None:
    """Removal keeps the record of refusals and overrides."""
    for path in list_logs(place) if options.action == "remove" else ():
        console.note(f"{path}: kept, it is the log of refusals and overrides")


def _kinds(words: list[str]) -> list[HookKind]:
    known = {kind.value: kind for kind in HookKind}
    for word in words:
        if word == "zypper":
            raise WrongUsage(
                "there is no hook for zypper: Neuron publishes no packages for a system that uses "
                "it, and a lock of zypper with a version lets in a package that obsoletes the "
                "locked one",
                hint="known: apt, dnf, pip, uv",
            )
        if word not in known:
            raise UnknownName("hook", word, known, hint="apt, dnf, pip, uv")
    return [known[word] for word in dict.fromkeys(words)]


def _status(options: Options, console: Console) -> int:
    from neuron_pin.hooks.status import read_status
    from neuron_pin.report.hook_status import hook_status_document, render_hook_status

    day = today()
    age = warn_of_old_facts(console, load_catalog(), day)
    found = [
        read_status(place, day.isoformat())
        for kind in _kinds(options.kinds) or list(HookKind)
        for place in list_locations(kind, options.scope, options.root, options.venv, os.environ)
    ]
    if options.format == "json":
        console.result(hook_status_document(found, age))
    else:
        console.show(render_hook_status(found, verbose=options.verbose > 0))
    return 1 if any(status.state == "faulty" for status in found) else 0


def _test(options: Options, console: Console) -> int:
    """0 if the hook would allow all of it, else 1."""
    from neuron_pin.hooks.trial import try_changes
    from neuron_pin.report.hook_trial import hook_trial_document, render_hook_trial

    day = today().isoformat()
    trial = try_changes(options.changes, options.lock, options.root or "/", load_catalog(), day)
    render = hook_trial_document if options.format == "json" else render_hook_trial
    console.print_as(options.format, render(trial))
    return 0 if trial.is_allowed else 1
