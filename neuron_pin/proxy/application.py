"""Answers to requests (ASGI): what a path means, made once and kept warm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from neuron_pin import __version__
from neuron_pin.catalog import Catalog, canonicalize_name
from neuron_pin.errors import NeuronPinError
from neuron_pin.sources.http.record_cache import is_fresh
from neuron_pin.sources.index.project_list import is_name

from .delivery import deliver
from .file_store import FileStore, Metadata
from .files import AskedFile, Files
from .html_pages import (
    Origin,
    render_error,
    render_overview,
    render_project,
    render_rules,
    render_withheld,
)
from .metrics import CONTENT_TYPE, Metrics
from .page_cache import CachedPage, PageCache, cache_page
from .prefetch import Prefetcher
from .project_detail import ServedFile
from .refusals import Busy, NotAcceptable, refuse
from .responses import (
    BYTES,
    DAY,
    PAGE,
    SAFE,
    TEXT,
    RawResponse,
    RequestHeaders,
    build_response,
    choose_media_type,
    is_host,
    read_headers,
)
from .routes import NoSuchPage, PageRoute, RouteKind, parse_route
from .serializer import (
    FileUrls,
    MediaType,
    render_html,
    render_json,
    render_names_html,
    render_names_json,
)
from .threads import make_pool
from .upstream import THREADS, Upstream
from .view import View, parse_view
from .withheld import WithheldLog, list_withheld, read_python, tell_newer, withheld_document

METADATA = ".metadata"
"""The end of the address of a file's metadata (PEP 658)."""

MAX_WAITING = 256
"""Requests that may wait for an index at once; more are told to come again."""


Result = TypeVar("Result")


