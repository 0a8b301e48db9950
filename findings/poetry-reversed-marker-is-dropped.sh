#!/bin/sh
# poetry-reversed-marker-is-dropped: poetry strips a marker that has the version on its left, and locks the dependency for every Python.
#
# Seen with: poetry 2.5.1 with poetry-core 2.5.0, pip 26.3, uv 0.13.9 (PyPI), Python 3.11, 2026-11-28
# Expected:  `"3.8" > python_version` is a marker like `python_version < "3.8"`: the grammar has a
#            variable or a string on either side (PEP 508, "Grammar": marker_var on both sides)
# Behavior:  poetry takes such a marker for invalid and goes on WITHOUT it: of two dependencies for
#            older and for newer Pythons the lock has both, unconditionally, and exits 0. The same
#            marker written the usual way leaves the older one out. pip and uv read both ways alike.
# Output:    Stripping invalid marker (older; "3.8" > python_version) found in reversed-1.0 dependencies
# Matters:   a backport that shadows the standard library is installed where it must not be
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
import functools, http.server, json, os, pathlib, re, subprocess, sys, threading, zipfile

for name, requires in [
    ("reversed", ['older; "3.8" > python_version', 'newer; "3.8" <= python_version']),
    ("usual", ['older; python_version < "3.8"', 'newer; python_version >= "3.8"']),
    ("older", []),
    ("newer", []),
]:
    page = pathlib.Path("index", name)
    page.mkdir(parents=True)
    with zipfile.ZipFile(page / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        metadata += "".join(f"Requires-Dist: {text}\n" for text in requires)
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    (page / "index.html").write_text(f'<a href="{name}-1.0-py3-none-any.whl">{name}-1.0-py3-none-any.whl</a>')

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

def poetry(name):
    lines = ["[project]", 'name="app"', 'version="1"', f'dependencies=["{name}"]',
             'requires-python=">=3.9"', "[tool.poetry]", "package-mode=false",
             "[[tool.poetry.source]]", 'name="local"', f'url="{URL}"']
    pathlib.Path("pyproject.toml").write_text("\n".join(lines))
    pathlib.Path("poetry.lock").unlink(missing_ok=True)
    done = run("v/bin/poetry", "lock", "-n", "--no-ansi")
    for line in (done.stdout + done.stderr).splitlines():
        if "marker" in line:
            print("         " + line)
    rows = re.findall(r'^name = "(.*)"|^(markers) = ', pathlib.Path("poetry.lock").read_text(), re.M)
    return f"exit {done.returncode}, " + " ".join("".join(row) for row in rows)

def pip(name):
    done = run("v/bin/pip", "install", "-q", "--dry-run", "--report", "-", "-i", URL, name)
    return " ".join(sorted(x["metadata"]["name"] for x in json.loads(done.stdout)["install"]))

def uv(name):
    done = run("v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-cache", "--no-header",
               "--no-annotate", "-i", URL, "-", given=name)
    return " ".join(done.stdout.replace("==1.0", "").split())

failed = False
for tool, name, meant in [
    (poetry, "reversed", "exit 0, newer older reversed"),
    (poetry, "usual", "exit 0, newer usual"),
    (pip, "reversed", "newer reversed"),
    (uv, "reversed", "newer reversed"),
]:
    seen = tool(name)
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {tool.__name__} {name} -> {seen}")
sys.exit(failed)
PY
