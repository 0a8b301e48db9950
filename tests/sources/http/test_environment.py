"""What a machine says of hosts: proxies in its environment, names and passwords in files."""

import os
from pathlib import Path

import pytest

from neuron_pin.sources.http.environment import find_proxy, read_netrc

PROXY = "http://proxy.invalid:3128"

# the environment, an address, and whether the proxy is asked for it
PROXIES = [
    ({"HTTPS_PROXY": PROXY}, "https://index.example/simple/", True),
    ({"https_proxy": PROXY}, "https://index.example/simple/", True),
    ({"HTTPS_PROXY": PROXY}, "http://index.example/simple/", False),
    ({"ALL_PROXY": PROXY}, "http://index.example/simple/", True),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "example"}, "https://index.example/", False),
    ({"ALL_PROXY": PROXY, "NO_PROXY": ".index.example, other"}, "https://index.example/", False),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "index.example:8080"}, "https://index.example/", True),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "index.example:8080"}, "https://index.example:8080/", False),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "*"}, "https://index.example/", False),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "https://me:pw@10.20.30.40/", False),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "x, 10.0.0.0/8"}, "https://10.20.30.40:8443/", False),
    ({"ALL_PROXY": PROXY, "no_proxy": "10.0.0.0/8"}, "https://11.20.30.40/", True),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "https://index.example/", True),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/80"}, "https://10.20.30.40/", True),
    ({"ALL_PROXY": PROXY, "NO_PROXY": "fd00::/8"}, "https://[fd00::1]/", False),
    ({}, "https://index.example/", False),
]


@pytest.mark.parametrize(("environment", "url", "is_asked"), PROXIES)
def test_the_proxy_of_an_address(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, is_asked: bool
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_proxy(url) == (PROXY if is_asked else "")


# a file, and what it has for a.example
FILES = [
    ("machine a.example login me password pw\n", ("me", "pw")),
    ("machine a.example account me password pw\n", ("me", "pw")),
    ("machine b.example login me password pw\n", None),
    ("default login me password pw\n", ("me", "pw")),
    ("machine a.example login\n", None),
    ("no netrc\n", None),
    ("", None),
]


@pytest.mark.parametrize("name", [".netrc", "_netrc", "given"])
@pytest.mark.parametrize(("text", "found"), FILES)
def test_a_name_and_password_in_a_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    found: tuple[str, str] | None,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    (tmp_path / name).write_text(text)
    (tmp_path / name).chmod(0o600)
    if name == "given":
        monkeypatch.setenv("NETRC", str(tmp_path / name))
    assert read_netrc("a.example") == found


def test_a_machine_without_such_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    assert read_netrc("a.example") is None
    # A folder is no file.
    monkeypatch.setenv("NETRC", str(tmp_path))
    assert read_netrc("a.example") is None
