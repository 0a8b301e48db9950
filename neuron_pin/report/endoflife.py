"""Lifecycles as JSON, in the words that users of endoflife.date know.

Each product has ``releases`` with ``isEol``, ``eolFrom``, ``isEoas`` (active support, here
regular updates), ``isMaintained`` and so on, as in version 1 of that site's schema; what it
has no words for is under ``custom``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from neuron_pin.catalog import find_facts_age
from neuron_pin.catalog.sources import find_source_url
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.subjects import SDK_NAME
from neuron_pin.policy import Event, Phase, SubjectKind
from neuron_pin.policy.update import Updates

SCHEMA_VERSION = 1


def render_json(statuses: Sequence[Status], as_of: date, facts_of: date) -> str:
    """The document's text, one release a line: subjects of one name and kind are the releases
    of a product."""
    products: dict[tuple[SubjectKind, str], list[Status]] = {}
    for status in statuses:
        products.setdefault((status.subject.kind, status.subject.name), []).append(status)
    parts = []
    for (kind, name), rows in products.items():
        label = "Neuron SDK" if name == SDK_NAME else rows[0].title or name
        label = name if kind is SubjectKind.MODEL_CLASS else label
        head = _dump({"name": name, "category": kind.value, "label": label})
        releases = ",\n".join(_dump(_release(status, as_of)) for status in rows)
        parts.append(f'{head[:-1]}, "releases": [\n{releases}\n]}}')
    head = _dump(
        {
            "schema_version": SCHEMA_VERSION,
            "as_of": as_of.isoformat(),
            "facts_of": facts_of.isoformat(),
            **find_facts_age(facts_of, as_of).as_judged(),
        }
    )
    return f'{head[:-1]}, "products": [\n' + ",\n".join(parts) + "\n]}\n"


def _dump(values: dict[str, Any]) -> str:
    return json.dumps(values)


def _release(status: Status, as_of: date) -> dict[str, Any]:
    subject, floor = status.subject, status.floor
    change = status.change
    eol = status.since if status.phase is Phase.EOS else floor.announced
    regular = status.updates is Updates.REGULAR
    eoas = None
    if status.phase >= Phase.MAINTENANCE:
        eoas = status.since
    elif change is not None and change.phase is not None and change.phase >= Phase.MAINTENANCE:
        eoas = change.effective
    elif subject.kind is SubjectKind.SDK:
        eoas = status.superseded
    return {
        "name": " ".join(filter(None, (subject.component, subject.workload)))
        or subject.version
        or subject.name,
        "codename": None,
        "label": subject.label,
        "releaseDate": _iso(status.entered),
        "isLts": False,
        "ltsFrom": None,
        "isEoas": not regular,
        "eoasFrom": _iso(eoas),
        "isEol": status.phase is Phase.EOS,
        "eolFrom": _iso(eol),
        "isMaintained": status.updates is not Updates.NONE,
        "latest": {"name": status.last_sdk} if status.last_sdk else None,
        "custom": {
            "phase": status.phase.label,
            "since": _iso(status.since),
            "updates": status.updates.value,
            "source": status.event.source if status.event else None,
            "source_url": find_source_url(status.event.source) if status.event else None,
            "change": event_document(change) if change else None,
            "replacement": status.replacement or None,
            "guaranteedUntil": None
            if status.updates is Updates.NONE
            else floor.guaranteed_until.isoformat(),
            "isGuaranteed": status.updates is not Updates.NONE
            and floor.guaranteed_until >= as_of
            and not floor.could_come_any_day,
            "couldEndFrom": floor.could_end_from.isoformat(),
            "promisedUntil": floor.promised.isoformat(),
            "regularUpdatesUntil": _iso(floor.regular_until),
            "reason": floor.reason,
            "breaksPromise": floor.breaks_promise,
            "supersededFrom": _iso(status.superseded),
            "firstSdk": status.first_sdk or None,
            "lastSdk": status.last_sdk or None,
            "instances": sorted(status.instances),
            "note": status.note or None,
            **(
                {"component": subject.component, "workload": subject.workload}
                if subject.kind is SubjectKind.MODEL_CLASS
                else {}
            ),
            "events": [event_document(event) for event in status.events],
        },
    }


def event_document(event: Event) -> dict[str, Any]:
    """One event as plain values, empty ones left out."""
    row = {
        "type": event.type.value,
        "phase": event.phase.label if event.phase is not None else None,
        "version": event.version,
        "announced": event.announced.isoformat(),
        "effective": _iso(event.effective),
        "sdk": event.sdk,
        "instances": sorted(event.instances),
        "replacement": event.replacement,
        "source": event.source,
        "source_url": find_source_url(event.source),
        "note": event.note,
        "withdrawn": event.withdrawn,
        "withdrawnOn": _iso(event.withdrawn_on),
    }
    return {name: value for name, value in row.items() if value}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
