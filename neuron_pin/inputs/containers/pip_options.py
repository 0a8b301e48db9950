"""The options of pip, uv and pipx: which take a value, and which variables stand for them.

Source: pip-install(1), "uv pip install", pipx.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .shell_words import Word

_PIP_VALUES_TEXT = (
    "-r --requirement --requirements -c --constraint --constraints -i --index-url "
    "--extra-index-url -f --find-links --trusted-host -t --target --prefix --root --python -p "
    "--platform --python-version --implementation --abi --index-strategy --cache-dir -P "
    "--upgrade-package --config-file --index --default-index --no-binary --only-binary "
    "--progress-bar --timeout --retries --src --global-option --config-settings "
    "--config-setting -C --proxy --cert --client-cert --report --group --override --overrides "
    "--build-constraint --build-constraints -b --link-mode --keyring-provider --exclude-newer "
    "--upgrade-strategy --root-user-action -e --editable --log --exists-action --use-feature "
    "--use-deprecated --torch-backend --prerelease --resolution --fork-strategy --extra "
    "--no-build-isolation-package --reinstall-package --refresh-package --no-binary-package "
    "--no-build-package --python-platform --allow-insecure-host --color --directory --project "
    "--source --optional --dev-group --branch --tag --rev --package --with --spec --pip-args "
    "--suffix --index-servers --hash"
)
_PIP_VALUES = frozenset(_PIP_VALUES_TEXT.split())
_INDEX_VARIABLES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CONFIG_FILE",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_FIND_LINKS",
    "UV_CONFIG_FILE",
)


def list_indexes(settings: Mapping[str, str]) -> list[str]:
    """The indexes, and other places of packages, that variables name."""
    named = list(_INDEX_VARIABLES)
    named += [name for name in settings if name.startswith("UV_INDEX_")]
    return [word for name in dict.fromkeys(named) for word in settings.get(name, "").split()]


def read_options(words: Sequence[Word]) -> Iterator[tuple[str, Word | None]]:
    """An option with its value, or an empty name with a word that is none."""
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word.text == "--":
            for rest in words[index:]:
                yield "", rest
            return
        if not word.text.startswith("-") or word.text == "-":
            yield "", word
            continue
        name, equals, value = word.text.partition("=")
        if not word.text.startswith("--") and len(word.text) > 2:
            # Short options may be one word, the value behind the last of them: -Ur FILE.
            at = next((n for n, s in enumerate(word.text) if n and f"-{s}" in _PIP_VALUES), 0)
            if not at:
                continue
            name, value = f"-{word.text[at]}", word.text[at + 1 :].removeprefix("=")
        if value or equals:
            yield name, word._replace(text=value, redirection=-1)
        elif name in _PIP_VALUES and index < len(words):
            yield name, words[index]
            index += 1
        else:
            yield name, None
