"""``neuron-pin lock``: resolve once, write every form asked for."""

from __future__ import annotations

import os
import re
import shlex
import sys
from datetime import datetime, timezone

from neuron_pin.atomic import write_atomically
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import CannotWrite
from neuron_pin.inputs import parse_all
from neuron_pin.locking import lock
from neuron_pin.outputs import format_of, names_files, renderer
from neuron_pin.resolve import Preferences
from neuron_pin.settings import load_settings

from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """Resolve, then write; with no solution or no way to write, nothing is written."""
    settings = load_settings(vars(options), os.environ, "")
    catalog = load_catalog()
    requirements = parse_all(options.requirements)
    files = []
    if options.requirement or options.constraint or options.group or options.extra:
        from neuron_pin.inputs.reading import read_inputs

        files = read_inputs(
            options.requirement,
            options.constraint,
            options.group,
            extras=options.extra,
            all_extras=options.all_extras,
            environ=os.environ,
        )
    outputs = [(path, options.format or format_of(path)) for path in options.output]
    for path, _ in outputs:
        if not os.path.isdir(os.path.dirname(path) or "."):
            raise CannotWrite(path, "its folder does not exist")
    render = [(path, renderer(name)) for path, name in outputs]
    to_stdout = None if outputs else renderer(options.format or "constraints")
    preferred = None
    if outputs and not settings.upgrade:
        from neuron_pin.inputs.locks import read_locked

        found = [read_locked(path, name) for path, name in outputs]
        versions = {name: version for _, pins in found for name, version in pins.items()}
        preferred = Preferences(next((sdk for sdk, _ in found if sdk), ""), versions)
    resolution = lock(
        settings,
        catalog,
        requirements,
        files,
        today=datetime.now(timezone.utc).date(),
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
        preferred=preferred,
        all_files=any(names_files(name) for _, name in outputs)
        or names_files(options.format or ""),
    )
    command = shlex.join(["neuron-pin", *_without_outputs(options.arguments)])
    texts = [(path, function(resolution, command)) for path, function in render]
    for warning in resolution.warnings:
        console.warn(warning)
    if to_stdout is not None:
        console.result(to_stdout(resolution, command))
        return 0
    for path, text in texts:
        changed = write_atomically(path, text)
        console.note(f"{path}: {'written' if changed else 'unchanged'}")
    if not console.quiet:
        console.result(renderer("text")(resolution, command))
    return 0


_CREDENTIALS = r"(\w://)[^/\s@]*@"


def _without_outputs(arguments: list[str]) -> list[str]:
    """The command line less where it writes to, which does not belong into what it writes,
    and less the passwords in addresses, which never do."""
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in ("-o", "--output"):
            next(words, None)
        elif not word.startswith(("--output=", "-o")):
            kept.append(re.sub(_CREDENTIALS, r"\1", word) if "@" in word else word)
    return kept
