#!/bin/sh
# apt-archive-that-goes-back: an archive that goes back to an earlier state changes no client.
#
# Seen with: apt 3.0.4, apt-utils 3.0.4, gpg 2.4.7-21+deb13u1+b5, gpg-agent 2.4.7-21+deb13u1+b5 and
#            python3 3.13.5-1 (Debian 13), 2026-11-28; by hand, the same with apt 2.6.2 and 3.3.5
# Expected:  update "is used to resynchronize the package index files from their sources"
#            (apt-get(8)), so what the archive offers again is what apt offers; or update fails
# Behavior:  a Release file with an older Date than the one at hand is fetched and dropped: exit 0,
#            no warning, and the version that was withdrawn stays the candidate. The manual pages
#            do not mention it
# Output:    withdrawn: update exits 0 with 0 warnings, candidate 2.0
#            signed again with a new Date: update exits 0 with 0 warnings, candidate 1.0
# Matters:   whoever withdraws a faulty release has to sign the old state again with today's date
set -eu
umask 022
pins="apt=3.0.4 apt-utils=3.0.4 gpg=2.4.7-21+deb13u1+b5 gpg-agent=2.4.7-21+deb13u1+b5 \
    python3=3.13.5-1"
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
gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
    --quick-gen-key archive ed25519 sign never 2>/dev/null
gpg --batch --armor --export archive >/key.asc

publish() { # VERSION DAYS MINUTES: a Release file of DAYS ago, which was uploaded MINUTES ago
    cd /repo
    rm -f ./*
    printf 'Package: a\nVersion: %s\nArchitecture: all\nFilename: ./a.deb\nSize: 1\n' "$1" >Packages
    apt-ftparchive release . >../Release
    sed "s/^Date: .*/Date: $(date -u -R -d "-$2 days")/" ../Release >Release
    gpg --batch --quiet --clearsign -o InRelease Release
    touch -d "-$3 minutes" InRelease
    cd /
}
update() {
    code=0
    apt-get update >/out 2>&1 || code=$?
    echo "update exits $code with $(grep -c '^[WE]:' /out || true) warnings," \
        "candidate $(apt-cache policy a | sed -n 's/^  Candidate: //p')"
}
python3 -u -m http.server --bind 127.0.0.1 --directory /repo 0 >/log 2>&1 &
server=$!
trap 'kill "$server"; gpgconf --kill all' EXIT
port=
while [ -z "$port" ]; do
    sleep 0.1
    kill -0 "$server" || { echo "no server on 127.0.0.1"; exit 77; }
    port=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\) .*/\1/p' /log)
done
echo "deb [signed-by=/key.asc] http://127.0.0.1:$port/ ./" >/etc/apt/sources.list

seen=$(
    publish 1.0 3 40 && echo "first: $(update)"
    publish 2.0 2 30 && echo "released: $(update)"
    publish 1.0 3 20 && echo "withdrawn: $(update)"
    publish 1.0 1 10 && echo "signed again with a new Date: $(update)"
)
apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'first: update exits 0 with 0 warnings, candidate 1.0
released: update exits 0 with 0 warnings, candidate 2.0
withdrawn: update exits 0 with 0 warnings, candidate 2.0
signed again with a new Date: update exits 0 with 0 warnings, candidate 1.0' ] || exit 1
