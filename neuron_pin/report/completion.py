"""Completion scripts of bash, zsh and fish, from a description of the commands.

Source: bash(1), "Programmable Completion"; zshcompsys(1), ``_arguments``; fish, ``complete``.
shtab was tried: what it makes works, but is mostly code of its own under another license.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from neuron_pin.record import NamedTuple

FILE, FOLDER, COMMAND = "file", "folder", "command"
"""What completes a value that is no word of a list: paths, and somebody else's command line."""


class Value(NamedTuple):
    """What an option or an argument takes: ``words`` to choose from, or a ``kind`` of path, or
    neither for what nobody can guess; ``label`` is what help calls it."""

    label: str
    words: tuple[str, ...] = ()
    kind: str = ""


class Option(NamedTuple):
    """An option with all its spellings; ``value`` is `None` for a flag."""

    names: tuple[str, ...]
    summary: str
    value: Value | None
    is_repeatable: bool


class Command(NamedTuple):
    """One command: the words that lead to it, none for the program itself; its own commands
    with their summaries; what its arguments are, the last one standing for all further ones
    where ``has_more``."""

    path: tuple[str, ...]
    options: tuple[Option, ...]
    commands: tuple[tuple[str, str], ...]
    arguments: tuple[Value, ...]
    has_more: bool


def render_bash(program: str, commands: Sequence[Command]) -> str:
    """The script of bash, 4.0 or newer."""
    name = f"_{program.replace('-', '_')}"
    lists = _Lists(commands)
    lines = [
        f"# bash completion of {program}, written by: {program} completion bash",
        f"{name}() {{",
    ]
    lines += [f"  local {label}={shlex.quote(' '.join(ws))}" for label, ws in lists.named.items()]
    lines += _BASH_HEAD.splitlines()
    for command in commands:
        values = [o for o in command.options if o.value is not None]
        if values:
            pattern = " | ".join(shlex.quote(name) for o in values for name in o.names)
            lines.append(f"      {shlex.quote(' '.join(command.path))})")
            lines.append(f"        case $word in {pattern}) option=$word ;; esac ;;")
    lines += ["      esac ;;", "    *)", '      case "$path/$word" in']
    under = [f"{' '.join(c.path)}/{name}" for c in commands for name, _ in c.commands]
    lines.append(f"      {' | '.join(map(shlex.quote, under))})")
    lines += [
        '        path="${path:+$path }$word" count=0 ;;',
        "      *) ((++count)) ;;",
        "      esac ;;",
    ]
    lines += ["    esac", "  done", "  if [[ -n $option ]]; then", '    case "$path $option" in']
    for command in commands:
        at = " ".join(command.path)
        for option in command.options:
            if option.value is not None and _bash_action(option.value, lists):
                pattern = " | ".join(shlex.quote(f"{at} {name}") for name in option.names)
                lines.append(f"    {pattern}) {_bash_action(option.value, lists)} ;;")
    lines += ["    esac", "  elif [[ $cur == -* ]]; then", "    case $path in"]
    for command in commands:
        names = " ".join(name for option in command.options for name in option.names)
        lines.append(f"    {shlex.quote(' '.join(command.path))}) words={shlex.quote(names)} ;;")
    lines += ["    esac", "  else", "    case $path/$count in"]
    for command in commands:
        at = " ".join(command.path)
        if command.commands:
            names = " ".join(name for name, _ in command.commands)
            lines.append(f"    {shlex.quote(at)}/*) words={shlex.quote(names)} ;;")
        for number, value in enumerate(command.arguments):
            is_last = command.has_more and number == len(command.arguments) - 1
            action = _bash_action(value, lists)
            if action:
                lines.append(f"    {shlex.quote(at)}/{'*' if is_last else number}) {action} ;;")
    lines += _BASH_FOOT.splitlines()
    lines += ["}", f"complete -F {name} {program}"]
    return "\n".join(lines) + "\n"


_BASH_HEAD = """\
  local cur=${COMP_WORDS[COMP_CWORD]} path="" option="" words="" paths="" count=0 word i
  # An equals sign is a word of its own.
  [[ $cur == = ]] && cur=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == = ]] && continue
    if [[ -n $option ]]; then
      option=""
      continue
    fi
    case $word in
    --)
      if [[ $path == exec ]]; then
        if declare -F _comp_command_offset >/dev/null; then
          _comp_command_offset $((i + 1))
        elif declare -F _command_offset >/dev/null; then
          _command_offset $((i + 1))
        fi
        return
      fi ;;
    -*)
      case $path in"""

_BASH_FOOT = """\
    esac
  fi
  local IFS=$'\\n'
  if [[ -n $paths ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen "$paths" -- "$cur"))
  else
    IFS=$' \\t\\n'
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  fi
  return 0"""


