#!/bin/sh
# rattler-dependency-and-request-differ: `pkg =1.8 *` is any 1.8 where somebody asks for it, and the release 1.8 alone where a package depends on it.
#
# Seen with: py-rattler 0.28.0 (PyPI), Python 3.11, 2026-11-30
# Expected:  one reading for a string, and that of CEP 29 ("Version expression parsing"):
#            `{name} ={version-literal} {build}`, with a space before the equals sign, "denotes fuzzy
#            equality", and its examples have `pkg ==1.8.* *` among those that mean `pkg 1.8.*`
# Behavior:  solve() reads what it is asked for strictly, and the dependencies of packages leniently,
#            as MatchSpec() does by default. strict=True is said to reject some ambiguous specs; here
#            it changes the meaning instead. To the lenient reader a version with a build behind it,
#            be it a star, is exact where = is before it, or == and a star behind it. With the build
#            in brackets, or without one, both readers agree. No error, no warning. By hand: the
#            parser of conda 24.7.1, as conda-lock 4.0.3 carries it, reads `pkg =1.8 *` leniently
# Output:    solve("pkg =1.8 *"): pkg 1.8.2
#            solve of what requires pkg =1.8 *: pkg 1.8
# Matters:   a dependency on a series that names a build, too, gets no more patch releases
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q py-rattler==0.28.0; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install py-rattler 0.28.0 from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import asyncio, json, pathlib, sys
from rattler import Channel, Gateway, MatchSpec, solve

def record(name, version, *depends):
    return {"name": name, "version": version, "build": "0", "build_number": 0, "subdir": "noarch",
            "depends": depends, "md5": 32 * "0", "sha256": 64 * "0", "size": 1}

DEPENDS = {"fuzzy": "pkg =1.8", "starred": "pkg =1.8 *", "built": "pkg =1.8 0", "bracket": "pkg =1.8[build=0]",
           "double": "pkg ==1.8.*", "both": "pkg ==1.8.* *"}
records = [record("pkg", version) for version in ("1.8", "1.8.2", "1.9")]
records += [record(name, "1", text) for name, text in DEPENDS.items()]
repository = {"info": {"subdir": "noarch"}, "packages.conda": {}, "repodata_version": 1,
              "packages": {f"{r['name']}-{r['version']}-0.tar.bz2": r for r in records}}
pathlib.Path("channel/noarch").mkdir(parents=True)
pathlib.Path("channel/noarch/repodata.json").write_text(json.dumps(repository))
CHANNEL = Channel(pathlib.Path("channel").absolute().as_uri())

def solved(text):
    found = asyncio.run(solve([CHANNEL], [text], gateway=Gateway("cache"), platforms=["noarch"]))
    return next(f"pkg {r.version}" for r in found if r.name.normalized == "pkg")

failed = False
for what, seen, meant in [
    ("solve of what requires pkg =1.8", solved("fuzzy"), "pkg 1.8.2"),
    ('solve("pkg =1.8 *")', solved("pkg =1.8 *"), "pkg 1.8.2"),
    ("solve of what requires pkg =1.8 *", solved("starred"), "pkg 1.8"),
    ('solve("pkg =1.8 0")', solved("pkg =1.8 0"), "pkg 1.8.2"),
    ("solve of what requires pkg =1.8 0", solved("built"), "pkg 1.8"),
    ("solve of what requires pkg =1.8[build=0]", solved("bracket"), "pkg 1.8.2"),
    ("solve of what requires pkg ==1.8.*", solved("double"), "pkg 1.8.2"),
    ("solve of what requires pkg ==1.8.* *", solved("both"), "pkg 1.8"),
    ("MatchSpec strict", str(MatchSpec("pkg =1.8 *", strict=True)), "pkg 1.8.* *"),
    ("MatchSpec lenient", str(MatchSpec("pkg =1.8 *")), "pkg ==1.8 *"),
]:
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {what}: {seen}")
sys.exit(failed)
PY
