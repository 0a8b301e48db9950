"""What is tried on the fleet, in this order: each scene goes on from what the one before left."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .controller import Result, Run
from .hosts import AFTER, BEFORE, DRIVER, RELEASES, REVISION
from .trial import Trial, require, require_same

SITE, ROLLING, REPORT = (f"neuron_pin.neuron.{name}" for name in ("site", "rolling", "report"))
ROLL = {
    "rolling_drain": "slurm",
    "rolling_verify_command": ["/usr/local/sbin/prove"],
    # Nobody but the vendor can sign for the vendor: the lab's repositories are not signed.
    "rolling_ignore": ["NP602"],
}
"""How hosts are moved: drained by Slurm, and proved by a command that a file makes fail."""
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
            if name.startswith("rpmdb.sqlite-") or name == "before-apply.json.lock":
                continue  # what SQLite keeps while somebody reads, and who applies
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


def loaded(trial: Trial, name: str) -> str:
    """The driver that a host has loaded."""
    return (trial.roots.place / "roots" / name / "sys/module/neuron/version").read_text().strip()


def faulty(trial: Trial, sdk: str = AFTER) -> set[str]:
    """The hosts that cannot be brought to a release.  One that refuses changes has the release
    already where its class has."""
    return {
        host.name
        for host in trial.hosts
        if host.fault is not None
        and not (
            host.fault == "refusing" and host.of.installed == RELEASES[sdk] and host.of.half is None
        )
    }


def play(trial: Trial, playbook: str, *words: str, sdk: str, **variables: Any) -> Run:
    """Run a playbook of the collection for a release."""
    return trial.controller.play(
        playbook,
        *words,
        variables={
            "neuron_pin_hosts": "all",
            "neuron_pin_sdk": sdk,
            "neuron_pin_locks": f"locks-{sdk}",
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
    able = trial.reachable - trial.named("full")
    before = snapshot(trial, able)
    first = trial.controller.play(playbook)
    trial.measure("facts and check, the program sent", first, len(trial.hosts))
    run = trial.controller.play(playbook)
    trial.measure("facts and check", run, len(trial.hosts))
    require_same(run.of("unreachable"), trial.named("unreachable"), "other hosts are unreachable")
    require_same(run.of("ok"), able, "other hosts answered", tell(run))
    require_same(run.changes(), [], "facts changed something")
    require_same(snapshot(trial, able), before, "facts changed a file")
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
    healthy = trial.reachable - faulty(trial, BEFORE)
    before, files = trial.packages(), snapshot(trial, healthy)
    predicted = play(trial, SITE, "--check", "--diff", sdk=BEFORE, neuron_pin_hosts=trial.well)
    require_same(trial.packages(), before, "check mode changed packages")
    require_same(snapshot(trial, healthy), files, "check mode changed a file")
    real = play(trial, SITE, "--diff", sdk=BEFORE)
    trial.measure("site", real, len(trial.hosts))
    require_same(
        real.of("failed", "unreachable"), faulty(trial, BEFORE), "other hosts failed\n" + tell(real)
    )
    compare(predicted, real, set(trial.well.split(":")) if trial.is_short else healthy)
    after = trial.packages()
    for host in trial.hosts:
        if host.fault is None:
            got = neuron_packages(after[host.name])
            require_same(got, RELEASES[BEFORE], f"{host.name} ({host.of.name}) has other packages")
            require_same(
                loaded(trial, host.name), RELEASES[BEFORE][DRIVER], f"driver of {host.name}"
            )


def compare(predicted: Run, real: Run, names: set[str]) -> None:
    """Require that a run in check mode said what the real run then did."""
    require_same(told(predicted, names), told(real, names), "check mode predicted something else")


def told(run: Run, names: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    """What a run says of hosts: what changed, and how.  Check mode knows the versions of packages
    that it would install, but not their revisions; a hook that is installed makes one step of two,
    so the steps are not compared."""
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in sorted(names)}
    for each in run.results:
        if each.host in names and each.outcome in ("changed", "failed") and not _is_of_lock(each):
            after = each.result.get("after")
            rows[each.host].append(
                (each.task, each.outcome, _strip(each.result.get("diff")), _strip(after))
            )
    return rows


def _is_of_lock(result: Result) -> bool:
    """Whether a result is of the controller's locks, which check mode writes as well."""
    return result.action.endswith(".lock")


def _strip(value: Any) -> Any:
    """A diff or a table of packages, without revisions of versions."""
    return json.loads(re.sub(rf"-({REVISION}|1)\b", "", json.dumps(value)))


