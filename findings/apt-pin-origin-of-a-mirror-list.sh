#!/bin/sh
# apt-pin-origin-of-a-mirror-list: what comes by a local mirror list has the origin "", not a host.
#
# Seen with: apt 3.0.4 and python3 3.13.5-1 (Debian 13), 2026-11-28; by hand, the same with apt
#            2.6.2 and 3.3.5
# Expected:  "Pin: origin" is "the site's fully qualified domain name", and "" is "the local site"
#            (apt_preferences(5)). mirror+file:/etc/apt/mirrors/debian.list, as in Debian's images
#            for clouds, lists mirrors, which are fetched by http (apt-transport-mirror(1))
# Behavior:  the host is taken from the address in the sources, which has none: a pin on the
#            mirror's host matches nothing, and one on the local site matches all of it
# Output:    by mirror+file, Pin: origin "127.0.0.1": 500
#            by mirror+file, Pin: origin "": 900
# Matters:   pins by host do nothing there, and the manual's own example (origin "", 999) prefers
#            the whole internet archive
set -eu
umask 022
pins='apt=3.0.4 python3=3.13.5-1'
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
printf 'Package: a\nVersion: 1.0\nArchitecture: all\nFilename: ./a.deb\nSize: 1\n' >/repo/Packages
# The archive's mirror, on a port that is free.
python3 -u -m http.server --bind 127.0.0.1 --directory /repo 0 >/log 2>&1 &
server=$!
trap 'kill "$server"' EXIT
port=
while [ -z "$port" ]; do
    sleep 0.1
    kill -0 "$server" || { echo "no server on 127.0.0.1"; exit 77; }
    port=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\) .*/\1/p' /log)
done
echo "http://127.0.0.1:$port/" >/mirrors.list

priority() { # ORIGIN: the version's priority where this origin has 900
    printf 'Package: *\nPin: origin "%s"\nPin-Priority: 900\n' "$1" >/etc/apt/preferences.d/pin
    apt-cache policy a | awk '$1 == "1.0" { print $2 }'
}
seen=$(
    for source in mirror+file:/mirrors.list "http://127.0.0.1:$port/"; do
        echo "deb [trusted=yes] $source ./" >/etc/apt/sources.list
        apt-get -qq update
        echo "by ${source%%:*}, Pin: origin \"127.0.0.1\": $(priority 127.0.0.1)"
        echo "by ${source%%:*}, Pin: origin \"\": $(priority '')"
    done
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'by mirror+file, Pin: origin "127.0.0.1": 500
by mirror+file, Pin: origin "": 900
by http, Pin: origin "127.0.0.1": 900
by http, Pin: origin "": 500' ] || exit 1
