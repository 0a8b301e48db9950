"""The same question gives the same bytes, wherever and by whomever it is asked."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import Served, copy_program, publish

OUTPUTS = (
    "constraints.txt", "lock.json", "00-neuron-pin.pref", "neuron.sources", "uv.toml", "pip.conf",
    "apt.state",
)  # fmt: skip
MACHINE = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11", "--as-of", "2026-09-01")
REQUIREMENTS = ("aws-neuronx-dkms", "torch-neuronx", "neuronx-cc", "aws-neuronx-tools")

# Around a run: variables, umask, the order of the requirements.
AROUND = {
    "another hash seed": ({"PYTHONHASHSEED": "1"}, 0o022, 1),
    "a third hash seed": ({"PYTHONHASHSEED": "4242"}, 0o022, 1),
    "another locale": ({"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}, 0o022, 1),
    "no locale": ({"LC_ALL": "C", "PYTHONUTF8": "0"}, 0o022, 1),
    "east of the date line": ({"TZ": "Pacific/Kiritimati"}, 0o022, 1),
    "west of it": ({"TZ": "Etc/GMT+12"}, 0o022, 1),
    "a strict umask": ({}, 0o077, 1),
    "an open umask": ({}, 0o000, 1),
    "requirements the other way round": ({}, 0o022, -1),
    "another home and terminal": (
        {"HOME": "/nonexistent", "COLUMNS": "7", "TERM": "dumb", "FORCE_COLOR": "1"}, 0o022, 1,
    ),
    "optimised": ({"PYTHONOPTIMIZE": "2"}, 0o022, 1),
}  # fmt: skip


def locked(
    folder: Path,
    names: tuple[str, ...],
    words: list[str],
    variables: dict[str, str],
    umask: int,
    *,
    python: str = sys.executable,
    user: int | None = None,
) -> dict[str, bytes]:
    """The bytes of every file that a lock of these requirements writes."""
    place = folder / "run"
    place.mkdir(parents=True, exist_ok=True)
    # The command line is written into the files, so the order stands in a file.
    (folder / "reqs.txt").write_text("".join(f"{name}\n" for name in names))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NEURON_PIN_", "PYTHON"))}
    done = subprocess.run(
        [python, "-m", "neuron_pin", "lock", "-q", "-r", "../reqs.txt", *words],
        cwd=place, umask=umask, user=user, capture_output=True, text=True, check=False, timeout=120,
        env={**kept, "PYTHONHASHSEED": "0", "XDG_CACHE_HOME": str(folder / "cache"),
             "XDG_DATA_HOME": str(folder / "data"), **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Where a requirement stands is told; that it stands elsewhere is another question.
    return {p.name: re.sub(rb"(reqs.txt):\d+", rb"\1", p.read_bytes()) for p in place.iterdir()}


def outputs(*names: str) -> list[str]:
    return [word for name in names for word in ("-o", name)]


OFFLINE = ["--offline", *MACHINE, *outputs(*OUTPUTS)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> dict[str, bytes]:
    return locked(tmp_path_factory.mktemp("plain"), REQUIREMENTS, OFFLINE, {}, 0o022)


@pytest.mark.parametrize("name", AROUND)
def test_what_is_around_a_run_is_not_in_its_files(plain, tmp_path: Path, name: str) -> None:
    variables, umask, order = AROUND[name]
    assert set(plain) == set(OUTPUTS)
    assert locked(tmp_path, REQUIREMENTS[::order], OFFLINE, variables, umask) == plain
    # apt has to read its pins as any user, whatever the umask says.
    assert (tmp_path / "run/00-neuron-pin.pref").stat().st_mode & 0o777 == 0o644


SITES = [place for place in sys.path if place.endswith("site-packages")]
BESIDE = os.pathsep.join([str(Path(__file__).parent.parent), *SITES])
"""Where others find this tree, and what it needs: all of it is plain Python."""


def other_pythons() -> list[str]:
    """Pythons of other versions that are there, each with what we need importable by it."""
    found = []
    versions = Path.home() / ".pyenv" / "versions"
    for minor in range(10, 15):
        name = f"python3.{minor}"
        places = [shutil.which(name), *sorted(versions.glob(f"3.{minor}.*/bin/{name}"))]
        for place in filter(None, map(str, filter(None, places))):
            done = subprocess.run(
                [place, "-c", "import packaging, resolvelib, sys; sys.exit(0)"],
                env={**os.environ, "PYTHONPATH": BESIDE}, capture_output=True, check=False,
            )  # fmt: skip
            if done.returncode == 0 and minor != sys.version_info[1]:
                found.append(place)
                break
    return found


ANOTHER = [pytest.param("", marks=pytest.mark.skip(reason="needs a second Python of 3.10 to 3.14"))]


@pytest.mark.parametrize("python", other_pythons() or ANOTHER)
def test_other_pythons_give_the_same(plain, tmp_path: Path, python: str) -> None:
    variables = {"PYTHONPATH": BESIDE, "PYTHONDONTWRITEBYTECODE": "1"}
    assert locked(tmp_path, REQUIREMENTS, OFFLINE, variables, 0o022, python=python) == plain


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_another_user_gets_the_same(plain, tmp_path: Path) -> None:
    nobody = 65534
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        pytest.skip("needs /usr/bin/python3, which every user may run")
    folder = Path(tempfile.mkdtemp(prefix="np-user-"))
    try:
        folder.chmod(0o755)
        program = copy_program(folder / "program")
        (folder / "run").mkdir()
        (folder / "reqs.txt").touch()
        for path in (folder, folder / "run"):
            os.chown(path, nobody, nobody)
        variables = {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": program}
        made = locked(folder, REQUIREMENTS, OFFLINE, variables, 0o022, python=python, user=nobody)
        assert made == plain
    finally:
        shutil.rmtree(folder)


PROJECTS = {
    "a": [("1.0", ("b", "c")), ("2.0", ("b>1", "c"))],
    "b": [("1.0", ("d",)), ("2.0", ("d",)), ("2.1", ("e",))],
    "c": [("1.0", ("d<2",)), ("1.1", ("e", "d"))],
    "d": [("1.0", ()), ("1.9", ()), ("2.0", ())],
    "e": [("1.0", ("c",)), ("3.0", ("f",))],
    "f": [("0.1", ()), ("0.2", ())],
}


def test_indexes_that_answer_when_they_like(serve, tmp_path: Path) -> None:
    """Sixteen threads read ahead; whoever comes first changes nothing."""
    import random
    import time

    server: Served = serve()
    publish(server, PROJECTS, as_json=True)
    late = random.Random(7)

    def delayed(answer):
        def found(handler):
            time.sleep(late.random() / 20)
            return answer

        return found

    for path, answer in list(server.answers.items()):
        server.answers[path] = delayed(answer)
    words = ["--index-url", f"{server.url}/simple", "--python", "3.11", "--as-of", "2026-09-01"]
    words += ["--generate-hashes", *outputs("constraints.txt", "pylock.toml", "lock.json")]
    found = [
        locked(tmp_path / str(n), ("a", "f")[:: 1 - 2 * (n % 2)], words, {"PYTHONHASHSEED": str(n)}, 0o022)
        for n in range(6)
    ]  # fmt: skip
    assert len(found[0]) == 3
    for files in found[1:]:
        for name, data in files.items():
            assert data.decode() == found[0][name].decode(), name
