"""What went wrong, as an answer: a status with a line for installers, or a page for browsers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from neuron_pin.errors import NeuronPinError, SourceFailed, UnknownName, WrongUsage
from neuron_pin.printable import join_printable

from .html_pages import render_error
from .responses import PAGE, SAFE, TEXT, is_browser
from .routes import NoSuchPage

MAX_ERROR_TEXT = 2000


class Busy(NeuronPinError):
    """More requests wait for indexes than should."""


class NotAcceptable(NeuronPinError):
    """The client takes none of the forms that there are."""


async def refuse(request: Request, error: Exception) -> Response:
    """What went wrong, as a status and a line of text, or a page for a browser."""
    assert isinstance(error, NeuronPinError)
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)
    if status >= 500:
        request.scope["problem"] = error.message
    # What to do about a source is an option of a command line, which a client does not have.
    hint = "" if isinstance(error, SourceFailed) else error.hint
    text = error.message + (f"\n{hint}" if hint else "")
    headers = {**SAFE, "Retry-After": "1"} if status == 503 else SAFE
    lines = join_printable(text[:MAX_ERROR_TEXT].split("\n"))
    if is_browser(request.headers.get("accept", "")):
        depth = max(0, request.scope["path"].count("/") - 1)
        return Response(render_error(status, lines.split("\n"), depth), status, headers, PAGE)
    return Response(lines, status, headers, TEXT)


_STATUS: dict[type[NeuronPinError], int] = {
    Busy: 503,
    NoSuchPage: 404,
    NotAcceptable: 406,
    UnknownName: 404,
    WrongUsage: 400,
    SourceFailed: 502,
}
