"""What stands before a command without being it: ``sudo -E -u U``, ``env A=b``, ``bash -lc``,
``conda run -n E``, ``uv run --python 3.12``.

Source: the manual pages of sudo(8), env(1), su(1), nice(1), timeout(1), xargs(1), bash(1); the
helps of conda, micromamba, poetry, pdm, hatch, pipx and uv, for which of their options take a
value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from neuron_pin.record import NamedTuple

from .shell import Command
from .shell_words import Word

MAX_WRAPPERS = 20


class Unwrapped(NamedTuple):
    """A command without what stands before it.

    ``script`` is the word of a script that a shell runs in its place, none for a command.
    ``python`` is the Python that a wrapper asks for, ``environment`` the environment of conda
    that it names, both empty for none.  ``added`` are the words of packages that ``uv run
    --with`` and its kin install for the run.
    """

    command: Command
    script: Word | None = None
    python: str = ""
    environment: str = ""
    added: tuple[Word, ...] = ()


# A program, and those of its options that take a value.
_WRAPPERS: dict[str, frozenset[str]] = {
    name: frozenset(options.split())
    for name, options in {
        "sudo": "-u -g -h -p -C -D -R -T -r -t -U --user --group --host --prompt --close-from "
        "--chdir --chroot --command-timeout --role --type --other-user",
        "doas": "-u -C",
        "env": "-u --unset -C --chdir",
        "nice": "-n --adjustment",
        "ionice": "-c -n -p --class --classdata",
        "chrt": "-T -P -D",
        "taskset": "",
        "timeout": "-k -s --kill-after --signal",
        "nohup": "",
        "time": "-f -o --format --output",
        "stdbuf": "-i -o -e --input --output --error",
        "setsid": "",
        "unbuffer": "",
        "chronic": "",
        "eatmydata": "",
        "exec": "-a",
        "command": "",
        "builtin": "",
        "xargs": "-n -P -I -L -d -a -s -E --max-args --max-procs --replace --max-lines "
        "--delimiter --arg-file --max-chars",
        "gosu": "",
        "su-exec": "",
        "chroot": "--userspec --groups",
        "setpriv": "",
        "fakeroot": "-l -s -i",
        "flock": "-w -E --wait --timeout --conflict-exit-code",
        "retry": "-t --tries -d --delay -s --sleep -n -m --times",
        "linux32": "",
        "linux64": "",
    }.items()
}
_POSITIONAL = {"timeout": 1, "gosu": 1, "su-exec": 1, "chroot": 1, "taskset": 1, "flock": 1}
"""How many words of a wrapper come before the command."""

_RUN_TEXT = {
    ("conda", "mamba", "micromamba"): "-n --name -p --prefix --cwd --root-prefix -r -a --attach -e",
    ("poetry", "pdm", "pipenv", "hatch", "rye", "pixi", "nix"): "-C --directory -P --project -p "
    "-e --env --environment --manifest-path --venv",
    ("uv",): "--with -w --with-editable --with-requirements --extra --group --no-group "
    "--only-group --python -p --package --directory --project --env-file --index "
    "--default-index --index-url -i --extra-index-url --find-links -f --index-strategy "
    "--refresh-package --upgrade-package -P --cache-dir --config-file --python-platform",
}
_RUN = {name: frozenset(options.split()) for names, options in _RUN_TEXT.items() for name in names}
SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ash", "ksh"))


def program_of(text: str) -> str:
    """The name of a program without its folder."""
    return text.rpartition("/")[2]


def unwrap(command: Command) -> Unwrapped:
    """The command inside of all that stands before it."""
    words = list(command.words)
    settings = command.settings
    found = Unwrapped(command)
    for _ in range(MAX_WRAPPERS):
        if not words:
            break
        program = program_of(words[0].text)
        if program in SHELLS or program in ("su", "runuser"):
            script, rest = _script(program, words)
            if script is not None or rest is None:
                found = found._replace(script=script)
                break
            words = rest
            continue
        if program in _WRAPPERS:
            inner = _skip(words, _WRAPPERS[program], _POSITIONAL.get(program, 0))
            if program == "env":
                inner = _split_string(words, inner)
            own, inner = _assignments(inner)
            settings = {**settings, **own} if own else settings
            if not inner:
                break
            words = inner
            continue
        run = _run(program, words, found)
        if run is None:
            break
        found, words = run
    return found._replace(command=command._replace(words=tuple(words), settings=settings))


def _skip(words: Sequence[Word], with_value: frozenset[str], positional: int) -> list[Word]:
    """The words behind a program, its options and as many words of its own."""
    index = 1
    while index < len(words):
        text = words[index].text
        if text == "--":
            index += 1
            break
        if not text.startswith("-") or text == "-":
            break
        index += 2 if _takes_next(text, with_value) else 1
    return list(words[index + positional :])


def _takes_next(text: str, with_value: frozenset[str]) -> bool:
    if text.startswith("--"):
        return text in with_value
    # The last letter of several may take a value: -Eu NAME.
    return f"-{text[-1]}" in with_value and not any(f"-{s}" in with_value for s in text[1:-1])


def _split_string(words: Sequence[Word], inner: list[Word]) -> list[Word]:
    """``env -S 'pip install'``: the words that its string stands for."""
    for index, word in enumerate(words[1:], 1):
        if not word.text.startswith("-"):
            break
        if word.text in ("-S", "--split-string") and index + 1 < len(words):
            string = words[index + 1]
            split = [string._replace(text=text) for text in string.text.split()]
            return [*split, *words[index + 2 :]]
    return inner


def _assignments(words: list[Word]) -> tuple[dict[str, str], list[Word]]:
    """``NAME=value`` words before a command, as sudo and env take them."""
    own: dict[str, str] = {}
    for index, word in enumerate(words):
        match = re.fullmatch(r"([A-Za-z_]\w*)=(.*)", word.text, re.S)
        if match is None:
            return own, words[index:]
        if word.is_known:
            own[match[1]] = match[2]
    return own, []


def _script(program: str, words: Sequence[Word]) -> tuple[Word | None, list[Word] | None]:
    """The script that a shell is given, or the words of the command that runuser runs; none of
    both for a shell that reads a file or its input."""
    has_script = False
    rest: list[Word] = []
    index = 1
    while index < len(words):
        text = words[index].text
        index += 1
        if text == "--":
            rest += words[index:]
            break
        if text.startswith(("--command=", "--session-command=")):
            return words[index - 1]._replace(text=text.partition("=")[2]), None
        if text in ("--command", "--session-command"):
            has_script = True
            continue
        if text[:1] in "-+" and len(text) > 1:
            if not text.startswith("--"):
                has_script = has_script or (text[0] == "-" and "c" in text[1:])
                # set -o NAME, su -s SHELL, runuser -u USER.
                takes = "o" if program in SHELLS else "sguG"
                index += text[-1] in takes
            elif text in ("--shell", "--user", "--group", "--init-file", "--rcfile"):
                index += 1
            if has_script and program not in SHELLS and index < len(words):
                # su -c SCRIPT USER: the script is the option's own value.
                return words[index], None
            continue
        if program in SHELLS or has_script:
            rest = list(words[index - 1 :])
            break
        rest.append(words[index - 1])
    if has_script:
        return (rest[0], None) if rest else (None, None)
    if program == "runuser" and rest:
        return None, rest
    return None, None


def _run(program: str, words: list[Word], found: Unwrapped) -> tuple[Unwrapped, list[Word]] | None:
    """``conda run``, ``poetry run``, ``uv run``: what they run; none for something else."""
    if program == "hatch" and [word.text for word in words[1:3]] == ["env", "run"]:
        words = [words[0], *words[2:]]
    if program not in _RUN:
        return None
    at = next((n for n, word in enumerate(words[:8]) if n and word.text in ("run", "exec")), 0)
    between = words[1:at] if at else []
    if not at or any(not w.text.startswith("-") for w in between[:1]):
        return None
    with_value = _RUN[program]
    python, environment = found.python, found.environment
    added = list(found.added)
    options = [words[0], *words[1:at], *words[at + 1 :]]
    index = 1
    while index < len(options):
        text = options[index].text
        if text == "--":
            index += 1
            break
        if not text.startswith("-"):
            break
        name, equals, value = text.partition("=")
        index += 1
        if not equals and _takes_next(text, with_value) and index < len(options):
            value = options[index].text
            index += 1
        if program == "uv" and name in ("--python", "-p"):
            python = value
        elif program == "uv" and name in ("--with", "-w"):
            word = options[index - 1]
            added += [word._replace(text=part.strip()) for part in value.split(",")]
        elif name in ("-n", "--name", "-p", "--prefix") and program in (
            "conda",
            "mamba",
            "micromamba",
        ):
            environment = value
    rest = options[index:]
    return found._replace(python=python, environment=environment, added=tuple(added)), rest
