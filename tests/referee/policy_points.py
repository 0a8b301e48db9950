"""Draw points and let the referee answer them: an independent reading of the vendor's sources.

Usage: python -m tests.referee.policy_points MANIFEST [--pages FOLDER] [--seed N | --points FILE] [-o FILE]

MANIFEST is the vendor's n2-manifest.json, FOLDER a checkout of the documentation: with it the list
of facts is compared with the pages first.
Writes JSON lines: point, answer, the sources that decided.  Imports nothing of neuron_pin.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from .policy_draw import Draw
from .policy_facts import FACTS, Facts, missing_from_pages, read_facts
from .policy_judge import Answer, Judge, Point

SEED = 24


def sources(facts: Facts, point: Point) -> list[str]:
    """The pages that the answer rests on, beside the manifest."""
    found = {
        event.source
        for event in facts.events
        if event.applies(point.package, point.version, point.instance)
        and event.announced <= point.day
    }
    found |= {row["source"] for row in facts.beta if row["package"] == point.package}
    found |= {
        end.source
        for end in facts.ends
        if end.name in (point.os, point.python) and end.announced <= point.day
    }
    return sorted(found)


def as_row(facts: Facts, judge: Judge, number: int, kind: str, point: Point) -> dict[str, Any]:
    """One line of the table; what is None is left out."""
    answer = asdict(judge.answer(point))
    return {
        "id": number,
        "kind": kind,
        "point": {**asdict(point), "day": point.day.isoformat()},
        "answer": {name: value for name, value in answer.items() if value is not None},
        "sources": sources(facts, point),
    }


def read_point(row: dict[str, Any]) -> Point:
    """The point of a line."""
    point = row["point"]
    return Point(**{
        **point, "day": date.fromisoformat(point["day"]), "phases": tuple(point["phases"]),
    })  # fmt: skip


def read_answer(row: dict[str, Any]) -> Answer:
    """The answer of a line."""
    answer = row["answer"]
    chosen = answer.get("chosen")
    return Answer(
        in_set=answer.get("in_set"),
        phase=answer.get("phase"),
        may=answer["may"],
        chosen=(chosen[0], chosen[1]) if chosen else None,
        until=answer.get("until"),
        default=answer.get("default"),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--facts", type=Path, default=FACTS)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--points", type=Path, help="answer the points of this table again")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    facts = read_facts(options.manifest, options.facts)
    if options.pages is not None:
        problems = missing_from_pages(facts, options.pages)
        print(*problems, sep="\n", file=sys.stderr)
        if problems:
            return 1
    judge = Judge(facts)
    if options.points is not None:
        rows = map(json.loads, options.points.read_text().splitlines())
        drawn = [(row["kind"], read_point(row)) for row in rows]
    else:
        drawn = list(Draw(facts, options.seed).points())
    lines = [
        json.dumps(as_row(facts, judge, number, kind, point))
        for number, (kind, point) in enumerate(drawn, 1)
    ]
    text = "\n".join(lines) + "\n"
    if options.output is None:
        print(text, end="")
    else:
        options.output.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
