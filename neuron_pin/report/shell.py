"""A plan as a POSIX shell script, and as the lines of a Dockerfile.

The script stops at the first failure and can be run again: a step that is done is skipped.
Nothing is run here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from neuron_pin import __version__
from neuron_pin.errors import WrongUsage
from neuron_pin.planner import Part, Plan, Step, WrittenFile
from neuron_pin.policy import Ecosystem

END = "NEURON_PIN_END"

_HEAD = """\
set -eu

fail() { echo "neuron-pin: $*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_user() { "$@"; }

# wanted NAME TITLE: whether the step is not skipped
wanted() {
  case " ${NEURON_PIN_SKIP-} " in
    *" $1 "*) echo "-- $2: skipped"; return 1 ;;
  esac
  echo "== $2"
}

# write WHO PATH MODE: the file, from standard input, as a whole; a system file that neuron-pin
# did not write is not replaced
write() {
  if [ "$1" = as_root ] && [ -e "$2" ] && ! grep -q 'managed by neuron-pin' "$2"; then
    fail "$2 exists, and neuron-pin did not write it"
  fi
  new="$(dirname "$2")/.neuron-pin.$$"
  "$1" tee "$new" >/dev/null
  "$1" chmod "$3" "$new"
  if "$1" cmp -s "$new" "$2"; then "$1" rm -f "$new"; else "$1" mv -f "$new" "$2"; fi
}
"""

_SYSTEM = """\
# idle: nothing uses the devices
idle() {
  if as_root sh -c 'ls -l /proc/[0-9]*/fd 2>/dev/null' | grep -q '/dev/neuron'; then
    fail "processes use Neuron devices; stop them first (fuser -v /dev/neuron*)"
  fi
}

# reload VERSION: load the module that was installed
reload() {
  case " ${NEURON_PIN_SKIP-} " in *" reload "*) return 0 ;; esac
  loaded=$(cat /sys/module/neuron/version 2>/dev/null || true)
  if [ "$loaded" = "$1" ]; then return 0; fi
  if [ -n "$loaded" ] && ! as_root modprobe -r neuron; then
    echo "neuron-pin: $loaded is still loaded; reboot, then run this again" >&2
    exit 75
  fi
  as_root modprobe neuron || { echo "neuron-pin: reboot, then run this again" >&2; exit 75; }
}
"""

_APT = """\
# installed NAME VERSION: whether it is, whatever its revision
installed() {
  found=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null || true)
  case "$found" in "installed $2"|"installed $2"-*) return 0 ;; *) return 1 ;; esac
}

