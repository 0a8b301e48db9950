"""What was kept from whom, and why: counted since the server started, bounded."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timezone
from functools import lru_cache

from neuron_pin.catalog.sources import find_source_url
from neuron_pin.policy import Rule
from neuron_pin.printable import blank_unprintable
from neuron_pin.record import NamedTuple

from .project_detail import NEWER, ProjectDetail
from .view import View

MAX_VERSIONS = 500
"""Versions of one project that are told of."""

MAX_ROWS = 1000
"""Clients and projects that are remembered."""

MAX_AGENT = 120
MAX_READ = 2000
"""Characters of what a client says of itself that are read."""

SCHEMA_VERSION = 1


class WithheldVersion(NamedTuple):
    """A version that an installer does not take by itself: ``yanked`` if an exact pin reaches
    it, else not served at all.  ``files`` is how many files of it that concerns."""

    version: str
    rule: Rule
    reason: str
    source: str
    files: int
    yanked: bool


class ClientRecord(NamedTuple):
    """One client that asked for one project in one view; ``last`` is when, in seconds
    since the epoch.  ``newer`` are the versions that it was shown and that are newer than the
    facts."""

    client: str
    agent: str
    name: str
    view: View
    withheld: tuple[WithheldVersion, ...]
    requests: int
    last: float
    newer: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """When it last asked, for people and programs."""
        return datetime.fromtimestamp(int(self.last), timezone.utc).isoformat()


def list_withheld(listing: ProjectDetail) -> tuple[WithheldVersion, ...]:
    """What of a project is withheld or yanked by the policy, by version."""
    counts: dict[tuple[str, Rule, str, str, bool], int] = {}
    for item in listing.withheld:
        version = item.version or item.filename
        key = (version, item.rule, item.reason, item.source, False)
        counts[key] = counts.get(key, 0) + 1
    for entry in listing.entries:
        why = entry.exclusion
        if why is not None:
            key = (entry.version, why.rule, why.reason, why.source, True)
            counts[key] = counts.get(key, 0) + 1
    found = [WithheldVersion(*key[:4], files=count, yanked=key[4]) for key, count in counts.items()]
    return tuple(found[:MAX_VERSIONS])


_PROGRAM = re.compile(r"[\w.+-]+/[\w.+-]+(?= \{)")
_IMPLEMENTATION = re.compile(
    r'"implementation": ?\{"name": ?"(\w{1,20})", ?"version": ?"(\d{1,2}\.\d{1,3})'
)


def shorten_agent(agent: str) -> str:
    """What an installer says of itself: of pip's and uv's JSON the program and its Python."""
    program = _PROGRAM.match(agent[:MAX_AGENT])
    if program is None:
        return agent
    python = _IMPLEMENTATION.search(agent[:MAX_READ])
    return f"{program[0]} {python[1]} {python[2]}" if python is not None else program[0]


def read_python(agent: str) -> str:
    """The Python (``X.Y``) that an installer says to install for, empty where it does not."""
    python = _IMPLEMENTATION.search(agent[:MAX_READ])
    return python[2] if python is not None else ""


@lru_cache(maxsize=1024)
def _read_agent(agent: str) -> str:
    return blank_unprintable(shorten_agent(agent)[:MAX_AGENT])


class WithheldLog:
    """Who asked for what; threads may share it."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str, str, View], ClientRecord] = OrderedDict()
        self._lock = threading.Lock()

    def note(
        self,
        client: str,
        agent: str,
        name: str,
        view: View,
        withheld: tuple[WithheldVersion, ...],
        now: float,
        *,
        newer: tuple[str, ...] = (),
    ) -> None:
        """A client was given a project's page."""
        agent = _read_agent(agent[:MAX_READ])
        key = (client, agent, name, view)
        with self._lock:
            before = self._rows.get(key)
            requests = before.requests + 1 if before is not None else 1
            self._rows[key] = ClientRecord(
                client, agent, name, view, withheld, requests, now, newer[-MAX_VERSIONS:]
            )
            self._rows.move_to_end(key)
            if len(self._rows) > MAX_ROWS:
                self._rows.popitem(last=False)

    def rows(self) -> list[ClientRecord]:
        """The latest first."""
        with self._lock:
            return list(reversed(self._rows.values()))


def tell_newer(versions: Sequence[str], facts: date) -> str:
    """NP510 in the log, of the versions on one page."""
    count = f"{len(versions)} version{'s' * (len(versions) != 1)}"
    line = f"{NEWER.identifier}: {count} newer than the facts of {facts}"
    return f"{line}, up to {versions[-1]}"


def withheld_document(rows: Sequence[ClientRecord], facts: date) -> str:
    """The same as JSON; ``facts`` is the day of the facts."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "facts": facts.isoformat(),
        "withheld": [
            {
                "client": row.client,
                "agent": row.agent,
                "project": row.name,
                "view": row.view.path,
                "requests": row.requests,
                "last": row.day,
                "newer": list(row.newer),
                "versions": [
                    {
                        "version": version.version,
                        "rule": version.rule.identifier,
                        "reason": version.reason,
                        "source": version.source,
                        "source_url": find_source_url(version.source),
                        "files": version.files,
                        "action": "yanked" if version.yanked else "withheld",
                    }
                    for version in row.withheld
                ],
            }
            for row in rows
        ],
    }
    return json.dumps(document, indent=2) + "\n"
