#!/bin/sh
# cut-off-date-of-one-day: one and the same cut-off date makes pip, uv and pdm choose three different versions.
#
# Seen with: pip 26.3, uv 0.13.9, pdm 2.29.4 with hishel 1.4.0 (PyPI), Python 3.11, 2026-11-28
# Expected:  a cut-off is there to make resolutions repeatable: the same date, given to
#            --uploaded-prior-to and --exclude-newer, stands for the same instant (RFC 3339, ISO 8601)
# Behavior:  2026-06-01 is for pip the first instant of that day and for uv the last, both in the
#            time zone of the machine; for pdm it is the first in UTC, and what was uploaded at that
#            very instant is still in, which pip and uv leave out. A time without a zone,
#            2026-06-01T09:00:00, means 09:00 to pip and pdm; uv drops the time without a word and
#            takes the whole day. Only with a zone (Z) do pip and uv agree, and pdm still has the
#            boundary inside.
# Output:    TZ=UTC  2026-06-01           pip 1.0, uv 1.3, pdm 1.1
#            TZ=UTC  2026-06-01T09:00:00  pip 1.1, uv 1.3, pdm 1.2
# Matters:   a team that freezes its dependencies on a day with more than one of these tools
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9 pdm==2.29.4 \
    hishel==1.4.0; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip, uv and pdm from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, json, os, pathlib, subprocess, sys, threading, zipfile

UPLOADED = {
    "1.0": "2026-05-31T12:00:00Z",
    "1.1": "2026-06-01T00:00:00Z",
    "1.2": "2026-06-01T09:00:00Z",
    "1.3": "2026-06-01T18:00:00Z",
    "1.4": "2026-06-02T02:00:00Z",
}
page = pathlib.Path("index", "cut")
page.mkdir(parents=True)
rows = []  # PEP 691 and PEP 700
for version, uploaded in UPLOADED.items():
    path = page / f"cut-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        info = f"cut-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: cut\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    rows.append({"filename": path.name, "url": path.name, "hashes": {}, "size": path.stat().st_size,
                 "upload-time": uploaded})
text = {"meta": {"api-version": "1.1"}, "name": "cut", "versions": [*UPLOADED], "files": rows}
(page / "index.html").write_text(json.dumps(text))

class Index(http.server.SimpleHTTPRequestHandler):
    def guess_type(self, path):
        wheel = path.endswith(".whl")
        return "application/octet-stream" if wheel else "application/vnd.pypi.simple.v1+json"

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"
ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PDM_"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PDM_CONFIG_FILE="none.toml", PDM_CACHE_DIR=os.path.abspath("c"),
            PDM_CHECK_UPDATE="0", PDM_IGNORE_SAVED_PYTHON="1")
pathlib.Path("pyproject.toml").write_text(f"""[project]\nname="app"\nversion="1"\ndependencies=["cut"]
requires-python=">=3.9"\n[[tool.pdm.source]]\nname="pypi"\nurl="{URL}"\n""")

def run(zone, *command, given=None):
    done = subprocess.run(command, input=given, env={**ours, "TZ": zone}, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr

def versions(zone, day):
    pip = run(zone, "v/bin/pip", "install", "-q", "--dry-run", "--report", "-", "-i", URL,
              "--uploaded-prior-to", day, "cut")
    uv = run(zone, "v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-cache", "--no-header",
             "--no-annotate", "-i", URL, "--exclude-newer", day, "-", given="cut")
    pathlib.Path("pdm.lock").unlink(missing_ok=True)
    log = run(zone, "v/bin/pdm", "lock", "--exclude-newer", day)
    lock = pathlib.Path("pdm.lock")
    pdm = lock.read_text().split('name = "cut"\nversion = "')[1] if lock.exists() else log
    return f"pip {json.loads(pip)['install'][0]['metadata']['version']}, uv {uv.strip()[5:]}, pdm {pdm[:3]}"

failed = False
for zone, day, meant in [
    ("UTC", "2026-06-01", "pip 1.0, uv 1.3, pdm 1.1"),
    ("EST5", "2026-06-01", "pip 1.1, uv 1.4, pdm 1.1"),
    ("UTC", "2026-06-01T09:00:00", "pip 1.1, uv 1.3, pdm 1.2"),
    ("UTC", "2026-06-01T09:00:00Z", "pip 1.1, uv 1.1, pdm 1.2"),
]:
    seen = versions(zone, day)
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} TZ={zone:5} {day:21} {seen}")
sys.exit(failed)
PY
