#!/bin/sh
# python-apt-commits-what-apt-get-refuses: upgrade() and commit() downgrade without asking.
#
# Seen with: python3-apt 3.0.0, apt 3.0.4, apt-utils 3.0.4 and dpkg 1.22.22 (Debian 13), 2026-11-28;
#            by hand, the same with python3-apt 2.6.0 and apt 2.6.2 (Debian 12), and with 3.1.0 and
#            3.3.5 (unstable)
# Expected:  Cache.upgrade() "acts like apt-get upgrade" (python-apt's documentation), which with
#            -y refuses a downgrade without --allow-downgrades (apt-get(8)), and a held package
#            without --allow-change-held-packages
# Behavior:  these guards are apt-get's, not libapt's. Where a pin of 1000 or more is below what is
#            installed, upgrade() plans the downgrade and commit() carries it out; mark_upgrade()
#            on a held package is carried out as well
# Output:    pinned, apt-get -y upgrade: exit 100, then 3.0
#            pinned, python-apt upgrade(): exit 0, then 1.0
# Matters:   programs on python-apt have to look at marked_downgrade and at holds by themselves
set -eu
umask 022
pins='python3-apt=3.0.0 apt=3.0.4 apt-utils=3.0.4 dpkg=1.22.22'
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

mkdir -p /repo /a/DEBIAN
for version in 1.0 2.0 3.0; do
    printf 'Package: a\nVersion: %s\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
        "$version" >/a/DEBIAN/control
    dpkg-deb -b /a "/repo/a_$version.deb" >/dev/null
done
(cd /repo && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update

try() { # COMMAND: its exit code, and the version that is installed then
    code=0
    "$@" >/dev/null 2>&1 || code=$?
    echo "exit $code, then $(dpkg-query -W -f '${Version}' a)"
}
seen=$(
    apt-get -qq -y install a=1.0 >/dev/null
    apt-mark hold a >/dev/null
    echo "on hold, apt-get -y install: $(try apt-get -y install a)"
    echo "on hold, python-apt mark_upgrade(): $(try python3 -c '
import apt
cache = apt.Cache()
cache["a"].mark_upgrade()
cache.commit()')"
    printf 'Package: a\nPin: version 1.*\nPin-Priority: 1000\n' >/etc/apt/preferences.d/pin
    echo "pinned, apt-get -y upgrade: $(try apt-get -y upgrade)"
    echo "pinned, python-apt upgrade(): $(try python3 -c '
import apt
cache = apt.Cache()
cache.upgrade()
cache.commit()')"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'on hold, apt-get -y install: exit 100, then 1.0
on hold, python-apt mark_upgrade(): exit 0, then 3.0
pinned, apt-get -y upgrade: exit 100, then 3.0
pinned, python-apt upgrade(): exit 0, then 1.0' ] || exit 1
