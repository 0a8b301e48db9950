#!/bin/sh
# poetry-build-number-comes-before-the-tags: poetry passes over the wheel for this machine if one for any machine has a build number.
#
# Seen with: poetry 2.5.1 with poetry-core 2.5.0, pip 26.3, uv 0.13.9, packaging 26.4 (PyPI), Python 3.11,
#            2026-11-30
# Expected:  a build number "acts as a tie-breaker if two wheel file names are the same in all other
#            respects (i.e. name, version, and other tags)" (binary distribution format, "File name
#            convention"). So the tags decide first: pip and uv install the compiled wheel
# Behavior:  poetry compares build numbers first and the tags after that. The pure Python fallback that
#            was built again (1-py3-none-any) is installed instead of the wheel with the best tag
#            that there is; by hand, a rebuild for an older platform, too. Where the tags are the same, all
#            three take build 10 before build 2. poetry.lock holds both files, so it shows nothing.
# Output:    poetry: mixed 1-py3-none-any
#            pip:    mixed the best tag
# Matters:   one more build of the fallback turns the fast library into the slow one
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9 poetry==2.5.1 \
    poetry-core==2.5.0 packaging==26.4; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip, uv and poetry from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, json, os, pathlib, subprocess, sys, threading, zipfile
from packaging.tags import sys_tags

BEST = str(next(sys_tags()))
WHEELS = {"mixed": [BEST, "1-py3-none-any"], "same": ["2-py3-none-any", "10-py3-none-any"]}
for name, endings in WHEELS.items():
    page = pathlib.Path("index", name)
    page.mkdir(parents=True)
    info = f"{name}-1.0.dist-info"
    for ending in endings:
        files = {f"{name}.txt": ending, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"}
        number, _, tag = ending.partition("-") if ending[0].isdigit() else ("", "", ending)
        files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
        if number:
            files[f"{info}/WHEEL"] += f"Build: {number}\n"
        with zipfile.ZipFile(page / f"{name}-1.0-{ending}.whl", "w") as wheel:
            for path, text in files.items():
                wheel.writestr(path, text)
            wheel.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))
    links = [f'<a href="{path.name}">{path.name}</a>' for path in sorted(page.glob("*.whl"))]
    (page / "index.html").write_text("<!DOCTYPE html>" + "\n".join(links))

class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"
ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "POETRY_", "VIRTUAL_ENV"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1", POETRY_CONFIG_DIR="config",
            POETRY_CACHE_DIR=os.path.abspath("cache"), POETRY_VIRTUALENVS_IN_PROJECT="true")
lines = ["[project]", 'name="app"', 'version="1"', f"dependencies={json.dumps(list(WHEELS))}", 'requires-python=">=3.9"',
         "[tool.poetry]", "package-mode=false", "[[tool.poetry.source]]", 'name="local"', f'url="{URL}"']
pathlib.Path("pyproject.toml").write_text("\n".join(lines))

def chosen(folder, *command):
    done = subprocess.run(command, env=ours, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    texts = {path.stem: path.read_text() for name in WHEELS for path in pathlib.Path(folder).rglob(f"{name}.txt")}
    return " ".join(f"{name} {text}" for name, text in sorted(texts.items())).replace(BEST, "the best tag")

failed = False
for tool, seen, meant in [
    ("pip", chosen("p", "v/bin/pip", "install", "-q", "-i", URL, "-t", "p", *WHEELS), "mixed the best tag same 10-py3-none-any"),
    ("uv", chosen("u", "v/bin/uv", "pip", "install", "-q", "--no-config", "--no-cache", "-p", sys.executable,
                  "-i", URL, "-t", "u", *WHEELS), "mixed the best tag same 10-py3-none-any"),
    ("poetry", chosen(".venv", "v/bin/poetry", "install", "-n", "-q"), "mixed 1-py3-none-any same 10-py3-none-any"),
]:
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {tool}: {seen}")
sys.exit(failed)
PY
