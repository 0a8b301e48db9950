"""The step for the EFA driver, which has an installer of its own."""

from __future__ import annotations

from collections.abc import Iterator

from .destination import TargetState
from .step import Part, Step


def efa_steps(destination: TargetState) -> Iterator[Step]:
    """Fetching, verifying and running the installer, where the destination has EFA."""
    if not destination.efa:
        return
    version = destination.efa
    full = version if version == "latest" or version.count(".") > 1 else f"{version}.0"
    name = f"aws-efa-installer-{full}.tar.gz"
    url = "https://efa-installer.amazonaws.com"
    yield Step(
        Part.EFA,
        "efa",
        f"Install the EFA driver, {full}",
        commands=(
            f"curl -fsSLO {url}/{name}",
            f"curl -fsSLO {url}/{name}.sig",
            f"curl -fsSLO {url}/aws-efa-installer.key",
            "gpg --import aws-efa-installer.key",
            f"gpg --verify {name}.sig {name}",
            f"tar -xf {name}",
            "cd aws-efa-installer && ./efa_installer.sh --yes",
        ),
        as_root=True,
        reboot=True,
        unless="test -d /opt/amazon/efa/bin",
        reason="needed where several instances work together; it has its own installer",
        back=("cd aws-efa-installer && ./efa_installer.sh --uninstall",),
    )
