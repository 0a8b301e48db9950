"""A plan as text for people, as Markdown and as JSON."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence

from neuron_pin.planner import Plan, Step, WrittenFile
from neuron_pin.policy import edition_at
from neuron_pin.printable import escape_markdown

from .diff import differences_document

SCHEMA_VERSION = 1


def render_plan_text(plan: Plan, *, with_files: bool) -> str:
    """Numbered steps with their commands, how to roll back, notes; files are shown whole with
    ``with_files``, else by name and length."""
    resolution = plan.resolution
    lines = [f"From {plan.start} to Neuron SDK {resolution.sdk} for {resolution.target.label}"]
    if len(plan.hops) > 1:
        lines.append("Releases on the way: " + " → ".join(plan.hops))
    for number, step in enumerate(plan.steps, 1):
        lines += ["", f"{number}. {step.title}{_marks(step)}"]
        lines += [f"   warning: {warning}" for warning in step.warnings]
        if step.reason:
            lines.append(f"   because: {step.reason}")
        if step.unless:
            lines += ["   unless this succeeds:", f"     {step.unless}"]
        for file in step.files:
            lines += _file(file, step, with_files=with_files)
        lines += [f"     {command}" for command in list_commands(step)]
    if plan.back:
        lines += ["", "To roll back:", *(f"     {command}" for command in plan.back)]
    if plan.notes:
        lines += ["", "Notes:", *(f"  - {note}" for note in plan.notes)]
    return "\n".join(lines) + "\n"


def render_plan_markdown(plan: Plan, *, with_files: bool) -> str:
    """The same for a ticket or a pull request: a heading a step, its commands as code."""
    resolution = plan.resolution
    title = f"From {plan.start} to Neuron SDK {resolution.sdk} for {resolution.target.label}"
    lines = [f"## {escape_markdown(title)}"]
    if len(plan.hops) > 1:
        lines += ["", "Releases on the way: " + " → ".join(plan.hops)]
    for number, step in enumerate(plan.steps, 1):
        lines += ["", f"### {number}. {escape_markdown(step.title + _marks(step))}"]
        lines += [
            row for text in step.warnings for row in ("", f"**Warning:** {escape_markdown(text)}")
        ]
        if step.reason:
            lines += ["", f"Because: {escape_markdown(step.reason)}"]
        if step.unless:
            lines += ["", "Unless this succeeds:", *_code([step.unless])]
        commands: list[str] = []
        for file in step.files:
            first, *rest = _file(file, step, with_files=with_files)
            if rest:
                commands += [first.strip(), *rest]
            else:
                lines += ["", escape_markdown(first.strip())]
        lines += _code([*commands, *list_commands(step)])
    if plan.back:
        lines += ["", "### To roll back", *_code(plan.back)]
    if plan.notes:
        lines += ["", "### Notes", "", *(f"- {escape_markdown(note)}" for note in plan.notes)]
    return "\n".join(lines) + "\n"


def _code(rows: Sequence[str]) -> list[str]:
    """Lines of a shell as a block, which no line of them ends."""
    runs = re.findall("`+", "\n".join(rows))
    fence = "`" * max(3, *(len(run) + 1 for run in runs), 0)
    return ["", f"{fence}sh", *rows, fence] if rows else []


def list_commands(step: Step) -> Iterator[str]:
    """A step's commands, to be pasted, with ``sudo`` where root runs them."""
    sudo = "sudo " if step.as_root else ""
    for command in list_step_commands(step):
        if sudo and not is_plain(command):
            yield f"sudo sh -c {shlex.quote(command)}"
        else:
            yield sudo + command


def is_plain(command: str) -> bool:
    """Whether a command is one program with its words: ``sudo`` before it reaches all of it."""
    return not any(sign in command for sign in ("|", "&&", ";", ">", "<"))


def list_step_commands(step: Step) -> Iterator[str]:
    """A step's commands, what it installs first."""
    if step.pins:
        yield " ".join([step.install, *(shlex.quote(word) for _, _, word in step.pins)])
    yield from step.commands


def _marks(step: Step) -> str:
    marks = []
    if step.stops:
        marks.append("stop what uses Neuron devices first")
    if step.reboot:
        marks.append("then load the new module, or reboot")
    return f" ({'; '.join(marks)})" if marks else ""


def _file(file: WrittenFile, step: Step, *, with_files: bool) -> Iterator[str]:
    rows = file.text.rstrip("\n").split("\n")
    if with_files or len(rows) <= 3:
        sudo = "sudo " if step.as_root else ""
        yield f"     {sudo}tee {shlex.quote(file.path)} >/dev/null <<'END'"
        yield from rows
        yield "END"
    else:
        yield f"     write {file.path}, {len(rows)} lines (-v shows them)"


def render_plan_json(plan: Plan) -> str:
    """The plan as one document; ``commands`` need the rights that ``as_root`` says."""
    resolution = plan.resolution
    target = resolution.target
    document = {
        "schema_version": SCHEMA_VERSION,
        "from": plan.start,
        "to": resolution.sdk,
        "hops": list(plan.hops),
        "target": {
            "instance": target.instance,
            "os": target.os.name if target.os else None,
            "python": target.python,
            "scope": target.scope.value,
            "as_of": target.as_of.isoformat(),
        },
        "policy": edition_at(target.as_of).as_document(),
        "changes": differences_document(plan.comparison.differences),
        "steps": [
            {
                "part": step.part.value,
                "name": step.name,
                "title": step.title,
                "reason": step.reason or None,
                "unless": step.unless or None,
                "as_root": step.as_root,
                "stops": step.stops,
                "reboot": step.reboot,
                "files": [f._asdict() for f in step.files],
                "commands": list(list_step_commands(step)),
                "warnings": list(step.warnings),
            }
            for step in plan.steps
        ],
        "back": list(plan.back),
        "notes": list(plan.notes),
    }
    return json.dumps(document, indent=2) + "\n"
