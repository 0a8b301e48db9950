"""Whether an installer that reads a requirements file would look on Neuron's index at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.requirements_txt import read_requirements
from neuron_pin.policy import Ecosystem, Rule

from .finding import Finding, Severity
from .package_source import describe_lack
from .requirements import select_neuron

MAX_BYTES = 1024 * 1024
_ADDED = ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
"""Variables that name a further index: somebody has thought of what PyPI lacks."""

_REPLACED = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
"""Variables that name an index in PyPI's place, mostly a mirror of it."""

_MARK = b"neuron-pin"
"""Stands in what ``neuron-pin hook install`` writes."""


def check_index(
    path: str, stated: Sequence[DetectedPackage], catalog: Catalog, environ: Mapping[str, str]
) -> Iterator[Finding]:
    """NP401: a requirements file that asks for Neuron packages and names no index, where
    neither the environment variables nor the configuration of pip and uv name one either.

    One finding a file, on its first such line.  A file of constraints installs nothing, so it
    needs none.
    """
    ours = [
        statement
        for statement in select_neuron(stated, catalog)
        if statement.key.ecosystem is Ecosystem.PIP
        and Ecosystem.PIP in catalog.packages[statement.key.name].systems
    ]
    if not ours or "constraint" in os.path.basename(path) or _is_configured(environ, catalog):
        return
    found = read_requirements(path, environ=environ, is_lenient=True)
    # A hash of Neuron's own file rules out every other one.
    asked = {requirement.origin for requirement in found.requirements if not requirement.hashes}
    ours = [statement for statement in ours if statement.place in asked]
    indexes = [*([found.index_url] if found.index_url else []), *found.extra_index_urls]
    lack = describe_lack(indexes)
    if not ours or not lack or found.find_links or found.no_index:
        return
    first, host = ours[0], _host_of(catalog)
    yield Finding(
        Rule.UNTRUSTED_INDEX,
        Severity.WARNING,
        first.key.name,
        f"{lack}: without {host} pip takes the placeholder on PyPI, or finds nothing",
        first.place,
        f"add a line: --extra-index-url {catalog.repositories.pip}",
    )


def _is_configured(environ: Mapping[str, str], catalog: Catalog) -> bool:
    """Whether this user's pip or uv is told of Neuron's index.  Source: pip, "Configuration";
    uv, "Configuration files"."""
    host = _host_of(catalog)
    if any(environ.get(name) for name in _ADDED):
        return True
    if any(host in environ.get(name, "") for name in _REPLACED):
        return True
    home = environ.get("HOME") or os.path.expanduser("~")
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    paths = [
        environ.get("PIP_CONFIG_FILE", ""),
        "/etc/pip.conf",
        os.path.join(config, "pip", "pip.conf"),
        os.path.join(home, ".pip", "pip.conf"),
        "/etc/uv/uv.toml",
        os.path.join(config, "uv", "uv.toml"),
    ]
    if environ.get("VIRTUAL_ENV"):
        paths.append(os.path.join(environ["VIRTUAL_ENV"], "pip.conf"))
    return any(_names_index(path, host) for path in paths if path and os.path.isfile(path))


def _host_of(catalog: Catalog) -> str:
    # The facts name neither port nor user, and what takes any address apart costs a start more.
    return catalog.repositories.pip.partition("://")[2].partition("/")[0]


def _names_index(path: str, host: str) -> bool:
    try:
        text = read_bounded(path, MAX_BYTES)
    except UnreadableInput:
        return False
    return host.encode() in text or _MARK in text
