#!/usr/bin/python3 -IS
"""apt's pre-install hook: reads the transaction, refuses what the lock does not allow.

apt.conf(5), DPkg::Pre-Install-Pkgs, protocol version 3.  Exit code 10 refuses; whatever else
happens here must let apt go on, so apt's configuration turns every other code into success.
A transaction without a Neuron package, and without a kernel, is allowed before anything but
this file has been read.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from . import state, telling, verdict
    from .state import State
    from .verdict import Change, Refusal, Verdict

REFUSED = 10
PROGRAMS = ("apt", "apt-get", "aptitude")
"""The programs that people type; unattended-upgrades and graphical ones are others."""
SECONDS = 5
MAX_LINE = 16384
MAX_STATUS = 256 * 1024 * 1024
KERNEL = b"linux-image-"
HEADERS = b"linux-headers-"


class NotJudged(Exception):
    """A transaction that could not be judged; the message says why."""


def main() -> int:
    here = os.path.dirname(os.path.realpath(__file__))
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:])
    # Below another root than / where this program is, which lies in usr/lib/neuron-pin.
    root = options.get("root") or os.path.normpath(os.path.join(here, "..", "..", ".."))
    path = options.get("state") or os.path.join(root, "var/lib/neuron-pin/apt.state")
    if "check" in options:
        return check(here, path)
    lines: "list[bytes]" = []
    try:
        limit_time()
        read_transaction(lines, "stdin" in options)
        if not lines:
            return 0
        return decide(lines, here, path, root)
    except Exception as error:
        concerned = any(names_neuron(line) for line in lines)
        return report_not_judged(error, concerned, root, options.get("on-error", ""))


def tell(text: str) -> None:
    """Print to whoever runs apt, if anybody listens."""
    try:
        os.write(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def load_judge(here: str) -> None:
    """Import the modules beside this program, as a package of their own name."""
    sys.dont_write_bytecode = True
    package = type(sys)("neuron_pin_hook")
    package.__path__ = [here]
    sys.modules[package.__name__] = package
    for name in ("state", "verdict", "telling"):
        globals()[name] = getattr(__import__(f"{package.__name__}.{name}"), name)


def limit_time() -> None:
    """Raise `NotJudged` wherever this program is after five seconds."""
    try:
        # What `signal` wraps; its enums cost as much as all the rest.
        signal = __import__("_signal")
    except ImportError:
        signal = __import__("signal")

    def stop(*_: object) -> None:
        raise NotJudged(f"took longer than {SECONDS} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)


def read_transaction(lines: "list[bytes]", from_stdin: bool) -> None:
    """Collect the lines of a transaction that concern us, as they are read."""
    descriptor = 0 if from_stdin else int(os.environ.get("APT_HOOK_INFO_FD", "0"))
    with os.fdopen(descriptor, "rb", 65536) as stream:
        first = stream.readline(MAX_LINE).rstrip(b"\n")
        if first != b"VERSION 3":
            # Nothing but whether it concerns us can be read from another protocol.
            line = first
            while line and not names_neuron(line):
                line = stream.readline(MAX_LINE)
            lines += [line] if line else []
            raise NotJudged("apt speaks " + ascii(first[:40]) + ", not VERSION 3")
        # apt's configuration comes before the transaction, up to an empty line.
        for line in iter(lambda: stream.readline(MAX_LINE), b""):
            if line == b"\n":
                break
        else:
            raise NotJudged("apt's description of the transaction is cut off")
        for line in iter(lambda: stream.readline(MAX_LINE), b""):
            if b"neuron" in line or line.startswith((KERNEL, HEADERS)):
                lines.append(line)


def names_neuron(line: bytes) -> bool:
    """Whether a line of any version of the protocol is about a Neuron package: it begins
    with the name, or is the path of a deb.  apt's configuration, which names us, has ``=``."""
    word = line.partition(b" ")[0]
    if word.startswith(b"/"):
        word = word.rpartition(b"/")[2].partition(b"_")[0]
    return b"neuron" in word and b"=" not in word


def decide(lines: "list[bytes]", here: str, state_path: str, root: str) -> int:
    """Judge what concerns us, and print what is refused."""
    import time

    load_judge(here)
    changes, kernels, headers = parse_lines(lines)
    if not changes and not kernels:
        return 0
    held = state.read_state(state_path)
    if not any(held.is_neuron(change.name) for change in changes) and not kernels:
        return 0
    status = read_status(os.path.join(root, "var/lib/dpkg/status"))
    installed = installed_versions(status, held.names, changes)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    found = verdict.judge(held, changes, installed, today)
    if held.hashes:
        add_other_builds(held, changes, found)
    if kernels:
        found.refusals += kernel_refusals(held, changes, kernels, headers, status)
    log = os.path.join(root, "var/log/neuron-pin.log")
    command = telling.read_command(PROGRAMS) if found.refusals else []
    is_refused, messages = telling.settle(held, found, os.environ, log, "apt-get", command)
    for line in messages:
        tell(line + "\n")
    return REFUSED if is_refused else 0


