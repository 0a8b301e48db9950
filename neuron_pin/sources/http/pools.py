"""Pools of connections: one TLS context for all of them, and each watched by a deadline.

By urllib3 alone.  requests stands on it, and would add cookies and sessions that nobody needs here
to every answer, and its import to every run on the network.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.extras import install_command

from .urls import is_address, redact_url, split_credentials

if TYPE_CHECKING:
    import ssl
    from socket import socket

    from urllib3 import HTTPConnectionPool, PoolManager

CONNECTIONS = 64
"""How many are kept open to one host: as many as read ahead at once."""

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

Watch = Callable[["socket"], None]
"""Called with a connection each time that an answer is waited for."""


def make_context(cert: str | None, client_cert: str | None) -> ssl.SSLContext:
    """A TLS context: the certificate authorities of a file, else of the environment, else of
    certifi, and a client's certificate (PEM); raises `SourceFailed` for files that hold none.

    One for all connections: each that makes its own reads the authorities again, which takes
    longer than its handshake.
    """
    import ssl

    bundle = cert or next((os.environ[name] for name in _BUNDLES if os.environ.get(name)), None)
    if bundle is None:
        from certifi import where

        bundle = where()
    try:
        context = ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError) as error:
        raise SourceFailed(bundle, f"holds no certificates: {error}") from None
    if client_cert:
        try:
            # An encrypted key must not stop a run to ask for its password.
            context.load_cert_chain(client_cert, password="")
        except (OSError, ssl.SSLError) as error:
            problem = f"holds no certificate and key of a client: {error}"
            raise SourceFailed(client_cert, problem) from None
    return context


def make_manager(
    proxy: str, context: ssl.SSLContext, cert: str | None, watch: Watch
) -> PoolManager:
    """Pools by host, behind a proxy unless its address is empty; raises `SourceFailed` for one that
    cannot be used.  ``cert`` has the authorities for an HTTPS proxy."""
    from urllib3 import PoolManager
    from urllib3.exceptions import HTTPError

    options: dict[str, Any] = {
        "num_pools": CONNECTIONS,
        "maxsize": CONNECTIONS,
        "ssl_context": context,
    }
    if not proxy:
        return _watched(PoolManager(**options), watch)
    address = proxy if "://" in proxy else f"http://{proxy}"
    if not (is_address(address) and urlsplit(address).hostname):
        # It may hold a password, which cannot be told from the rest.
        raise SourceFailed("the proxy", "has an address that cannot be read")
    try:
        return _watched(_make_proxy_manager(address, options, cert), watch)
    except (HTTPError, ValueError):
        # Their words would repeat a password.
        raise SourceFailed(redact_url(address), "is not the address of a proxy") from None


def _make_proxy_manager(address: str, options: dict[str, Any], cert: str | None) -> PoolManager:
    from importlib.util import find_spec

    from urllib3 import ProxyManager, make_headers

    if address.lower().startswith("socks"):
        if find_spec("socks") is None:
            problem, hint = "a SOCKS proxy needs pysocks", install_command("socks")
            raise SourceFailed(redact_url(address), problem, hint=hint)
        from urllib3.contrib.socks import SOCKSProxyManager

        return SOCKSProxyManager(address, **options)
    address, credentials = split_credentials(address)
    if credentials is not None:
        options["proxy_headers"] = make_headers(proxy_basic_auth=":".join(credentials))
    if address.lower().startswith("https:"):
        # The client's certificate is not for the proxy.
        options["proxy_ssl_context"] = make_context(cert, None)
    return ProxyManager(address, **options)


def _watched(manager: PoolManager, watch: Watch) -> PoolManager:
    """The same, with connections that are watched from their first answer on, and that never read
    away a body which nobody wants."""

    def make(kind: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        class Watched(kind.ConnectionCls):  # type: ignore[name-defined, misc]
            def getresponse(self) -> Any:
                if self.sock is not None:
                    watch(self.sock)
                found = super().getresponse()
                found.drain_conn = found.close
                return found

        class Pool(kind):  # type: ignore[valid-type, misc]
            ConnectionCls = Watched

        return Pool

    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: make(kind) for scheme, kind in pools.items()}
    return manager
