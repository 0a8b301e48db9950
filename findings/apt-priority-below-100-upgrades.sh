#!/bin/sh
# apt-priority-below-100-upgrades: a priority of 50 upgrades, if the record names the package.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  "0 < P < 100 causes a version to be installed only if there is no installed version
#            of the package", and 100 goes "to the version that is already installed"
#            (apt_preferences(5)), so 50 never upgrades
# Behavior:  it does where the record names the package: the installed version, which the archive
#            still has, gets the record's 50 in place of its 100, all are equal, and the highest
#            version wins. The same record for "Package: *" does hold
# Output:    Package: a: Inst a [1.0] (2.0 stable [all])
#            Package: *: nothing
# Matters:   whoever asks for "this one from testing, but not its upgrades" in the usual words
set -eu
umask 022
for tool in apt-get apt-ftparchive; do
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
for version in 1.0 2.0; do
    printf 'Package: a\nVersion: %s\nArchitecture: all\nFilename: ./a_%s.deb\nSize: 1\n\n' \
        "$version" "$version"
done >"$dir/repo/Packages"
(cd "$dir/repo" &&
    apt-ftparchive -o APT::FTPArchive::Release::Suite=stable release . >../Release &&
    mv ../Release .)
apt-get -qq update
cat >"$dir/var/lib/dpkg/status" <<END
Package: a
Status: install ok installed
Version: 1.0
Architecture: all

END

upgrade() { # PACKAGE: what an upgrade does if the archive's versions of it have 50
    printf 'Package: %s\nPin: release a=stable\nPin-Priority: 50\n' "$1" \
        >"$dir/etc/apt/preferences.d/pin"
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
