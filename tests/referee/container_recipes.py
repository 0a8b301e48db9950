"""Sets of versions that the vendor's container recipes installed, beside locks of the same release.

Usage: container_recipes.py CHECKOUT [--name OWNER/NAME] [--write FILE].  CHECKOUT is a clone, or a
git directory, of a public repository of Dockerfiles for Neuron.  A recipe names its release by the
tag at which it has that set first, or by a folder ``sdkX.Y.Z`` above it.

Reads recipes with code of its own, and asks the program by its command line.  Prints what differs
and how many sets are equal; ``--write`` records the sets as data.  The status is 1 if a set differs
that `fixtures/container-recipes/differences.json` does not explain.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "fixtures" / "container-recipes"

ARGUMENTS = {
    "NEURONX_RUNTIME_LIB_VERSION": "aws-neuronx-runtime-lib",
    "NEURONX_COLLECTIVES_LIB_VERSION": "aws-neuronx-collectives",
    "NEURONX_TOOLS_VERSION": "aws-neuronx-tools",
    "NEURONX_FRAMEWORK_VERSION": "torch-neuronx",
    "NEURONX_TRANSFORMERS_VERSION": "transformers-neuronx",
    "NEURONX_CC_VERSION": "neuronx-cc",
    "NEURONX_DISTRIBUTED_VERSION": "neuronx-distributed",
    "NEURONX_DISTRIBUTED_TRAINING_VERSION": "neuronx-distributed-training",
    "NEURONX_DISTRIBUTED_INFERENCE_VERSION": "neuronx-distributed-inference",
}
"""What build arguments are versions of, where a recipe installs files by path."""

LEADERS = ("torch-neuronx", "torch-neuron", "libtorch-neuronx-lite", "tensorflow-neuronx",
           "tensorflow-neuron")  # fmt: skip
"""Packages of which a release has alternatives by framework version: a recipe is for one."""

_NAME = r"[A-Za-z][A-Za-z0-9._-]*"
_PINNED = re.compile(rf"(?<![\w.$/-])[\"']?({_NAME})(?:\[[^\]]*\])?\s*==?\s*([^\s\"'\\;&]+)")
_BY_PATH = re.compile(r"/\$\{(\w+)\}")


class Recipe(NamedTuple):
    """What one Dockerfile installs of Neuron: public versions by package; empty for unknown."""

    versions: dict[str, str]
    python: str
    system: str


def read_recipe(text: str) -> Recipe:
    """The Neuron packages that a Dockerfile installs with a version of each, exact or ``2.*``."""
    arguments: dict[str, str] = {}
    versions: dict[str, str] = {}
    system = ""
    for line in _join_lines(text):
        words = line.split()
        if line.startswith("FROM") and not system and len(words) > 1:
            match = re.search(r"ubuntu:?(\d\d\.\d\d)", words[1])
            system = f"ubuntu{match[1]}" if match else ""
        elif line.startswith(("ARG ", "ENV ")):
            for name, value in re.findall(r"(\w+)=(\"[^\"]*\"|\S*)", line):
                arguments[name] = _expand(value.strip('"'), arguments)
        elif line.startswith("RUN"):
            for name in _BY_PATH.findall(line):
                if name in ARGUMENTS and name in arguments:
                    versions[ARGUMENTS[name]] = arguments[name]
            for name, value in _PINNED.findall(line):
                version = _expand(value, arguments)
                if _is_neuron(_normalize(name)) and re.match(r"\d", version):
                    versions[_normalize(name)] = version
    shown = " ".join((arguments.get("PYTHON_VERSION", ""), arguments.get("PYTHON", "")))
    python = re.search(r"3\.\d+", shown)
    public = {name: re.split(r"[+-]", version)[0] for name, version in sorted(versions.items())}
    return Recipe(public, python[0] if python else "", system)


def _join_lines(text: str) -> Iterator[str]:
    """Instructions, each in one line, without comments."""
    current = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        if line.rstrip().endswith("\\"):
            current += line.rstrip()[:-1] + " "
            continue
        yield (current + line).strip()
        current = ""


def _expand(text: str, arguments: dict[str, str]) -> str:
    for _ in range(4):
        text = re.sub(r"\$\{?(\w+)\}?", lambda match: arguments.get(match[1], match[0]), text)
    return text


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_neuron(name: str) -> bool:
    return ("neuron" in name and name != "optimum-neuron") or name in ("nki", "nrtpy")


# The repositories ------------------------------------------------------------------------


def _git(folder: str, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def find_sets(folder: str, repository: str) -> list[dict[str, object]]:
    """The sets of a repository's recipes, each once, with the release that each names."""
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for sdk, revision, path in [*_by_tag(folder), *_by_folder(folder)]:
        recipe = read_recipe(_git(folder, "show", f"{revision}:{path}"))
        if not recipe.versions or not recipe.python:
            continue
        name = path.removeprefix("docker/").removeprefix(".deprecated/")
        own = [f"{package}={version}" for package, version in recipe.versions.items()]
        key = (name, recipe.python, *own)
        commit = _git(folder, "log", "-1", "--format=%h", revision, "--", path).strip()
        row = _make_row(repository, name, path, commit, sdk, recipe)
        found.setdefault(key, row)
    return list(found.values())


