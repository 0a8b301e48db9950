#!/bin/sh
# dnf-missing-epoch-has-two-meanings: NAME-VERSION takes any epoch, NAME = VERSION epoch 0 alone.
#
# Seen with: dnf 4.14.0 with dnf-plugins-core 4.3.1 (Debian 12's packages), 2026-11-28; the same
#            with dnf 4.23.0 and 4.10.1 (Debian 13's)
# Expected:  dnf(8) has the epoch as optional, name-[epoch:]version, and to rpm an epoch that is
#            not written is 0. The lock 'bash-5.*' is dnf-versionlock(8)'s own example for staying
#            on a major version
# Behavior:  in NAME-VERSION, and so in a version lock, a missing epoch is a wild card; in
#            "NAME = VERSION" it is 0. To hold what has no epoch, write 0: as in lib-0:2.*
# Output:    install lib-2.9: lib 1:2.9
#            install lib = 2.9: exit 1, Unable to find a match: lib = 2.9
#            locked to lib-2.*: lib 1:2.9
#            locked to lib-0:2.*: lib 0:2.1
# Matters:   the lock lets a package through that has the number and another epoch, and is newer
#            for rpm than all that the lock was meant for
set -eu
for tool in dnf rpm rpmbuild createrepo_c; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "not root"; exit 77; }
plugins=$(dpkg -L dnf-plugins-core 2>/dev/null | sed -n "s,/versionlock.py$,,p")
[ -n "$plugins" ] || { echo "no dnf-plugins-core"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME="$dir" LC_ALL=C
cat >"$dir/dnf.conf" <<END
[main]
pluginconfpath=$dir
pluginpath=$plugins
gpgcheck=0
reposdir=$dir/none
cachedir=$dir/cache
persistdir=$dir/persist
logdir=$dir/log

[a]
name=a
baseurl=file://$dir/a
END
printf '[main]\nenabled=1\nlocklist=%s\n' "$dir/locks" >"$dir/versionlock.conf"
dnf() { command dnf -q -y -c "$dir/dnf.conf" --installroot="$dir/root" --releasever=1 "$@"; }
build() { # VERSION [FIELD]
    printf '%s\n' 'Name: lib' "Version: $1" "${2:-# none}" 'Release: 1' 'Summary: a' 'License: a' \
        'BuildArch: noarch' '%description' 'a' '%files' >"$dir/lib.spec"
    rpmbuild --quiet -bb --define "_topdir $dir/build" --define "_rpmdir $dir/a" "$dir/lib.spec"
}
build 2.1
build 3.0
build 2.9 'Epoch: 1'
createrepo_c -q "$dir/a"

install() { # LOCK SPEC: what comes, or the error
    echo "$1" >"$dir/locks"
    rm -rf "$dir/root"
    code=0
    dnf install "$2" >"$dir/out" 2>&1 || code=$?
    if [ "$code" = 0 ]; then
        rpm --root="$dir/root" -q --qf '%{name} %{epochnum}:%{version}\n' lib
    else
        echo "exit $code, $(sed -n 's/^Error: //p' "$dir/out")"
    fi
}
seen=$(
    echo "install lib-2.9: $(install '' lib-2.9)"
    echo "install lib = 2.9: $(install '' 'lib = 2.9')"
    echo "locked to lib-2.*: $(install 'lib-2.*' lib)"
    echo "locked to lib-0:2.*: $(install 'lib-0:2.*' lib)"
)

echo "dnf $(command dnf --version | head -n 1)"
echo "$seen"
[ "$seen" = 'install lib-2.9: lib 1:2.9
install lib = 2.9: exit 1, Unable to find a match: lib = 2.9
locked to lib-2.*: lib 1:2.9
locked to lib-0:2.*: lib 0:2.1' ] || exit 1
