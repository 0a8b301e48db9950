"""One lock to files: rendered, joined with what others wrote, proven, then written.

Everything is made before anything is written, so that a lock which has no form for one of
the files leaves all of them as they are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.errors import CannotWrite
from neuron_pin.fs.atomic import NEW_MODE, remove_atomically, write_atomically
from neuron_pin.fs.ownership import Ownership, find_ownership, mark
from neuron_pin.fs.reading import read_bounded
from neuron_pin.outputs import Format, describe_empty
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Resolution
from neuron_pin.target import Scope

MAX_BYTES = 16 * 1024 * 1024

_LINES_OF_A_RUN = (
    "# managed by neuron-pin, sha256 ",
    "#   neuron-pin ",
    '  "command": ',
    '    "as_of": ',
    "command = ",
    "value\tcommand\t",
    "end\t",
)
"""How lines begin that differ with the command and the day of a run, whatever is locked, and
checksums over them."""


class Output(NamedTuple):
    """A file to write, its form, and the part of the lock that it is for."""

    path: str
    form: Format
    scope: Scope = Scope.BOTH


class FileChange(NamedTuple):
    """A file's text as it is, empty for none, and as it is to be, none for no file.

    ``mode`` is that of a file which is not there yet.  ``warning`` is what to know of the text,
    empty for nothing.
    """

    path: str
    before: str
    after: str | None
    mode: int = NEW_MODE
    warning: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything is to be written or removed."""
        if self.after is None:
            return os.path.lexists(self.path)
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff, empty for none."""
        import difflib

        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            (self.after or "").splitlines(keepends=True),
            self.path,
            self.path if self.after is not None else "/dev/null",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def find_drift(prepared: Sequence[FileChange]) -> list[FileChange]:
    """The files in which a lock would change more than the command and the day that made it, and
    what people are warned of on that day; each with the lines of the run as they are, so that
    its `diff` shows what drifted."""
    drifted = []
    for file in prepared:
        if file.after is None or _is_same_lock(file.before, file.after):
            continue
        kept = file._replace(after=_with_lines_of_run(file.after, file.before))
        drifted += [kept] if kept.changes else []
    return drifted


def _is_same_lock(before: str, after: str) -> bool:
    """Whether two texts of a lock.json lock the same; false for other files."""
    if not (before.startswith("{") and after.startswith("{")):
        return False
    import json

    try:
        documents = [json.loads(text) for text in (before, after)]
        for document in documents:
            document["target"]["as_of"] = document["command"] = document["warnings"] = None
            document["exclusions"].sort(key=json.dumps)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return bool(documents[0] == documents[1])


def _with_lines_of_run(text: str, before: str) -> str:
    """A text with the lines of another run."""
    found: dict[str, str] = {}
    for line in before.splitlines(keepends=True):
        start = next((s for s in _LINES_OF_A_RUN if line.startswith(s)), None)
        if start is not None:
            found.setdefault(start, line)
    lines = text.splitlines(keepends=True)
    return "".join(next((found[s] for s in found if line.startswith(s)), line) for line in lines)


def _with_kept_reasons(text: str, before: str) -> str:
    """A lock.json with what the one before it, which locks the same, says of the releases that
    it passed over: a lock that keeps its release does not try them again."""
    import json

    try:
        old, new = json.loads(before), json.loads(text)
        for name in ("sdk", "packages"):
            if old[name] != new[name]:
                return text
        if old["target"] | {"as_of": None} != new["target"] | {"as_of": None}:
            return text
        stated = {(row["name"], row["version"]) for row in new["exclusions"]}
        kept = [
            row
            for row in old["exclusions"]
            if (row["ecosystem"], row["rule"]) == ("sdk", Rule.RELEASE_LACKS.identifier)
            and (row["name"], row["version"]) not in stated
            and sdk_key(row["version"]) > sdk_key(new["sdk"])
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return text
    if not kept:
        return text
    new["exclusions"] = [*kept, *new["exclusions"]]
    return json.dumps(new, indent=2) + "\n"


def path_under_root(root: str, path: str) -> str:
    """A path below another root: ``/image`` and ``/etc/x`` make ``/image/etc/x``."""
    return os.path.join(root, path.lstrip("/")) if root else path


def check_destinations(outputs: Sequence[Output]) -> None:
    """Raise, before a lock is made, `CannotWrite` for a file whose folder is not there."""
    for output in outputs:
        if not os.path.isdir(os.path.dirname(output.path) or "."):
            raise CannotWrite(output.path, "its folder does not exist")


def prepare(
    outputs: Sequence[Output],
    resolution: Resolution,
    command: str,
    catalog: Catalog,
    *,
    overwrite: bool = False,
) -> list[FileChange]:
    """Every file's new text; raises `WrongUsage` or `CannotWrite`, and writes nothing.

    A system file that was edited by hand is refused unless ``overwrite``.
    """
    if not outputs:
        return []
    from neuron_pin.resolve.parts import take_part

    scopes = dict.fromkeys(output.scope for output in outputs)
    parts = {scope: take_part(resolution, scope, catalog) for scope in scopes}
    return [_prepare(output, parts[output.scope], command, overwrite) for output in outputs]


def remove(outputs: Sequence[Output], *, overwrite: bool = False) -> list[tuple[str, bool]]:
    """Take away what we wrote to these files: a file that is ours alone goes, of others our
    section; gives each path and whether there was anything.

    Raises `CannotWrite`, before anything is removed, for a file that is not ours, and for
    one that was edited by hand unless ``overwrite``.
    """
    rests = [_remove_ours(output, overwrite) for output in outputs]
    done = []
    for output, rest in zip(outputs, rests, strict=True):
        if rest is None:
            done.append((output.path, remove_atomically(output.path)))
        else:
            done.append((output.path, bool(rest) and write_atomically(output.path, rest)))
    return done


def _remove_ours(output: Output, overwrite: bool) -> str | None:
    """What is to stay of a file: none for nothing, empty for a file that is not there."""
    before = _read_existing(output.path)
    if not before:
        return ""
    if output.form.is_section:
        from neuron_pin.fs.sections import BrokenSection, remove_section

        try:
            return remove_section(before)
        except BrokenSection as error:
            raise CannotWrite(f"{output.path}:{error.line}", f"{error}") from None
    if not output.form.is_system_file:
        raise CannotWrite(output.path, "is not a system file; remove it by hand")
    owner = find_ownership(before)
    if owner is Ownership.FOREIGN:
        raise CannotWrite(output.path, "was not written by neuron-pin, and was not changed")
    if owner is Ownership.EDITED and not overwrite:
        message = "has been edited by hand since neuron-pin wrote it"
        raise CannotWrite(output.path, message, hint="--overwrite removes it anyway")
    return None


def write(prepared: Sequence[FileChange]) -> list[tuple[str, bool]]:
    """Write the files that change, and remove those that go; gives each path and whether
    anything was done."""
    done = []
    for file in prepared:
        if file.after is None:
            done.append((file.path, remove_atomically(file.path)))
        else:
            data = file.after.encode("utf-8", "surrogateescape")
            done.append((file.path, write_atomically(file.path, data, new_mode=file.mode)))
    return done


def _prepare(output: Output, resolution: Resolution, command: str, overwrite: bool) -> FileChange:
    text = output.form.render(resolution, command)
    before = _read_existing(output.path)
    if output.form.is_system_file:
        text = mark(text)
        if find_ownership(before) is Ownership.EDITED and not overwrite:
            raise CannotWrite(
                output.path,
                "has been edited by hand since neuron-pin wrote it",
                hint="--overwrite --diff shows what would be lost, --overwrite overwrites it",
            )
    if output.form.name == "json" and before != text:
        text = _with_kept_reasons(text, before)
    if output.form.section_head is not None:
        from neuron_pin.fs.sections import BrokenSection, put_section
        from neuron_pin.outputs.versionlock import check_lines_of_others

        check_lines_of_others(output.path, before, output.form.name)
        try:
            text = put_section(before, text, output.form.section_head)
        except BrokenSection as error:
            raise CannotWrite(
                f"{output.path}:{error.line}", f"{error}", hint="fix or remove them by hand"
            ) from None
    if output.form.verifier:
        module, _, function = output.form.verifier.partition(":")
        getattr(import_module(module), function)(output.path, text, resolution)
    warning = describe_empty(output.form, resolution)
    return FileChange(output.path, before, text, warning=warning)


def _read_existing(path: str) -> str:
    """A file's text, empty for none; raises `UnreadableInput` rather than to give a part of
    one that others write to as well."""
    if not os.path.isfile(path):
        return ""
    return read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
