"""dnf's plugin: refuses a transaction that the lock does not allow, as apt's hook does.

Source: dnf, "Plugin Interface".  The version lock keeps dnf from choosing other versions; this
judges what is chosen anyway: local packages, packages that the lock does not name, a
driver against the runtime library, kernels.  What goes wrong in here does not stop dnf, unless
``on_error = refuse`` is set and a Neuron package takes part.
"""

import os
import sys
import time

import dnf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import state, telling, verdict
    from .state import State
    from .verdict import Refusal

PROGRAMS = "usr/lib/neuron-pin"
STATE = "var/lib/neuron-pin/dnf.state"
LOG = "var/log/neuron-pin.log"


class NeuronPin(dnf.Plugin):  # type: ignore[misc]
    """Judges each transaction once it has been resolved."""

    name = "neuron-pin"

    def __init__(self, base: "dnf.Base", cli: object) -> None:
        super().__init__(base, cli)
        self.on_error = "allow"

    def config(self) -> None:
        """Read what the administrator set."""
        parser = self.read_config(self.base.conf)
        if parser.has_option("main", "on_error"):
            self.on_error = parser.get("main", "on_error").strip()

    def resolved(self) -> None:
        """Called when the transaction is known and nothing has been asked or fetched yet."""
        transaction = self.base.transaction
        if not transaction:
            return
        coming = list(transaction.install_set)
        going = {package.name: evr(package) for package in transaction.remove_set}
        concerned = any("neuron" in package.name for package in coming)
        kernels = [p for p in coming if p.name.startswith("kernel")]
        if not concerned and not kernels:
            return
        try:
            refusal = self.judge(coming, going, kernels)
        except Exception as error:
            refuse = concerned and self.on_error == "refuse"
            allowed = "on-error" in os.environ.get("NEURON_PIN_ALLOW", "")
            text = "neuron-pin: this transaction was not judged: " + str(error)[:400]
            sys.stderr.write(ascii(text)[1:-1] + "\n")
            if refuse and not allowed:
                raise dnf.exceptions.Error(
                    "neuron-pin: on_error = refuse; to allow the same command this once, run it "
                    "after sudo env NEURON_PIN_ALLOW=on-error"
                ) from None
            return
        if refusal:
            raise dnf.exceptions.Error(refusal)

    def judge(self, coming: "list[Any]", going: "dict[str, str]", kernels: "list[Any]") -> str:
        """Why the transaction is refused, empty where it is allowed."""
        root = self.base.conf.installroot or "/"
        load_judge(os.path.join(root, PROGRAMS))
        held = state.read_state(os.path.join(root, STATE))
        changes = [
            verdict.Change(package.name, going.get(package.name, ""), evr(package))
            for package in coming
            if held.is_neuron(package.name)
        ]
        query = self.base.sack.query().installed().run()
        installed = {p.name: evr(p) for p in query if held.is_neuron(p.name)}
        today = time.strftime("%Y-%m-%d", time.gmtime())
        found = verdict.judge(held, changes, installed, today)
        driver = installed.get(verdict.DRIVER, "")
        for change in changes:
            if change.name == verdict.DRIVER:
                driver = change.new
        found.refusals += kernel_refusals(held, kernels, query, driver)
        log = os.path.join(root, LOG)
        command = ["dnf"] + sys.argv[1:] if len(sys.argv) > 1 else []
        is_refused, lines = telling.settle(held, found, os.environ, log, "dnf", command)
        if is_refused:
            return "\n".join(lines)
        for line in lines:
            sys.stderr.write(line + "\n")
        return ""


def kernel_refusals(
    held: "State", kernels: "list[Any]", query: "list[Any]", driver: str
) -> "list[Refusal]":
    """What is refused of new kernels: of the packages that contain an image."""
    images = ("kernel", "kernel-core")
    present = [p.version for p in query if is_kernel(p.name, images)]
    every = [*query, *kernels]
    headers = {p.version + "-" + p.release for p in every if is_kernel(p.name, DEVEL)}
    builds = any(is_kernel(p.name, DEVEL) for p in query)
    rows = []
    has = {}
    for package in kernels:
        if is_kernel(package.name, images):
            release = package.version + "-" + package.release
            rows.append((verdict.Change(package.name, "", release), release))
            if builds:
                has[release] = release in headers
    found = verdict.judge_kernels(held, rows, driver, has, present)
    for refusal in found:
        if refusal.rule == "NP112":
            change = refusal.change
            devel = change.name.partition("-")[0] + "-devel-" + change.new
            refusal.words = (change.name + "-" + change.new, devel)
    return found


DEVEL = ("kernel-devel",)


def is_kernel(name: str, wanted: "tuple[str, ...]") -> bool:
    """Whether a package is one of these of some kernel: Amazon Linux has ``kernel6.12`` and
    ``kernel6.12-devel`` beside ``kernel``."""
    head, dash, tail = name.partition("-")
    if head != "kernel" and not head[6:7].isdigit():
        return False
    return "kernel" + dash + tail in wanted


def evr(package: "Any") -> str:
    """Version and release, with the epoch where there is one."""
    epoch = "" if package.epoch in (0, "0") else str(package.epoch) + ":"
    return epoch + str(package.version) + "-" + str(package.release)


def load_judge(folder: str) -> None:
    """Import the modules, which are in no folder that dnf searches, as a package of their own
    name."""
    package = type(sys)("neuron_pin_hook")
    package.__path__ = [folder]
    sys.modules[package.__name__] = package
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        for name in ("state", "verdict", "telling"):
            globals()[name] = getattr(__import__(f"{package.__name__}.{name}"), name)
    finally:
        sys.dont_write_bytecode = written
