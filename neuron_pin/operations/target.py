"""The target that the settings of a command describe."""

from __future__ import annotations

from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.settings import Settings
from neuron_pin.target import Target, make_target, parse_day
from neuron_pin.target.detection import detect


def read_target(
    settings: Settings, catalog: Catalog, today: date, this_python: str, root: str = "/"
) -> Target:
    """The target that the settings describe; ``--target auto`` fills in from this machine."""
    instance, system, python = settings.instance, settings.os, settings.python
    driver, kernel = settings.with_driver or "", settings.with_kernel or ""
    if settings.target == "auto":
        found = detect(root, this_python)
        instance = instance or found.instance or None
        system = system or found.os or None
        python = python or found.python
        if settings.scope == "container":
            # A container runs on whatever driver its host has loaded.
            driver = driver or found.driver
        kernel = kernel or found.kernel
        if not instance:
            raise WrongUsage(
                "this machine does not say that it is an Inferentia or Trainium instance",
                hint="name the instance family with --instance",
            )
    return make_target(
        catalog,
        instance=instance,
        system=system,
        python=python,
        platforms=settings.platform,
        scope=settings.scope or "both",
        as_of=parse_day(settings.as_of) if settings.as_of else today,
        phases=settings.phase,
        this_python=this_python,
        driver=driver,
        kernel=kernel,
        support_until=parse_day(settings.require_support_until, "--require-support-until")
        if settings.require_support_until
        else None,
    )
