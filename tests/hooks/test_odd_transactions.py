"""What apt's hook is given that apt would never say, and states that nobody wrote: bounded, said
once, logged, and nothing of it reaches a terminal as it is."""

import contextlib
import glob
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuron_pin.hooks.program import state
from neuron_pin.outputs.hook_state import HEAD

pytestmark = pytest.mark.skipif(
    not os.path.exists("/usr/bin/python3"), reason="needs /usr/bin/python3"
)

TOOLS = "aws-neuronx-tools"
CONFIG = b"VERSION 3\nDir=/\nDPkg::Pre-Install-Pkgs::=/usr/lib/neuron-pin/apt-hook%20x\n\n"


class Done(NamedTuple):
    """What the hook did."""

    code: int
    err: str
    seconds: float


class Hook(NamedTuple):
    """The programs below a root of their own."""

    root: Path

    def call(
        self,
        data: bytes,
        *options: str,
        program: str = "apt-hook",
        from_stdin: bool = False,
        **more: str,
    ) -> Done:
        """Run it as apt does: the data come on a descriptor, or from standard input."""
        reader, writer = os.pipe()
        env = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "APT_HOOK_INFO_FD": "0" if from_stdin else str(reader),
            **more,
        }
        words = [str(self.root / "usr/lib/neuron-pin" / program), *options]
        start = time.perf_counter()
        child = subprocess.Popen(
            words, env=env, stdin=reader if from_stdin else subprocess.DEVNULL,
            stderr=subprocess.PIPE, pass_fds=() if from_stdin else (reader,),
        )  # fmt: skip
        os.close(reader)
        with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "wb") as stream:
            stream.write(data)
        err = child.communicate(timeout=60)[1]
        return Done(child.returncode, err.decode("utf-8", "replace"), time.perf_counter() - start)

    @property
    def log(self) -> str:
        path = self.root / "var/log/neuron-pin.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    from neuron_pin.cli import main

    folder = tmp_path_factory.mktemp("hook")
    lock = folder / "lock.json"
    asked = ["--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10",
             "--phase", "eos", "--as-of", "2026-04-01"]  # fmt: skip
    assert main(["lock", "--offline", "-q", *asked, "-o", str(lock)]) == 0
    root = folder / "root"
    for place in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/dpkg", "var/log"):
        (root / place).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    words = ["hook", "install", "apt", "-q", "--lock", str(lock), "--root", str(root),
             "--expires", "2099-01-01"]  # fmt: skip
    assert main(words) == 0
    return root


@pytest.fixture
def hook(installed: Path) -> Hook:
    (installed / "var/log/neuron-pin.log").unlink(missing_ok=True)
    return Hook(installed)


def line(name: str, new: str, old: str = "-", action: str = "/x.deb") -> bytes:
    return f"{name} {old} amd64 none < {new} amd64 none {action}\n".encode()


