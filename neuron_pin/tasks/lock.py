"""One lock for each class of hosts, written on the controller."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import NeuronPinError, WrongUsage
from neuron_pin.fleet.host_class import HostClass
from neuron_pin.inputs import parse_all
from neuron_pin.operations.keep_lock import read_preferences
from neuron_pin.operations.lock import lock
from neuron_pin.operations.write import FileChange, Output, find_drift, prepare, write
from neuron_pin.outputs import FORMATS
from neuron_pin.settings import Settings, load_settings

from .arguments import Arguments
from .day import read_day

MAX_CLASSES = 1000
ARGUMENTS = (
    "dest", "classes", "sdk", "requirements", "phases", "scope", "as_of", "offline", "upgrade",
)  # fmt: skip


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """Lock each class; those that cannot be locked are told in ``failed``, and the rest is."""
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    folder = arguments.text("dest")
    if not folder:
        raise WrongUsage("dest is missing: the folder for the locks")
    classes = _read_classes(values.get("classes"))
    catalog = load_catalog()
    day = read_day(arguments.text("as_of"))
    # Wrong options are of the whole task, and not of a class.
    _make_settings(classes[0], arguments)
    parse_all(list(arguments.words("requirements")))
    found: dict[str, Any] = {}
    failed: dict[str, Any] = {}
    diff: list[dict[str, str]] = []
    for each in classes:
        try:
            change, sdk = _lock_class(each, folder, arguments, catalog, day)
        except NeuronPinError as error:
            failed[each.name] = {"message": error.message, "hint": error.hint}
            continue
        if change.changes:
            diff.append(
                {
                    "before_header": change.path,
                    "after_header": change.path,
                    "before": change.before,
                    "after": change.after or "",
                }
            )
            if not is_check:
                os.makedirs(folder, mode=0o755, exist_ok=True)
                write([change])
        found[each.name] = {"path": change.path, "sdk": sdk, "changed": change.changes}
    return {
        "changed": any(row["changed"] for row in found.values()),
        "classes": found,
        "failed_classes": failed,
        "diff": diff,
    }


def _lock_class(
    each: HostClass, folder: str, arguments: Arguments, catalog: Catalog, day: date
) -> tuple[FileChange, str | None]:
    """The lock of a class as a change of its file, and the release.

    A lock that would change in nothing but its day stays as it is, so that a second run changes
    nothing.
    """
    if not each.os:
        raise WrongUsage("the operating system of these hosts is unknown")
    path = os.path.join(folder, f"{each.name}.json")
    output = Output(path, FORMATS["json"])
    settings = _make_settings(each, arguments)
    preferred = None
    if not arguments.flag("upgrade"):
        preferred = read_preferences([(path, "json")])
    resolution = lock(
        settings,
        catalog,
        parse_all(list(arguments.words("requirements"))),
        [],
        today=day,
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
        preferred=preferred,
    )
    command = _name_command(settings, arguments.words("requirements"))
    (change,) = prepare([output], resolution, command, catalog)
    if change.before and not find_drift([change]):
        change = change._replace(after=change.before)
    return change, resolution.sdk


def _make_settings(each: HostClass, arguments: Arguments) -> Settings:
    given: dict[str, Any] = {
        "instance": each.family or None,
        "os": each.os,
        "python": each.python or None,
        "with_kernel": each.kernel or None,
        "sdk": arguments.text("sdk") or None,
        "phase": list(arguments.words("phases")),
        "scope": arguments.text("scope") or None,
        "as_of": arguments.text("as_of") or None,
        "offline": arguments.flag("offline"),
    }
    # Indexes, proxies and certificates are those that the controller's environment names.
    return load_settings(given, os.environ, None)


def _name_command(settings: Settings, requirements: Sequence[str]) -> str:
    """The command that makes the same lock."""
    words = ["neuron-pin", "lock", *requirements]
    for option, value in (
        ("--sdk", settings.sdk),
        ("--instance", settings.instance),
        ("--os", settings.os),
        ("--python", settings.python),
        ("--with-kernel", settings.with_kernel),
        ("--scope", settings.scope),
        ("--as-of", settings.as_of),
    ):
        words += [option, value] if value else []
    for phase in settings.phase:
        words += ["--phase", phase]
    words += ["--offline"] if settings.offline else []
    return shlex.join([*words, "-o", "lock.json"])


def _read_classes(rows: object) -> list[HostClass]:
    """The classes of a request, each once."""
    if not isinstance(rows, list) or not rows:
        raise WrongUsage("classes is missing: a list of classes of hosts")
    if len(rows) > MAX_CLASSES:
        raise WrongUsage(f"more than {MAX_CLASSES} classes")
    found = []
    for row in rows:
        if not isinstance(row, dict):
            raise WrongUsage("classes: not a list of objects with family, os, python and kernel")
        fields = Arguments(row)
        each = HostClass(*(fields.text(name) for name in HostClass._fields))
        # Its name becomes that of a file.
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", each.name):
            raise WrongUsage(f"classes: {each.name[:80]!r} is not a class of hosts")
        found.append(each)
    return list(dict.fromkeys(found))
