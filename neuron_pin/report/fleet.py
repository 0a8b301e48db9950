"""A fleet's report and its classes as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from neuron_pin.fleet.fleet_report import FleetReport, ReportedClass, ReportedHost, ReportedLock
from neuron_pin.fleet.host_class import HostClass
from neuron_pin.fleet.lock_fit import Fit, LockFit
from neuron_pin.policy import Rule
from neuron_pin.screen import Screen, columns

SCHEMA_VERSION = 1
MAX_SHOWN = 20
"""Rows of a table of the text, of those that can be many."""
MAX_NAMES = 3
_TITLES = {rule.identifier: rule.title for rule in Rule}


def find_title(rule: str) -> str:
    """The title of a rule; a host's neuron-pin may be newer and know others."""
    return _TITLES.get(rule, "a rule of a newer neuron-pin")


def name_hosts(names: Sequence[str], most: int = MAX_NAMES) -> str:
    """The first of some hosts, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def count_hosts(number: int) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{number} host{'s' * (number != 1)}"


def describe_change(before: str, after: str) -> str:
    """A change of a value, for people."""
    return f"{before} → {after}" if before and after else f"gone: {before}" if before else after


def lock_command(found: ReportedClass) -> str:
    """The command that makes the lock of a class; empty where its instance family or its operating
    system is not known.

    Of its kernels the oldest counts: a driver for it works with the newer ones of the line.
    """
    kind = found.host_class
    if not kind.os or not kind.family:
        return ""
    words = ["neuron-pin", "lock", "--instance", kind.family, "--os", kind.os]
    words += ["--python", kind.python] if kind.python else []
    words += ["--with-kernel", kind.kernel] if kind.kernel else []
    return shlex.join([*words, "-o", f"{kind.name}.json"])


# Text -------------------------------------------------------------------------------------


def render_classes_text(classes: Sequence[ReportedClass], screen: Screen) -> str:
    """A row a class, then the commands that make their locks."""
    rows = [
        (found.host_class.name, str(len(found.hosts)), _name_releases(found)) for found in classes
    ]
    lines = columns(("CLASS", "HOSTS", "RELEASES"), rows, screen) if rows else ["no hosts"]
    if rows:
        commands = [lock_command(found) or _explain_no_lock(found) for found in classes]
        lines += ["", "One lock a class:", *(f"    {command}" for command in commands)]
    return "\n".join(lines) + "\n"


def _explain_no_lock(found: ReportedClass) -> str:
    """Why there is no command, as a comment of a shell, for people copy these lines."""
    kind = found.host_class
    missing = [("operating system", "--os")] if not kind.os else []
    missing += [("instance family", "--instance")] if not kind.family else []
    what, options = (" and ".join(words) for words in zip(*missing, strict=True))
    return (
        f"# {kind.name}: its {what} must be known for a lock; gather the facts again with {options}"
    )


def _name_releases(found: ReportedClass) -> str:
    return ", ".join(f"{release} ({count})" for release, count in found.releases)


def render_report_text(report: FleetReport, screen: Screen) -> str:
    """The report's tables; long ones are cut, and say so."""
    parts = [[describe_fleet(report)], *_list_tables(report, screen)]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def describe_fleet(report: FleetReport) -> str:
    """What the report is of, as a sentence."""
    number = len(report.classes)
    text = f"{count_hosts(len(report.hosts))} of {number} class{'es' * (number != 1)}"
    if report.days is not None:
        first, last = report.days
        text += f", facts of {first}" + (f" to {last}" if last != first else "")
    if report.unread:
        text += f"; {len(report.unread)} could not be read"
    return f"{text}."


def _list_tables(report: FleetReport, screen: Screen) -> Iterator[list[str]]:
    if report.classes:
        rows = [(c.host_class.name, str(len(c.hosts)), _name_releases(c)) for c in report.classes]
        yield _table(("CLASS", "HOSTS", "RELEASES"), rows, screen)
    if report.rules:
        found = [(r.rule, r.severity, str(len(r.hosts)), find_title(r.rule)) for r in report.rules]
        yield _table(("RULE", "SEVERITY", "HOSTS", "TITLE"), found, screen)
    if report.ends:
        ends = [
            (str(e.end.day or "no day yet"), e.end.subject, e.end.phase, str(len(e.hosts)))
            for e in report.ends
        ]
        yield _table(("ENDS", "SUBJECT", "PHASE", "HOSTS"), ends, screen)
    for lock in report.locks:
        head = f"{lock.path}: {describe_lock(lock)}"
        counts = ", ".join(f"{fit.value}: {len(names)}" for fit, names in lock.hosts)
        stops = [
            (blocker.rule or "-", str(len(names)), f"{blocker.fact}: {name_hosts(names)}")
            for fit, blocker, names in lock.blockers
            if fit is not Fit.OTHER
        ]
        table = _table(("RULE", "HOSTS", "WHAT STOPS IT"), stops, screen) if stops else []
        yield [head, counts or "no hosts", *table]
    if report.drift is not None:
        drift = report.drift
        head = f"{drift.same} of {count_hosts(drift.before)} with earlier facts are the same."
        changes = [
            (c.what, describe_change(c.before, c.after), str(len(names)), name_hosts(names))
            for c, names in drift.changes
        ]
        heads = ("CHANGE", "VALUE", "HOSTS", "NAMES")
        yield [head, *(_table(heads, changes, screen) if changes else [])]


def describe_lock(lock: ReportedLock) -> str:
    """What a lock is, in one line."""
    sdk = lock.lock.sdk
    return f"{f'Neuron SDK {sdk}' if sdk else 'no release'} for {lock.lock.target.label}"


