"""What versions beyond the facts cost a lock.

    python benchmarks/newer_versions.py [PAIRS]

Two package indexes on disk have every version that releases ship of torch-neuronx and of the Neuron
packages that it requires; one of them has 200 newer versions beside these, of each package in turn.
`neuron-pin lock torch-neuronx==2.*` runs against both in turns, in a process each.  Printed are the
medians of their processor time, and of the ratio within each pair.  The status is 1 if that is more
than 1.3.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from conftest import wheel

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.policy.version import spell_mark

NEWER = 200
PAIRS = 30
MOST = 1.3

LINES = {
    "torch-neuronx": "2.9.0.2.{}.40000",
    "libneuronxla": "2.2.{}00000.0",
    "neuronx-cc": "2.{}.1.0",
}
"""Versions that are newer than the facts."""
NEURON = ("libneuronxla<3.0,>2.0.965", "neuronx-cc==2.*")


def publish(folder: Path, newer: int) -> Path:
    """An index of every version of a release, and of so many newer ones."""
    catalog = Catalog(EMBEDDED)
    versions = {name: [spell_mark(v) for v in catalog.shipped(name) if v] for name in LINES}
    for number in range(newer):
        name = list(LINES)[number % len(LINES)]
        versions[name].append(LINES[name].format(28 + number))
    series = {".".join(version.split(".")[:2]) for version in versions["torch-neuronx"]}
    versions["torch"] = [f"{each}.0" for each in series]
    for name, found in versions.items():
        page = folder / ("public" if name == "torch" else "neuron") / name
        page.mkdir(parents=True)
        links = []
        for version in found:
            requires: tuple[str, ...] = ()
            if name == "torch-neuronx":
                requires = (f"torch=={'.'.join(version.split('.')[:2])}.*", *NEURON)
            file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            (page / file).write_bytes(wheel(name, version, requires))
            links.append(f'<a href="{file}">{file}</a>')
        (page / "index.html").write_text("\n".join(["<!DOCTYPE html>", *links]))
    return folder


def measure(index: Path, cache: Path) -> tuple[float, str]:
    """Processor seconds of one lock in a process of its own, and what it prints."""
    public, neuron = (index / "public").as_uri(), (index / "neuron").as_uri()
    command = [
        sys.executable, "-m", "neuron_pin", "lock", "torch-neuronx==2.*", "--instance", "trn2",
        "--python", "3.12", "--as-of", "2026-08-21", "--index-url", public,
        "--neuron-index-url", neuron, "--cache-dir", str(cache), "--format", "text",
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, done.stdout.partition("Excluded:")[0]


def main() -> int:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain, beyond = publish(folder / "plain", 0), publish(folder / "beyond", NEWER)
        times = []
        for number in range(pairs + 1):
            order = (plain, beyond) if number % 2 else (beyond, plain)
            found = {index: measure(index, folder / "cache") for index in order}
            if found[plain][1] != found[beyond][1]:
                sys.exit(f"not the same lock:\n{found[plain][1]}\n{found[beyond][1]}")
            times.append((found[plain][0], found[beyond][0]))
    without, newer = (statistics.median(column) for column in zip(*times[1:], strict=True))
    ratio = statistics.median(beyond / plain for plain, beyond in times[1:])
    print(f"without {without * 1000:.0f} ms, with {NEWER} newer versions {newer * 1000:.0f} ms")
    print(f"ratio {ratio:.2f} (at most {MOST}), {pairs} pairs")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
