"""The edge proxy passes on what it gets and adds nothing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from heddle_cli.stage.edge import Edge

BYTES = bytes(range(256)) * 4096


async def echo(request: web.Request) -> web.Response:
    body = await request.read()
    headers = {"X-Seen": json.dumps([request.method, request.raw_path]), "X-Headers": json.dumps(dict(request.headers))}
    return web.Response(status=207, body=body, headers=headers, content_type="application/octet-stream")


def with_edge(
    tmp_path: Path, check: Callable[[aiohttp.ClientSession, str], Awaitable[None]], deployed: bool = True
) -> None:
    async def run() -> None:
        upstream = web.Application(client_max_size=2**26)
        upstream.router.add_route("*", "/{path:.*}", echo)
        targets = tmp_path / "targets.json"
        runners: list[web.AppRunner] = []
        try:
            first = await started(upstream, runners)
            if deployed:
                targets.write_text(json.dumps({"api": f"{first}/base"}))
            origin = await started(Edge(targets).application(), runners)
            async with aiohttp.ClientSession(auto_decompress=False) as client:
                await check(client, origin)
        finally:
            for runner in reversed(runners):
                await runner.cleanup()

    asyncio.run(run())


async def started(app: web.Application, runners: list[web.AppRunner]) -> str:
    runner = web.AppRunner(app)
    runners.append(runner)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    return f"http://127.0.0.1:{port}"


def test_bytes_paths_and_headers_arrive_as_they_were_sent(tmp_path: Path) -> None:
    async def check(client: aiohttp.ClientSession, origin: str) -> None:
        url = URL(f"{origin}/api/runs/a%2Fb?x=1&x=%20", encoded=True)
        async with client.put(url, data=BYTES, headers={"X-Api-Key": "k", "Content-Type": "image/png"}) as reply:
            body = await reply.read()
            seen: list[Any] = json.loads(reply.headers["X-Seen"])
            headers: dict[str, str] = json.loads(reply.headers["X-Headers"])

        assert reply.status == 207
        assert body == BYTES
        assert seen == ["PUT", "/base/runs/a%2Fb?x=1&x=%20"]
        assert headers["X-Api-Key"] == "k"
        assert headers["Content-Type"] == "image/png"
        assert not [name for name in headers if name.lower().startswith("x-forwarded")]

    with_edge(tmp_path, check)


def test_before_the_deploy_the_api_says_what_to_do(tmp_path: Path) -> None:
    async def check(client: aiohttp.ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/api/health") as reply:
            problem = json.loads(await reply.read())

        assert reply.status == 503
        assert problem["code"] == "stage_not_deployed"
        assert "heddle up" in problem["detail"]

    with_edge(tmp_path, check, deployed=False)


def test_the_start_page_links_what_a_newcomer_needs(tmp_path: Path) -> None:
    async def check(client: aiohttp.ClientSession, origin: str) -> None:
        async with client.get(origin) as reply:
            page = await reply.text()

        assert reply.status == 200
        assert all(link in page for link in ("/api/swagger-ui", "/api/openapi.json", "heddle runs", "docs/README.md"))

    with_edge(tmp_path, check)


def test_an_emulator_that_does_not_answer_is_a_502_in_the_api_s_shape(tmp_path: Path) -> None:
    async def check(client: aiohttp.ClientSession, origin: str) -> None:
        (tmp_path / "targets.json").write_text(json.dumps({"api": "http://127.0.0.1:1"}))
        async with client.get(f"{origin}/api/health") as reply:
            problem = json.loads(await reply.read())

        assert reply.status == 502
        assert problem["code"] == "emulator_unreachable"

    with_edge(tmp_path, check)


def test_a_path_that_nobody_serves_is_a_404_in_the_api_s_shape(tmp_path: Path) -> None:
    async def check(client: aiohttp.ClientSession, origin: str) -> None:
        async with client.get(f"{origin}/nowhere") as reply:
            assert reply.status == 404
            assert json.loads(await reply.read())["code"] == "not_found"

    with_edge(tmp_path, check)
