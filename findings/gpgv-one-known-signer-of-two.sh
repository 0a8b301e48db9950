#!/bin/sh
# gpgv-one-known-signer-of-two: a good signature beside one of an unknown key gives exit code 2.
#
# Seen with: gpgv 2.4.7-21+deb13u1+b5, sqv 1.3.0-3+b2, apt 3.0.4, apt-utils 3.0.4, gpg
#            2.4.7-21+deb13u1+b5 and gpg-agent 2.4.7-21+deb13u1+b5 (Debian 13), 2026-11-28; by hand,
#            the same with gpgv 2.2.40, sqv 1.1.0 and apt 2.6.2 (Debian 12), and with gpgv 2.4.9,
#            sqv 1.5.0 and apt 3.3.5 (unstable)
# Expected:  gpgv returns "0 if everything is fine, 1 if at least one signature was bad, and other
#            error codes for fatal errors" (gpgv(1)). One signature is good, none is bad, and
#            apt takes an archive that one of the keys in Signed-By has signed
# Behavior:  gpgv prints "Good signature" and exits with 2; sqv exits with 0, and so does
#            apt-get update, by sqv and by gpgv, whose status lines it reads, not its exit code
# Output:    gpgv: exit 2, GOODSIG 1, VALIDSIG 1, BADSIG 0
#            sqv: exit 0
#            apt-get update by gpgv: exit 0
# Matters:   an archive signed by an old and a new key, as Debian's is, fails in scripts that go by
#            gpgv's exit code as soon as the second key is one that the machine lacks
set -eu
umask 022
pins="gpgv=2.4.7-21+deb13u1+b5 sqv=1.3.0-3+b2 apt=3.0.4 apt-utils=3.0.4 gpg=2.4.7-21+deb13u1+b5 \
    gpg-agent=2.4.7-21+deb13u1+b5"
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

mkdir /repo
mkdir -m 700 /gnupg
export GNUPGHOME=/gnupg
trap 'gpgconf --kill all' EXIT
# An archive that two keys sign, and a machine that knows one of them.
for name in first second; do
    gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
        --quick-gen-key "$name" ed25519 sign never 2>/dev/null
done
gpg --batch --export first >/known.gpg
cd /repo
apt-ftparchive packages . >Packages
apt-ftparchive release . >/Release
mv /Release .
gpg --batch --quiet -u first -u second --clearsign -o InRelease Release
gpg --batch --quiet -u first -u second --detach-sign -o Release.gpg Release
echo "deb [signed-by=/known.gpg] file:/repo ./" >/etc/apt/sources.list

exit_code() { # COMMAND…
    code=0
    "$@" >/out 2>/dev/null || code=$?
    echo "exit $code"
}
count() { grep -c "^\[GNUPG:\] $1 " /out || true; }
seen=$(
    echo "gpgv: $(exit_code gpgv --status-fd 1 --keyring /known.gpg Release.gpg Release \
        ), GOODSIG $(count GOODSIG), VALIDSIG $(count VALIDSIG), BADSIG $(count BADSIG)"
    echo "sqv: $(exit_code sqv --keyring /known.gpg Release.gpg Release)"
    echo "apt-get update by sqv: $(exit_code apt-get update)"
    rm -r /var/lib/apt/lists
    echo "apt-get update by gpgv: $(exit_code apt-get -o APT::Key::GPGVCommand=gpgv update)"
)
gpgv --version | head -n 1
echo "$seen"
[ "$seen" = 'gpgv: exit 2, GOODSIG 1, VALIDSIG 1, BADSIG 0
sqv: exit 0
apt-get update by sqv: exit 0
apt-get update by gpgv: exit 0' ] || exit 1
