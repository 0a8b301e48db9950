"""Addresses: fit to be printed, and compared as what they name (RFC 3986, 6.2.2 and 6.2.3)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def without_credentials(text: str) -> str:
    """An address, or a text with addresses, fit to be printed and asked: without the names and
    passwords in it.  A password may contain an "@", so the last one before the path counts."""
    return re.sub(r"""(\w://)[^/?#\s"'<>]*@""", r"\1", text) if "@" in text else text


def shown(text: str) -> str:
    """What was given for an address and is not one: of it only what cannot be a password."""
    return f"…@{text.rpartition('@')[2]}"[:80] if "@" in text else text[:80]


def is_of_machine(url: str) -> bool:
    """Whether an address names a file of this machine."""
    return url[:5].lower() == "file:"


def normalize_address(url: str) -> str:
    """One spelling for all addresses that are equal: scheme and host in lower case, no port that
    is the scheme's own, no fragment, nothing escaped that need not be."""
    bare = without_credentials(url).partition("#")[0]
    try:
        parts = urlsplit(bare)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return bare
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != PORTS.get(parts.scheme):
        host += f":{port}"
    if parts.scheme == "file" and host == "localhost":
        host = ""
    path = re.sub("%[0-9A-Fa-f]{2}", _unescape, parts.path)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{path}{query}"


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    is_unreserved = re.fullmatch("[A-Za-z0-9._~-]", character)
    return character if is_unreserved else match[0].upper()


def is_same_index(one: str, other: str) -> bool:
    """Whether two addresses are one index, which may be written with a slash at its end."""
    return normalize_address(one).rstrip("/") == normalize_address(other).rstrip("/")
