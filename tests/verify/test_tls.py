"""Certificates, and what they are for: no step down from an encrypted connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.http.test_access import authority, secure

from neuron_pin.verify.transport import Access, Transport, Unreachable

__all__ = ["authority", "secure"]


def get(url: str, cert: str = "", client_cert: str = "") -> bytes:
    with Transport(Access(cert=cert, client_cert=client_cert)).open(url) as answer:
        return answer.whole(10)


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def test_certificates_of_servers_and_clients_are_verified(secure, authority: Path) -> None:
    ca, client = str(authority / "ca.pem"), str(authority / "client.pem")
    url = secure()
    with pytest.raises(Unreachable, match="certificate"):
        get(url)
    assert get(url, cert=ca) == b"ok"
    guarded = secure(client=True)
    with pytest.raises(Unreachable):
        get(guarded, cert=ca)
    assert get(guarded, cert=ca, client_cert=client) == b"ok"


def test_a_step_down_from_https_is_refused(secure, authority: Path) -> None:
    with pytest.raises(Unreachable, match="from https to http"):
        get(secure() + "/down", cert=str(authority / "ca.pem"))
