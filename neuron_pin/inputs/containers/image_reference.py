"""What an image's name says of what is in it.

Deep Learning Containers carry it in their tags:
``pytorch-inference-neuronx:2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04``.  So do images that are
built like them, whatever they are called: ``djl-inference:0.30.0-neuronx-sdk2.20.1``.

Source: the tables of images in aws/deep-learning-containers, available_images.md, and in the
README of aws-neuron/deep-learning-containers.
"""

from __future__ import annotations

import re

from neuron_pin.record import NamedTuple


class BaseImage(NamedTuple):
    """An image; fields are empty where its name does not tell.

    ``repository`` is that of an image with Neuron packages (``pytorch-inference-neuronx``),
    ``framework`` the package that its version is of.
    """

    name: str
    repository: str
    framework: str
    framework_version: str
    sdk: str
    python: str
    os: str
    line: int


_NEURON = re.compile(r"(?:^|[-_./])(neuronx?)(?=$|[-_.])")
_FRAMEWORK = re.compile(r"(?:^|[-_])(pytorch|tensorflow|mxnet|jax)(?=$|[-_])")
_PACKAGES = {
    ("pytorch", "neuronx"): "torch-neuronx",
    ("pytorch", "neuron"): "torch-neuron",
    ("tensorflow", "neuronx"): "tensorflow-neuronx",
    ("tensorflow", "neuron"): "tensorflow-neuron",
    ("jax", "neuronx"): "jax-neuronx",
    ("mxnet", "neuron"): "mx-neuron",
}
_SYSTEMS = {
    "ubuntu": (r"(18|20|22|24|26)\.04", "ubuntu{0}.04"),
    "debian": (r"(12)", "debian{0}"),
    "amazonlinux": (r"(2023|2)(?:\.|$|-)", "amzn{0}"),
    "rockylinux": (r"(9)", "rocky{0}"),
}
_CODENAMES = {
    "bionic": "ubuntu18.04",
    "focal": "ubuntu20.04",
    "jammy": "ubuntu22.04",
    "noble": "ubuntu24.04",
    "resolute": "ubuntu26.04",
    "bookworm": "debian12",
}


def read_image_name(name: str, line: int) -> BaseImage:
    """What a reference (``registry/path/name:tag@digest``) says."""
    plain = name.partition("@")[0]
    path, _, tag = plain.rpartition(":")
    if not path or "/" in tag:
        path, tag = plain, ""
    found = BaseImage(name, "", "", "", "", "", "", line)
    repository = path.rpartition("/")[2]
    neuron = _NEURON.search(repository) or _NEURON.search(tag)
    sdk = re.search(r"(?:^|[-_])sdk-?(\d+\.\d+\.\d+)(?=$|[-_])", tag)
    if neuron is not None or sdk is not None:
        suffix = neuron[1] if neuron is not None else "neuronx"
        framework, version = _read_framework(repository, tag, suffix)
        return found._replace(
            repository=repository,
            sdk=sdk[1] if sdk else "",
            python=_read_python(tag),
            os=_read_system(tag),
            framework=framework,
            framework_version=version,
        )
    base = path.rpartition("/")[2]
    if base == "python":
        series = re.match(r"3\.\d+", tag)
        codename = next((_CODENAMES[word] for word in tag.split("-") if word in _CODENAMES), "")
        return found._replace(python=series[0] if series else "", os=codename)
    if base == "uv" and tag.startswith("python"):
        # ghcr.io/astral-sh/uv:python3.12-bookworm-slim
        series = re.match(r"python(3\.\d+)", tag)
        return found._replace(python=series[1] if series else "")
    if base in _SYSTEMS:
        pattern, form = _SYSTEMS[base]
        series = re.match(pattern, tag)
        codename = _CODENAMES.get(tag.partition("-")[0], "")
        return found._replace(os=form.format(series[1]) if series else codename)
    return found


def _read_framework(repository: str, tag: str, neuron: str) -> tuple[str, str]:
    """The package of the framework, and its version where the tag begins with that."""
    named = _FRAMEWORK.search(repository) or _FRAMEWORK.search(tag)
    framework = _PACKAGES.get((named[1], neuron), "") if named is not None else ""
    if not framework:
        return "", ""
    version = re.match(r"(\d+(?:\.\d+)+)(?=$|-)", tag)
    # Of vLLM's and DJL's images the first number is theirs.
    is_own = re.match(r"(?:huggingface-)?(?:pytorch|tensorflow|mxnet|jax)", repository) is not None
    if version is None or not is_own or "vllm" in repository:
        return framework, ""
    return framework, version[1]


def _read_python(tag: str) -> str:
    python = re.search(r"(?:^|[-_])(?:py|python)(3)\.?(\d{1,2})(?=$|[-_])", tag)
    return f"{python[1]}.{python[2]}" if python else ""


def _read_system(tag: str) -> str:
    system = re.search(
        r"(ubuntu)[-_]?(\d\d\.\d\d)|(?:^|[-_])(?:amzn|amazonlinux|al)-?(2023|2)(?=$|[-_])", tag
    )
    if system is None:
        return ""
    return f"ubuntu{system[2]}" if system[1] else f"amzn{system[3]}"
