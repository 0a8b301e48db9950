#!/bin/sh
# apt-hold-ends-with-an-explicit-upgrade: a hold is gone once its package was upgraded on purpose.
#
# Seen with: apt 2.6.2 and dpkg 1.21.23 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  unhold is what "cancel[s] a previously set hold" (apt-mark(8)); an explicit action lets
#            dpkg ignore the hold (dpkg(1), --force-hold), which is to say: for that action
# Behavior:  dpkg -i, and apt-get install --allow-change-held-packages, upgrade and take the hold
#            away without a word. The next upgrade takes the package along
# Output:    after dpkg -i a_2.0.deb: 2.0, held: nothing
#            after apt-get install a=2.0: 2.0, held: nothing
#            apt-get -s upgrade then: Inst a [2.0] (3.0 localhost [all])
# Matters:   who moves a held package to its next tested version holds nothing from then on
set -eu
umask 022
for tool in apt-get apt-mark apt-ftparchive dpkg-deb; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
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

state() { # what is installed, and what is held
    echo "$(dpkg-query --admindir="$dir/var/lib/dpkg" -W -f '${Version}' a), held: $(
        apt-mark showhold | grep . || echo nothing)"
}
seen=$(
    apt-get -qq -y install a=1.0 >/dev/null
    apt-mark hold a >/dev/null
    echo "before: $(state)"
    dpkg --root="$dir" --force-not-root --log=/dev/null -i "$dir/repo/a_2.0.deb" >/dev/null
    echo "after dpkg -i a_2.0.deb: $(state)"

    apt-get -qq -y install --allow-downgrades a=1.0 >/dev/null 2>&1
    apt-mark hold a >/dev/null
    echo "before: $(state)"
    apt-get -qq -y install --allow-change-held-packages a=2.0 >/dev/null
    echo "after apt-get install a=2.0: $(state)"
    echo "apt-get -s upgrade then: $(apt-get -s upgrade | grep '^Inst')"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'before: 1.0, held: a
after dpkg -i a_2.0.deb: 2.0, held: nothing
before: 1.0, held: a
after apt-get install a=2.0: 2.0, held: nothing
apt-get -s upgrade then: Inst a [2.0] (3.0 localhost [all])' ] || exit 1
