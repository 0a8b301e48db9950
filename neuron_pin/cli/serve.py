"""``neuron-pin serve``: the index that serves only what the policy allows."""

from __future__ import annotations

import os
import re

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.operations.read_settings import read_index_locations, read_network
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, today, warn_of_old_facts
from .options import FAMILIES, Options, add_access, add_main_indexes, add_more_indexes


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin serve``."""
    del common
    parser.examples = (
        "serve",
        "serve --listen 127.0.0.1:9000 --sdk 2.28.1 --instance trn2",
        "serve --check",
    )
    group = parser.add_argument_group("server")
    group.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:8099",
        help="listen on this address; default: 127.0.0.1:8099",
    )
    group.add_argument("--certfile", metavar="FILE", help="use TLS with this certificate (PEM)")
    group.add_argument("--keyfile", metavar="FILE", help="use this key of the certificate (PEM)")
    group.add_argument(
        "--check", action="store_true", help="start, ask for each kind of page once, and stop"
    )
    group.add_argument(
        "--no-access-log", action="store_true", help="print no line for each request"
    )
    group = parser.add_argument_group("files")
    group.add_argument(
        "--files",
        choices=("redirect", "cache"),
        default="redirect",
        metavar="WAY",
        help="redirect installers to the index that has a file (default), or cache it here",
    )
    group.add_argument(
        "--file-host",
        metavar="HOST",
        action="append",
        default=[],
        help="accept files that an index keeps on this host; may be repeated",
    )
    group.add_argument(
        "--cache-size",
        metavar="SIZE",
        default="20G",
        help="keep at most this much of files; default: 20G",
    )
    group.add_argument(
        "--no-read-ahead",
        action="store_true",
        help="read pages when they are asked for, and none before",
    )
    group.add_argument(
        "--warm-up",
        action="store_true",
        help="read what supported packages lead to at the start, before anybody asks",
    )
    group = parser.add_argument_group("what /simple/ offers [env: NEURON_PIN_NAME]")
    group.add_argument(
        "--sdk", metavar="VERSION", help="offer only the members of this SDK release, or latest"
    )
    group.add_argument(
        "--instance",
        metavar="FAMILY",
        help=f"offer only what is for this instance family: {FAMILIES}",
    )
    group.add_argument(
        "--as-of",
        "--exclude-newer",
        metavar="DATE",
        help="ignore everything later than this day; default: each day's own",
    )
    group.add_argument(
        "--phase",
        metavar="PHASE",
        action="append",
        help="offer this phase too: alpha, beta, rc or eos; may be repeated",
    )
    group = parser.add_argument_group("indexes [env: NEURON_PIN_NAME]")
    add_main_indexes(group)
    add_more_indexes(group)
    group = parser.add_argument_group("network and cache [env: NEURON_PIN_NAME]")
    group.add_argument("--offline", action="store_true", help="answer from the cache alone")
    add_access(group)


def run(options: Options, console: Console) -> int:
    """Serve until a signal, or ask itself for each kind of page and stop (``--check``)."""
    if options.warm_up and options.no_read_ahead:
        raise WrongUsage("--warm-up reads ahead, which --no-read-ahead turns off")
    settings = load_settings(vars(options), os.environ, os.getcwd())
    catalog, day = load_catalog(), today()
    warn_of_old_facts(console, catalog, parse_day_or_today(settings.as_of))
    try:
        from neuron_pin.proxy.files import FileDelivery
        from neuron_pin.proxy.self_check import check_server
        from neuron_pin.proxy.server import Listening, base_view, create_service, make_server
        from neuron_pin.proxy.server import run as serve
    except ImportError as error:
        raise WrongUsage(
            f"serve needs the extra serve: {error.name} is not installed",
            hint=install_command("serve"),
        ) from None
    size = _bytes(options.cache_size)
    base = base_view(
        catalog,
        day,
        as_of=settings.as_of,
        phases=settings.phase,
        sdk=settings.sdk,
        instance=settings.instance,
    )
    with create_service(
        read_index_locations(settings),
        read_network(settings, os.environ),
        base,
        catalog,
        passing=FileDelivery(options.files),
        file_hosts=options.file_host,
        size=size,
        reads_ahead=not options.no_read_ahead,
    ) as made:
        if options.check:
            from neuron_pin.proxy.self_check_report import render_self_check

            found = check_server(made)
            console.show(render_self_check(found, console.screen))
            return 3 if any(step.problem for step in found) else 0
        made.working = console.watch
        host, port = _host_and_port(options.listen)
        server = make_server(
            made,
            Listening(host, port, options.certfile, options.keyfile),
            log=None if options.no_access_log else console.log,
            started=lambda address: console.note(
                f"serving {address}/simple/ by catalog data of {catalog.announced}; "
                f"neuron-pin hook install pip --via {address} points pip at it"
            ),
            warms_up=options.warm_up,
        )
        serve(server)
    return 0


def _host_and_port(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:(\[[0-9A-Fa-f:.]+\]|[^\[\]:/\s]*):)?(\d{1,5})", text)
    if match is None or int(match[2]) > 65535:
        raise WrongUsage(
            f"--listen: {text!r} is not HOST:PORT", hint="write 127.0.0.1:8099 or [::]:8099"
        )
    return (match[1] or "127.0.0.1").strip("[]"), int(match[2])


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,12})\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if match is None:
        raise WrongUsage(f"--cache-size: {text!r} is not a size", hint="write 20G or 500M")
    power: int = " KMGT".index(match[2].upper() or " ")
    return int(match[1]) << (10 * power)