ODD = "1\x01\x7f\u200e;$(true)`true`"


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", 0, "apt speaks"),
        (b"VERSION 2\nDir=/\n\n" + b"aws-neuronx-tools - < 3.0.0.0 /x.deb\n", 0, "VERSION 2"),
        (b"VERSION 4\n\n" + line(TOOLS, "3.0.0.0"), 0, "VERSION 4"),
        (b"/var/cache/apt/archives/aws-neuronx-tools_3.0_amd64.deb\n", 0, "not VERSION 3"),
        (b"VERSION 3\nDir=/\n", 0, "cut off"),
        (CONFIG, 0, ""),
        (CONFIG + line(TOOLS, "3.0.0.0"), 10, "NP306"),
        (CONFIG + line(TOOLS, "3.0.0.0")[:-1], 0, "cut off"),
        (CONFIG + line(TOOLS, "3.0.0.0")[:25], 0, "cut off"),
        (CONFIG + b"aws-neuronx-tools\n", 0, "cut off"),
        (CONFIG + b"aws-neuronx-tools a b c ? d e f g\n", 0, "not in apt's format"),
        (CONFIG + b"\xff\xfe\x00neuron \xff\n", 0, "cut off"),
        (CONFIG + b"harmless\n\n\n \n", 0, ""),
        (CONFIG + line("aws-neuronx-\x01", "1.0"), 10, "aws-neuronx-\\x01"),
        (CONFIG + line(TOOLS, ODD), 10, "\\u200e"),
        (CONFIG + line(TOOLS, "9" * 6000), 10, "…"),
        (CONFIG + line(TOOLS, "9" * 17000), 0, "cut off"),
        (CONFIG + line(TOOLS, "3.0.0.0", action="**CONFIGURE**"), 0, ""),
        (CONFIG + b"aws-neuronx-tools 1 amd64 none > - - none **REMOVE**\n", 0, ""),
        (CONFIG + line("other", "1.0", action="/home/neuron/other.deb"), 0, ""),
    ],
)
def test_one_transaction(hook: Hook, data: bytes, code: int, told: str) -> None:
    done = hook.call(data)
    assert done.code == code, done.err
    assert told in done.err
    assert bool(done.err) == bool(told)
    assert not re.search(r"[^\x20-\x7e\n…]", done.err), ascii(done.err)
    assert not re.search(r"[^\x20-\x7e\n…]", hook.log), ascii(hook.log)
    assert bool(hook.log) == bool(told)
    assert len(done.err) < 4000
    if "NP" not in told and code == 0 and told:
        # The same with on-error = refuse: only what may be Neuron's is refused.
        refused = hook.call(data, "--on-error=refuse").code == 10
        assert refused == (b"aws-neuronx" in data or b"\x00neuron" in data)


def test_many_lines(hook: Hook) -> None:
    """What is said of them has a bound."""
    many = CONFIG + b"".join(line(f"aws-neuronx-n{n}", "2.0") for n in range(400))
    done = hook.call(many)
    assert done.code == 10
    assert len(done.err) < 6000
    assert "more" in done.err
    assert len(hook.log) < 20000


def test_a_transaction_that_never_ends(hook: Hook) -> None:
    """apt holds the pipe open and says nothing: after five seconds it goes on."""
    reader, writer = os.pipe()
    start = time.perf_counter()
    child = subprocess.Popen(
        [str(hook.root / "usr/lib/neuron-pin/apt-hook")], stderr=subprocess.PIPE,
        pass_fds=(reader,), env={"PATH": "/usr/bin:/bin", "APT_HOOK_INFO_FD": str(reader)},
    )  # fmt: skip
    os.close(reader)
    os.write(writer, CONFIG + line(TOOLS, "3.0.0.0"))
    err = child.communicate(timeout=60)[1].decode()
    os.close(writer)
    assert child.returncode == 0
    assert "took longer than 5 seconds" in err
    assert time.perf_counter() - start >= 4.5


@pytest.mark.parametrize("value", ["", "x", "-1", "999", "20"])
def test_a_descriptor_that_is_none(hook: Hook, value: str) -> None:
    done = subprocess.run(
        [str(hook.root / "usr/lib/neuron-pin/apt-hook")], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "APT_HOOK_INFO_FD": value}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0
    assert "was not judged" in done.stderr


