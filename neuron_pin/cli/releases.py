"""``neuron-pin releases``: the SDK releases, or what one of them holds."""

from __future__ import annotations

import json
from datetime import date

from neuron_pin.catalog import Catalog, Release, load_catalog, sdk_key
from neuron_pin.errors import WrongUsage
from neuron_pin.outputs.table import columns

from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """List the releases, or one release's members."""
    catalog = load_catalog()
    as_of = _as_of(options.as_of)
    known = [r for r in catalog.releases if as_of is None or r.date <= as_of]
    if options.release:
        wanted = options.release
        release = known[0] if wanted == "latest" and known else catalog.release(wanted)
        family = catalog.instances[catalog.instance(options.instance)] if options.instance else None
        console.result(_one(catalog, release, family, options.format))
    else:
        console.result(_all(known, options.format))
    return 0


def _as_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongUsage(f"--as-of: {text!r} is not a date", hint="write 2026-08-17") from None


def _all(releases: list[Release], form: str) -> str:
    if form == "json":
        rows = [
            {"sdk": r.sdk, "date": r.date.isoformat(), "listed": r.listed, "source": r.source}
            | ({"note": r.note} if r.note else {})
            for r in releases
        ]
        return json.dumps({"schema_version": 1, "releases": rows}, indent=2) + "\n"
    table = [
        (r.sdk, r.date.isoformat(), r.note or ("" if r.listed else "packages unknown"))
        for r in releases
    ]
    return "\n".join(columns(("SDK", "DATE", "NOTE"), table)) + "\n"


def _one(catalog: Catalog, release: Release, family: str | None, form: str) -> str:
    members = catalog.members(release.sdk) if release.listed else ()
    members = tuple(m for m in members if family is None or family in m.instances)
    if form == "json":
        rows = [
            {
                "name": m.package,
                "version": m.version or None,
                "kind": catalog.packages[m.package].kind.value,
                "instances": sorted(m.instances),
                "pythons": sorted(m.pythons, key=sdk_key),
            }
            for m in members
        ]
        document = {
            "schema_version": 1,
            "sdk": release.sdk,
            "date": release.date.isoformat(),
            "source": release.source,
            "members": rows,
        }
        return json.dumps(document, indent=2) + "\n"
    head = f"Neuron SDK {release.sdk}, released {release.date} [{release.source}]"
    table = [
        (
            m.package,
            m.version or "-",
            catalog.packages[m.package].kind.value,
            " ".join(sorted(m.instances)),
            " ".join(sorted(m.pythons, key=sdk_key)) or "-",
        )
        for m in members
    ]
    lines = columns(("PACKAGE", "VERSION", "KIND", "INSTANCES", "PYTHON"), table)
    return "\n".join([head, "", *lines]) + "\n"
