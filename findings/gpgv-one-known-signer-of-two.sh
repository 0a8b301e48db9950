#!/bin/sh
# gpgv-one-known-signer-of-two: a good signature beside one of an unknown key is exit code 2.
#
# Seen with: gpgv 2.2.40, sqv 1.1.0 and apt 2.6.2 (Debian 12), 2026-11-28; the same with
#            gpgv 2.4.7, sqv 1.3.0 and apt 3.0.4 (Debian 13)
# Expected:  gpgv returns "0 if everything is fine, 1 if at least one signature was bad, and other
#            error codes for fatal errors" (gpgv(1)). One signature is good, none is bad, and
#            apt takes an archive that one of the keys in Signed-By has signed
# Behavior:  gpgv prints "Good signature" and exits with 2; sqv exits with 0, and so does
#            apt-get update, which with gpgv reads its status lines rather than its exit code
# Output:    gpgv: exit 2, GOODSIG 1, VALIDSIG 1, BADSIG 0
#            apt-get update: exit 0
#            sqv: exit 0
# Matters:   an archive signed by an old and a new key, as Debian's is, fails in scripts that go by
#            gpgv's exit code as soon as the second key is one that the machine lacks
set -eu
for tool in apt-get apt-ftparchive gpg gpgv; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
dir=$(mktemp -d)
trap 'GNUPGHOME="$dir/gnupg" gpgconf --kill all; rm -rf "$dir"' EXIT
mkdir -p "$dir/repo" "$dir/etc/apt/apt.conf.d" "$dir/etc/apt/preferences.d" \
    "$dir/var/lib/apt/lists/partial" "$dir/var/cache/apt/archives/partial" "$dir/var/lib/dpkg"
touch "$dir/var/lib/dpkg/status"
mkdir -m 700 "$dir/gnupg"
export GNUPGHOME="$dir/gnupg" APT_CONFIG="$dir/apt.conf" LC_ALL=C
cat >"$APT_CONFIG" <<END
Dir "$dir/";
Dir::State::status "$dir/var/lib/dpkg/status";
Debug::NoLocking "1";
APT::Sandbox::User "root";
END

# An archive that two keys sign, and a machine that knows one of them.
for name in first second; do
    gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
        --quick-gen-key "$name" ed25519 sign never 2>/dev/null
done
gpg --batch --export first >"$dir/known.gpg"
cd "$dir/repo"
apt-ftparchive packages . >Packages
apt-ftparchive release . >../Release && mv ../Release .
gpg --batch --quiet -u first -u second --clearsign -o InRelease Release
gpg --batch --quiet -u first -u second --detach-sign -o Release.gpg Release
echo "deb [signed-by=$dir/known.gpg] file:$dir/repo ./" >"$dir/etc/apt/sources.list"

exit_code() { # COMMAND…
    code=0
    "$@" >"$dir/out" 2>/dev/null || code=$?
    echo "exit $code"
}
count() { grep -c "^\[GNUPG:\] $1 " "$dir/out" || true; }
seen=$(
    echo "gpgv: $(exit_code gpgv --status-fd 1 --keyring "$dir/known.gpg" Release.gpg Release \
        ), GOODSIG $(count GOODSIG), VALIDSIG $(count VALIDSIG), BADSIG $(count BADSIG)"
    echo "apt-get update: $(exit_code apt-get update)"
)
gpgv --version | head -n 1
echo "$seen"
[ "$seen" = 'gpgv: exit 2, GOODSIG 1, VALIDSIG 1, BADSIG 0
apt-get update: exit 0' ] || exit 1
if command -v sqv >/dev/null; then
    sqv=$(exit_code sqv --keyring "$dir/known.gpg" Release.gpg Release)
    echo "sqv: $sqv"
    [ "$sqv" = 'exit 0' ] || exit 1
fi