class IndexService:
    """The server's state: everything that answers are made of."""

    def __init__(
        self,
        catalog: Catalog,
        upstream: Upstream,
        wheels: FileStore,
        files: Files,
        base: View,
        *,
        reads_ahead: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.metrics = Metrics()
        self.withheld_log = WithheldLog()
        self._catalog = catalog
        self._upstream = upstream
        upstream.failed = lambda url: self.metrics.failures.labels(url).inc()
        self._wheels = wheels
        self._files = files
        self._base = base
        self._clock = clock
        self._prefetcher = Prefetcher(catalog, files, wheels) if reads_ahead else None
        self._page_cache = PageCache()
        # What threads have read ahead, until the next request: to wake the event loop for each of
        # it would take time from those that read.
        self.arrived: deque[Callable[[], object]] = deque()
        self._making: dict[object, asyncio.Task[CachedPage]] = {}
        # Around work that takes seconds; whoever serves may show it.
        self.working: Callable[[str], contextlib.AbstractContextManager[object]] = lambda words: (
            contextlib.nullcontext()
        )
        self._waiting = 0
        self._pool = make_pool(THREADS, "answer")

    def close(self) -> None:
        """Take on nothing more, and drop the connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._prefetcher is not None:
            self._prefetcher.close()
        self._wheels.close()
        self._upstream.close()

    def prepare(self) -> None:
        """Read what of the catalog the first request would wait for."""
        if self._prefetcher is not None:
            self._prefetcher.prepare(self._base, self._today)

    def warm_up(self) -> None:
        """Start to read what installers will ask of ``/simple/`` first; for the event loop."""
        if self._prefetcher is not None:
            place = parse_route("/simple/neuronx-cc/")
            warmer = _Warmer(self, place, "/simple/", MediaType.JSON)
            self._prefetcher.warm_up(self._base, self._today, warmer)

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), timezone.utc).date()

    # Pages -----------------------------------------------------------------------------

    def cached_response(self, scope: Scope) -> RawResponse | None:
        """The answer to a request for a page that is warm, none if it has to be made."""
        while self.arrived:
            self.arrived.popleft()()
        client_headers, now, path = read_headers(scope), self._clock(), scope["path"]
        if path.startswith("/files/"):
            key = self._metadata_key(path)
        else:
            form = choose_media_type(scope, client_headers.accept)
            key = self._key(path, form, client_headers.host)
        found = self._page_cache.get(key)
        if found is None or not is_fresh(found.until, now):
            return None
        if found.kind != "metadata":
            self.metrics.warm()
        return self._respond(found, client_headers, scope, now)

    async def page(self, request: Request) -> Response:
        """The page of any path but those of files and of the server itself."""
        scope = request.scope
        client_headers, path = read_headers(scope), scope["path"]
        form = choose_media_type(scope, client_headers.accept)
        if form is None:
            known = ", ".join(form.value for form in MediaType)
            raise NotAcceptable("no page has a media type that this client accepts", hint=known)
        place = parse_route(path)
        scope["kind"] = place.kind.value
        if place.moved:
            query = scope["query_string"].decode("ascii", "replace")
            where = place.moved + (f"?{query}" if query else "")
            return Response(None, 301, {**SAFE, "Location": where})
        host = client_headers.host
        origin = f"{scope['scheme']}://{host}" if is_host(host) else "http://HOST:PORT"
        key = self._key(path, form, host)
        if self._prefetcher is not None and place.kind is RouteKind.PROJECT:
            # While the page itself is on its way.
            self._prefetcher.prefetch(
                place.name,
                lambda: parse_view(place.view, self._base, self._catalog, self._today),
                read_python(client_headers.agent),
                self._today,
                _Warmer(self, place, path.removesuffix(f"{place.name}/"), form),
            )
        found = await self._make_once(key, lambda: self._make(place, form, origin))
        return self._send(self._respond(found, client_headers, scope, self._clock()))

    @staticmethod
    def _send(answer: RawResponse) -> Response:
        response = Response(answer.body, answer.status)
        response.raw_headers = answer.headers
        return response

    def _respond(
        self, found: CachedPage, client_headers: RequestHeaders, scope: Scope, now: float
    ) -> RawResponse:
        scope["kind"] = found.kind
        if found.view is not None:
            client = scope["client"]
            address = client[0] if client else ""
            self.withheld_log.note(
                address, client_headers.agent, found.name, found.view, found.withheld, now,
                newer=found.newer,
            )  # fmt: skip
        if found.note:
            scope["note"] = found.note
        return build_response(found, client_headers, now)

    def _key(
        self, path: str, form: MediaType | None, host: str = ""
    ) -> tuple[str, MediaType | None, float, str]:
        # Of all pages the overview alone says where it was asked for.
        is_overview = "/simple/" not in path and "/project/" not in path
        return path, form, self._clock() // DAY, host if is_overview else ""

    def _metadata_key(self, path: str) -> object:
        return path, self._clock() // DAY

    def make_page_ahead(self, path: str, place: PageRoute, form: MediaType) -> Callable[[], None]:
        """Make the page of a path that nobody has asked for, in this thread; gives what keeps it,
        for the event loop."""
        key, made = self._key(path, form), self._make(place, form)

        def keep() -> None:
            found = self._page_cache.get(key)
            is_warm = found is not None and is_fresh(found.until, self._clock())
            if made.status == 200 and not is_warm and key not in self._making:
                self._keep(key, made)

        return keep

    def keep_metadata(self, name: str, asked: AskedFile, found: Metadata) -> CachedPage:
        """Keep the metadata of a file for as long as its project's page says that it is this one;
        for the event loop."""
        etag = f'"{found.sha256[:32]}"'.encode()
        # As it is, each installer asks for it but once.
        made = CachedPage(
            200, BYTES.encode(), found.data, b"", etag, asked.until, kind="metadata", max_age=DAY
        )
        path = f"/files/{name}/{asked.entry.file.filename}{METADATA}"
        self._page_cache.put(self._metadata_key(path), made)
        self.metrics.memory.set(self._page_cache.size)
        return made

    async def _make_once(self, key: object, make: Callable[[], CachedPage]) -> CachedPage:
        """An answer, made once; who comes second waits for the first.

        Not `sources.once.OnceMap`, which waits in a thread: here the event loop waits for many,
        and each may leave.
        """
        task = self._making.get(key)
        if task is None:
            task = asyncio.ensure_future(self._in_thread(make))
            self._making[key] = task
            task.add_done_callback(lambda done: self._put(key, done))
        # One client that leaves must not take the answer away from the others.
        return await asyncio.shield(task)

    def _put(self, key: object, done: asyncio.Task[CachedPage]) -> None:
        self._making.pop(key, None)
        if done.cancelled() or done.exception() is not None:
            return
        self._keep(key, done.result())

    def _keep(self, key: object, made: CachedPage) -> None:
        self._page_cache.put(key, made)
        self.metrics.made(is_stale=bool(made.problem))
        self.metrics.memory.set(self._page_cache.size)
        for version in made.withheld:
            self.metrics.kept.labels(version.rule.identifier).inc()

    async def _in_thread(self, function: Callable[[], Result]) -> Result:
        if self._waiting >= MAX_WAITING:
            raise Busy("too many requests wait for indexes", hint="try again in a second")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function)
        finally:
            self._waiting -= 1

    def _make(self, place: PageRoute, form: MediaType, origin: str = "") -> CachedPage:
        """The answer that a place has, whatever goes wrong on the way to it."""
        view = parse_view(place.view, self._base, self._catalog, self._today)
        if place.kind is RouteKind.NAMES:
            return self._names(form)
        if place.kind is RouteKind.OVERVIEW:
            state = self._state()
            origin_here = Origin(origin, place.depth)
            page = render_overview(view, self._catalog, state, self._today, origin_here)
            return cache_page(page, PAGE, self._clock(), kind=place.kind.value)
        project = self._files.project(place.name, view, self._today)
        problem = "; ".join(project.problems)
        if not project.is_known:
            text, media = f"no index has {place.name}\n", TEXT
            if place.kind is RouteKind.PEOPLE:
                text, media = render_error(404, [text], place.depth), PAGE
            return cache_page(text, media, project.until, status=404, kind=place.kind.value)
        if place.kind is RouteKind.PEOPLE:
            page = render_project(
                project.listing, self._catalog, place.depth, project.problems, self._today
            )
            return cache_page(page, PAGE, project.until, problem=problem, kind=place.kind.value)
        links = FileUrls(place.depth, project.passes, project.has_metadata)
        render = render_json if form is MediaType.JSON else render_html
        newer = project.listing.newer
        return cache_page(
            render(project.listing, links),
            _media_type(form),
            project.until,
            problem=problem,
            kind=place.kind.value,
            name=place.name,
            view=view,
            withheld=list_withheld(project.listing),
            newer=newer,
            note=tell_newer(newer, self._catalog.announced) if newer else "",
        )

    def _names(self, form: MediaType) -> CachedPage:
        with self.working("reading the names of every index"):
            names, until, problems = self._upstream.names()
        render = render_names_json if form is MediaType.JSON else render_names_html
        return cache_page(
            render(names),
            _media_type(form),
            until,
            problem="; ".join(problems),
            kind=RouteKind.NAMES.value,
        )

    def _state(self) -> dict[str, str]:
        """The indexes, each with what is wrong with it, empty for nothing."""
        unavailable = self._upstream.unavailable()
        return {index.url: unavailable.get(index.url, "") for index in self._upstream.indexes.all}

    async def show_withheld(self, request: Request) -> Response:
        """What was withheld from whom, as a page and as JSON."""
        request.scope["kind"] = "withheld"
        rows = self.withheld_log.rows()
        if request.scope["path"].endswith(".json"):
            text = await self._in_thread(lambda: withheld_document(rows, self._catalog.announced))
            return Response(text, 200, SAFE, "application/json")
        text = await self._in_thread(lambda: render_withheld(rows, 1))
        return Response(text, 200, SAFE, PAGE)

    async def show_rules(self, request: Request) -> Response:
        """The rules, which other pages link to."""
        request.scope["kind"] = "rules"
        return Response(await self._in_thread(lambda: render_rules(1)), 200, SAFE, PAGE)

    # Files -----------------------------------------------------------------------------

    async def file(self, request: Request) -> Response:
        """A file: where it is, or its bytes; or its metadata."""
        name, filename = request.path_params["name"], request.path_params["filename"]
        is_metadata = filename.endswith(METADATA)
        scope = request.scope
        scope["kind"] = "metadata" if is_metadata else "file"
        if not is_name(name) or canonicalize_name(name) != name:
            raise NoSuchPage("no such file")
        wanted = filename.removesuffix(METADATA)
        if is_metadata:
            asked, metadata = await self._in_thread(lambda: self._read_metadata(name, wanted))
            found = self.keep_metadata(name, asked, metadata)
            return self._send(self._respond(found, read_headers(scope), scope, self._clock()))
        entry = (await self._in_thread(lambda: self._find_file(name, wanted))).entry
        if not self._files.is_passed(entry):
            return Response(None, 302, {**SAFE, "Location": entry.file.url})
        return await deliver(await self._in_thread(lambda: self._wheels.file(entry)), request)

    def find_at_hand(self, name: str, filename: str) -> AskedFile | None:
        """A file that is asked of us, as far as it is known without asking an index."""
        return self._files.entry_at_hand(name, filename, self._today)

    def _find_file(self, name: str, filename: str) -> AskedFile:
        asked = self._files.entry(name, filename, self._today)
        if asked is None:
            raise NoSuchPage("no such file")
        return asked

    def _read_metadata(self, name: str, filename: str) -> tuple[AskedFile, Metadata]:
        asked = self._find_file(name, filename)
        return asked, self._wheels.metadata(name, asked.entry)

    # The server itself -----------------------------------------------------------------

    async def health(self, request: Request) -> Response:
        """Whether this process answers, and whether its indexes did when they were asked."""
        request.scope["kind"] = "health"
        state = self._state()
        document = {
            "status": "degraded" if any(state.values()) else "ok",
            "version": __version__,
            "facts": self._catalog.announced.isoformat(),
            "indexes": {url: problem or "ok" for url, problem in state.items()},
        }
        return Response(json.dumps(document) + "\n", 200, SAFE, "application/json")

    async def show_metrics(self, request: Request) -> Response:
        """The metrics."""
        request.scope["kind"] = "metrics"
        text = await self._in_thread(self.metrics.text)
        return Response(text, 200, {**SAFE, "Content-Type": CONTENT_TYPE})


class _Warmer:
    """Keeps what is read ahead for a page warm: the pages beside it, and metadata.  Called in
    threads that are not of this server's answers."""

    def __init__(
        self, service: IndexService, place: PageRoute, beside: str, form: MediaType
    ) -> None:
        self._service, self._place, self._beside, self._form = service, place, beside, form

    def keep_page(self, name: str) -> None:
        path, place = f"{self._beside}{name}/", self._place._replace(name=name)
        self._service.arrived.append(self._service.make_page_ahead(path, place, self._form))

    def keep_metadata(self, name: str, entry: ServedFile, metadata: Metadata) -> None:
        asked = self._service.find_at_hand(name, entry.file.filename)
        # In another view, or by now, it may be another file.
        if asked is not None and asked.entry.file == entry.file:
            self._service.arrived.append(lambda: self._service.keep_metadata(name, asked, metadata))


class Application:
    """The ASGI application: what is warm is given at once, the rest goes by routes."""

    def __init__(self, service: IndexService) -> None:
        self._service = service
        self._routed = _route(service)

    def answer_at_once(self, scope: Scope) -> RawResponse | None:
        """The answer to a request for a page that is warm, none if it has to be made."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            return self._service.cached_response(scope)
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # BoundedProtocol has asked already, unless the client did not read.
        given = self.answer_at_once(scope)
        if given is not None:
            status, headers, body = given
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await self._routed(scope, receive, send)


def _route(service: IndexService) -> Starlette:
    return Starlette(
        routes=[
            Route("/healthz", service.health),
            Route("/metrics", service.show_metrics),
            Route("/withheld/", service.show_withheld),
            Route("/withheld.json", service.show_withheld),
            Route("/rules/", service.show_rules),
            Route("/files/{name}/{filename}", service.file),
            Route("/{path:path}", service.page),
        ],
        exception_handlers={NeuronPinError: refuse},
    )


def _media_type(form: MediaType) -> str:
    return PAGE if form is MediaType.PLAIN_HTML else form.value
