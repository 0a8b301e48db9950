#!/bin/sh
# pylock-undeclared-extra: pip and uv install a lock file with an extra or a group that it does not have, without a word, and a group that is not there switches the default groups off.
#
# Seen with: pip 26.3, uv 0.13.9, packaging 26.4 (PyPI), Python 3.11, 2026-11-28
# Expected:  an error, or the warning that pip and uv give for a package's unknown extra: the keys
#            extras and dependency-groups of pylock.toml (PEP 751) list what may be asked for.
#            packaging's own selection refuses: "Undeclared extras", "Undeclared dependency groups";
#            pip refuses an unknown group of a pyproject.toml
# Behavior:  a misspelled name counts as chosen and matches no marker. Of an extra only its packages
#            are missing; with a misspelled group the default groups are gone as well, since naming
#            any group replaces them. Exit code 0, no message, by pip and uv alike.
# Output:    pip --group pylock.toml:tset -> exit 0, base
#            packaging -> PylockSelectError: Undeclared dependency groups: tset
# Matters:   a typing error in a deployment script takes packages out of production
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! { python3 -m venv "$tmp/v" && "$tmp/v/bin/pip" install -q pip==26.3 uv==0.13.9 packaging==26.4; } >"$tmp/log" 2>&1; then
    echo "skipped: cannot install pip, uv and packaging from PyPI"
    exit 77
fi

cd "$tmp" && "$tmp/v/bin/python" - <<'PY'
import hashlib, json, os, pathlib, re, subprocess, sys, zipfile
from packaging.pylock import Pylock, PylockSelectError

PACKAGES = {
    "base": None,
    "server": '"prod" in dependency_groups',
    "checker": '"test" in dependency_groups',
    "driver": '"gpu" in extras',
}
head = {"lock-version": "1.0", "created-by": "hand", "extras": ["gpu"],
        "dependency-groups": ["prod", "test"], "default-groups": ["prod"]}
lock = {**head, "packages": []}
for name, marker in PACKAGES.items():
    path = pathlib.Path(f"{name}-1-py3-none-any.whl").absolute()
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    row = {"name": name, "version": "1", "wheels": [{"name": path.name, "path": path.name, "hashes": {"sha256": digest}}]}
    lock["packages"].append({**row, "marker": marker} if marker else row)
with open("pylock.toml", "w") as text:
    text.writelines(f"{key} = {json.dumps(value)}\n" for key, value in head.items())
    for row in lock["packages"]:
        wheel, = row["wheels"]
        marker = f"marker = '{row['marker']}'\n" if "marker" in row else ""
        text.write(f'[[packages]]\nname = "{row["name"]}"\nversion = "1"\n{marker}[[packages.wheels]]\n'
                   f'name = "{wheel["name"]}"\npath = "{wheel["path"]}"\nhashes.sha256 = "{wheel["hashes"]["sha256"]}"\n')

ours = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
ours.update(PIP_CONFIG_FILE="/dev/null", PIP_DISABLE_PIP_VERSION_CHECK="1", NO_COLOR="1")

def run(*command):
    done = subprocess.run(command, env=ours, capture_output=True, text=True)
    said = done.stdout + done.stderr
    noticed = ", with a message" if re.search("undeclared|unknown|no such|not found|not have|not provide", said) else ""
    found = re.findall(r"^ \+ (\w+)|(\w+)-1(?= |$)", said.split("Would install")[-1], re.M)
    return f"exit {done.returncode}, " + " ".join(sorted("".join(x) for x in found)) + noticed

def pip(*arguments):
    return run("v/bin/pip", "install", "--dry-run", "--no-index", "--ignore-installed", *arguments)

def uv(*arguments):
    return run("v/bin/uv", "pip", "install", "--dry-run", "--no-config", "--no-index", "-p", "e/bin/python", *arguments)

def packaging(**chosen):
    try:
        return " ".join(sorted(package.name for package, _ in Pylock.from_dict(lock).select(**chosen)))
    except PylockSelectError as error:
        return f"PylockSelectError: {error}"

subprocess.run([sys.executable, "-m", "venv", "--without-pip", "e"], check=True)
failed = False
for what, seen, meant in [
    ("pip, default", pip("-r", "pylock.toml"), "exit 0, base server"),
    ("pip, group tset", pip("--group", "pylock.toml:tset"), "exit 0, base"),
    ("uv, group tset", uv("-r", "pylock.toml", "--group", "tset"), "exit 0, base"),
    ("packaging, group tset", packaging(dependency_groups=["tset"]), "PylockSelectError: Undeclared dependency groups: tset"),
    ("pip, extra gup", pip("-r", "pylock.toml[gup]"), "exit 0, base server"),
    ("uv, extra gup", uv("-r", "pylock.toml", "--extra", "gup"), "exit 0, base server"),
    ("packaging, extra gup", packaging(extras=["gup"]), "PylockSelectError: Undeclared extras: gup"),
]:
    failed |= seen != meant
    print(f"{'held:   ' if seen == meant else 'DIFFERS:'} {what}: {seen}")
sys.exit(failed)
PY
