#!/bin/sh
# pdm-marker-holds-part-of-a-word: pdm leaves out what is for `"win" in sys_platform` if its parent is for `sys_platform == "win32"`.
#
# Seen with: pdm 2.29.4 with dep-logic 0.7.2 and hishel 1.4.0, uv 0.13.9, packaging 26.4 (PyPI),
#            Python 3.11, 2026-11-30
# Expected:  `"win" in sys_platform` is Python's test for a part of a string (dependency specifiers,
#            "Environment Markers"), and it holds on win32. packaging, and so pip, installs the
#            dependency there; uv locks it with both conditions
# Behavior:  pdm joins the marker of a package with that of its parent, and reads the part as if the
#            whole had to be equal to it: nothing is "win" and "win32" at once, so pdm locks without
#            the dependency, exit 0, no message. On its own ("alone"), or where part and whole are the
#            same word ("whole"), the marker is right. The opposite marker (!= "win32" or "win" not
#            in) is taken for always true: "never" is locked for win32, where no other tool installs it.
# Output:    pdm for win32: alone never tool whole
#            uv for win32:  alone driver tool whole
# Matters:   dependencies get lost where the parent is for one platform, too
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pdm==2.29.4 dep-logic==0.7.2 hishel==1.4.0 \
    uv==0.13.9 packaging==26.4; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pdm, uv and packaging from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, json, os, pathlib, subprocess, sys, threading, zipfile
from packaging.requirements import Requirement

APP = ['tool; sys_platform == "win32"', 'alone; "win" in sys_platform']
TOOL = ['driver; "win" in sys_platform', 'whole; "win32" in sys_platform',
        'never; sys_platform != "win32" or "win" not in sys_platform']
for name, requires in {"tool": TOOL, "alone": [], "driver": [], "whole": [], "never": []}.items():
    page = pathlib.Path("index", name)
    page.mkdir(parents=True)
    with zipfile.ZipFile(page / f"{name}-1-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
        metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        wheel.writestr(f"{name}-1.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    (page / "index.html").write_text(f'<!DOCTYPE html><a href="{name}-1-py3-none-any.whl">{name}-1-py3-none-any.whl</a>')

class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"
ours = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PDM_"))}
ours.update(PDM_CONFIG_FILE="none.toml", PDM_CACHE_DIR=os.path.abspath("c"), PDM_CHECK_UPDATE="0",
            PDM_IGNORE_SAVED_PYTHON="1", PDM_PYTHON=sys.executable)
pathlib.Path("pyproject.toml").write_text(f"""[project]\nname="app"\nversion="1"\ndependencies={json.dumps(APP)}
requires-python=">=3.9"\n[[tool.pdm.source]]\nname="pypi"\nurl="{URL}"\n""")

def run(*command):
    done = subprocess.run(command, env=ours, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else sys.exit(done.stdout + done.stderr)

def for_windows(lines):  # the names of the requirements that hold on win32
    requirements = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    there = {"sys_platform": "win32"}
    return {r.name for r in requirements if not r.marker or r.marker.evaluate(there)}

run("v/bin/pdm", "lock", "-q")
found = {
    "packaging": for_windows(APP) | for_windows(TOOL),
    "uv": for_windows(run("v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-cache", "--universal",
                          "--no-header", "--no-annotate", "-i", URL, "pyproject.toml").splitlines()),
    "pdm": for_windows(run("v/bin/pdm", "export", "-q", "--without-hashes").splitlines()),
}
failed = False
for tool, meant in [
    ("packaging", "alone driver tool whole"),
    ("uv", "alone driver tool whole"),
    ("pdm", "alone never tool whole"),
]:
    seen = " ".join(sorted(found[tool]))
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {tool} for win32: {seen}")
sys.exit(failed)
PY
