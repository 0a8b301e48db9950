"""``neuron-pin catalog``: which facts are in use, and importing newer ones."""

from __future__ import annotations

import json
import os

from neuron_pin.catalog import Catalog, load_catalog, user_catalog
from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.outputs.table import columns, printable

from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """Show the catalogue in use, or import a manifest."""
    if options.action == "import":
        if not options.file:
            raise WrongUsage("catalog import: which manifest?", hint="catalog import MANIFEST.json")
        return _import(options, console)
    if options.file:
        raise WrongUsage("catalog show takes no file")
    console.result(_show(load_catalog(), options.format))
    return 0


def _show(catalog: Catalog, form: str) -> str:
    listed = [release for release in catalog.releases if release.listed]
    packages = [(p.name, p.kind.value, p.title) for p in catalog.packages.values()]
    if form == "json":
        document = {
            "schema_version": 1,
            "folder": catalog.folder,
            "version": catalog.version,
            "date": catalog.date.isoformat(),
            "source": catalog.source,
            "releases": len(listed),
            "events": len(catalog.events),
            "packages": [{"name": n, "kind": k, "title": t} for n, k, t in packages],
            "systems": [system.name for system in catalog.systems],
            "instances": sorted(catalog.instances),
            "repositories": catalog.repositories._asdict(),
            "corrections": [
                {**c._asdict(), "date": c.date.isoformat()} for c in catalog.corrections
            ],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    lines = [
        f"folder      {catalog.folder}",
        f"up to SDK   {catalog.version} ({catalog.date})",
        f"source      {catalog.source}",
        f"releases    {len(listed)}",
        f"events      {len(catalog.events)}",
        f"systems     {', '.join(system.name for system in catalog.systems)}",
        f"instances   {', '.join(sorted(catalog.instances))}",
        "",
        *columns(("PACKAGE", "KIND", "COMPONENT"), packages),
        "",
        "Where sources disagree:",
    ]
    for c in catalog.corrections:
        lines.append(f"  {c.subject}: {c.right}")
        lines.append(f"    not {c.wrong}; {c.why} [{c.source}, {c.date}]")
    return "\n".join(lines) + "\n"


def _import(options: Options, console: Console) -> int:
    from neuron_pin.catalog.manifest import read_manifest
    from neuron_pin.catalog.writer import write_catalog

    known = load_catalog()
    manifest = read_manifest(options.file, known)
    folder = options.into or user_catalog()
    if not options.into:
        try:
            os.makedirs(os.path.dirname(folder), exist_ok=True)
        except OSError as error:
            raise CannotWrite(folder, f"cannot be made: {error.strerror}") from None
    write_catalog(manifest, known, os.path.basename(options.file), folder)
    fresh = sorted(set(manifest.members) - {r.sdk for r in known.releases if r.listed})
    if options.format == "json":
        document = {
            "schema_version": 1,
            "folder": folder,
            "version": manifest.version,
            "date": manifest.date.isoformat(),
            "releases": len(manifest.members),
            "new_releases": fresh,
            "repairs": [repair.as_document() for repair in manifest.repairs],
            "unknowns": [unknown.as_document() for unknown in manifest.unknowns],
        }
        console.result(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return 0
    lines = [f"{len(manifest.members)} releases up to {manifest.version} ({manifest.date})"]
    lines.append("new: " + (", ".join(fresh) or "none"))
    for repair in manifest.repairs:
        lines.append(f"repaired {repair.count:3}x  {repair.what}: {repair.reason}")
    for unknown in manifest.unknowns:
        lines.append(f"unknown {unknown.kind}  {unknown.name}: {unknown.taken_as}")
    lines.append(f"written to {folder}")
    console.result("\n".join(printable(line) for line in lines) + "\n")
    return 0