def _by_tag(folder: str) -> Iterator[tuple[str, str, str]]:
    for tag in _git(folder, "tag", "--sort=version:refname").split():
        if re.fullmatch(r"\d+(\.\d+){2}", tag):
            for path in _git(folder, "ls-tree", "-r", "--name-only", tag).splitlines():
                if re.search(r"/Dockerfile\.neuronx?$", path):
                    yield tag, tag, path


def _by_folder(folder: str) -> Iterator[tuple[str, str, str]]:
    """The last content of each recipe below a folder that names a release, whether or not it is
    still there."""
    log = _git(folder, "log", "--all", "--format=@%h", "--name-only", "--diff-filter=AM",
               "--no-renames", "--", "*Dockerfile.neuron", "*Dockerfile.neuronx")  # fmt: skip
    seen: set[str] = set()
    commit = ""
    for line in log.splitlines():
        match = re.search(r"/sdk(2\.\d+\.\d+)/", line)
        if line.startswith("@"):
            commit = line[1:]
        elif match and line not in seen:
            seen.add(line)
            yield match[1], commit, line


def _make_row(
    repository: str, name: str, path: str, commit: str, sdk: str, recipe: Recipe
) -> dict[str, object]:
    requirements = [
        f"{package}=={'.'.join(version.split('.')[:2])}.*" if package in LEADERS else package
        for package, version in recipe.versions.items()
    ]
    return {
        "recipe": name,
        "sdk": sdk,
        "instance": _instance(name, recipe.versions),
        "python": recipe.python,
        "os": recipe.system,
        "requirements": requirements,
        "versions": recipe.versions,
        "source": f"{repository}, {path} at {commit}",
    }


def _instance(name: str, versions: dict[str, str]) -> str:
    if name.endswith(".neuron") and "torch-neuronx" not in versions:
        return "inf1"
    return "trn2" if "libtorch-neuronx-lite" in versions else "trn1"


# Locks -----------------------------------------------------------------------------------


def lock_set(row: dict[str, object], day: str, environment: dict[str, str]) -> dict[str, str] | str:
    """The versions that the program locks for a set's requirements on the day of its release, or
    why it does not.  Whatever phase an image's parts were in: it shipped."""
    requirements = row["requirements"]
    assert isinstance(requirements, list)
    command = [sys.executable, "-m", "neuron_pin", "lock", "--offline", *requirements]
    command += ["--sdk", str(row["sdk"]), "--instance", str(row["instance"])]
    command += ["--python", str(row["python"]), "--as-of", day, "--format", "json"]
    command += ["--os", str(row["os"])] if row["os"] else []
    command += ["--scope", "container", "--phase", "beta", "--phase", "eos"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return done.stderr.strip().splitlines()[1].strip()
    return {package["name"]: package["version"] for package in json.loads(done.stdout)["packages"]}


def differ(versions: dict[str, str], locked: dict[str, str] | str) -> str:
    """How a lock differs from a set, empty for not at all."""
    if isinstance(locked, str):
        return f"no lock: {locked}"
    return "; ".join(
        f"{name} {version} shipped, {locked.get(name, 'nothing')} locked"
        for name, version in versions.items()
        if not fnmatch.fnmatch(locked.get(name, ""), version)
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkout", help="a clone or git directory of the recipes")
    parser.add_argument("--name", default="aws-neuron/deep-learning-containers")
    parser.add_argument("--write", type=Path, help="record the sets in this file")
    options = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [sys.executable, "-m", "neuron_pin", "releases", "--format", "json"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    days = {row["sdk"]: row["date"] for row in json.loads(shown.stdout)["releases"]}
    explained = {
        (row["sdk"], row["recipe"]): row["reason"]
        for row in json.loads((FIXTURES / "differences.json").read_text())
    }
    rows = [row for row in find_sets(options.checkout, options.name) if row["sdk"] in days]
    equal: list[dict[str, object]] = []
    unexplained = 0
    for row in rows:
        versions = row["versions"]
        assert isinstance(versions, dict)
        found = differ(versions, lock_set(row, days[str(row["sdk"])], environment))
        if not found:
            equal.append(row)
            continue
        reason = explained.get((str(row["sdk"]), str(row["recipe"])), "")
        unexplained += not reason
        print(f"{row['sdk']} {row['recipe']}: {found}" + (f" ({reason})" if reason else ""))
    print(
        f"{len(equal)} of {len(rows)} sets are locked as they shipped, {unexplained} differ unexplained"
    )
    if options.write is not None:
        lines = ",\n".join(json.dumps(row) for row in equal)
        options.write.write_text(f"[\n{lines}\n]\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
