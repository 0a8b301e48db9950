#!/bin/sh
# apt-post-invoke-success-runs-after-a-failure: it runs after an update that fetched nothing.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  by its name, and by how packages use it (appstream and PackageKit rebuild their data
#            in it), APT::Update::Post-Invoke-Success runs when the lists have been updated
# Behavior:  it runs although every source has failed and apt-get update exits 100
# Output:    exit 100, hooks: Post-Invoke-Success Post-Invoke
# Matters:   a stamp "last successful update" made in it says yes where nothing was fetched
set -eu
umask 022
command -v apt-get >/dev/null || { echo "no apt-get"; exit 77; }
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
APT::Update::Post-Invoke-Success { "echo Post-Invoke-Success >>$dir/run"; };
APT::Update::Post-Invoke { "echo Post-Invoke >>$dir/run"; };
END
echo "deb [trusted=yes] file:$dir/nowhere ./" >"$dir/etc/apt/sources.list"

code=0
apt-get update >"$dir/out" 2>&1 || code=$?
seen="exit $code, hooks:$(sed 's/^/ /' "$dir/run" | tr -d '\n')"

apt-get --version | head -n 1
grep '^E:' "$dir/out" | sed "s,$dir,/…,g"
echo "$seen"
[ "$seen" = 'exit 100, hooks: Post-Invoke-Success Post-Invoke' ] || exit 1
[ -z "$(find "$dir/var/lib/apt/lists" -name '*Packages*')" ] || exit 1
