"""Ansible on the lab's hosts: the inventory, a run of a playbook, and what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .hosts import Host
from .roots import Roots

PROJECT = Path(__file__).resolve().parent.parent.parent
COLLECTIONS = PROJECT / "build/collections"
PLUGINS = PROJECT / "ansible/tests/fleet"


class Result(NamedTuple):
    """What a task did on a host: ``outcome`` is ok, changed, failed, ignored, unreachable or
    skipped."""

    host: str
    task: str
    action: str
    outcome: str
    result: dict[str, Any]


class Run(NamedTuple):
    """A run of a playbook.  ``processor`` and ``remote`` are seconds: of everything, and of what
    ran on hosts; ``peak`` is in MiB, of the largest process."""

    code: int
    results: tuple[Result, ...]
    output: str
    seconds: float
    processor: float
    remote: float
    peak: float

    def outcomes(self) -> dict[str, set[str]]:
        """The outcomes of each host."""
        found: dict[str, set[str]] = {}
        for result in self.results:
            found.setdefault(result.host, set()).add(result.outcome)
        return found

    def of(self, *outcomes: str) -> set[str]:
        """The hosts with at least one of these outcomes."""
        return {result.host for result in self.results if result.outcome in outcomes}

    def changes(self) -> list[tuple[str, str]]:
        """Hosts and tasks that changed something."""
        return [(each.host, each.task) for each in self.results if each.outcome == "changed"]


class Controller:
    """Where Ansible runs; its files are below ``folder``."""

    def __init__(self, folder: Path, roots: Roots, hosts: Sequence[Host], forks: int) -> None:
        self.folder = folder
        self.roots = roots
        self.hosts = hosts
        self.forks = forks
        (folder / "ansible.cfg").write_text("[defaults]\n")
        self.key = folder / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.inventory = folder / "inventory.yml"
        self.inventory.write_text(json.dumps(self._inventory(), indent=1))
        self.servers: list[subprocess.Popen[bytes]] = []
        for host in hosts:
            if host.address is not None:
                self._serve_ssh(host)

    def _inventory(self) -> dict[str, Any]:
        """The inventory; JSON is YAML."""
        rows: dict[str, dict[str, str]] = {}
        for host in self.hosts:
            if host.address is None:
                rows[host.name] = {
                    "ansible_connection": "lab_root", "lab_root": str(self.roots.root(host)),
                }  # fmt: skip
            else:
                rows[host.name] = {
                    "ansible_connection": "ssh", "ansible_host": host.address,
                    "ansible_user": "root", "ansible_ssh_private_key_file": str(self.key),
                }  # fmt: skip
        groups: dict[str, Any] = {}
        for host in self.hosts:
            group = groups.setdefault(host.of.name.replace("-", "_"), {"hosts": {}})
            group["hosts"][host.name] = {}
        return {
            "all": {
                "hosts": rows,
                "vars": {"ansible_python_interpreter": "/usr/bin/python3"},
                "children": groups,
            }
        }

    def _serve_ssh(self, host: Host) -> None:
        """Start a real sshd in the root of a host, on its own address."""
        root = self.roots.root(host)
        folder = root / "root/.ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "authorized_keys").write_text(self.key.with_suffix(".pub").read_text())
        (root / "run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.servers.append(
            subprocess.Popen(
                ["chroot", root, "/usr/sbin/sshd", "-D", "-e", "-o", f"ListenAddress={host.address}",
                 "-o", "Port=22", "-o", "UsePAM=no", "-o", "PermitRootLogin=prohibit-password",
                 "-o", "PidFile=none", "-o", "SetEnv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
                 "/usr/bin:/sbin:/bin"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip

    def environment(self, log: Path, usage: Path) -> dict[str, str]:
        """The settings of Ansible."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_INVENTORY": str(self.inventory),
            # Others read the file first, and find that it is not theirs.
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection_plugins"),
            "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "lab_log",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_FORKS": str(self.forks),
            "ANSIBLE_HOST_KEY_CHECKING": "0",
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s "
            "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=5",
            "ANSIBLE_DEPRECATION_WARNINGS": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
            "NEURON_PIN_LAB_LOG": str(log),
            "NEURON_PIN_LAB_USAGE": str(usage),
        }

    def play(
        self,
        playbook: Path | str,
        *words: str,
        variables: Mapping[str, Any] | None = None,
        settings: Mapping[str, str] | None = None,
        kill_after: tuple[str, int] | None = None,
    ) -> Run:
        """Run a playbook.  ``settings`` are further variables of the environment.  With
        ``kill_after`` the controller and its workers are killed as soon as a task of that name has
        changed so many hosts."""
        number = sum(1 for _ in self.folder.glob("*.log"))
        log, usage, output = (
            self.folder / f"{number}.{kind}" for kind in ("log", "usage", "output")
        )
        for path in (log, usage):
            path.touch()
        command = ["ansible-playbook", str(playbook), *words]
        if variables is not None:
            command += ["-e", json.dumps(variables)]
        begun = time.monotonic()
        with output.open("wb") as out:
            process = subprocess.Popen(
                command, env={**self.environment(log, usage), **(settings or {})}, cwd=self.folder, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        if kill_after is not None:
            while not _has_ended(process) and _count_changes(log, kill_after[0]) < kill_after[1]:
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)
        code, used = _wait(process)
        results = [Result(**json.loads(line)) for line in log.read_text().splitlines()]
        return Run(
            code,
            tuple(results),
            output.read_text(errors="replace"),
            time.monotonic() - begun,
            used.ru_utime + used.ru_stime,
            sum(map(float, usage.read_text().split())),
            used.ru_maxrss / 1024,
        )

    def close(self) -> None:
        """End the ssh servers."""
        for server in self.servers:
            server.terminate()
            server.wait()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a program has ended; it is still there to wait for."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, Any]:
    """Wait for a program: its exit code, and what it and its children used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used


def _count_changes(log: Path, task: str) -> int:
    """How many hosts a task has changed; a line that is still written is none of them."""
    lines = log.read_text().splitlines()
    return sum(f'{task}", "action"' in line and '"outcome": "changed"' in line for line in lines)
