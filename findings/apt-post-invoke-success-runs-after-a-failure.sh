#!/bin/sh
# apt-post-invoke-success-runs-after-a-failure: it runs after an update that fetched nothing.
#
# Seen with: apt 3.0.4 (Debian 13), 2026-11-28; by hand, the same with apt 2.6.2 and 3.3.5
# Expected:  by its name, and by how packages use it (appstream and PackageKit rebuild their data
#            in it), APT::Update::Post-Invoke-Success runs when the lists have been updated
# Behavior:  it runs although every source has failed and apt-get update exits 100
# Output:    exit 100, hooks: Post-Invoke-Success Post-Invoke
# Matters:   a "last successful update" that it notes is wrong where nothing was fetched
set -eu
umask 022
pins='apt=3.0.4'
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

cat >/etc/apt/apt.conf.d/hooks <<END
APT::Update::Post-Invoke-Success { "echo Post-Invoke-Success >>/hooks"; };
APT::Update::Post-Invoke { "echo Post-Invoke >>/hooks"; };
END
echo 'deb [trusted=yes] file:/nowhere ./' >/etc/apt/sources.list

code=0
apt-get update >/out 2>&1 || code=$?
seen="exit $code, hooks:$(sed 's/^/ /' /hooks | tr -d '\n')"

apt-get --version | head -n 1
grep '^E:' /out
echo "$seen"
[ "$seen" = 'exit 100, hooks: Post-Invoke-Success Post-Invoke' ] || exit 1
[ -z "$(find /var/lib/apt/lists -name '*Packages*')" ] || exit 1
