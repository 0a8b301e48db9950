"""Shell scripts, and user data that is one: what they install, alternative by alternative.

Source: the Bash manual; the lifecycle scripts of SageMaker notebooks and HyperPod, which are shell
scripts; the user data formats of cloud-init, of which one is a script.
"""

from __future__ import annotations

from collections.abc import Container

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.containers.script_files import read_script_text
from neuron_pin.inputs.containers.shell_words import Unended, script_lines, split_rows
from neuron_pin.inputs.file_content import is_shell

from .jobs import Job, JobReader, Part, script_folders


def read_shell_script(path: str, names: Container[str]) -> Recipe:
    """What a script installs.  Raises `UnreadableInput` for what is no script of a shell."""
    text = read_script_text(path)
    first = text.partition("\n")[0]
    if first.startswith("#!") and not is_shell(first):
        raise UnreadableInput(path, 1, f"not a script of a shell: it begins {first.strip()!r}")
    lines = script_lines(enumerate(split_rows(text), 1))
    found = JobReader(path, names, script_folders(path)).read([Job((Part(lines),))])
    return Recipe(found.stages, (), describe_unended(found.unended))


def describe_unended(
    unended: tuple[tuple[str, Unended], ...],
) -> tuple[UnreadableInput, ...]:
    """What no shell would read to its end."""
    return tuple(UnreadableInput(file, each.line, each.problem) for file, each in unended)