def parse_lines(
    lines: "list[bytes]",
) -> "tuple[list[Change], dict[str, Change], set[str]]":
    """The changes of Neuron packages, the new kernels by their release, and the releases whose
    headers are installed too.  Raises `NotJudged` for a line that is not apt's."""
    changes: "list[Change]" = []
    kernels: "dict[str, Change]" = {}
    headers: "set[str]" = set()
    for line in lines:
        fields = line.decode("utf-8", "backslashreplace").rstrip("\n").split(" ", 8)
        if len(fields) != 9 or not line.endswith(b"\n") or fields[4] not in ("<", "=", ">"):
            if names_neuron(line):
                raise NotJudged("a line of the transaction is cut off, or is not in apt's format")
            continue
        name, old, new, action = fields[0], fields[1], fields[5], fields[8]
        if action == "**CONFIGURE**":
            # What was unpacked has been judged; a half-done installation has to be finished.
            continue
        file = action if action.startswith("/") else ""
        change = verdict.Change(name, old if old != "-" else "", new if new != "-" else "", file)
        release = name.partition("-")[2].partition("-")[2]
        if name.startswith("linux-headers-"):
            if change.new:
                headers.add(release)
        elif name.startswith("linux-image-"):
            # The signed and unsigned builds are of one release.
            release = release[9:] if release.startswith("unsigned-") else release
            if change.new and not change.old and release[:1].isdigit():
                kernels[release] = change
        elif "neuron" in name:
            changes.append(change)
    return changes, kernels, headers


def read_status(path: str) -> bytes:
    """dpkg's status before the transaction."""
    with open(path, "rb") as stream:
        return b"\n\n" + stream.read(MAX_STATUS)


def installed_versions(
    status: bytes, names: "Iterable[str]", changes: "Iterable[Change]"
) -> "dict[str, str]":
    """The versions of the Neuron packages that are installed."""
    found = {}
    # One search for what all names have in common, not one for each name.
    wanted = set(names) | {change.name for change in changes}
    for name, stanza in stanzas(status, b""):
        if name in wanted and is_installed(stanza):
            at = stanza.find(b"\nVersion: ")
            if at >= 0:
                version = stanza[at + 10 :].partition(b"\n")[0]
                found[name] = version.decode("utf-8", "backslashreplace").strip()
    return found


def stanzas(status: bytes, prefix: bytes) -> "Iterator[tuple[str, bytes]]":
    """The packages of dpkg's status whose name has the prefix, or without one ``neuron``."""
    mark = b"\nPackage: " + (prefix or b"")
    at = status.find(mark)
    while at >= 0:
        end = status.find(b"\n", at + 10)
        name = status[at + 10 : end]
        if prefix or b"neuron" in name:
            stop = status.find(b"\n\n", end)
            yield (
                name.decode("utf-8", "backslashreplace").strip(),
                status[at : stop if stop >= 0 else len(status)],
            )
        at = status.find(mark, end)


def is_installed(stanza: bytes) -> bool:
    """dpkg(1), package states: whatever is unpacked counts."""
    at = stanza.find(b"\nStatus: ")
    state = stanza[at + 9 :].partition(b"\n")[0].split()[-1:] if at >= 0 else []
    return bool(state) and state[0] not in (b"not-installed", b"config-files")


def add_other_builds(held: "State", changes: "Iterable[Change]", found: "Verdict") -> None:
    """Refuse files that are not the lock's, though of its version: NAME=VERSION takes the file of
    the archive that apt reads first.

    A file that cannot be read in time is told of, and not refused.
    """
    refused = {refusal.change.name for refusal in found.refusals}
    for change in changes:
        wanted = held.hashes.get((change.name, change.new))
        if not wanted or not change.file or change.name in refused:
            continue
        try:
            digest = hash_file(change.file)
        except Exception as error:
            problem = change.name + ": its file was not compared with the lock: "
            found.notes.append(problem + describe_failure(error))
            continue
        if digest not in wanted:
            reason = "is another file than the lock's: SHA-256 " + digest + ", not "
            reason += " or ".join(sorted(wanted)) + "; another archive has the same version"
            # The name alone takes the archive that the pins prefer, where nothing is lowered.
            words = () if change.old else (change.name,)
            found.refusals.append(verdict.Refusal("NP615", change, reason, words))


