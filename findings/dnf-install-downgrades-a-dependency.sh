#!/bin/sh
# dnf-install-downgrades-a-dependency: dnf -y install app downgrades an installed lib, unasked.
#
# Seen with: dnf 4.14.0 (Debian 12's package), 2026-11-28; the same with dnf 4.23.0
#            (Debian 13's) and dnf5 5.4.6.0 (unstable's)
# Expected:  install downgrades when "the exact version of the package is given"; for the rest
#            there is the command downgrade (dnf(8)). rpm -U wants --oldpackage, and apt-get fails
#            with "unmet dependencies" where only a downgrade would help
# Behavior:  app needs lib = 1.0, and lib 2.0 is installed because somebody asked for it: install
#            goes back to lib 1.0, with --best too
# Output:    dnf -y install lib-2.0: lib 2.0
#            dnf -y --best install app: app 1.0, lib 1.0
# Matters:   a version that somebody chose holds only as long as nothing is installed
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

[a]
name=a
baseurl=file://$dir/a
END
dnf() { command dnf -q -y -c "$dir/dnf.conf" --installroot="$dir/root" --releasever=1 "$@"; }
build() { # NAME VERSION [FIELD]
    printf '%s\n' "Name: $1" "Version: $2" "${3:-# none}" 'Release: 1' 'Summary: a' 'License: a' \
        'BuildArch: noarch' '%description' 'a' '%files' >"$dir/$1.spec"
    rpmbuild --quiet -bb --define "_topdir $dir/build" --define "_rpmdir $dir/a" "$dir/$1.spec"
}
build lib 1.0
build lib 2.0
build app 1.0 'Requires: lib = 1.0'
createrepo_c -q "$dir/a"

installed() {
    rpm --root="$dir/root" -qa --qf '%{name} %{version}\n' | sort | paste -s -d , | sed 's/,/, /'
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
