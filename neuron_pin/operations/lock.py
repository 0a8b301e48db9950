"""The main operation: from settings and requirements to a `Resolution`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import Requirement
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.resolve import Preferences, Resolution
from neuron_pin.settings import Settings

from .lock_request import lock_request
from .read_settings import make_lock_request

if TYPE_CHECKING:
    from neuron_pin.inputs.requirements.requirements_txt import RequirementsFile


def lock(
    settings: Settings,
    catalog: Catalog,
    requirements: Sequence[Requirement],
    files: Sequence[RequirementsFile],
    *,
    today: date,
    this_python: str,
    environ: Mapping[str, str],
    all_files: bool = False,
    preferred: Preferences | None = None,
    reporter: Reporter = SILENT,
) -> Resolution:
    """Resolve once.  Reads the network only where indexes are used and not ``offline``.

    Where there is no solution the error says which requirements cannot hold together, and
    what would work, found by locking again with that changed.
    """
    request = make_lock_request(
        settings,
        catalog,
        requirements=requirements,
        files=files,
        today=today,
        this_python=this_python,
        environ=environ,
        all_files=all_files,
        preferred=preferred,
        reporter=reporter,
    )
    try:
        found = lock_request(request)
    except NoSolution as error:
        reporter.conflicted(error.message)
        from .relax import explain_conflict

        raise explain_conflict(request, error) from None
    reporter.resolved(len(found.packages))
    return found
