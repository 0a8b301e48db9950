"""The commands, each with its options."""

from __future__ import annotations

import argparse
from collections.abc import Callable

COMMANDS = {
    "lock": "resolve once, write what pip, uv and apt obey",
    "explain": "every version of a package: chosen, or put aside by which rule and why",
    "check": "files and environments held against the policy",
    "verify": "whether a lock is right, from the lock and the indexes alone",
    "why": "the chains of requirements that brought a package into a lock",
    "plan": "the ordered commands from here to there, and the way back",
    "diff": "what lies between two releases, locks, constraints files or environments",
    "lifecycle": "phases and dates of anything that has a life-cycle",
    "hook": "pre-install hooks that hold apt, dnf, pip and uv to a lock: install, status, remove",
    "serve": "a package index that serves only what the policy allows",
    "exec": "run one command under a lock: exec -- pip install …",
    "releases": "the SDK releases, or what one of them holds",
    "catalog": "the embedded facts: show, hold against the policy, import newer ones",
    "policy": "the rules, or one rule's page",
    "doctor": "the health of this machine's repositories: source, key, lists, preferences",
    "cache": "what is kept of indexes: where, how much; prune or clear it",
}


def add_target(command: argparse.ArgumentParser) -> None:
    """The options that all commands share which judge for a target."""
    group = command.add_argument_group("target [env: NEURON_PIN_NAME]")
    group.add_argument("--sdk", metavar="VERSION", help="an SDK release, a range, or latest")
    group.add_argument("--instance", metavar="FAMILY", help="inf1, inf2, trn1, trn1n, trn2, trn3")
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
    group = command.add_argument_group("sources [env: NEURON_PIN_NAME]")
    _add_indexes(group)
    group.add_argument("-f", "--find-links", metavar="DIR|URL", action="append")
    group.add_argument("--no-index", action="store_true", help="--find-links alone")
    group.add_argument(
        "--apt-repo",
        metavar="'URL SUITE COMPONENT'",
        action="append",
        help="as in sources.list, or host[:DIR]: what this machine's apt knows",
    )
    group.add_argument(
        "--rpm-repo", metavar="URL", action="append", help="or host[:DIR]: what this dnf knows"
    )
    group.add_argument("--offline", action="store_true", help="catalogue and cache only")
    group.add_argument("--refresh", action="store_true", help="ask the indexes again")
    _add_access(group)
    _add_timeout(group)


def _add_indexes(group: argparse._ArgumentGroup) -> None:
    """Which package indexes there are, for whoever asks them: `lock` and `serve` alike."""
    group.add_argument("-i", "--index-url", metavar="URL", help="default: PyPI")
    group.add_argument("--extra-index-url", metavar="URL", action="append")
    group.add_argument("--neuron-index-url", metavar="URL", help="default: Neuron's own index")
    group.add_argument(
        "--index", metavar="NAME=URL", action="append", help="take a package from this index"
    )
    _add_trusted_host(group)


def _add_trusted_host(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--trusted-host",
        metavar="HOST[:PORT]",
        action="append",
        help="may be asked over http://, which anybody in between can change",
    )


