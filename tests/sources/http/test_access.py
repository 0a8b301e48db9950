"""How hosts are reached: names and passwords, certificates, proxies, patience."""

import base64
import http.server
import socket
import ssl
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SERVER_POLL, failure, publish

from neuron_pin.errors import SourceFailed, WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.http.transport import Access


@pytest.fixture
def guarded(serve):
    """An index behind a name and a password."""
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=True)
    wanted = "Basic " + base64.b64encode(b"me:s3cret").decode()

    def behind(answer) -> Callable:
        def found(handler) -> tuple:
            given = handler.headers.get("Authorization") == wanted
            return answer if given else (401, {}, b"")

        return found

    for path, answer in list(server.answers.items()):
        server.answers[path] = behind(answer)
    return server


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keyring this machine has, it is no part of a test."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def locked(run, server, *more: object):
    return run("lock", "tool", "--index-url", f"{server.url}/simple", *more)


def test_netrc(run, guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = locked(run, guarded)
    error = failure(done, SourceFailed)
    assert "401" in error.problem
    assert "netrc" in error.hint
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert "tool==1.0" in locked(run, guarded).out


def test_a_keyring_is_asked_once_and_only_when_access_is_refused(
    run, serve, guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def get_credential(service: str, user):
        asked.append(service)
        return types.SimpleNamespace(username="me", password="s3cret")

    keyring = types.ModuleType("keyring")
    setattr(keyring, "get_credential", get_credential)  # noqa: B010
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert "tool==1.0" in locked(run, guarded).out
    assert asked == ["https://" + guarded.url.removeprefix("http://")]
    plain = serve()
    publish(plain, {"tool": [("1.0", ())]}, as_json=True)
    locked(run, plain)
    assert len(asked) == 1


def test_a_keyring_that_breaks_or_is_wrong_is_no_more_than_a_refusal(
    run, guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([RuntimeError("locked"), None])

    def get_credential(service: str, user):
        found = next(answers, types.SimpleNamespace(username="me", password="wrong"))
        if isinstance(found, Exception):
            raise found
        return found

    keyring = types.ModuleType("keyring")
    setattr(keyring, "get_credential", get_credential)  # noqa: B010
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    for _ in range(3):
        done = locked(run, guarded)
        assert (done.code, "refuses access" in done.err) == (3, True)
        assert "wrong" not in done.err


def test_a_proxy_is_asked_instead_of_the_host(run, serve, monkeypatch) -> None:
    proxy = serve()
    publish(proxy, {"tool": [("1.0", ())]}, as_json=True)
    # A proxy is sent whole addresses; the host itself is not there.
    for path in list(proxy.answers):
        proxy.answers[f"http://index.invalid{path}"] = proxy.answers[path]
    done = run("lock", "tool", "--index-url", "http://index.invalid/simple", "--proxy", proxy.url,
               "--trusted-host", "index.invalid")  # fmt: skip
    assert "tool==1.0" in done.out, done.err
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    done = run("lock", "tool", "--index-url", "http://index.invalid/simple", "--refresh",
               "--trusted-host", "index.invalid")  # fmt: skip
    assert "tool==1.0" in done.out, done.err


def test_a_proxy_is_given_its_own_name_and_password(serve, tmp_path: Path) -> None:
    proxy = serve()
    proxy.answers["http://index.invalid/a"] = (200, {}, b"ok")
    address = proxy.url.replace("://", "://me:s3cret@")
    assert get(tmp_path, "http://index.invalid/a", proxy=address) == b"ok"
    ((_, headers),) = proxy.requests
    given = base64.b64encode(b"me:s3cret").decode()
    sent = {name.lower(): value for name, value in headers.items()}
    assert sent["proxy-authorization"] == f"Basic {given}"
    assert "authorization" not in sent
    # Those of the host are a header, and no part of what the proxy writes into its log.
    proxy.requests.clear()
    other = tmp_path / "with its own"
    assert get(other, "http://you:s3cret@index.invalid/a", proxy=address) == b"ok"
    ((path, headers),) = proxy.requests
    assert path == "http://index.invalid/a"
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"you:s3cret").decode()
    # Without a scheme it is reached as most are.
    bare = proxy.url.removeprefix("http://")
    assert get(tmp_path / "other", "http://index.invalid/a", proxy=bare) == b"ok"


PROXIES = {
    "ftp://me:s3cret@proxy.invalid": "ftp://proxy.invalid",
    "socks6://me:s3cret@proxy.invalid": "socks6://proxy.invalid",
    "http://me:s3cret@proxy:port": "http://proxy:port",
    "http://me:s3cret@[proxy": "the proxy",
    # Nothing is reached past a proxy that has no host.
    "http://": "the proxy",
    "http://me:s3cret@": "the proxy",
}


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_that_is_none_is_named(tmp_path: Path, proxy: str) -> None:
    with pytest.raises(SourceFailed) as caught:
        get(tmp_path, "http://index.invalid/a", proxy=proxy)
    assert caught.value.url == PROXIES[proxy]
    assert "s3cret" not in str(caught.value)


def test_a_proxy_that_refuses_is_told_of(raw, tmp_path: Path) -> None:
    refusing = raw(lambda c: c.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(SourceFailed) as caught:
        get(tmp_path, "https://index.invalid/a", proxy=refusing)
    assert caught.value.problem == "the proxy answers HTTP 407"


@pytest.fixture
def socks(raw) -> tuple[str, list[str]]:
    """A SOCKS proxy (RFC 1928) that answers each connection itself, and where those went."""
    asked: list[str] = []

    def behave(connection: socket.socket) -> None:
        # The greeting has been read: nothing is asked of who connects.
        connection.sendall(bytes([5, 0]))
        # A connection, to a host by its name.
        assert connection.recv(4) == bytes([5, 1, 0, 3])
        host = connection.recv(connection.recv(1)[0]).decode()
        asked.append(f"{host}:{int.from_bytes(connection.recv(2), 'big')}")
        connection.sendall(bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        while b"\r\n\r\n" not in connection.recv(65536):
            pass
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    return raw(behave).replace("http:", "socks5h:"), asked


def test_a_socks_proxy(socks, tmp_path: Path) -> None:
    address, asked = socks
    assert get(tmp_path, "http://index.invalid/a", proxy=address) == b"ok"
    assert asked == ["index.invalid:80"]


def test_what_a_socks_proxy_needs_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    with pytest.raises(SourceFailed) as caught:
        get(tmp_path, "http://index.invalid/a", proxy="socks5h://me:s3cret@127.0.0.1:9")
    assert caught.value.url == "socks5h://127.0.0.1:9"
    assert caught.value.hint == install_command("socks")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority, a server's certificate and a client's, all of today."""
    folder = tmp_path_factory.mktemp("authority")
    try:
        openssl(folder, "version")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs openssl")
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=Test", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    for name in ("server", "client"):
        openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
                f"{name}.csr", "-subj", f"/CN={name}")  # fmt: skip
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", f"{name}.crt", "-extfile", "ext")  # fmt: skip
        both = (folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text()
        (folder / f"{name}.pem").write_text(both)
    return folder


@pytest.fixture
def secure(authority: Path) -> Iterator[Callable[..., str]]:
    """Start HTTPS servers; ``client`` asks for a client's certificate."""
    servers = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/down":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:9/")
            else:
                self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *arguments: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, *arguments: object) -> None:
            pass

    def start(*, client: bool = False) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / "server.pem")
        if client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority / "ca.pem")
        server = Quiet(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(SERVER_POLL,), daemon=True).start()
        return f"https://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def get(tmp_path: Path, url: str, **access: Any) -> bytes:
    return Fetcher(str(tmp_path / "cache"), access=Access(**access)).get(url, limit=10).data


