#!/bin/sh
# dnf-versionlock-brackets-hold-no-dash: one pattern chooses a package for install and locks it out.
#
# Seen with: dnf 4.23.0-1, dnf-plugins-core 4.10.1-4, libdnf2t64 0.74.0-1, libsolv1 0.7.32-1, rpm
#            4.20.1+dfsg-3 and createrepo-c 1.2.0-2+b1 (Debian 13), 2026-11-28; by hand, the same
#            with dnf 4.14.0 and dnf-plugins-core 4.3.1 (Debian 12)
# Expected:  dnf(8) has [...] among the globs of a package specification, and a version lock takes
#            specifications: dnf-versionlock(8), "versionlock.list"
# Behavior:  "install lib-2.1[_-]*" takes version 2.1 in every build, lib-2.1_3dc-1 among them. A
#            lock of the same pattern, or with the epoch, matches nothing: all versions are locked
#            out. Two lines, one with an underscore and one with a dash, do what is meant
# Output:    install lib-2.1[_-]*: lib 0:2.1_3dc
#            locked to lib-2.1[_-]*: exit 1, Unable to find a match: lib
#            locked to lib-0:2.1[_-]*: exit 1, Unable to find a match: lib
#            locked to lib-0:2.1_*-*: lib 0:2.1_3dc
# Matters:   a lock that was tried with dnf install holds the package back from every update
set -eu
umask 022
pins="dnf=4.23.0-1 dnf-plugins-core=4.10.1-4 libdnf2t64=0.74.0-1 libsolv1=0.7.32-1 \
    rpm=4.20.1+dfsg-3 createrepo-c=1.2.0-2+b1"
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
build() { # VERSION
    printf '%s\n' 'Name: lib' "Version: $1" 'Release: 1' 'Summary: a' \
        'License: a' 'BuildArch: noarch' '%description' 'a' '%files' >/lib.spec
    rpmbuild --quiet -bb --define '_rpmdir /a' /lib.spec
}
build 2.1_3dc
build 3.0
createrepo_c -q /a

install() { # LOCK SPEC: what comes, or the error
    echo "$1" >/etc/dnf/plugins/versionlock.list
    code=0
    dnf install "$2" >/out 2>&1 || code=$?
    if [ "$code" = 0 ]; then
        rpm -q --qf '%{name} %{epochnum}:%{version}\n' lib
        dnf remove lib >/dev/null
    else
        echo "exit $code, $(sed -n 's/^Error: //p' /out)"
    fi
}
seen=$(
    echo "install lib-2.1[_-]*: $(install '' 'lib-2.1[_-]*')"
    echo "locked to lib-2.1[_-]*: $(install 'lib-2.1[_-]*' lib)"
    echo "locked to lib-0:2.1[_-]*: $(install 'lib-0:2.1[_-]*' lib)"
    echo "locked to lib-0:2.1_*-*: $(install 'lib-0:2.1_*-*' lib)"
)

echo "dnf $(command dnf --version | head -n 1)"
echo "$seen"
[ "$seen" = 'install lib-2.1[_-]*: lib 0:2.1_3dc
locked to lib-2.1[_-]*: exit 1, Unable to find a match: lib
locked to lib-0:2.1[_-]*: exit 1, Unable to find a match: lib
locked to lib-0:2.1_*-*: lib 0:2.1_3dc' ] || exit 1
