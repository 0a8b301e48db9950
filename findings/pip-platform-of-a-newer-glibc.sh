#!/bin/sh
# pip-platform-of-a-newer-glibc: pip's --platform manylinux_2_28_x86_64 refuses manylinux_2_17 wheels, though --platform macosx_14_0_arm64 takes macosx_11_0 ones.
#
# Seen with: pip 26.3, uv 0.13.9 (PyPI), Python 3.11, 2026-11-28
# Expected:  "Only use wheels compatible with <platform>" (pip's help). A manylinux_2_17 wheel is for
#            every glibc from 2.17 on, and manylinux2014 is another name of manylinux_2_17 (PEP 600);
#            pip installs both without the option on a machine with glibc 2.28
# Behavior:  the option is expanded downwards for macOS and for manylinux2014 and 2010, and is taken
#            to the letter for manylinux_X_Y: 2_28 refuses 2_17, and 2014 and 2_17 refuse each other,
#            while 2014 does take the far older manylinux1. uv's --python-platform takes what runs.
#            Where an older release has a wheel of the very tag, pip takes that one silently.
# Output:    manylinux_2_28_x86_64 <- manylinux_2_17_x86_64: pip no, uv 1 (the version that came)
# Matters:   whoever downloads for another machine: a newer release is "not found", or an older one comes
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip 26.3 and uv 0.13.9 from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import os, pathlib, subprocess, sys, zipfile

pathlib.Path("wheels").mkdir()

def publish(name, version, platform):
    with zipfile.ZipFile(f"wheels/{name}-{version}-py3-none-{platform}.whl", "w") as wheel:
        info = f"{name}-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: py3-none-{platform}\n")

ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1")

def pip(platform, name):
    command = ["v/bin/pip", "download", "-q", "--no-index", "-f", "wheels", "-d", f"got-{platform}-{name}",
               "--only-binary=:all:", "--platform", platform, name]
    done = subprocess.run(command, env=ours, capture_output=True, text=True)
    return " ".join(p.name.split("-")[1] for p in pathlib.Path().glob(f"got-{platform}-{name}/*.whl")) or "no"

def uv(platform, name):
    command = ["v/bin/uv", "pip", "compile", "-q", "--no-config", "--no-index", "-f", "wheels", "--no-header",
               "--no-annotate", "--python-platform", platform, "-"]
    done = subprocess.run(command, env=ours, input=name, capture_output=True, text=True)
    return done.stdout.strip().partition("==")[2] or "no"

failed = False
for number, (platform, wheels, theirs, meant) in enumerate([
    ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "x86_64-manylinux_2_28", ("no", "1")),
    ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "x86_64-manylinux2014", ("no", "1")),
    ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "x86_64-manylinux_2_17", ("no", "1")),
    ("manylinux2014_x86_64", "manylinux1_x86_64", "x86_64-manylinux2014", ("1", "1")),
    ("macosx_14_0_arm64", "macosx_11_0_arm64", "aarch64-apple-darwin", ("1", "1")),
]):
    publish(f"p{number}", "1", wheels)
    seen = (pip(platform, f"p{number}"), uv(theirs, f"p{number}"))
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {platform} <- {wheels}: pip {seen[0]}, uv {seen[1]}")
# The quiet form: release 1 has the very tag, release 2 runs on older systems, too.
publish("moved", "1", "manylinux_2_28_x86_64")
publish("moved", "2", "manylinux_2_17_x86_64")
seen = (pip("manylinux_2_28_x86_64", "moved"), uv("x86_64-manylinux_2_28", "moved"))
failed |= seen != ("1", "2")
print(f"{'held:   ' if seen == ('1', '2') else 'DIFFERS:'} newest of two releases: pip {seen[0]}, uv {seen[1]}")
sys.exit(failed)
PY
