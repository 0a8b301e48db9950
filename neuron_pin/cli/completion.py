"""``neuron-pin completion``: the script that completes commands in a shell.

Made from the parser and the catalog in use.  ``completions/`` has the same for the embedded
catalog, which the wheel puts where the shells look for it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from neuron_pin.catalog import Catalog, ComponentKind, load_catalog, version_numbers
from neuron_pin.catalog.dated_changes import ChangeKind
from neuron_pin.catalog.names import RUNTIME
from neuron_pin.catalog.neff import COMPILER
from neuron_pin.policy import WORKLOADS, Phase, Rule, SubjectKind
from neuron_pin.report.completion import COMMAND, FILE, FOLDER, RENDERERS, Command, Option, Value
from neuron_pin.resolve import NewerThanFacts

from .command_parser import CommandParser
from .console import Console
from .options import Options


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin completion``."""
    del common
    parser.examples = (
        "completion bash",
        "completion zsh > ~/.zfunc/_neuron-pin",
        "completion fish > ~/.config/fish/completions/neuron-pin.fish",
    )
    parser.epilog = (
        "bash: add the line  source <(neuron-pin completion bash)  to ~/.bashrc.\n"
        "zsh: make the folder first (mkdir -p ~/.zfunc); in ~/.zshrc the line\n"
        "fpath=(~/.zfunc $fpath)  has to come before compinit.\n"
        "fish makes its folder when it is first started."
    )
    parser.add_argument(
        "shell", metavar="SHELL", choices=tuple(RENDERERS), help="the shell: bash, zsh or fish"
    )


def run(options: Options, console: Console) -> int:
    """Print the script."""
    console.result(render_completion(options.shell, load_catalog()))
    return 0


def render_completion(shell: str, catalog: Catalog) -> str:
    """The script of a shell."""
    from .parser import make_parser

    commands = list(describe_commands(make_parser(), _Words(catalog)))
    return RENDERERS[shell]("neuron-pin", commands)


def describe_commands(parser: CommandParser, words: _Words) -> Iterator[Command]:
    """The program and its commands, a group before its own; raises `KeyError` for a metavar
    that no table has."""
    options, arguments, has_more = [], [], False
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        if action.option_strings:
            value = words.find(parser, action) if action.nargs != 0 else None
            names = tuple(action.option_strings)
            summary = (action.help or "").partition(";")[0]
            options.append(Option(names, summary, value, _is_repeatable(action)))
        else:
            arguments.append(words.find(parser, action))
            has_more = action.nargs == "*"
    if parser.path == ("exec",):
        arguments.append(Value("COMMAND", kind=COMMAND))
    own = tuple((name, command.description or "") for name, command in parser.actions.items())
    yield Command(parser.path, tuple(options), own, tuple(arguments), has_more)
    for command in parser.actions.values():
        yield from describe_commands(command, words)


def _is_repeatable(action: argparse.Action) -> bool:
    return isinstance(action, (argparse._AppendAction, argparse._CountAction))


def _versions(catalog: Catalog, name: str) -> tuple[str, ...]:
    """The versions of a package that releases ship, newest first."""
    return tuple(sorted(catalog.shipped(name), key=version_numbers, reverse=True))


