#!/bin/sh
# apt-simulation-runs-json-hooks: apt-get -s tells the JSON hooks that the installation succeeded.
#
# Seen with: apt 2.6.2 (Debian 12), 2026-11-28; the same with 3.0.4 and 3.3.5
# Expected:  -s is "No action; perform a simulation of events" (apt-get(8)): DPkg's hooks do not
#            run. The JSON hook install.post is "Run after success" (json-hooks-protocol.md)
# Behavior:  -s starts the hooks of AptCli::Hooks::Install, and sends install.post at the end,
#            just as a real run; nothing in the messages says that it was a simulation
# Output:    apt-get -s install a: pre-prompt package-list statistics post
# Matters:   a hook that keeps accounts, or tells an inventory, notes what nobody installed
set -eu
umask 022
for tool in apt-get apt-ftparchive dpkg-deb python3; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# An apt with a configuration, a database and a source of its own.
mkdir -p "$dir/repo" "$dir/etc/apt/apt.conf.d" "$dir/etc/apt/preferences.d" \
    "$dir/var/lib/apt/lists/partial" "$dir/var/cache/apt/archives/partial" \
    "$dir/var/log/apt" "$dir/var/lib/dpkg/info" "$dir/var/lib/dpkg/updates"
touch "$dir/var/lib/dpkg/status"
export APT_CONFIG="$dir/apt.conf" LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
cat >"$APT_CONFIG" <<END
Dir "$dir/";
Dir::State::status "$dir/var/lib/dpkg/status";
Dir::Cache::pkgcache "";
Debug::NoLocking "1";
APT::Sandbox::User "root";
Dpkg::Use-Pty "0";
DPkg::Options { "--root=$dir"; "--force-not-root"; "--log=/dev/null"; };
DPkg::Pre-Install-Pkgs { "echo DPkg::Pre-Install-Pkgs >>$dir/run; cat >/dev/null"; };
AptCli::Hooks::Install { "$dir/hook"; };
END
echo "deb [trusted=yes] file:$dir/repo ./" >"$dir/etc/apt/sources.list"
mkdir -p "$dir/a/DEBIAN"
printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.org>\nDescription: a\n' \
    >"$dir/a/DEBIAN/control"
dpkg-deb --root-owner-group -b "$dir/a" "$dir/repo/a_1.deb" >/dev/null
(cd "$dir/repo" && apt-ftparchive packages . >Packages)
apt-get -qq update

# A hook of the protocol's version 0.2: greets, and notes the methods that it is called with.
cat >"$dir/hook" <<END
#!/usr/bin/env python3
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
        print(method.removeprefix("install."), file=open("$dir/run", "a"))
END
chmod 755 "$dir/hook"
run() { # COMMAND: the hooks that it ran, and what is installed then
    rm -f "$dir/run"
    "$@" >/dev/null
    echo "$(tr '\n' ' ' <"$dir/run")| $(dpkg-query --admindir="$dir/var/lib/dpkg" -W | wc -l)"
}
seen=$(
    echo "apt-get -s install a: $(run apt-get -s install a)"
    echo "apt-get -y install a: $(run apt-get -qq -y install a)"
)

apt-get --version | head -n 1
echo "$seen"
[ "$seen" = 'apt-get -s install a: pre-prompt package-list statistics post | 0
apt-get -y install a: pre-prompt package-list statistics DPkg::Pre-Install-Pkgs post | 1' ] ||
    exit 1
