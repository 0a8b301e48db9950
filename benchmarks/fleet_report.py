"""`fleet report` over many hosts: seconds, peak memory, and how both grow.

    python benchmarks/fleet_report.py [HOSTS]

Writes the facts of a made-up fleet (ten classes, drifted, held, half-configured hosts, places of
environments that are each host's own on every tenth), then reports on a tenth, a half and all of it
against two locks and the same facts of an earlier day. The bars: 5 seconds and 200 MB for 10,000
hosts, and no more than linear growth.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BAR_SECONDS, BAR_MEGABYTES = 5.0, 200
RUN = (
    "import resource, sys; from neuron_pin.cli import main; code = main(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr); "
    "sys.exit(code)"
)
CLASSES = [
    (instance, system, python, kernel)
    for instance in ("trn1", "trn2")
    for system, python, kernel in (
        ("ubuntu22.04", "3.10", "6.8.0-1015-aws"),
        ("ubuntu22.04", "3.10", "5.15.0-1070-aws"),
        ("ubuntu24.04", "3.12", "6.8.0-1024-aws"),
        ("ubuntu24.04", "3.12", "6.14.0-1010-aws"),
        ("amzn2023", "3.11", "6.1.140-154.222.amzn2023"),
    )
]
PLACE = "/var/lib/dpkg/status"


def make_facts(
    number: int, draw: random.Random, day: str, versions: dict[str, str]
) -> dict[str, Any]:
    """A document of a host: mostly as its class is, sometimes not."""
    instance, system, python, kernel = CLASSES[number % len(CLASSES)]
    lot = draw.randrange(100)
    own = f"/home/team-{number}/venv" if lot < 10 else "/opt/aws_neuronx_venv_pytorch"
    packages = [
        {"ecosystem": "rpm" if system == "amzn2023" else "apt", "name": name,
         "version": "2.26.5.0" if name == "aws-neuronx-dkms" and 10 <= lot < 20 else version,
         "held": lot == 21}
        for name, version in sorted(versions.items())
    ]  # fmt: skip
    if lot == 22:
        packages[0]["state"] = "half-configured"
    findings = [
        {"rule": rule, "severity": severity, "subject": f"{package['name']} {package['version']}",
         "place": PLACE}
        for package in packages
        for rule, severity in (("NP207", "warning"), ("NP305", "warning"), ("NP508", "error"))
        if lot % 7 != 3
    ]  # fmt: skip
    rules: dict[str, int] = {}
    for finding in findings:
        rules[finding["rule"]] = rules.get(finding["rule"], 0) + 1
    return {
        "schema_version": 1, "kind": "host-facts", "gather": "summary",
        "host": f"node-{number:05}", "day": day, "program": "0.1.0", "catalog": "2026-08-21",
        "os": system, "machine": "x86_64", "instance": instance, "kernel": kernel,
        "class": {"name": "x", "family": instance, "os": system, "python": python, "kernel": "x"},
        "python": {"default": python, "available": [python]},
        "driver": {"loaded": versions["aws-neuronx-dkms"], "installed": None, "devices": 16},
        "sdk": None, "packages": packages,
        "environments": [
            {"paths": [f"{own}-{inner}"], "python": python,
             "packages": {"torch-neuronx": "2.8.0.2.10.16998", "neuronx-cc": "2.21.18209.0",
                          "torch": "2.8.0", "numpy": "1.26.4"}}
            for inner in range(8)
        ],
        "pins": [
            {"manager": "apt", "names": [name], "type": "version", "value": f"/^(?!{version})/",
             "priority": -1, "place": f"/etc/apt/preferences.d/00-neuron-pin.pref:{line}",
             "own": True}
            for line, (name, version) in enumerate(versions.items(), 10)
        ],
        "hooks": [{"kind": "apt", "sdk": "2.31.1", "family": instance, "expires": "2027-01-01",
                   "facts": "2026-08-21", "pins": "0" * 64}],
        "lock": {"place": "/etc/neuron-pin/lock.json", "sha256": "1" * 64, "sdk": "2.31.1"},
        "rules": rules, "findings": findings,
        "left_out": {"packages": 0, "environments": 0, "pins": 0, "findings": 0},
    }  # fmt: skip


def write_fleet(folder: Path, count: int, day: str, versions: dict[str, str]) -> int:
    """A fleet as a folder of documents; gives the bytes of them."""
    draw = random.Random(7)
    folder.mkdir()
    size = 0
    for number in range(count):
        text = json.dumps(make_facts(number, draw, day, versions), separators=(",", ":"))
        (folder / f"node-{number:05}.json").write_text(text)
        size += len(text)
    return size


def run(*words: str) -> tuple[float, float, int, int]:
    """Seconds, seconds of the processor, MB and exit code of a command."""
    before, began = os.times(), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False
    )
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return time.monotonic() - began, spent, int(done.stderr.split()[-1]), done.returncode


def main() -> int:
    whole = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    failed = False
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        locks = []
        for instance, system in (("trn2", "ubuntu24.04"), ("trn1", "ubuntu22.04")):
            path = str(folder / f"{instance}.json")
            run("lock", "--offline", "-q", "--instance", instance, "--os", system,
                "--python", "3.11", "--as-of", "2026-08-20", "-o", path)  # fmt: skip
            locks += ["--lock", path]
        lock = json.loads(Path(locks[1]).read_text())
        versions = {p["name"]: p["version"] for p in lock["packages"] if p["ecosystem"] == "apt"}
        first = 0.0
        for count in (whole // 10, whole // 2, whole):
            now, before = folder / f"now-{count}", folder / f"before-{count}"
            size = write_fleet(now, count, "2026-08-20", versions)
            earlier = {**versions, "aws-neuronx-tools": "2.25.145.0"}
            write_fleet(before, count, "2026-08-01", earlier)
            for form in ("html", "json", "csv", "sarif"):
                extra = ["--before", str(before)] if form == "html" else []
                seconds, spent, peak, code = run(
                    "fleet", "report", str(now), *locks, *extra, "--as-of", "2026-08-20", "-q",
                    "-o", str(folder / f"out.{form}"), "--overwrite",
                )  # fmt: skip
                written = (folder / f"out.{form}").stat().st_size
                print(
                    f"{count:6} hosts ({size / count / 1000:.1f} kB each), {form:5} "
                    f"{'with drift' if extra else '':10} {seconds:6.2f} s, {spent:6.2f} CPU s, "
                    f"{peak:4} MB, {written / 1e6:6.2f} MB written, exit code {code}"
                )
                if form == "json":
                    first = first or spent / count
                    print(f"{'':6} {spent / count * 1000:.3f} ms a host, "
                          f"{spent / count / first:.2f} times that of a tenth")  # fmt: skip
                    if count >= 10_000 or count == whole:
                        failed |= seconds > BAR_SECONDS or peak > BAR_MEGABYTES
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
