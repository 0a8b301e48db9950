"""``neuron-pin why``: the requirements that brought a package into a lock."""

from __future__ import annotations

import json

from neuron_pin.catalog import canonicalize_name, find_facts_age, load_catalog
from neuron_pin.errors import WrongUsage, nearest
from neuron_pin.inputs.locks.lock_json import read_lock_json
from neuron_pin.operations.why import find_chains
from neuron_pin.printable import join_printable

from .command_parser import CommandParser
from .console import Console
from .facts import today
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin why``."""
    del common
    parser.examples = ("why neuronx-cc", "why numpy --lock build/lock.json")
    parser.add_argument("name", metavar="NAME", help="a package of the lock")
    parser.add_argument(
        "--lock", metavar="FILE", default="lock.json", help="read this lock; default: lock.json"
    )
    add_format(parser, "text", "json")


def run(options: Options, console: Console) -> int:
    """Print each chain, from where it was asked for down to the package."""
    lock = read_lock_json(options.lock)
    name = canonicalize_name(options.name)
    versions = {package.key.name: package.version for package in lock.packages}
    if name not in versions:
        near = nearest(name, versions)
        raise WrongUsage(
            f"{options.lock}: {name} is not in this lock",
            hint=f"did you mean {' or '.join(near)}?" if near else "",
        )
    # A lock says this alone; nothing is judged by the facts.
    age = find_facts_age(load_catalog().announced, today())
    chains = find_chains(lock, name)
    if options.format == "json":
        document = {
            "schema_version": 1,
            "name": name,
            "version": versions[name],
            "facts": age.as_document(),
            "chains": [list(chain) for chain in chains],
        }
        console.result(json.dumps(document, indent=2) + "\n")
        return 0
    lines = [f"{name} {versions[name]}"]
    for origin, *rest in chains:
        steps = [f"{step} {versions[step]}" for step in rest]
        lines.append(f"  {' → '.join([origin, *steps])}")
    console.show(join_printable(lines))
    return 0
