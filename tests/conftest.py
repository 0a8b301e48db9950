"""What tests share: the command line in this process, loopback servers, keys, minimal wheels."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib
import importlib.util
import io
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import venv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import pytest
from byte_range import cut_range
from hypothesis import HealthCheck, settings
from referee.watching import AGENT, verified

from neuron_pin.catalog import Catalog, OperatingSystem, Release, sdk_key
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.cli import main
from neuron_pin.cli.console import Console
from neuron_pin.errors import NeuronPinError
from neuron_pin.operations.lock import lock as make_lock
from neuron_pin.sources.http import transport

# Workers that run tests in parallel have the width of a terminal that nobody looks at.
os.environ.pop("COLUMNS", None)

# A busy or slow machine is no failure.
settings.register_profile(
    "usual", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("usual")
# pytest --hypothesis-profile long: as many as script/referee wants.
settings.register_profile("long", max_examples=100_000, deadline=None)

pytest_plugins = ("apt_machine", "client_programs", "proxy_world")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true",
        help="run the cases, too, that others stand for in the short form",
    )  # fmt: skip
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite fixtures/golden by what is printed"
    )
    parser.addoption(
        "--update-pasted", action="store_true",
        help="propose entries of tests/pasted/commands.toml for commands that are printed since",
    )  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The short form leaves out what is marked ``long``, unless it is asked for by its name."""
    if config.getoption("--long") or any("::" in word for word in config.args):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def sample(cases: Iterable[Any], every: int, first: int = 0) -> list[Any]:
    """Cases of a matrix, of which the short form runs each so-manieth; ``--long`` runs all.

    Args:
        cases: as ``parametrize`` takes them; a tuple has a value for each name.
        every: how many cases one stands for.
        first: which of so many it is.
    """
    marked: list[Any] = []
    for number, case in enumerate(cases):
        marks = [] if number % every == first else [pytest.mark.long]
        if isinstance(case, type(pytest.param())):
            marked.append(pytest.param(*case.values, marks=[*case.marks, *marks], id=case.id))
        else:
            marked.append(
                pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks)
            )
    return marked


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names of cases without spaces, so that one can be asked for on any command line."""
    return val.replace(" ", "-") if isinstance(val, str) and " " in val else None


FIXTURES = Path(__file__).parent.parent / "fixtures"
UNPRINTABLE = "\x01\x85\u200e"
"""A C0 and a C1 control and a mark of direction, none of which does anything: what our output
never passes through."""


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> str:
    """The readers of JSON and TOML give up beyond ten brackets, as they do beyond their own
    bound; gives brackets that are too many for them."""
    for place in ("json", "tomllib" if sys.version_info >= (3, 11) else "tomli"):
        module = importlib.import_module(place)

        def bounded(text: Any, *options: Any, loads: Any = module.loads, **more: Any) -> Any:
            if ("[" * 11 if isinstance(text, str) else b"[" * 11) in text:
                raise RecursionError("maximum recursion depth exceeded")
            return loads(text, *options, **more)

        monkeypatch.setattr(module, "loads", bounded)
    return "[" * 20 + "]" * 20


@pytest.fixture(autouse=True)
def no_public_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No public name is known, and nobody waits before asking for it again: a test that asks an
    index by mistake fails at once, where there is a network and where there is none."""
    if request.node.get_closest_marker("network"):
        return
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name not in ("localhost", socket.gethostname()):
            try:
                ipaddress.ip_address(name.partition("%")[0])
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    monkeypatch.setattr(transport, "BACKOFF", 0)


class Outcome(NamedTuple):
    """What one command did; ``error`` is what it ended with, as data."""

    code: int
    out: str
    err: str
    error: NeuronPinError | None = None


Run = Callable[..., Outcome]
Error = TypeVar("Error", bound=NeuronPinError)


def failure(done: Outcome, kind: type[Error]) -> Error:
    """The error that a command ended with, which has to be of a kind."""
    assert isinstance(done.error, kind), done.err
    assert done.code == kind.exit_code, done.err
    return done.error


