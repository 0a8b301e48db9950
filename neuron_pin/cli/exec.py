"""``neuron-pin exec``: one command under a lock."""

from __future__ import annotations

import os

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import UnreadableInput
from neuron_pin.hooks.exec import prepare_command
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.settings import Settings, cache_folder

from .command_parser import CommandParser
from .console import Console
from .options import Options, add_cache_folder


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin exec``."""
    del common
    parser.examples = (
        "exec -- .venv/bin/pip install torch-neuronx",
        "exec --lock lock.json -- uv pip install -r requirements.txt",
    )
    parser.add_argument(
        "--lock",
        metavar="FILE",
        default="lock.json",
        help="let the command install only what this lock allows; default: lock.json",
    )
    add_cache_folder(parser)
    parser.usage = "neuron-pin exec [options] -- COMMAND [ARGUMENT ...]"


def run(options: Options, console: Console) -> int:
    """Become the command; returns only where it cannot be started."""
    del console
    resolution, made_by = read_resolution(options.lock, load_catalog())
    folder = os.path.join(cache_folder(Settings(cache_dir=options.cache_dir), os.environ), "exec")
    command = prepare_command(options.words, resolution, made_by, os.environ, folder)
    try:
        os.execvpe(command.words[0], command.words, command.environ)  # noqa: S606
    except OSError as error:
        hint = "is it on the PATH?"
        if command.words[0].startswith(("pip", "python")):
            own = f".venv/bin/{command.words[0]}"
            hint = f"activate the environment first, or write the one in it: {own}"
        raise UnreadableInput(
            command.words[0], 0, f"cannot be started: {error.strerror}", hint=hint
        ) from None
