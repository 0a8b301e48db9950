"""The words of other tools, and what they are called here.

Read only where a command line was not understood.  A word that means exactly what one of ours
means is no row here but another name of the option.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

COMMANDS = {
    "install": (
        "it does not install, it chooses the versions; put your instance family for trn1, and your "
        "environment for .venv",
        "neuron-pin lock {names} --instance trn1 -o lock.json && "
        "neuron-pin exec -- .venv/bin/pip install {names}",
    ),
    "compile": (
        "use lock",
        "neuron-pin lock -r {file} -o constraints.txt",
    ),
    "sync": (
        "it does not change environments, it writes what pip and uv install from",
        "neuron-pin lock -r {file} -o pylock.toml && uv pip sync pylock.toml",
    ),
    "audit": (
        "use check",
        "neuron-pin check {file}",
    ),
    "list": (
        "releases lists SDK releases, check looks at an environment",
        "neuron-pin releases, or neuron-pin check --venv .venv",
    ),
    "tree": (
        "why shows what brought a package into a lock",
        "neuron-pin why neuronx-cc --lock lock.json",
    ),
    "update": (
        "lock updates a lock, catalog update the facts",
        "neuron-pin outdated shows what is newer; neuron-pin lock --upgrade ignores what was "
        "locked; neuron-pin catalog update fetches newer facts",
    ),
    "show": (
        "use explain",
        "neuron-pin explain {name}",
    ),
    "uninstall": (
        "it does not remove packages",
        "neuron-pin hook remove apt takes its hook away; neuron-pin lock --remove -o FILE what "
        "it wrote",
    ),
    "export": (
        "lock writes every format at once",
        "neuron-pin lock {name} -o constraints.txt -o pylock.toml",
    ),
    "run": (
        "use exec",
        "neuron-pin exec -- .venv/bin/pip install -r requirements.txt",
    ),
}
"""By the command of pip, uv, pip-tools, cargo or npm: what to know, and what to type instead."""

SAME = {
    "add": "install",
    "download": "install",
    "scan": "audit",
    "lint": "audit",
    "ls": "list",
    "freeze": "list",
    "upgrade": "update",
    "info": "show",
    "search": "show",
    "view": "show",
    "remove": "uninstall",
}
"""Other words for the same."""

OPTIONS = {
    "--no-header": "the header is how a lock remembers its release and command; it stays",
    "--frozen": "neuron-pin lock --check compares the files with what a lock would write",
    "--prerelease": "--phase beta and --phase rc allow pre-releases",
    "--pre": "--phase beta and --phase rc allow pre-releases",
    "--resolution": "--sdk chooses a release, and a requirement (NAME<VERSION) a version",
    "--universal": "a lock is for one target; make one for each --os or --python",
    "--no-annotate": "the comments of a constraints file stay: pip and uv ignore them",
    "--annotation-style": "the comments of a constraints file have one form",
    "--strip-extras": "constraints never have extras",
    "--no-deps": "a lock holds everything that its requirements need",
    "--no-binary": "--build NAME allows a package's own build",
    "--only-binary": "this is the default; --build NAME allows a package's own build",
    "--no-build": "this is the default; --build NAME allows a package's own build",
    "--emit-index-url": "-o uv.toml and -o pip.conf write the indexes",
    "--output-format": "--format",
    "--json": "--format json",
    "--ignore-vuln": "--ignore RULE",
    "--config-file": "[tool.neuron-pin] in pyproject.toml has the settings",
    "--yes": "neuron-pin asks no questions",
}
"""By the option of another tool: what to write, or why it is not needed."""


def find_similar(word: str) -> str:
    """The command of another tool that a mistyped word is nearest to, empty for none."""
    from neuron_pin.errors import nearest

    return next(iter(nearest(word, [*COMMANDS, *SAME], cutoff=0.8)), "")


def find_command(word: str, rest: Sequence[str]) -> tuple[str, str] | None:
    """What to know of another tool's command and what to type instead; none for other words.

    ``rest`` are the words behind it, which are repeated where they fit.
    """
    if word == "pip" and rest:
        # uv pip compile, and those who type it.
        return find_command(rest[0], rest[1:])
    found = COMMANDS.get(SAME.get(word, word))
    if found is None:
        return None
    names = [text for text in rest if not text.startswith("-")]
    files = [name for name in names if name.endswith((".txt", ".in", ".toml"))]
    named = [name for name in names if name not in files]
    message, hint = found
    hint = hint.format(
        names=shlex.join(named) or "torch-neuronx",
        name=shlex.quote(named[0]) if named else "torch-neuronx",
        file=shlex.quote(files[0]) if files else "requirements.txt",
    )
    return message, hint
