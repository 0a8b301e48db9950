"""Commands in documents, in what the program prints, and in the strings of its source."""

from __future__ import annotations

import ast
import html
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from neuron_pin.cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "fixtures" / "golden"

SECOND: dict[str, str] = {
    "neuron-pin": "|".join(
        [*COMMANDS, "outdated", "completion", "help", "version", r"--[a-z-]+", "-[Vqvh]"]
    ),
    "pip3?": "install|check|freeze|config|download|cache|index|wheel|list|lock|uninstall|--version",
    "uvx?": "add|lock|sync|run|pip|venv|tool|export|cache|remove|python|build|--version",
    "pipx": "install|run|inject|upgrade|ensurepath",
    "apt-get|apt|aptitude": "install|update|upgrade|dist-upgrade|full-upgrade|remove|purge|autoremove|download|show|policy|-[a-z]+",
    "apt-cache": "policy|show|madison|search",
    "apt-mark": "hold|unhold|showhold",
    "apt-key": "[a-z]+",
    "dpkg": "-[a-zA-Z-]+",
    "dpkg-query": "-W",
    "dnf|yum|microdnf": "install|upgrade|update|remove|makecache|versionlock|list|repolist|clean|-y",
    "rpm": "-",
    "curl|wget": "-|http",
    "gpgv?": "-",
    "git": "clone|pull|checkout|log|diff|show|add|commit|rebase",
    "gh": "[a-z]+",
    "docker|podman|buildah": "build|run|exec|pull|save|bud|push",
    r"(?:[\w./-]+/)?python3?(?:\.\d+)?": r"-[mc]|[\w/]+\.py",
    r"(?:[\w.-]+/)+bin/(?:pip|neuron-pin|pytest)": r"[a-z-]+",
    "sh|bash": r"-[cn]|[\w./-]+\.sh",
    r"script/[a-z]+": r"[^ ]+",
    "source": r"[\w./~-]+/activate",
    "rm": "-",
    "systemctl|modprobe|fuser|journalctl": "[a-z-]+",
    "pre-commit": "install|run",
    "man": "neuron-pin",
}
"""Programs, and what has to come behind one for a command: prose speaks of apt, too."""

_BEFORE = r"(?:sudo (?:-\S+ )?)?(?:env )?(?:[A-Z][A-Z_]+=\S+ )*"
START = re.compile(
    r"(?<![\w./\\-])" + _BEFORE + "(?:"
    + "|".join(rf"(?:{program}) (?:{second})(?![\w])" for program, second in SECOND.items())
    + ")"
)  # fmt: skip
_END = re.compile(
    r"[;,:.!?)\]]+(?=\s|$)|\s\(|(?<=\s)(?:and|or|then|to|for)\s(?=[a-z ]+\b)|[”\"]|(?<!\S)→"
)
SHELLS = ("sh", "console", "bash", "shell", "zsh")


class Printed(NamedTuple):
    """A command where it is printed; ``kind`` is block, inline, step (of a plan), output
    (a part of a sentence), page, source or file (that a reader is told to write)."""

    text: str
    kind: str
    place: str


def normalize(text: str) -> str:
    """One line, but for a here-document, with what differs between machines replaced by names."""
    text = text.replace(os.uname().release, "KERNEL").replace(sys.executable, "PYTHON")
    return text.strip() if "<<" in text else " ".join(text.split())


def _balanced(text: str) -> str:
    """A phrase without the quotation marks and brackets that were opened before it."""
    for mark in "'\"`":
        if text.count(mark) % 2:
            text = text[: text.rindex(mark)]
    return text


def phrases(line: str) -> Iterator[str]:
    """Commands in a line of prose: from a program's name to the end of the clause, since
    nothing but a reader knows where in a clause a command ends; `commands.toml` says."""
    position = 0
    while found := START.search(line, position):
        begin = found.start()
        mark = line[begin - 1] if begin else ""
        if mark in "`'\"" and mark and mark in line[begin:]:
            end = line.index(mark, begin)
        else:
            stop = _END.search(line, found.end())
            end = stop.start() if stop else len(line)
            for inner in START.finditer(line, found.end(), end):
                # Another command in the same clause, unless it goes on with the first one.
                if not re.search(r" -- |(?:&&|\||sh -c ['\"]| -m) *$", line[begin : inner.start()]):
                    end = inner.start()
                    break
        text = _balanced(line[begin:end]).strip()
        if " " in text:
            yield text
        position = max(end, found.end())


