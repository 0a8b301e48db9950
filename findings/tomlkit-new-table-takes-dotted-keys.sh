#!/bin/sh
# tomlkit-new-table-takes-dotted-keys: one new table in a tomlkit document moves other keys of the file into itself.
#
# Seen with: tomlkit 0.15.2 (PyPI), tomllib of Python 3.11, 2026-11-28
# Expected:  an edit changes what it names and nothing else ("style-preserving" is what tomlkit is
#            for); dotted keys at the top of a file (TOML 1.0, "Keys") and an array of tables with
#            another table in between ("Array of Tables") are valid TOML, and tomlkit reads both right
# Behavior:  1. the file has tool.uv.package and tool.uv.sources.torch as dotted keys. After
#               document["tool"]["ruff"] = {...} the header [tool.ruff] stands BETWEEN the two, so
#               the source of torch has become a key of ruff's table.
#            2. the file has two [[tool.uv.index]] with [tool.ruff] between them. append() on that
#               array is lost without an error: the text stays as it was.
#            3. the same at the top of a file ([[index]], [pip], [[index]], as in a uv.toml) is not
#               even written as it was read: the second [[index]] stands before [pip], which is the
#               same document with other bytes.
# Output:    [tool.ruff]
#            line-length = 100
#            tool.uv.sources.torch = { index = "gpu" }
# Matters:   tools that add their section to other people's pyproject.toml
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q tomlkit==0.15.2; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install tomlkit 0.15.2 from PyPI"
    exit 77
fi
"$tmp/v/bin/python" -c 'import tomllib' 2>/dev/null || { echo "skipped: no tomllib before Python 3.11"; exit 77; }

"$tmp/v/bin/python" - <<'PY'
import sys, tomllib
import tomlkit

failed = False

def expect(what, seen, meant):
    global failed
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {what}: {seen}")

DOTTED = """tool.uv.package = false
tool.uv.sources.torch = { index = "gpu" }

[project]
name = "app"
"""
document = tomlkit.parse(DOTTED)
expect("read", document.unwrap(), tomllib.loads(DOTTED))
document["tool"]["ruff"] = {"line-length": 100}
written = tomlkit.dumps(document)
expect("written", written, """tool.uv.package = false

[tool.ruff]
line-length = 100
tool.uv.sources.torch = { index = "gpu" }

[project]
name = "app"
""")
tool = tomllib.loads(written)["tool"]
expect("tool.uv", tool["uv"], {"package": False})
expect("tool.ruff", tool["ruff"], {"line-length": 100, "tool": {"uv": {"sources": {"torch": {"index": "gpu"}}}}})

SPLIT = """[[tool.uv.index]]
name = "cpu"

[tool.ruff]
line-length = 100

[[tool.uv.index]]
name = "gpu"
"""
document = tomlkit.parse(SPLIT)
expect("read", document.unwrap(), tomllib.loads(SPLIT))
document["tool"]["uv"]["index"].append({"name": "own"})
expect("unchanged after append", tomlkit.dumps(document) == SPLIT, True)

TOP = """[[index]]
name = "cpu"

[pip]
strict = true

[[index]]
name = "gpu"
"""
written = tomlkit.dumps(tomlkit.parse(TOP))
expect("same document", tomllib.loads(written), tomllib.loads(TOP))
expect("bytes are kept", written == TOP, False)
sys.exit(failed)
PY