@pytest.fixture
def few_digits() -> Iterator[str]:
    """Python reads numbers of the fewest digits that it can be set to; gives one of more."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(sys.int_info.str_digits_check_threshold)
    yield "9" * (sys.int_info.str_digits_check_threshold + 60)
    sys.set_int_max_str_digits(before)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog(EMBEDDED)


def system_versions(catalog: Catalog) -> set[tuple[str, str]]:
    """Every system package of every release with its real version."""
    return {
        (member.package, member.version.replace(".x", ".1"))
        for release in catalog.releases
        for member in (catalog.members(release.sdk) if release.listed else ())
        if member.version and len(catalog.packages[member.package].systems) == 2
    }


def is_supported(system: OperatingSystem, sdk: str, name: str) -> bool:
    """Whether a release's package is for an operating system."""
    if name in system.excepted:
        return True
    if system.only and name not in system.only:
        return False
    if system.first_sdk and sdk_key(sdk) < sdk_key(system.first_sdk):
        return False
    return not system.first_sdk_without or sdk_key(sdk) < sdk_key(system.first_sdk_without)


def list_locked_together(
    catalog: Catalog, systems: Iterable[str]
) -> list[tuple[str, Release, str, tuple[str, ...]]]:
    """Every set of system packages that a release has for an instance family on one of these
    operating systems: the system, the release, the family, the names.  A set that several
    systems have is listed for the first of them; the sets of its newest release for each."""
    found: dict[tuple[str, ...], tuple[str, Release, str, tuple[str, ...]]] = {}
    for system in systems:
        known = catalog.system(system)
        newest = ""
        for release in sorted(catalog.releases, key=lambda each: sdk_key(each.sdk), reverse=True):
            members = catalog.members(release.sdk) if release.listed else ()
            for instance in sorted({i for m in members for i in m.instances}):
                names = {
                    m.package
                    for m in members
                    if len(catalog.packages[m.package].systems) == 2
                    and instance in m.instances
                    and is_supported(known, release.sdk, m.package)
                }
                if names:
                    newest = newest or release.sdk
                    row = (system, release, instance, tuple(sorted(names)))
                    key = (system if release.sdk == newest else "", release.sdk, instance)
                    found.setdefault((*key, *row[3]), row)
    return list(found.values())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in an empty folder, with nothing set around it."""
    return make_run(tmp_path, monkeypatch)


def make_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What the fixture ``run`` gives, for fixtures that are made once a module."""
    for name in list(os.environ):
        if name.startswith(("NEURON_PIN_", "PIP_", "XDG_")) or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    # The clock does not decide: commands without --as-of judge by the day of the facts.
    monkeypatch.setattr("neuron_pin.cli.facts.read_clock", lambda: Catalog(EMBEDDED).announced)
    monkeypatch.setattr("neuron_pin.cli.lock.lock", verified(make_lock))
    errors: list[NeuronPinError] = []
    print_error = Console.error

    def record_error(console: Console, error: NeuronPinError) -> None:
        errors.append(error)
        print_error(console, error)

    monkeypatch.setattr(Console, "error", record_error)

    def command(*arguments: object) -> Outcome:
        errors.clear()
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as exit_:
                code = int(exit_.code or 0)
        return Outcome(code, out.getvalue(), err.getvalue(), errors[-1] if errors else None)

    return command


def copy_program(folder: Path) -> str:
    """Copy neuron-pin and what it imports, all plain Python, to where every user may read it; a
    clone may be below a folder that is root's alone.  Gives the value of PYTHONPATH."""
    for name in ("neuron_pin", "packaging", "resolvelib"):
        found = importlib.util.find_spec(name)
        assert found is not None and found.origin is not None
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(found.origin).parent, folder / name, ignore=ignored)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return str(folder)


