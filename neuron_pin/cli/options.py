"""What a command line holds, and the groups of options that commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .console import Console


FAMILIES = "inf1, inf2, trn1, trn1n, trn2, trn3"
"""The instance families of the embedded facts, for the help, which does not read these."""


class Options(argparse.Namespace):
    """A parsed command line."""

    command: str
    color: str
    quiet: bool
    verbose: int
    arguments: list[str]
    run: Callable[[Options, Console], int]


def add_target(command: argparse.ArgumentParser) -> None:
    """The options that all commands share which judge for a target."""
    group = command.add_argument_group("target [env: NEURON_PIN_NAME]")
    group.add_argument("--sdk", metavar="VERSION", help="an SDK release, a range, or latest")
    group.add_argument("--instance", metavar="FAMILY", help=FAMILIES)
    group.add_argument("--os", metavar="OS", help="ubuntu22.04, amzn2023, rocky9 …")
    group.add_argument("--python", metavar="X.Y", help="default: the operating system's")
    group.add_argument("--platform", metavar="TAG", action="append", help="wheel platform tag")
    group.add_argument("--scope", metavar="WHERE", help="host, container or both (default)")
    group.add_argument("--as-of", metavar="DATE", help="know nothing later; default: today")
    group.add_argument("--phase", metavar="PHASE", action="append", help="also allow this phase")
    group.add_argument(
        "--require-support-until", metavar="DATE", help="only what is guaranteed up to that day"
    )
    group.add_argument("--with-driver", metavar="VERSION", help="the host has and keeps it")
    group.add_argument("--with-kernel", metavar="VERSION", help="the host runs it: uname -r")
    group.add_argument("--target", metavar="auto", help="fill in from this machine")


def add_sources(command: argparse.ArgumentParser) -> None:
    """The options that say where candidates come from."""
    # Imported here: `--help` alone needs no settings.
    from neuron_pin.settings import REPOSITORY_OPTIONS

    group = command.add_argument_group("sources [env: NEURON_PIN_NAME]")
    add_indexes(group)
    group.add_argument("-f", "--find-links", metavar="DIR|URL", action="append")
    group.add_argument("--no-index", action="store_true", help="--find-links alone")
    for name, option in REPOSITORY_OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        group.add_argument(flag, metavar=option.metavar, action="append", help=option.help)
    group.add_argument("--offline", action="store_true", help="catalog and cache only")
    group.add_argument("--refresh", action="store_true", help="ask the indexes again")
    add_access(group)
    add_timeout(group)


def add_indexes(group: argparse._ArgumentGroup) -> None:
    """Which package indexes there are, for whoever asks them: `lock` and `serve` alike."""
    group.add_argument("-i", "--index-url", metavar="URL", help="default: PyPI")
    group.add_argument("--extra-index-url", metavar="URL", action="append")
    group.add_argument("--neuron-index-url", metavar="URL", help="default: Neuron's own index")
    group.add_argument(
        "--index", metavar="NAME=URL", action="append", help="take a package from this index"
    )
    add_trusted_host(group)


def add_trusted_host(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--trusted-host",
        metavar="HOST[:PORT]",
        action="append",
        help="may be asked over http://, which anybody in between can change",
    )


def add_timeout(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--timeout", metavar="SECONDS", help="for an answer to begin; default: 20")


def add_access(group: argparse._ArgumentGroup, *, keeps: bool = True) -> None:
    """How hosts are reached, and where what they say is kept."""
    if keeps:
        group.add_argument("--cache-dir", metavar="DIR")
    group.add_argument("--cert", metavar="FILE", help="certificate authorities, PEM")
    group.add_argument("--client-cert", metavar="FILE", help="this client's certificate and key")
    group.add_argument("--proxy", metavar="URL", help="default: HTTPS_PROXY, HTTP_PROXY")
