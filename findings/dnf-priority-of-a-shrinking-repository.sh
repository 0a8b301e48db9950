#!/bin/sh
# dnf-priority-of-a-shrinking-repository: priority counts only while the repository has the build.
#
# Seen with: dnf 4.23.0-1, libdnf2t64 0.74.0-1, libsolv1 0.7.32-1, rpm 4.20.1+dfsg-3 and
#            createrepo-c 1.2.0-2+b1 (Debian 13), 2026-11-28; by hand, the same with dnf 4.14.0
#            (Debian 12)
# Expected:  "If there is more than one candidate package for a particular operation, the one from
#            a repo with the lowest priority value is picked, possibly despite being … a lower
#            version" (dnf.conf(5), priority): the installed package is kept to that repository
# Behavior:  only while the repository still has the installed version. Once that is taken out and
#            lower ones alone are left, upgrade goes to the higher version of the other repository.
#            dnf5 5.4.6.0 (seen by hand) does not: it says "Nothing to do." in both cases
# Output:    preferred has 1.0 2.0, other has 3.0: lib 2.0 after dnf upgrade
#            preferred has 1.0, other has 3.0: lib 3.0 after dnf upgrade
# Matters:   a vendor who withdraws a faulty build hands the machines that have it to whoever else
#            carries the name
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

[preferred]
name=preferred
baseurl=file:///preferred
priority=1
metadata_expire=0

[other]
name=other
baseurl=file:///other
END
dnf() { command dnf -q -y --releasever=1 "$@"; }
build() { # REPOSITORY VERSION
    printf '%s\n' 'Name: lib' "Version: $2" 'Release: 1' 'Summary: a' 'License: a' \
        'BuildArch: noarch' '%description' 'a' '%files' >/lib.spec
    rpmbuild --quiet -bb --define "_rpmdir /$1" /lib.spec
}
build preferred 1.0
build preferred 2.0
build other 3.0
createrepo_c -q /preferred
createrepo_c -q /other

upgraded() { # what is installed after an upgrade
    dnf --refresh upgrade >/dev/null
    rpm -q --qf '%{name} %{version} after dnf upgrade' lib
}
seen=$(
    dnf install lib >/dev/null
    echo "preferred has 1.0 2.0, other has 3.0: $(upgraded)"
    rm /preferred/noarch/lib-2.0-1.noarch.rpm
    createrepo_c -q /preferred
    echo "preferred has 1.0, other has 3.0: $(upgraded)"
)

echo "dnf $(command dnf --version | head -n 1)"
echo "$seen"
[ "$seen" = 'preferred has 1.0 2.0, other has 3.0: lib 2.0 after dnf upgrade
preferred has 1.0, other has 3.0: lib 3.0 after dnf upgrade' ] || exit 1
