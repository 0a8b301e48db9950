#!/bin/sh
# pip-installs-a-package-without-its-dependency: pip's resolver can lose a requirement while it goes back, and installs the rest with exit code 0.
#
# Seen with: pip 26.3 (its own copy of resolvelib), uv 0.13.9 (PyPI), Python 3.11, 2026-11-28
# Expected:  into an empty environment only a consistent set is installed, or none (pip's user guide
#            on its resolver: what is mutually inconsistent is no longer installed)
# Behavior:  `pip install main tool` into an empty environment installs tool 2 without lib, which
#            tool 2 requires. pip notices afterwards, puts it down to packages that were there
#            before (there were none), and exits 0; `pip check` exits 1. main is the older one, too,
#            although the newest of all four fit together, which uv finds at once. The two names the
#            other way round, and the same command a second time, leave nothing out.
# Output:    Successfully installed base-1 main-1 tool-2
#            tool 2 requires lib, which is not installed.
# Matters:   whoever builds an image with one `pip install` and has no `pip check` behind it
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip 26.3 and uv 0.13.9 from PyPI"
    exit 77
fi
# From here on only the wheels below are seen: no index, no configuration.
for name in $(env | sed -n 's/^\(\(PIP\|UV\)_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$tmp/wheels" PIP_DISABLE_PIP_VERSION_CHECK=1

"$tmp/v/bin/python" - "$tmp/wheels" <<'PY'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
folder.mkdir()
for name, version, *requires in [
    ("main", 2, "base"),
    ("main", 1, "base==1"),
    ("base", 2, "main==1", "tool==1"),
    ("base", 1),
    ("tool", 2, "lib"),
    ("tool", 1),
    ("lib", 1),
]:
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {text}\n" for text in requires)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
PY

fail=0
# expect TEXT-THAT-IS-MEANT TEXT-THAT-WAS-SEEN
expect() {
    if [ "$1" = "$2" ]; then echo "held:    $2"; else echo "DIFFERS: $2"; echo "  not:   $1"; fail=1; fi
}

python3 -m venv "$tmp/e"
in_e() { "$tmp/v/bin/pip" --python "$tmp/e/bin/python" "$@" 2>&1; }
seen=$(in_e install main tool) && code=0 || code=$?
expect "exit 0: Successfully installed base-1 main-1 tool-2" "exit $code: $(echo "$seen" | grep '^Success')"
seen=$(in_e check) && code=0 || code=$?
expect "exit 1: tool 2 requires lib, which is not installed." "exit $code: $seen"
expect "Successfully installed lib-1" "$(in_e install main tool | grep '^Success')"

python3 -m venv "$tmp/f"
expect "Successfully installed base-1 main-1 tool-1" \
    "$("$tmp/v/bin/pip" --python "$tmp/f/bin/python" install tool main | grep '^Success')"
expect "base==1 lib==1 main==2 tool==2" "$(printf 'main\ntool\n' | "$tmp/v/bin/uv" pip compile -q \
    --no-config --no-index -f "$tmp/wheels" --no-header --no-annotate - | xargs)"
exit "$fail"
