#!/bin/sh
# apt-post-invoke-is-skipped-after-a-refusal: Post-Invoke runs if dpkg fails, not if a hook refuses.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  Pre-Invoke and Post-Invoke frame the run: apt.conf(5) names them together, and the
#            sample configuration mounts /usr writable in one and read-only again in the other.
#            A failure of dpkg bears that out: Post-Invoke runs all the same
# Behavior:  a Pre-Install-Pkgs hook that refuses (as apt-listbugs does) stops apt between the
#            two: Pre-Invoke has run, Post-Invoke never does
# Output:    a hook refuses: pre
#            dpkg fails: pre post
# Matters:   whoever undoes in Post-Invoke what Pre-Invoke did: /usr stays writable after a "no"
set -eu
umask 022
for tool in apt-get apt-ftparchive dpkg-deb; do
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
DPkg::Options { "--root=$dir"; "--force-not-root"; "--force-script-chrootless"; };
DPkg::Options { "--log=/dev/null"; };
DPkg::Pre-Invoke { "echo pre >>$dir/run"; };
DPkg::Post-Invoke { "echo post >>$dir/run"; };
END
echo "deb [trusted=yes] file:$dir/repo ./" >"$dir/etc/apt/sources.list"
deb() { # NAME
    mkdir -p "$dir/$1/DEBIAN"
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
        "$1" >"$dir/$1/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$dir/$1" "$dir/repo/$1_1.deb" >/dev/null
}
deb good
deb other
mkdir -p "$dir/bad/DEBIAN"
printf '#!/bin/sh\nexit 1\n' >"$dir/bad/DEBIAN/preinst"
chmod 755 "$dir/bad/DEBIAN/preinst"
deb bad
(cd "$dir/repo" && apt-ftparchive packages . >Packages)
apt-get -qq update

run() { # PACKAGE: its exit code, and what has run
    rm -f "$dir/run"
    code=0
    apt-get -qq -y install "$1" >/dev/null 2>&1 || code=$?
    echo "$(tr '\n' ' ' <"$dir/run")(exit $code)"
}
seen=$(
    echo "all is well: $(run good)"
    echo "dpkg fails: $(run bad)"
    echo 'DPkg::Pre-Install-Pkgs { "exit 1"; };' >"$dir/etc/apt/apt.conf.d/refuse"
    echo "a hook refuses: $(run other)"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'all is well: pre post (exit 0)
dpkg fails: pre post (exit 100)
a hook refuses: pre (exit 100)' ] || exit 1
