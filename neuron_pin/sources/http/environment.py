"""What a machine says of hosts: proxies in its environment, names and passwords in ``.netrc``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit


def find_proxy(url: str) -> str:
    """The address of the proxy that the environment names for a URL, empty for none.

    ``NO_PROXY`` may name hosts, domains and networks (``10.0.0.0/8``).  macOS and Windows are asked
    for what their settings say."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    host, proxies = parts.hostname or "", getproxies()
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if proxy_bypass(parts.netloc.rpartition("@")[2]) or _is_within(host, excepted.split(",")):
        return ""
    return proxies.get(parts.scheme) or proxies.get("all") or ""


def _is_within(host: str, networks: Iterable[str]) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        address = ip_address(host)
    except ValueError:
        return False
    for network in networks:
        if "/" in network:
            try:
                if address in ip_network(network.strip(), strict=False):
                    return True
            except ValueError:
                continue
    return False


def read_netrc(host: str) -> tuple[str, str] | None:
    """The name and password that the file of ``NETRC``, else ``~/.netrc`` has for a host.  A file
    that cannot be read or parsed counts as empty."""
    from netrc import NetrcParseError, netrc

    names = [os.environ["NETRC"]] if "NETRC" in os.environ else ["~/.netrc", "~/_netrc"]
    for path in map(os.path.expanduser, names):
        if os.path.exists(path):
            try:
                found = netrc(path).authenticators(host)
            except (NetrcParseError, OSError, UnicodeError):
                return None
            if found is None or not any(found):
                return None
            return found[0] or found[1] or "", found[2] or ""
    return None