def test_certificates_of_servers_and_clients(
    secure, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, client = str(authority / "ca.pem"), str(authority / "client.pem")
    url = secure()
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceFailed, match="certificate cannot be verified"):
        get(tmp_path, url)
    assert get(tmp_path, url, cert=ca) == b"ok"
    monkeypatch.setenv("SSL_CERT_FILE", ca)
    assert get(tmp_path, f"{url}/other") == b"ok"
    guarded = secure(client=True)
    with pytest.raises(SourceFailed):
        get(tmp_path, guarded)
    assert get(tmp_path, guarded, client_cert=client) == b"ok"


def test_certificates_that_are_none_are_named(secure, authority: Path, tmp_path: Path) -> None:
    url = secure()
    with pytest.raises(SourceFailed, match="holds no certificates"):
        get(tmp_path, url, cert=str(authority / "ca.key"))
    with pytest.raises(SourceFailed, match="certificate and key of a client"):
        get(tmp_path, url, cert=str(authority / "ca.pem"), client_cert=str(authority / "ca.pem"))


def test_a_step_down_from_https_is_refused(secure, authority: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="from https to an open connection"):
        get(tmp_path, secure() + "/down", cert=str(authority / "ca.pem"))
    assert not (tmp_path / "cache").exists()


def test_a_server_that_asks_for_patience_is_asked_again(run, serve) -> None:
    server = serve()
    publish(server, {"tool": [("1.0", ())]}, as_json=True)
    good = server.answers["/simple/tool/"]
    left = [429, 503]

    def busy(handler) -> tuple:
        return (left.pop(), {"Retry-After": "0"}, b"") if left else good

    server.answers["/simple/tool/"] = busy
    assert "tool==1.0" in locked(run, server).out
    assert [path for path, _ in server.requests].count("/simple/tool/") == 3


