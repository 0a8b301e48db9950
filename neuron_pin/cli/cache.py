"""``neuron-pin cache``: what the cache holds."""

from __future__ import annotations

import json
import os

from neuron_pin.settings import cache_folder, load_settings
from neuron_pin.sources.http.cache_content import clear, measure, prune

from .command_parser import CommandParser
from .console import Console
from .options import Options, add_cache_folder, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin cache``."""
    parser.examples = ("cache info", "cache prune", "cache clear")
    parser.add_actions(
        {
            "info": "show what the cache holds, and how large it is",
            "prune": "remove what is older than 30 days or left by an interrupted run",
            "clear": "remove everything in the cache",
        },
        common,
    )
    for action in parser.actions.values():
        add_cache_folder(action)
        add_format(action, "text", "json")


def run(options: Options, console: Console) -> int:
    """Show what the cache holds, or remove what is old, or everything."""
    settings = load_settings({"cache_dir": options.cache_dir}, os.environ, "")
    folder = cache_folder(settings, os.environ)
    if options.action != "info":
        removed = prune(folder) if options.action == "prune" else clear(folder)
        document = {"folder": folder, "removed_files": removed.files, "removed_bytes": removed.size}
        text = f"{folder}: removed {removed.files} files, {removed.size / 1e6:.1f} MB\n"
    else:
        kinds = measure(folder)
        document = {"folder": folder, "kinds": {k: c._asdict() for k, c in kinds.items()}}
        lines = [
            f"{kind:10} {c.files:7} files {c.size / 1e6:10.1f} MB" for kind, c in kinds.items()
        ]
        text = "\n".join([folder, *lines]) + "\n"
    document = {"schema_version": 1, **document}
    shown = json.dumps(document, indent=2) + "\n" if options.format == "json" else text
    console.print_as(options.format, shown)
    return 0
