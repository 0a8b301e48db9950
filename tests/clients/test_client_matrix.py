"""What other programs make of our files and our index, and we of theirs: one row a test.

``script/clients`` installs the programs and writes the table of docs/reference/clients.md from what
passed here.  A program that is not installed is a test that is skipped.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import textwrap
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run
from proxy_world import HTML, JSON, Pair, Reply, Running, put_public

from neuron_pin.audit.purl import list_identified
from neuron_pin.catalog import Catalog
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "build/clients"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
GOOD = {"torch_neuronx": "2.9.0.2.13.24727", "libneuronxla": "2.2.16408.0",
        "neuronx_cc": "2.24.5133.0"}  # fmt: skip
"""What the pair of indexes has of Neuron's that is right; its public one has decoys."""
OWN = ("torch-neuronx", "libneuronxla", "neuronx-cc")


class Program(NamedTuple):
    """A program: how it is called, and its version."""

    words: tuple[str, ...]
    version: str

    def __call__(
        self, *words: object, folder: Path, is_fine: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.words, *(str(word) for word in words)], cwd=folder, text=True, check=False,
            timeout=300, env={**clean(folder), **variables}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0 or not is_fine, done.stdout
        return done


def clean(folder: Path) -> dict[str, str]:
    """An environment in which nothing is configured."""
    prefixes = ("PIP_", "UV_", "PDM_", "POETRY_", "PIPENV_", "HATCH_", "XDG_", "NEURON_PIN_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    kept.pop("VIRTUAL_ENV", None)
    home = folder / ".home"
    return {
        **kept, "HOME": str(home), "XDG_CONFIG_DIRS": str(home / "none"), "CI": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1",
        "PDM_CHECK_UPDATE": "0", "POETRY_VIRTUALENVS_IN_PROJECT": "1",
        "POETRY_KEYRING_ENABLED": "0", "PIPENV_VENV_IN_PROJECT": "1", "PIPENV_IGNORE_VIRTUALENVS": "1",
        "UV_CACHE_DIR": str(home / "uv"), "PIP_NO_CACHE_DIR": "1",
    }  # fmt: skip


def first_version(words: tuple[str, ...]) -> str:
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found[0] if done.returncode == 0 and found else ""


def find(name: str) -> Program | None:
    """A program: a module of this Python, one that script/clients installed, or the system's."""
    if name in ("poetry", "pdm") and not FOLDER.is_dir():
        # They are here, and take seconds each, which the whole suite does not spend.
        return None
    if name in ("pip", "uv", "poetry", "pdm"):
        words: tuple[str, ...] = (sys.executable, "-m", name)
    elif name == "packageurl-js":
        package = FOLDER / "node_modules/packageurl-js/package.json"
        if not package.is_file() or shutil.which("node") is None:
            return None
        return Program(("node",), str(json.loads(package.read_text())["version"]))
    elif name == "sarif-multitool":
        at = FOLDER / "node_modules/@microsoft/sarif-multitool-linux"
        if not (at / "Sarif.Multitool").is_file():
            return None
        version = json.loads((at / "package.json").read_text())["version"]
        return Program((str(at / "Sarif.Multitool"),), str(version))
    elif name in ("skopeo", "nginx"):
        words = (shutil.which(name) or "",)
        if not words[0]:
            return None
        flag = "-v" if name == "nginx" else "--version"
        return Program(words, first_version((*words, flag)))
    else:
        program = {"pypiserver": "pypi-server", "spdx-tools": "pyspdxtools"}.get(name, name)
        at = FOLDER / name / "bin"
        if not (at / program).is_file():
            return None
        code = f"from importlib.metadata import version; print(version({name!r}))"
        version = first_version((str(at / "python"), "-c", code))
        return Program((str(at / program),), version)
    version = first_version((*words, "--version"))
    return Program(words, version) if version else None


Use = Callable[[str, str, str], Program]


@pytest.fixture
def use(record_property: Callable[[str, object], None]) -> Use:
    """A program by its name; what it does with what is the row of the table."""

    def chosen(name: str, direction: str, what: str) -> Program:
        program = find(name)
        if program is None:
            pytest.skip(f"needs {name}: script/clients installs it")
        for key, value in (
            ("client", name), ("version", program.version), ("direction", direction),
            ("what", what),
        ):  # fmt: skip
            record_property(key, value)
        return program

    return chosen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with an environment."""
    found = tmp_path / "project"
    venv.create(found / ".venv", symlinks=True)
    return found


def installed(environment: Path) -> dict[str, str]:
    site = next((environment / "lib").glob("python3*/site-packages"))
    found = [re.fullmatch(r"(.+)-([^-]+)\.dist-info", path.name) for path in site.iterdir()]
    versions = {m[1]: m[2].partition("+")[0] for m in found if m}
    return {name: version for name, version in versions.items() if name in GOOD}


# Files that installers read -------------------------------------------------------------


pytestmark = pytest.mark.skipif(
    PYTHON not in ("3.10", "3.11", "3.12", "3.13"),
    reason="needs Python 3.10 to 3.13, for which the indexes have Neuron packages",
)


@pytest.fixture
def pylock(run: Run, pair: Pair, folder: Path) -> Path:
    done = run(
        "lock", "torch-neuronx", *pair.options, "--python", PYTHON, "-o", folder / "pylock.toml"
    )
    assert done.code == 0, done.err
    return folder / "pylock.toml"


PYLOCK = {
    "pip": ("--python", ".venv/bin/python", "install", "-r", "pylock.toml"),
    "uv": ("pip", "sync", "--python", ".venv", "pylock.toml"),
    "pdm": ("sync", "--no-self", "-L", "pylock.toml"),
}


@pytest.mark.parametrize("name", PYLOCK)
def test_a_pylock_is_installed(use: Use, pylock: Path, name: str) -> None:
    program = use(name, "reads", "`pylock.toml`")
    (pylock.parent / "pyproject.toml").write_text(
        f'[project]\nname = "p"\nversion = "1"\nrequires-python = ">={PYTHON}"\n'
        'dependencies = ["torch-neuronx"]\n[tool.pdm]\ndistribution = false\n'
    )
    program(*PYLOCK[name], folder=pylock.parent)
    assert installed(pylock.parent / ".venv") == GOOD


def test_a_pylock_passes_pips_cut_off(use: Use, run: Run, pair: Pair, folder: Path) -> None:
    program = use("pip", "reads", "`pylock.toml` with `--uploaded-prior-to`")
    done = run(
        "lock", "libneuronxla", *pair.options, "--python", PYTHON, "-o", folder / "pylock.toml"
    )
    assert done.code == 0, done.err
    words = ("--python", ".venv/bin/python", "install", "-r", "pylock.toml", "--uploaded-prior-to")
    program(*words, "2026-09-01", folder=folder)
    assert "libneuronxla" in installed(folder / ".venv")
    early = program(*words, "2020-01-01", "--force-reinstall", folder=folder, is_fine=False)
    assert early.returncode != 0


def fragment(title: str, **addresses: str) -> str:
    """A fragment of docs/reference/clients.md, below its heading, with other addresses."""
    text = (PROJECT / "docs/reference/clients.md").read_text()
    found = re.search(rf"^### {title}\n.*?^```toml\n(.*?)^```", text, re.M | re.S)
    assert found is not None, f"docs/reference/clients.md has no fragment for {title}"
    made = found[1]
    for name, address in addresses.items():
        made = made.replace(
            {"neuron": "https://pip.repos.neuron.amazonaws.com",
             "public": "https://pypi.org/simple/"}[name], address,
        )  # fmt: skip
    return made


def project_file(dependency: str) -> str:
    return (
        f'[project]\nname = "p"\nversion = "1"\nrequires-python = "=={PYTHON}.*"\n'
        f'dependencies = ["{dependency}"]\n'
    )


def addresses(pair: Pair) -> dict[str, str]:
    return {"neuron": f"{pair.neuron.url}/simple/", "public": f"{pair.public.url}/simple/"}


@pytest.fixture
def decoys(pair: Pair) -> Pair:
    """The pair, with decoys in the public index that are higher and match what is asked for."""
    for name, version in (("torch-neuronx", "2.9.9.9"), ("libneuronxla", "2.2.99999.0"),
                          ("neuronx-cc", "2.99")):  # fmt: skip
        put_public(pair.public, name, [(version, ())])
    return pair


@pytest.mark.parametrize("priority", ["explicit", "supplemental"])
def test_poetry_is_bound(use: Use, run: Run, decoys: Pair, folder: Path, priority: str) -> None:
    program = use("poetry", "reads", f"a source of each Neuron name, `{priority}`")
    text = fragment("Poetry", **addresses(decoys))
    assert text.count('"explicit"') == 1
    text = text.replace('"explicit"', f'"{priority}"')
    (folder / "pyproject.toml").write_text(project_file("torch-neuronx==2.9.*") + text)
    program("--no-interaction", "lock", folder=folder)
    program("--no-interaction", "install", "--no-root", folder=folder)
    assert installed(folder / ".venv") == GOOD
    checked = run(
        "check", folder / "poetry.lock", "--neuron-index-url", f"{decoys.neuron.url}/simple"
    )
    assert "NP401" not in checked.out


# What Poetry does about a transitive name that the fragment does not list, where the public index
# has a decoy that matches, and where it has none: the version that it locks, none for an error.
UNLISTED = [
    ("explicit", "takes a decoy for", "2.99"), ("explicit", "refuses", None),
    ("supplemental", "takes a decoy for", "2.99"), ("supplemental", "finds", "2.24.5133.0+58f8de22"),
]  # fmt: skip


@pytest.mark.parametrize(("priority", "answer", "taken"), UNLISTED)
def test_poetry_and_a_name_that_is_not_listed(
    use: Use, pair: Pair, folder: Path, priority: str, answer: str, taken: str | None
) -> None:
    program = use("poetry", answer, f"a Neuron name without a source, beside a `{priority}` one")
    if taken == "2.99":
        put_public(pair.public, "neuronx-cc", [(taken, ())])
    text = fragment("Poetry", **addresses(pair)).replace('"explicit"', f'"{priority}"')
    text = "".join(line for line in text.splitlines(True) if not line.startswith("neuronx-cc ="))
    (folder / "pyproject.toml").write_text(project_file("torch-neuronx==2.9.*") + text)
    done = program("--no-interaction", "lock", folder=folder, is_fine=False)
    assert (done.returncode != 0) == (taken is None), done.stdout
    if taken is not None:
        found = (folder / "poetry.lock").read_text()
        assert re.search(rf'^name = "neuronx-cc"\nversion = "{re.escape(taken)}"$', found, re.M)


def test_pdm_is_bound(use: Use, run: Run, decoys: Pair, folder: Path) -> None:
    program = use("pdm", "reads", "sources that bind each Neuron name")
    text = fragment("pdm", **addresses(decoys))
    (folder / "pyproject.toml").write_text(project_file("torch-neuronx==2.9.*") + text)
    program("install", "--no-self", folder=folder)
    assert installed(folder / ".venv") == GOOD


def test_pipenv_is_bound(use: Use, decoys: Pair, folder: Path) -> None:
    program = use("pipenv", "reads", "an index for each Neuron name")
    (folder / "Pipfile").write_text(fragment("Pipenv", **addresses(decoys)))
    program("--python", sys.executable, "install", folder=folder)
    assert installed(folder / ".venv") == GOOD


def test_hatch_is_bound(use: Use, run: Run, pair: Pair, decoys: Pair, folder: Path) -> None:
    program = use("hatch", "reads", "constraints by variables of an environment")
    done = run("lock", "torch-neuronx", *pair.options, "--python", PYTHON, "--generate-hashes",
               "-o", folder / "lock.json", "-o", folder / "constraints.txt")  # fmt: skip
    assert done.code == 0, done.err
    text = fragment("Hatch", **addresses(pair))
    (folder / "pyproject.toml").write_text(project_file("torch-neuronx") + text)
    (folder / "constraints.txt").write_text(
        "".join(f"{name}=={GOOD[name.replace('-', '_')]}\n" for name in OWN)
    )
    python = program("run", "python", "-c", "import sys; print(sys.prefix)", folder=folder,
                     PIP_INDEX_URL=f"{pair.public.url}/simple/")  # fmt: skip
    assert installed(Path(python.stdout.strip().splitlines()[-1])) == GOOD


# Locks that we read ---------------------------------------------------------------------


def judge(run: Run, lock: Path) -> set[str]:
    done = run("check", lock, "--format", "json")
    return {row["rule"] for row in json.loads(done.out)["findings"]}


UNBOUND = "libneuronxla==1.0"
"""The decoy, as an unbound client locks it."""


@pytest.mark.parametrize("name", ["uv", "poetry", "pdm"])
def test_a_decoy_in_a_lock_is_found(
    use: Use, run: Run, pair: Pair, folder: Path, name: str
) -> None:
    lock = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pylock.toml"}[name]
    program = use(name, "writes", f"`{lock}` with a decoy, which `check` names")
    text = {
        "uv": f'[[tool.uv.index]]\nurl = "{pair.public.url}/simple/"\ndefault = true\n',
        "poetry": '[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "p"\n'
        f'url = "{pair.public.url}/simple/"\n',
        "pdm": '[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\n'
        f'url = "{pair.public.url}/simple/"\n',
    }[name]
    (folder / "pyproject.toml").write_text(project_file(UNBOUND) + text)
    if name == "pdm":
        program("config", "--local", "lock.format", "pylock", folder=folder)
    program("lock", folder=folder)
    assert "NP508" in judge(run, folder / lock)
    if name != "pdm":  # It names no index.
        assert "NP401" in judge(run, folder / lock)


# Indexes before and behind ours ---------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def start() -> Iterator[Callable[..., None]]:
    """Start a server that is not ours, and wait until it answers."""
    stack = ExitStack()

    def begin(words: list[object], port: int, folder: Path) -> None:
        log = stack.enter_context((folder / "server.log").open("w"))
        process = subprocess.Popen(
            [str(word) for word in words], cwd=folder, env=clean(folder), stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.terminate)
        for _ in range(2400):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                assert process.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.05)
        raise AssertionError((folder / "server.log").read_text())

    with stack:
        yield begin


def ask(url: str, path: str, accept: str = JSON) -> Reply:
    reply = Running(url, None, []).get(path, accept)
    for _ in range(3):
        if reply.status not in (301, 302, 303, 307, 308):
            break
        target = reply.headers["location"]
        url, path = re.findall(r"^(https?://[^/]+)?(.*)$", target)[0]
        reply = Running(url, None, []).get(path, accept)
    return reply


def install(index: str, folder: Path) -> dict[str, str]:
    pip = find("pip")
    assert pip is not None
    pip("--python", ".venv/bin/python", "install", "--no-deps", "-i", index, *OWN, folder=folder)
    return installed(folder / ".venv")


@pytest.fixture
def ours(served: Callable[..., Running], pair: Pair) -> str:
    return served(*pair.options).url


def devpi(program: Program, start: Callable[..., None], folder: Path, upstream: str) -> str:
    """devpi-server with one mirror, m, of an index; gives the mirror's address."""
    port, data = free_port(), folder / "devpi"
    at = Path(program.words[0]).parent
    subprocess.run(
        [at / "devpi-init", "--serverdir", data, "--no-root-pypi"], check=True, capture_output=True,
        env=clean(folder),
    )  # fmt: skip
    start([at / "devpi-server", "--serverdir", data, "--port", port, "--host", "127.0.0.1"], port,
          folder)  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    client = Program((str(at / "devpi"),), "")
    client("use", url, folder=folder)
    client("login", "root", "--password=", folder=folder)
    client("index", "-c", "root/m", "type=mirror", f"mirror_url={upstream}",
           "mirror_no_project_list=True", "mirror_cache_expiry=0", folder=folder)  # fmt: skip
    return f"{url}/root/m/+simple/"


def test_devpi_before_serve(use: Use, ours: str, folder: Path, start) -> None:
    program = use("devpi-server", "mirrors", "`serve`, with `mirror_no_project_list=True`")
    index = devpi(program, start, folder, f"{ours}/simple/")
    assert install(index, folder) == GOOD


def test_devpi_behind_a_lock(use: Use, run: Run, pair: Pair, folder: Path, start) -> None:
    program = use("devpi-server", "is asked", "as `--neuron-index-url`")
    index = devpi(program, start, folder, f"{pair.neuron.url}/simple/")
    done = run("lock", "torch-neuronx", "--python", PYTHON, "--neuron-index-url", index,
               "--index-url", f"{pair.public.url}/simple", "-o", folder / "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    packages = json.loads((folder / "lock.json").read_text())["packages"]
    found = {p["name"].replace("-", "_"): p["version"].partition("+")[0] for p in packages}
    assert {name: found.get(name) for name in GOOD} == GOOD


def test_simple_repository_server_before_serve(
    use: Use, served: Callable[..., Running], pair: Pair, folder: Path, start
) -> None:
    program = use("simple-repository-server", "mirrors", "`serve --files cache`")
    # It takes a redirect for an error.
    ours = served(*pair.options, "--files", "cache").url
    port = free_port()
    start([*program.words, "--host", "127.0.0.1", "--port", port, f"{ours}/simple/"], port, folder)
    url = f"http://127.0.0.1:{port}"
    assert install(f"{url}/simple/", folder) == GOOD
    rows = ask(url, "/simple/torch-neuronx/").json["files"]
    ended = next(row for row in rows if "2.8.0.2.10" in row["filename"])
    assert "NP201" in ended["yanked"]


def test_pypiserver_falls_back_to_serve(use: Use, ours: str, folder: Path, start) -> None:
    program = use("pypiserver", "falls back to", "`serve`")
    port = free_port()
    (folder / "packages").mkdir()
    start([*program.words, "run", "-p", port, "-i", "127.0.0.1", "--fallback-url", f"{ours}/simple/",
           folder / "packages"], port, folder)  # fmt: skip
    assert install(f"http://127.0.0.1:{port}/simple/", folder) == GOOD


def test_nginx_before_serve(use: Use, ours: str, folder: Path, start) -> None:
    program = use("nginx", "caches", "`serve`, by what a client accepts")
    port = free_port()
    text = (PROJECT / "docs/reference/clients.md").read_text()
    found = re.search(r"^```nginx\n(.*?)^```", text, re.M | re.S)
    assert found is not None
    site = (
        found[1]
        .replace("http://127.0.0.1:8099", ours)
        .replace("listen 80;", f"listen 127.0.0.1:{port};")
    )
    site = site.replace("/var/cache/nginx/neuron", str(folder / "cache"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user root;\nevents {{}}\n"
        f"http {{\naccess_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;\n"
        f"fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;\n"
        + textwrap.indent(site, "  ") + "}\n"
    )  # fmt: skip
    start([*program.words, "-e", folder / "error.log", "-c", folder / "nginx.conf"], port, folder)
    url = f"http://127.0.0.1:{port}"
    for _ in range(2):
        # One address, two forms: what is cached for one client must not be given to another.
        assert ask(url, "/simple/torch-neuronx/", JSON).headers["content-type"] == JSON
        page = ask(url, "/simple/torch-neuronx/", HTML)
        assert page.headers["content-type"].startswith(HTML)
    assert ask(url, "/simple/torch-neuronx/", JSON).headers["x-cache"] == "HIT"
    assert install(f"{url}/simple/", folder) == GOOD


# Documents ------------------------------------------------------------------------------


def list_purls(catalog: Catalog) -> list[str]:
    """A package URL of every version of every package of the catalog."""
    found = []
    for name, known in catalog.packages.items():
        for version in filter(None, catalog.shipped(name)):
            for ecosystem in known.systems or (Ecosystem.PIP,):
                whole = {Ecosystem.PIP: f"{version}+8e870898", Ecosystem.APT: f"2:{version}-1~a"}
                full = whole.get(ecosystem, f"1:{version}-1")
                found.append(DetectedPackage(PackageKey(ecosystem, name), full, None, "", "f"))
    return [each.purl.to_string() for each in list_identified(found, catalog)]


READ_PURLS = """
import { PackageURL } from 'packageurl-js';
import { readFileSync } from 'fs';
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  const p = PackageURL.fromString(text);
  console.log(JSON.stringify([p.type, p.namespace ?? null, p.name, p.version, p.qualifiers ?? {}]));
}
"""


def test_packageurl_js_reads_what_packageurl_python_wrote(
    use: Use, catalog: Catalog, folder: Path
) -> None:
    from packageurl import PackageURL

    program = use("packageurl-js", "reads", "package URLs of the whole catalog")
    texts = list_purls(catalog)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "read.mjs").write_text(READ_PURLS)
    done = subprocess.run(
        [*program.words, "read.mjs"], input=json.dumps(texts), cwd=folder, text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(texts) > 1000
    for text, read in zip(texts, lines, strict=True):
        purl = PackageURL.from_string(text)
        assert read == [purl.type, purl.namespace, purl.name, purl.version, purl.qualifiers]


@pytest.fixture
def findings(run: Run, folder: Path) -> Path:
    """Files with findings, in names that need to be escaped."""
    for name in ("a b.txt", "100%25.txt", "a#b.txt", "größe.txt"):
        (folder / name).write_text("torch-neuronx==2.5.1.2.4.0\nnumpy==1.26.4\n")
    return folder


def check_as(run: Run, folder: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    names = sorted(path.name for path in folder.glob("*.txt"))
    return run("check", *names, "--instance", "trn1", "--format", form).out


def test_skopeo_copies_what_is_read(use: Use, run: Run, folder: Path) -> None:
    """A tarball of docker save becomes a directory, an OCI layout and an OCI archive."""
    program = use("skopeo", "writes", "images as `dir:`, `oci:`, `oci-archive:`")
    site = "usr/lib/python3.11/site-packages/nki-0.6.0.dist-info"
    layer = pack(
        {f"{site}/METADATA": b"Name: nki\nVersion: 0.6.0\n", f"{site}/RECORD": b"nki.py,,\n"}
    )
    digest = hashlib.sha256(layer).hexdigest()
    root = {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
    configuration = {"architecture": "amd64", "os": "linux", "rootfs": root, "config": {}}
    manifest = [{"Config": "c.json", "Layers": ["l.tar"], "RepoTags": ["x:1"]}]
    members = {"c.json": json.dumps(configuration).encode(), "l.tar": layer,
               "manifest.json": json.dumps(manifest).encode()}  # fmt: skip
    (folder / "saved.tar").write_bytes(pack(members))
    for target, place in (("dir:d", "d"), ("oci:o:x", "o"), ("oci-archive:a.tar:x", "a.tar")):
        program(
            "--insecure-policy", "copy", "-q", "docker-archive:saved.tar", target, folder=folder
        )
        done = run("check", "--image", folder / place, "--format", "json")
        (read,) = json.loads(done.out)["inputs"]
        assert read["neuron_packages"] == 1, target


def pack(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def test_what_pip_freezes_is_read(use: Use, run: Run, pylock: Path) -> None:
    program = use("pip", "writes", "`pip freeze` of wheels by address")
    folder = pylock.parent
    program("--python", ".venv/bin/python", "install", "-r", "pylock.toml", folder=folder)
    frozen = program("--python", ".venv/bin/python", "freeze", folder=folder).stdout
    (folder / "frozen.txt").write_text(frozen)
    done = run("diff", folder / "frozen.txt", folder / ".venv", "--format", "json")
    changes = json.loads(done.out)["packages"]
    assert not [row for row in changes if row["name"].replace("-", "_") in GOOD]


def test_sarif_validates(use: Use, run: Run, findings: Path, monkeypatch) -> None:
    program = use("sarif-multitool", "reads", "SARIF of `check`, without error or warning")
    Path(program.words[0]).chmod(0o755)
    (findings / "o.sarif").write_text(check_as(run, findings, "sarif", monkeypatch))
    program("validate", "o.sarif", "--level", "Error;Warning", "-o", "r.sarif", folder=findings)
    (result,) = json.loads((findings / "r.sarif").read_text())["runs"]
    assert result["results"] == []


def test_spdx_validates(use: Use, run: Run, findings: Path, monkeypatch) -> None:
    program = use("spdx-tools", "reads", "SPDX 2.3 of `check`")
    (findings / "o.spdx.json").write_text(check_as(run, findings, "spdx", monkeypatch))
    program("-i", "o.spdx.json", folder=findings)
