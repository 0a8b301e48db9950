"""What a host is and has: one document of at most 8 kB, for caches and reports."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from neuron_pin import __version__
from neuron_pin.audit.environment import NeuronNames
from neuron_pin.audit.host import list_system_packages
from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.windows import DRIVER
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.hooks.location import HookKind, find_location
from neuron_pin.hooks.status import HookStatus, read_status
from neuron_pin.inputs.host.distributions import environment_python, read_distributions
from neuron_pin.inputs.host.dpkg_status import has_dpkg_status, read_installed
from neuron_pin.inputs.host.environments import find_environments
from neuron_pin.inputs.state import State, find_release
from neuron_pin.operations.check import CheckedInput
from neuron_pin.policy import Ecosystem
from neuron_pin.printable import make_printable
from neuron_pin.target.detection import detect

from .arguments import Arguments
from .check import WITHIN_DAYS, check_machine, summarize
from .day import read_day
from .host_class import find_class, parse_kernel_line
from .pin_files import list_pins

SCHEMA_VERSION = 1
MAX_BYTES = 8000
"""Bytes of a summary as JSON: larger facts slow every task of a controller."""
MAX_TEXT = 300
"""Characters of one text of a summary."""


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """The facts; nothing is ever changed."""
    del is_check
    arguments = Arguments(values)
    arguments.refuse_others(("root", "gather", "check", "as_of", "within"))
    found = gather_facts(
        arguments.text("root", "/"),
        load_catalog(),
        read_day(arguments.text("as_of")),
        checks=arguments.flag("check"),
        within_days=arguments.number("within", WITHIN_DAYS),
        is_full=arguments.choice("gather", ("summary", "full"), "summary") == "full",
    )
    return {"changed": False, "facts": found}


def gather_facts(
    root: str,
    catalog: Catalog,
    day: date,
    *,
    checks: bool,
    within_days: int = WITHIN_DAYS,
    is_full: bool = False,
) -> dict[str, Any]:
    """The document of docs/schemas/host-facts.schema.json for the machine below a root.

    ``checks`` adds the findings of ``check --host``.  Unless ``is_full``, texts are cut and lists
    shortened until the whole is no larger than `MAX_BYTES`; ``omitted`` says what is missing.
    What cannot be read is in ``unread``, and the rest is gathered.
    """
    machine = detect(root)
    unread: list[str] = []
    checked = None
    if checks:
        checked = check_machine(root, catalog, day, within_days=within_days)
        unread += [error.message for error in checked.errors]
    packages = _list_packages(root, catalog, unread)
    kernel = machine.kernel or machine.other_kernel
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "program": __version__,
        "facts_until": catalog.announced.isoformat(),
        "day": day.isoformat(),
        "gather": "full" if is_full else "summary",
        "host": _read_line(os.path.join(root, "etc/hostname")) or None,
        "instance": {
            "family": machine.instance or None,
            "type": _find_type(root) or None,
        },
        "os": machine.os or None,
        "architecture": os.uname().machine,
        "kernel": {"release": kernel or None, "line": parse_kernel_line(kernel) or None},
        "python": _find_pythons(root),
        "driver": {
            "loaded": machine.driver or machine.other_driver or None,
            "installed": next((p["version"] for p in packages if p["name"] == DRIVER), None),
            "devices": _count_devices(root),
        },
        "sdk": None,
        "packages": packages,
        "pins": list_pins(root),
        "hooks": _list_hooks(root, day),
        "environments": _list_environments(root, catalog, checked, unread, is_full=is_full),
        "findings": summarize(checked.findings) if checked is not None else None,
        "unread": unread,
        "omitted": {},
    }
    document["sdk"] = _find_sdk(document, catalog)
    found = find_class(document)
    document["class"] = {"name": found.name, **found._asdict()}
    return document if is_full else fit(document)


def fit(document: dict[str, Any], limit: int = MAX_BYTES) -> dict[str, Any]:
    """A document of at most ``limit`` bytes as JSON: texts are cut, then the longest lists lose
    their last rows.  What was left out is counted in ``omitted``."""
    document = _cut(document)
    lists: list[tuple[str, list[Any]]] = [
        (name, document[name]) for name in ("packages", "environments", "unread", "pins", "hooks")
    ]
    if document["findings"] is not None:
        lists.append(("findings", document["findings"]["findings"]))
    omitted: Counter[str] = Counter()
    while len(json.dumps(document)) > limit:
        name, rows = max(lists, key=lambda each: len(json.dumps(each[1])))
        if not rows:
            break
        rows.pop()
        omitted[name] += 1
        document["omitted"] = dict(sorted(omitted.items()))
    return document


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    return [_cut(inner) for inner in value] if isinstance(value, list) else value


def _list_packages(root: str, catalog: Catalog, unread: list[str]) -> list[dict[str, Any]]:
    """The Neuron system packages, each with dpkg's state and whether it is on hold."""
    try:
        found = list(list_system_packages(root, catalog))
        states = {}
        if has_dpkg_status(root):
            names = [p.key.name for p in found if p.key.ecosystem is Ecosystem.APT]
            states = read_installed(root, names)
    except UnreadableInput as error:
        unread.append(error.message)
        return []
    rows = []
    for package in found:
        state = states.get(package.key.name)
        row: dict[str, Any] = {
            "name": package.key.name,
            "version": package.version,
            "ecosystem": package.key.ecosystem.value,
        }
        if state is not None and state.is_held:
            row["held"] = True
        if state is not None and state.state != "installed":
            row["state"] = state.state
        rows.append(row)
    return rows


