#!/bin/sh
# apt-pin-origin-of-a-mirror-list: what comes by a local mirror list has the origin "", not a host.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  "Pin: origin" is "the site's fully qualified domain name", and "" is "the local site"
#            (apt_preferences(5)). mirror+file:/etc/apt/mirrors/debian.list, as in Debian's images
#            for clouds, lists mirrors, which are fetched by http (apt-transport-mirror(1))
# Behavior:  the host is taken from the address in the sources, which has none: a pin on the
#            mirror's host matches nothing, and one on the local site matches all of it
# Output:    Pin: origin "127.0.0.1": 500
#            Pin: origin "": 900
# Matters:   pins by host do nothing there, and the manual's own example (origin "", 999) prefers
#            the whole internet archive
set -eu
umask 022
for tool in apt-get apt-cache python3; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# An apt with a configuration, a database and a source of its own.
mkdir -p "$dir/repo" "$dir/etc/apt/apt.conf.d" "$dir/etc/apt/preferences.d" \
    "$dir/var/lib/apt/lists/partial" "$dir/var/cache/apt/archives/partial" "$dir/var/lib/dpkg"
touch "$dir/var/lib/dpkg/status"
export APT_CONFIG="$dir/apt.conf" LC_ALL=C
cat >"$APT_CONFIG" <<END
Dir "$dir/";
Dir::State::status "$dir/var/lib/dpkg/status";
Dir::Cache::pkgcache "";
Debug::NoLocking "1";
APT::Sandbox::User "root";
END
echo "deb [trusted=yes] file:$dir/repo ./" >"$dir/etc/apt/sources.list"
printf 'Package: a\nVersion: 1.0\nArchitecture: all\nFilename: ./a.deb\nSize: 1\n' \
    >"$dir/repo/Packages"
# The archive's mirror, on a port that is free.
: >"$dir/log"
python3 -u -m http.server --bind 127.0.0.1 --directory "$dir/repo" 0 >>"$dir/log" 2>&1 &
server=$!
trap 'kill "$server"; rm -rf "$dir"' EXIT
port=
while [ -z "$port" ]; do
    sleep 0.1
    kill -0 "$server" || { echo "no server on 127.0.0.1"; exit 77; }
    port=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\) .*/\1/p' "$dir/log")
done
echo 'Acquire::http::Proxy "DIRECT";' >>"$APT_CONFIG"
echo "http://127.0.0.1:$port/" >"$dir/mirrors.list"

priority() { # ORIGIN: the version's priority where this origin has 900
    printf 'Package: *\nPin: origin "%s"\nPin-Priority: 900\n' "$1" \
        >"$dir/etc/apt/preferences.d/pin"
    apt-cache policy a | awk '$1 == "1.0" { print $2 }'
}
seen=$(
    for source in "mirror+file:$dir/mirrors.list" "http://127.0.0.1:$port/"; do
        echo "deb [trusted=yes] $source ./" >"$dir/etc/apt/sources.list"
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