# Address, hosts that may be asked openly, whether it may be.
OPEN = [
    ("http://index.invalid/simple", (), False),
    ("http://me:s3cret@index.invalid/simple", (), False),
    ("http://10.0.0.7:8081/simple", (), False),
    ("http://index.invalid.127.0.0.1.invalid/simple", (), False),
    ("http://index.invalid/simple", ("other.invalid",), False),
    ("http://index.invalid:81/simple", ("index.invalid:82",), False),
    ("http://index.invalid:81/simple", ("index.invalid:81",), True),
    ("http://Index.invalid/simple", ("other.invalid", "index.INVALID"), True),
    ("https://index.invalid/simple", (), True),
    ("http://127.0.0.1:9/simple", (), True),
    ("http://[::1]:9/simple", (), True),
    ("http://localhost:9/simple", (), True),
]


@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url", "--neuron-index-url",
                                    "--find-links", "--index"])  # fmt: skip
@pytest.mark.parametrize(("url", "hosts", "may"), OPEN)
def test_an_open_connection_has_to_be_asked_for(
    run, option: str, url: str, hosts: tuple[str, ...], may: bool
) -> None:
    trusted = [word for host in hosts for word in ("--trusted-host", host)]
    given = f"tool={url}" if option == "--index" else url
    done = run("lock", "tool", "--offline", option, given, *trusted)
    assert "s3cret" not in done.err
    assert isinstance(done.error, WrongUsage) is not may, done.err
    if not may:
        assert "--trusted-host" in failure(done, WrongUsage).hint


def test_a_requirements_file_does_not_open_a_connection(run) -> None:
    Path("reqs.txt").write_text("--index-url http://index.invalid/simple\ntool\n")
    done = run("lock", "-r", "reqs.txt", "--offline")
    assert "http://index.invalid" in failure(done, WrongUsage).message


def test_a_name_and_password_go_to_their_host_alone(serve, tmp_path: Path) -> None:
    here, elsewhere = serve(), serve()
    here.answers["/a"] = (302, {"Location": f"{elsewhere.url}/b"}, b"")
    elsewhere.answers["/b"] = (200, {}, b"ok")
    access = Access(credentials={here.url.removeprefix("http://"): ("me", "s3cret")})
    fetcher = Fetcher(str(tmp_path / "cache"), access=access)
    assert fetcher.get(f"{here.url}/a", limit=10).data == b"ok"
    assert ["Authorization" in headers for _, headers in here.requests] == [True]
    assert ["Authorization" in headers for _, headers in elsewhere.requests] == [False]
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not [data for data in kept if b"s3cret" in data]


@pytest.mark.parametrize("target", ["/b", "HERE/b", "ELSEWHERE/b"])
def test_what_an_address_has_of_them_goes_no_further_than_its_host(
    serve, tmp_path: Path, target: str
) -> None:
    here, elsewhere = serve(), serve()
    place = target.replace("HERE", here.url).replace("ELSEW" + here.url, elsewhere.url)
    here.answers["/a"] = (302, {"Location": place}, b"")
    here.answers["/b"] = elsewhere.answers["/b"] = (200, {}, b"ok")
    url = here.url.replace("://", "://me:s3cret@")
    answer = Fetcher(str(tmp_path / "cache")).get(f"{url}/a", limit=10)
    sent = ["Authorization" in headers for _, headers in (*here.requests, *elsewhere.requests)]
    assert sent == [True, "ELSEWHERE" not in target]
    assert "s3cret" not in answer.url
