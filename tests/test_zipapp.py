"""neuron-pin.pyz: what script/zipapp builds, run by the oldest Python that there is."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "script"
BUILDER = runpy.run_path(str(SCRIPTS / "build_zipapp.py"))
LIBRARIES = ("packaging", "resolvelib", "tomli-w", "tomlkit", "tomli")


WHEELS = SCRIPTS.parent / "build/wheels"


def find_oldest() -> str:
    """A Python 3.9, for which the file is made, where the libraries for it are there: script/zipapp
    fetches them; else the Python that runs this."""
    try:
        BUILDER["find_wheels"](WHEELS)
    except LookupError:
        return sys.executable
    for path in filter(None, (os.environ.get("PYTHON39"), shutil.which("python3.9"))):
        stated = [path, "-c", "import sys; print(sys.version_info[:2] == (3, 9))"]
        done = subprocess.run(stated, capture_output=True, text=True)
        if done.stdout.strip() == "True":
            return path
    return sys.executable


OLDEST = find_oldest()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, with the pinned libraries, or with those of this environment where those are not
    there."""
    files = dict(BUILDER["read_package"]())
    try:
        files.update(BUILDER["read_wheels"](BUILDER["find_wheels"](WHEELS)))
    except LookupError:
        files.update(read_libraries())
    path = tmp_path_factory.mktemp("zipapp") / "neuron-pin.pyz"
    path.write_bytes(BUILDER["build"](files))
    return path


def read_libraries() -> Iterator[tuple[str, bytes]]:
    """The libraries of this environment."""
    for name in LIBRARIES:
        try:
            listed = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in listed:
            if file.suffix == ".py" and ".." not in file.parts:
                yield file.as_posix(), Path(str(file.locate())).read_bytes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "root"
    for name, text in {
        "etc/os-release": 'ID=ubuntu\nVERSION_ID="24.04"\n',
        "sys/devices/virtual/dmi/id/product_name": "trn2.48xlarge\n",
        "var/lib/dpkg/status": (
            "Package: aws-neuronx-dkms\nStatus: install ok installed\nVersion: 2.20.28.0\n"
        ),
    }.items():
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return found


