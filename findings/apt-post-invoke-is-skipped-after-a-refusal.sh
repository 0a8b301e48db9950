#!/bin/sh
# apt-post-invoke-is-skipped-after-a-refusal: Post-Invoke runs if dpkg fails, not if a hook refuses.
#
# Seen with: apt 3.0.4, apt-utils 3.0.4 and dpkg 1.22.22 (Debian 13), 2026-11-28; by hand, the same
#            with apt 2.6.2 and 3.3.5
# Expected:  Pre-Invoke and Post-Invoke frame the run: apt.conf(5) names them together, and the
#            sample configuration mounts /usr writable in one and read-only again in the other.
#            A failure of dpkg bears that out: Post-Invoke runs all the same
# Behavior:  a Pre-Install-Pkgs hook that refuses (as apt-listbugs does) stops apt between the
#            two: Pre-Invoke has run, Post-Invoke never does
# Output:    dpkg fails: pre post (exit 100)
#            a hook refuses: pre (exit 100)
# Matters:   what Pre-Invoke did is not undone: /usr stays writable after a "no"
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

mkdir -p /repo /bad/DEBIAN
printf '#!/bin/sh\nexit 1\n' >/bad/DEBIAN/preinst
chmod 755 /bad/DEBIAN/preinst
for name in good bad other; do
    mkdir -p "/$name/DEBIAN"
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
        "$name" >"/$name/DEBIAN/control"
    dpkg-deb -b "/$name" "/repo/${name}_1.deb" >/dev/null
done
(cd /repo && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update
cat >/etc/apt/apt.conf.d/frame <<END
DPkg::Pre-Invoke { "echo pre >>/hooks"; };
DPkg::Post-Invoke { "echo post >>/hooks"; };
END

install() { # PACKAGE: the hooks that have run, and the exit code
    rm -f /hooks
    code=0
    apt-get -qq -y install "$1" >/dev/null 2>&1 || code=$?
    echo "$(tr '\n' ' ' </hooks)(exit $code)"
}
seen=$(
    echo "all is well: $(install good)"
    echo "dpkg fails: $(install bad)"
    echo 'DPkg::Pre-Install-Pkgs { "exit 1"; };' >/etc/apt/apt.conf.d/refuse
    echo "a hook refuses: $(install other)"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'all is well: pre post (exit 0)
dpkg fails: pre post (exit 100)
a hook refuses: pre (exit 100)' ] || exit 1
