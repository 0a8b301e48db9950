#!/bin/sh
# renovate-greater-than-a-pre-release: Renovate's PEP 440 library says that 1.0 does not satisfy ">1.0rc1".
#
# Seen with: @renovatebot/pep440 5.0.1 (npm), packaging 26.4 (PyPI), Node.js 20, Python 3.11, 2026-11-28
# Expected:  1.0 comes after 1.0rc1, so it is in ">1.0rc1"; 1.0 comes before 1.0.post1, so it is in
#            "<1.0.post1". PEP 440 ("Exclusive ordered comparison") shuts post-releases out of ">V"
#            only where V is not one itself, and pre-releases out of "<V" likewise; and zeros are
#            padded in "==1.0.0.*" ("Version matching"). packaging does all of this.
# Behavior:  the library compares release numbers here (its source calls that "simplified"): where
#            they are equal, ">" and "<" with a V that is a pre-, post- or dev-release match nothing
#            of that release, so the final 1.0 is refused by ">1.0rc1". "==1.0.0.*" refuses 1.0, and
#            "!=1.0.0.*" admits it. ">=1.0rc1", one character more, is right.
# Output:    satisfies("1.0", ">1.0rc1") false, packaging True
# Matters:   a range with such a bound stops the updates that it was written for
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { command -v npm && command -v node; } >/dev/null; then echo "skipped: no npm and node"; exit 77; fi
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q packaging==26.4 &&
    npm install --silent --no-audit --no-fund --prefix "$tmp" @renovatebot/pep440@5.0.1; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install packaging from PyPI and @renovatebot/pep440 from npm"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import json, subprocess, sys
from packaging.specifiers import SpecifierSet

# What packaging says, which is what PEP 440 says, and what the library says.
MEANT = {
    ("1.0", ">1.0rc1"): (True, False),
    ("1.0", ">=1.0rc1"): (True, True),
    ("1.0rc1", "<1.0rc2"): (True, False),
    ("1.0", "<1.0.post1"): (True, False),
    ("1.0.post2", ">1.0.post1"): (True, False),
    ("1.0", "==1.0.0.*"): (True, False),
    ("1.0", "!=1.0.0.*"): (False, True),
}
PROGRAM = """
const { satisfies } = await import("@renovatebot/pep440");
const answers = JSON.parse(process.argv[1]).map(([v, s]) => satisfies(v, s, { prereleases: true }));
console.log(JSON.stringify(answers));
"""
theirs = json.loads(subprocess.check_output(["node", "--input-type=module", "-e", PROGRAM, json.dumps(list(MEANT))]))
failed = False
for (version, specifier), answer in zip(MEANT, theirs):
    seen = (SpecifierSet(specifier).contains(version, prereleases=True), answer)
    meant = MEANT[version, specifier]
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {version} in {specifier!r}: packaging {seen[0]}, renovate {seen[1]}")
sys.exit(failed)
PY
