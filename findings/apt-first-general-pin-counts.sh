#!/bin/sh
# apt-first-general-pin-counts: of several "Package: *" records the first decides, not the highest.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
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
for tool in apt-get apt-cache apt-ftparchive; do
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
(cd "$dir/repo" &&
    apt-ftparchive -o APT::FTPArchive::Release::Suite=stable \
        -o APT::FTPArchive::Release::Origin=Acme release . >../Release && mv ../Release .)
apt-get -qq update

priority() { # FIRST SECOND: the version's priority with these records in this order
    printf 'Package: *\nPin: release o=Acme\nPin-Priority: %s\n' "$1" \
        >"$dir/etc/apt/preferences.d/1"
    printf 'Package: *\nPin: release a=stable\nPin-Priority: %s\n' "$2" \
        >"$dir/etc/apt/preferences.d/2"
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
