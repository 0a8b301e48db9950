"""The steps for a virtual environment: made by pip or uv, held to a release's versions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from neuron_pin.catalog import Catalog, OperatingSystem
from neuron_pin.outputs.header import make_header
from neuron_pin.outputs.uv import render_uv_toml
from neuron_pin.policy import Ecosystem

from .destination import Ami, TargetState, Wanted
from .step import Part, Step, WrittenFile


def environment_path(destination: TargetState, wanted: Wanted, catalog: Catalog) -> str:
    """Where the environment is: the image's own under ``/opt``, else one that is named after
    the release, so that an older one stays for the way back."""
    resolution = destination.resolution
    if not wanted.ami.has_environment:
        return f"neuron-{resolution.sdk}-py{resolution.target.python}"
    family, version = resolution.target.family, ""
    for root in destination.roots:
        package = catalog.packages[root.key.name]
        if package.framework == wanted.framework:
            version = "_".join(root.version.split(".")[:2])
    is_old = family == "inf1"
    name = f"/opt/aws_neuron{'' if is_old else 'x'}_venv_{wanted.framework}"
    if version and wanted.ami is Ami.NEURON:
        name += f"_{version}"
    return name + ("_inf1" if is_old else "")


def default_installer(system: OperatingSystem | None, python: str) -> str:
    """pip where the system has that Python; on apt's systems others come with uv."""
    if system is None or system.ecosystem is not Ecosystem.APT or system.python == python:
        return "pip"
    return "uv"


def environment_steps(
    destination: TargetState,
    *,
    path: str,
    installer: str,
    has_environment: bool,
    command: str,
    catalog: Catalog,
) -> Iterator[Step]:
    """The interpreter, the environment and what goes into it."""
    resolution = destination.resolution
    target, roots = resolution.target, destination.roots
    if not roots:
        return
    where = shlex.quote(path)
    python = f"python{target.python}"
    if has_environment:
        there = f"test -x {where}/bin/python"
        yield Step(
            Part.CHECK, "environment", "The image has the environment", (there,), reason=path
        )
    elif installer == "pip" and target.os is not None:
        yield _interpreter(target.os, python)
    constrained = resolution._replace(packages=destination.constraints)
    if installer == "uv":
        files = (WrittenFile(f"{path}.uv.toml", render_uv_toml(constrained, command)),)
        make = f"uv venv --python {target.python} {where}"
        tool = f"uv pip install --python {where} --config-file {where}.uv.toml"
        proof = f"uv pip check --python {where}"
    else:
        lines = make_header(command)
        lines += [f"{p.key.name}{p.pin.to_pip()}" for p in destination.constraints]
        files = (WrittenFile(f"{path}.constraints.txt", "\n".join(lines) + "\n"),)
        make = f"{python} -m venv {where}"
        url = catalog.repositories.pip
        tool = (
            f"{where}/bin/python -m pip install --extra-index-url {url} "
            f"--constraint {where}.constraints.txt"
        )
        proof = f"{where}/bin/python -m pip check"
    if not has_environment:
        yield Step(
            Part.ENVIRONMENT,
            "make",
            f"Make the environment {path}",
            commands=(make,),
            unless=f"test -x {where}/bin/python",
            back=(f"rm -rf {where}",),
        )
    wanted = " ".join(shlex.quote(p.key.name + p.pin.to_pip()) for p in roots)
    yield Step(
        Part.ENVIRONMENT,
        "install",
        f"Install into it, held to SDK {resolution.sdk}",
        files=files,
        commands=(f"{tool} {wanted}",),
        reason="the constraints keep what comes along to the same release",
    )
    yield Step(Part.PROOF, "consistent", "What is in it fits together", commands=(proof,))


def _interpreter(system: OperatingSystem, python: str) -> Step:
    if system.ecosystem is Ecosystem.APT:
        # Before the first update of a fresh image apt knows no package.
        commands: tuple[str, ...] = (f"apt-get install -y {python} {python}-venv",)
    elif system.name == "amzn2":
        commands = (f"yum install -y {python}",)
    else:
        # The system's own Python is python3, others have their version in the name.
        own = "python3" if python == f"python{system.python}" else python
        more = " libxcrypt-compat" if system.name == "amzn2023" else ""
        commands = (f"dnf install -y {own} {own}-pip{more}",)
    return Step(
        Part.ENVIRONMENT,
        "python",
        f"Install {python}",
        commands=commands,
        as_root=True,
        unless=f"{python} -c 'import venv, ensurepip' 2>/dev/null",
    )
