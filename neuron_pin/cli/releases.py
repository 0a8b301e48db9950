"""``neuron-pin releases``: the SDK releases, or what is in one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog, FactsAge, Release, load_catalog, sdk_key
from neuron_pin.catalog.changes import (
    Changes,
    Contents,
    find_changes,
    find_release_before,
    read_contents,
)
from neuron_pin.catalog.cluster import list_release_charts, list_release_parts
from neuron_pin.catalog.known_in_part import describe_completion, describe_known_part
from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.subjects import NEWEST_KNOWN, Subjects
from neuron_pin.errors import UnknownName
from neuron_pin.policy import SubjectKind
from neuron_pin.policy.update import Update
from neuron_pin.report.changes import changes_row, describe_release_change, sign_changes
from neuron_pin.screen import Screen, columns

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, warn_of_old_facts
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin releases``."""
    del common
    parser.examples = ("releases", "releases latest --instance trn2", "releases 2.28.1")
    parser.add_argument(
        "release", metavar="SDK", nargs="?", help="show what is in this release, such as 2.28.1"
    )
    parser.add_argument(
        "--instance", metavar="FAMILY", help="show only packages for this instance family"
    )
    parser.add_argument(
        "--as-of", metavar="DATE", help="ignore everything later than this day; default: today"
    )
    add_format(parser, "text", "json")


def run(options: Options, console: Console) -> int:
    """List the releases, or show one: members, what it is for, what entered or left."""
    catalog = load_catalog()
    as_of = parse_day_or_today(options.as_of)
    age = warn_of_old_facts(console, catalog, as_of)
    statuses = [
        s for s in Subjects(catalog, as_of) if s.subject.kind is SubjectKind.SDK and s.first_sdk
    ]
    if not options.release:
        text = _all(catalog, statuses, options.format, age, console.screen)
        console.print_as(options.format, text)
        return 0
    wanted = options.release
    if wanted == "latest":
        # What a lock takes: of a release known in part there is not much to show.
        newest = catalog.newest_release(as_of)
        wanted = newest.sdk if newest is not None else statuses[0].subject.version
    release = catalog.release(wanted)
    status = next((s for s in statuses if s.subject.version == release.sdk), None)
    if status is None:
        raise UnknownName(
            "SDK release", wanted, (), hint=f"it was released on {release.date}, after {as_of}"
        )
    family = catalog.instances[catalog.instance(options.instance)] if options.instance else None
    before = find_release_before(catalog, release)
    changes = None
    if before is not None and release.listed:
        changes = find_changes(catalog, before.sdk, release.sdk, family)
    if options.format == "json":
        document = _document(catalog, release, status, changes, family)
        document["facts"] = age.as_document()
        console.result(json.dumps(document, indent=2) + "\n")
    else:
        console.show(_text(catalog, release, status, changes, family, console.screen))
    return 0


def describe_standing(status: Status) -> str:
    """``current``, ``in the current patch line`` or ``superseded``; ``rc`` or ``beta`` of a
    pre-release."""
    if status.phase.is_prerelease:
        return status.phase.label
    if status.superseded is None:
        return "current"
    return "superseded in its patch line" if "patch line" in status.note else "superseded"


def _all(
    catalog: Catalog, statuses: Sequence[Status], form: str, age: FactsAge, screen: Screen
) -> str:
    releases = [(catalog.release(s.subject.version), s) for s in statuses]
    if form == "json":
        rows = [
            {
                "sdk": r.sdk,
                "date": r.date.isoformat(),
                "status": describe_standing(s),
                "superseded": s.superseded.isoformat() if s.superseded else None,
                "listed": r.listed,
                "in_part": r.in_part,
                "source": r.source,
                "source_url": find_source_url(r.source),
            }
            | ({"note": r.note} if r.note else {})
            for r, s in releases
        ]
        document = {"schema_version": 1, "facts": age.as_document(), "releases": rows}
        return json.dumps(document, indent=2) + "\n"
    table = [
        (
            r.sdk,
            r.date.isoformat(),
            (NEWEST_KNOWN if s.note == NEWEST_KNOWN else describe_standing(s))
            + (f" {s.superseded}" if s.superseded else ""),
            r.note or _describe_knowledge(catalog, r),
        )
        for r, s in releases
    ]
    return "\n".join(columns(("SDK", "DATE", "STATUS", "NOTE"), table, screen)) + "\n"


def _describe_knowledge(catalog: Catalog, release: Release) -> str:
    """What is known of a release beside its date, empty for all."""
    if release.in_part:
        return describe_known_part(catalog, release)
    return "" if release.listed else "packages unknown"


