"""Commands and files that tell installers where to look: ``pip config set``, pip.conf, uv.toml,
``poetry source add``.

Source: pip, "Configuration" and pip-config(1); uv, "Configuration files"; poetry-source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .shell import Command
from .wrappers import unwrap

_FILES = re.compile(r"(?:^|/)(?:\.?pip\.conf|pip\.ini|uv\.toml|\.pydistutils\.cfg|\.condarc)$")
_SETTING = r"(?:\w+\.)?(?:extra-)?index-url|(?:\w+\.)?(?:find-links|no-index)"
_NAMES = r"^\s*(?:extra[-_])?index(?:[-_]url)?\s*[=:]|find[-_]links|no[-_]index|index-url|\[\[index"


def is_installer_configuration(path: str) -> bool:
    """Whether a path is that of a configuration of pip or uv."""
    return _FILES.search(path) is not None


def names_index(text: str) -> bool:
    """Whether the text of a configuration names an index, or another place of packages."""
    return re.search(_NAMES, text, re.M) is not None


def configured_indexes(command: Command) -> list[str]:
    """The indexes that a command writes into the configuration of an installer."""
    if not any(word.text in ("set", "add", "config") for word in command.words):
        return []
    words = [word.text for word in unwrap(command).command.words]
    if "config" in words and "set" in words:
        for index, word in enumerate(words[:-1]):
            if re.fullmatch(_SETTING, word):
                return [words[index + 1]]
    if words[:3] in (["poetry", "source", "add"], ["poetry", "config", "repositories"]):
        return words[-1:]
    return []


def conda_environment(words: Sequence[str]) -> str:
    """The environment of ``conda run -n NAME``, empty for other words."""
    if "run" not in words[:4]:
        return ""
    return next(
        (
            words[at + 1]
            for at, word in enumerate(words[:-1])
            if word in ("-n", "--name", "-p", "--prefix")
        ),
        "",
    )
