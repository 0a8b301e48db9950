# Copyright (c) 2026, the neuron-pin authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The classes of hosts, from their facts; facts that cannot be used are named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

SCHEMA_VERSION = 1
FIELDS = ("family", "os", "python", "kernel")
# Bytes of the facts of a host: what the program keeps to, and all that a report reads.
MAX_BYTES = {"summary": 8000, "full": 4 * 1024 * 1024}


def read_classes(names, hostvars):
    """The classes of hosts, the hosts of each class by its name, and by host why it has none."""
    rows, hosts, without = {}, {}, {}
    for name in names:
        facts = (
            (hostvars[name].get("ansible_facts") or {}).get("neuron_pin")
            if name in hostvars
            else None
        )
        problem = find_problem(facts)
        if problem:
            without[name] = problem
            continue
        found = facts["class"]
        rows[found["name"]] = {field: str(found[field]) for field in FIELDS}
        hosts.setdefault(found["name"], []).append(name)
    return [rows[key] for key in sorted(rows)], hosts, without


def find_problem(facts):
    """Why facts cannot be used; empty where they can."""
    if facts is None:
        return "no facts: run neuron_pin.neuron.facts first"
    if not isinstance(facts, Mapping):
        return "its facts are not a document"
    version = facts.get("schema_version")
    if isinstance(version, bool) or not isinstance(version, int) or version != SCHEMA_VERSION:
        return "its facts have schema_version %s, and %d is read" % (
            str(version)[:20],
            SCHEMA_VERSION,
        )
    found = facts.get("class")
    if not isinstance(found, Mapping) or not all(
        isinstance(found.get(f), str) for f in ("name", *FIELDS)
    ):
        return "its facts have no class"
    # It becomes the name of a file of the controller.
    if not re.match(r"[A-Za-z0-9._-]{1,200}\Z", found["name"]):
        return "its facts have a class whose name cannot be that of a file"
    return ""


def find_problem_of_answer(facts, gather):
    """Why what a host answered is not kept; empty where it is."""
    if not isinstance(facts, Mapping):
        return "it gave no facts"
    most = MAX_BYTES["full" if gather == "full" else "summary"]
    try:
        size = len(json.dumps(facts, separators=(",", ":")))
    except (TypeError, ValueError, RecursionError):
        return "its facts are not a document"
    if size > most:
        return "its facts have %d bytes, and at most %d are taken" % (size, most)
    return find_problem(facts)
