"""Which Python a command installs for, by what the commands before it made.

Source: venv, virtualenv, "uv venv", conda-create(1), pyenv, update-alternatives(1), for how an
environment is made and chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .wrappers import program_of

UNKNOWN = ""
"""The Python of what only running would tell."""

_VERSION = r"(?:.*[^\d.])?(3\.\d{1,2})(?:\.\d+)?(?:\.\*)?t?"
_CONDA = ("conda", "mamba", "micromamba")
_SYSTEM_PREFIXES = ("", "/usr", "/usr/local", "~/.local", "/root/.local")


def read_python(text: str) -> str:
    """``3.12`` of ``3.12``, ``python3.12``, ``/usr/bin/python3.12.4``, ``cpython@3.12`` or
    ``==3.12.*``; empty for what names no series."""
    if re.match(r"\s*[<>~!]", text):
        return ""
    found = re.fullmatch(_VERSION, text.strip())
    return found[1] if found is not None else ""


class Interpreters:
    """The Pythons of a stage, or a script, as its commands make them."""

    def __init__(self) -> None:
        # By folder or name; none is the default one of the system.
        self.environments: dict[str, str | None] = {}
        self.active: str | None = None
        self.uv: str | None = None
        self.default: str | None = None
        self.has_uv_environment = False

    def copy(self) -> Interpreters:
        """What a stage that is built on this one begins with."""
        made = Interpreters()
        made.environments = dict(self.environments)
        made.active, made.uv, made.default = self.active, self.uv, self.default
        made.has_uv_environment = self.has_uv_environment
        return made

    def notice(self, words: Sequence[str], settings: Mapping[str, str]) -> None:
        """Take in a command that makes or chooses an environment or a Python."""
        program, rest = program_of(words[0]), list(words[1:])
        if program in (".", "source") and rest and rest[0].endswith("/bin/activate"):
            self.active = _folder(rest[0].removesuffix("/bin/activate"))
        elif re.fullmatch(r"(?:python|pypy)[\d.]*", program) and "venv" in rest[:4]:
            folder = [w for w in rest[rest.index("venv") + 1 :] if not w.startswith("-")]
            self._make(folder[-1:], self.of(words[0], settings))
        elif program == "virtualenv" or rest[:2] == ["-m", "virtualenv"]:
            self._virtualenv(rest, words[0], settings)
        elif program == "uv":
            self._uv(rest, settings)
        elif program in _CONDA:
            self._conda(program, rest)
        elif program == "pyenv" and rest[:1] and rest[0] in ("install", "global", "local"):
            self.default = next(filter(None, map(read_python, rest[1:])), UNKNOWN)
        elif program in ("apt-get", "apt", "dnf", "yum", "microdnf") and "install" in rest:
            named = {read_python(w) for w in rest if re.fullmatch(r"python3\.?\d+(\.\d+)*", w)}
            if named and self.default is None:
                # Beside the system's own: which of them a plain pip is of is not said.
                self.default = UNKNOWN
        elif program in ("ln", "update-alternatives"):
            targets = [w for w in rest if re.search(r"(^|/)python3\.\d+$", w)]
            names = [w for w in rest if re.search(r"(^|/)python3?$", w) or w == "python3"]
            if targets and names:
                self.default = read_python(targets[-1])

    def _make(self, folders: Sequence[str], python: str | None) -> None:
        for folder in folders:
            self.environments[_folder(folder)] = python

    def _virtualenv(self, rest: list[str], program: str, settings: Mapping[str, str]) -> None:
        python = self.of(program, settings) if program != "virtualenv" else self.default
        folders = []
        index = 0
        while index < len(rest):
            word = rest[index]
            index += 1
            if word in ("-p", "--python", "-m") and index < len(rest):
                python = read_python(rest[index]) or python if word != "-m" else python
                index += 1
            elif word.startswith("--python="):
                python = read_python(word.partition("=")[2]) or python
            elif not word.startswith("-"):
                folders.append(word)
        self._make(folders[-1:], python)

    def _uv(self, rest: list[str], settings: Mapping[str, str]) -> None:
        verbs = [word for word in rest if not word.startswith("-")]
        if verbs[:1] == ["venv"]:
            python: str | None = read_python(settings.get("UV_PYTHON", "")) or self.default
            folders, index = [], rest.index("venv") + 1
            while index < len(rest):
                word = rest[index]
                index += 1
                name, equals, value = word.partition("=")
                if name in ("--python", "-p") or word.startswith("-p3"):
                    value = value if equals else (word[2:] if word.startswith("-p3") else "")
                    if not value and index < len(rest):
                        value = rest[index]
                        index += 1
                    python = read_python(value) or self.environments.get(_prefix(value), UNKNOWN)
                elif name in ("--prompt", "--index-url", "--project", "--directory"):
                    index += not equals
                elif not word.startswith("-"):
                    folders.append(word)
            self._make(folders[-1:] or [".venv"], python)
            self.uv, self.has_uv_environment = python, True
        elif verbs[:2] in (["python", "install"], ["python", "pin"]):
            self.uv = next(filter(None, map(read_python, verbs[2:])), UNKNOWN)
            self.has_uv_environment = True

    def _conda(self, program: str, rest: list[str]) -> None:
        verbs = [word for word in rest if not word.startswith("-")]
        if verbs[:1] == ["activate"] and len(verbs) > 1:
            self.active = _folder(verbs[1])
        elif "create" in verbs[:2] or verbs[:1] == ["install"]:
            named = [read_python(w) for w in rest if re.match(r"python\s*=", w)]
            names = [
                rest[at + 1]
                for at, word in enumerate(rest[:-1])
                if word in ("-n", "--name", "-p", "--prefix")
            ]
            python = named[-1] if named else UNKNOWN
            if names and (named or "create" in verbs[:2]):
                self._make(names, python)
            elif named:
                self._make(["base"], python)
                self.default = python

    def of(
        self,
        program: str,
        settings: Mapping[str, str],
        *,
        asked: str = "",
        environment: str = "",
        is_uv: bool = False,
        is_system: bool = False,
    ) -> str | None:
        """The Python that a command installs for: none for the default one of what it runs on,
        empty where that cannot be told.

        ``asked`` is what an option names, a version or a folder; ``environment`` the one that a
        wrapper runs it in.
        """
        if asked:
            return read_python(asked) or self._of_folder(asked)
        version = read_python(program_of(program))
        if version:
            return version
        if environment:
            return self._lookup(_folder(environment))
        if "/" in program:
            return self._of_folder(program)
        if is_uv:
            version = read_python(settings.get("UV_PYTHON", ""))
            if version:
                return version
            if is_system or settings.get("UV_SYSTEM_PYTHON", "").lower() in ("1", "true"):
                return self.default
        if self.active is not None:
            return self._lookup(self.active)
        if settings.get("VIRTUAL_ENV"):
            return self._lookup(_folder(settings["VIRTUAL_ENV"]))
        if settings.get("CONDA_DEFAULT_ENV"):
            return self._lookup(_folder(settings["CONDA_DEFAULT_ENV"]))
        for part in settings.get("PATH", "").split(":"):
            folder = _folder(part.removesuffix("/bin"))
            if folder in self.environments:
                return self.environments[folder]
            if re.search(r"conda|mamba|venv|pyenv|virtualenv|/envs?/", part):
                return UNKNOWN
        if is_uv and self.has_uv_environment:
            return self.uv
        return self.default

    def _of_folder(self, path: str) -> str | None:
        prefix = _prefix(path)
        if prefix in _SYSTEM_PREFIXES:
            return self.default
        return self._lookup(prefix)

    def _lookup(self, name: str) -> str | None:
        if name in self.environments:
            return self.environments[name]
        tail = name.rpartition("/")[2]
        own = {
            python for key, python in self.environments.items() if key.rpartition("/")[2] == tail
        }
        return own.pop() if len(own) == 1 else UNKNOWN


def _folder(path: str) -> str:
    return path.rstrip("/").removeprefix("./") or path


def _prefix(program: str) -> str:
    """``/opt/venv`` of ``/opt/venv/bin/python``, and of itself."""
    folder, slash, name = program.rpartition("/")
    if slash and re.fullmatch(r"(?:python|pypy|pip)[\d.]*", name):
        return _folder(folder.removesuffix("/bin")) if folder != "/bin" else ""
    return _folder(program) if "/" in program or program.startswith(".") else program
