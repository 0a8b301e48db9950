"""The kinds of files that ``check`` reads: one row a kind in `KINDS`.

A file's name tells its kind, or its content does.  Readers are imported when one of their files
is read.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from importlib import import_module

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.fs.reading import read_head
from neuron_pin.record import Enum, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from neuron_pin.inputs.cluster.found import ClusterFile
    from neuron_pin.inputs.containers.recipe import Recipe
    from neuron_pin.inputs.locks.detected import DetectedPackage, Reading
    from neuron_pin.inputs.requirements.alternatives import World

HEAD = 64 * 1024
"""How many bytes of a file are looked at to tell its kind."""

Look = Callable[[str, bytes], bool]
"""Whether a file is of a kind, by its path and its first `HEAD` bytes."""


class Form(Enum):
    """What a reader gives.

    ``PACKAGES``: a function ``(path, reading) -> list[DetectedPackage]``, which raises
    `UnreadableInput` for the file as a whole and gives ``reading.report`` what it cannot read of
    it.  ``COMMANDS``: a function ``(path, names) -> Recipe``, which reads install commands,
    and ranges only of the packages in ``names``.  ``IMAGES``: a function
    ``(path) -> ClusterFile``, which reads the images and charts that a file names.
    """

    PACKAGES = "packages"
    COMMANDS = "commands"
    IMAGES = "images"


class FileKind(NamedTuple):
    """One kind of file, and all that ``check`` knows of it before it reads one.

    ``label`` names one for people, ``shown`` is how help and hints list it; ``counted`` is what
    is counted of it, in the singular.  ``reader`` is ``module:function``, as its ``form`` says.

    ``names`` are names that leave no doubt.  Of files with names like those in ``maybe``, and of
    any file that the user names, ``look`` decides (``module:function``, a `Look`; empty for
    never); ``fallback`` are names of files that are taken for this kind where the user names them
    and no other row knows them; ``never`` are names of other files, whatever the patterns say.
    Names are compared in any case; ``*`` is any text without a
    slash, ``+`` one without a dot, too; a name with a slash is compared with the end of the path.

    ``is_installed`` says that what it has is installed somewhere, and not asked for.
    """

    label: str
    shown: str
    counted: str
    reader: str
    form: Form = Form.PACKAGES
    names: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    look: str = ""
    fallback: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    is_installed: bool = False

    def recognizes(self, path: str, head: bytes) -> bool:
        """Whether a file's content says that it is of this kind."""
        if not self.look:
            return False
        found: Look = _import(self.look)
        return found(path, head)

    def read_packages(self, path: str, reading: Reading) -> list[DetectedPackage]:
        """What a file states, for a kind of `Form.PACKAGES`; raises `UnreadableInput`."""
        read: Callable[[str, Reading], list[DetectedPackage]] = _import(self.reader)
        return read(path, reading)

    def read_commands(self, path: str, names: Container[str]) -> Recipe:
        """What a file installs, for a kind of `Form.COMMANDS`; raises `UnreadableInput`."""
        read: Callable[[str, Container[str]], Recipe] = _import(self.reader)
        return read(path, names)

    def read_images(self, path: str) -> ClusterFile:
        """What a file names, for a kind of `Form.IMAGES`; raises `UnreadableInput`."""
        read: Callable[[str], ClusterFile] = _import(self.reader)
        return read(path)


REQUIREMENTS = FileKind(
    "requirements file",
    "requirements.txt",
    "requirement",
    "neuron_pin.inputs.locks.detected:read_requirements_file",
    names=(
        *(f"*{word}*.{end}" for word in ("requirement", "constraint") for end in ("txt", "in")),
        "requirements/*.txt",
        "requirements/*.in",
    ),
    maybe=("*.txt", "*.in"),
    look="neuron_pin.inputs.file_content:looks_like_requirements",
    fallback=("*.txt", "*.in"),
)

