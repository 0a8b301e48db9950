"""The bytes of a file that is passed through, while it still comes from its index."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from .file_store import Download
from .responses import BYTES, DAY, SAFE

POLL = 0.02
CHUNK = 256 * 1024


async def deliver(download: Download, request: Request) -> Response:
    """A file as far as it is there, then what comes; raises what went wrong before its first
    byte."""
    while not download.started.is_set():
        await asyncio.sleep(POLL)
    if download.error is not None:
        raise download.error
    headers = {**SAFE, "Cache-Control": f"max-age={DAY}"}
    if download.is_done:
        return FileResponse(download.path, 200, headers, BYTES)
    if download.length is not None:
        headers["Content-Length"] = str(download.length)
    if request.method == "HEAD":
        return Response(None, 200, headers, BYTES)
    return StreamingResponse(_follow(download, request), 200, headers, BYTES)


async def _follow(download: Download, request: Request) -> AsyncIterator[bytes]:
    """The bytes of a file as they come; the last of them only if its hash is right.

    Raises `ClientDisconnect`, so that the connection ends before the file's length is reached.
    """
    offset = 0
    with download.open() as stream:
        while True:
            if download.error is not None:
                request.scope["problem"] = str(download.error)
                raise ClientDisconnect
            is_done, ready = download.is_done, download.available
            while offset < ready:
                chunk = os.pread(stream.fileno(), min(CHUNK, ready - offset), offset)
                offset += len(chunk)
                yield chunk
            if is_done:
                return
            await asyncio.sleep(POLL)