def again(trial: Trial) -> None:
    """A second run changes nothing on any host."""
    healthy = trial.reachable - faulty(trial)
    before = snapshot(trial, healthy)
    run = play(trial, SITE, sdk=BEFORE, neuron_pin_hosts=trial.well)
    trial.measure("site again", run, len(run.outcomes().keys() - {"localhost"}))
    require_same([row for row in run.changes() if row[0] in healthy], [], "a second run changed")
    require_same(snapshot(trial, healthy), before, "a second run changed a file")
    warned = [
        each.host
        for each in run.results
        if each.action.endswith("apply") and each.result.get("warnings")
    ]
    require_same(warned, [], "a second run warned")


def report(trial: Trial) -> None:
    """A report on facts in Ansible's cache: gathered now, and from the cache without touching a
    host; the hosts that cannot be reached are not invented."""
    folder = trial.controller.folder
    settings = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
    }  # fmt: skip
    variables = {
        "neuron_pin_hosts": trial.pattern, "neuron_pin_locks": f"locks-{BEFORE}",
        "neuron_pin_before": str(folder / "facts-before"),
        "neuron_pin_report": str(folder / "fleet.json"),
    }  # fmt: skip
    files = snapshot(trial, trial.reachable)
    run = trial.controller.play(REPORT, variables=variables, settings=settings)
    trial.measure("report", run, len(trial.rolled))
    require(run.of("failed") <= trial.named("full"), "the first report failed", tell(run))
    asked = {host.name for host in trial.rolled} & trial.reachable
    require_same(snapshot(trial, trial.reachable), files, "a report changed a file")
    first = json.loads((folder / "fleet.json").read_text())
    answered = run.of("ok") - {"localhost"}
    require_same({host["name"] for host in first["hosts"]}, answered, "hosts of the report")
    require_same(answered | trial.named("full"), asked, "others did not answer", tell(run))
    healthy = {host.name for host in trial.hosts if host.fault is None}
    old = [h["name"] for h in first["hosts"] if h["name"] in healthy and h["release"] != BEFORE]
    require_same(old, [], f"the report does not say that these have {BEFORE}")
    run = trial.controller.play(
        REPORT, variables={**variables, "neuron_pin_gather": False}, settings=settings
    )
    require_same(set(run.outcomes()), {"localhost"}, "a host was touched")
    require_same(run.code, 0, "the report from the cache failed", tell(run))
    second = json.loads((folder / "fleet.json").read_text())
    require_same(second["hosts"], first["hosts"], "the cache says something else")


def roll(trial: Trial, *words: str, **variables: Any) -> Run:
    """The roll-out to the next release."""
    return play(
        trial, ROLLING, *words, sdk=AFTER, **{"neuron_pin_hosts": trial.pattern, **ROLL, **variables},
    )  # fmt: skip


def serial(trial: Trial) -> dict[str, Any]:
    """Batches: in the short form few, for the time that each takes; the first is of those that an
    earlier scene has moved."""
    return {"neuron_pin_serial": [3, 1, "100%"]} if trial.is_short else {}


