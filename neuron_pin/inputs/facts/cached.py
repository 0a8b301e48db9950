"""Facts of hosts as they were kept: files and folders of JSON, in the forms that programs keep
them in.

Read here: the documents themselves, one a file, in a list or one a line; Ansible's cache
``jsonfile`` (since ansible-core 2.19 a text in ``__payload__``) and what ``ansible --tree`` writes;
what AWS Systems Manager answers (``get-command-invocation``, ``list-command-invocations``) or puts
into a bucket; Salt's ``--out=json``.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import STANDARD_INPUT, read_bounded, read_head
from neuron_pin.printable import make_printable
from neuron_pin.record import NamedTuple

KIND = "host-facts"
MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a document that may hold many hosts."""
MAX_LINE = 4 * 1024 * 1024
MAX_FILES = 1_000_000
MAX_DEPTH = 6
"""How deep in what others keep the facts are looked for."""
_HEAD = 256 * 1024
_SHOWN = 60
_OTHERS = (
    ".md", ".txt", ".html", ".csv", ".sarif", ".svg", ".png", ".yml", ".yaml", ".log", ".tmp",
    ".sh", ".py", ".list",
)  # fmt: skip
"""Ends of the names of files in a folder that are no facts, unless they begin as facts do: a host
may be called so, for ``.sh``, ``.py`` and ``.md`` are domains too."""
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)*\{\s*\"")
_MARKS = (b"host-facts", b'"__payload__"', b"ansible_", b'"neuron_pin"')
"""What facts, and caches of facts, have in them."""
_LINES = (".jsonl", ".ndjson")
_WITHIN = ("neuron_pin", "ansible_facts", "facts", "ansible_local")
"""Keys that the facts are below, of Ansible."""
_FORM = "s1_"
"""The number of its form, before the name of the host, in names of files of Ansible's cache;
``fact_caching_prefix`` is before it."""
_OUTPUTS = ("StandardOutputContent", "Output")
"""What a command printed, of AWS Systems Manager."""
_CUT = re.compile(r"-+ *output truncated *-+\s*\Z", re.IGNORECASE)
_CUT_AT = 2500
"""Characters after which ``list-command-invocations`` cuts; ``get-command-invocation`` takes
24,000."""


class OtherFacts(UnreadableInput):
    """A host that Ansible's cache knows, but nobody gathered these facts from, such as the
    controller itself: it is no error.  ``host`` is its name."""

    def __init__(self, path: str, host: str) -> None:
        super().__init__(path, None, "has Ansible's own facts of a host alone")
        self.host = host


Report = Callable[[UnreadableInput], None]


class CachedFacts(NamedTuple):
    """One document as it was found, at a place for people.  ``name`` is what the place calls the
    host, empty where it does not; ``is_named`` says that this counts more than what the document
    itself says, as in an inventory."""

    document: dict[str, Any]
    place: str
    name: str
    is_named: bool


def read_cached_facts(paths: list[str], report: Report) -> Iterator[CachedFacts]:
    """The documents of files and folders, in the order of their names; what cannot be read goes to
    ``report``, and the rest is read."""
    for path in paths:
        path = STANDARD_INPUT if path == "-" else path
        if not os.path.lexists(path):
            hint = "name files or folders with what neuron-pin fleet facts printed"
            report(UnreadableInput(path, None, "there is no such file or folder", hint=hint))
            continue
        if not os.path.isdir(path):
            yield from _read_file(path, report)
            continue
        count = 0
        for file in _list_files(path):
            count += 1
            if count > MAX_FILES:
                report(UnreadableInput(path, None, f"has more than {MAX_FILES} files"))
                break
            yield from _read_file(file, report)
        if not count:
            report(_no_facts(path, "has no files with facts of hosts"))


