#!/bin/sh
# apt-hook-options-go-by-the-first-word: hooks that begin with the same word share their options.
#
# Seen with: apt 3.0.4, apt-utils 3.0.4 and dpkg 1.22.22 (Debian 13), 2026-11-28; by hand, the same
#            with apt 2.6.2 and 3.3.5
# Expected:  DPkg::Tools::Options::CMD::Version chooses the protocol "to be used for the command
#            cmd" (apt.conf(5)), so it is set for the program, and for that one alone
# Behavior:  CMD is the text of the hook up to its first space. Of a hook that is guarded, as
#            "test -x P && P", it is "test": options under the path of P do nothing, and what
#            one package sets under "test" changes what the hooks of all others are sent
# Output:    guarded, options under its path: /repo/./a_1.deb
#            guarded, another package sets "test": VERSION 3
# Matters:   a hook that reads file names gets another protocol once a second package comes
set -eu
umask 022
pins='apt=3.0.4 apt-utils=3.0.4 dpkg=1.22.22'
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

mkdir -p /repo /a/DEBIAN
printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
    >/a/DEBIAN/control
dpkg-deb -b /a /repo/a_1.deb >/dev/null
(cd /repo && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update

# The hook notes the first line that it is sent.
printf '#!/bin/sh\nhead -n 1 >/first\ncat >/dev/null\n' >/hook
chmod 755 /hook
first_line() { # OPTIONS: what the hook is sent under them
    printf 'DPkg::Pre-Install-Pkgs { "test -x /hook && /hook"; };\n%s\n' "$1" \
        >/etc/apt/apt.conf.d/hook
    apt-get -qq -y install --reinstall a >/dev/null
    cat /first
}
seen=$(
    echo "guarded, no options: $(first_line '')"
    set_for() { echo "DPkg::Tools::Options::$1::Version 3;"; }
    echo "guarded, options under its path: $(first_line "$(set_for /hook)")"
    echo "guarded, another package sets \"test\": $(first_line "$(set_for test)")"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'guarded, no options: /repo/./a_1.deb
guarded, options under its path: /repo/./a_1.deb
guarded, another package sets "test": VERSION 3' ] || exit 1