def _list_hooks(root: str, day: date) -> list[dict[str, Any]]:
    """The system's hooks that are installed, whether or not they work."""
    rows = []
    for kind in HookKind:
        place = find_location(kind, "system", root, None, {})
        try:
            status = read_status(place, day.isoformat())
        except NeuronPinError as error:
            rows.append({"kind": kind.value, "state": "faulty", "problems": [error.message]})
            continue
        if status.state != "absent":
            rows.append(describe_hook(status))
    return rows


def describe_hook(status: HookStatus) -> dict[str, Any]:
    """A hook as a row of facts."""
    row: dict[str, Any] = {"kind": status.kind, "state": status.state}
    if status.scope != "system":
        row["scope"] = status.scope
    stated = {"lock": status.lock, "expires": status.expires, "on_error": status.on_error}
    row.update((name, value) for name, value in stated.items() if value)
    if status.is_overdue:
        row["overdue"] = True
    if status.problems:
        row["problems"] = list(status.problems)
    return row


def _list_environments(
    root: str,
    catalog: Catalog,
    checked: CheckedInput | None,
    unread: list[str],
    *,
    is_full: bool,
) -> list[dict[str, Any]]:
    """The environments with Neuron packages, and those; in full every distribution."""
    folders: dict[str, list[tuple[str, str]]] = {}
    if checked is not None:
        for stated in checked.stated:
            if stated.key.ecosystem is Ecosystem.PIP:
                folders.setdefault(stated.place, []).append((stated.key.name, stated.version or ""))
    else:
        searched = find_environments(root, NeuronNames(catalog))
        if searched.problem is not None:
            unread.append(searched.problem.message)
        for folder in searched.folders:
            try:
                found = read_distributions(folder, frozenset(), root)
                folders[folder] = [(each.name, each.version) for each in found]
            except UnreadableInput as error:
                unread.append(error.message)
    names = NeuronNames(catalog)
    return [
        {
            "path": _below(folder, root),
            "python": environment_python(folder) or None,
            "packages": {n: v for n, v in sorted(rows) if is_full or n in names},
        }
        for folder, rows in folders.items()
    ]


def _find_sdk(document: Mapping[str, Any], catalog: Catalog) -> str | None:
    """The release that most of the packages are of."""
    versions = {}
    for row in document["packages"]:
        key = _key(row["ecosystem"], row["name"])
        versions[key] = (row["version"],)
    for environment in document["environments"]:
        for name, version in environment["packages"].items():
            versions.setdefault(_key("pip", name), (version,))
    return find_release(State("host", "", versions), catalog) or None if versions else None


def _key(ecosystem: str, name: str) -> Any:
    from neuron_pin.policy import PackageKey

    return PackageKey(Ecosystem(ecosystem), name)


def _find_pythons(root: str) -> dict[str, Any]:
    """The Python that ``python3`` is, and every one that is installed beside it."""
    found = set()
    default = ""
    for folder in ("usr/local/bin", "usr/bin"):
        place = os.path.join(root, folder)
        try:
            names = os.listdir(place)
        except OSError:
            continue
        found |= {name[6:] for name in names if re.fullmatch(r"python3\.\d{1,3}", name)}
        if "python3" in names and not default:
            default = _follow(os.path.join(place, "python3"))
    available = sorted(found, key=lambda version: int(version.partition(".")[2]))
    return {"default": default or None, "available": available}


def _follow(path: str) -> str:
    """The version that a link ``python3`` states; empty for a file."""
    try:
        found = re.fullmatch(r"python(3\.\d{1,3})", os.path.basename(os.readlink(path)))
    except OSError:
        return ""
    return found[1] if found is not None else ""


def _find_type(root: str) -> str:
    text = _read_line(os.path.join(root, "sys/devices/virtual/dmi/id/product_name"))
    return text if re.fullmatch(r"[a-z][a-z0-9-]{0,20}\.[a-z0-9-]{1,30}", text) else ""


def _count_devices(root: str) -> int:
    try:
        return sum(
            re.fullmatch(r"neuron\d+", name) is not None
            for name in os.listdir(os.path.join(root, "dev"))
        )
    except OSError:
        return 0


def _read_line(path: str) -> str:
    """The first line of a small file; empty where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return make_printable(stream.read(400).partition("\n")[0].strip())
    except OSError:
        return ""


def _below(path: str, root: str) -> str:
    """A path as the machine itself has it."""
    return "/" + os.path.relpath(path, root) if root != "/" else path
