#!/bin/sh
# pip-yanked-release-hides-pre-releases: pip ignores a yanked final release when it installs, and still counts it when it asks whether pre-releases are all there is.
#
# Seen with: pip 26.3, uv 0.13.9 (PyPI), Python 3.11, 2026-11-28
# Expected:  1.0 (yanked) and 2.0rc1 leave 2.0rc1: yanked files are ignored (PEP 592), and a
#            pre-release is taken where nothing else is to be had (PEP 440, "Handling of
#            pre-releases"). So it is where the final release was never there, or does not fit this Python.
# Behavior:  pip installs neither and exits 1, with 2.0rc1 in its list of versions to choose from.
#            A specifier that excludes the yanked release (!=1.0) makes the same page installable,
#            as does a final release that is for an older Python instead of being yanked. uv takes 2.0rc1.
# Output:    ERROR: Ignored the following yanked versions: 1.0
#            ERROR: Could not find a version that satisfies the requirement withdrawn (from versions: 2.0rc1)
# Matters:   withdrawing the only final release locks out the users of its successor's release candidate
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip 26.3 and uv 0.13.9 from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, json, os, pathlib, subprocess, sys, threading, zipfile

for release, attribute in [
    ("withdrawn-1.0", 'data-yanked="broken"'),
    ("withdrawn-2.0rc1", ""),
    ("outgrown-1.0", 'data-requires-python="&lt;3"'),
    ("outgrown-2.0rc1", ""),
]:
    name, version = release.split("-")
    page = pathlib.Path("index", name)
    page.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(page / f"{release}-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{release}.dist-info/METADATA", metadata)
        wheel.writestr(f"{release}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    with (page / "index.html").open("a") as html:
        html.write(f'<a href="{release}-py3-none-any.whl" {attribute}>{release}-py3-none-any.whl</a>\n')

class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"
ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1", NO_COLOR="1")

def pip(requirement):
    command = ["v/bin/pip", "install", "-q", "--dry-run", "--report", "-", "-i", URL, requirement]
    done = subprocess.run(command, env=ours, capture_output=True, text=True)
    if done.returncode:
        return f"exit {done.returncode}: " + " / ".join(done.stderr.splitlines()[:2])
    return json.loads(done.stdout)["install"][0]["metadata"]["version"]

def uv(requirement):
    command = ["v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-cache", "--no-header",
               "--no-annotate", "-i", URL, "-"]
    done = subprocess.run(command, env=ours, capture_output=True, text=True, input=requirement)
    return done.stdout.strip() or done.stderr

failed = False
for tool, requirement, meant in [
    (pip, "withdrawn", "exit 1: ERROR: Ignored the following yanked versions: 1.0 / ERROR: Could not find"
     " a version that satisfies the requirement withdrawn (from versions: 2.0rc1)"),
    (pip, "withdrawn!=1.0", "2.0rc1"),
    (pip, "outgrown", "2.0rc1"),
    (uv, "withdrawn", "withdrawn==2.0rc1"),
]:
    seen = tool(requirement)
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {tool.__name__} {requirement} -> {seen}")
sys.exit(failed)
PY
