"""An unchanged lock is not resolved again.

What was asked and what was answered lie in the cache together, with the records of indexes
that the answer was made of.  As long as the question is exactly the same, and those
records are what they were and still fresh, so is the answer.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from datetime import date
from itertools import groupby

from neuron_pin import __version__
from neuron_pin.catalog import Catalog, ComponentKind
from neuron_pin.policy import Ecosystem, PackageKey, Phase, Pin, PinComparison, Rule
from neuron_pin.record import Enum
from neuron_pin.resolve import Exclusion, LockedPackage, Resolution
from neuron_pin.settings import redact_urls
from neuron_pin.sources.candidate import File
from neuron_pin.sources.http.record_cache import RecordCache, is_fresh
from neuron_pin.target import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KIND = "locks"
MAX_EXCLUSIONS = 20_000
"""A bigger answer is made again, which is cheaper than to read it."""


class LockCache:
    """The place in the cache of one question's answer."""

    def __init__(self, cache: RecordCache, catalog: Catalog, question: Iterable[object]) -> None:
        """``question`` is everything that the answer depends on but facts and indexes."""
        self._cache = cache
        values = [__version__, _stamp(catalog.folder), *question]
        # Names and passwords in addresses are kept nowhere.
        self._key = redact_urls(json.dumps(_as_json(values)))

    def recall(self, target: Target, *, offline: bool) -> Resolution | None:
        """The answer, if it still holds; offline the records need not be fresh."""
        record = self._cache.load(KIND, self._key)
        if record is None or len(record) != 6:
            return None
        until, evidence, sdk, packages, exclusions, warnings = record
        if not offline and not is_fresh(until, time.time()):
            return None
        if not all(self._cache.is_unchanged(*mark) for mark in evidence):
            return None
        return Resolution(
            sdk=sdk or None,
            target=target,
            packages=tuple(_package(row) for row in packages),
            exclusions=tuple(each for row in exclusions for each in _exclude_all(row)),
            warnings=tuple(warnings),
        )

    def keep(self, found: Resolution, marks: Iterable[tuple[int, int]], until: float) -> None:
        """Keep an answer that was made of the records with those marks, the first of which is
        stale after ``until`` (seconds since the epoch)."""
        if len(found.exclusions) > MAX_EXCLUSIONS:
            return
        packages = [_as_row(package) for package in found.packages]
        # Most stand beside others of the same package and for the same reason.
        exclusions = [
            [key.ecosystem.name, key.name, rule.name, reason, source, [e.version for e in each]]
            for (key, rule, reason, source), each in groupby(
                found.exclusions, lambda e: (e.key, e.rule, e.reason, e.source)
            )
        ]
        values = [until, sorted(marks), found.sdk, packages, exclusions, list(found.warnings)]
        self._cache.save(KIND, self._key, values)


def _stamp(folder: str) -> list[Any]:
    """When the facts of a folder were changed."""
    with os.scandir(folder) as entries:
        return sorted([entry.name, entry.stat().st_mtime_ns] for entry in entries)


def _as_json(value: Any) -> Any:
    """A value as JSON has it, the same for equal values."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (frozenset, set)):
        return sorted(str(_as_json(item)) for item in value)
    if isinstance(value, dict):
        return sorted([str(key), _as_json(item)] for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _as_row(package: LockedPackage) -> list[Any]:
    """A package as `_package` reads it; `json` takes a tuple as a list."""
    key, version, pin, phase, kind, sdk, source, files, via, is_known = package
    return [
        (key.ecosystem.name, key.name),
        version,
        (pin.base, pin.reach.name),
        phase.name,
        kind.name if kind is not None else None,
        sdk,
        source,
        files,
        via,
        is_known,
    ]


def _package(row: list[Any]) -> LockedPackage:
    key, version, pin, phase, kind, sdk, source, files, via, *known = row
    return LockedPackage(
        PackageKey(Ecosystem[key[0]], key[1]),
        version,
        Pin(pin[0], PinComparison[pin[1]]),
        Phase[phase],
        ComponentKind[kind] if kind else None,
        sdk or None,
        source,
        tuple(File(f[0], f[1], tuple((h[0], h[1]) for h in f[2]), f[3], f[4]) for f in files),
        tuple(via),
        known != [False],
    )


def _exclude_all(row: list[Any]) -> list[Exclusion]:
    """The exclusions of several versions of a package for one reason."""
    ecosystem, name, rule, reason, source, versions = row
    key, kind = PackageKey(Ecosystem[ecosystem], name), Rule[rule]
    return [Exclusion(key, version, kind, reason, source) for version in versions]