def bad_canary(trial: Trial) -> None:
    """A bad canary stops the roll-out; it is rolled back package for package, and the rest is
    untouched."""
    canary = trial.hosts[0]
    others = trial.reachable - {canary.name}
    before, files = trial.packages(), snapshot(trial, others)
    own = snapshot(trial, [canary.name])
    bad = trial.roots.root(canary) / "run/lab/bad"
    bad.touch()
    run = roll(
        trial, neuron_pin_hosts=trial.few,
        rolling_drain="command", rolling_drain_command=["/usr/local/sbin/work", "away"],
        rolling_undrain_command=["/usr/local/sbin/work", "back"],
    )  # fmt: skip
    bad.unlink()
    require(run.code != 0, "a roll-out that stopped ended with 0")
    failed = {
        each.task for each in run.results if each.host == canary.name and each.outcome == "failed"
    }
    require(any("Prove that" in task for task in failed), "something else failed", tell(run))
    require_same(trial.packages(), before, "packages are not as they were")
    require_same(snapshot(trial, others), files, "another host was touched")
    require_pins(own, snapshot(trial, [canary.name]), canary.name)
    lab = trial.roots.root(canary) / "run/lab"
    calls = [line for line in (lab / "calls").read_text().splitlines() if line.startswith("work ")]
    require_same(calls, ["work away", "work back"], "the canary was drained in another way")
    require(not (lab / "away").exists(), "the canary gets no work")


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
    healthy = [host for host in trial.rolled if host.fault is None]
    batch = max(2, len(trial.rolled) // 10)
    victim = next(host for host in healthy[1 : batch + 1] if host.address is None)
    rest = [host.name for host in healthy[batch + 1 :]]
    files = snapshot(trial, rest)
    flag = trial.roots.root(victim) / "run/lab/never-back"
    flag.touch()
    run = roll(
        trial, neuron_pin_serial=[1, batch], rolling_reboot_timeout=5,
        rolling_reload="module" if trial.is_short else "reboot",
        neuron_pin_hosts=":".join(host.name for host in healthy),
        rolling_drain="kubernetes", rolling_drain_on="{{ inventory_hostname }}",
    )  # fmt: skip
    flag.unlink()
    (trial.roots.root(victim) / "run/lab/lost").unlink(missing_ok=True)
    require(run.code != 0, "a roll-out that stopped ended with 0")
    lost = run.of("failed", "unreachable") - {rest[0]}
    require_same(lost, {victim.name}, "another host was lost\n" + tell(run))
    require_same(snapshot(trial, rest), files, "a host of a later batch was touched")
    cordoned = {
        host.name for host in healthy if (trial.roots.root(host) / "run/lab/cordoned").exists()
    }
    require_same(cordoned, {victim.name}, "other hosts are cordoned")
    stopped = [each for each in run.results if each.task.endswith("Say what stops the roll-out")]
    require(
        any(victim.name in str(each.result.get("msg")) for each in stopped), "nothing stopped it"
    )


def busy(trial: Trial) -> None:
    """A host whose devices are in use is not changed, and counts as failed."""
    host = next(each for each in trial.rolled[1:] if each.fault is None and not each.of.is_dnf)
    root = trial.roots.root(host)
    (root / "dev/neuron0").touch()
    before = snapshot(trial, [host.name])
    user = subprocess.Popen(["chroot", root, "sh", "-c", "exec sleep 600 3<>/dev/neuron0"])
    try:
        run = roll(trial, neuron_pin_hosts=host.name)
    finally:
        user.kill()
        user.wait()
    require_same(run.of("failed"), {host.name}, "the host did not fail", tell(run))
    require("Neuron devices" in tell(run), "it failed for another reason", tell(run))
    require_same(snapshot(trial, [host.name]), before, "a host in use was changed")
    require_same(slurm(trial, host.name), "IDLE", "it gets no work")


def slurm(trial: Trial, name: str) -> str:
    """The state of a host in the scheduler."""
    path = trial.roots.place / "roots" / name / "run/lab/slurm"
    return path.read_text().strip() if path.exists() else "IDLE"


def killed(trial: Trial) -> None:
    """The controller is killed in the middle of the roll-out; run again, it converges."""
    healthy = {host.name for host in trial.rolled} - faulty(trial)
    share = {"rolling_allowed_failures": "50%", **serial(trial)}
    variables = {
        "neuron_pin_hosts": trial.well, "neuron_pin_sdk": AFTER,
        "neuron_pin_locks": f"locks-{AFTER}", **ROLL, **share,
    }  # fmt: skip
    old = {name for name in healthy if loaded(trial, name) != RELEASES[AFTER][DRIVER]}
    # What somebody else drained stays drained.
    drained = max(old)
    (trial.roots.place / "roots" / drained / "run/lab/slurm").write_text("IDLE+DRAIN\n")
    half = ("Apply the lock", max(1, len(old) // 2))
    stopped = trial.controller.play(ROLLING, variables=variables, kill_after=half)
    require(stopped.code != 0, "the controller was not killed")
    left = {name for name in old if loaded(trial, name) != RELEASES[AFTER][DRIVER]}
    require(set() < left < old, f"{len(left)} of {len(old)} were left when it was killed")
    run = roll(trial, **share)
    trial.measure("rolling", run, len(trial.rolled))
    ill = faulty(trial) & {host.name for host in trial.rolled}
    require_same(run.of("failed", "unreachable"), ill, "other hosts failed\n" + tell(run))
    packages = trial.packages()
    for name in sorted(healthy):
        require_same(neuron_packages(packages[name]), RELEASES[AFTER], f"{name} has other packages")
        require_same(loaded(trial, name), RELEASES[AFTER][DRIVER], f"driver of {name}")
        state = "IDLE+DRAIN" if name == drained else "IDLE"
        require_same(slurm(trial, name), state, f"{name} is not in its state")


def rolled_again(trial: Trial) -> None:
    """A second roll-out changes nothing on any host, and drains none."""
    healthy = {host.name for host in trial.rolled} - faulty(trial)
    before = snapshot(trial, healthy)
    run = roll(trial, rolling_allowed_failures="50%", neuron_pin_hosts=trial.well, **serial(trial))
    require_same([row for row in run.changes() if row[0] in healthy], [], "a second run changed")
    require_same(snapshot(trial, healthy), before, "a second run changed a file")


SHORT = ("site", "again", "report", "bad_canary", "busy", "lost_host", "killed", "rolled_again")
"""The scenes of the short form."""
SCENES: tuple[Callable[[Trial], None], ...] = (
    ping, facts, site, again, report, bad_canary, busy, lost_host, killed, rolled_again,
)  # fmt: skip