def test_closed_streams_change_no_verdict(hook: Hook) -> None:
    program = hook.root / "usr/lib/neuron-pin/apt-hook"
    data = hook.root / "transaction"
    data.write_bytes(CONFIG + line(TOOLS, "3.0.0.0"))
    for closed in ("2>&-", "1>&- 2>&-", "2>/dev/full"):
        done = subprocess.run(
            ["sh", "-c", f"exec {program} --stdin <{data} {closed}"], check=False,
            env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == 10, closed
    data.unlink()


def test_the_guard_agrees_with_the_hook(hook: Hook) -> None:
    cases = [
        (CONFIG + line(TOOLS, "3.0.0.0"), 10),
        (CONFIG + line(TOOLS, "2.28.23.0-1"), 0),
        (CONFIG + line("other", "1"), 0),
        (b"", 0),
        (b"\x00\x01" * 9, 0),
        (CONFIG + line(TOOLS, "3.0.0.0")[:30], 10),
        (b"VERSION 9\n" + line(TOOLS, "2.28.23.0-1"), 10),
    ]
    for data, code in cases:
        done = hook.call(data, program="apt-guard", from_stdin=True)
        assert done.code == code, (data, done.err)


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_end_with_zero_or_a_rule(installed: Path, data: bytes) -> None:
    done = Hook(installed).call(CONFIG + data)
    assert done.code in (0, 10)
    assert "Traceback" not in done.err
    if done.code == 10:
        assert "refused" in done.err


@given(st.binary(max_size=300), st.integers(0, 4000), st.integers(1, 300))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_state_is_no_state(installed: Path, junk: bytes, at: int, length: int) -> None:
    whole = (installed / "var/lib/neuron-pin/apt.state").read_bytes()
    state.parse_state(whole)
    for damaged in (whole[:at], junk, whole[:at] + junk + whole[at + length :], whole + junk):
        if damaged == whole:
            continue
        with pytest.raises(state.Unusable):
            state.parse_state(damaged)


def test_a_state_with_a_right_sum_and_wrong_lines_is_no_state() -> None:
    for body in (
        "nonsense\n",
        "pin\ta\n",
        "value\ta\tb\tc\n",
        "known\ta\tb\n",
        "window\ta\n",
        "\n",
    ):
        data = f"{HEAD}\n{body}".encode()
        with pytest.raises(state.Unusable):
            state.parse_state(data + state.checksum(data).encode())


def test_what_could_not_be_judged_is_logged_with_what_became_of_it(hook: Hook) -> None:
    data = CONFIG + line(TOOLS, "3.0.0.0")[:30]
    assert hook.call(data, "--on-error=refuse").code == 10
    assert hook.call(data, "--on-error=refuse", NEURON_PIN_ALLOW="NP306,on-error").code == 0
    assert hook.call(data).code == 0
    rows = [row.partition("apt's format")[2] for row in hook.log.splitlines()]
    assert rows == ["; refused (on-error)", "; allowed by NEURON_PIN_ALLOW=on-error", ""]


def test_the_log_is_bounded(hook: Hook) -> None:
    path = hook.root / "var/log/neuron-pin.log"
    path.write_text("x" * (1 << 20) + "y")
    hook.call(CONFIG + line(TOOLS, "3.0.0.0"))
    assert path.stat().st_size < 1000
    assert (hook.root / "var/log/neuron-pin.log.1").stat().st_size > 1 << 20
    (hook.root / "var/log/neuron-pin.log.1").unlink()


def test_the_programs_are_of_an_old_python_too() -> None:
    """Python 3.6 is the oldest that a supported system has: what it could not parse is not used."""
    import ast

    from neuron_pin.hooks.programs import HERE

    for name in ("state.py", "verdict.py", "telling.py", "apt_hook.py", "dnf_plugin.py"):
        text = Path(HERE, name).read_text()
        tree = ast.parse(text, feature_version=(3, 6))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                notes = [a.annotation for a in node.args.args] + [node.returns]
                for note in notes:
                    # Not evaluated there: list[str] is no expression of 3.6.
                    assert note is None or isinstance(note, (ast.Constant, ast.Name)), ast.dump(
                        note
                    )
            if isinstance(node, ast.ImportFrom):
                assert node.module != "__future__"


def pythons() -> list[str]:
    """Every Python 3 that is to be had: on the PATH, and those that pyenv keeps."""
    named = [shutil.which(f"python3.{minor}") for minor in range(6, 16)]
    kept = sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))
    return [path for path in [*named, *kept] if path and "shims" not in path]


@pytest.mark.parametrize("python", pythons())
def test_every_python_that_is_here_judges_alike(hook: Hook, python: str) -> None:
    program = hook.root / "usr/lib/neuron-pin/apt-hook"
    told = set()
    for data, code in (
        (CONFIG + line(TOOLS, "3.0.0.0"), 10),
        (CONFIG + line(TOOLS, "2.28.23.0-1"), 0),
        (CONFIG + line(TOOLS, "3.0")[:30], 0),
        (CONFIG + line("linux-image-6.14.0-1-aws", "1"), 0),
    ):
        done = subprocess.run(
            [python, "-IS", str(program), "--stdin"], input=data, capture_output=True, check=False,
            env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        told.add(done.stderr)
    assert len(told) == 3
