"""Commands of the lab's hosts that act on a machine, and record that they were called.

There is no kernel, no systemd and no scheduler in a root.  Each stub appends its name and words
to ``/run/lab/calls``.  Loading the driver and restarting change what the host says of itself.
"""

from __future__ import annotations

from pathlib import Path

_RECORD = 'echo "$(basename "$0") $*" >> /run/lab/calls\n'

_VERSION = "/sys/module/neuron/version"
_INSTALLED = r"""installed() {
    if command -v rpm >/dev/null; then
        rpm -q --qf '%{VERSION}\n' aws-neuronx-dkms
    else
        cat /usr/src/aws-neuronx-*/dkms.conf 2>/dev/null | sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p'
    fi | sort -V | tail -n 1
}
"""

_LOAD = f"""
case " $* " in
*" -r "*) rm -rf {Path(_VERSION).parent} ;;
*)
    mkdir -p {Path(_VERSION).parent}
    installed > {_VERSION}
    [ ! -e /run/lab/never-back ] || touch /run/lab/lost
    ;;
esac
"""

_UNLOAD = f"rm -rf {Path(_VERSION).parent}\n"

# A host that is named in /run/lab/never-back is gone afterwards: its connection refuses.
_RESTART = f"""
mkdir -p {Path(_VERSION).parent}
installed > {_VERSION}
cat /proc/sys/kernel/random/uuid > /run/lab/boot-id
[ ! -e /run/lab/never-back ] || touch /run/lab/lost
"""

_UNAME = r"""#!/bin/sh
case ${1-} in
-r) cat /proc/sys/kernel/osrelease ;;
*) exec /bin/uname "$@" ;;
esac
"""

_SCONTROL = """
state=/run/lab/slurm
case "$*" in
"show node "*) echo "NodeName=$3 State=$(cat $state 2>/dev/null || echo IDLE) Partitions=all" ;;
*State=DRAIN*) [ ! -e /run/lab/refuse-drain ] && echo IDLE+DRAIN > $state ;;
*State=RESUME*) echo IDLE > $state ;;
*) exit 1 ;;
esac
"""

_KUBECTL = """
state=/run/lab/cordoned
case "$1" in
get) cat $state 2>/dev/null || : ;;
drain) printf true > $state; [ ! -e /run/lab/refuse-drain ] ;;
uncordon) rm -f $state ;;
*) exit 1 ;;
esac
"""

STUBS: dict[str, str] = {
    "modprobe": _INSTALLED + _LOAD,
    "rmmod": _UNLOAD,
    "reboot": _INSTALLED + _RESTART,
    "shutdown": _INSTALLED + _RESTART,
    "systemctl": "",
    "scontrol": _SCONTROL,
    "kubectl": _KUBECTL,
    "work": "[ $1 = back ] && rm -f /run/lab/away || touch /run/lab/away\n",
    "prove": "[ ! -e /run/lab/bad ]\n",
}


def write_stubs(root: Path) -> None:
    """Put the stubs where they are found first."""
    folder = root / "usr/local/sbin"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in STUBS.items():
        _write(folder / name, f"#!/bin/sh\n{_RECORD}{text}")
    _write(folder / "uname", _UNAME)
    # What calls them by their whole path.
    for name in ("shutdown", "reboot", "modprobe", "rmmod"):
        place = root / "usr/sbin" / name
        place.unlink(missing_ok=True)
        place.symlink_to(f"/usr/local/sbin/{name}")


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