KINDS = (
    FileKind(
        "Dockerfile",
        "Dockerfile",
        "install command",
        "neuron_pin.inputs.containers.dockerfile:read_dockerfile",
        form=Form.COMMANDS,
        names=(
            *("dockerfile", "dockerfile.*", "dockerfile-*", "dockerfile_*", "*.dockerfile"),
            *("containerfile", "containerfile.*", "containerfile-*", "*.containerfile"),
        ),
        look="neuron_pin.inputs.file_content:looks_like_dockerfile",
        fallback=("dockerfile*", "containerfile*"),
        # Lists and pages beside a Dockerfile are called after it.
        never=(
            *("*.json", "*.yml", "*.yaml", "*.toml", "*.md", "*.rst", "*.sh", "*.py"),
            *("*.c", "*.go", "*.h", "*.js", "*.rs", "*.ts", "*.dockerignore", "*.orig", "*.rej"),
        ),
    ),
    FileKind(
        "shell script",
        "*.sh",
        "install command",
        "neuron_pin.inputs.scripts.shell_script:read_shell_script",
        form=Form.COMMANDS,
        names=("*.sh", "*.bash", "*.sh.tpl", "*.sh.tftpl", "*.sh.j2"),
        maybe=("+", "*.tpl", "*.tftpl", "*user-data*.txt", "*user_data*.txt", "*userdata*.txt"),
        look="neuron_pin.inputs.file_content:looks_like_script",
    ),
    FileKind(
        "cloud-init user data",
        "cloud-init YAML",
        "install command",
        "neuron_pin.inputs.scripts.cloud_init:read_cloud_init",
        form=Form.COMMANDS,
        maybe=(
            *("+", "*.yml", "*.yaml", "*.cfg", "*.tpl", "*.tftpl", "*.mime", "*.j2"),
            *("*user-data*.txt", "*user_data*.txt", "*userdata*.txt"),
        ),
        look="neuron_pin.inputs.file_content:looks_like_cloud_init",
    ),
    FileKind(
        "GitHub workflow",
        ".github/workflows/*.yml",
        "install command",
        "neuron_pin.inputs.scripts.workflow:read_workflow",
        form=Form.COMMANDS,
        names=(".github/workflows/*.yml", ".github/workflows/*.yaml"),
        maybe=("*.yml", "*.yaml"),
        look="neuron_pin.inputs.file_content:looks_like_workflow",
    ),
    FileKind(
        "GitLab pipeline",
        ".gitlab-ci.yml",
        "install command",
        "neuron_pin.inputs.scripts.gitlab_ci:read_gitlab_ci",
        form=Form.COMMANDS,
        names=("*.gitlab-ci.yml", "*.gitlab-ci.yaml"),
    ),
    FileKind(
        "build specification of CodeBuild",
        "buildspec.yml",
        "install command",
        "neuron_pin.inputs.scripts.buildspec:read_buildspec",
        form=Form.COMMANDS,
        names=("*buildspec*.yml", "*buildspec*.yaml"),
        maybe=("*.yml", "*.yaml"),
        look="neuron_pin.inputs.file_content:looks_like_buildspec",
    ),
    FileKind(
        "Ansible playbook",
        "playbooks and tasks of Ansible",
        "install command",
        "neuron_pin.inputs.scripts.ansible:read_playbook",
        form=Form.COMMANDS,
        names=("tasks/*.yml", "tasks/*.yaml", "handlers/*.yml", "handlers/*.yaml"),
        maybe=("*.yml", "*.yaml"),
        look="neuron_pin.inputs.file_content:looks_like_playbook",
    ),
    FileKind(
        "template of Packer",
        "*.pkr.hcl",
        "install command",
        "neuron_pin.inputs.scripts.packer:read_packer_hcl",
        form=Form.COMMANDS,
        names=("*.pkr.hcl",),
    ),
    FileKind(
        "template of Packer in JSON",
        "*.pkr.json",
        "install command",
        "neuron_pin.inputs.scripts.packer:read_packer_json",
        form=Form.COMMANDS,
        names=("*.pkr.json", "*packer*.json"),
        maybe=("*.json",),
        look="neuron_pin.inputs.file_content:looks_like_packer_json",
    ),
    FileKind(
        "configuration of Terraform",
        "*.tf",
        "install command",
        "neuron_pin.inputs.scripts.terraform:read_terraform",
        form=Form.COMMANDS,
        maybe=("*.tf",),
        look="neuron_pin.inputs.file_content:looks_like_terraform",
    ),
    FileKind(
        "lock of uv",
        "uv.lock",
        "package",
        "neuron_pin.inputs.locks.detected:read_toml_lock_file",
        names=("uv.lock",),
    ),
    FileKind(
        "lock of Poetry",
        "poetry.lock",
        "package",
        "neuron_pin.inputs.locks.detected:read_toml_lock_file",
        names=("poetry.lock",),
    ),
    FileKind(
        "lock of PEP 751",
        "pylock.toml",
        "package",
        "neuron_pin.inputs.locks.detected:read_toml_lock_file",
        names=("pylock.toml", "pylock.*.toml"),
    ),
    FileKind(
        "project",
        "pyproject.toml",
        "requirement",
        "neuron_pin.inputs.locks.detected:read_project_file",
        names=("pyproject.toml",),
        look="neuron_pin.inputs.file_content:looks_like_project",
    ),
    FileKind(
        "lock of PDM",
        "pdm.lock",
        "package",
        "neuron_pin.inputs.locks.pdm_lock:read_pdm_lock",
        names=("pdm.lock",),
    ),
    FileKind(
        "lock of pipenv",
        "Pipfile.lock",
        "package",
        "neuron_pin.inputs.locks.pipfile_lock:read_pipfile_lock",
        names=("Pipfile.lock",),
    ),
    FileKind(
        "lock of pixi",
        "pixi.lock",
        "package",
        "neuron_pin.inputs.locks.conda_locks:read_pixi_lock",
        names=("pixi.lock",),
    ),
    FileKind(
        "lock of conda-lock",
        "conda-lock.yml",
        "package",
        "neuron_pin.inputs.locks.conda_locks:read_conda_lock",
        names=("conda-lock.yml", "conda-lock.yaml", "*.conda-lock.yml"),
    ),
    FileKind(
        "project of pixi",
        "pixi.toml",
        "requirement",
        "neuron_pin.inputs.locks.detected:read_pixi_file",
        names=("pixi.toml",),
    ),
    FileKind(
        "Pipfile",
        "Pipfile",
        "requirement",
        "neuron_pin.inputs.locks.detected:read_pipfile_file",
        names=("Pipfile",),
    ),
    FileKind(
        "environment of conda",
        "environment.yml",
        "requirement",
        "neuron_pin.inputs.locks.detected:read_conda_file",
        maybe=(
            "*environment*.yml",
            "*environment*.yaml",
            "*conda*.yml",
            "*conda*.yaml",
            "env*.yml",
            "env*.yaml",
        ),
        look="neuron_pin.inputs.file_content:looks_like_environment",
        fallback=("environment.yml", "environment.yaml"),
    ),
    FileKind(
        "setup.cfg",
        "setup.cfg",
        "requirement",
        "neuron_pin.inputs.locks.detected:read_setup_config_file",
        names=("setup.cfg",),
    ),
    FileKind(
        "setup script",
        "setup.py",
        "requirement",
        "neuron_pin.inputs.locks.detected:read_setup_file",
        names=("setup.py",),
    ),
    FileKind(
        "lock of neuron-pin",
        "lock.json",
        "package",
        "neuron_pin.inputs.locks.detected:read_lock_json_file",
        maybe=("*.json",),
        look="neuron_pin.inputs.file_content:looks_like_lock_json",
        fallback=("*.json",),
    ),
    FileKind(
        "CycloneDX document",
        "CycloneDX",
        "package",
        "neuron_pin.inputs.lists.cyclonedx:read_cyclonedx",
        maybe=("*.json", "*.cdx", "*.xml", "*.bom"),
        look="neuron_pin.inputs.file_content:looks_like_cyclonedx",
        is_installed=True,
    ),
    FileKind(
        "SPDX document",
        "SPDX",
        "package",
        "neuron_pin.inputs.lists.spdx:read_spdx",
        maybe=("*.json", "*.spdx", "*.tag"),
        look="neuron_pin.inputs.file_content:looks_like_spdx",
        is_installed=True,
    ),
    FileKind(
        "list of packages in JSON",
        "lists of pip and conda in JSON",
        "package",
        "neuron_pin.inputs.lists.json_lists:read_json_list",
        maybe=("*.json",),
        look="neuron_pin.inputs.file_content:looks_like_json_list",
        is_installed=True,
    ),
    FileKind(
        "list of packages",
        "lists of pip, conda, dpkg, apt, rpm and dnf",
        "package",
        "neuron_pin.inputs.lists.text_lists:read_text_list",
        maybe=("*.txt", "*.list", "*.lst"),
        look="neuron_pin.inputs.lists.text_lists:looks_like_list",
        is_installed=True,
    ),
    FileKind(
        "file for a Kubernetes cluster",
        "Kubernetes manifests, Chart.yaml, values.yaml, kustomization.yaml, compose.yaml",
        "image",
        "neuron_pin.inputs.cluster.reader:read_cluster_file",
        form=Form.IMAGES,
        names=(
            *("chart.yaml", "chart.lock", "kustomization.yaml", "kustomization.yml"),
            *("*values.yaml", "*values.yml", "values-*.yaml", "values_*.yaml", "values.*.yaml"),
            *("values-*.yml", "values_*.yml"),
            *("helmfile.yaml", "*compose.yaml", "*compose.yml", "*compose.*.yml"),
        ),
        maybe=("*.yml", "*.yaml", "*.tpl", "*.tftpl", "*.j2", "*.tmpl"),
        look="neuron_pin.inputs.file_content:looks_like_cluster_file",
    ),
    # The last whose content is looked at: its rows are the least certain.
    REQUIREMENTS,
)


