"""Which kind of feed an address is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from neuron_pin.catalog.facts_age import REPOSITORY
from neuron_pin.errors import WrongUsage
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.sources.http.urls import is_address, redact_url, split_credentials

DEFAULT_FEED = REPOSITORY
"""Asked where no feed is named: the vendor's public repository."""

ARCHIVES = (".tar.gz", ".tgz")


class FeedKind(Enum):
    """How a feed is read."""

    REPOSITORY = "repository"
    FOLDER = "folder"
    ARCHIVE = "archive"


class FeedAddress(NamedTuple):
    """A feed: its kind, its address without a name and a password, and the path where it is on
    this machine, else empty."""

    kind: FeedKind
    url: str
    path: str = ""


def parse_feed(text: str) -> FeedAddress:
    """The feed that a user names: ``https://``, ``file://`` or a path; raises `WrongUsage`."""
    where = text.strip()
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", where)
    if not where or "\0" in where or (scheme and not is_address(where)):
        raise WrongUsage(f"--feed: {text[:100]!r} is not an address")
    if scheme is None or scheme[1].lower() == "file":
        path = unquote(urlsplit(where).path) if scheme else where
        path = os.path.abspath(os.path.expanduser(path))
        return FeedAddress(_kind(path), f"file://{quote(os.fsencode(path))}", path)
    parts = urlsplit(where)
    if parts.scheme.lower() != "https" or not parts.hostname:
        raise WrongUsage(
            f"--feed: {redact_url(where)[:200]} is not encrypted",
            hint="a feed is an address with https:// or file://, or a folder",
        )
    named = [word for word in parts.path.split("/") if word]
    if parts.hostname == "github.com" and len(named) == 2 and not parts.query:
        owner, name = named[0], named[1].removesuffix(".git")
        if not all(re.fullmatch(r"[A-Za-z0-9._-]{1,100}", word) for word in (owner, name)):
            raise WrongUsage(f"--feed: {where[:200]} is not a repository on GitHub")
        return FeedAddress(FeedKind.REPOSITORY, f"https://github.com/{owner}/{name}")
    return FeedAddress(_kind(parts.path), redact_url(where))


def find_credentials(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Names and passwords in addresses, by host and port: they are sent there and nowhere else."""
    found = {}
    for text in texts:
        if text.startswith("https://") and is_address(text):
            url, login = split_credentials(text)
            if login is not None:
                found[urlsplit(url).netloc] = login
    return found


def _kind(path: str) -> FeedKind:
    return FeedKind.ARCHIVE if path.endswith(ARCHIVES) else FeedKind.FOLDER
