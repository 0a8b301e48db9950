#!/bin/sh
# apt-hold-ends-with-an-explicit-upgrade: a hold is gone once its package is upgraded on purpose.
#
# Seen with: apt 3.0.4, apt-utils 3.0.4 and dpkg 1.22.22 (Debian 13), 2026-11-28; by hand, the same
#            with apt 2.6.2 and dpkg 1.21.23, and with apt 3.3.5
# Expected:  unhold is what "cancel[s] a previously set hold" (apt-mark(8)); an explicit action lets
#            dpkg ignore the hold (dpkg(1), --force-hold), which is to say: for that action
# Behavior:  dpkg -i, and apt-get install --allow-change-held-packages, upgrade and take the hold
#            away without a word. The next upgrade takes the package along
# Output:    after dpkg -i a_2.0.deb: 2.0, held: nothing
#            after apt-get install a=2.0: 2.0, held: nothing
#            apt-get -s upgrade then: Inst a [2.0] (3.0 localhost [all])
# Matters:   whoever moves a held package to its next tested version holds nothing from then on
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
for version in 1.0 2.0 3.0; do
    printf 'Package: a\nVersion: %s\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
        "$version" >/a/DEBIAN/control
    dpkg-deb -b /a "/repo/a_$version.deb" >/dev/null
done
(cd /repo && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update

state() { # what is installed, and what is held
    echo "$(dpkg-query -W -f '${Version}' a), held: $(apt-mark showhold | grep . || echo nothing)"
}
seen=$(
    apt-get -qq -y install a=1.0 >/dev/null
    apt-mark hold a >/dev/null
    echo "before: $(state)"
    dpkg -i /repo/a_2.0.deb >/dev/null
    echo "after dpkg -i a_2.0.deb: $(state)"

    apt-get -qq -y install --allow-downgrades a=1.0 >/dev/null 2>&1
    apt-mark hold a >/dev/null
    echo "before: $(state)"
    apt-get -qq -y install --allow-change-held-packages a=2.0 >/dev/null
    echo "after apt-get install a=2.0: $(state)"
    echo "apt-get -s upgrade then: $(apt-get -s upgrade | grep '^Inst')"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'before: 1.0, held: a
after dpkg -i a_2.0.deb: 2.0, held: nothing
before: 1.0, held: a
after apt-get install a=2.0: 2.0, held: nothing
apt-get -s upgrade then: Inst a [2.0] (3.0 localhost [all])' ] || exit 1
