"""Names of machine images (DLAMI), and the SSM parameters that lead to them.

``Deep Learning AMI Neuron PyTorch 2.9 (Ubuntu 24.04) 20260707`` says what it is for, which
framework version it has, its operating system and, behind these, the day on which it was built;
``/aws/service/neuron/dlami/pytorch-2.9/ubuntu-24.04/latest/image_id`` leads to the newest image
of a name.  Neither says an SDK release.

Source: the vendor's user guide of DLAMIs, deploy/environments/dlami.rst, "SSM Parameter Prefix".
"""

from __future__ import annotations

import re
from datetime import date

from neuron_pin.record import NamedTuple

MULTI, BASE = "multi-framework", "base"
INF1 = "-inf1"
"""Behind the framework of an image that is for Inf1 alone."""

PARAMETERS = "/aws/service/neuron/dlami"
"""The path below which the parameters are."""

MAX_LENGTH = 512
"""Letters of a name that is read."""


class MachineName(NamedTuple):
    """What the name of a machine image says: ``form`` is what it is for (`MULTI`, `BASE`, or the
    framework as the parameter's path spells it, ``pytorch-inference-vllm``), ``version`` that of
    the framework, empty where the name has none; ``os`` as the catalog calls it.  ``built`` is
    the day in the name, none where it has none."""

    form: str
    version: str
    os: str
    built: date | None = None

    @property
    def line(self) -> tuple[str, str]:
        """What it has in common with later images of its line: what it is for, and on what."""
        return self.form, self.os

    @property
    def has_framework(self) -> bool:
        """Whether it is for one framework alone."""
        return self.form not in (MULTI, BASE)

    @property
    def plain(self) -> MachineName:
        """The same without a day."""
        return self._replace(built=None)


_SYSTEMS = {"ubuntu": "ubuntu", "amazonlinux": "amzn", "rockylinux": "rocky"}
_NAME = re.compile(
    r"(?:AWS )?Deep Learning (?P<base>Base Neuron AMI|AMI Base Neuron)?(?:AMI Neuron)?"
    r"(?: (?P<words>[A-Za-z][\w-]*(?: [A-Za-z][\w-]*)*))?(?: (?P<version>\d+(?:\.\d+)*))?"
    r"(?P<inf1> Inf1)?"
    r" ?\((?P<os>Ubuntu|Amazon Linux|Rocky Linux) (?P<number>\d+(?:\.\d+)?)\)"
    r"(?: (?P<day>\d{8}))?",
    re.I,
)
_PATH = re.compile(
    rf"(?:resolve:)?(?:ssm:)?{PARAMETERS}/(?P<form>[a-z][a-z-]*?)(?:-(?P<version>\d+(?:\.\d+)*))?"
    r"(?P<inf1>-inf1)?/(?P<os>ubuntu|amazon-linux|rocky-linux)-(?P<number>\d+(?:\.\d+)?)(?:/latest(?:/image_id)?)?/?"
)


def parse_machine_name(text: str) -> MachineName | None:
    """What the name of a machine image says, none for every other text."""
    match = _NAME.fullmatch(" ".join(text[:MAX_LENGTH].split()))
    if match is None or (match["base"] and (match["words"] or match["version"])):
        return None
    if not match["base"] and "ami neuron" not in match[0].lower():
        return None
    day = None
    if match["day"]:
        try:
            day = date.fromisoformat(f"{match['day'][:4]}-{match['day'][4:6]}-{match['day'][6:]}")
        except ValueError:
            return None
    form = "-".join((match["words"] or "").lower().split()) or (BASE if match["base"] else MULTI)
    form += INF1 if match["inf1"] else ""
    return MachineName(form, match["version"] or "", _name_system(match), day)


def parse_parameter(text: str) -> MachineName | None:
    """The same of the path of an SSM parameter, with or without its last parts."""
    match = _PATH.fullmatch(text[:MAX_LENGTH].strip())
    if match is None:
        return None
    form = match["form"] + (INF1 if match["inf1"] else "")
    return MachineName(form, match["version"] or "", _name_system(match))


def _name_system(match: re.Match[str]) -> str:
    distribution = match["os"].lower().replace(" ", "").replace("-", "")
    return f"{_SYSTEMS[distribution]}{match['number']}"


def name_parameter(name: MachineName) -> str:
    """The parameter that leads to the newest image of a name, by the grammar of the paths."""
    stem = name.form.removesuffix(INF1)
    form = f"{stem}-{name.version}" if name.version else stem
    form += INF1 if name.form.endswith(INF1) else ""
    number = name.os.lstrip("abcdefghijklmnopqrstuvwxyz")
    words = {"ubuntu": "ubuntu", "amzn": "amazon-linux", "rocky": "rocky-linux"}
    return f"{PARAMETERS}/{form}/{words[name.os[: -len(number)]]}-{number}"


# Containers ------------------------------------------------------------------------------


class ContainerTag(NamedTuple):
    """What a tag of a container says: the version that it begins with, those of what is named
    behind it (``transformers4.55.4``), Python, SDK release and operating system, each empty
    where a tag does not say it; ``plain`` is without the build of one image (``-v1.2`` with a day).
    """

    plain: str
    version: str
    extras: str
    python: str
    sdk: str
    os: str


_TAG = re.compile(
    r"(?P<plain>(?P<version>\d+(?:\.\d+)+)(?P<extras>(?:-(?!neuron)[a-z]+\d[\d.]*)*)-neuronx?"
    r"(?=-py|-sdk)(?:-py(?P<python>3\d{1,2}))?(?:-sdk(?P<sdk>\d+\.\d+\.\d+))?"
    r"(?:-(?P<os>ubuntu\d\d\.\d\d|amzn2(?:023)?))?)"
    r"(?:-(?:ec2|sagemaker|v\d+(?:\.\d+)*))*(?:-\d{4}(?:-\d\d){5})?"
)


def parse_container_tag(tag: str) -> ContainerTag | None:
    """What a tag says, none for one of another form."""
    match = _TAG.fullmatch(tag[:MAX_LENGTH])
    if match is None:
        return None
    return ContainerTag(
        match["plain"],
        match["version"],
        match["extras"].strip("-"),
        f"{match['python'][0]}.{match['python'][1:]}" if match["python"] else "",
        match["sdk"] or "",
        match["os"] or "",
    )


_FRAMEWORK = re.compile(r"(?:^|[-_])(vllm|pytorch|tensorflow|mxnet|jax)(?=$|[-_])")


def find_framework(repository: str) -> str:
    """The framework whose version the tags of a repository begin with, empty for none that is
    known: ``vllm`` of ``pytorch-inference-vllm-neuronx``."""
    found = _FRAMEWORK.findall(repository)
    return "vllm" if "vllm" in found else next(iter(found), "")


def split_reference(reference: str) -> tuple[str, str, str]:
    """The registry with its path, the repository and the tag of ``registry/path/name:tag@digest``,
    each empty where it is not there."""
    plain = reference.partition("@")[0]
    path, _, tag = plain.rpartition(":")
    if not path or "/" in tag:
        path, tag = plain, ""
    registry, _, repository = path.rpartition("/")
    return registry, repository, tag
