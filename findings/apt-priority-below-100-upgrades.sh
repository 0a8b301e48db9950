#!/bin/sh
# apt-priority-below-100-upgrades: a priority of 50 upgrades, if the record names the package.
#
# Seen with: apt 3.0.4 and apt-utils 3.0.4 (Debian 13), 2026-11-28; by hand, the same with apt 2.6.2
#            and 3.3.5
# Expected:  "0 < P < 100 causes a version to be installed only if there is no installed version
#            of the package", and 100 goes "to the version that is already installed"
#            (apt_preferences(5)), so 50 never upgrades
# Behavior:  it does where the record names the package: the installed version, which the archive
#            still has, gets the record's 50 in place of its 100, all are equal, and the highest
#            version wins. The same record for "Package: *" upgrades nothing
# Output:    Package: a: Inst a [1.0] (2.0 stable [all])
#            Package: *: nothing
# Matters:   whoever asks for "this one from testing, but not its upgrades" gets the upgrades
set -eu
umask 022
pins='apt=3.0.4 apt-utils=3.0.4'
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

mkdir /repo
cd /repo
for version in 1.0 2.0; do
    printf 'Package: a\nVersion: %s\nArchitecture: all\nFilename: ./a_%s.deb\nSize: 1\n\n' \
        "$version" "$version"
done >Packages
apt-ftparchive -o APT::FTPArchive::Release::Suite=stable release . >/Release
mv /Release .
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update
printf 'Package: a\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n\n' \
    >>/var/lib/dpkg/status

upgrade() { # PACKAGE: what an upgrade does if the archive's versions of it have 50
    printf 'Package: %s\nPin: release a=stable\nPin-Priority: 50\n' "$1" \
        >/etc/apt/preferences.d/pin
    apt-get -s upgrade | grep '^Inst' || echo nothing
}
seen=$(
    echo "Package: a: $(upgrade a)"
    echo "Package: *: $(upgrade '*')"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'Package: a: Inst a [1.0] (2.0 stable [all])
Package: *: nothing' ] || exit 1