def warn_of_locks(report: FleetReport) -> Iterator[str]:
    """What to know of locks that are for none of the hosts."""
    for lock in report.locks:
        if report.hosts and lock.count(Fit.OTHER) == len(report.hosts):
            yield f"{lock.path} is for another class than every host: {describe_lock(lock)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    lines = columns(head, rows[:MAX_SHOWN], screen)
    if len(rows) > MAX_SHOWN:
        lines.append(f"and {len(rows) - MAX_SHOWN} more; --format json has all of them")
    return lines


# JSON -------------------------------------------------------------------------------------


def render_classes_json(classes: Sequence[ReportedClass], unread: Sequence[Any]) -> str:
    """The document of docs/schemas/fleet-classes.schema.json."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": "fleet-classes",
        "classes": [
            {**_class_row(found), "lock": lock_command(found) or None, "names": list(found.hosts)}
            for found in classes
        ],
        "unread": [each._asdict() for each in unread],
    }
    return json.dumps(document, indent=2) + "\n"


def _class_row(found: ReportedClass) -> dict[str, Any]:
    kind: HostClass = found.host_class
    return {
        "name": kind.name,
        **kind._asdict(),
        "kernels": list(found.kernels),
        "hosts": len(found.hosts),
        "releases": [{"release": name, "hosts": count} for name, count in found.releases],
    }


def render_report_json(report: FleetReport) -> str:
    """The document of docs/schemas/fleet-report.schema.json."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": "fleet-report",
        "as_of": report.as_of.isoformat(),
        "catalog": report.catalog.isoformat(),
        "facts": {
            "first_day": report.days[0] if report.days else None,
            "last_day": report.days[1] if report.days else None,
            "catalogs": [{"day": day, "hosts": count} for day, count in report.catalogs],
            "unchecked_hosts": report.unchecked,
        },
        "classes": [_class_row(found) for found in report.classes],
        "rules": [
            {
                "rule": rule.rule,
                "title": find_title(rule.rule),
                "severity": rule.severity,
                "findings": rule.findings,
                "hosts": len(rule.hosts),
                "subjects": [{"subject": name, "hosts": n} for name, n in rule.subjects],
            }
            for rule in report.rules
        ],
        "ends": [
            {
                "subject": each.end.subject,
                "kind": each.end.kind,
                "phase": each.end.phase,
                "day": each.end.day.isoformat() if each.end.day else None,
                "source": each.end.source or None,
                "hosts": len(each.hosts),
                "names": list(each.hosts),
            }
            for each in report.ends
        ],
        "locks": [_lock_row(lock) for lock in report.locks],
        "drift": None,
        "unread": [each._asdict() for each in report.unread],
        "hosts": [_host_row(host) for host in report.hosts],
    }
    if report.drift is not None:
        document["drift"] = {
            "before": report.drift.before,
            "same": report.drift.same,
            "changes": [
                {
                    "what": change.what,
                    "before": change.before or None,
                    "after": change.after or None,
                    "names": list(names),
                }
                for change, names in report.drift.changes
            ],
        }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _lock_row(lock: ReportedLock) -> dict[str, Any]:
    target = lock.lock.target
    return {
        "path": lock.path,
        "sdk": lock.lock.sdk,
        "target": {
            "family": target.family,
            "os": target.os.name if target.os else None,
            "python": target.python or None,
            "scope": target.scope.value,
        },
        "hosts": {fit.name.lower(): lock.count(fit) for fit in Fit},
        "blockers": [
            {
                "fit": fit.name.lower(),
                "rule": blocker.rule or None,
                "fact": blocker.fact,
                "hosts": len(names),
                "names": list(names) if fit is not Fit.OTHER else [],
            }
            for fit, blocker, names in lock.blockers
        ],
    }


def _host_row(host: ReportedHost) -> dict[str, Any]:
    state = host.state
    return {
        "name": host.name,
        "day": host.day,
        "class": state.host_class.name,
        "release": host.release,
        "driver": state.loaded_driver or None,
        "rules": dict(state.rules) if state.rules is not None else None,
        "locks": [fit.fit.name.lower() for fit in host.fits],
    }


# CSV --------------------------------------------------------------------------------------


def render_report_csv(report: FleetReport) -> str:
    """A row a host.  No cell begins as a formula does."""
    head = ["host", "day", "class", "instance", "os", "python", "kernel", "driver", "release"]
    head += ["errors", "warnings", "rules", *(f"lock {lock.path}" for lock in report.locks)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_cell, head))
    for host in report.hosts:
        writer.writerow(map(_cell, _csv_row(host)))
    return stream.getvalue()


def _csv_row(host: ReportedHost) -> Iterator[str]:
    state, kind = host.state, host.state.host_class
    yield from (host.name, host.day, kind.name, state.instance, state.os, kind.python)
    yield from (state.kernel, state.loaded_driver, host.release)
    severities = [finding.severity for finding in state.findings or ()]
    for rule, count in state.missing.items():
        severities += [state.judge_missing(rule)] * count
    yield str(severities.count("error")) if state.findings is not None else ""
    yield str(severities.count("warning")) if state.findings is not None else ""
    yield " ".join(rule for rule, _ in state.rules or ())
    yield from map(_describe_fit, host.fits)


def _describe_fit(found: LockFit) -> str:
    reasons = [f"{b.rule} {b.fact}".strip() for b in found.blockers]
    return f"{found.fit.value}: {'; '.join(reasons)}" if reasons else found.fit.value


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
