"""The steps for a virtual environment: made by pip or uv, with the versions of a release."""

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
    the release, so that an older one stays for a rollback."""
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
    """pip where the system has that Python; on systems with apt uv brings any other."""
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
    python_reason: str = "",
    warnings: tuple[str, ...] = (),
) -> Iterator[Step]:
    """The interpreter, the environment and what is installed into it.  ``python_reason`` says
    why it is that Python, ``warnings`` what the new packages take away."""
    resolution = destination.resolution
    target, roots = resolution.target, destination.roots
    if not roots:
        return
    where = shlex.quote(path)
    python = f"python{target.python}"
    if has_environment:
        there = f"test -x {where}/bin/python"
        yield Step(
            Part.CHECK,
            "environment",
            f"Check that the image has the environment {path}",
            (there,),
            found=f"ls -d {where} 2>&1",
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
        urls = (catalog.repositories.pip, *resolution.needed_urls())
        extra = " ".join(f"--extra-index-url {shlex.quote(url)}" for url in urls)
        tool = f"{where}/bin/python -m pip install {extra} --constraint {where}.constraints.txt"
        proof = f"{where}/bin/python -m pip check"
    if not has_environment:
        yield Step(
            Part.ENVIRONMENT,
            "make",
            f"Create the environment {path}",
            commands=(make,),
            unless=f"test -x {where}/bin/python",
            reason=python_reason,
            back=(f"rm -rf {where}",),
        )
    wanted = " ".join(shlex.quote(p.key.name + p.pin.to_pip()) for p in roots)
    yield Step(
        Part.ENVIRONMENT,
        "install",
        f"Install the packages of SDK {resolution.sdk} into it",
        files=files,
        commands=(f"{tool} {wanted}",),
        reason="the constraints keep dependencies in the same release",
        warnings=warnings,
        back=tuple(f"rm -f {shlex.quote(file.path)}" for file in files),
    )
    name = "uv pip check" if installer == "uv" else "pip check"
    yield Step(Part.PROOF, "consistent", f"Verify dependencies ({name})", commands=(proof,))


def _interpreter(system: OperatingSystem, python: str) -> Step:
    if system.ecosystem is Ecosystem.APT:
        # Before the first update in a fresh image apt knows no package.
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
