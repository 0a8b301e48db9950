#!/bin/sh
# apt-simulation-runs-json-hooks: apt-get -s tells the JSON hooks that the installation succeeded.
#
# Seen with: apt 3.0.4, apt-utils 3.0.4, dpkg 1.22.22 and python3 3.13.5-1 (Debian 13), 2026-11-28;
#            by hand, the same with apt 2.6.2 and 3.3.5
# Expected:  -s is "No action; perform a simulation of events" (apt-get(8)): DPkg's hooks do not
#            run. The JSON hook install.post is "Run after success" (json-hooks-protocol.md)
# Behavior:  -s starts the hooks of AptCli::Hooks::Install, and sends install.post at the end,
#            just as a real run; nothing in the messages says that it was a simulation
# Output:    apt-get -s: pre-prompt package-list statistics post, 0 installed
# Matters:   a hook that keeps a log or an inventory records what nobody installed
set -eu
umask 022
pins='apt=3.0.4 apt-utils=3.0.4 dpkg=1.22.22 python3=3.13.5-1'
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
printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
    >/a/DEBIAN/control
dpkg-deb -b /a /repo/a_1.deb >/dev/null
(cd /repo && apt-ftparchive packages . >Packages)
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -qq update
cat >/etc/apt/apt.conf.d/hooks <<END
DPkg::Pre-Install-Pkgs { "echo DPkg::Pre-Install-Pkgs >>/hooks; cat >/dev/null"; };
AptCli::Hooks::Install { "/hook"; };
END
# A hook of the protocol's version 0.2: greets, and notes the methods that it is called with.
cat >/hook <<END
#!/usr/bin/python3
import json, os, socket
stream = socket.socket(fileno=int(os.environ["APT_HOOK_SOCKET"])).makefile("rw")
for line in filter(str.strip, iter(stream.readline, "")):
    method = json.loads(line)["method"].removeprefix("org.debian.apt.hooks.")
    if method == "bye":
        break
    if method == "hello":
        print(json.dumps({"jsonrpc": "2.0", "id": 0, "result": {"version": "0.2"}}), "\n",
              file=stream, flush=True)
    else:
        print(method.removeprefix("install."), file=open("/hooks", "a"))
END
chmod 755 /hook
run() { # COMMAND: the hooks that it ran, and how many packages called a are installed then
    rm -f /hooks
    "$@" >/dev/null
    echo "$(paste -s -d ' ' /hooks), $(dpkg-query -W a 2>/dev/null | wc -l) installed"
}
seen=$(
    echo "apt-get -s: $(run apt-get -s install a)"
    echo "apt-get -y: $(run apt-get -qq -y install a)"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'apt-get -s: pre-prompt package-list statistics post, 0 installed
apt-get -y: pre-prompt package-list statistics DPkg::Pre-Install-Pkgs post, 1 installed' ] || exit 1