def _text(
    catalog: Catalog,
    release: Release,
    status: Status,
    changes: Changes | None,
    family: str | None,
    screen: Screen,
) -> str:
    contents = _read_contents(catalog, release, family)
    words = {
        "released": f"{release.date} [{shorten_source(release.source)}]"
        + (f"; {release.note}" * bool(release.note)),
        "status": status.note,
        "updates": status.updates.value,
        "Python": ", ".join(sorted(contents.pythons, key=sdk_key)) or "unknown",
        "systems": ", ".join(sorted(contents.systems)) or "unknown",
        "instances": ", ".join(sorted(contents.instances)) or "unknown",
    }
    lines = [f"Neuron SDK {release.sdk}"]
    lines += [f"  {word:10} {text}" for word, text in words.items()]
    table = [
        (name, version or "-", kind, " ".join(instances), " ".join(pythons) or "-")
        for name, version, kind, instances, pythons in _members(catalog, release, family)
    ]
    lines += ["", *columns(("PACKAGE", "VERSION", "KIND", "INSTANCES", "PYTHON"), table, screen)]
    if release.in_part:
        lines += ["", f"{describe_known_part(catalog, release)}; {describe_completion(catalog)}"]
    inside = screen._replace(width=screen.width - 2 if screen.width else None)
    parts = [
        (part.name, tag, shorten_source(source))
        for part, tag, source in list_release_parts(catalog, release.sdk)
    ]
    if parts:
        lines += ["", "Kubernetes parts:"]
        lines += [f"  {line}" for line in columns(("IMAGE", "TAG", "SOURCE"), parts, inside)]
    for chart in list_release_charts(catalog, release.sdk):
        lines += ["", f"Helm chart {chart.version} [{shorten_source(chart.source)}]:"]
        lines += [f"  {line}" for line in columns(("IMAGE", "TAG"), chart.images, inside)]
    if changes is not None:
        lines += ["", *_change_lines(changes, screen)]
    return "\n".join(lines) + "\n"


def _read_contents(catalog: Catalog, release: Release, family: str | None) -> Contents:
    """What a release holds and is for; of one known in part only what is stated of it."""
    contents = read_contents(catalog, release.sdk, family)
    if not release.in_part:
        return contents
    known = [part.instances for part in catalog.parts if part.sdk == release.sdk]
    return contents._replace(systems=frozenset(), instances=frozenset[str]().union(*known))


def _members(
    catalog: Catalog, release: Release, family: str | None
) -> Iterator[tuple[str, str, str, list[str], list[str]]]:
    """Name, version, kind, instances and Pythons of what a release holds for a family; of one
    that is known in part, what is known."""
    for part in catalog.parts if release.in_part else ():
        if part.sdk == release.sdk and (family is None or family in part.instances):
            kind = catalog.packages[part.package].kind.value
            yield part.package, part.version, kind, sorted(part.instances), []
    for member in catalog.members(release.sdk) if release.listed else ():
        if member.is_for(family):
            yield (
                member.package,
                member.version,
                catalog.packages[member.package].kind.value,
                sorted(member.instances),
                sorted(member.pythons, key=sdk_key),
            )


def _change_lines(changes: Changes, screen: Screen) -> list[str]:
    change = describe_release_change(
        changes.update,
        backwards=changes.is_backwards,
        left=len(changes.left),
        majors=sum(c.update is Update.MAJOR for c in changes.packages),
    )
    lines = [f"Since {changes.old} ({change}):"]
    for word, found in (
        ("entered", [f"{c.package} {', '.join(c.new)}".rstrip() for c in changes.entered]),
        ("left", [f"{c.package} {', '.join(c.old)}".rstrip() for c in changes.left]),
        ("Python", sign_changes(*changes.pythons)),
        ("systems", sign_changes(*changes.systems)),
        ("instances", sign_changes(*changes.instances)),
    ):
        if found:
            lines.append(f"  {word:10} {'; '.join(found)}")
    rows = [
        (c.package, ", ".join(c.old), ", ".join(c.new), c.update.value if c.update else "-")
        for c in changes.packages
        if c.old and c.new
    ]
    inside = screen._replace(width=screen.width - 2 if screen.width else None)
    table = columns(("CHANGED", "FROM", "TO", "UPDATE"), rows, inside)
    return lines + ["  " + line for line in table]


def _document(
    catalog: Catalog,
    release: Release,
    status: Status,
    changes: Changes | None,
    family: str | None,
) -> dict[str, object]:
    contents = _read_contents(catalog, release, family)
    return {
        "schema_version": 1,
        "sdk": release.sdk,
        "date": release.date.isoformat(),
        "status": describe_standing(status),
        "in_part": release.in_part,
        "superseded": status.superseded.isoformat() if status.superseded else None,
        "updates": status.updates.value,
        "source": release.source,
        "source_url": find_source_url(release.source),
        "pythons": sorted(contents.pythons, key=sdk_key),
        "systems": sorted(contents.systems),
        "instances": sorted(contents.instances),
        "members": [
            {
                "name": name,
                "version": version or None,
                "kind": kind,
                "instances": instances,
                "pythons": pythons,
            }
            for name, version, kind, instances, pythons in _members(catalog, release, family)
        ],
        "kubernetes": [
            {
                "image": part.name,
                "title": part.title,
                "tag": tag,
                "source": source,
                "source_url": find_source_url(source),
            }
            for part, tag, source in list_release_parts(catalog, release.sdk)
        ],
        "charts": [chart.as_document() for chart in list_release_charts(catalog, release.sdk)],
        "changes": changes_document(changes) if changes is not None else None,
    }


def changes_document(changes: Changes) -> dict[str, object]:
    """What changed since the release before, as plain values."""
    return {
        "since": changes.old,
        "update": changes.update.value,
        "packages": [
            {
                "name": c.package,
                "old": list(c.old),
                "new": list(c.new),
                "update": c.update.value if c.update else None,
            }
            for c in changes.packages
        ],
        "pythons": changes_row(*changes.pythons),
        "systems": changes_row(*changes.systems),
        "instances": changes_row(*changes.instances),
    }