def _list_files(folder: str) -> Iterator[str]:
    """The files below a folder that may be facts; links to folders are not followed, and a pipe,
    which nobody may ever write to, is not waited for."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(place, name)
            if name.startswith(".") or (os.path.exists(path) and not os.path.isfile(path)):
                continue
            if not name.lower().endswith(_OTHERS) or _begins_as_facts(path):
                yield path


def _begins_as_facts(path: str) -> bool:
    try:
        head = read_head(path, _HEAD)
    except OSError:
        return True
    return _OBJECT.match(head) is not None and any(mark in head for mark in _MARKS)


def find_host_of_file(path: str) -> str:
    """The host that the name of a file names; empty where it names none."""
    return _drop_form(_find_name(path))


def _find_name(path: str) -> str:
    name = os.path.basename(path)
    for end in (".json", *_LINES):
        name = name.removesuffix(end)
    return "" if name == "stdout" else name


def _drop_form(name: str) -> str:
    return name.partition(_FORM)[2] or name


def _remember(given: Report) -> tuple[list[UnreadableInput], Report]:
    """What is reported from now on, and the report that keeps it before it is given on."""
    told: list[UnreadableInput] = []

    def report(problem: UnreadableInput) -> None:
        told.append(problem)
        given(problem)

    return told, report


def _read_file(path: str, given: Report) -> Iterator[CachedFacts]:
    name = _find_name(path)
    told, report = _remember(given)
    try:
        if path.endswith(_LINES) or _has_lines(path):
            yield from _read_lines(path, report)
            return
        data = read_bounded(path, MAX_BYTES, hint=_SMALLER)
        if not data.strip():
            raise _no_facts(path, "is empty")
        value = _parse(data, path)
    except OSError as error:
        report(UnreadableInput(path, None, f"cannot be read: {error.strerror}"))
        return
    except UnreadableInput as error:
        report(error)
        return
    found = list(_find(value, path, name, report))
    if not found and not told and not _is_own(value):
        others = _read_others(value)
        if others is None:
            report(_no_facts(path, "holds no facts of a host"))
        elif others:
            report(OtherFacts(path, _drop_form(name)))
    yield from found


def _read_others(value: Any) -> dict[str, Any] | None:
    """The facts of a file of Ansible's cache to which this program gave none; None of others."""
    if isinstance(value, dict) and list(value) == ["__payload__"]:
        try:
            facts = json.loads(value["__payload__"])
        except (TypeError, ValueError, RecursionError):
            return None
        if isinstance(facts, dict) and not any(key in facts for key in _WITHIN):
            return facts
    return None


def _has_lines(path: str) -> bool:
    """Whether a file has a JSON document in its first line, and more lines."""
    first, end, rest = read_head(path, _HEAD).partition(b"\n")
    if not end or not rest.strip() or not first.strip().startswith(b"{"):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _open(path: str) -> BinaryIO:
    """A file to read by lines; what a pipe gave is remembered, for it gives it once."""
    if os.path.isfile(path):
        return open(path, "rb")
    return io.BytesIO(read_bounded(path, MAX_BYTES, hint=_SMALLER))


def _read_lines(path: str, given: Report) -> Iterator[CachedFacts]:
    told, report = _remember(given)
    with _open(path) as stream:
        number = 0
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            place = f"{path}:{number}"
            if len(line) > MAX_LINE:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(MAX_LINE)
                report(UnreadableInput(path, number, f"larger than {MAX_LINE} bytes"))
                continue
            if not line.strip():
                continue
            try:
                value = _parse(line, path, number)
            except UnreadableInput as error:
                report(error)
                continue
            told.clear()
            found = list(_find(value, place, "", report))
            if not found and not told:
                report(_no_facts(path, "holds no facts of a host", number))
            yield from found


def _parse(data: bytes | str, path: str, line: int | None = None) -> Any:
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        text = data if isinstance(data, str) else data[:200].decode("utf-8", "replace")
        shown = make_printable(" ".join(text[:200].split())[:_SHOWN])
        problem = f"is not JSON ({error.msg}): {shown}"
        raise UnreadableInput(path, line or error.lineno, problem, hint=_HINT) from None
    except RecursionError:
        raise UnreadableInput(path, line, "nests too deeply", hint=_HINT) from None
    except ValueError:
        raise UnreadableInput(path, line, "is not JSON that can be read", hint=_HINT) from None


_SMALLER = "keep the facts of hosts one a line, or in a file each"
_HINT = "gather them anew on the host: neuron-pin fleet facts"


def _no_facts(path: str, problem: str, line: int | None = None) -> UnreadableInput:
    return UnreadableInput(path, line, problem, hint=_HINT)


def _is_own(value: object) -> bool:
    """Whether it is another document of this program, such as a report that is kept beside."""
    return isinstance(value, dict) and value.get("kind") in ("fleet-report", "fleet-classes")


