#!/bin/sh
# uv-marker-names-a-pre-release-of-python: uv reads `python_full_version != "3.14.0rc1"` as != "3.14.0" and leaves the dependency out on the final Python.
#
# Seen with: uv 0.13.9, packaging 26.4 (PyPI), 2026-11-28
# Expected:  3.14.0 is another version than 3.14.0rc1 (PEP 440), and markers on versions compare by
#            PEP 440 (PEP 508): a dependency that is left out on one broken release candidate of
#            Python is installed on the final one. packaging, and so pip, says so
# Behavior:  uv cuts the pre-release off the version in the marker. On 3.14.0 the dependency with
#            != is gone and the one with == is there, both the wrong way round; a universal
#            resolution writes the changed marker out, so every tool that reads the result follows.
#            Python 3.14.1 is not concerned, so it goes unnoticed until somebody runs a .0.
# Output:    avoid==1 ; python_full_version != '3.14'
# Matters:   packages that keep away from one release candidate of Python
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q uv==0.13.9 packaging==26.4; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install uv 0.13.9 and packaging 26.4 from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import os, pathlib, subprocess, sys, zipfile
from packaging.markers import Marker

MARKERS = {
    "avoid": 'python_full_version != "3.14.0rc1"',
    "only": 'python_full_version == "3.14.0rc1"',
}
pathlib.Path("wheels").mkdir()
for name, requires in {"avoid": {}, "only": {}, "app": MARKERS}.items():
    with zipfile.ZipFile(f"wheels/{name}-1-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
        metadata += "".join(f"Requires-Dist: {key}; {marker}\n" for key, marker in requires.items())
        wheel.writestr(f"{name}-1.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")

ours = {k: v for k, v in os.environ.items() if not k.startswith("UV_")}

def uv(*options):
    command = ["v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-index", "-f", "wheels",
               "--no-header", "--no-annotate", "--offline", "--no-python-downloads", *options, "-"]
    done = subprocess.run(command, env=ours, input="app", capture_output=True, text=True)
    return " | ".join((done.stdout or done.stderr).splitlines())

def packaging(python):
    there = {"python_full_version": python}
    names = [name for name, marker in MARKERS.items() if Marker(marker).evaluate(there)]
    return " | ".join(f"{name}==1" for name in sorted(["app", *names]))

failed = False
for what, seen, meant in [
    ("packaging on 3.14.0", packaging("3.14.0"), "app==1 | avoid==1"),
    ("uv for 3.14.0", uv("--python-version", "3.14.0"), "app==1 | only==1"),
    ("uv for 3.14.1", uv("--python-version", "3.14.1"), "app==1 | avoid==1"),
    ("uv, universal", uv("--universal", "--python-version", "3.9"), "app==1 | "
     "avoid==1 ; python_full_version != '3.14' | only==1 ; python_full_version == '3.14'"),
]:
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {what}: {seen}")
sys.exit(failed)
PY
