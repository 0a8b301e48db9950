#!/bin/sh
# apt-first-general-pin-counts: of several "Package: *" records the first decides, not the highest.
#
# Seen with: apt 3.0.4 and apt-utils 3.0.4 (Debian 13), 2026-11-28; by hand, the same with apt 2.6.2
#            and 3.3.5
# Expected:  the first record decides for specific-form records only; failing that, the priority is
#            "the maximum of all priorities defined by generic-form records matching the version"
#            (apt_preferences(5)), so their order does not matter
# Behavior:  for each archive the first record that matches it decides. The maximum is only taken
#            over the archives that have the version
# Output:    50 before 900: 50
#            900 before 50: 900
# Matters:   a general pin in a file that sorts later does nothing, whatever its priority
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
printf 'Package: a\nVersion: 1.0\nArchitecture: all\nFilename: ./a.deb\nSize: 1\n' >Packages
apt-ftparchive -o APT::FTPArchive::Release::Suite=stable \
    -o APT::FTPArchive::Release::Origin=Acme release . >/Release
mv /Release .
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update

priority() { # FIRST SECOND: the version's priority with these records in this order
    printf 'Package: *\nPin: release o=Acme\nPin-Priority: %s\n' "$1" >/etc/apt/preferences.d/1
    printf 'Package: *\nPin: release a=stable\nPin-Priority: %s\n' "$2" >/etc/apt/preferences.d/2
    apt-cache policy a | awk '$1 == "1.0" { print $2 }'
}
seen=$(
    echo "50 before 900: $(priority 50 900)"
    echo "900 before 50: $(priority 900 50)"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = '50 before 900: 50
900 before 50: 900' ] || exit 1