class Keys:
    """Keys of real gpg in a home of its own."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.revoked: dict[str, bytes] = {}

    def gpg(self, *arguments: str, data: bytes = b"") -> bytes:
        command = ["gpg", "--batch", "--yes", "--quiet", "--homedir", self.home,
                   "--pinentry-mode", "loopback", "--passphrase", "", *arguments]  # fmt: skip
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(
        self, name: str, *arguments: str, expires: str = "never", kind: str = "ed25519"
    ) -> None:
        self.gpg(
            *arguments, "--quick-gen-key", f"{name} <{name}@test.invalid>", kind, "sign", expires
        )

    def revoke(self, name: str) -> None:
        """Everybody else is told that the key is revoked; here it goes on signing."""
        home = tempfile.mkdtemp(prefix="np-gpg-")
        # The certificate that gpg makes with a key, its safety catch taken off.
        path = Path(self.home, "openpgp-revocs.d", self.fingerprint(name) + ".rev")
        elsewhere = Keys(home)
        elsewhere.gpg("--import", data=self.export(name))
        elsewhere.gpg("--import", data=path.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))
        self.revoked[name] = elsewhere.export(name)
        shutil.rmtree(home, ignore_errors=True)

    def export(self, name: str, *, armor: bool = True) -> bytes:
        if name in self.revoked:
            return self.revoked[name]
        return self.gpg("--export", *(["--armor"] if armor else []), f"{name}@test.invalid")

    def fingerprint(self, name: str) -> str:
        rows = self.gpg("--list-keys", "--with-colons", f"{name}@test.invalid").decode()
        return next(row.split(":")[9] for row in rows.splitlines() if row.startswith("fpr"))

    def sign(
        self, text: bytes, *names: str, options: tuple[str, ...] = (), detached=False
    ) -> bytes:
        users = [word for name in names for word in ("-u", f"{name}@test.invalid")]
        how = ["--armor", "--detach-sign"] if detached else ["--clearsign"]
        return self.gpg(*options, *users, *how, data=text)


@contextlib.contextmanager
def made_keys() -> Iterator[Keys]:
    """Keys of every kind: good ones, an expired one, one of long ago, one that signs weakly."""
    # Sockets of the agent need a short path.
    home = tempfile.mkdtemp(prefix="np-gpg-")
    found = Keys(home)
    found.make("neuron")
    found.make("other")
    found.make("second")
    past = ("--faked-system-time", "20200101T000000!")
    found.make("expired", *past, expires="2020-06-01")
    found.make("old", *past)
    found.make("rsa", kind="rsa2048")
    found.make("gone")
    found.revoke("gone")
    try:
        yield found
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    if shutil.which("gpg") is None or shutil.which("gpgv") is None:
        pytest.skip("needs gpg and gpgv")
    with made_keys() as found:
        yield found


class Served(NamedTuple):
    """A loopback server: its address, the requests that it got, and what it answers.

    ``answers`` maps a path to (status, headers, body), or to a function of the handler that
    gives those.
    """

    url: str
    requests: list[tuple[str, dict[str, str]]]
    answers: dict[str, Any]


@pytest.fixture
def serve() -> Iterator[Callable[[], Served]]:
    """Start servers that answer from a table; ranges are served as RFC 9110 says."""
    with table_servers() as start:
        yield start


@contextlib.contextmanager
def table_servers() -> Iterator[Callable[[], Served]]:
    """What the fixture ``serve`` gives, for as long as it is open."""
    servers: list[ThreadingHTTPServer] = []

    def start() -> Served:
        requests: list[tuple[str, dict[str, str]]] = []
        answers: dict[str, Any] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = answers.get(self.path, (404, {}, b"no"))
                if self.headers.get("User-Agent") != AGENT:
                    requests.append((self.path, dict(self.headers)))
                    found = found(self) if callable(found) else found
                elif callable(found):
                    # Who answers each request anew is not asked once more.
                    found = (503, {}, b"not for referees")
                status, headers, body = found
                cut = cut_range(self.headers.get("Range", ""), body)
                if cut is not None and status == 200 and "no-ranges" not in headers:
                    headers = {**headers, "Content-Range": cut[0]}
                    status, body = 206, cut[1]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(SERVER_POLL,), daemon=True).start()
        return Served(f"http://127.0.0.1:{server.server_port}", requests, answers)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


SERVER_POLL = 0.01
"""Seconds after which a server that is told to stop has stopped; half a second by default, which
thousands of tests would wait for."""

Behavior = Callable[[socket.socket], None]


@pytest.fixture
def raw() -> Iterator[Callable[[Behavior], str]]:
    """Servers that do to a connection what a function says; gives the address of each."""
    listening: list[socket.socket] = []

    def start(behavior: Behavior) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                behavior(connection)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=one, args=[connection], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in listening:
        # Closed alone, it leaves the thread that accepts blocked, and a descriptor reserved.
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def wheel(
    name: str, version: str, requires: tuple[str, ...] = (), *, extras: tuple[str, ...] = ()
) -> bytes:
    """A minimal wheel that pip and uv install: one module and its dist-info."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {requirement}" for requirement in requires),
        "",
    ]
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        contents = {
            f"{module}/__init__.py": "",
            f"{info}/METADATA": "\n".join(metadata),
            f"{info}/WHEEL": tags,
            f"{info}/RECORD": f"{module}/__init__.py,,\n{info}/METADATA,,\n",
        }
        for path, text in contents.items():
            # Dated, so that the same wheel has the same hash whenever it is made.
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), text)
    return data.getvalue()


