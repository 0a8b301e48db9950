#!/bin/sh
# poetry-compatible-release-in-a-marker: poetry reads `python_full_version ~= "3.8"` as 3.8.* and leaves the dependency out on every newer Python.
#
# Seen with: poetry 2.5.1 with poetry-core 2.5.0, packaging 26.4 (PyPI), Python 3.11, 2026-11-28
# Expected:  "~=3.8" is ">=3.8, ==3.*" (PEP 440, "Compatible release"), and markers on versions
#            compare by those rules (PEP 508): true on Python 3.12.1. packaging agrees
# Behavior:  poetry writes zeros behind the version of python_full_version before it looks at the
#            operator: "~=3.8" becomes "~=3.8.0", which is 3.8.* only. For a project of Python 3.9
#            and newer the dependency is not in poetry.lock at all, without a word.
#            `python_version ~= "3.8"` and `python_full_version >= "3.8"` are read right.
# Output:    python_full_version ~= "3.8": poetry.lock has marked
#            python_version ~= "3.8": poetry.lock has needed marked
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q poetry==2.5.1 poetry-core==2.5.0 \
    packaging==26.4; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install poetry and packaging from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, os, pathlib, re, subprocess, sys, threading, zipfile
from packaging.markers import Marker

def publish(name, requires=""):
    page = pathlib.Path("index", name)
    page.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(page / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}"
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    (page / "index.html").write_text(f'<a href="{name}-1.0-py3-none-any.whl">{name}-1.0-py3-none-any.whl</a>')

class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()

def poetry(marker, number):
    """The names in poetry.lock for a dependency with this marker."""
    publish("needed")
    publish("marked", f"Requires-Dist: needed; {marker}\n")
    lines = ["[project]", 'name="app"', 'version="1"', 'dependencies=["marked"]',
             'requires-python=">=3.9"', "[tool.poetry]", "package-mode=false", "[[tool.poetry.source]]",
             'name="local"', f'url="http://127.0.0.1:{server.server_port}/"']
    pathlib.Path("pyproject.toml").write_text("\n".join(lines))
    pathlib.Path("poetry.lock").unlink(missing_ok=True)
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "POETRY_"))}
    ours.update(POETRY_CONFIG_DIR="config", POETRY_CACHE_DIR=os.path.abspath(f"cache{number}"),
                POETRY_VIRTUALENVS_CREATE="false")
    subprocess.run(["v/bin/poetry", "lock", "-q", "-n"], env=ours, check=True)
    names = re.findall(r'^name = "(.*)"', pathlib.Path("poetry.lock").read_text(), re.M)
    return " ".join(sorted(names, reverse=True))

failed = False
for number, (marker, meant) in enumerate([
    ('python_full_version ~= "3.8"', "marked"),
    ('python_version ~= "3.8"', "needed marked"),
    ('python_full_version >= "3.8"', "needed marked"),
]):
    seen = poetry(marker, number)
    right = Marker(marker).evaluate({"python_version": "3.12", "python_full_version": "3.12.1"})
    good = seen == meant and right is True
    failed |= not good
    print(f"{'held:   ' if good else 'DIFFERS:'} {marker}: poetry.lock has {seen}; packaging on 3.12.1: {right}")
sys.exit(failed)
PY