def shell_commands(text: str) -> Iterator[str]:
    """Commands of a block of shell: lines joined that belong together, without comments."""
    lines = iter(text.splitlines())
    for raw in lines:
        line = raw.strip()
        while line.endswith("\\"):
            line = line[:-1].rstrip() + " " + next(lines, "").strip()
        line = re.sub(r"(?:^|\s+)#(?![{\d]).*$", "", line)
        if here := re.search(r"<<-? *['\"]?(\w+)", line):
            for inner in lines:
                line += "\n" + inner
                if inner.strip() == here[1]:
                    break
        if line:
            yield line


def _prompted(text: str) -> Iterator[tuple[str, bool]]:
    """Lines of a console, each with whether it was typed."""
    lines = iter(text.splitlines())
    for line in lines:
        if not re.match(r"^[$#] ", line):
            yield line, False
            continue
        typed = line[2:]
        while typed.endswith("\\"):
            typed = typed[:-1].rstrip() + " " + next(lines, "").strip().removeprefix("> ")
        yield re.sub(r"\s+# .*$", "", typed), True


def document(path: Path) -> Iterator[Printed]:
    """Commands of a Markdown document: blocks, consoles, inline code."""
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text()

    def block(match: re.Match[str]) -> str:
        language = match["language"].strip("{}").split()[0] if match["language"].strip() else ""
        body = match["body"]
        if re.search(r"^\$ ", body, re.M):
            for line, typed in _prompted(body):
                if typed:
                    found.append(Printed(normalize(line), "block", name))
                else:
                    found.extend(Printed(normalize(each), "output", name) for each in phrases(line))
        elif language in SHELLS:
            found.extend(Printed(normalize(each), "block", name) for each in shell_commands(body))
            return ""
        before = text[: match.start()].rstrip().rpartition("\n\n")[2]
        named = re.findall(r"`([\w.-]+\.(?:txt|toml|in|json|ya?ml)|Dockerfile)`", before)
        if named and before.endswith(":") and not match["indent"]:
            content = f"cat > {named[0]} <<'END-OF-FILE'\n{body}END-OF-FILE"
            found.append(Printed(content, "file", name))
        elif language in ("", "dockerfile", "text"):
            for line in body.splitlines():
                found.extend(Printed(normalize(each), "output", name) for each in phrases(line))
        return ""

    found: list[Printed] = []
    fence = r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[^\n]*)\n(?P<body>.*?)^ *(?P=fence) *$"
    prose = re.sub(fence, block, text, flags=re.M | re.S)
    for line in re.findall(r"^ {4,}(\S.*)$", prose, re.M):
        if START.match(line):
            found.extend(Printed(normalize(each), "block", name) for each in shell_commands(line))
    for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose):
        if START.match(normalize(code)):
            found.append(Printed(normalize(code), "inline", name))
    yield from found


def documents() -> list[Path]:
    found = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    found += sorted((ROOT / "docs").rglob("*.md"))
    found += sorted((ROOT / "findings").glob("*.md"))
    found += sorted((ROOT / "fixtures").rglob("README.md"))
    return [path for path in found if path.is_file()]


_STEP = re.compile(r"^     (?! |write )(\S.*)$|^   unless: (.*)$")


def printed_text(text: str, name: str, kind: str = "output") -> Iterator[Printed]:
    """Commands in what a command printed; whole lines where a plan prints steps."""
    text = re.sub(r"^usage: .*?(?:\n\n|\Z)", "\n", text, flags=re.M | re.S)
    # Of transcripts the mark of stderr; and commands that go on behind a backslash.
    text = re.sub(r" \\\n\s*", " ", re.sub(r"^! ?", "", text, flags=re.M))
    is_plan = all(re.search(each, text, re.M) for each in (r"^From ", r"^1\. ", r"^     \S"))
    for line in text.splitlines():
        step = _STEP.match(line) if is_plan else None
        if step:
            yield Printed(normalize(step[1] or step[2]), "step", name)
            continue
        yield from (Printed(normalize(each), kind, name) for each in phrases(line))


