"""argparse with our manners: short help with the examples first, no abbreviations, and errors that
say what to write instead."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from neuron_pin.errors import WrongUsage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


MAX_LISTED = 4
"""Values of an option up to which an error lists all of them."""

TITLE_OF_ALL = "all options: neuron-pin help "


# argparse looks for a translation of each of its own words, in files that no Python comes with, and
# imports `locale` for it.  Ours are English, and errors are told apart by their English text.
if hasattr(argparse, "_"):
    setattr(argparse, "_", lambda words: words)  # noqa: B010 - no attribute to type checkers


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Two columns, within the terminal's width.

    Asks for that width itself: argparse makes a formatter for each option, and would import
    ``shutil`` for it.
    """

    def __init__(self, prog: str) -> None:
        try:
            width = int(os.environ.get("COLUMNS", "")) or 80
        except ValueError:
            try:
                width = os.get_terminal_size().columns
            except OSError:
                width = 80
        super().__init__(prog, width=max(width - 2, 40), max_help_position=28)

    def _set_color(self, color: bool) -> None:
        """Python 3.14 would import ``dataclasses`` and ``inspect`` for this with each command,
        whether help is asked for or not; see below."""

    def __getattr__(self, name: str) -> object:
        if name not in ("_theme", "_decolor"):
            raise AttributeError(name)
        getattr(super(), "_set_color")(False)  # noqa: B009 - older Pythons have none
        return self.__dict__[name]

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """``-o, --output FILE``: the metavar once, and no other spellings of the long name."""
        if not action.option_strings:
            return super()._format_action_invocation(action)
        short = [text for text in action.option_strings if not text.startswith("--")]
        long = [text for text in action.option_strings if text.startswith("--")]
        text = ", ".join([*short, *long[:1]])
        if action.nargs == 0:
            return text
        return f"{text} {self._format_args(action, (action.dest or '').upper())}"

    def _split_lines(self, text: str, width: int) -> list[str]:
        """The words of a help text in lines; a value with a hyphen stays whole."""
        import textwrap

        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _expand_help(self, action: argparse.Action) -> str:
        """The help text, then the other spellings of the option."""
        text = super()._expand_help(action)
        others = [word for word in action.option_strings if word.startswith("--")][1:]
        return f"{text} (also: {', '.join(others)})" if others else text

    def _iter_indented_subactions(self, action: argparse.Action) -> Any:
        """Commands are listed where options are, and not two columns further in."""
        if isinstance(action, argparse._SubParsersAction):
            yield from action._get_subactions()
        else:
            yield from super()._iter_indented_subactions(action)

    def _format_action(self, action: argparse.Action) -> str:
        """Commands without a line above them that says COMMAND."""
        if isinstance(action, argparse._SubParsersAction):
            return "".join(map(self._format_action, self._iter_indented_subactions(action)))
        return super()._format_action(action)


