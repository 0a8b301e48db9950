"""``neuron-pin catalog update``: newer facts from a feed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from neuron_pin.catalog import load_catalog, user_catalog
from neuron_pin.catalog.choosing import load_catalog_of
from neuron_pin.printable import join_printable
from neuron_pin.settings import Settings, cache_folder, load_settings

from .command_parser import CommandParser
from .console import Console
from .options import Options, add_access, add_timeout

if TYPE_CHECKING:
    from neuron_pin.operations.update_facts import UpdatedFacts
    from neuron_pin.reporter import Reporter
    from neuron_pin.sources.http.client import Fetcher


def add_update_arguments(parser: CommandParser) -> None:
    """The options of ``neuron-pin catalog update``."""
    parser.examples = (
        "catalog update",
        "catalog update --check",
        "catalog update --feed https://mirror.example/neuron --signed-by KEY",
    )
    parser.add_argument(
        "--feed",
        metavar="URL|DIR",
        help="take facts from this address: a repository on GitHub, or a folder or archive at "
        "https:// or on this machine; default: AWS Neuron's public repository "
        "[env: NEURON_PIN_FEED]",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing; exit with 1 if the feed has newer facts, with 0 if it has none",
    )
    parser.add_argument(
        "--allow-older",
        action="store_true",
        help="take facts that are older than those in use, too",
    )
    add_target_folder(parser)
    add_feed_network(parser)


def add_feed_network(parser: CommandParser) -> None:
    """How feeds are reached; they are always asked again, so that there is no --refresh."""
    parser.add_argument("--offline", action="store_true", help="answer from the cache alone")
    group = parser.add_advanced_group("network and cache [env: NEURON_PIN_NAME]")
    add_access(group)
    add_timeout(group)


def add_target_folder(parser: CommandParser) -> None:
    """Where a catalog is written."""
    parser.add_argument(
        "--into",
        metavar="DIR",
        help="write the catalog to this folder; default: ~/.local/share/neuron-pin/catalog",
    )


def read_feed_settings(options: Options) -> Settings:
    """The settings of what is fetched: no project's file is read, since facts count for all."""
    return load_settings(vars(options), os.environ, None)


def make_fetcher(settings: Settings, reporter: Reporter, addresses: Iterable[str]) -> Fetcher:
    """What asks those addresses; each answer that is kept is asked about with its ETag."""
    from neuron_pin.sources.feed.address import find_credentials
    from neuron_pin.sources.http.client import Fetcher
    from neuron_pin.sources.http.transport import PATIENCE, Access, Limits

    return Fetcher(
        cache_folder(settings, os.environ),
        offline=settings.offline,
        refresh=True,
        access=Access(
            settings.cert, settings.client_cert, settings.proxy, find_credentials(addresses)
        ),
        limits=Limits(patience=float(settings.timeout or PATIENCE)),
        reporter=reporter,
    )


def update(options: Options, console: Console) -> int:
    """Take newer facts, or say whether there are any (``--check``)."""
    from neuron_pin.operations.update_facts import UpdateRequest, update_facts
    from neuron_pin.sources.feed.address import DEFAULT_FEED, parse_feed

    settings = read_feed_settings(options)
    named = settings.feed or DEFAULT_FEED
    request = UpdateRequest(
        feed=parse_feed(named),
        target=os.path.abspath(options.into or user_catalog()),
        signed_by=settings.signed_by or "",
        allow_older=options.allow_older,
        only_check=options.check,
    )
    known = load_catalog_of(request.target) if options.into else load_catalog()
    with console.watch("Reading the feed") as reporter:
        fetcher = make_fetcher(settings, reporter, [named])
        try:
            found = update_facts(request, known, fetcher)
        finally:
            fetcher.close()
    for finding in found.imported.findings if found.imported is not None else ():
        console.warn(f"{finding.subject}: {finding.reason} ({finding.rule.identifier})")
    for warning in found.warnings:
        console.warn(warning)
    if found.is_older and not found.written:
        console.warn(f"the feed has older facts than those in use: {found.after}")
    if found.written and not found.in_use and not options.into:
        console.warn(f"{found.folder} is not used: the embedded facts, or the machine's, are later")
    if options.format == "json":
        document = {"schema_version": 1, **found.as_document()}
        console.result(json.dumps(document, indent=2) + "\n")
    else:
        console.show(join_printable(_lines(found, everything=console.verbose > 0)))
    return 1 if options.check and found.is_newer else 0


def _lines(found: UpdatedFacts, *, everything: bool) -> Iterator[str]:
    yield f"feed       {found.feed}"
    if found.signer:
        yield f"signed by  {found.signer}"
    yield f"known      {found.before}"
    if found.imported is not None and (found.is_newer or everything):
        yield from found.imported.lines(everything=everything, repairs=everything)
    if found.written:
        yield f"now        {found.after}"
    elif found.is_newer:
        yield f"in feed    {found.after}"
    if found.written:
        yield f"written to {found.folder}"
    elif found.is_newer:
        yield "the feed has newer facts; nothing was written"
    else:
        yield "the feed has nothing newer"
