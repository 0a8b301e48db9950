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

    from . import rpm_packages, state, telling
    from .rpm_packages import RpmPackage

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
        concerned = any("neuron" in package.name for package in coming)
        if not concerned and not any(p.name.startswith("kernel") for p in coming):
            return
        root = os.path.normpath(self.base.conf.installroot or "/").replace("//", "/")
        machine = find_machine(__file__)
        if root != machine and not os.path.exists(os.path.join(root, STATE)):
            # dnf --installroot: another machine than the one that this plugin is installed on.
            text = f"neuron-pin: no lock is enforced below {root}; this was not judged"
            sys.stderr.write(ascii(text)[1:-1] + "\n")
            return
        try:
            refusal = self.judge(machine, root, coming, list(transaction.remove_set))
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

    def judge(self, machine: str, root: str, coming: "list[Any]", going: "list[Any]") -> str:
        """Why the transaction is refused, empty where it is allowed: by the programs of this
        machine, and the lock of the one that is installed into."""
        load_judge(os.path.join(machine, PROGRAMS))
        held = state.read_state(os.path.join(root, STATE))
        query = self.base.sack.query().installed().run()
        today = time.strftime("%Y-%m-%d", time.gmtime())
        found = rpm_packages.judge_transaction(
            held, convert(coming), convert(going), convert(query), today
        )
        log = os.path.join(root, LOG)
        command = ["dnf"] + sys.argv[1:] if len(sys.argv) > 1 else []
        is_refused, lines = telling.settle(held, found, os.environ, log, "dnf", command)
        if is_refused:
            return "\n".join(lines)
        for line in lines:
            sys.stderr.write(line + "\n")
        return ""


def find_machine(path: str) -> str:
    """The root of the machine that this plugin is installed on: it is in a folder below
    ``usr/lib``."""
    root, found, _ = os.path.abspath(path).rpartition("/usr/lib/")
    return (root or "/") if found else "/"


def convert(packages: "list[Any]") -> "list[RpmPackage]":
    """dnf's packages as ours."""
    return [
        rpm_packages.RpmPackage(p.name, str(p.epoch), str(p.version), str(p.release))
        for p in packages
    ]


def load_judge(folder: str) -> None:
    """Import the modules, which are in no folder that dnf searches, as a package of their own
    name."""
    package = type(sys)("neuron_pin_hook")
    package.__path__ = [folder]
    sys.modules[package.__name__] = package
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        for name in ("state", "telling", "rpm_packages"):
            globals()[name] = getattr(__import__(f"{package.__name__}.{name}"), name)
    finally:
        sys.dont_write_bytecode = written
