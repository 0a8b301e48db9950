#!/bin/sh
# apt-pin-star-ends-the-glob: a star at the end of a version pin is none after another glob.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  glob(7) expressions "can occur anywhere where a string can occur", and the pages' own
#            example is a version with a star, 5.32* (apt_preferences(5)), so 2.2[0-5]* matches
#            whatever begins with 2.20 to 2.25
# Behavior:  a star at the end is taken off first. What is left has to be the literal beginning of
#            the version, or as a glob match ALL of it: 2.2[0-5]* matches 2.25 and not 2.25.1,
#            [2].* matches nothing. Not a word of it. NAME=VERSION of apt-get install is the same
# Output:    2.2[0-5]*: 2.25
#            2.2[0-5].*: (none)
# Matters:   a range pinned to -1 in this way lets through all versions with one more component
set -eu
umask 022
for tool in apt-get apt-cache; do
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
for version in 2.20.1 2.25 2.25.1 3.0; do
    printf 'Package: a\nVersion: %s\nArchitecture: all\nFilename: ./a_%s.deb\nSize: 1\n\n' \
        "$version" "$version"
done >"$dir/repo/Packages"
apt-get -qq update

pinned() { # PATTERN: the versions that a pin on it matches
    printf 'Package: a\nPin: version %s\nPin-Priority: 990\n' "$1" >"$dir/etc/apt/preferences.d/pin"
    apt-cache policy a |
        awk '$2 == 990 { found = $1 " " found } END { print found ? found : "(none)" }'
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
2.2[0-5].*: (none)
[2].*: (none)
2.2[0-5].?: 2.20.1 2.25.1
/^2\.2[0-5]/: 2.20.1 2.25 2.25.1
Inst a (2.25 localhost [all])' ] || exit 1
