"""Newer facts into a catalog: a release manifest, announcement pages, or both.

Everything is read and checked against what is known before anything is written; an
impossible fact ends the import, and the catalog in use stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.catalog_lint import lint_facts
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.facts import Chart
from neuron_pin.catalog.importer.announcements import Announcements, read_announcements
from neuron_pin.catalog.importer.chart_notes import is_chart_file, read_charts
from neuron_pin.catalog.importer.checksums import verify_facts
from neuron_pin.catalog.importer.manifest import Manifest, read_manifest
from neuron_pin.catalog.importer.writer import install_catalog, render_catalog
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.policy import Event

from .import_images import NewImages, find_new_images, is_list_of_images


@dataclass(frozen=True, slots=True)
class ImportedFacts:
    """What an import brought; ``findings`` are what the policy says of the new events.
    ``facts_until`` is the day on which the resulting facts end, ``ends_later`` whether the known
    ones ended before it."""

    manifest: Manifest | None
    announcements: Announcements | None
    new_releases: tuple[str, ...]
    findings: tuple[Finding, ...]
    written: bool
    facts_until: date
    ends_later: bool
    charts: tuple[Chart, ...] = ()
    """Releases of the Helm chart that were not known."""
    images: NewImages | None = None

    def lines(self, *, everything: bool = False, repairs: bool = True) -> Iterator[str]:
        """For people; each page that was not understood only where ``everything`` is wanted."""
        manifest, announcements = self.manifest, self.announcements
        if manifest is not None:
            yield f"{len(manifest.members)} releases up to {manifest.version} ({manifest.date})"
            yield "new releases: " + (", ".join(self.new_releases) or "none")
            for repair in manifest.repairs if repairs else ():
                yield f"repaired {repair.count:3} times  {repair.what}: {repair.reason}"
            for unknown in manifest.unknowns:
                yield f"unknown {unknown.kind}  {unknown.name}: {unknown.taken_as}"
        for chart in self.charts:
            tags = ", ".join(f"{name} {tag}" for name, tag in chart.images)
            release = f" for SDK {chart.sdk}" if chart.sdk else ""
            yield f"chart  {chart.version}{release}: {tags} [{chart.source}]"
        if self.images is not None:
            yield from self.images.lines()
        if announcements is not None:
            unread = len(announcements.unread)
            more = " (-v shows each)" if unread and not everything else ""
            yield (
                f"{len(announcements.events)} new events; {len(announcements.known)} pages were "
                f"known already, {unread} pages or lines were not understood{more}"
            )
            for sdk, stated in announcements.release_days.items():
                yield f"release {sdk} is of {stated.day} [{stated.source}]"
            for event in announcements.events:
                yield f"event  {_words(event)}"
            for row in announcements.tested:
                yield (
                    f"tested  {row.package} of {row.sdk} on {row.os}: kernel "
                    f"{', '.join(row.kernels)}, glibc {row.glibc} [{row.source}]"
                )
            if announcements.confirmed:
                yield f"{announcements.confirmed} statements of release notes were known already"
            for each in announcements.contradictions:
                yield (
                    f"contradiction  {each.subject}: {each.says} [{each.source}], but "
                    f"{each.against} [{each.against_source}]"
                )
            for page in announcements.unread if everything else ():
                title = f" ({page.title})" if page.title else ""
                yield f"not understood  {page.place}: {page.reason}{title}"

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        document: dict[str, Any] = {"written": self.written}
        if self.charts:
            document["charts"] = [chart.as_document() for chart in self.charts]
        if self.images is not None and self.images.is_new:
            document["images"] = {
                "containers": [image.as_document() for image in self.images.containers],
                "machines": [image.as_document() for image in self.images.machines],
            }
        manifest, announcements = self.manifest, self.announcements
        if manifest is not None:
            document |= {
                "version": manifest.version,
                "date": manifest.date.isoformat(),
                "releases": len(manifest.members),
                "new_releases": list(self.new_releases),
                "repairs": [repair.as_document() for repair in manifest.repairs],
                "unknowns": [unknown.as_document() for unknown in manifest.unknowns],
            }
        if announcements is not None:
            document |= {
                "events": [_words(event) for event in announcements.events],
                "release_days": {
                    sdk: {"date": stated.day.isoformat(), "source": stated.source}
                    for sdk, stated in announcements.release_days.items()
                },
                "tested": [
                    {**row._asdict(), "instances": sorted(row.instances)}
                    for row in announcements.tested
                ],
                "known_pages": len(announcements.known),
                "unread": [page.as_document() for page in announcements.unread],
                "confirmed": announcements.confirmed,
                "contradictions": [each.as_document() for each in announcements.contradictions],
            }
        return document


def import_facts(
    paths: Sequence[str],
    known: Catalog,
    target: str,
    signed_by: str = "",
    *,
    verified: Collection[str] = (),
) -> ImportedFacts:
    """Read each path, a manifest file, a page or a folder of pages, and write the catalog that
    results to a folder.  With ``signed_by``, a file of public keys, each has to be signed, but
    for those that are ``verified`` already.

    Raises `UnreadableInput` for what cannot be read, or cannot be true, `WrongUsage` for two
    manifests, `CannotWrite`, and what `verify_facts` raises.
    """
    if signed_by:
        for path in paths:
            if path not in verified:
                verify_facts(path, signed_by)
    imported, texts = read_facts(paths, known)
    if texts:
        install_catalog(texts, target)
    return imported


def read_facts(
    paths: Sequence[str], known: Catalog, source: str = ""
) -> tuple[ImportedFacts, dict[str, str]]:
    """What the paths bring, and the files of the catalog that results, none where they bring
    nothing; ``source`` says where they are from, else their names do.

    Raises as `import_facts` does; writes nothing.
    """
    lists = [path for path in paths if is_list_of_images(path)]
    charted = {path: found for path in paths if (found := _find_chart(path))}
    folders = [path for path in paths if os.path.isdir(path) or path.endswith(".rst")]
    folders = [path for path in folders if path not in (*charted, *lists)]
    notes = [path for path in paths if path not in (*folders, *lists) and is_chart_file(path)]
    files = [path for path in paths if path not in (*folders, *notes, *charted, *lists)]
    if len(files) > 1:
        raise WrongUsage("catalog import takes one manifest, and folders of pages")
    charts = find_new_charts(notes, known, tuple(charted.values()))
    images = find_new_images(lists, folders, known)
    manifest = read_manifest(files[0], known) if files else None
    fresh: tuple[str, ...] = ()
    if manifest is not None:
        listed = {release.sdk for release in known.releases if release.listed}
        fresh = tuple(sorted(set(manifest.members) - listed))
    announcements = None
    findings: list[Finding] = []
    if folders:
        dated = {r.sdk for r in known.releases}
        dates = {s: manifest.date for s in fresh if s not in dated} if manifest else {}
        packages = [package.name for package in manifest.new_packages] if manifest else []
        members = manifest.members if manifest else {}
        announcements = read_announcements(folders, known, dates, packages, members)
        stated = announcements.release_days
        dates |= {sdk: found.day for sdk, found in stated.items()}
        findings = lint_facts(known, events=announcements.events, released=dates)
        for finding in findings:
            if finding.severity is Severity.ERROR:
                problem = f"{finding.subject}: {finding.reason} ({finding.rule.identifier})"
                raise UnreadableInput(folders[0], None, problem, hint="nothing was imported")
    is_new = bool(manifest or charts or images.is_new) or (
        announcements is not None
        and (
            announcements.events
            or announcements.release_days
            or announcements.tested
            or set(announcements.contradictions) - set(known.contradictions)
            or (announcements.newest or known.announced) > known.announced
        )
    )
    texts: dict[str, str] = {}
    if is_new:
        source = source or ", ".join(os.path.basename(os.path.normpath(path)) for path in paths)
        texts = render_catalog(
            manifest, known, source, announcements, charts, images.images if images.is_new else None
        )
    newest = announcements.newest if announcements is not None else None
    facts_until = max(known.announced, newest or known.announced)
    imported = ImportedFacts(
        manifest=manifest,
        announcements=announcements,
        new_releases=fresh,
        findings=tuple(findings),
        written=bool(is_new),
        facts_until=facts_until,
        ends_later=facts_until > known.announced,
        charts=charts,
        images=images,
    )
    return imported, texts


def _find_chart(path: str) -> str:
    """The folder of the Helm chart that a path has, empty for none."""
    if not os.path.isdir(path):
        return ""
    from .import_charts import find_chart_folder

    return find_chart_folder(path)


def find_new_charts(
    paths: Sequence[str], known: Catalog, folders: Sequence[str] = ()
) -> tuple[Chart, ...]:
    """The charts of notes, and of the chart's own folders, that are not known, or known otherwise.

    Raises `UnreadableInput`, also for two files that have one chart.
    """
    before = {chart.version: chart for chart in known.charts}
    found: dict[str, Chart] = {}
    for path in paths:
        for chart in read_charts(path):
            if chart.version in found:
                raise UnreadableInput(path, None, f"chart {chart.version} is in another file, too")
            found[chart.version] = chart
    charts = list(found.values())
    if folders:
        from .import_charts import merge_charts, read_chart_folder

        charts = merge_charts(charts, [read_chart_folder(each, known) for each in folders], known)
    return tuple(
        chart
        for chart in charts
        if chart.version not in before or before[chart.version].images != chart.images
    )


def _words(event: Event) -> str:
    phase = event.phase.label if event.phase is not None else event.type.value
    when = f"on {event.effective}" if event.effective else "with no date yet"
    sdk = f" ({event.sdk})" if event.sdk else ""
    return f"{event.kind.value} {event.subject.label}: {phase} {when}{sdk} [{event.source}]"
