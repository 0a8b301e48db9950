"""User data of cloud-init: a cloud-config, or several parts in one MIME message.

Source: cloud-init, "User data formats", "Module reference": packages, runcmd, bootcmd,
write_files; RFC 2046, 5.1, for the form of parts.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import os
import re
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
from io import BytesIO

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.installation import NotUnderstood, find_names
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.containers.script_files import read_script_text
from neuron_pin.inputs.containers.session import WrittenFile
from neuron_pin.inputs.containers.shell_words import Word, script_lines, split_rows
from neuron_pin.inputs.file_content import CLOUD_CONFIG, is_shell
from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlNode, YamlText, parse_yaml

from .jobs import Job, Part, script_folders
from .yaml_scripts import list_texts, make_recipe, shell_lines

MAX_CONTENT = 1024 * 1024
MAX_PARTS = 100


def read_cloud_init(path: str, names: Container[str]) -> Recipe:
    """What user data installs.  Raises `UnreadableInput`."""
    text = read_script_text(path)
    reader = _Reader(path, names)
    rows = list(enumerate(split_rows(text), 1))
    if re.match(CLOUD_CONFIG, text):
        reader.config(text, 1)
    else:
        reader.message(rows)
    return make_recipe(path, names, script_folders(path), [reader.job()], reader.problems)


class _Reader:
    """Collects what the parts do, which is all for one machine."""

    def __init__(self, path: str, names: Container[str]) -> None:
        self.path = path
        self.names = names
        self.parts: list[Part] = []
        self.written: list[WrittenFile] = []
        self.unread: list[NotUnderstood] = []
        self.problems: list[UnreadableInput] = []

    def job(self) -> Job:
        return Job(tuple(self.parts), unread=tuple(self.unread), written=tuple(self.written))

    # MIME ---------------------------------------------------------------------------------

    def message(self, rows: Sequence[tuple[int, str]]) -> None:
        """The parts of a MIME message."""
        head, body = _split_head(rows)
        boundary = re.search(r"boundary=(?:\"([^\"]+)\"|([^\s;]+))", head, re.I)
        if boundary is None:
            raise UnreadableInput(self.path, 1, "is a message of several parts without a boundary")
        mark = f"--{boundary[1] or boundary[2]}"
        parts: list[list[tuple[int, str]]] = []
        is_closed = False
        for number, row in body:
            if row.rstrip() == f"{mark}--":
                is_closed = True
                break
            if row.rstrip() == mark:
                parts.append([])
            elif parts:
                parts[-1].append((number, row))
        if not is_closed:
            line = body[0][0] if body else 1
            self.problems.append(
                UnreadableInput(self.path, line, f"the boundary {mark} has no end")
            )
        for part in parts[:MAX_PARTS]:
            self._part(part)
        if len(parts) > MAX_PARTS:
            line = parts[MAX_PARTS][0][0] if parts[MAX_PARTS] else 1
            problem = f"has more than {MAX_PARTS} parts"
            self.problems.append(UnreadableInput(self.path, line, problem))

    def _part(self, rows: Sequence[tuple[int, str]]) -> None:
        head, body = _split_head(rows)
        if not body:
            return
        first = body[0][0]
        text = "\n".join(row for _, row in body)
        if re.search(r"^content-transfer-encoding:\s*base64", head, re.I | re.M):
            decoded = _decode(text, ("base64",))
            if decoded is None:
                problem = UnreadableInput(self.path, first, "a part that is not Base64")
                self.problems.append(problem)
                return
            text = decoded
            # Within it there are no lines of the file.
            body = [(first, row) for row in split_rows(text)]
        kind = re.search(r"^content-type:\s*([\w/.+-]+)", head, re.I | re.M)
        name = kind[1].lower() if kind is not None else "text/plain"
        if text.startswith("#!") or name == "text/x-shellscript":
            self._script(body)
        elif "cloud-config" in name or re.match(CLOUD_CONFIG, text):
            self.config(text, first)
        else:
            found = find_names(text, self.names)
            reason = "a part of a kind that is not read"
            self.unread.append(NotUnderstood(name, first, reason, found))

    def _script(self, body: Sequence[tuple[int, str]]) -> None:
        line, first = body[0]
        if first.startswith("#!") and not is_shell(first):
            text = "\n".join(row for _, row in body)
            names = find_names(text, self.names) if "install" in text else ()
            reason = "a script that is not one of the shell"
            self.unread.append(NotUnderstood(first.strip(), line, reason, names))
            return
        self.parts.append(Part(tuple(script_lines(body))))

    # cloud-config -------------------------------------------------------------------------

    def config(self, text: str, first_line: int) -> None:
        """A cloud-config; what is no YAML of it is a problem."""
        try:
            documents = parse_yaml(text.encode(), self.path, first_line)
        except UnreadableInput as error:
            self.problems.append(error)
            return
        for document in documents:
            self.problems += document.problems
            if isinstance(document.root, YamlMap):
                self._config(document.root, text)

    def _config(self, node: YamlMap, text: str) -> None:
        files = [item for item in node.items("write_files") if isinstance(item, YamlMap)]
        scripts = []
        for item in files:
            scripts += self._file(item)
        commands = [Part(commands=tuple(self._packages(node, text)))]
        # bootcmd runs before packages are installed, runcmd after that.
        boot = [self._commands(node.get("bootcmd"))]
        run = [self._commands(node.get("runcmd"))]
        called = " ".join(
            t.text for key in ("bootcmd", "runcmd") for t in list_texts(node.get(key))
        )
        # What no command names may run by itself.
        others = [part for target, part in scripts if os.path.basename(target) not in called]
        self.parts += [*boot, *commands, *run, *others]

    def _packages(self, node: YamlMap, text: str) -> Iterator[tuple[Word, ...]]:
        is_rpm = "yum_repos" in text or re.search(r"\b(?:dnf|yum)\b", text) is not None
        is_apt = node.get("apt") is not None or re.search(r"\bapt(?:-get)?\b", text) is not None
        program = "dnf" if is_rpm and not is_apt else "apt-get"
        for item in node.items("packages"):
            if isinstance(item, YamlMap):
                # Since 23.4 a package may be that of one manager.
                for key, value in item.pairs:
                    if key.text == "apt":
                        for each in value.items if isinstance(value, YamlList) else (value,):
                            yield _install("apt-get", each)
            else:
                yield _install(program, item)

    def _commands(self, node: YamlNode | None) -> Part:
        lines: list[tuple[int, str]] = []
        for item in node.items if isinstance(node, YamlList) else ():
            if isinstance(item, YamlText):
                lines += shell_lines(item)
            elif isinstance(item, YamlList):
                # A list is a command word by word, without a shell.
                words = [each for each in item.items if isinstance(each, YamlText)]
                row = " ".join(_quote(each.text) for each in words)
                if "\n" in row:
                    lines += _quoted_rows(words)
                else:
                    lines.append((words[0].line if words else item.line, row + "\n"))
        return Part(tuple(lines))

    def _file(self, item: YamlMap) -> list[tuple[str, Part]]:
        """A file that is written; where it is a script of the shell, also that."""
        target, content = item.text("path"), item.text("content")
        if target is None or content is None:
            return []
        encoding = item.text("encoding")
        rows = [(number, row.rstrip("\n")) for number, row in _rows_of(content)]
        if encoding is not None and encoding.text not in ("", "text/plain"):
            decoded = _decode(content.text, re.split(r"\+", encoding.text))
            if decoded is None:
                reason = f"is not {encoding.text} that can be read"
                self.unread.append(NotUnderstood(target.text, content.line, reason))
                return []
            rows = [(content.line, row) for row in split_rows(decoded)]
        self.written.append(WrittenFile(target.text, tuple(rows), self.path))
        if rows and rows[0][1].startswith("#!") and is_shell(rows[0][1]):
            return [(target.text, Part(tuple(script_lines(rows))))]
        return []


def _rows_of(text: YamlText) -> Iterable[tuple[int, str]]:
    for number, part in text.lines or ((text.line, text.text),):
        for row in part.splitlines() or [""]:
            yield number, row


def _install(program: str, node: YamlNode) -> tuple[Word, ...]:
    """A package, or one with its version, as a command that installs it."""
    texts = (
        [each for each in node.items if isinstance(each, YamlText)]
        if isinstance(node, YamlList)
        else ([node] if isinstance(node, YamlText) else [])
    )
    if not texts:
        return (Word(program, node.line), Word("install", node.line))
    spec = texts[0].text
    if len(texts) > 1:
        spec += ("=" if program == "apt-get" else "-") + texts[1].text
    line = texts[0].line
    return (Word(program, line), Word("install", line), Word(spec, line, "$" not in spec))


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _quoted_rows(words: Sequence[YamlText]) -> Iterator[tuple[int, str]]:
    """Words of several lines as the lines of one command."""
    for number, word in enumerate(words):
        rows = list(_rows_of(word))
        for at, (line, row) in enumerate(rows):
            begins = "'" if at == 0 else ""
            ends = "'" if at == len(rows) - 1 else "\n"
            row = row.replace("'", "'\\''")
            yield line, f"{begins}{row}{ends}" + (" " if ends == "'" else "")
        if number == len(words) - 1:
            yield rows[-1][0] if rows else word.line, "\n"


def _decode(text: str, encodings: Iterable[str]) -> str | None:
    data = text.encode("utf-8", "replace")
    try:
        for encoding in reversed(list(encodings)):
            if encoding in ("b64", "base64"):
                data = base64.b64decode(re.sub(rb"\s+", b"", data), validate=True)
            elif encoding in ("gz", "gzip"):
                with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
                    data = stream.read(MAX_CONTENT + 1)
            if len(data) > MAX_CONTENT:
                return None
        return data.decode("utf-8")
    except (binascii.Error, ValueError, OSError, EOFError, zlib.error):
        return None


def _split_head(rows: Sequence[tuple[int, str]]) -> tuple[str, list[tuple[int, str]]]:
    """The header of a message or a part, continued lines joined, and its body."""
    for at, (_, row) in enumerate(rows):
        if not row.strip():
            head = "\n".join(row for _, row in rows[:at])
            return re.sub(r"\n[ \t]+", " ", head), list(rows[at + 1 :])
    return "\n".join(row for _, row in rows), []