def find_kind(path: str) -> FileKind:
    """The kind of a file that the user names; raises `WrongUsage` for none that is read, and
    `UnreadableInput` where its content would have to tell and cannot be read."""
    if os.path.isdir(path):
        raise other_folder(path) or WrongUsage(f"{path}: this is a folder, not a file")
    found = kind_by_name(path)
    if found is not None:
        return found
    head = _read_head(path)
    for kind in KINDS:
        if head and kind.recognizes(path, head):
            return kind
    for kind in KINDS:
        if has_name(path, kind.fallback, kind.never):
            return kind
    if head is None:
        raise UnreadableInput(path, None, "cannot be read: there is no such file")
    raise WrongUsage(
        f"{path}: this is no kind of file that check reads",
        hint=f"it reads {list_kinds()}; by their names, and others by what they contain",
    )


def kind_by_name(path: str) -> FileKind | None:
    """The kind of a file whose name leaves no doubt, none for another."""
    return next((kind for kind in KINDS if has_name(path, kind.names, kind.never)), None)


def list_kinds() -> str:
    """The kinds in words: ``uv.lock, poetry.lock and requirements.txt``."""
    *others, last = (kind.shown for kind in KINDS)
    return f"{', '.join(others)} and {last}"


def read_detected(
    path: str,
    environ: Mapping[str, str],
    problems: list[UnreadableInput] | None = None,
    worlds: Sequence[World] = (),
) -> list[DetectedPackage]:
    """What a file states, read as its kind is.  Raises `UnreadableInput` or `WrongUsage`; where
    ``problems`` is given, a line or a row that cannot be read is added to it, and the others are
    read.  ``worlds`` are the Pythons that markers are evaluated for; without any, everything is
    in one environment."""
    from neuron_pin.inputs.locks.detected import Reading

    kind = find_kind(path)
    if kind.form is not Form.PACKAGES:
        raise WrongUsage(f"{path}: this is a {kind.label}, which states no packages")
    return kind.read_packages(path, Reading(environ, problems, worlds))


