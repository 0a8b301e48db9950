"""The explanation of errors: for people, as JSON, and as Markdown for a ticket."""

from __future__ import annotations

import json

from neuron_pin.catalog import FactsAge
from neuron_pin.diagnosis.explaining import Cause, Diagnosis, Verdict
from neuron_pin.diagnosis.messages import Kind
from neuron_pin.operations.explain_error import ExplainedErrors, list_versions
from neuron_pin.printable import escape_markdown, join_printable, make_printable

MAX_SHOWN = 160

_MARKS = {Verdict.PROVEN: "cause", Verdict.OPEN: "possible", Verdict.RULED_OUT: "ruled out"}

_NO_VERSION = {
    Kind.NONE: "no version helps",
    Kind.STATE: "no other version helps: the state of the machine has to change",
    Kind.CONFIGURATION: "no other version helps: the configuration has to change",
}


def render_errors(found: ExplainedErrors, form: str, age: FactsAge) -> str:
    """The explanation as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return json.dumps(_document(found, age), indent=2) + "\n"
    lines = _markdown(found) if form == "markdown" else _text(found)
    return join_printable(lines) if form == "text" else "\n".join(lines) + "\n"


def _text(found: ExplainedErrors) -> list[str]:
    lines: list[str] = []
    for diagnosis in found.diagnoses:
        match = diagnosis.match
        lines += [f"{match.message.name}: {match.message.title}"]
        times = f", in {match.seen} lines" if match.seen > 1 else ""
        lines += [f"  line {match.line}{times}: {_shorten(match.text)}"]
        for cause in _list_shown(diagnosis):
            lines += [f"  {_mark(cause)}: {cause.text}"]
            lines += [f"    {fact}" for fact in _describe_facts(cause)]
        if match.message.kind in _NO_VERSION:
            lines += [f"  {_NO_VERSION[match.message.kind]}"]
        if diagnosis.command:
            lines += [f"  next: {diagnosis.command}"]
        lines += [f"  [{'; '.join(match.message.sources)}]", ""]
    if not found.lines:
        lines += ["the text is empty"]
    elif not found.diagnoses:
        lines += [f"no known error in {_count_lines(found)}", ""]
        lines += _ask_to_report(found)
    elif not found.known.origin and any(_is_open(diagnosis) for diagnosis in found.diagnoses):
        lines += [
            "Nothing is known of the machine: run this there with --host, or name an "
            "environment with --venv or a lock with --lock."
        ]
    else:
        lines.pop()
    if not found.is_whole:
        lines += ["The text is longer: only its first 256 MiB were read."]
    return lines


def _is_open(diagnosis: Diagnosis) -> bool:
    return any(cause.verdict is Verdict.OPEN for cause in _list_shown(diagnosis))


def _mark(cause: Cause) -> str:
    """What stands before a cause; where the message says it all, only what to do is left."""
    is_plain = cause.verdict is Verdict.PROVEN and not cause.facts
    return "what to do" if is_plain else _MARKS[cause.verdict]


def _list_shown(diagnosis: Diagnosis) -> list[Cause]:
    """The causes to show: where one is proven, what is open says nothing more."""
    if diagnosis.is_proven:
        return [c for c in diagnosis.causes if c.verdict is Verdict.PROVEN]
    return list(diagnosis.causes)


def _describe_facts(cause: Cause) -> list[str]:
    if cause.verdict is Verdict.OPEN:
        return [f"not known: {', '.join(cause.facts)}"] if cause.facts else []
    return list(cause.facts)


def _shorten(text: str) -> str:
    shown = make_printable(text)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}…"


def _count_lines(found: ExplainedErrors) -> str:
    return f"{found.lines} line{'s' * (found.lines != 1)}"


def _ask_to_report(found: ExplainedErrors) -> list[str]:
    versions = list_versions(found.known)
    if not versions:
        return [
            "Run this on the machine with --host: it then prints the versions to attach to "
            "a report."
        ]
    return ["Attach this to a report, with the lines of the error:", *(f"  {v}" for v in versions)]


def _markdown(found: ExplainedErrors) -> list[str]:
    lines: list[str] = []
    for diagnosis in found.diagnoses:
        match = diagnosis.match
        lines += [f"### {escape_markdown(match.message.title)}", ""]
        lines += [f"Line {match.line}: {escape_markdown(_shorten(match.text))}", ""]
        for cause in _list_shown(diagnosis):
            facts = "; ".join(_describe_facts(cause))
            text = f"- **{_mark(cause)}**: {escape_markdown(cause.text)}"
            lines += [f"{text} ({escape_markdown(facts)})" if facts else text]
        if match.message.kind in _NO_VERSION:
            lines += [f"- {_NO_VERSION[match.message.kind]}"]
        lines += [""]
        if diagnosis.command:
            lines += ["```sh", diagnosis.command, "```", ""]
        lines += [f"Sources: {escape_markdown('; '.join(match.message.sources))}", ""]
    if not found.lines:
        lines += ["The text is empty.", ""]
    elif not found.diagnoses:
        lines += [f"No known error in {_count_lines(found)}.", ""]
    versions = list_versions(found.known)
    if versions:
        lines += ["### Versions", "", *(f"- {escape_markdown(v)}" for v in versions), ""]
    return lines[:-1]


def _document(found: ExplainedErrors, age: FactsAge) -> dict[str, object]:
    return {
        "schema_version": 1,
        "facts": age.as_document(),
        "lines": found.lines,
        "is_whole": found.is_whole,
        "known_from": found.known.origin or None,
        "versions": dict(sorted(found.known.versions.items())),
        "errors": [_row(diagnosis) for diagnosis in found.diagnoses],
    }


def _row(diagnosis: Diagnosis) -> dict[str, object]:
    match = diagnosis.match
    return {
        "name": match.message.name,
        "area": match.message.area,
        "title": match.message.title,
        "helps": match.message.kind.value,
        "line": match.line,
        "text": _shorten(match.text),
        "seen": match.seen,
        "causes": [
            {
                "cause": cause.text,
                "verdict": cause.verdict.value,
                "facts": list(cause.facts),
                "command": cause.command or None,
            }
            for cause in diagnosis.causes
        ],
        "command": diagnosis.command or None,
        "sources": list(match.message.sources),
    }
