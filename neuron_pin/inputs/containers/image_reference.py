"""What an image's name says of what is in it.

Deep Learning Containers carry it in their tags:
``pytorch-inference-neuronx:2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04``.
"""

from __future__ import annotations

import re

from neuron_pin.record import NamedTuple


class BaseImage(NamedTuple):
    """An image; fields are empty where its name does not tell.

    ``repository`` is that of a Neuron DLC (``pytorch-inference-neuronx``), ``framework`` the
    package that its version is of.
    """

    name: str
    repository: str
    framework: str
    framework_version: str
    sdk: str
    python: str
    os: str
    line: int


_DLC = re.compile(
    r"(?:^|/)(?P<repository>(?:huggingface-)?(?P<framework>pytorch|tensorflow|mxnet|jax)"
    r"-(?:training|inference)(?:-[a-z0-9]+)*?-?(?P<neuron>neuronx?))$"
)
_PACKAGES = {
    ("pytorch", "neuronx"): "torch-neuronx",
    ("pytorch", "neuron"): "torch-neuron",
    ("tensorflow", "neuronx"): "tensorflow-neuronx",
    ("tensorflow", "neuron"): "tensorflow-neuron",
    ("jax", "neuronx"): "jax-neuronx",
    ("mxnet", "neuron"): "mx-neuron",
}
_SYSTEMS = {
    "ubuntu": (r"(18|20|22|24)\.04", "ubuntu{0}.04"),
    "debian": (r"(12)", "debian{0}"),
    "amazonlinux": (r"(2023|2)(?:\.|$|-)", "amzn{0}"),
    "rockylinux": (r"(9)", "rocky{0}"),
}
_CODENAMES = {
    "bionic": "ubuntu18.04",
    "focal": "ubuntu20.04",
    "jammy": "ubuntu22.04",
    "noble": "ubuntu24.04",
    "bookworm": "debian12",
}


def read_image_name(name: str, line: int) -> BaseImage:
    """What a reference (``registry/path/name:tag@digest``) says."""
    plain = name.partition("@")[0]
    path, _, tag = plain.rpartition(":")
    if not path or "/" in tag:
        path, tag = plain, ""
    found = BaseImage(name, "", "", "", "", "", "", line)
    match = _DLC.search(path)
    if match is not None:
        sdk = re.search(r"sdk(\d+\.\d+\.\d+)", tag)
        python = re.search(r"py(\d)(\d+)", tag)
        system = re.search(r"ubuntu\d\d\.\d\d|amzn\d+", tag)
        version = re.match(r"\d+(?:\.\d+)+", tag)
        is_plain = match["repository"].startswith(match["framework"])
        is_vllm = "vllm" in match["repository"]
        return found._replace(
            repository=match["repository"],
            framework=_PACKAGES.get((match["framework"], match["neuron"]), ""),
            # Of vLLM's and Hugging Face's the first number may be theirs.
            framework_version=version[0] if version and is_plain and not is_vllm else "",
            sdk=sdk[1] if sdk else "",
            python=f"{python[1]}.{python[2]}" if python else "",
            os=system[0] if system else "",
        )
    base = path.rpartition("/")[2]
    if base == "python":
        series = re.match(r"3\.\d+", tag)
        codename = next((_CODENAMES[word] for word in tag.split("-") if word in _CODENAMES), "")
        return found._replace(python=series[0] if series else "", os=codename)
    if base in _SYSTEMS:
        pattern, form = _SYSTEMS[base]
        version = re.match(pattern, tag)
        codename = _CODENAMES.get(tag.partition("-")[0], "")
        return found._replace(os=form.format(version[1]) if version else codename)
    return found
