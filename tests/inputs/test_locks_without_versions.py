"""Versions that only the names of files state: direct references, and rows of pylock.toml."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run, wheel

VERSION = "2.9.0.2.13.26312+8e870898"
WHEEL = f"torch_neuronx-{VERSION}-cp311-cp311-linux_x86_64.whl"
ESCAPED = WHEEL.replace("+", "%2B")
DIGEST = "0" * 64
LINES = [
    f"torch-neuronx @ https://x.example/torch-neuronx/{ESCAPED}#sha256={DIGEST}",
    f"Torch_NeuronX@ https://x.example/{WHEEL}?a=b#sha256={DIGEST}",
    f"torch-neuronx @ file:///wheels/{WHEEL}",
    f"torch-neuronx @ file:///wheels/{WHEEL} ; python_version < '3.99'",
    f"https://x.example/{ESCAPED}",
    f"./wheels/{WHEEL}",
]
LOCK = ("lock", "torch-neuronx", "--offline", "--instance", "trn1", "--python", "3.11")


@pytest.mark.parametrize("line", LINES)
def test_a_wheel_by_address_has_the_version_of_its_name(run: Run, line: str) -> None:
    Path("frozen.txt").write_text(f"{line}\nnumpy==1.26.4\n")
    Path("plain.txt").write_text(f"torch-neuronx=={VERSION}\nnumpy==1.26.4\n")
    assert "no difference" in run("diff", "frozen.txt", "plain.txt").out
    direct = run(*LOCK, "-c", "frozen.txt")
    assert direct.code == 0, direct.err
    assert f"torch-neuronx=={VERSION.partition('+')[0]}" in direct.out


@pytest.mark.parametrize("line", ["x @ git+https://x.example/x", "-e .", "./x"])
def test_an_address_without_a_version_is_refused_as_a_constraint(run: Run, line: str) -> None:
    Path("c.txt").write_text(f"{line}\n")
    assert run(*LOCK, "-c", "c.txt").code == 2


HEAD = 'lock-version = "1.0"\ncreated-by = "x"\n'
ROWS = {
    "wheel": f'[[packages.wheels]]\nname = "{WHEEL}"\nurl = "https://x.example/a.whl"\n',
    "address": f'[[packages.wheels]]\nurl = "https://x.example/{ESCAPED}"\n',
    "path": f'[[packages.wheels]]\npath = "wheels/{WHEEL}"\n',
    "sdist": f'[packages.sdist]\nname = "torch_neuronx-{VERSION}.tar.gz"\nurl = "https://x/y"\n',
    "archive": f'[packages.archive]\nurl = "https://x.example/{ESCAPED}"\n',
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_without_a_version_has_that_of_its_files(run: Run, name: str) -> None:
    text = f'{HEAD}[[packages]]\nname = "torch-neuronx"\n{ROWS[name]}hashes = {{ sha256 = "00" }}\n'
    Path("pylock.toml").write_text(text)
    Path("plain.txt").write_text(f"torch-neuronx=={VERSION}\n")
    assert "no difference" in run("diff", "pylock.toml", "plain.txt").out
    done = run("check", "pylock.toml", "--instance", "inf1", "--format", "json")
    assert f"torch-neuronx {VERSION}" in done.out


def test_files_of_several_versions_say_none(run: Run) -> None:
    other = WHEEL.replace("26312", "26313")
    rows = "".join(f'{{ name = "{each}", url = "https://x/y" }}, ' for each in (WHEEL, other))
    Path("pylock.toml").write_text(
        f'{HEAD}[[packages]]\nname = "torch-neuronx"\nwheels = [{rows}]\n'
    )
    assert run("check", "pylock.toml", "--instance", "inf1").code == 0


def test_what_pip_freezes_of_a_wheel_is_read(run: Run, tmp_path: Path) -> None:
    """Really: pip writes the address of what it installed from one."""
    file = tmp_path / f"torch_neuronx-{VERSION}-py3-none-any.whl"
    file.write_bytes(wheel("torch-neuronx", VERSION))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    target = tmp_path / "target"
    subprocess.run(
        [*pip, "install", "-q", "--no-index", "--target", target,
         f"torch-neuronx @ {file.as_uri()}#sha256={digest}"], check=True,
    )  # fmt: skip
    frozen = subprocess.run(
        [*pip, "freeze", "--path", target], check=True, capture_output=True, text=True
    ).stdout
    assert " @ file://" in frozen
    Path("frozen.txt").write_text(frozen)
    assert "no difference" in run("diff", "frozen.txt", target).out
