"""Directives for the pages of commands: synopsis and options as the parser itself has them.

``command-synopsis`` and ``command-options`` take a command's name; ``common-options`` has what
every command shares, and ``command-list`` the commands with their lines of ``--help``.
HTML pages and manual pages are made of them alike, so neither can tell an option that is not there.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from neuron_pin.cli import parser as cli_parser
from neuron_pin.cli.command_parser import CommandParser
from neuron_pin.cli.commands import COMMANDS


def make_parser(name: str) -> CommandParser:
    """The parser of one command."""
    return cli_parser.make_parser([name]).actions[name]


def format_synopsis(parser: argparse.ArgumentParser) -> str:
    """The usage in one line; argparse's own differs between versions of Python."""
    if parser.usage:
        return parser.usage
    words = [parser.prog]
    if any(action.option_strings for action in parser._actions):
        words.append("[OPTION]…")
    for action in parser._actions:
        if not action.option_strings and action.help != argparse.SUPPRESS:
            words.append(format_argument(action))
    return " ".join(words)


def format_argument(action: argparse.Action) -> str:
    """A positional argument, or what an option takes: ``[REQ]…``, ``FILE``, empty for a switch."""
    if action.nargs == 0:
        return ""
    metavar = action.metavar
    if metavar is None and action.choices is not None:
        metavar = "|".join(str(choice) for choice in action.choices)
    elif metavar is None:
        metavar = action.dest.upper()
    if isinstance(metavar, tuple):
        metavar = " ".join(metavar)
    suffix = {"*": "[{}]…", "?": "[{}]", "+": "{}…"}.get(str(action.nargs), "{}")
    return suffix.format(metavar)


def make_options(parser: argparse.ArgumentParser) -> list[nodes.Node]:
    """Every argument of a parser with its help, by the groups of ``--help``."""
    found: list[nodes.Node] = []
    for group in parser._action_groups:
        options = make_group(parser, group)
        if group.title == cli_parser.OF_ALL:
            continue
        if options.children and group.title not in ("arguments", "options"):
            title = str(group.title).capitalize()
            found.append(nodes.paragraph("", "", nodes.strong(title, title)))
        if options.children:
            found.append(options)
    return found


def make_group(
    parser: argparse.ArgumentParser, group: argparse._ArgumentGroup
) -> nodes.definition_list:
    found = nodes.definition_list()
    for action in group._group_actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        argument = format_argument(action)
        if action.option_strings:
            term = ", ".join(action.option_strings) + (f" {argument}" if argument else "")
        else:
            term = argument
        text = (action.help or "") % {**vars(action), "prog": parser.prog}
        found += make_item(term, text)
    return found


def make_item(term: str, text: str) -> nodes.definition_list_item:
    item = nodes.definition_list_item()
    item += nodes.term("", "", nodes.literal(term, term))
    item += nodes.definition("", nodes.paragraph(text, text))
    return item


class Synopsis(Directive):
    """``neuron-pin COMMAND [OPTION]… ARGUMENT``, and a line for each of its sub-commands."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        parser = make_parser(self.arguments[0])
        lines = [format_synopsis(each) for each in (list(parser.actions.values()) or [parser])]
        text = "\n".join(lines)
        return [nodes.literal_block(text, text, language="none")]


class OptionList(Directive):
    """The arguments and options of a command and of its sub-commands."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        parser = make_parser(self.arguments[0])
        found: list[nodes.Node] = []
        for each in list(parser.actions.values()) or [parser]:
            if each is not parser:
                found.append(nodes.paragraph("", "", nodes.strong(each.prog, each.prog)))
            found += make_options(each)
        return found


class CommonOptions(Directive):
    """The options that every command has, and those of the program itself."""

    def run(self) -> list[nodes.Node]:
        parser = cli_parser.make_parser(with_arguments=False)
        groups = {str(group.title): group for group in parser._action_groups}
        return [make_group(parser, groups[title]) for title in (cli_parser.OF_ALL, "options")]


class CommandList(Directive):
    """Every command with its summary."""

    def run(self) -> list[nodes.Node]:
        found = nodes.definition_list()
        for name, (_, summary) in COMMANDS.items():
            found += make_item(f"neuron-pin {name}", summary)
        return [found]


def tidy_manual_pages(app: Sphinx, exception: Exception | None) -> None:
    """Takes out what mandoc warns of (space after a heading), and the sections on the author."""
    if exception is not None or app.builder.name != "man":
        return
    for path in Path(app.outdir).glob("*.1"):
        text = re.sub(r"(?m)^(\.S[HS] .*\n)\.sp\n", r"\1", path.read_text(encoding="utf-8"))
        text = re.sub(r'(?ms)^\.SH AUTHOR\n.*?(?=^\.\\" )', "", text)
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-synopsis", Synopsis)
    app.add_directive("command-options", OptionList)
    app.add_directive("common-options", CommonOptions)
    app.add_directive("command-list", CommandList)
    app.connect("build-finished", tidy_manual_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
