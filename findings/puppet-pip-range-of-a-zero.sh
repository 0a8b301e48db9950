#!/bin/sh
# puppet-pip-range-of-a-zero: to Puppet's pip provider 2.28.0 is newer than 2.28, so `ensure => '<=2.28'` takes 2.28.0 away and installs 2.27.1.
#
# Seen with: puppet-agent 8.10.0-5+deb13u1 and python3-pip 25.1.1+dfsg-1 (Debian 13), 2026-11-30
# Expected:  "On supported providers, version ranges can also be ensured" (puppet describe package), and
#            for pip's versions the provider refers to PEP 440. There 2.28.0 is the same version as
#            2.28 ("Final releases": zeros are padded), and pre-releases are left out of what
#            somebody does not ask for ("Handling of pre-releases"), as pip does
# Behavior:  1. 2.28.0 is in >2.28 and not in <=2.28. To ensure 2.28 as such is reported as a change
#               although 2.28.0 is there and pip has nothing to do.
#            2. >=2.0 installs 3.0rc1: Puppet takes the list of versions from pip's answer to one that
#               is never there, 9!0dev0+x, and since that is a pre-release pip lists these as well
# Output:    2.28.0 installed, ensure => <=2.28: exit 2, 2.27.1
#            ensure => >=2.0: exit 2, 3.0rc1
# Matters:   the release that a range ends with is downgraded, and a test version goes to production
set -eu
umask 022
pins='puppet-agent=8.10.0-5+deb13u1 python3-pip=25.1.1+dfsg-1'
if [ "$0" != /finding ]; then # make a Debian root that has these versions, and go on in it
    [ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
    command -v mmdebstrap >/dev/null || { echo "no mmdebstrap"; exit 77; }
    dir=$(mktemp -d)
    trap 'rm -rf --one-file-system "$dir"' EXIT
    trap 'exit 143' HUP INT TERM
    mmdebstrap --variant=apt --include="$pins" --aptopt='Dpkg::Use-Pty "0"' trixie "$dir/root" \
        "${FINDINGS_MIRROR:-http://deb.debian.org/debian}" 2>"$dir/log" ||
        { cat "$dir/log"; echo "no root with $pins: $(grep -m 1 '^E:' "$dir/log")"; exit 77; }
    cp "$0" "$dir/root/finding"
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        chroot "$dir/root" sh /finding
    exit
fi

mkdir /wheels
python3 - <<'PY'
import zipfile
for version in ["2.27.1", "2.28.0", "2.29.0", "3.0rc1"]:
    with zipfile.ZipFile(f"/wheels/sample-{version}-py3-none-any.whl", "w") as wheel:
        info = f"sample-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: sample\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
PY
cat >/etc/pip.conf <<'END'
[global]
no-index = true
find-links = /wheels
break-system-packages = true
root-user-action = ignore
END

try() { # VERSION RANGE: Puppet's exit code, 2 for a change, and what is installed then
    pip uninstall -q -y sample 2>/dev/null || true
    [ "$1" = none ] || pip install -q "sample==$1"
    code=0
    puppet apply --detailed-exitcodes \
        -e "package { 'sample': provider => pip, ensure => '$2' }" >/out 2>&1 || code=$?
    echo "$1 installed, ensure => $2: exit $code, $(pip freeze | sed -n 's/^sample==//p')"
}
seen=$(
    try 2.28.0 '<=2.28'
    try 2.28.0 '>2.28'
    try 2.28.0 2.28
    try 2.28.0 '<=2.28.0'
    try none '>=2.0'
    pip uninstall -q -y sample
    pip install -q 'sample>=2.0'
    echo "pip install sample>=2.0: $(pip freeze | sed -n 's/^sample==//p')"
)

puppet --version
echo "$seen"
[ "$seen" = '2.28.0 installed, ensure => <=2.28: exit 2, 2.27.1
2.28.0 installed, ensure => >2.28: exit 0, 2.28.0
2.28.0 installed, ensure => 2.28: exit 2, 2.28.0
2.28.0 installed, ensure => <=2.28.0: exit 0, 2.28.0
none installed, ensure => >=2.0: exit 2, 3.0rc1
pip install sample>=2.0: 2.29.0' ] || exit 1