def transcripts() -> Iterator[tuple[str, str, str]]:
    """Name, command and output of each command of the golden transcripts."""
    for path in sorted(GOLDEN.glob("*.txt")):
        for part in re.split(r"^(?=\$ neuron-pin)", path.read_text(), flags=re.M):
            command, _, output = part.partition("\n")
            if command:
                yield path.relative_to(ROOT).as_posix(), command.removeprefix("$ "), output


def is_program(command: str) -> bool:
    """Whether a command's output is a program: those are run as a whole, by tests/planner."""
    return bool(re.search(r"--format (sh|dockerfile)", command))


def from_transcripts() -> Iterator[Printed]:
    for name, command, output in transcripts():
        if is_program(command):
            # Of programs, what they say to a reader.
            output = "\n".join(line for line in output.splitlines() if line.startswith(("#", "!")))
        yield from printed_text(output, name)


def page(text: str, name: str) -> Iterator[Printed]:
    """Commands in the code of an HTML page."""
    for code in re.findall(r"<(?:code|pre|kbd)\b[^>]*>(.*?)</(?:code|pre|kbd)>", text, re.S):
        plain = html.unescape(re.sub(r"<[^>]+>", "", code))
        for line in shell_commands(plain):
            if START.match(normalize(line)):
                yield Printed(normalize(line), "page", name)


HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
"""What an f-string fills in."""


def _text_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text_of(node.left), _text_of(node.right)
        return None if left is None and right is None else (left or HOLE) + (right or HOLE)
    return None


class _Strings(ast.NodeVisitor):
    """Every string of a module but its docstrings, joined where they are joined."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
            self.generic_visit(node)

    def visit(self, node: ast.AST) -> None:
        text = _text_of(node) if isinstance(node, ast.expr) else None
        if text is not None:
            self.found.append(text)
            return
        super().visit(node)


def in_source() -> Iterator[Printed]:
    """Commands in the strings of the program, with `HOLE` for what is filled in."""
    for path in sorted((ROOT / "neuron_pin").rglob("*.py")):
        strings = _Strings()
        strings.visit(ast.parse(path.read_text()))
        for text in strings.found:
            # What str.format fills in is a hole as well.
            for line in re.sub(r"\{\w+\}", HOLE, text).splitlines():
                for each in phrases(line):
                    yield Printed(
                        " ".join(each.split()), "source", path.relative_to(ROOT).as_posix()
                    )


def reaches(printed: str, text: str) -> bool:
    """Whether a string of the source is in a text that was printed."""
    parts = [re.escape(" ".join(part.split())) for part in re.split(HOLE, printed)]
    return bool(re.search(r"[^\n]*?".join(r"\s+".join(p.split(r"\ ")) for p in parts), text))


def unquoted_globs(command: str) -> list[str]:
    """Words with a star, question mark or bracket that a shell would take for file names."""
    found, word, quote, globbed = [], "", "", False
    previous = ""
    for character in command + " ":
        if quote:
            if character == quote and previous != "\\":
                quote = ""
            word += character
        elif character in "'\"" and previous != "\\":
            quote = character
            word += character
        elif character.isspace() or character in ";|&()":
            if globbed and word not in ("[", "[["):
                found.append(word)
            word, globbed = "", False
        else:
            alone = word + character in ("*", "?")
            is_pattern = character in "*?" and not alone and previous not in ("\\", "$")
            if is_pattern or (character == "[" and word):
                globbed = True
            word += character
        previous = character
    return found


def by_text(found: Iterable[Printed]) -> dict[str, list[Printed]]:
    grouped: dict[str, list[Printed]] = {}
    for each in found:
        if each.kind == "file":
            continue
        if each not in grouped.setdefault(each.text, []):
            grouped[each.text].append(each)
    return grouped
