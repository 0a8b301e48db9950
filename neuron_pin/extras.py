"""How to install what an extra of this package needs, where it is missing."""

from __future__ import annotations


def install_command(extra: str) -> str:
    """A command that installs the libraries of an extra for the Python that runs this.

    By pip, or by uv where there is no pip, as in an environment that uv made.  The libraries are
    those that the installed metadata names: this works from a clone, too, and does not depend on
    an index having this package.  Without metadata, what pip takes in the folder of the source.
    """
    import importlib.util
    import shlex
    import sys
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    try:
        stated = [Requirement(line) for line in requires("neuron-pin") or ()]
    except PackageNotFoundError:
        stated = []
    wanted = [
        str(requirement.name + str(requirement.specifier))
        for requirement in stated
        if requirement.marker is not None
        and not requirement.marker.evaluate({"extra": ""})
        and requirement.marker.evaluate({"extra": extra})
    ]
    python = sys.executable or "python3"
    if not wanted:
        wanted = [f".[{extra}]"]
    if importlib.util.find_spec("pip") is not None:
        return shlex.join([python, "-m", "pip", "install", *wanted])
    return shlex.join(["uv", "pip", "install", "--python", python, *wanted])
