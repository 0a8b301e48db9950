"""``neuron-pin catalog``: which facts are in use, and importing newer ones."""

from __future__ import annotations

import contextlib
import json
import os

from neuron_pin.catalog import (
    Catalog,
    find_facts_age,
    find_unused_catalog,
    load_catalog,
    user_catalog,
)
from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.printable import join_printable, make_printable
from neuron_pin.screen import Screen, columns

from .catalog_update import (
    add_feed_network,
    add_target_folder,
    add_update_arguments,
    make_fetcher,
    read_feed_settings,
    update,
)
from .command_parser import CommandParser
from .console import Console
from .facts import today
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin catalog``."""
    parser.examples = (
        "catalog show",
        "catalog update",
        "catalog import n2-manifest.json announcements/ release-notes/",
        "catalog lint",
    )
    parser.add_actions(
        {
            "show": "show which facts are in use, and where sources disagree",
            "update": "fetch newer facts from a feed, and use them",
            "import": "read newer facts: a release manifest, folders of announcements and notes",
            "verify": "check that facts are complete and signed, by SHA256SUMS and a signature",
            "lint": "check the facts against the policy",
        },
        common,
    )
    show, updating, importing, verify, lint = parser.actions.values()
    add_format(show, "text", "json")
    add_update_arguments(updating)
    importing.examples = ("catalog import n2-manifest.json announcements/ release-notes/",)
    importing.add_argument(
        "paths",
        metavar="FILE|DIR|URL",
        nargs="*",
        help="a release manifest (n2-manifest.json), folders of announcements and release notes, "
        "or the address (https://, file://) of any of these or of an archive (.tar.gz) with them",
    )
    add_target_folder(importing)
    add_feed_network(importing)
    verify.add_argument(
        "paths",
        metavar="FILE|DIR",
        nargs="*",
        help="a catalog, a manifest or a folder; default: the catalog in use",
    )
    for action in (updating, importing, verify):
        action.add_argument(
            "--signed-by",
            metavar="KEY",
            help="accept only what a key of this file has signed [env: NEURON_PIN_SIGNED_BY]",
        )
        add_format(action, "text", "json")
    lint.add_argument(
        "paths", metavar="DIR", nargs="*", help="a catalog's folder; default: the one in use"
    )
    add_format(lint, "text", "json", "sarif", what="the findings")


def run(options: Options, console: Console) -> int:
    """Show the catalog in use, verify it, check it against the policy, or take newer facts."""
    if options.action == "import":
        return _import(options, console)
    if options.action == "update":
        return update(options, console)
    if options.action == "lint":
        return _lint(options, console)
    if options.action == "verify":
        return _verify(options, console)
    other = find_unused_catalog()
    if other:
        console.warn(
            f"{other} was made by another version of neuron-pin and is not used; "
            "make it again: neuron-pin catalog update"
        )
    console.print_as(options.format, _show(load_catalog(), options.format, console.screen))
    return 0


def _show(catalog: Catalog, form: str, screen: Screen) -> str:
    from neuron_pin.catalog.known_in_part import describe_known_part
    from neuron_pin.catalog.sources import find_source_url, shorten_source

    age = find_facts_age(catalog.announced, today())
    listed = [release for release in catalog.releases if release.listed]
    in_part = [release for release in catalog.releases if release.in_part]
    packages = [(p.name, p.kind.value, p.title) for p in catalog.packages.values()]
    if form == "json":
        document = {
            "schema_version": 1,
            "folder": catalog.folder,
            "version": catalog.version,
            "date": catalog.date.isoformat(),
            "announcements": catalog.announced.isoformat(),
            "facts": age.as_document(),
            "source": catalog.source,
            "releases": len(listed),
            "in_part": [
                {
                    "sdk": release.sdk,
                    "date": release.date.isoformat(),
                    "source": release.source,
                    "source_url": find_source_url(release.source),
                    "packages": [
                        {
                            "name": part.package,
                            "version": part.version,
                            "instances": sorted(part.instances),
                            "sources": list(part.sources),
                        }
                        for part in catalog.parts
                        if part.sdk == release.sdk
                    ],
                }
                for release in in_part
            ],
            "events": len(catalog.events),
            "packages": [{"name": n, "kind": k, "title": t} for n, k, t in packages],
            "systems": [system.name for system in catalog.systems],
            "instances": sorted(catalog.instances),
            "repositories": catalog.repositories._asdict(),
            "left_out": [
                {**left._asdict(), "source_url": find_source_url(left.source)}
                for left in catalog.left_out
            ],
            "corrections": [
                {
                    **c._asdict(),
                    "date": c.date.isoformat(),
                    "source_url": find_source_url(c.source),
                }
                for c in catalog.corrections
            ],
            "evidence": [
                {
                    "package": e.package,
                    "version": e.version,
                    "releases": list(e.releases),
                    "instances": sorted(e.instances),
                    "pythons": sorted(e.pythons),
                    "source": e.source,
                    "published": e.published.isoformat() if e.published else None,
                    "source_url": find_source_url(e.source),
                }
                for e in catalog.evidence
            ],
        }
        return json.dumps(document, indent=2) + "\n"
    lines = [
        f"folder      {catalog.folder}",
        f"up to SDK   {catalog.version} ({catalog.date})",
        f"announced   up to {catalog.announced}",
        f"age         {age.days} {'day' if age.days == 1 else 'days'}"
        + (": there may be newer facts (neuron-pin catalog update)" if age.is_old else ""),
        f"source      {catalog.source}",
        f"releases    {len(listed)}",
        *(
            f"in part     {release.sdk} ({release.date}): {describe_known_part(catalog, release)}"
            for release in in_part
        ),
        f"events      {len(catalog.events)}",
        f"systems     {', '.join(system.name for system in catalog.systems)}",
        f"instances   {', '.join(sorted(catalog.instances))}",
        "",
        *columns(("PACKAGE", "KIND", "COMPONENT"), packages, screen),
        "",
        "Where sources disagree, and which one is taken as right:",
    ]
    for c in catalog.corrections:
        lines.append(f"  {c.subject}: {c.right}")
        lines.append(f"    - not {c.wrong}; {c.why} [{shorten_source(c.source)}, {c.date}]")
    lines += ["", "What releases shipped beside what their manifest lists:"]
    for e in catalog.evidence:
        where = ", ".join([*sorted(e.instances), *(f"Python {p}" for p in sorted(e.pythons))])
        lines.append(f"  {e.package} {e.version}, SDK {', '.join(e.releases)}: {where}")
        lines.append(f"    - [{shorten_source(e.source)}]")
    lines += ["", "Announcements without an event:"]
    lines += [
        f"  {left.what}: {left.reason} [{shorten_source(left.source)}]" for left in catalog.left_out
    ]
    return "\n".join(lines) + "\n"


def _lint(options: Options, console: Console) -> int:
    from neuron_pin.audit import Severity
    from neuron_pin.audit.catalog_lint import lint_facts
    from neuron_pin.audit.listing import count_findings, render_findings

    if len(options.paths) > 1:
        raise WrongUsage("catalog lint takes one folder", hint="neuron-pin catalog lint DIR")
    findings = lint_facts(load_catalog(options.paths[0] if options.paths else None))
    console.print_as(
        options.format, render_findings(findings, options.format, screen=console.screen)
    )
    if options.format == "text" and findings:
        console.show("\n" + "\n".join(count_findings(findings)) + "\n")
    return 1 if any(f.severity is Severity.ERROR for f in findings) else 0


def _verify(options: Options, console: Console) -> int:
    from neuron_pin.catalog.importer.checksums import verify_facts

    paths = options.paths or [load_catalog().folder]
    key = read_feed_settings(options).signed_by or ""
    found = [verify_facts(path, key) for path in paths]
    if options.format == "json":
        rows = [row._asdict() for row in found]
        console.result(json.dumps({"schema_version": 1, "verified": rows}, indent=2) + "\n")
        return 0
    for row in found:
        signed = f", signed by {row.fingerprint}" if row.fingerprint else ", signature not checked"
        console.show(
            f"{make_printable(row.path)}: {row.files} files, sha256 {row.sha256}{signed}\n"
        )
    return 0


def _import(options: Options, console: Console) -> int:
    from neuron_pin.catalog.facts_age import (
        PUBLISHED,
        REPOSITORY,
        describe_update,
    )
    from neuron_pin.operations.import_facts import import_facts
    from neuron_pin.operations.import_sources import fetched_sources

    if not options.paths:
        raise WrongUsage(
            "nothing to import: name a release manifest, folders of announcements and release "
            "notes, or all; "
            f"the repository {REPOSITORY} publishes them as {', '.join(PUBLISHED)}",
            hint=describe_update(),
        )
    folder = options.into or user_catalog()
    if not options.into:
        try:
            os.makedirs(os.path.dirname(folder), exist_ok=True)
        except OSError as error:
            raise CannotWrite(folder, f"cannot be made: {error.strerror}") from None
    settings = read_feed_settings(options)
    key, known = settings.signed_by or "", load_catalog()
    with (
        console.watch("Reading newer facts") as reporter,
        contextlib.closing(make_fetcher(settings, reporter, options.paths)) as fetcher,
        fetched_sources(options.paths, known, fetcher, key) as sources,
    ):
        done = import_facts(sources.paths, known, folder, key, verified=sources.verified)
    for finding in done.findings:
        console.warn(f"{finding.subject}: {finding.reason} ({finding.rule.identifier})")
    if options.format == "json":
        document = {"schema_version": 1, "folder": folder, **done.as_document()}
        console.result(json.dumps(document, indent=2) + "\n")
        return 0
    end = [f"written to {folder}" if done.written else "nothing was written"]
    if not done.ends_later:
        end.append(
            f"the catalog data still end on {done.facts_until}: no later announcement was imported"
        )
    lines = done.lines(everything=console.verbose > 0)
    console.show(join_printable([*lines, *end]))
    return 0
