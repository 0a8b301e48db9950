"""What a hook prints about a transaction, and what it logs."""

from .state import State, Unusable, read_state
from .verdict import Refusal, Verdict, numbers, public

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_PARENTS = 8
MAX_COMMAND_LINE = 4096
"""Processes above a hook, and bytes of a command line, that are looked at."""
MAX_SHOWN = 12
MAX_TEXT = 400
MAX_WORDS = 24
MAX_COMMAND = 300
"""Packages of a command that is proposed, and characters of one that is repeated; more is not
pasted by anybody."""


def printable(text: str) -> str:
    """Text from elsewhere, made safe for a terminal and for a line of a log.

    The twin of ``neuron_pin/printable.py: make_printable``, which no hook can import; that one
    has no bound.
    """
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:MAX_TEXT]
    )
    return shown if len(text) <= MAX_TEXT else shown + "…"


def shell_word(text: str) -> str:
    """A word for a command that somebody will paste, into whatever shell: zsh stops at a
    pattern that no file matches, so a star is quoted too."""
    plain = "+-.:_=/@%,"
    # Python 3.6 has no str.isascii.
    if text and all((ord(c) < 128 and c.isalnum()) or c in plain for c in text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def repeat_command(command: "Sequence[str]", installer: str) -> str:
    """The command that somebody typed, to be pasted; a placeholder where it is not known, is too
    long, or has letters that a terminal does not show."""
    text = " ".join(shell_word(word) for word in command)
    if not command or len(text) > MAX_COMMAND or not text.isprintable():
        return installer + " ..."
    return text


def downgrade_option(state: State, refusals: "Iterable[Refusal]", installer: str) -> str:
    """What apt-get wants before it installs what the lock has in place of something newer; empty
    where nothing newer is installed."""
    for refusal in refusals:
        pin = state.pins.get(refusal.change.name)
        if pin is None or not refusal.change.old or installer.startswith("dnf"):
            continue
        if numbers(public(refusal.change.old)) > numbers(public(pin.version)):
            return "--allow-downgrades "
    return ""


def choose_words(
    state: State, refusals: "Iterable[Refusal]", words: "Iterable[str]"
) -> "tuple[list[str], list[str]]":
    """The words of a command, and the archives to disable before it.

    ``NAME=VERSION`` takes the file of the archive that apt reads first, whatever the pins; the
    name alone takes what they prefer, but lowers nothing.
    """
    newer = {
        refusal.change.name for refusal in refusals if downgrade_option(state, [refusal], "apt-get")
    }
    chosen, sites = [], set()
    for word in words:
        name = word.partition("=")[0]
        site = state.shared.get(name)
        if site is not None and name in newer:
            sites.add(site)
        chosen.append(name if site is not None and name not in newer else word)
    return list(dict.fromkeys(chosen)), sorted(sites)


def tell_sites(sites: "Sequence[str]") -> str:
    """That other archives have the same version, for the line above a command."""
    if not sites:
        return ""
    return ", after the sources of " + ", ".join(sites) + " (the same version) are disabled"


def propose_install(
    prefix: str, installer: str, words: "list[str]", option: str = ""
) -> "list[str]":
    """A command that installs these, a few a line."""
    shown = [shell_word(word) for word in words]
    rows = [" ".join(shown[at : at + 4]) for at in range(0, len(shown), 4)]
    head = "    " + prefix + installer + " install " + option
    return (head + " \\\n        ".join(rows)).split("\n")


def format_refusal(
    state: State,
    refusals: "list[Refusal]",
    installer: str,
    command: "Sequence[str]" = (),
    prefix: str = "sudo ",
) -> "list[str]":
    """A refusal as lines for people: why, by which rule, and the ways on.

    ``command`` is what was typed, empty for unknown, ``prefix`` what makes a command one of
    root's, empty for root itself.
    """
    lines = ["neuron-pin: refused, nothing was changed. The lock is " + state.lock + "."]
    for refusal in refusals[:MAX_SHOWN]:
        change = refusal.change
        step = change.old + " -> " + change.new if change.old else change.new
        lines.append("  " + refusal.rule + " " + change.name + " " + step)
        lines.append("        " + refusal.reason)
    if len(refusals) > MAX_SHOWN:
        lines.append(f"  and {len(refusals) - MAX_SHOWN} more")
    words = list(dict.fromkeys(word for refusal in refusals for word in refusal.words))
    if words and len(words) <= MAX_WORDS:
        option = downgrade_option(state, refusals, installer)
        words, sites = choose_words(state, refusals, words)
        lines.append("What the lock allows" + tell_sites(sites) + ":")
        lines += propose_install(prefix, installer, words, option)
    else:
        lines.append("What the lock allows: the transaction without these packages.")
    rules = ",".join(sorted({refusal.rule for refusal in refusals}))
    lines.append("To do it anyway, this once (it is logged):")
    again = repeat_command(command, installer)
    lines.append("    " + prefix + "env NEURON_PIN_ALLOW=" + rules + " " + again)
    kind = "dnf" if installer.startswith("dnf") else "apt"
    lines.append("To move to another release, lock it and install that lock:")
    lines.append("    " + (state.values.get("relock") or "neuron-pin lock -o new.json"))
    program = state.values.get("program") or "neuron-pin"
    lines.append("    " + prefix + program + " hook install " + kind + " --lock new.json")
    if kind == "apt":
        lines.append("apt reports this refusal below as a sub-process with an error code.")
    if installer == "dnf5":
        lines.append("dnf 5 reports this refusal below as the exit code of an action.")
    return [printable(line) for line in lines]


def in_one_line(refusals: "Iterable[Refusal]") -> str:
    """Refusals for a log."""
    return "; ".join(
        r.rule + " " + r.change.name + " " + r.change.old + " -> " + r.change.new for r in refusals
    )


def overridden(refusals: "Iterable[Refusal]", allow: str) -> "list[Refusal]":
    """The refusals by rules that ``NEURON_PIN_ALLOW`` does not name."""
    allowed = set(allow.replace(",", " ").split())
    return [refusal for refusal in refusals if refusal.rule not in allowed]


def settle(
    state: State,
    found: Verdict,
    environ: "Mapping[str, str]",
    log: str,
    installer: str,
    command: "Sequence[str]" = (),
) -> "tuple[bool, list[str]]":
    """Whether a transaction is refused, after ``NEURON_PIN_ALLOW``, and the lines to print;
    refusals and overrides are logged.  ``command`` is what was typed, empty for unknown."""
    lines = ["neuron-pin: " + printable(note) for note in found.notes]
    if not found.refusals:
        return False, lines
    allow = environ.get("NEURON_PIN_ALLOW", "")
    left = overridden(found.refusals, allow)
    who = " by " + (environ.get("SUDO_USER") or "root")
    what = who + ": " + in_one_line(left or found.refusals)
    if left:
        problem = write_log(log, "refused" + what)
        prefix = "sudo " if environ.get("SUDO_USER") else ""
        lines += format_refusal(state, left, installer, command, prefix)
    else:
        problem = write_log(log, "allowed by NEURON_PIN_ALLOW=" + allow + what)
        lines.append(printable("neuron-pin: allowed by NEURON_PIN_ALLOW" + what))
    if problem:
        lines.append(printable("neuron-pin: not logged: " + problem))
    return bool(left), lines


def write_log(path: str, text: str) -> str:
    """Write one line to the log; gives what was wrong, empty for nothing.  At a megabyte the log
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


def read_command(programs: "Sequence[str]") -> "list[str]":
    """The command line of the package manager that runs a hook, from its process, by the names of
    its programs; empty where it cannot be read, or is that of another program."""
    import os

    pid = os.getppid()
    try:
        for _ in range(MAX_PARENTS):
            with open(f"/proc/{pid}/cmdline", "rb") as stream:
                text = stream.read(MAX_COMMAND_LINE)
            words = text.decode("utf-8", "backslashreplace").split("\0")
            if words[0].rpartition("/")[2] in programs:
                # Each word ends with a NUL; without the last one the line was cut off.
                return words[:-1] if not words[-1] else []
            with open(f"/proc/{pid}/stat", "rb") as stream:
                # proc(5): the parent is the second field after the name in brackets.
                pid = int(stream.read(MAX_COMMAND_LINE).rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return []


def report_state(path: str) -> int:
    """Print the lock that a hook judges by, or why it cannot; gives the exit code of that."""
    import os

    try:
        message, code = read_state(path).lock, 0
    except Unusable as error:
        message, code = str(error), 1
    os.write(1, printable(message).encode() + b"\n")
    return code