class _Lists:
    """Lists of words that several options share, each as a variable of the script."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self.named: dict[str, tuple[str, ...]] = {}
        self._labels: dict[tuple[str, ...], str] = {}
        for command in commands:
            values = [*command.arguments, *(o.value for o in command.options if o.value)]
            for value in values:
                if value.words and value.words not in self._labels:
                    label = f"list{len(self.named) + 1}"
                    self._labels[value.words] = label
                    self.named[label] = value.words

    def label(self, words: tuple[str, ...]) -> str:
        """The variable of a list."""
        return self._labels[words]


def _bash_action(value: Value, lists: _Lists) -> str:
    if value.words:
        return f"words=${lists.label(value.words)}"
    return {FILE: "paths=-f", FOLDER: "paths=-d"}.get(value.kind, "")


def render_zsh(program: str, commands: Sequence[Command]) -> str:
    """The script of zsh, a function for a folder of ``fpath``."""
    name = f"_{program.replace('-', '_')}"
    lines = [f"#compdef {program}", f"# written by: {program} completion zsh", ""]
    for command in reversed(commands):
        lines += [f"{'_'.join((name, *command.path))}() {{", *_zsh_body(name, command), "}", ""]
    lines.append(f'{name} "$@"')
    return "\n".join(lines) + "\n"


def _zsh_body(name: str, command: Command) -> list[str]:
    specs = [_zsh_option(option) for option in command.options]
    if command.commands:
        specs += ["'1: :->command'", "'*:: :->rest'"]
    for number, value in enumerate(command.arguments):
        if value.kind == COMMAND:
            specs.append("'*:::command: _normal'")
        else:
            is_last = command.has_more and number == len(command.arguments) - 1
            place = "*" if is_last else str(number + 1)
            specs.append(shlex.quote(f"{place}:{_zsh_value(value)}"))
    lines = ['  local curcontext="$curcontext" state line', "  typeset -A opt_args"]
    lines.append("  _arguments -C -S \\")
    lines += [f"    {spec} \\" for spec in specs]
    lines[-1] = lines[-1].removesuffix(" \\")
    if command.commands:
        lines += ["  case $state in", "  command)", "    local -a commands=("]
        lines += [f"      {shlex.quote(f'{word}:{text}')}" for word, text in command.commands]
        functions = "_".join((name, *command.path))
        lines += [
            "    )",
            "    _describe command commands ;;",
            "  rest)",
            f"    (( $+functions[{functions}_$words[1]] )) && {functions}_$words[1] ;;",
            "  esac",
        ]
    return lines


def _zsh_option(option: Option) -> str:
    # zshcompsys(1): brackets and colons of an explanation are quoted.
    text = option.summary.replace("\\", "\\\\")
    for mark in "[]:":
        text = text.replace(mark, f"\\{mark}")
    value = f":{_zsh_value(option.value)}" if option.value is not None else ""
    rest = shlex.quote(f"[{text}]{value}")
    first = "*" if option.is_repeatable else f"({' '.join(option.names)})"
    if len(option.names) == 1:
        return f"{shlex.quote(first)}{_zsh_name(option.names[0], option)}{rest}"
    names = ",".join(_zsh_name(name, option) for name in option.names)
    return f"{shlex.quote(first)}{{{names}}}{rest}"


def _zsh_name(name: str, option: Option) -> str:
    """A long option takes its value behind a blank or an equals sign."""
    return f"{name}=" if option.value is not None and name.startswith("--") else name


def _zsh_value(value: Value) -> str:
    label = value.label.replace(":", " ")
    if value.words:
        return f"{label}:({' '.join(value.words)})"
    return f"{label}:" + {FILE: "_files", FOLDER: "_files -/"}.get(value.kind, " ")


def render_fish(program: str, commands: Sequence[Command]) -> str:
    """The script of fish, 3.0 or newer."""
    name = f"__{program.replace('-', '_')}"
    taking = sorted({n for c in commands for o in c.options if o.value for n in o.names})
    known = [" ".join((*c.path, word)) for c in commands for word, _ in c.commands]
    lines = [
        f"# written by: {program} completion fish",
        f"function {name}_at",
        "    set -l taking " + " ".join(taking),
        "    set -l known " + " ".join(map(shlex.quote, known)),
        *_FISH_BODY.splitlines(),
        "end",
        f"complete -c {program} -f",
    ]
    for command in commands:
        start = f"complete -c {program} -n {shlex.quote(' '.join((f'{name}_at', *command.path)))}"
        for option in command.options:
            short = "".join(f" -s {n[1:]}" for n in option.names if not n.startswith("--"))
            long = "".join(f" -l {n[2:]}" for n in option.names if n.startswith("--"))
            takes = _fish_value(option.value) if option.value is not None else ""
            lines.append(f"{start}{short}{long}{takes} -d {_fish_quote(option.summary)}")
        for word, text in command.commands:
            lines.append(f"{start} -a {word} -d {_fish_quote(text)}")
        for value in dict.fromkeys(command.arguments):
            if value.kind == COMMAND:
                lines.append(f"{start} -a '(__fish_complete_subcommand)'")
            elif value.words:
                lines.append(f"{start} -a {_fish_quote(' '.join(value.words))}")
            elif value.kind:
                lines.append(f"{start}{' -F' if value.kind == FILE else _FISH_FOLDERS}")
    return "\n".join(lines) + "\n"


_FISH_FOLDERS = " -a '(__fish_complete_directories)'"

_FISH_BODY = """\
    set -l at
    set -l value 0
    for word in (commandline -opc)[2..-1]
        if test $value = 1
            set value 0
            continue
        end
        switch $word
            case '--*=*'
            case '-*'
                contains -- $word $taking; and set value 1
            case '*'
                if contains -- (string join ' ' $at $word) $known
                    set -a at $word
                end
        end
    end
    test \"$at\" = \"$argv\""""


def _fish_value(value: Value) -> str:
    if value.words:
        return f" -x -a {_fish_quote(' '.join(value.words))}"
    if value.kind == FILE:
        return " -r -F"
    return f" -x{_FISH_FOLDERS}" if value.kind == FOLDER else " -x"


def _fish_quote(text: str) -> str:
    """fish has no quotation mark inside of quotes but behind a backslash."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


RENDERERS = {"bash": render_bash, "zsh": render_zsh, "fish": render_fish}
"""By shell."""
