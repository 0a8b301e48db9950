#!/bin/sh
# poetry-exclusion-of-one-version: in poetry ">=1.0,!=1.0" refuses 1.0.post1 as well, and "==1.0,!=1.0+b2" admits 1.0+b2.
#
# Seen with: poetry 2.5.1 with poetry-core 2.5.0, pip 26.3, uv 0.13.9 (PyPI), Python 3.11, 2026-11-28
# Expected:  != leaves out the version that it names and no other, and the clauses of a specifier
#            hold each for itself, joined by "and" (PEP 440, "Version exclusion", "Version specifiers")
# Behavior:  poetry joins clauses to a range. ">=1.0" without 1.0 becomes ">1.0", and by PEP 440
#            ">1.0" refuses post-releases of 1.0: the repair of a broken release is what poetry then
#            cannot find. "==1.0" without 1.0+b2 becomes "1.0" again: the build that is excluded is
#            the one that is locked. pip and uv take 1.0.post1 and 1.0+b1.
# Output:    Because app depends on fixed (>1.0) which doesn't match any versions, version solving failed.
# Matters:   an exclusion of one broken build is how a broken build is kept out
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9 poetry==2.5.1 \
    poetry-core==2.5.0; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip, uv and poetry from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, json, os, pathlib, subprocess, sys, threading, zipfile

RELEASES = ["fixed-1.0", "fixed-1.0.post1", "built-1.0+b1", "built-1.0+b2"]
for release in RELEASES:
    name, version = release.split("-")
    page = pathlib.Path("index", name)
    page.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(page / f"{release}-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{release}.dist-info/METADATA", metadata)
        wheel.writestr(f"{release}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    links = [f'<a href="{p.name.replace("+", "%2B")}">{p.name}</a>' for p in sorted(page.glob("*.whl"))]
    (page / "index.html").write_text("<!DOCTYPE html>" + "\n".join(links))

class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"
ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "POETRY_"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1", NO_COLOR="1",
            POETRY_CONFIG_DIR="config", POETRY_CACHE_DIR=os.path.abspath("cache"),
            POETRY_VIRTUALENVS_CREATE="false")

def run(*command, given=None):
    return subprocess.run(command, input=given, env=ours, capture_output=True, text=True)

def poetry(requirement):
    lines = ["[project]", 'name="app"', 'version="1"', f"dependencies=[{json.dumps(requirement)}]",
             'requires-python=">=3.9"', "[tool.poetry]", "package-mode=false",
             "[[tool.poetry.source]]", 'name="local"', f'url="{URL}"']
    pathlib.Path("pyproject.toml").write_text("\n".join(lines))
    pathlib.Path("poetry.lock").unlink(missing_ok=True)
    done = run("v/bin/poetry", "lock", "-n", "--no-ansi")
    if done.returncode:
        return next(x for x in (done.stdout + done.stderr).splitlines() if x.startswith("Because"))
    return next(x for x in pathlib.Path("poetry.lock").read_text().splitlines() if x.startswith("version"))

def pip(requirement):
    done = run("v/bin/pip", "install", "-q", "--dry-run", "--report", "-", "-i", URL, requirement)
    return json.loads(done.stdout)["install"][0]["metadata"]["version"]

def uv(requirement):
    return run("v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-cache", "--no-header",
               "--no-annotate", "-i", URL, "-", given=requirement).stdout.strip()

failed = False
for tool, requirement, meant in [
    (poetry, "fixed>=1.0,!=1.0", "Because app depends on fixed (>1.0) which doesn't match any versions, version solving failed."),
    (poetry, "fixed>=1.0", 'version = "1.0.post1"'),
    (pip, "fixed>=1.0,!=1.0", "1.0.post1"),
    (uv, "fixed>=1.0,!=1.0", "fixed==1.0.post1"),
    (poetry, "built==1.0,!=1.0+b2", 'version = "1.0+b2"'),
    (pip, "built==1.0,!=1.0+b2", "1.0+b1"),
    (uv, "built==1.0,!=1.0+b2", "built==1.0+b1"),
]:
    seen = tool(requirement)
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {tool.__name__} {requirement} -> {seen}")
sys.exit(failed)
PY