class _Words:
    """What completes a metavar: words of the catalog and of the policy, or a path."""

    def __init__(self, catalog: Catalog) -> None:
        releases = ("latest", *(release.sdk for release in catalog.releases if release.listed))
        packages = tuple(
            p.name for p in catalog.packages.values() if p.kind is not ComponentKind.NO_PACKAGE
        )
        systems = tuple(f"{p.name}=" for p in catalog.packages.values() if p.systems)
        rules = tuple(sorted(rule.identifier for rule in Rule))
        self.by_metavar: Mapping[str, tuple[str, ...]] = {
            "IMAGE": _images(catalog),
            "SDK": releases,
            "VERSION": releases,
            "CHANGE": (
                *(kind.value for kind in ChangeKind if kind.is_deadline),
                *packages,
                *(f"python {python}" for python in catalog.pythons),
            ),
            "FAMILY": tuple(sorted(catalog.instances)),
            "OS": tuple(system.name for system in catalog.systems),
            "X.Y": catalog.pythons,
            "X.Y.Z": catalog.pythons,
            "PHASE": tuple(phase.label for phase in Phase),
            "RULE": rules,
            "RULE|PHASE": (*rules, "maintenance", "eos", "ending", "warning"),
            "NAME": packages,
            "NAME[PIN]": packages,
            "with NAME[PIN]": ("with", *packages),
            "REQ": packages,
            "NAME=VERSION": systems,
            "SUBJECT": (*packages, *(f"python{python}" for python in catalog.pythons)),
            "STATE": ("nothing", "host", *releases[1:]),
            "STRENGTH": ("exact", "minor", "major"),
            "WHAT": tuple(choice.value for choice in NewerThanFacts),
            "WHERE": ("host", "container", "both"),
            "WORKLOAD": WORKLOADS,
            "auto": ("auto",),
            "COMPILER": _versions(catalog, COMPILER),
            "RUNTIME": _versions(catalog, RUNTIME),
        }
        self.by_place: Mapping[tuple[str, str], tuple[str, ...]] = {
            ("policy", "rule"): (*rules, "phases", "classification", "updates", "statements"),
            ("explain", "name"): ("neff", *packages),
            ("hook", "kinds"): ("apt", "dnf", "pip", "uv"),
            ("lifecycle", "kind"): tuple(kind.value for kind in SubjectKind),
            ("plan", "framework"): ("pytorch", "jax", "tensorflow", "mxnet", "none"),
            ("plan", "framework_version"): (),
            ("plan", "category"): _CATEGORIES,
            ("plan", "ami"): ("non-dlami", "dlami-base", "dlami-framework", "dlami-neuron"),
            ("lock", "format"): _formats(),
            ("lock", "extra"): (),
            ("", "with_driver"): (),
            ("", "with_kernel"): (),
        }

    def find(self, parser: CommandParser, action: argparse.Action) -> Value:
        """What an option or an argument takes."""
        label = action.metavar if isinstance(action.metavar, str) else action.dest
        if action.choices is not None:
            return Value(label, tuple(map(str, action.choices)))
        for place in (parser.path[0] if parser.path else "", ""):
            if (place, action.dest) in self.by_place:
                return Value(label, self.by_place[place, action.dest])
        if label == "COMMAND":
            from .commands import COMMANDS

            return Value(label, tuple(COMMANDS))
        if label in _PATHS:
            return Value(label, kind=_PATHS[label])
        return Value(label) if label in _FREE else Value(label, self.by_metavar[label])


def _images(catalog: Catalog) -> tuple[str, ...]:
    """Names of images that need no quotation: repositories, tags, parameters."""
    from neuron_pin.catalog.images import load_images

    images = load_images(catalog)
    names = [*sorted(images.registries), *(image.tag for image in images.containers)]
    names += [f"{image.parameter}/latest/image_id" for image in images.machines if image.parameter]
    return tuple(dict.fromkeys(names))


_CATEGORIES = (
    "all",
    "driver",
    "runtime",
    "tools",
    "compiler",
    "framework",
    "efa",
    "driver_runtime_tools",
    "compiler_framework",
)

_PATHS = {
    **dict.fromkeys(
        ("FILE", "LOCK", "FILE|DIR", "FILE|DIR|URL", "DIR|TAR", "TEXT|FILE", "OLD", "NEW", "KEY"),
        FILE,
    ),
    **dict.fromkeys(("DIR", "DIR|URL", "URL|DIR"), FOLDER),
}
"""What is a path."""

_FREE = frozenset(
    {
        "DATE",
        "TAG",
        "URL",
        "LINE",
        "NAME=URL",
        "HOST",
        "HOST[:PORT]",
        "HOST:PORT",
        "SECONDS",
        "DAYS",
        "SIZE",
        "[PATH:]NAME",
    }
)
"""What nobody can guess."""


def _formats() -> tuple[str, ...]:
    from neuron_pin.outputs import FORMATS

    return tuple(FORMATS)
