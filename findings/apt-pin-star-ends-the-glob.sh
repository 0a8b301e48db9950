#!/bin/sh
# apt-pin-star-ends-the-glob: a star at the end of a version pin does nothing after another glob.
#
# Seen with: apt 3.0.4 (Debian 13), 2026-11-28; by hand, the same with apt 2.6.2 and 3.3.5
# Expected:  glob(7) expressions "can occur anywhere where a string can occur", and the page's own
#            example is a version with a star, 5.32* (apt_preferences(5)), so 2.2[0-5]* matches
#            whatever begins with 2.20 to 2.25
# Behavior:  a star at the end is taken off first. What is left has to be the literal beginning of
#            the version, or as a glob match ALL of it: 2.2[0-5]* matches 2.25 and not 2.25.1,
#            [2].* matches nothing. No warning. NAME=VERSION of apt-get install is the same
# Output:    2.2[0-5]*: 2.25
#            2.2[0-5].*: (nothing)
# Matters:   a range pinned to -1 in this way lets through all versions with one more component
set -eu
umask 022
pins='apt=3.0.4'
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
for version in 2.20.1 2.25 2.25.1 3.0; do
    printf 'Package: a\nVersion: %s\nArchitecture: all\nFilename: ./a_%s.deb\nSize: 1\n\n' \
        "$version" "$version"
done >/repo/Packages
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update

pinned() { # PATTERN: the versions that a pin on it matches
    printf 'Package: a\nPin: version %s\nPin-Priority: 990\n' "$1" >/etc/apt/preferences.d/pin
    apt-cache policy a |
        awk '$2 == 990 { found = $1 " " found } END { print found ? found : "(nothing)" }'
}
seen=$(
    for pattern in '2.2*' '2.2[0-5]*' '2.2[0-5].*' '[2].*' '2.2[0-5].?' '/^2\.2[0-5]/'; do
        echo "$pattern: $(pinned "$pattern")"
    done | sed 's/ $//'
    apt-get -s install 'a=2.2[0-5]*' | grep '^Inst'
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = '2.2*: 2.20.1 2.25 2.25.1
2.2[0-5]*: 2.25
2.2[0-5].*: (nothing)
[2].*: (nothing)
2.2[0-5].?: 2.20.1 2.25.1
/^2\.2[0-5]/: 2.20.1 2.25 2.25.1
Inst a (2.25 localhost [all])' ] || exit 1
