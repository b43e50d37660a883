"""One origin for everything, as CloudFront is in the cloud: a proxy that passes bytes on and adds nothing.

    /api/…    the REST API of the deployed stage          /ws   its WebSockets          /   a start page

Where the API is, is read from `targets.json`, which `heddle up` writes after the deploy.
"""

import asyncio
import html
import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from heddle_cli.names import COMMAND
from heddle_cli.stage.edge_sockets import pass_sockets
from heddle_cli.stage.home import read_json

LOG = logging.getLogger("heddle.edge")
HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
"""Headers that belong to one connection (RFC 9110, section 7.6.1); everything else is passed on."""

START_PAGE = Path(__file__).with_name("pages") / "start.html"


class Edge:
    """The web application of the proxy."""

    def __init__(self, targets: Path) -> None:
        self._file, self._changed, self._targets = targets, -1, dict[str, Any]()
        self._client: aiohttp.ClientSession | None = None
        self.requests = 0

    def application(self) -> web.Application:
        """Return the aiohttp application; bodies of any size are streamed through."""
        app = web.Application(client_max_size=0)
        app.router.add_get("/", self.start_page)
        app.router.add_route("*", "/api", self.api)
        app.router.add_route("*", "/api/{path:.*}", self.api)
        app.router.add_get("/ws", self.sockets)
        app.router.add_route("*", "/{path:.*}", self.nothing_here)
        app.cleanup_ctx.append(self._session)
        return app

    async def _session(self, app: web.Application) -> Any:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=120)
        self._client = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        yield
        await self._client.close()

    def target(self, name: str) -> str | None:
        """Return the base URL that a prefix stands for; the file is read again when it changed."""
        try:
            changed = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed != self._changed:
            self._targets, self._changed = read_json(self._file), changed
        found = self._targets.get(name)
        return str(found) if found else None

    async def start_page(self, request: web.Request) -> web.StreamResponse:
        """Where to look."""
        state = "" if self.target("api") else "<strong>It is being deployed: give it a moment.</strong>"
        return web.Response(
            text=START_PAGE.read_text(encoding="utf-8").replace("<!-- state -->", state), content_type="text/html"
        )

    async def nothing_here(self, request: web.Request) -> web.StreamResponse:
        """Any other path."""
        return problem(404, "not_found", f"Nothing answers at {html.escape(request.path)}; the API is below /api.")

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Pass the request on to the REST API and its answer back, byte by byte."""
        base = self.target("api")
        if base is None:
            return problem(503, "stage_not_deployed", f"The API is not deployed yet; fix it with: {COMMAND} up")
        self.requests += 1
        # The raw path: what the client encoded must arrive as the client encoded it.
        path = request.raw_path[len("/api") :]
        return await self._pass_on(request, URL(base + path, encoded=True))

    async def sockets(self, request: web.Request) -> web.StreamResponse:
        """Join a WebSocket of a client to one of the stage."""
        base = self.target("ws")
        if base is None:
            return problem(503, "stage_not_deployed", f"The sockets are not deployed yet; fix it with: {COMMAND} up")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return problem(426, "upgrade_required", "This is a WebSocket: connect to it with ws:// instead of http://.")
        assert self._client is not None
        self.requests += 1
        try:
            return await pass_sockets(request, base, self._client)
        except (aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("%s %s: %s", request.method, request.path, error)
            return problem(502, "emulator_unreachable", f"The AWS emulator does not answer; see: {COMMAND} status")

    async def _pass_on(self, request: web.Request, url: URL) -> web.StreamResponse:
        assert self._client is not None
        headers = [(k, v) for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP]
        body = request.content if request.body_exists else None
        answer: web.StreamResponse | None = None
        try:
            async with self._client.request(
                request.method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as reply:
                answer = web.StreamResponse(status=reply.status, reason=reply.reason)
                for name, value in reply.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        answer.headers.add(name, value)
                await answer.prepare(request)
                async for chunk in reply.content.iter_any():
                    await answer.write(chunk)
                await answer.write_eof()
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            if answer is not None and answer.prepared:
                # Half an answer is out: cutting the connection is the only honest way to say that it is not whole.
                if request.transport is not None:
                    request.transport.close()
                return answer
            LOG.warning("%s %s: %s", request.method, request.path, error)
            return problem(502, "emulator_unreachable", f"The AWS emulator does not answer; see: {COMMAND} status")


def problem(status: int, code: str, detail: str) -> web.Response:
    """Return an error in the one shape that the API uses."""
    body = {
        "type": f"urn:heddle:error:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/problem+json")


async def serve(edge: Edge, port: int) -> web.AppRunner:
    """Listen on the loopback interface; the caller cleans the runner up."""
    runner = web.AppRunner(edge.application(), access_log=None, shutdown_timeout=2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=512).start()
    await asyncio.sleep(0)
    return runner