def hash_file(path: str) -> str:
    """The SHA-256 of a file."""
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def kernel_refusals(
    held: "State",
    changes: "Iterable[Change]",
    kernels: "Mapping[str, Change]",
    headers: "set[str]",
    status: bytes,
) -> "list[Refusal]":
    """What is refused of new kernels, for the driver that is installed afterwards."""
    present = {n[12:] for n, s in stanzas(status, KERNEL) if is_installed(s)}
    with_headers = {n[14:] for n, s in stanzas(status, HEADERS) if is_installed(s)}
    driver = dict(installed_versions(status, [verdict.DRIVER], []))
    for change in changes:
        if change.name == verdict.DRIVER:
            driver[change.name] = change.new
    # A machine that has no headers at all does not build its driver; where the package is
    # installed that brings each kernel's headers, they follow, if in a transaction of their own.
    builds = any(release[:1].isdigit() for release in with_headers)
    following = tuple("-" + flavour for flavour in with_headers if not flavour[:1].isdigit())
    has = {
        release: release in headers | with_headers
        for release in kernels
        if builds and not release.endswith(following)
    }
    releases = [release for release in present if release[:1].isdigit()]
    rows = [(change, release) for release, change in sorted(kernels.items())]
    found = verdict.judge_kernels(held, rows, driver.get(verdict.DRIVER, ""), has, releases)
    for refusal in found:
        if refusal.rule == "NP112":
            release = next(release for change, release in rows if change is refusal.change)
            refusal.words = (refusal.change.name, "linux-headers-" + release)
    return found


def report_not_judged(error: Exception, concerned: bool, root: str, on_error: str) -> int:
    """Report that there was no verdict; apt proceeds or not as the administrator chose."""
    message = describe_failure(error)
    allowed = "on-error" in os.environ.get("NEURON_PIN_ALLOW", "")
    would_refuse = concerned and on_error == "refuse"
    refuses = would_refuse and not allowed
    text = "this transaction was not judged: " + message
    if would_refuse:
        text += "; allowed by NEURON_PIN_ALLOW=on-error" if allowed else "; refused (on-error)"
    log = os.path.join(root, "var/log/neuron-pin.log")
    if "telling" in globals():
        tell("neuron-pin: " + telling.printable(text) + "\n")
        problem = telling.write_log(log, text)
    else:
        # Nothing that may be what went wrong is tried again.
        tell("neuron-pin: " + ascii(text)[1:-1] + "\n")
        problem = write_plainly(log, text)
    if problem:
        tell("neuron-pin: not logged: " + ascii(problem)[1:-1] + "\n")
    repair = f"sudo {find_program(root)} hook install apt --lock lock.json"
    if refuses:
        tell(
            "neuron-pin: on-error = refuse, so nothing was changed. To repair the hook:\n"
            f"    {repair}\n"
            "To allow the same command this once (it is logged), run it after\n"
            "    sudo env NEURON_PIN_ALLOW=on-error\n"
        )
        return REFUSED
    tell("neuron-pin: apt proceeds" + (" (on-error = allow)\n" if not would_refuse else "\n"))
    if type(error).__name__ != "NotJudged":
        tell(f"neuron-pin: to repair the hook: {repair}\n")
    return 0


def find_program(root: str) -> str:
    """How root calls neuron-pin, by the state of the hook."""
    try:
        with open(os.path.join(root, "var/lib/neuron-pin/apt.state"), "rb") as stream:
            return state.find_program(stream.read(state.MAX_BYTES))
    except Exception:
        # The other modules may be what is broken.
        return "neuron-pin"


def describe_failure(error: Exception) -> str:
    """Why there was no verdict, for whoever runs apt."""
    if type(error).__name__ in ("NotJudged", "Unusable"):
        return str(error)
    package, _, module = (getattr(error, "name", "") or "").partition(".")
    if isinstance(error, ImportError) and package == "neuron_pin_hook" and module:
        here = os.path.dirname(os.path.realpath(__file__))
        path = os.path.join(here, module + ".py")
        return path + (" cannot be loaded" if os.path.exists(path) else " is missing")
    return repr(error)


def write_plainly(path: str, text: str) -> str:
    """Write a line to the log without the other modules, which may be broken; gives what was
    wrong, empty for nothing."""
    import time

    try:
        with open(path, "a", encoding="ascii") as stream:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime())
            stream.write(stamp + ascii(text)[1:-1] + "\n")
    except OSError as error:
        return path + ": " + str(error.strerror)
    return ""


def check(here: str, state_path: str) -> int:
    """Whether this program can judge: prints the lock that it judges by."""
    load_judge(here)
    return telling.report_state(state_path)


if __name__ == "__main__":
    # Nothing that happens after the verdict may change it.
    os._exit(main())
