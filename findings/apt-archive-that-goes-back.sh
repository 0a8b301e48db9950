#!/bin/sh
# apt-archive-that-goes-back: an archive put back to its last state but one changes no client.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  update "is used to resynchronize the package index files from their sources"
#            (apt-get(8)), so what the archive offers again is what apt offers; or update fails
# Behavior:  a Release file with an older Date than the one at hand is fetched and dropped: exit 0,
#            no warning, and the version that was withdrawn stays the candidate. The manual pages
#            do not mention it
# Output:    withdrawn: update exits 0 with 0 warnings, candidate 2.0
#            signed again with a new Date: update exits 0 with 0 warnings, candidate 1.0
# Matters:   who takes a faulty release back has to sign the old state again with today's date
set -eu
umask 022
for tool in apt-get apt-cache apt-ftparchive gpg python3; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
dir=$(mktemp -d)
trap 'gpgconf --kill all; rm -rf "$dir"' EXIT
mkdir -p "$dir/repo" "$dir/etc/apt/apt.conf.d" "$dir/etc/apt/preferences.d" \
    "$dir/var/lib/apt/lists/partial" "$dir/var/cache/apt/archives/partial" "$dir/var/lib/dpkg"
touch "$dir/var/lib/dpkg/status"
mkdir -m 700 "$dir/gnupg"
export GNUPGHOME="$dir/gnupg" APT_CONFIG="$dir/apt.conf" LC_ALL=C
cat >"$APT_CONFIG" <<END
Dir "$dir/";
Dir::State::status "$dir/var/lib/dpkg/status";
Dir::Cache::pkgcache "";
Debug::NoLocking "1";
APT::Sandbox::User "root";
Acquire::http::Proxy "DIRECT";
END
gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
    --quick-gen-key archive ed25519 sign never 2>/dev/null
gpg --batch --armor --export archive >"$dir/key.asc"

publish() { # VERSION DAYS MINUTES: a Release file of DAYS ago, which was uploaded MINUTES ago
    cd "$dir/repo"
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
    apt-get update >"$dir/out" 2>&1 || code=$?
    echo "update exits $code with $(grep -c '^[WE]:' "$dir/out" || true) warnings," \
        "candidate $(apt-cache policy a | sed -n 's/^  Candidate: //p')"
}
: >"$dir/log"
python3 -u -m http.server --bind 127.0.0.1 --directory "$dir/repo" 0 >>"$dir/log" 2>&1 &
server=$!
trap 'kill "$server"; gpgconf --kill all; rm -rf "$dir"' EXIT
port=
while [ -z "$port" ]; do
    sleep 0.1
    kill -0 "$server" || { echo "no server on 127.0.0.1"; exit 77; }
    port=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\) .*/\1/p' "$dir/log")
done
echo "deb [signed-by=$dir/key.asc] http://127.0.0.1:$port/ ./" >"$dir/etc/apt/sources.list"

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
