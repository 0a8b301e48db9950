"""The table of printed commands: what becomes of each when somebody pastes it."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import tomli_w

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from .private_machine import Job
from .worlds import PROJECT, WORLDS

TABLE = Path(__file__).parent / "commands.toml"
HEAD = """\
# Every command that a document, an output or a page prints, by its text, and what becomes of it when
# it is pasted into the private machine. `pytest tests/pasted --update-pasted` adds what is new and
# takes out what nothing prints any more; what it says of a new command is a proposal: look at it.
# Blocks of the documents that scenes.toml names as sessions are pasted one after another, where it says.
#
#   world, folder   where it is pasted (tests/pasted/worlds.py); "project" if nothing is said
#   before          shell that makes what the surrounding text speaks of
#   run             the command, where the phrase of a sentence goes on behind it
#   fill            what a reader puts in the place of a word such as NAME
#   add             what is put behind it to see that it worked, or to bound it
#   until           what it prints when it is up, for one that goes on
#   exit            its exit code, if not 0; then `says`, which its output has to have in it, and
#                   `because`: the reason, which the text around the command states
#   form            it names a command or its synopsis, and is not one to paste: its options must exist
#   skip            why it is not run
#   long            it takes seconds and others show the same: `script/test --long` pastes it
#   glob            why a star of it may be left to the shell
#   broken          what is wrong with it: it has to fail, and to be put right where it is printed
"""


class Entry(NamedTuple):
    """What becomes of one command."""

    world: str = "project"
    folder: str = PROJECT
    before: str = ""
    run: str = ""
    fill: Mapping[str, str] = MappingProxyType({})
    add: str = ""
    until: str = ""
    exit: int = 0
    says: str = ""
    because: str = ""
    form: bool = False
    skip: str = ""
    long: bool = False
    glob: str = ""
    broken: str = ""

    def command(self, text: str) -> str:
        """The command that is pasted."""
        command = self.run or text
        for word, value in self.fill.items():
            command = command.replace(word, value)
        return command

    def pasted(self, text: str) -> str:
        """The command with what is needed around it."""
        before = self.before.strip() + "\n" if self.before else ""
        return before + self.command(text) + self.add

    def job(self, text: str) -> Job:
        return Job(self.pasted(text), self.world, self.folder, self.until)

    def problems(self, text: str) -> list[str]:
        """What is wrong with the entry itself."""
        found = []
        if self.world not in WORLDS:
            found.append(f"there is no world {self.world!r}")
        if self.run and not text.startswith(self.run):
            found.append("run is not what it begins with")
        for word in self.fill:
            if word not in text:
                found.append(f"{word!r} of fill is not in it")
        if self.exit and not self.broken and not (self.says and self.because):
            found.append("a refusal needs says and because")
        if self.form and self.skip:
            found.append("form and skip exclude each other")
        return found


def read_table() -> dict[str, Entry]:
    rows: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text()) if TABLE.exists() else {}
    return {text: Entry(**row) for text, row in rows.items()}


def write_table(entries: dict[str, Entry]) -> None:
    rows = {
        text: {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in entry._asdict().items()
            if value != Entry._field_defaults[name]
        }
        for text, entry in sorted(entries.items(), key=lambda item: item[0].removeprefix("sudo "))
    }
    TABLE.write_text(HEAD + "\n" + tomli_w.dumps(rows))


_SYNOPSIS = re.compile(
    r"[…|]|\.\.\.|\[[A-Z-]|\b(?:NAME|FILE|DIR|RULE|LOCK|KEY|URL|VERSION|FOLDER|KIND|DATE)\b"
)


def proposal(text: str, kinds: set[str]) -> Entry:
    """A first idea of an entry, from the words alone."""
    if kinds <= {"inline"} and (_SYNOPSIS.search(text) or len(text.split()) < 3):
        return Entry(form=True)
    if re.search(r"(^|/)(pytest|script/)|-m pytest", text):
        return Entry(world="clone", folder="@ROOT@")
    if "step" in kinds:
        return _step(text)
    if re.search(r"^(sudo )?(neuron-pin hook (status|remove|test)|apt|dpkg)", text):
        return Entry(world="hooked" if "hook" in text else "host")
    if re.search(r"^(sudo )?(dnf|yum|rpm)", text):
        return Entry(world="dnf-host")
    if "--host" in text or "--from host" in text:
        return Entry(world="host")
    if text.startswith("PYTHON "):
        return Entry(fill={"PYTHON": "@PYTHON@"})
    return Entry()


KEY = {
    "00FA2C1079260870A76D2C285749CAD8646D9185": "@FINGERPRINT@",
    "5749CAD8646D9185": "@KEY_ID@",
}
"""The numbers of AWS's key, which only AWS has, and those of the key that signs here."""


def _step(text: str) -> Entry:
    """A line of a plan: in the middle of it, on the machine that it is for."""
    world = "dnf-host" if re.search(r"\b(dnf|yum|rpm)\b|yum\.repos|amzn", text) else "stepped"
    entry = Entry(world=world)
    if system := re.search(r"in ([a-z]+)([\d.]+)\) ;;", text):
        release = f'ID={system[1]}\nVERSION_ID="{system[2]}"'
        entry = entry._replace(before=f"echo '{release}' > /etc/os-release")
    if family := re.search(r"\^([a-z0-9]+)\\\.' /sys/", text):
        name = "/sys/devices/virtual/dmi/id/product_name"
        entry = entry._replace(before=f"echo {family[1]}.32xlarge > {name}")
    if environment := re.search(r"neuron-[\d.]+-py\d+\.\d+", text):
        if "-m venv" not in text and "uv venv" not in text and not text.startswith("rm "):
            entry = entry._replace(before=f"make-environment {environment[0]}")
    if python := re.search(r"^uv venv --python (\S+)", text):
        entry = entry._replace(fill={f"--python {python[1]}": "--python @VERSION@"})
    for number, own in KEY.items():
        if number in text:
            entry = entry._replace(fill={number: own})
            break
    if lock := re.search(
        r"^sudo neuron-pin hook install \w+ --lock neuron-([\d.]+)\.lock\.json", text
    ):
        name = "amzn2023 --python 3.13" if world == "dnf-host" else "ubuntu24.04"
        make = f"neuron-pin lock -q --offline --sdk {lock[1]} --instance trn2 --os {name}"
        entry = entry._replace(before=f"{make} -o neuron-{lock[1]}.lock.json")
    if saved := re.search(r"^sudo tar -C / -(\w+) (/var/lib/neuron-pin/\S+\.tar)", text):
        entry = entry._replace(world="dnf-hooked" if "dnf" in text else "hooked")
        if "x" in saved[1]:
            entry = entry._replace(before=f"tar -C / -cf {saved[2]} var/lib/neuron-pin")
    if "kernel-devel-uname-r" in text:
        entry = entry._replace(fill={"$(uname -r)": "6.1.0-1"})
    return entry


CHECKS = ("test ", "grep ", "command ", "python", "rpm -q", "(")
"""How the steps of a plan begin that ask something, and may be answered with no."""


def shorter(text: str) -> list[str]:
    """The phrase and its beginnings, for one that is part of a sentence; what is cut are words of
    prose, never an option or a version."""
    words = text.split(" ")
    prose = itertools.takewhile(re.compile(r"[A-Za-z',.]+").fullmatch, reversed(words[2:]))
    count = len(list(prose))
    return [" ".join(words[: len(words) - cut]) for cut in range(count + 1)]
