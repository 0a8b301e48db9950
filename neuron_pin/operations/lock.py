"""The main operation: from settings and requirements to a `Resolution`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from neuron_pin.catalog import Catalog, find_facts_age
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.resolve import Preferences, Resolution
from neuron_pin.settings import Settings, redact_urls

from .lock_request import LockRequest, lock_request
from .read_settings import make_lock_request

TYPE_CHECKING = False
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

        explained = explain_conflict(request, error)
        explained.hint = explained.hint or _hint_to_explain(request, explained)
        raise explained from None
    reporter.resolved(len(found.packages))
    as_of = request.target.as_of
    told = [find_facts_age(catalog.announced, as_of).warning]
    if found.support is not None and (told[0] or found.support.until < as_of):
        told.append(found.support.describe_limit_on(as_of))
    return found._replace(warnings=(*filter(None, told), *found.warnings))


def _hint_to_explain(request: LockRequest, error: NoSolution) -> str:
    """The command that shows more of what is in the way, else of what was asked for first; empty
    where no package was."""
    named = [r for r in request.requirements if r.name != SDK_NAME]
    if not named:
        return ""
    shown = next((r for r in named if (r.text, r.origin) in error.asked), named[0])
    words = ["neuron-pin", "explain", shown.text, *request.target.as_options()]
    words += [redact_urls(word) for word in request.sources.indexes.as_options()]
    words += ["--offline"] if request.network.offline and request.sources.is_named else []
    import shlex

    return f"for every version and its reason: {shlex.join(words)}"