def _find(
    value: Any, place: str, name: str, report: Report, *, is_named: bool = False, depth: int = 0
) -> Iterator[CachedFacts]:
    """The documents in what was kept."""
    if depth > MAX_DEPTH:
        return
    depth += 1
    if isinstance(value, list):
        for each in value:
            yield from _find(each, place, "", report, depth=depth)
        return
    if not isinstance(value, dict):
        return
    if value.get("kind") == KIND:
        yield CachedFacts(value, place, name, is_named)
        return
    if "__ansible_type" in value and "value" in value:
        yield from _find(_untag(value), place, name, report, is_named=is_named, depth=depth)
        return
    if isinstance(value.get("__payload__"), str):
        own = _drop_form(name)
        inner = _read_text(value["__payload__"], place, report)
        yield from _find(inner, place, own, report, is_named=True, depth=depth)
        return
    for key in _WITHIN:
        if isinstance(value.get(key), dict):
            found = list(_find(value[key], place, name, report, is_named=bool(name), depth=depth))
            if found:
                yield from found
                return
    if isinstance(value.get("CommandInvocations"), list):
        for each in value["CommandInvocations"]:
            yield from _find(each, place, "", report, depth=depth)
        return
    if isinstance(value.get("InstanceId"), str):
        yield from _find_output(value, place, report)
        return
    yield from _find_by_host(value, place, report)


def _find_output(value: dict[str, Any], place: str, report: Report) -> Iterator[CachedFacts]:
    """What a command of AWS Systems Manager printed on an instance."""
    name = value["InstanceId"]
    label = f"{place} ({make_printable(name[:_SHOWN])})"
    plugins = value.get("CommandPlugins")
    rows = [value, *(plugins if isinstance(plugins, list) else [])]
    texts = _list_texts(rows, _OUTPUTS)
    problems: list[UnreadableInput] = []
    found: list[CachedFacts] = []
    for text in texts:
        inner = _read_text(text, label, problems.append)
        found += _find(inner, label, name, problems.append, is_named=True, depth=MAX_DEPTH - 1)
    if not found:
        problems = [_explain_output(value, label, rows, texts)]
    for problem in problems:
        report(problem)
    yield from found


def _list_texts(rows: list[Any], keys: tuple[str, ...]) -> list[str]:
    found = [row.get(key) for row in rows if isinstance(row, dict) for key in keys]
    return [text for text in found if isinstance(text, str) and text.strip()]


def _explain_output(
    value: dict[str, Any], label: str, rows: list[Any], texts: list[str]
) -> UnreadableInput:
    """Why a command of AWS Systems Manager gave no facts."""
    status = value.get("Status")
    errors = "\n".join(_list_texts(rows, ("StandardErrorContent",)) + texts)
    # Lines such as ----------ERROR------- part the errors from the output.
    lines = (line.strip() for line in errors.splitlines() if not re.fullmatch(r"\W*\w*\W*", line))
    first = make_printable(next(lines, "")[:_SHOWN])
    if isinstance(status, str) and status != "Success":
        problem = f"the command has the status {make_printable(status[:_SHOWN])}"
        return UnreadableInput(
            label, None, f"{problem}: {first}" if first else problem, hint="run the command again"
        )
    is_cut = any(
        text.lstrip().startswith("{") and (_CUT.search(text) or len(text) >= _CUT_AT)
        for text in texts
    )
    if is_cut:
        return UnreadableInput(
            label,
            None,
            "the answer is cut",
            hint="get-command-invocation answers with more than list-command-invocations, and a "
            "bucket of S3 has all of it",
        )
    return _no_facts(
        label, f"the command printed no facts: {first}" if first else "printed nothing"
    )


def _find_by_host(value: dict[str, Any], place: str, report: Report) -> Iterator[CachedFacts]:
    """Objects that have hosts as keys, as Salt prints them; a host that answers with something
    else is named, where one answers with facts."""
    rows = []
    for name, answer in value.items():
        is_text = isinstance(answer, str) and answer.lstrip().startswith("{")
        is_document = isinstance(answer, dict) and answer.get("kind") == KIND
        rows.append((name, answer, is_text or is_document))
    if not any(is_facts for _, _, is_facts in rows):
        return
    for name, answer, is_facts in rows:
        label = f"{place} ({make_printable(name[:_SHOWN])})"
        if not is_facts:
            shown = make_printable(" ".join(str(answer)[:200].split())[:_SHOWN])
            report(_no_facts(label, f"answers with something else than facts: {shown}"))
            continue
        inner = _read_text(answer, label, report) if isinstance(answer, str) else answer
        yield from _find(inner, label, name, report, is_named=True, depth=MAX_DEPTH - 1)


def _read_text(text: str, place: str, report: Report) -> Any:
    """A document in a text of another; none, and reported, where it cannot be read."""
    try:
        return _parse(text, place)
    except UnreadableInput as error:
        report(error)
        return None


def _untag(value: Any, depth: int = 0) -> Any:
    """A value without the marks that Ansible keeps of where each part of it is from."""
    if depth > 50:
        return None
    if isinstance(value, dict):
        if "__ansible_type" in value and "value" in value:
            return _untag(value["value"], depth + 1)
        return {key: _untag(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_untag(inner, depth + 1) for inner in value]
    return value
