"""The address of the one index that pip and uv are configured to use."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from neuron_pin.errors import WrongUsage
from neuron_pin.sources.http.urls import is_address


def make_simple_url(text: str) -> str:
    """The address of a simple index, of a server or of one of its views, with ``/simple/`` at its
    end.  Raises `WrongUsage` for anything else."""
    parts = urlsplit(text.strip() if is_address(text) else "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise WrongUsage(
            f"--via: {text[:200]!r} is not the address of an index",
            hint="write it as http://127.0.0.1:8099",
        )
    if any(c.isspace() or not c.isprintable() or c in "\"'\\$`" for c in text.strip()):
        raise WrongUsage(f"--via: {text[:200]!r} has characters that are not allowed in an address")
    path = parts.path.rstrip("/")
    if not path.endswith("/simple"):
        path += "/simple"
    return urlunsplit(parts._replace(path=f"{path}/"))