def has_name(path: str, names: tuple[str, ...], never: tuple[str, ...] = ()) -> bool:
    """Whether a path has one of the names, as `FileKind` has them, and none of the others."""
    return _has_one(path, names) and not _has_one(path, never)


def _has_one(path: str, names: tuple[str, ...]) -> bool:
    # What stands around a name's wildcards rules out nearly all of them, and no pattern has to be
    # made of these.
    folded = f"/{path}".lower()
    near = []
    for name in names:
        begin, end = _find_ends(name)
        if folded.endswith(end) and begin in folded:
            near.append(name)
    return bool(near) and compile_names(tuple(near)).search(f"/{path}") is not None


@cache
def _find_ends(name: str) -> tuple[str, str]:
    """What a path has to have before the first and behind the last wildcard of a name."""
    parts = name.lower().replace("+", "*").split("*")
    return f"/{parts[0]}", parts[-1]


@cache
def compile_names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern to search in ``/`` and a path, for names as `FileKind` has them."""
    parts = (
        re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\+", "[^/.]+") for pattern in patterns
    )
    return re.compile(f"/(?:{'|'.join(parts)})$", re.IGNORECASE)


def _read_head(path: str) -> bytes | None:
    """The first bytes of a file, none where it cannot be read: whoever reads it says why."""
    try:
        return read_head(path, HEAD)
    except OSError:
        return None


def _import(place: str) -> Any:
    module, _, function = place.partition(":")
    return getattr(import_module(module), function)


def other_folder(path: str) -> WrongUsage | None:
    """What to write for a folder that is an environment or the root of a machine; none for
    one of files."""
    from neuron_pin.inputs.host.distributions import site_packages

    folder = shlex.quote(path)
    if site_packages(path):
        hint = f"for an environment: neuron-pin check --venv {folder}"
    elif _is_root(path):
        hint = f"for the root of a machine: neuron-pin check --root {folder}"
    else:
        return None
    return WrongUsage(f"{path}: this is a folder, not a file that check reads", hint=hint)


def _is_root(path: str) -> bool:
    """Whether a folder has what a machine has: repositories may have an ``etc``, too."""
    names = ("etc", "usr", "var")
    is_one = all(os.path.isdir(os.path.join(path, name)) for name in names) or any(
        os.path.lexists(os.path.join(path, name))
        for name in ("etc/os-release", "var/lib/dpkg", "var/lib/rpm")
    )
    return is_one and not os.path.lexists(os.path.join(path, ".git"))
