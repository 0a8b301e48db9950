#!/usr/bin/python3 -IS
"""dnf 5's hook: reads the transaction from the shell program before it, and refuses what the
lock does not allow.

Source: libdnf5-actions(8), pre_transaction, mode=json.  Standard input has dnf 5's six answers,
a line each: what comes, what goes and what is installed, of Neuron packages and of kernels.
Exit code 10 refuses; the shell program turns every other one into success.
"""

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import rpm_packages, state, telling
    from .rpm_packages import RpmPackage

REFUSED = 10
PROGRAMS = ("dnf", "dnf5", "yum")
"""The programs that people type; a daemon is another."""
SECONDS = 5
MAX_BYTES = 16 * 1024 * 1024
ANSWERS = 6
FIELDS = ("name", "epoch", "version", "release")


class NotJudged(Exception):
    """A transaction that could not be judged; the message says why."""


def main() -> int:
    here = os.path.dirname(os.path.realpath(__file__))
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:])
    # This program lies in usr/lib/neuron-pin of the machine.
    machine = os.path.normpath(os.path.join(here, "..", "..", ".."))
    root = os.path.normpath(options.get("root") or machine).replace("//", "/")
    path = os.path.join(root, "var/lib/neuron-pin/dnf.state")
    if "check" in options:
        return check(here, path)
    concerned = options.get("for") == "neuron"
    try:
        limit_time()
        if root != machine and not os.path.exists(path):
            # dnf5 --installroot: another machine than the one that the lock is for.
            tell("neuron-pin: no lock is enforced below " + root + "; this was not judged\n")
            return 0
        return decide(here, path, root, concerned)
    except Exception as error:
        refuses = concerned and options.get("on-error") == "refuse"
        return report_not_judged(error, refuses, concerned, root)


def tell(text: str) -> None:
    """Print to whoever runs dnf, if anybody listens."""
    try:
        os.write(2, text.encode("ascii", "backslashreplace"))
    except OSError:
        pass


def load_judge(here: str) -> None:
    """Import the modules beside this program, as a package of their own name."""
    sys.dont_write_bytecode = True
    package = type(sys)("neuron_pin_hook")
    package.__path__ = [here]
    sys.modules[package.__name__] = package
    for name in ("state", "telling", "rpm_packages"):
        globals()[name] = getattr(__import__(f"{package.__name__}.{name}"), name)


def limit_time() -> None:
    """Raise `NotJudged` wherever this program is after five seconds."""

    def stop(*_: object) -> None:
        raise NotJudged(f"took longer than {SECONDS} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)


def decide(here: str, path: str, root: str, concerned: bool) -> int:
    """Judge the transaction, and print what is refused."""
    load_judge(here)
    lines = os.fdopen(0, "rb").read(MAX_BYTES).splitlines()
    if len(lines) != ANSWERS:
        raise NotJudged("dnf 5 did not describe the transaction")
    # The answers of both kinds: what comes, what goes, what is installed.
    both = [read_packages(line) for line in lines]
    coming, going, installed = (both[at] + both[at + 3] for at in range(3))
    held = state.read_state(path)
    if not concerned and any("neuron" in package.name for package in coming):
        # The line for Neuron packages judges it, kernels among it.
        return 0
    today = time.strftime("%Y-%m-%d", time.gmtime())
    found = rpm_packages.judge_transaction(held, coming, going, installed, today)
    log = os.path.join(root, "var/log/neuron-pin.log")
    command = telling.read_command(PROGRAMS) if found.refusals else []
    is_refused, messages = telling.settle(held, found, os.environ, log, "dnf5", command)
    for line in messages:
        tell(line + "\n")
    return REFUSED if is_refused else 0


def read_packages(line: bytes) -> "list[RpmPackage]":
    """The packages of one answer; raises `NotJudged` for what is none."""
    try:
        answer = json.loads(line.decode("utf-8"))
        if answer["status"] != "OK":
            raise NotJudged("dnf 5 answered: " + ascii(answer["message"])[1:200])
        rows = answer["return"][answer["domain"]]
        return [
            rpm_packages.RpmPackage(
                *(str(row[key]) for key in ("name", "epoch", "version", "release"))
            )
            for row in rows
        ]
    except (ValueError, KeyError, TypeError):
        raise NotJudged("dnf 5's description of the transaction is not in its format") from None


def report_not_judged(error: Exception, would_refuse: bool, concerned: bool, root: str) -> int:
    """Report that there was no verdict; dnf goes on or not as the administrator chose."""
    allowed = "on-error" in os.environ.get("NEURON_PIN_ALLOW", "")
    text = "this transaction was not judged: " + describe_failure(error)[:400]
    if would_refuse:
        text += "; allowed by NEURON_PIN_ALLOW=on-error" if allowed else "; refused (on-error)"
    elif concerned:
        text += "; dnf proceeds (on-error = allow)"
    tell("neuron-pin: " + ascii(text)[1:-1] + "\n")
    problem = write_plainly(os.path.join(root, "var/log/neuron-pin.log"), text)
    if problem:
        tell("neuron-pin: not logged: " + ascii(problem)[1:-1] + "\n")
    if not would_refuse or allowed:
        return 0
    tell(
        "neuron-pin: on-error = refuse, so nothing was changed. To repair the hook:\n"
        "    sudo neuron-pin hook install dnf --lock lock.json\n"
        "To allow the same command this once (it is logged), run it after\n"
        "    sudo env NEURON_PIN_ALLOW=on-error\n"
    )
    return REFUSED


def describe_failure(error: Exception) -> str:
    """Why there was no verdict, for whoever runs dnf."""
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
    try:
        with open(path, "a", encoding="ascii") as stream:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime())
            stream.write(stamp + ascii(text)[1:-1] + "\n")
    except OSError as error:
        return path + ": " + str(error.strerror)
    return ""


def check(here: str, path: str) -> int:
    """Whether this program can judge: prints the lock that it judges by."""
    load_judge(here)
    return telling.report_state(path)


if __name__ == "__main__":
    # Nothing that happens after the verdict may change it.
    os._exit(main())
