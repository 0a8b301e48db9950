#!/bin/sh
# dnf-install-downgrades-a-dependency: dnf -y install app downgrades an installed lib, unasked.
#
# Seen with: dnf 4.23.0-1, libdnf2t64 0.74.0-1, libsolv1 0.7.32-1, rpm 4.20.1+dfsg-3 and
#            createrepo-c 1.2.0-2+b1 (Debian 13), 2026-11-28; by hand, the same with dnf 4.14.0
#            (Debian 12) and dnf5 5.4.6.0 (unstable)
# Expected:  install downgrades when "the exact version of the package is given"; for the rest
#            there is the command downgrade (dnf(8)). rpm -U wants --oldpackage, and apt-get fails
#            with "unmet dependencies" where only a downgrade would help
# Behavior:  app needs lib = 1.0, and lib 2.0 is installed because somebody asked for it: install
#            goes back to lib 1.0, with --best too
# Output:    dnf -y install lib-2.0: lib 2.0
#            dnf -y --best install app: app 1.0, lib 1.0
# Matters:   a version that somebody chose holds only as long as nothing is installed
set -eu
umask 022
pins='dnf=4.23.0-1 libdnf2t64=0.74.0-1 libsolv1=0.7.32-1 rpm=4.20.1+dfsg-3 createrepo-c=1.2.0-2+b1'
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

cat >/etc/dnf/dnf.conf <<END
[main]
gpgcheck=0

[a]
name=a
baseurl=file:///a
END
dnf() { command dnf -q -y --releasever=1 "$@"; }
build() { # NAME VERSION [FIELD]
    printf '%s\n' "Name: $1" "Version: $2" "${3:-# no more}" 'Release: 1' 'Summary: a' \
        'License: a' 'BuildArch: noarch' '%description' 'a' '%files' >"/$1.spec"
    rpmbuild --quiet -bb --define '_rpmdir /a' "/$1.spec"
}
build lib 1.0
build lib 2.0
build app 1.0 'Requires: lib = 1.0'
createrepo_c -q /a

installed() {
    rpm -qa --qf '%{name} %{version}\n' | sort | paste -s -d , | sed 's/,/, /'
}
seen=$(
    dnf install lib-2.0 >/dev/null
    echo "dnf -y install lib-2.0: $(installed)"
    dnf --best install app >/dev/null
    echo "dnf -y --best install app: $(installed)"
)

echo "dnf $(command dnf --version | head -n 1)"
echo "$seen"
[ "$seen" = 'dnf -y install lib-2.0: lib 2.0
dnf -y --best install app: app 1.0, lib 1.0' ] || exit 1
