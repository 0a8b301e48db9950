"""What a command line holds, and the groups of options that commands share.

An option's second long name is what uv or pip-tools call it, where that means exactly the same.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .command_parser import CommandParser
    from .console import Console


FAMILIES = "inf1, inf2, trn1, trn1n, trn2, trn3"
"""The instance families of the embedded facts, for the help, which does not read these."""


class Options(argparse.Namespace):
    """A parsed command line."""

    command: str
    color: str
    quiet: int
    verbose: int
    arguments: list[str]
    run: Callable[[Options, Console], int]


def add_target(command: CommandParser) -> None:
    """The options that all commands share which judge for a target."""
    group = command.add_argument_group("target [env: NEURON_PIN_NAME]")
    group.add_argument(
        "--instance",
        metavar="FAMILY",
        help=f"the instance family: {FAMILIES}; a size (trn1.32xlarge) is accepted",
    )
    group.add_argument(
        "--os", metavar="OS", help="the operating system: ubuntu24.04, amzn2023, rocky9 …"
    )
    group.add_argument(
        "--python",
        "--python-version",
        metavar="X.Y",
        help="the Python version; default: the operating system's",
    )
    group.add_argument(
        "--sdk",
        metavar="VERSION",
        help="take this SDK release: 2.28.1, 2.28, '>=2.26,<2.29' or latest; default: the "
        "newest that meets every requirement",
    )
    group.add_argument(
        "--scope",
        metavar="WHERE",
        help="choose packages for the host (driver, tools, OCI hook), the container (runtime, "
        "frameworks) or both (default)",
    )
    group.add_argument(
        "--phase",
        metavar="PHASE",
        action="append",
        help="allow this phase too: alpha, beta, rc or eos; may be repeated",
    )
    group.add_argument(
        "--as-of",
        "--exclude-newer",
        metavar="DATE",
        help="ignore everything later than this day; default: today",
    )
    group.add_argument(
        "--target", metavar="auto", help="auto: take what is not given from this machine"
    )
    group = command.add_advanced_group("more about the target [env: NEURON_PIN_NAME]")
    group.add_argument(
        "--platform",
        metavar="TAG",
        action="append",
        help="accept wheels of this platform tag instead of the system's; may be repeated; "
        "--python-platform takes uv's names, such as x86_64-manylinux_2_34",
    )
    group.add_argument(
        "--python-platform",
        dest="platform",
        action="append",
        type=read_uv_platform,
        help=argparse.SUPPRESS,
    )
    group.add_argument(
        "--require-support-until",
        metavar="DATE",
        help="choose only what is guaranteed to be supported on that day",
    )
    group.add_argument(
        "--with-driver",
        metavar="VERSION",
        help="choose what works with this driver, which the host keeps",
    )
    group.add_argument(
        "--with-kernel",
        metavar="VERSION",
        help="choose a driver for this kernel, as uname -r prints it",
    )


_UV_PLATFORMS = {
    "linux": "manylinux_2_28_x86_64",
    "x86_64-unknown-linux-gnu": "manylinux_2_28_x86_64",
    "aarch64-unknown-linux-gnu": "manylinux_2_28_aarch64",
    "x86_64-unknown-linux-musl": "musllinux_1_2_x86_64",
    "aarch64-unknown-linux-musl": "musllinux_1_2_aarch64",
}
"""What uv means by its names of platforms (``uv pip compile --help``, ``--python-platform``)."""


def read_uv_platform(text: str) -> str:
    """The wheel platform tag of a platform of uv's; raises `WrongUsage` for those that no
    Neuron package is for."""
    from neuron_pin.errors import WrongUsage

    match = re.fullmatch(r"(x86_64|aarch64)-(manylinux(?:\d{4}|_\d{1,2}_\d{1,3}))", text)
    if match is not None:
        return f"{match[2]}_{match[1]}"
    if text not in _UV_PLATFORMS:
        raise WrongUsage(
            f"--python-platform: {text!r} is no platform that Neuron packages are for",
            hint="write linux, x86_64-manylinux_2_34 or aarch64-manylinux_2_34; --platform takes "
            "tags of wheels, such as manylinux_2_34_x86_64",
        )
    return _UV_PLATFORMS[text]


def add_sources(command: CommandParser) -> None:
    """The options that say where candidates come from."""
    # Imported here: `--help` alone needs no settings.
    from neuron_pin.settings import REPOSITORY_OPTIONS

    group = command.add_argument_group("sources [env: NEURON_PIN_NAME]")
    group.add_argument(
        "--offline",
        action="store_true",
        help="do not use the network: answer from the catalog and the cache",
    )
    add_main_indexes(group)
    group.add_argument(
        "--newer-than-facts",
        metavar="WHAT",
        help="versions newer than every known release: warn names them and takes them where "
        "nothing else fits (default), allow lets them compete, refuse excludes them",
    )
    group = command.add_advanced_group("more sources [env: NEURON_PIN_NAME]")
    for name, option in REPOSITORY_OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        group.add_argument(flag, metavar=option.metavar, action="append", help=option.help)
    add_more_indexes(group)
    group.add_argument(
        "-f",
        "--find-links",
        metavar="DIR|URL",
        action="append",
        help="take files from this folder or page of links as well; may be repeated",
    )
    group.add_argument(
        "--no-index", action="store_true", help="ask no index, take files from --find-links alone"
    )
    add_network(command)


def add_network(command: CommandParser) -> None:
    """How the network and the cache are used; for most the defaults are right."""
    group = command.add_advanced_group("network and cache [env: NEURON_PIN_NAME]")
    group.add_argument(
        "--refresh", action="store_true", help="ask the indexes again, however new the cache is"
    )
    add_access(group)
    add_timeout(group)


def add_main_indexes(group: argparse._ArgumentGroup) -> None:
    """Which package indexes there are, for whoever asks them: `lock` and `serve` alike."""
    group.add_argument(
        "-i",
        "--index-url",
        metavar="URL",
        help="take packages from this index instead of PyPI",
    )
    group.add_argument(
        "--extra-index-url",
        metavar="URL",
        action="append",
        help="ask this index before the main one; may be repeated",
    )
    group.add_argument(
        "--neuron-index-url",
        metavar="URL",
        help="take Neuron packages from this index instead of AWS's",
    )


def add_more_indexes(group: argparse._ArgumentGroup) -> None:
    """What few need to say of indexes."""
    group.add_argument(
        "--index",
        metavar="NAME=URL",
        action="append",
        help="take package NAME from this index and no other; may be repeated",
    )
    add_trusted_host(group)


def add_trusted_host(group: argparse._ArgumentGroup) -> None:
    """The hosts that may be asked without encryption."""
    group.add_argument(
        "--trusted-host",
        metavar="HOST[:PORT]",
        action="append",
        help="allow http:// for this host, which anybody in between can change; may be repeated",
    )


def add_timeout(group: argparse._ArgumentGroup) -> None:
    """How long to wait for an answer."""
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        help="give up if an answer has not begun after this time; default: 20",
    )


def add_cache_folder(group: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    """Where the cache is."""
    group.add_argument(
        "--cache-dir",
        metavar="DIR",
        help="keep the cache in this folder; default: ~/.cache/neuron-pin",
    )


def add_access(group: argparse._ArgumentGroup, *, keeps: bool = True) -> None:
    """How hosts are reached, and where what they say is kept."""
    if keeps:
        add_cache_folder(group)
    group.add_argument(
        "--cert", metavar="FILE", help="trust the certificate authorities of this file (PEM)"
    )
    group.add_argument(
        "--client-cert",
        metavar="FILE",
        help="present the certificate and key of this file (PEM) to hosts that ask",
    )
    group.add_argument(
        "--proxy",
        metavar="URL",
        help="reach hosts through this proxy; default: HTTPS_PROXY, HTTP_PROXY",
    )


def add_output(group: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """The file that a report is written to (`report_file.write_report`)."""
    group.add_argument(
        "-o",
        "--output",
        "--output-file",
        metavar="FILE",
        help="write to this file; default, and -: standard output",
    )
    group.add_argument(
        "--overwrite",
        action="store_true",
        help="overwrite a file that neuron-pin did not write",
    )


def add_format(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup,
    *choices: str,
    what: str = "the result",
) -> None:
    """``--format`` with the forms that a command has, the first is the default."""
    parser.add_argument(
        "--format",
        choices=choices,
        default=choices[0],
        metavar="FORMAT",
        help=f"print {what} as {join_words(choices)}; default: {choices[0]}",
    )


def join_words(words: tuple[str, ...]) -> str:
    """``text, json or sarif``."""
    return f"{', '.join(words[:-1])} or {words[-1]}"
