#!/bin/sh
# dnf-priority-of-a-shrinking-repository: a preferred repository stops being so for want of a build.
#
# Seen with: dnf 4.14.0 (Debian 12's package), 2026-11-28; the same with dnf 4.23.0
#            (Debian 13's)
# Expected:  "If there is more than one candidate package for a particular operation, the one from
#            a repo with the lowest priority value is picked, possibly despite being … a lower
#            version" (dnf.conf(5), priority): the installed package is kept to that repository
# Behavior:  only while the repository still has the installed version. Once that is taken out and
#            lower ones alone are left, upgrade goes to the higher version of the other repository.
#            dnf5 5.4.6.0 does not, it has "Nothing to do." in both cases
# Output:    preferred has 1.0 2.0, other has 3.0: lib 2.0 after dnf upgrade
#            preferred has 1.0, other has 3.0: lib 3.0 after dnf upgrade
# Matters:   a vendor who withdraws a faulty build hands the machines that have it to whoever else
#            carries the name
set -eu
for tool in dnf rpm rpmbuild createrepo_c; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME="$dir" LC_ALL=C
cat >"$dir/dnf.conf" <<END
[main]
plugins=0
gpgcheck=0
reposdir=$dir/none
cachedir=$dir/cache
persistdir=$dir/persist
logdir=$dir/log

[preferred]
name=preferred
baseurl=file://$dir/preferred
priority=1
metadata_expire=0

[other]
name=other
baseurl=file://$dir/other
END
dnf() { command dnf -q -y -c "$dir/dnf.conf" --installroot="$dir/root" --releasever=1 "$@"; }
build() { # REPOSITORY VERSION
    printf '%s\n' 'Name: lib' "Version: $2" 'Release: 1' 'Summary: a' 'License: a' \
        'BuildArch: noarch' '%description' 'a' '%files' >"$dir/lib.spec"
    rpmbuild --quiet -bb --define "_topdir $dir/build" --define "_rpmdir $dir/$1" "$dir/lib.spec"
}
build preferred 1.0
build preferred 2.0
build other 3.0
createrepo_c -q "$dir/preferred"
createrepo_c -q "$dir/other"

upgraded() { # what is installed after an upgrade
    dnf --refresh upgrade >/dev/null
    rpm --root="$dir/root" -q --qf '%{name} %{version} after dnf upgrade' lib
}
seen=$(
    dnf install lib >/dev/null
    echo "preferred has 1.0 2.0, other has 3.0: $(upgraded)"
    rm "$dir/preferred/noarch/lib-2.0-1.noarch.rpm"
    createrepo_c -q "$dir/preferred"
    echo "preferred has 1.0, other has 3.0: $(upgraded)"
)

echo "dnf $(command dnf --version | head -n 1)"
echo "$seen"
[ "$seen" = 'preferred has 1.0 2.0, other has 3.0: lib 2.0 after dnf upgrade
preferred has 1.0, other has 3.0: lib 3.0 after dnf upgrade' ] || exit 1
