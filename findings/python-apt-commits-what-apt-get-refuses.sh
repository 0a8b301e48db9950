#!/bin/sh
# python-apt-commits-what-apt-get-refuses: upgrade() and commit() downgrade, and ask nobody.
#
# Seen with: python3-apt 2.6.0 with apt 2.6.2 (Debian 12), 2026-11-28; the same with
#            3.0.0 with apt 3.0.4 (Debian 13)
# Expected:  Cache.upgrade() "acts like apt-get upgrade" (python-apt's documentation), which with
#            -y refuses a downgrade without --allow-downgrades (apt-get(8)), and a held package
#            without --allow-change-held-packages
# Behavior:  these guards are apt-get's, not libapt's. Where a pin of 1000 or more is below what is
#            installed, upgrade() plans the downgrade and commit() carries it out; mark_upgrade()
#            on a held package is carried out as well
# Output:    apt-get -y upgrade: exit 100, then 3.0
#            python-apt upgrade(): then 1.0
# Matters:   programs on python-apt have to look at marked_downgrade and at holds by themselves
set -eu
umask 022
for tool in apt-get apt-mark apt-ftparchive dpkg-deb; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
/usr/bin/python3 -c "import apt" 2>/dev/null || { echo "no python3-apt"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# An apt with a configuration, a database and a source of its own.
mkdir -p "$dir/repo" "$dir/etc/apt/apt.conf.d" "$dir/etc/apt/preferences.d" \
    "$dir/var/lib/apt/lists/partial" "$dir/var/cache/apt/archives/partial" \
    "$dir/var/log/apt" "$dir/var/lib/dpkg/info" "$dir/var/lib/dpkg/updates"
touch "$dir/var/lib/dpkg/status"
export APT_CONFIG="$dir/apt.conf" LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
cat >"$APT_CONFIG" <<END
Dir "$dir/";
Dir::State::status "$dir/var/lib/dpkg/status";
Dir::Cache::pkgcache "";
Debug::NoLocking "1";
APT::Sandbox::User "root";
Dpkg::Use-Pty "0";
DPkg::Options { "--root=$dir"; "--force-not-root"; "--log=/dev/null"; };
END
echo "deb [trusted=yes] file:$dir/repo ./" >"$dir/etc/apt/sources.list"
for version in 1.0 2.0 3.0; do
    mkdir -p "$dir/a/DEBIAN"
    printf "Package: a\nVersion: %s\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n" \
        "$version" >"$dir/a/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$dir/a" "$dir/repo/a_$version.deb" >/dev/null
done
(cd "$dir/repo" && apt-ftparchive packages . >Packages)
apt-get -qq update

installed() { dpkg-query --admindir="$dir/var/lib/dpkg" -W -f '${Version}' a; }
try() { # COMMAND: its exit code
    code=0
    "$@" >/dev/null 2>&1 || code=$?
    echo "exit $code, then $(installed)"
}
seen=$(
    apt-get -qq -y install a=1.0 >/dev/null
    apt-mark hold a >/dev/null
    echo "on hold, apt-get -y install: $(try apt-get -y install a)"
    echo "on hold, python-apt mark_upgrade(): $(try /usr/bin/python3 -c '
import apt
cache = apt.Cache()
cache["a"].mark_upgrade()
cache.commit()')"
    printf 'Package: a\nPin: version 1.*\nPin-Priority: 1000\n' >"$dir/etc/apt/preferences.d/pin"
    echo "pinned, apt-get -y upgrade: $(try apt-get -y upgrade)"
    echo "pinned, python-apt upgrade(): $(try /usr/bin/python3 -c '
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
