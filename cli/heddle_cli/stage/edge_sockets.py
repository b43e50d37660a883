"""The edge's WebSockets: one to the client, one to the stage; what comes in at one goes out at the other.

The stage is asked first: what it refuses is refused before the upgrade, with its status; what it chooses among the
offered sub-protocols is chosen. Close codes pass through both ways.
"""

import asyncio
import contextlib

import aiohttp
from aiohttp import web
from yarl import URL

PASSED = ("authorization", "x-api-key", "user-agent", "origin", "x-correlation-id")
MAX_MESSAGE = 2**21
CONNECT_SECONDS = 30


async def pass_sockets(request: web.Request, target: str, client: aiohttp.ClientSession) -> web.StreamResponse:
    """Join the request's WebSocket to one at `target`; answers with the target's status if it refuses."""
    url = URL(
        f"{target}{'?' + request.rel_url.raw_query_string if request.rel_url.raw_query_string else ''}", encoded=True
    )
    headers = {name: value for name, value in request.headers.items() if name.lower() in PASSED}
    offered = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if each.strip()]
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            far = await client.ws_connect(
                url, headers=headers, protocols=offered, max_msg_size=MAX_MESSAGE, autoping=True
            )
    except aiohttp.WSServerHandshakeError as refused:
        return web.Response(status=refused.status, text=f"the stage refused the connection ({refused.status})\n")
    near = web.WebSocketResponse(protocols=[far.protocol] if far.protocol else (), max_msg_size=MAX_MESSAGE)
    await near.prepare(request)
    try:
        await _join(near, far)
    finally:
        with contextlib.suppress(ConnectionError):
            await far.close()
    return near


async def _join(near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse) -> None:
    """Pass messages on until one side closes; the other is then closed with the same code."""
    sides = [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))]
    _, pending = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*sides, return_exceptions=True)


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)
    await sink.close(code=source.close_code or 1000)
