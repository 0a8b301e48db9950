"""Addresses as others write them: joined, and told from what is none.

The standard library raises ``ValueError`` for brackets that hold no IPv6 address, and for a host
whose letters turn into others (RFC 3986, 3.2.2; RFC 3491).
"""

from __future__ import annotations


def is_address(url: str) -> bool:
    """Whether an address can be taken apart."""
    # Nearly all can be seen to be plain, and pages have thousands.
    if url.isascii() and "[" not in url and "]" not in url:
        return True
    # Imported late, here and below: a lock from the cache joins and splits none.
    from urllib.parse import urlsplit

    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def redact_url(url: str) -> str:
    """An address without user name and password, fit to be printed."""
    if "@" not in url:
        return url
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its user name and password, and those two (RFC 3986, 3.2.1)."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, None
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    return redact_url(url), (unquote(user), unquote(password))


def resolve_url(base: str, url: str) -> str:
    """An address as it stands on a page at ``base``, made absolute; empty for what is none."""
    if not is_address(url):
        return ""
    if url.startswith(("https://", "http://")):
        return url
    from urllib.parse import urljoin

    found = urljoin(base, url)
    return found if is_address(found) else ""
