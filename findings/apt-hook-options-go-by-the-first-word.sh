#!/bin/sh
# apt-hook-options-go-by-the-first-word: hooks that begin with the same word share their options.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  DPkg::Tools::Options::CMD::Version chooses the protocol "to be used for the command
#            cmd" (apt.conf(5)), so it is set for the program, and for that one alone
# Behavior:  CMD is the text of the hook up to its first space. Of a hook that is guarded, as
#            "test -x P && P", it is "test": options under the path of P do nothing, and what
#            one package sets under "test" changes what the hooks of all others are sent
# Output:    guarded, options under its path: /…/repo/./a_1.deb
#            guarded, a stranger sets "test": VERSION 3
# Matters:   a hook that reads file names gets another protocol once a second package comes
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
DPkg::Options { "--root=$dir"; "--force-not-root"; "--log=/dev/null"; };
END
echo "deb [trusted=yes] file:$dir/repo ./" >"$dir/etc/apt/sources.list"
mkdir -p "$dir/a/DEBIAN"
printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
    >"$dir/a/DEBIAN/control"
dpkg-deb --root-owner-group -b "$dir/a" "$dir/repo/a_1.deb" >/dev/null
(cd "$dir/repo" && apt-ftparchive packages . >Packages)
apt-get -qq update

# Each hook notes the first line that it is sent.
cat >"$dir/hook" <<END
#!/bin/sh
head -n 1 >"$dir/first"
cat >/dev/null
END
chmod 755 "$dir/hook"
first_line() { # OPTIONS: what the hook is sent under them
    printf 'DPkg::Pre-Install-Pkgs { "test -x %s && %s"; };\n%s\n' "$dir/hook" "$dir/hook" "$1" \
        >"$dir/etc/apt/apt.conf.d/hook"
    apt-get -qq -y install --reinstall a >/dev/null
    sed "s,$dir,/…," "$dir/first"
}
seen=$(
    echo "guarded, no options: $(first_line '')"
    set_for() { echo "DPkg::Tools::Options::$1::Version 3;"; }
    echo "guarded, options under its path: $(first_line "$(set_for "$dir/hook")")"
    echo "guarded, a stranger sets \"test\": $(first_line "$(set_for test)")"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'guarded, no options: /…/repo/./a_1.deb
guarded, options under its path: /…/repo/./a_1.deb
guarded, a stranger sets "test": VERSION 3' ] || exit 1