def run(
    program: Path, unpack: Path, words: Sequence[str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """The file, run as a host does: without variables and packages of that Python."""
    return subprocess.run(
        [OLDEST, "-I", "-S", str(program), *words],
        capture_output=True,
        text=True,
        input=stdin,
        env={**os.environ, "NEURON_PIN_UNPACK": str(unpack)},
    )


def test_checks_a_machine_and_unpacks_once(program: Path, root: Path, tmp_path: Path) -> None:
    words = ["check", "--root", str(root), "--format", "json"]
    done = run(program, tmp_path / "unpacked", words)
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)["inputs"][0]["neuron_packages"] == 1
    (folder,) = (tmp_path / "unpacked").iterdir()
    again = run(program, tmp_path / "unpacked", words)
    assert again.stdout == done.stdout
    assert list((tmp_path / "unpacked").iterdir()) == [folder]


def test_every_module_is_imported(program: Path, tmp_path: Path) -> None:
    script = """\
import importlib, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
archive.extractall(sys.argv[2])
sys.path.insert(0, sys.argv[2])
for name in archive.namelist():
    module = name[:-3].replace("/", ".")
    if not name.startswith("neuron_pin/") or not name.endswith(".py"):
        continue
    # Programs of hooks run alone; what imports facts is not in the file.
    if "/hooks/program/" in name or module.endswith(("__main__", "zipapp")):
        continue
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in ("neuron_pin.catalog.importer", "urllib3"):
            raise
"""
    done = subprocess.run(
        [OLDEST, "-I", "-S", "-c", script, str(program), str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_lock_pin_and_hook_without_anything_installed(
    program: Path, root: Path, tmp_path: Path
) -> None:
    lock = str(tmp_path / "lock.json")
    unpack = tmp_path / "unpacked"
    words = ["lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "-o", lock]
    assert run(program, unpack, words).returncode == 0
    (root / "etc/apt/preferences.d").mkdir(parents=True)
    for task, arguments in (
        ("pin", {"root": str(root), "lock": lock}),
        ("hook", {"root": str(root), "lock": lock}),
        ("hook", {"root": str(root), "lock": lock, "kinds": ["uv"]}),
        ("facts", {"root": str(root), "check": True}),
    ):
        request = {"protocol": 1, "task": task, "arguments": arguments}
        done = run(program, unpack, ["task"], json.dumps(request))
        assert json.loads(done.stdout)["ok"], done.stdout


@pytest.mark.parametrize("words", [["serve"], ["lock", "--index-url", "http://127.0.0.1:9/", "x"]])
def test_what_is_not_in_it_is_named(program: Path, tmp_path: Path, words: list[str]) -> None:
    done = run(program, tmp_path / "unpacked", words)
    assert done.returncode == 2
    assert "neuron-pin.pyz" in done.stderr


def test_nobody_else_s_folder_is_used(program: Path, root: Path, tmp_path: Path) -> None:
    unpack = tmp_path / "unpacked"
    unpack.mkdir(mode=0o777)
    unpack.chmod(0o777)
    done = run(program, unpack, ["--version"])
    assert done.returncode == 0
    assert list(unpack.iterdir()) == []


def test_an_older_python_is_told_what_is_needed() -> None:
    """The starter is read by a Python whose version it is told, and which keeps what is written to a
    pipe, as those before 3.9 do."""
    starter = (SCRIPTS / "zipapp_main.py").read_text()
    script = (
        "import sys\nsys.version_info = (3, 8, 1)\nsys.stderr = open(2, 'w', buffering=4096)\n"
        f"exec(compile({starter!r}, 'x', 'exec'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 2
    assert "3.9" in done.stderr and "3.8.1" in done.stderr


def test_the_same_files_give_the_same_bytes() -> None:
    files = {"b.py": b"1\n", "a.py": b"2\n"}
    first, second = BUILDER["build"](files), BUILDER["build"](dict(reversed(files.items())))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert first != BUILDER["build"]({**files, "a.py": b"3\n"})


def test_modules_are_adapted_to_python_3_9() -> None:
    source = (
        "from itertools import pairwise\n"
        "rows = dict(zip(a, b, strict=True))\n"
        "more = zip(strict=False, *c)\n"
        "@dataclass(frozen=True, slots=True)\n"
        "class X: ...\n"
        "strict = other(a, strict=True)\n"
        "Node = Text | List[int] | None\n"
        "Make = Callable[[str | None], Node]\n"
        "ALL = _SOME | {1}\n"
        "def f(x): return isinstance(x, A | B.c) and x | y\n"
    )
    adapted = BUILDER["adapt"](source)
    scope: dict[str, object] = {}
    exec(adapted.splitlines()[0], scope)
    assert list(scope["pairwise"](iter("abc"))) == [("a", "b"), ("b", "c")]  # type: ignore[operator]
    assert adapted.splitlines()[1:] == [
        "rows = dict(zip(a, b))",
        "more = zip(*c)",
        "@dataclass(frozen=True)",
        "class X: ...",
        "strict = other(a, strict=True)",
        "Node = 'Text | List[int] | None'",
        "Make = 'Callable[[str | None], Node]'",
        "ALL = _SOME | {1}",
        "def f(x): return isinstance(x, (A, B.c)) and x | y",
    ]


def test_wheels_are_those_that_are_pinned(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        BUILDER["find_wheels"](tmp_path)
    for name, (version, _) in BUILDER["read_pins"]().items():
        wheel = tmp_path / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("x.py", "")
    with pytest.raises(LookupError):
        BUILDER["find_wheels"](tmp_path)
    assert set(BUILDER["read_pins"]()) == set(LIBRARIES)