def _add_timeout(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--timeout", metavar="SECONDS", help="for an answer to begin; default: 20")


def _add_access(group: argparse._ArgumentGroup, *, keeps: bool = True) -> None:
    """How hosts are reached, and where what they say is kept."""
    if keeps:
        group.add_argument("--cache-dir", metavar="DIR")
    group.add_argument("--cert", metavar="FILE", help="certificate authorities, PEM")
    group.add_argument("--client-cert", metavar="FILE", help="this client's certificate and key")
    group.add_argument("--proxy", metavar="URL", help="default: HTTPS_PROXY, HTTP_PROXY")


def _add_lock(command: argparse.ArgumentParser) -> None:
    command.add_argument("requirements", metavar="REQ", nargs="*", help="default: all components")
    command.add_argument("-r", "--requirement", metavar="FILE", action="append", default=[])
    command.add_argument("-c", "--constraint", metavar="FILE", action="append", default=[])
    command.add_argument(
        "-o", "--output", metavar="FILE", action="append", default=[], help="*.txt, *.pref, *.json"
    )
    command.add_argument("--root", metavar="DIR", help="write below this folder")
    command.add_argument("--dry-run", action="store_true", help="write nothing")
    command.add_argument(
        "--overwrite", action="store_true", help="system files that were edited by hand, too"
    )
    command.add_argument(
        "--remove", action="store_true", help="take away what was written to the system files"
    )
    command.add_argument("--diff", action="store_true", help="show what changes in files")
    command.add_argument(
        "--format", metavar="FORMAT", help="constraints, apt-preferences, json, text"
    )
    command.add_argument(
        "--override", metavar="FILE", action="append", help="replaces what others require"
    )
    command.add_argument("-U", "--upgrade", action="store_true", help="ignore what was locked")
    command.add_argument(
        "-P", "--upgrade-package", metavar="NAME", action="append", help="… of this package"
    )
    command.add_argument(
        "--extra", metavar="NAME", action="append", default=[], help="of a pyproject.toml"
    )
    command.add_argument("--all-extras", action="store_true")
    command.add_argument(
        "--group",
        metavar="[PATH:]NAME",
        action="append",
        default=[],
        help="a dependency group (PEP 735)",
    )
    command.add_argument(
        "--build", metavar="NAME", action="append", help="may run this package's own build"
    )
    command.add_argument("--generate-hashes", action="store_true", help="hashes in constraints")
    command.add_argument("--expires", metavar="DATE", help="when pins should be looked at again")
    command.add_argument("--pin", metavar="STRENGTH", help="exact (default), minor or major")
    add_target(command)
    add_sources(command)


def _add_explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME[PIN]")
    command.add_argument(
        "others", metavar="with NAME[PIN]", nargs="*", help="which versions go with which"
    )
    command.add_argument(
        "--host", action="store_true", help="what this machine's apt would do, and why"
    )
    command.add_argument("--root", metavar="DIR", help="… the machine below this folder")
    command.add_argument("--format", choices=("text", "json"), default="text")
    add_target(command)
    add_sources(command)


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="requirements, constraints, pyproject.toml, lock.json, pylock.toml, uv.lock, "
        "poetry.lock, Dockerfile",
    )
    command.add_argument("--venv", metavar="DIR", action="append", default=[])
    command.add_argument("--host", action="store_true", help="this machine")
    command.add_argument("--root", metavar="DIR", help="the machine below this folder")
    command.add_argument(
        "--image",
        metavar="DIR|TAR",
        action="append",
        default=[],
        help="an unpacked image, an OCI layout, a tarball of docker save",
    )
    command.add_argument(
        "--within", metavar="DAYS", default="90d", help="ends announced for so soon; 90d"
    )
    command.add_argument("--lock", metavar="FILE", help="a lock.json that has to be kept to, too")
    command.add_argument("--exit-zero", action="store_true", help="whatever is found")
    command.add_argument(
        "--fail-on",
        metavar="RULE|PHASE",
        action="append",
        default=[],
        help="exit code 1 for these too: NP206, maintenance, ending, warning …",
    )
    command.add_argument("--baseline", metavar="FILE", help="findings that are known")
    command.add_argument("--write-baseline", metavar="FILE", help="all of today are known")
    command.add_argument("--diff", action="store_true", help="show what --fix would change")
    command.add_argument("--fix", action="store_true", help="mend files where that is safe")
    command.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github", "cyclonedx", "markdown"),
        default="text",
    )
    add_target(command)


