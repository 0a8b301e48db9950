"""What is tried on the fleet, in this order: each scene goes on from what the one before left."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .controller import Run
from .hosts import AFTER, BEFORE, RELEASES
from .trial import Trial, require, require_same

SITE, ROLLING, REPORT = (f"neuron_pin.neuron.{name}" for name in ("site", "rolling", "report"))
OWN = (
    "run/lab", "tmp", "root", "var/cache", "var/log", "run/sshd", "var/lib/neuron-pin.rolling", "proc",
)  # fmt: skip
"""What of a root says nothing about its state: caches, logs, connections, the lab's own."""


def snapshot(trial: Trial, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What was ever changed on hosts: the files of their own layer, by their digests."""
    return {name: _list_files(trial.uppers[name]) for name in sorted(names)}


def _list_files(upper: Path) -> dict[str, str]:
    found = {}
    for folder, folders, files in os.walk(upper):
        inside = os.path.relpath(folder, upper)
        folders[:] = [each for each in folders if os.path.normpath(f"{inside}/{each}") not in OWN]
        for name in files:
            path = Path(folder, name)
            kind = os.lstat(path)
            # A whiteout is a device without a number.
            text = path.read_bytes() if kind.st_size and not path.is_symlink() else b""
            found[os.path.normpath(f"{inside}/{name}")] = hashlib.sha256(text).hexdigest()
    return found


def neuron_packages(packages: Mapping[str, str]) -> dict[str, str]:
    """Of the packages of a host those of Neuron, without hold, revision and release."""
    return {
        name: text.split(":")[-1].split(" ")[-1].partition("-")[0]
        for name, text in packages.items()
        if name.startswith("aws-neuron")
    }


def faulty(trial: Trial) -> set[str]:
    """The hosts that cannot be brought to a lock."""
    return {host.name for host in trial.hosts if host.fault is not None}


def play(trial: Trial, playbook: str, *words: str, sdk: str, **variables: Any) -> Run:
    """Run a playbook of the collection for a release."""
    return trial.controller.play(
        playbook,
        *words,
        variables={
            "neuron_pin_hosts": "all",
            "neuron_pin_sdk": sdk,
            "neuron_pin_locks": str(trial.controller.folder / f"locks-{sdk}"),
            **variables,
        },
    )


def ping(trial: Trial) -> None:
    """A bare module on every host, for comparison: the unreachable are named, others answer."""
    playbook = trial.controller.folder / "ping.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n"
    )
    run = trial.controller.play(playbook)
    trial.measure("ping", run, len(trial.hosts))
    require_same(run.of("unreachable"), trial.named("unreachable"), "other hosts are unreachable")
    require_same(run.of("ok"), trial.reachable, "other hosts answered")


def facts(trial: Trial) -> None:
    """Facts and findings of every host in one call, at most 8,000 bytes each, changing nothing."""
    playbook = trial.controller.folder / "facts.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - neuron_pin.neuron.facts:\n        check: true\n"
    )
    before = snapshot(trial, trial.reachable)
    first = trial.controller.play(playbook)
    trial.measure("facts and check, the program sent", first, len(trial.hosts))
    run = trial.controller.play(playbook)
    trial.measure("facts and check", run, len(trial.hosts))
    require_same(run.of("unreachable"), trial.named("unreachable"), "other hosts are unreachable")
    require_same(run.of("ok"), trial.reachable, "other hosts answered", tell(run))
    require_same(run.changes(), [], "facts changed something")
    require_same(snapshot(trial, trial.reachable), before, "facts changed a file")
    for result in run.results:
        if result.outcome == "ok":
            found = result.result["ansible_facts"]["neuron_pin"]
            size = len(json.dumps(found, separators=(",", ":")))
            require(size <= 8000, f"{result.host}: {size} bytes of facts")


def tell(run: Run) -> str:
    """The failures of a run."""
    return "\n".join(
        f"{each.host}: {each.task}: {str(each.result.get('msg'))[:600]} "
        f"{str(each.result.get('stderr', ''))[:300]}"
        for each in run.results
        if each.outcome in ("failed", "unreachable")
    )


def site(trial: Trial) -> None:
    """Check mode predicts what the real run does on each host; the faulty are named, the rest goes
    on."""
    before = trial.packages()
    predicted = play(trial, SITE, "--check", "--diff", sdk=BEFORE)
    require_same(trial.packages(), before, "check mode changed packages")
    real = play(trial, SITE, "--diff", sdk=BEFORE)
    trial.measure("site", real, len(trial.hosts))
    require_same(
        real.of("failed", "unreachable"), faulty(trial), "other hosts failed\n" + tell(real)
    )
    compare(predicted, real, trial.reachable - faulty(trial))
    after = trial.packages()
    for host in trial.hosts:
        if host.fault is None:
            got = neuron_packages(after[host.name])
            require_same(got, RELEASES[BEFORE], f"{host.name} ({host.of.name}) has other packages")


def compare(predicted: Run, real: Run, names: set[str]) -> None:
    """Require that a run in check mode said what the real run then did."""
    require_same(told(predicted, names), told(real, names), "check mode predicted something else")


def told(run: Run, names: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    """What a run says of hosts: what changed, and how."""
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in sorted(names)}
    for each in run.results:
        if each.host in names and each.outcome in ("changed", "failed"):
            rows[each.host].append(
                (each.task, each.outcome, each.result.get("diff"), each.result.get("after"))
            )
    return rows


def again(trial: Trial) -> None:
    """A second run changes nothing on any host."""
    healthy = trial.reachable - faulty(trial)
    before = snapshot(trial, healthy)
    run = play(trial, SITE, sdk=BEFORE)
    trial.measure("site again", run, len(trial.hosts))
    require_same([row for row in run.changes() if row[0] in healthy], [], "a second run changed")
    require_same(snapshot(trial, healthy), before, "a second run changed a file")


def roll(trial: Trial, *words: str, **variables: Any) -> Run:
    """The roll-out to the next release."""
    return play(
        trial, ROLLING, *words, sdk=AFTER, rolling_drain="slurm",
        rolling_verify_command=["/usr/local/sbin/prove"], **variables,
    )  # fmt: skip


def bad_canary(trial: Trial) -> None:
    """A bad canary stops the roll-out; it is rolled back package for package, and the rest is
    untouched."""
    canary = trial.hosts[0]
    others = trial.reachable - {canary.name}
    before, files = trial.packages(), snapshot(trial, others)
    own = snapshot(trial, [canary.name])
    bad = trial.roots.root(canary) / "run/lab/bad"
    bad.touch()
    run = roll(trial)
    bad.unlink()
    require(run.code != 0, "a roll-out that stopped ended with 0")
    require(canary.name in run.of("failed"), "the canary did not fail", tell(run))
    require_same(trial.packages(), before, "packages are not as they were")
    require_same(snapshot(trial, others), files, "another host was touched")
    require_pins(own, snapshot(trial, [canary.name]), canary.name)
    state = (trial.roots.root(canary) / "run/lab/slurm").read_text().strip()
    require_same(state, "IDLE", "the canary gets no work")


def require_pins(
    before: dict[str, dict[str, str]], after: dict[str, dict[str, str]], name: str
) -> None:
    """Require that pins and hook of a host are what they were, byte for byte."""
    places = ("etc/apt/", "etc/dnf/", "usr/lib/neuron-pin/", "var/lib/neuron-pin/apt.state")
    kept, got = (
        {path: text for path, text in each[name].items() if path.startswith(places)}
        for each in (before, after)
    )
    require_same(got, kept, f"pins of {name} are not as they were")


def lost_host(trial: Trial) -> None:
    """A host that never comes back stops the roll-out after its batch; later ones are untouched."""
    healthy = [host for host in trial.hosts if host.fault is None]
    batch = max(2, len(trial.hosts) // 10)
    victim, rest = healthy[1], [host.name for host in healthy[batch + 1 :]]
    files = snapshot(trial, rest)
    flag = trial.roots.root(victim) / "run/lab/never-back"
    flag.touch()
    run = roll(
        trial, neuron_pin_serial=[1, batch], rolling_reload="reboot", rolling_reboot_timeout=5,
        neuron_pin_hosts=":".join(host.name for host in healthy),
    )  # fmt: skip
    flag.unlink()
    (trial.roots.root(victim) / "run/lab/lost").unlink(missing_ok=True)
    require(run.code != 0, "a roll-out that stopped ended with 0")
    require(victim.name in run.of("failed", "unreachable"), "the host was not lost", tell(run))
    require_same(snapshot(trial, rest), files, "a host of a later batch was touched")
    stopped = [each for each in run.results if each.task.endswith("Say what stops the roll-out")]
    require(
        any(victim.name in str(each.result.get("msg")) for each in stopped), "nothing stopped it"
    )


def killed(trial: Trial) -> None:
    """The controller is killed in the middle of the roll-out; run again, it converges."""
    healthy = trial.reachable - faulty(trial)
    share = {"rolling_allowed_failures": "20%"}
    number = len(trial.hosts)
    variables = {
        "neuron_pin_hosts": "all", "neuron_pin_sdk": AFTER,
        "neuron_pin_locks": str(trial.controller.folder / f"locks-{AFTER}"),
        "rolling_drain": "slurm", "rolling_verify_command": ["/usr/local/sbin/prove"], **share,
    }  # fmt: skip
    stopped = trial.controller.play(ROLLING, variables=variables, kill_after=8 * number)
    require(stopped.code != 0, "the controller was not killed")
    done = [
        name for name, packages in trial.packages().items()
        if name in healthy and neuron_packages(packages) == RELEASES[AFTER]
    ]  # fmt: skip
    require(
        0 < len(done) < len(healthy), f"{len(done)} of {len(healthy)} were done when it was killed"
    )
    run = roll(trial, **share)
    trial.measure("rolling", run, number)
    require_same(run.of("failed", "unreachable"), faulty(trial), "other hosts failed\n" + tell(run))
    after = trial.packages()
    for name in sorted(healthy):
        require_same(neuron_packages(after[name]), RELEASES[AFTER], f"{name} has other packages")
        state = trial.roots.place / "roots" / name / "run/lab/slurm"
        if state.exists():
            require_same(state.read_text().strip(), "IDLE", f"{name} gets no work")


def rolled_again(trial: Trial) -> None:
    """A second roll-out changes nothing on any host, and drains none."""
    healthy = trial.reachable - faulty(trial)
    before = snapshot(trial, healthy)
    run = roll(trial, rolling_allowed_failures="20%")
    require_same([row for row in run.changes() if row[0] in healthy], [], "a second run changed")
    require_same(snapshot(trial, healthy), before, "a second run changed a file")


SCENES: tuple[Callable[[Trial], None], ...] = (
    ping, facts, site, again, bad_canary, lost_host, killed, rolled_again,
)  # fmt: skip
