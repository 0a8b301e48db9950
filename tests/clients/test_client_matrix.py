"""What other programs make of our files and our index, and we of theirs: one row a test.

``script/clients`` installs the programs and writes the table of docs/reference/clients.md from what
passed here.  A program that is not installed is a test that is skipped.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from client_programs import GOOD, OWN, PROJECT, PYTHON, Program, Use, clean, find, installed
from conftest import Run, sample
from proxy_world import HTML, JSON, Pair, Reply, Running, put_public

# Files that installers read -------------------------------------------------------------


pytestmark = pytest.mark.skipif(
    PYTHON not in ("3.10", "3.11", "3.12"),
    reason="needs Python 3.10 to 3.12, which torch-neuronx has wheels for",
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


def put_decoys(pair: Pair) -> None:
    """Decoys in the public index that are higher, and match what is asked for."""
    for name, version in (("torch-neuronx", "2.9.9.9"), ("libneuronxla", "2.2.99999.0"),
                          ("neuronx-cc", "2.99")):  # fmt: skip
        put_public(pair.public, name, [(version, ())])


@pytest.fixture
def decoys(pair: Pair) -> Pair:
    """The pair of indexes with these decoys."""
    put_decoys(pair)
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
    program = use("poetry", answer, f"a Neuron name that no source lists, with `{priority}`")
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


# Installers by themselves, bound by our constraints or by a served index.
INSTALL = {
    "pip": ("--python", ".venv/bin/python", "install"),
    "uv": ("pip", "install", "--python", ".venv", "--index-strategy", "unsafe-best-match"),
}


@pytest.mark.parametrize("name", INSTALL)
def test_constraints_pass_a_decoy(use: Use, run: Run, pair: Pair, folder: Path, name: str) -> None:
    program = use(name, "reads", "constraints of `lock`, past a decoy")
    asked = ("lock", "torch-neuronx", *pair.options, "--python", PYTHON)
    assert run(*asked, "-o", folder / "constraints.txt").code == 0
    # Made before, so that what is to be refused is there.
    put_decoys(pair)
    urls = addresses(pair)
    words = (*INSTALL[name], "--index-url", urls["public"], "--extra-index-url", urls["neuron"])
    program(*words, "-c", "constraints.txt", "torch-neuronx", folder=folder)
    assert installed(folder / ".venv") == GOOD
    loose = program(*words, "--upgrade", "torch-neuronx", folder=folder)
    assert installed(folder / ".venv")["torch_neuronx"] == "2.9.9.9", loose.stdout


@pytest.mark.parametrize("name", INSTALL)
def test_the_served_index_is_an_index(use: Use, ours: str, folder: Path, name: str) -> None:
    program = use(name, "reads", "`serve`")
    words = [word for word in INSTALL[name] if "strategy" not in word and "unsafe" not in word]
    program(*words, "--index-url", f"{ours}/simple/", "torch-neuronx", folder=folder)
    assert installed(folder / ".venv") == GOOD


@pytest.mark.parametrize("name", ["poetry", "pdm"])
def test_the_served_index_is_the_source_of_a_project(
    use: Use, ours: str, folder: Path, name: str
) -> None:
    program = use(name, "reads", "`serve`")
    text = {
        "poetry": '[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "p"\n',
        "pdm": '[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\n',
    }[name]
    (folder / "pyproject.toml").write_text(
        project_file("torch-neuronx==2.9.*") + text + f'url = "{ours}/simple/"\n'
    )
    last = ("--no-root",) if name == "poetry" else ("--no-self",)
    program("lock", folder=folder)
    program("install", *last, folder=folder)
    assert installed(folder / ".venv") == GOOD


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


def test_what_pip_freezes_is_read(use: Use, run: Run, pylock: Path) -> None:
    program = use("pip", "writes", "`pip freeze` of wheels by address")
    folder = pylock.parent
    program("--python", ".venv/bin/python", "install", "-r", "pylock.toml", folder=folder)
    frozen = program("--python", ".venv/bin/python", "freeze", folder=folder).stdout
    (folder / "frozen.txt").write_text(frozen)
    done = run("diff", folder / "frozen.txt", folder / ".venv", "--format", "json")
    changes = json.loads(done.out)["packages"]
    assert not [row for row in changes if row["name"].replace("-", "_") in GOOD]


def test_a_pipfile_lock_with_a_decoy_is_found(use: Use, run: Run, pair: Pair, folder: Path) -> None:
    program = use("pipenv", "writes", "`Pipfile.lock` with a decoy, which `check` names")
    (folder / "Pipfile").write_text(
        f'[[source]]\nname = "p"\nurl = "{pair.public.url}/simple/"\nverify_ssl = true\n'
        '[packages]\nlibneuronxla = "==1.0"\n'
    )
    program("--python", sys.executable, "lock", folder=folder)
    assert "NP508" in judge(run, folder / "Pipfile.lock")


def test_a_pdm_lock_with_a_decoy_is_found(use: Use, run: Run, pair: Pair, folder: Path) -> None:
    program = use("pdm", "writes", "`pdm.lock` with a decoy, which `check` names")
    (folder / "pyproject.toml").write_text(
        project_file(UNBOUND) + "[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\n"
        f'name = "pypi"\nurl = "{pair.public.url}/simple/"\n'
    )
    program("lock", folder=folder)
    assert "NP508" in judge(run, folder / "pdm.lock")


# What lists an environment, as which file, and how.
LISTS = [
    ("pip", "list.txt", ("--python", ".venv/bin/python", "list")),
    ("pip", "list.json", ("--python", ".venv/bin/python", "list", "--format", "json")),
    ("uv", "frozen.txt", ("pip", "freeze", "--python", ".venv")),
    ("uv", "list.txt", ("pip", "list", "--python", ".venv")),
]


@pytest.mark.parametrize(("name", "file", "words"), sample(LISTS, 2, 1))
def test_what_lists_an_environment_is_read(
    use: Use, run: Run, pylock: Path, name: str, file: str, words: tuple[str, ...]
) -> None:
    said = " ".join(word for word in words if not word.startswith((".venv", "--python")))
    program = use(name, "writes", f"`{said if said.startswith(name) else f'{name} {said}'}`")
    folder = pylock.parent
    use_pip = find("pip")
    assert use_pip is not None
    use_pip(*PYLOCK["pip"], folder=folder)
    (folder / file).write_text(program(*words, folder=folder).stdout)
    done = run("diff", folder / file, folder / ".venv", "--format", "json")
    assert done.code in (0, 1), done.err
    changes = json.loads(done.out)["packages"]
    assert not [row for row in changes if row["name"].replace("-", "_") in GOOD], done.out


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
