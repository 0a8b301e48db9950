#!/bin/sh
# pip-yanked-without-a-value: pip and pdm install a release that is yanked by `data-yanked` alone, without `=""`.
#
# Seen with: pip 26.3, pdm 2.29.4 with unearth 0.19.0 and hishel 1.4.0, uv 0.13.9, pypi-simple 1.8.0 (PyPI),
#            Python 3.11, 2026-11-30; by hand, pip 22.0.4 to 25.1.1 as well, 21.3.1 not
# Expected:  a link may have the attribute data-yanked, "which may have no value, or may have an
#            arbitrary string as a value", and its presence means that the file is yanked (PEP 592).
#            In HTML an attribute without a value is one with an empty value
# Behavior:  to pip and pdm such a file is not yanked: they install it, and nothing warns. With
#            data-yanked="" they pass it over. uv and pypi-simple read both alike. The parser of
#            Python's library, which both use, gives None where there is no value, and None is their
#            sign for "not yanked".
# Output:    pip: bare 2.0, empty 1.0
#            uv:  bare 1.0, empty 1.0
# Matters:   an index that writes the attribute in its short form withdraws nothing from pip's users
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9 pdm==2.29.4 \
    unearth==0.19.0 hishel==1.4.0 pypi-simple==1.8.0; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip, uv, pdm and pypi-simple from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import functools, http.server, json, os, pathlib, subprocess, sys, threading, zipfile
from pypi_simple import ProjectPage

FORMS = {"bare": "data-yanked", "empty": 'data-yanked=""'}  # 2.0 is yanked, 1.0 is not
for name, attribute in FORMS.items():
    page = pathlib.Path("index", name)
    page.mkdir(parents=True)
    links = []
    for version, extra in [("1.0", ""), ("2.0", " " + attribute)]:
        path = page / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            info = f"{name}-{version}.dist-info"
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        links.append(f'<a href="{path.name}"{extra}>{path.name}</a>')
    (page / "index.html").write_text("<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>")

class Index(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory="index"))
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/"
ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PDM_"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1", PDM_CONFIG_FILE="none.toml",
            PDM_CACHE_DIR=os.path.abspath("c"), PDM_CHECK_UPDATE="0", PDM_IGNORE_SAVED_PYTHON="1", PDM_PYTHON=sys.executable)
pathlib.Path("pyproject.toml").write_text(f"""[project]\nname="app"\nversion="1"\ndependencies={json.dumps(list(FORMS))}
requires-python=">=3.9"\n[[tool.pdm.source]]\nname="pypi"\nurl="{URL}"\n""")

def run(*command, given=None):
    done = subprocess.run(command, input=given, env=ours, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else sys.exit(done.stdout + done.stderr)

def pip():
    report = run("v/bin/pip", "install", "-q", "--dry-run", "--report", "-", "-i", URL, *FORMS)
    return {x["metadata"]["name"]: x["metadata"]["version"] for x in json.loads(report)["install"]}

def uv():
    text = run("v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-cache", "--no-header", "--no-annotate",
               "-i", URL, "-", given="\n".join(FORMS))
    return dict(line.split("==") for line in text.split())

def pdm():
    run("v/bin/pdm", "lock", "-q")
    lines = run("v/bin/pdm", "export", "-q", "--without-hashes").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)

def pypi_simple():
    pages = {name: pathlib.Path("index", name, "index.html").read_text() for name in FORMS}
    return {name: max(p.version for p in ProjectPage.from_html(name, text).packages if not p.is_yanked)
            for name, text in pages.items()}

failed = False
for tool, meant in [
    (pip, "bare 2.0, empty 1.0"),
    (pdm, "bare 2.0, empty 1.0"),
    (uv, "bare 1.0, empty 1.0"),
    (pypi_simple, "bare 1.0, empty 1.0"),
]:
    seen = ", ".join(f"{name} {version}" for name, version in sorted(tool().items()))
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {tool.__name__}: {seen}")
sys.exit(failed)
PY
