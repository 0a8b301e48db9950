"""Which program a command calls to install, with which verb, and where its arguments begin.

Source: the helps of pip, uv, pipx, poetry, pdm, pipenv, rye, pixi, conda; apt-get(8), dnf(8),
zypper(8), rpm(8), dpkg(1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

from .shell_words import Word
from .wrappers import program_of


class Call(NamedTuple):
    """An installer's call: the words behind its verb.

    ``program`` is the interpreter or installer as written, ``python`` what an option in front
    of the verb, or behind it, asks for.  ``takes_files`` says that its words are files of
    requirements; ``project`` what it installs where no word names anything.
    """

    ecosystem: Ecosystem
    words: tuple[Word, ...]
    program: str = ""
    python: str = ""
    is_uv: bool = False
    takes_files: bool = False
    project: str = ""


_APT = frozenset(("apt-get", "apt", "aptitude", "apt-fast"))
_APT_VERBS = frozenset(("install", "reinstall", "satisfy"))
_DNF = frozenset(("dnf", "dnf5", "dnf-3", "yum", "microdnf", "tdnf"))
_DNF_TEXT = "install reinstall downgrade upgrade update swap localinstall in up upgrade-minimal "
_DNF_VERBS = frozenset((_DNF_TEXT + "update-minimal install-n install-na install-nevra").split())
_ZYPPER_VERBS = frozenset(("install", "in", "update", "up"))
_ADDING = {
    "poetry": ("add",),
    "pdm": ("add",),
    "rye": ("add",),
    "pixi": ("add",),
    "hatch": (),
    "pipenv": ("install",),
    "pipx": ("install", "inject", "run", "upgrade"),
}
_HARMLESS_TEXT = (
    "echo printf cat grep egrep fgrep rg sed awk perl test [ [[ ls rm cp mv mkdir rmdir touch tee "
    "git curl wget which type man alias find head tail sort cut tr chmod chown ln tar unzip gpg "
    "gpg2 apt-key apt-mark apt-cache apt-config dpkg-query dpkg-deb debconf-set-selections "
    "rpmkeys modprobe modinfo depmod systemctl service update-initramfs true false : cd pushd "
    "popd exit return read source . useradd usermod groupadd su passwd locale-gen df du ps kill "
    "sleep wait nproc uname hostname id whoami date env printenv unset trap set shopt ulimit "
    "neuron-ls neuron-top neuron-monitor neuron-pin"
)
_HARMLESS = frozenset(_HARMLESS_TEXT.split())

_GLOBAL_VALUES_TEXT = (
    "--cache-dir --log --proxy --timeout --retries --cert --client-cert --trusted-host --python "
    "--exists-action --use-feature --use-deprecated --keyring-provider --directory --project "
    "--config-file --color --allow-insecure-host -o --option -c -t --target-release "
    "--default-release --installroot --releasever --enablerepo --disablerepo --setopt --exclude "
    "-x --repo --repoid -C -P -R --root -D --pip-args -d -e"
)
_GLOBAL_VALUES = frozenset(_GLOBAL_VALUES_TEXT.split())


_READING_TEXT = (
    "versionlock mark hold unhold showhold remove erase purge autoremove clean makecache list info "
    "search show policy repolist repoquery config-manager check-update history depends rdepends "
    "download addlock removelock"
)
_READING = frozenset(_READING_TEXT.split())
"""What apt, dnf, yum and zypper do without installing."""


def is_harmless(words: Sequence[Word]) -> bool:
    """Whether a command is known not to install."""
    program = program_of(words[0].text)
    if program in _APT or program in _DNF or program == "zypper":
        at, _ = _verb(words, 1)
        return at < len(words) and words[at].text in _READING
    return program in _HARMLESS


def find_call(words: Sequence[Word]) -> Call | None:
    """The call of an installer that a command is; none for another command."""
    program = program_of(words[0].text)
    if re.fullmatch(r"pip-?[\d.]*|easy_install[\d.-]*", program):
        return _pip(words, words[0].text, 1)
    if re.fullmatch(r"(?:python|pypy)[\d.]*t?|py", program):
        return _python(words)
    if program == "uv":
        return _uv(words)
    if program == "uvx":
        return _tool(words[1:], words[0].text)
    if program in _ADDING:
        return _add(words, program)
    if program in _APT:
        return _system(words, Ecosystem.APT, _APT_VERBS)
    if program in _DNF:
        found = _system(words, Ecosystem.RPM, _DNF_VERBS)
        if found is not None and any(word.text == "swap" for word in words[:8]):
            # Of a swap the first package leaves.
            named = [word for word in found.words if not word.text.startswith("-")]
            found = found._replace(words=tuple(named[1:]))
        return found
    if program == "zypper":
        return _system(words, Ecosystem.RPM, _ZYPPER_VERBS)
    if program == "rpm" and _has_letter(words, "iUF", ("--install", "--upgrade", "--freshen")):
        return Call(Ecosystem.RPM, _files(words))
    if program == "dpkg" and _has_letter(words, "i", ("--install",)):
        return Call(Ecosystem.APT, _files(words))
    return None


def find_inner_call(words: Sequence[Word]) -> Call | None:
    """The call of an installer that stands behind a program that is not known, such as one that
    tries again."""
    for index in range(1, len(words)):
        program = program_of(words[index].text)
        if re.fullmatch(r"pip[\d.]*|python[\d.]*|uv|pipx", program) or program in _APT | _DNF:
            found = find_call(words[index:])
            if found is not None and found.words:
                return found
    return None


def _has_letter(words: Sequence[Word], letters: str, names: Sequence[str]) -> bool:
    """Whether the first option is one of the names, or has one of the letters (-ivh)."""
    options = [word.text for word in words[1:] if word.text.startswith("-")]
    return any(
        text in names or (not text.startswith("--") and bool(set(text) & set(letters)))
        for text in options
    ) and not any(text.startswith(("-q", "-e", "--import", "--query")) for text in options)


def _files(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(word for word in words[1:] if not word.text.startswith("-"))


def _verb(words: Sequence[Word], start: int) -> tuple[int, str]:
    """Where the first word is that is neither an option nor the value of one, and the Python
    that an option names."""
    index, python = start, ""
    while index < len(words):
        text = words[index].text
        if not text.startswith("-"):
            return index, python
        name, equals, value = text.partition("=")
        if name == "--python":
            python = value if equals else (words[index + 1].text if index + 1 < len(words) else "")
        index += 2 if name in _GLOBAL_VALUES and not equals else 1
    return len(words), python


def _asked(
    words: Sequence[Word], names: Sequence[str] = ("--python", "-p", "--python-version")
) -> str:
    """What an option for the Python names among the words behind a verb."""
    for index, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if name in names:
            if equals:
                return value
            return words[index + 1].text if index + 1 < len(words) else ""
    return ""


def _pip(words: Sequence[Word], program: str, start: int) -> Call | None:
    if program_of(program).startswith("easy_install"):
        return Call(Ecosystem.PIP, tuple(words[start:]), program)
    at, python = _verb(words, start)
    if at >= len(words) or words[at].text != "install":
        return None
    rest = (*words[start:at], *words[at + 1 :])
    return Call(
        Ecosystem.PIP,
        tuple(rest),
        program,
        python or _asked(rest, ("--python", "--python-version")),
    )


def _python(words: Sequence[Word]) -> Call | None:
    """``python -m pip``, ``python -mpip``, ``python -Im pip``."""
    index = 1
    while index < len(words) and words[index].text.startswith("-"):
        text = words[index].text
        index += 1
        if text.startswith("--"):
            continue
        letters, m, module = text[1:].partition("m")
        if m and "X" not in letters and "W" not in letters and "c" not in letters:
            if not module and index < len(words):
                module = words[index].text
                index += 1
            inner = words[index:]
            program = words[0].text
            if module == "pip":
                return _pip(words, program, index)
            if module in ("uv", "pipx"):
                found = find_call([words[0]._replace(text=module), *inner])
                return found._replace(program=program) if found is not None else None
            return None
        if letters[-1:] in ("X", "W"):
            index += 1
        elif "c" in letters:
            return None
    return None


def _uv(words: Sequence[Word]) -> Call | None:
    at, python = _verb(words, 1)
    if at >= len(words):
        return None
    verb, program = words[at].text, words[0].text
    if verb == "pip":
        inner, own = _verb(words, at + 1)
        if inner >= len(words) or words[inner].text not in ("install", "sync"):
            return None
        rest = (*words[at + 1 : inner], *words[inner + 1 :])
        python = own or python or _asked(rest)
        is_sync = words[inner].text == "sync"
        return Call(Ecosystem.PIP, tuple(rest), program, python, is_uv=True, takes_files=is_sync)
    rest = tuple(words[at + 1 :])
    if verb == "add":
        return Call(Ecosystem.PIP, rest, program, python or _asked(rest), is_uv=True)
    if verb == "sync":
        asked = python or _asked(rest)
        return Call(Ecosystem.PIP, (), program, asked, is_uv=True, project="the project's lock")
    if verb == "tool" and rest and rest[0].text in ("install", "upgrade"):
        return Call(Ecosystem.PIP, rest[1:], program, python or _asked(rest), is_uv=True)
    if verb == "tool" and rest and rest[0].text == "run":
        return _tool(rest[1:], program)
    return None


_TOOL_VALUES = ("--index", "--extra-index-url", "--index-url", "-i", "--pip-args")


def _tool(words: Sequence[Word], program: str) -> Call | None:
    """``uvx [--from X] [--with Y] NAME …``, ``pipx run``: what it installs for the run."""
    found: list[Word] = []
    python, index = "", 0
    has_source = False
    while index < len(words):
        name, equals, value = words[index].text.partition("=")
        index += 1
        if not name.startswith("-"):
            if not has_source:
                found.append(words[index - 1])
            break
        if name in ("--from", "--spec", "--with", "--python", "-p", *_TOOL_VALUES):
            if not equals and index < len(words):
                value = words[index].text
                index += 1
            if name in ("--from", "--spec", "--with"):
                found.append(words[index - 1]._replace(text=value))
                has_source = has_source or name != "--with"
            elif name in ("--python", "-p"):
                python = value
            elif name != "--pip-args":
                found.append(words[index - 1]._replace(text=f"{name}={value}"))
    return Call(Ecosystem.PIP, tuple(found), program, python, is_uv=True)


def _add(words: Sequence[Word], program: str) -> Call | None:
    at, python = _verb(words, 1)
    if at >= len(words):
        return None
    verb, rest = words[at].text, tuple(words[at + 1 :])
    if verb in ("install", "sync") and program in ("poetry", "pdm", "rye", "pixi", "hatch"):
        return Call(Ecosystem.PIP, (), words[0].text, project="the project's lock")
    if program == "pipenv" and verb == "sync":
        return Call(Ecosystem.PIP, (), words[0].text, project="the project's lock")
    if verb not in _ADDING[program]:
        return None
    if program == "pixi" and not any(word.text == "--pypi" for word in rest):
        return None
    if program == "pipx":
        if verb == "inject":
            plain = next((n for n, w in enumerate(rest) if not w.text.startswith("-")), len(rest))
            rest = (*rest[:plain], *rest[plain + 1 :])
        elif verb == "run":
            return _tool(rest, words[0].text)
    project = "the project's lock" if program == "pipenv" else ""
    # What these run for is the environment of the project, which they make themselves.
    return Call(Ecosystem.PIP, rest, program, python or _asked(rest), is_uv=True, project=project)


def _system(words: Sequence[Word], ecosystem: Ecosystem, verbs: frozenset[str]) -> Call | None:
    at, _ = _verb(words, 1)
    if at >= len(words) or words[at].text not in verbs:
        return None
    return Call(ecosystem, tuple(words[at + 1 :]), words[0].text)