def _add_verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("lock", metavar="LOCK", help="lock.json or pylock.toml")
    command.add_argument(
        "requirements",
        metavar="REQ",
        nargs="*",
        help="has to be met, besides what the lock records",
    )
    command.add_argument(
        "--files", action="store_true", help="read every file: its hash, its METADATA"
    )
    command.add_argument(
        "--python", metavar="X.Y.Z", help="the target's Python with its patch, which locks lack"
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    group = command.add_argument_group("indexes")
    group.add_argument(
        "-i", "--index-url", metavar="URL", help="ask this one for what is not from Neuron's index"
    )
    group.add_argument("--neuron-index-url", metavar="URL", help="… and for what is")
    group = command.add_argument_group("access [env: NEURON_PIN_NAME]")
    group.add_argument("--offline", action="store_true", help="the lock alone: ask no index")
    _add_trusted_host(group)
    _add_access(group, keeps=False)
    _add_timeout(group)


def _add_why(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME")
    command.add_argument("--lock", metavar="FILE", default="lock.json", help="default: lock.json")
    command.add_argument("--format", choices=("text", "json"), default="text")


def _add_diff(command: argparse.ArgumentParser) -> None:
    what = "an SDK release, lock.json, pylock.toml, constraints.txt, a venv, or host"
    command.add_argument("old", metavar="A", help=what)
    command.add_argument("new", metavar="B", help="the same")
    command.add_argument("--instance", metavar="FAMILY", help="of releases: what is for it")
    command.add_argument("--as-of", metavar="DATE", help="phases on that day; default: today")
    command.add_argument("--all", action="store_true", help="what is equal in both, too")
    command.add_argument("--format", choices=("text", "json", "markdown"), default="text")


def _add_plan(command: argparse.ArgumentParser) -> None:
    command.add_argument("requirements", metavar="REQ", nargs="*", help="packages by name")
    command.add_argument(
        "--from",
        metavar="STATE",
        dest="start",
        default="nothing",
        help="nothing (default), host, an SDK release, lock.json, a venv: what is there",
    )
    command.add_argument("--to", metavar="SDK", help="a release, or latest (default)")
    command.add_argument(
        "--framework", metavar="NAME", help="pytorch (default), jax, tensorflow, mxnet, none"
    )
    command.add_argument("--framework-version", metavar="X.Y")
    command.add_argument(
        "--category",
        metavar="NAME",
        action="append",
        default=[],
        help="all (default), driver, runtime, tools, compiler, framework, efa, "
        "driver_runtime_tools, compiler_framework",
    )
    command.add_argument(
        "--ami",
        metavar="NAME",
        default="non-dlami",
        help="non-dlami (default), dlami-base, dlami-framework, dlami-neuron",
    )
    command.add_argument("--installer", choices=("pip", "uv"), help="default: what fits")
    command.add_argument("--venv", metavar="DIR", help="the environment's folder")
    command.add_argument("--root", metavar="DIR", help="the machine below this folder")
    command.add_argument("--format", choices=("text", "json", "sh", "dockerfile"), default="text")
    add_target(command)


def _add_hook(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("install", "status", "remove"))
    command.add_argument("kinds", metavar="KIND", nargs="*", help="apt, dnf, pip, uv")
    command.add_argument(
        "--lock", metavar="FILE", help="what to hold; default: lock.json, without --via"
    )
    command.add_argument(
        "--via", metavar="URL", help="of pip and uv: take everything from this index (serve)"
    )
    command.add_argument(
        "--scope",
        choices=("system", "user", "venv"),
        help="of pip and uv; default: the environment that is active, else the user",
    )
    command.add_argument("--venv", metavar="DIR", help="the environment; default: the active one")
    command.add_argument("--root", metavar="DIR", help="the machine below this folder")
    command.add_argument(
        "--on-error",
        choices=("allow", "refuse"),
        default="allow",
        help="what becomes of Neuron's packages where the hook cannot judge; allow",
    )
    command.add_argument(
        "--expires",
        metavar="DATE",
        help="when to look at the lock again; default: six months after its day",
    )
    command.add_argument("--dry-run", action="store_true", help="write nothing, show the diff")
    command.add_argument(
        "--overwrite", action="store_true", help="files that were edited by hand, too"
    )
    command.add_argument("--format", choices=("text", "json"), default="text", help="of status")


def _add_serve(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--listen", metavar="HOST:PORT", default="127.0.0.1:8099", help="default: 127.0.0.1:8099"
    )
    command.add_argument("--certfile", metavar="FILE", help="speak TLS: the certificate, PEM")
    command.add_argument("--keyfile", metavar="FILE", help="… and its key, PEM")
    command.add_argument(
        "--files",
        choices=("redirect", "cache"),
        default="redirect",
        help="where installers get files: sent to their index (default), or from us, who keep them",
    )
    command.add_argument(
        "--file-host",
        metavar="HOST",
        action="append",
        default=[],
        help="a host that an index keeps its files on",
    )
    command.add_argument(
        "--cache-size", metavar="SIZE", default="20G", help="of kept files; default: 20G"
    )
    command.add_argument(
        "--no-read-ahead", action="store_true", help="read nothing before it is asked for"
    )
    command.add_argument("--no-access-log", action="store_true", help="no line for each request")
    command.add_argument(
        "--check", action="store_true", help="start, ask for each kind of page, stop"
    )
    group = command.add_argument_group("the plain /simple/ [env: NEURON_PIN_NAME]")
    group.add_argument("--sdk", metavar="VERSION", help="members of this release alone; latest")
    group.add_argument("--instance", metavar="FAMILY", help="inf1, inf2, trn1, trn1n, trn2, trn3")
    group.add_argument("--as-of", metavar="DATE", help="know nothing later; default: each day's")
    group.add_argument("--phase", metavar="PHASE", action="append", help="also allow this phase")
    group = command.add_argument_group("indexes [env: NEURON_PIN_NAME]")
    _add_indexes(group)
    group.add_argument("--offline", action="store_true", help="from the cache only")
    _add_access(group)


def _add_exec(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lock", metavar="FILE", default="lock.json", help="what to hold; default: lock.json"
    )
    command.add_argument("--cache-dir", metavar="DIR")
    command.usage = "neuron-pin exec [--lock FILE] -- COMMAND [ARGUMENT …]"


def _add_lifecycle(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "subjects",
        metavar="SUBJECT",
        nargs="*",
        help="a name, 'torch-neuronx 2.8', python3.11, 2.26.0, dlami:… default: all",
    )
    command.add_argument("--as-of", metavar="DATE", help="know nothing later; default: today")
    command.add_argument("--kind", metavar="KIND", action="append", help="sdk, component, os …")
    command.add_argument("--instance", metavar="FAMILY", help="what concerns this family")
    command.add_argument("--lock", metavar="FILE", help="a lock.json, to be shown among them")
    command.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    command.add_argument("--format", choices=("text", "json", "html", "svg", "ics"), default="text")


def _add_releases(command: argparse.ArgumentParser) -> None:
    command.add_argument("release", metavar="SDK", nargs="?")
    command.add_argument("--instance", metavar="FAMILY")
    command.add_argument("--as-of", metavar="DATE")
    command.add_argument("--format", choices=("text", "json"), default="text")


def _add_catalog(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("show", "import", "verify", "lint"))
    command.add_argument(
        "paths",
        metavar="FILE|DIR",
        nargs="*",
        help="import: a release manifest, a folder of announcement pages; verify: these or a "
        "catalogue; lint: a catalogue",
    )
    command.add_argument(
        "--signed-by", metavar="KEY", help="import, verify: a file of keys, one of which signed it"
    )
    command.add_argument("--into", metavar="DIR", help="default: the user's data folder")
    command.add_argument("--format", choices=("text", "json", "sarif"), default="text")


def _add_policy(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "rule", metavar="RULE", nargs="?", help="NP…, or phases, classification, updates"
    )
    command.add_argument("--format", choices=("text", "json", "markdown"), default="text")


def _add_doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument("--root", metavar="DIR", help="examine the machine below this folder")
    command.add_argument("--format", choices=("text", "json", "sarif"), default="text")


def _add_cache(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("info", "prune", "clear"))
    command.add_argument("--cache-dir", metavar="DIR")
    command.add_argument("--format", choices=("text", "json"), default="text")


ADD: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "lock": _add_lock,
    "explain": _add_explain,
    "check": _add_check,
    "verify": _add_verify,
    "why": _add_why,
    "plan": _add_plan,
    "diff": _add_diff,
    "lifecycle": _add_lifecycle,
    "hook": _add_hook,
    "serve": _add_serve,
    "exec": _add_exec,
    "releases": _add_releases,
    "catalog": _add_catalog,
    "policy": _add_policy,
    "doctor": _add_doctor,
    "cache": _add_cache,
}
