"""What a hook says of a transaction: to whoever runs the package manager, and to the log."""

from .state import State
from .verdict import Refusal, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_SHOWN = 12
MAX_TEXT = 400


def printable(text: str) -> str:
    """Text of foreign origin, safe for a terminal and for a line of a log.

    The twin of ``neuron_pin/printable.py: make_printable``, which no hook can import; that one
    has no bound.
    """
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:MAX_TEXT]
    )
    return shown if len(text) <= MAX_TEXT else shown + "…"


def shell_word(text: str) -> str:
    """A word for a command that somebody will paste."""
    plain = text and all(c.isalnum() or c in "+-.:~_=/" for c in text.rstrip("*"))
    return text if plain else "'" + text.replace("'", "'\\''") + "'"


def format_refusal(state: State, refusals: "list[Refusal]", installer: str) -> "list[str]":
    """A refusal as lines for people: why, by which rule, and the two ways on."""
    lines = ["neuron-pin: refused, nothing was changed. The lock is " + state.lock + "."]
    for refusal in refusals[:MAX_SHOWN]:
        change = refusal.change
        step = change.old + " -> " + change.new if change.old else change.new
        lines.append("  " + refusal.rule + " " + change.name + " " + step)
        lines.append("        " + refusal.reason)
    if len(refusals) > MAX_SHOWN:
        lines.append(f"  and {len(refusals) - MAX_SHOWN} more")
    words = list(dict.fromkeys(word for refusal in refusals for word in refusal.words))
    if words:
        lines.append("What the lock allows:")
        shown = " ".join(shell_word(word) for word in words[:MAX_SHOWN])
        lines.append("    sudo " + installer + " install " + shown)
    else:
        lines.append("What the lock allows: the transaction without these packages.")
    rules = ",".join(sorted({refusal.rule for refusal in refusals}))
    lines.append("To do it all the same, this once (it is logged):")
    lines.append("    sudo env NEURON_PIN_ALLOW=" + rules + " " + installer + " …")
    kind = "dnf" if installer == "dnf" else "apt"
    lines.append("To move to another release, make a lock of it and install that:")
    lines.append("    neuron-pin lock … -o lock.json")
    lines.append("    sudo neuron-pin hook install " + kind + " --lock lock.json")
    return [printable(line) for line in lines]


def in_one_line(refusals: "Iterable[Refusal]") -> str:
    """Refusals for a log."""
    return "; ".join(
        r.rule + " " + r.change.name + " " + r.change.old + " -> " + r.change.new for r in refusals
    )


def overridden(refusals: "Iterable[Refusal]", allow: str) -> "list[Refusal]":
    """What is left of refusals when ``NEURON_PIN_ALLOW`` names these rules."""
    allowed = set(allow.replace(",", " ").split())
    return [refusal for refusal in refusals if refusal.rule not in allowed]


def settle(
    state: State, found: Verdict, environ: "Mapping[str, str]", log: str, installer: str
) -> "tuple[bool, list[str]]":
    """Whether a transaction is refused, once the override has had its say, and what there is
    to print; refusals and overrides are logged."""
    lines = ["neuron-pin: " + printable(note) for note in found.notes]
    if not found.refusals:
        return False, lines
    allow = environ.get("NEURON_PIN_ALLOW", "")
    left = overridden(found.refusals, allow)
    who = " by " + (environ.get("SUDO_USER") or "the superuser")
    what = who + ": " + in_one_line(left or found.refusals)
    if left:
        problem = write_log(log, "refused" + what)
        lines += format_refusal(state, left, installer)
    else:
        problem = write_log(log, "allowed by NEURON_PIN_ALLOW=" + allow + what)
        lines.append(printable("neuron-pin: allowed by NEURON_PIN_ALLOW" + what))
    if problem:
        lines.append(printable("neuron-pin: not logged: " + problem))
    return bool(left), lines


def write_log(path: str, text: str) -> str:
    """Put one line into the log; what was wrong, empty for nothing.  At a megabyte the log
    becomes ``.1`` and a new one begins."""
    import os
    import time

    line = time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + printable(text) + "\n"
    try:
        if os.path.isfile(path) and os.stat(path).st_size > 1 << 20:
            os.replace(path, path + ".1")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags, 0o640)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError as error:
        return path + ": " + str(error.strerror)
    return ""