class CommandParser(argparse.ArgumentParser):
    """The parser of one command.

    ``path`` are the words that lead to it, ``examples`` command lines without the program's
    name.  Groups named in ``advanced`` are in the long help alone.
    """

    path: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("formatter_class", HelpFormatter)
        options.setdefault("allow_abbrev", False)
        # Help is one of the options that every command has.
        options.setdefault("add_help", False)
        super().__init__(*arguments, **options)
        self._positionals.title = "arguments"
        self.advanced: list[argparse._ArgumentGroup] = []
        self.actions: dict[str, CommandParser] = {}

    def add_argument(self, *words: Any, **options: Any) -> argparse.Action:
        """As argparse has it, without the formatter that it makes to look at each metavar."""
        is_option = words[:1] and words[0][:1] in self.prefix_chars
        group = self._optionals if is_option else self._positionals
        return group.add_argument(*words, **options)

    def add_advanced_group(self, title: str) -> argparse._ArgumentGroup:
        """A group of options that few need: ``neuron-pin help COMMAND`` alone shows it."""
        group = self.add_argument_group(title)
        self.advanced.append(group)
        return group

    def add_actions(self, actions: dict[str, str], common: CommandParser) -> None:
        """Give a command its own commands, each with its line of help; see ``actions``."""
        parsers = self.add_subparsers(
            dest="action", metavar="ACTION", required=True, prog=self.prog, title="actions"
        )
        for name, summary in actions.items():
            action = parsers.add_parser(name, help=summary, description=summary, parents=[common])
            action.path = (*self.path, name)
            self.actions[name] = action

    def format_help(self, *, everything: bool = False) -> str:
        """The help text: what the command does, examples, arguments, options by group."""
        formatter = self._get_formatter()
        formatter.add_usage(self._short_usage(), [], [], prefix="usage: ")
        if self.description:
            text = self.description
            formatter.add_text(text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."))
        if self.examples:
            lines = [f"  neuron-pin {example}" for example in self.examples]
            formatter.add_text("\n".join(["examples:", *lines]))
        for group in self._action_groups:
            if group in self.advanced and not everything:
                continue
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
        formatter.add_text(self.epilog)
        if self.advanced and not everything:
            formatter.add_text(TITLE_OF_ALL + " ".join(self.path))
        return formatter.format_help()

    def _short_usage(self) -> str:
        """``neuron-pin lock [options] [REQ ...]``: the arguments, and not every option."""
        if self.usage:
            return self.usage
        words = [self.prog, "[options]"]
        for action in self._actions:
            if action.option_strings or action.help == argparse.SUPPRESS:
                continue
            name = action.metavar or action.dest
            text = name if isinstance(name, str) else name[0]
            if isinstance(action, argparse._SubParsersAction):
                words.append(f"{text} ...")
            else:
                words.append({"*": f"[{text} ...]", "?": f"[{text}]"}.get(str(action.nargs), text))
        return " ".join(words)

    def _print_message(self, message: str, file: object = None) -> None:
        """Help and version; argparse itself does not care whether anything was printed."""
        from .console import Console

        Console().show(message)

    def error(self, message: str) -> NoReturn:
        """Raise `WrongUsage` with what to write instead."""
        import re

        hint = f"{self.prog} --help"
        where, _, problem = message.removeprefix("argument ").partition(": ")
        if message.startswith("the following arguments are required: "):
            message = "missing " + message.partition(": ")[2]
            if self.actions:
                hint = "choose one of " + ", ".join(self.actions)
        elif problem.startswith("invalid choice: "):
            given, _, choices = problem.removeprefix("invalid choice: ").partition(" (choose from ")
            # Newer Pythons have a guess of their own between the two.
            given = given.partition(", maybe")[0]
            known = re.findall(r"[\w.-]+", choices)
            message = f"{where}: unknown value {given}"
            if where == "ACTION":
                message = f"unknown action {given}"
            hint = "choose one of " + ", ".join(known)
            if where == "ACTION" or len(known) > MAX_LISTED:
                hint = suggest(given.strip("'"), known) or hint
        elif problem.startswith("expected"):
            message = f"{where} needs a value"
        raise WrongUsage(message, hint=hint)

    def refuse_rest(self, rest: Sequence[str]) -> NoReturn:
        """Raise `WrongUsage` for words that no option or argument takes."""
        from .other_tools import OPTIONS

        word = next((r for r in rest if r.startswith("-")), rest[0]).partition("=")[0]
        if not word.startswith("-"):
            raise WrongUsage(f"unexpected argument {word!r}", hint=f"{self.prog} --help")
        if word in OPTIONS:
            raise WrongUsage(f"unknown option {word}", hint=OPTIONS[word])
        known = [
            text for a in self._actions if a.help != argparse.SUPPRESS for text in a.option_strings
        ]
        hint = suggest(word, known, prefix="-") or f"neuron-pin help {' '.join(self.path)}"
        raise WrongUsage(f"unknown option {word}", hint=hint)

    def trailing(self) -> argparse.Action | None:
        """The argument that takes any number of words, none if there is no such argument."""
        return next((a for a in self._actions if not a.option_strings and a.nargs == "*"), None)


def suggest(given: str, known: Iterable[str], *, prefix: str = "") -> str:
    """``did you mean …?``, empty where nothing is near; ``prefix`` is what all begin with, which
    says nothing about how near they are."""
    from neuron_pin.errors import nearest

    bare = {word.lstrip(prefix) if prefix else word: word for word in known}
    near = [bare[word] for word in nearest(given.lstrip(prefix) if prefix else given, bare)]
    return "did you mean " + " or ".join(near) + "?" if near else ""