def publish(server: Served, projects: dict, *, as_json: bool) -> None:
    """Put projects, each with its versions and what they require, onto a server."""
    for name, versions in projects.items():
        files = []
        for version, requires in versions:
            filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            data = wheel(name, version, requires, extras=("old",) if name == "extra" else ())
            path = f"/files/{quote(filename)}"
            server.answers[path] = (200, {"Content-Type": "application/zip"}, data)
            files.append((filename, path, hashlib.sha256(data).hexdigest()))
        if as_json:
            rows = [{"filename": f, "url": p, "hashes": {"sha256": h}} for f, p, h in files]
            body = json.dumps(
                {"meta": {"api-version": "1.0"}, "name": name, "files": rows}
            ).encode()
            kind = "application/vnd.pypi.simple.v1+json"
        else:
            body = "\n".join(f'<a href="{p}#sha256={h}">{f}</a>' for f, p, h in files).encode()
            kind = "text/html"
        server.answers[f"/simple/{name}/"] = (200, {"Content-Type": kind}, body)


def row(name: str, version: str, **changes) -> dict:
    """A file of a project page (PEP 691)."""
    filename = f"{name}-{version}-py3-none-any.whl"
    return {"filename": filename, "url": f"/{filename}", "hashes": {}, **changes}


def page(server: Served, name: str, rows: list[dict], **document) -> None:
    """Put a project page and its wheels onto a server."""
    for entry in rows:
        version = entry["filename"].split("-")[1]
        server.answers[entry["url"]] = (200, {}, wheel(name, version))
    body = json.dumps({"files": rows, **document}).encode()
    server.answers[f"/simple/{name}/"] = (
        200,
        {"Content-Type": "application/vnd.pypi.simple.v1+json"},
        body,
    )


def sdist(
    name: str,
    version: str,
    *lines: str,
    metadata: str = "2.2",
    build: str = "",
    project: str = "",
    more: Mapping[str, str] = {},
) -> bytes:
    """A source distribution; ``build`` is the text of a PEP 517 back end in its own tree, and
    ``project`` that of its pyproject.toml beside it; ``more`` are other files by path."""
    top = f"{name}-{version}"
    info = [f"Metadata-Version: {metadata}", f"Name: {name}", f"Version: {version}", *lines, "", ""]
    files = {"README": "x", "PKG-INFO": "\n".join(info), **more}
    if build:
        files["own.py"] = build
        project += '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    if project:
        files["pyproject.toml"] = project
    data = io.BytesIO()
    # Dated, as the wheels are.
    with (
        gzip.GzipFile(fileobj=data, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for filename, text in files.items():
            member = tarfile.TarInfo(f"{top}/{filename}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


CHROMIUM = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)


@pytest.fixture(scope="session")
def pip_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Make a virtual environment with the pip that comes with Python, at a path; its pip is run by
    ``python -m pip``.  Unpacking pip takes seconds, copying it does not."""
    first = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(first, with_pip=True, symlinks=True)

    def make(folder: Path) -> None:
        shutil.copytree(first, folder, symlinks=True)

    return make


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Real Chromium, headless: one for all pages."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("needs chromium and chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in (*CHROMIUM, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    found.set_page_load_timeout(60)
    # axe looks at every element: half a minute where the machine is busy.
    found.set_script_timeout(180)
    yield found
    found.quit()