# pin NAME VERSION: NAME=VERSION as a repository has it, with its revision
pin() {
  found=$(apt-cache madison "$1" | awk -F'|' -v wanted="$2" '
    { gsub(/ /, "", $2) } $2 == wanted || index($2, wanted "-") == 1 { print $2; exit }')
  if [ -z "$found" ]; then fail "no configured repository has $1 $2"; fi
  echo "$1=$found"
}

export DEBIAN_FRONTEND=noninteractive
"""

_RPM = """\
# installed NAME VERSION: whether it is, whatever its release
installed() { [ "$(rpm -q --qf '%{VERSION}' "$1" 2>/dev/null)" = "$2" ]; }
"""


def render_script(plan: Plan, command: str) -> str:
    """The script: ``NEURON_PIN_SKIP="instance headers"`` skips steps by their names."""
    resolution = plan.resolution
    is_apt = resolution.target.system is Ecosystem.APT
    lines = [
        "#!/bin/sh",
        f"# This file was written by neuron-pin {__version__}:",
        *_comment(command),
        *_comment(f"from {plan.start} to Neuron SDK {resolution.sdk}"),
        *_comment(f"for {resolution.target.label}"),
        "# It stops at the first failure, and can be run again.",
        f'# NEURON_PIN_SKIP="{plan.steps[0].name} …" skips steps, by the name after "wanted".',
        "# Exit codes: 0 done; 75 reboot, then run it again; else that of the step that failed.",
        _HEAD,
    ]
    if any(step.pins for step in plan.steps):
        lines += [_SYSTEM, _APT if is_apt else _RPM]
    for step in plan.steps:
        lines += [*_step(step, is_apt=is_apt), ""]
    lines.append(f"echo {shlex.quote(f'done: Neuron SDK {resolution.sdk}')}")
    if plan.back:
        lines += ["", "# To roll back:"]
        lines += [row for back in plan.back for row in _comment(back)]
    return "\n".join(lines) + "\n"


def render_step(step: Step, *, is_apt: bool) -> str:
    """A script that does one step, unless it was done before, with the guards of the whole one.

    Its exit code is 0 where it is done, 75 where the machine has to be rebooted, else that of the
    command that failed.  ``NEURON_PIN_SKIP=reload`` loads no module.
    """
    lines = [_HEAD, _SYSTEM, _APT if is_apt else _RPM, *_step(step, is_apt=is_apt)]
    return "\n".join(lines) + "\n"


def render_test(name: str, *, is_apt: bool) -> str:
    """A script that says by its exit code what a function of the whole one says of its arguments:
    ``installed NAME VERSION``, or ``idle``."""
    return f'{_HEAD}\n{_SYSTEM}\n{_APT if is_apt else _RPM}\n{name} "$@"\n'


def _comment(text: str) -> list[str]:
    return [f"#   {line}" for line in text.splitlines()]


def _step(step: Step, *, is_apt: bool) -> Iterator[str]:
    yield f"if wanted {step.name} {shlex.quote(step.title)}; then"
    if step.part is Part.CHECK:
        why = f" ({step.reason})" if step.reason else ""
        told = shlex.quote(f"failed: {step.title}{why}")
        if step.found:
            told += f'"; found: $({step.found})"'
        yield from (f"  {{ {test}; }} || fail {told}" for test in step.commands)
    elif step.unless:
        yield f"  if {step.unless}; then echo '   done before'; else"
        yield from _body(step, "    ", is_apt=is_apt)
        yield "  fi"
    else:
        yield from _body(step, "  ", is_apt=is_apt)
    yield "fi"


def _body(step: Step, indent: str, *, is_apt: bool) -> Iterator[str]:
    who = "as_root" if step.as_root else "as_user"
    for warning in step.warnings:
        yield f"{indent}echo {shlex.quote(f'warning: {warning}')} >&2"
    for file in step.files:
        yield f"{indent}write {who} {shlex.quote(file.path)} {file.mode} <<'{END}'"
        yield from heredoc(file)
    if step.pins:
        there = " && ".join(f"installed {name} {shlex.quote(v)}" for name, v, _ in step.pins)
        yield f"{indent}if {there}; then echo '   installed already'; else"
        if step.stops:
            yield f"{indent}  idle"
        yield f"{indent}  set --"
        for name, version, word in step.pins:
            # What is installed by its name alone follows the pins.
            is_found = is_apt and word != name
            found = f'"$(pin {name} {shlex.quote(version)})"' if is_found else shlex.quote(word)
            # A failure inside the words of a command would be ignored.
            yield f'{indent}  p={found}; set -- "$@" "$p"'
        yield f'{indent}  as_root {step.install} "$@"'
        yield f"{indent}fi"
    elif step.stops:
        yield f"{indent}idle"
    for command in step.commands:
        yield f"{indent}{who} sh -c {shlex.quote(command)}"
    if step.reboot and step.pins:
        yield f"{indent}reload {shlex.quote(step.pins[0][1])}"


def heredoc(file: WrittenFile) -> list[str]:
    """The lines of a file and the word that ends them, which no line may be."""
    rows = file.text.rstrip("\n").split("\n")
    if END in rows:
        raise WrongUsage(f"{file.path}: a line is {END}")
    return [*rows, END]


# Dockerfile -----------------------------------------------------------------------------

IMAGES = {
    "ubuntu18.04": "ubuntu:18.04",
    "ubuntu20.04": "ubuntu:20.04",
    "ubuntu22.04": "ubuntu:22.04",
    "ubuntu24.04": "ubuntu:24.04",
    "ubuntu26.04": "ubuntu:26.04",
    "debian12": "debian:12",
    "amzn2": "amazonlinux:2",
    "amzn2023": "amazonlinux:2023",
    "rocky9": "rockylinux:9",
    "rhel10": "registry.access.redhat.com/ubi10/ubi",
}
"""The public images of the operating systems."""

UV_IMAGE = "ghcr.io/astral-sh/uv:0.9"

_LEFT_OUT = (Part.LOCK, Part.CHECK, Part.KERNEL, Part.DRIVER, Part.EFA)
_OF_MACHINES = ("save", "update")
"""Steps that an image does not need: it has no pins yet, and updates its lists where they are
used."""


def render_dockerfile(plan: Plan, command: str) -> str:
    """The lines of an image: everything but checks, and what belongs on the host."""
    resolution = plan.resolution
    system = resolution.target.os
    name = system.name if system is not None else ""
    is_apt = resolution.target.system is Ecosystem.APT
    lines = [
        "# syntax=docker/dockerfile:1",
        f"# This file was written by neuron-pin {__version__}:",
        *_comment(command),
        *_comment(f"Neuron SDK {resolution.sdk} for {resolution.target.label}"),
        f"FROM {IMAGES[name]}",
    ]
    if is_apt:
        lines.append("ARG DEBIAN_FRONTEND=noninteractive")
    if any(step.name == "uv" for step in plan.steps):
        lines.append(f"COPY --from={UV_IMAGE} /uv /usr/local/bin/uv")
    lines.append("WORKDIR /opt/neuron")
    for step in plan.steps:
        if step.part in _LEFT_OUT or step.name in _OF_MACHINES:
            continue
        lines += ["", f"# {step.title}"]
        lines += [row for text in step.warnings for row in _comment(f"warning: {text}")]
        for file in step.files:
            lines += [f"COPY <<'{END}' {_inside(file.path)}", *heredoc(file)]
        commands = [command for command in step.commands if command != "apt-get update"]
        if step.pins:
            words = " \\\n    ".join(shlex.quote(word) for _, _, word in step.pins)
            commands.insert(0, f"{step.install} \\\n    {words}")
        if is_apt and any(command.startswith("apt-get ") for command in commands):
            # In one layer: lists from the cache are older than what they are to install.
            commands = ["apt-get update", *(_without_recommends(c) for c in commands), _CLEAN]
        if commands:
            lines.append("RUN " + " \\\n && ".join(commands))
    made = [_inside(step.title.rpartition(" ")[2]) for step in plan.steps if step.name == "make"]
    paths = [*(f"{path}/bin" for path in made), "/opt/aws/neuron/bin"]
    lines += ["", f"ENV PATH={':'.join(paths)}:$PATH"]
    return "\n".join(lines) + "\n"


_CLEAN = "rm -rf /var/lib/apt/lists/*"


def _without_recommends(command: str) -> str:
    return command.replace("apt-get install -y", "apt-get install -y --no-install-recommends")


def _inside(path: str) -> str:
    return path if path.startswith("/") else f"/opt/neuron/{path}"
