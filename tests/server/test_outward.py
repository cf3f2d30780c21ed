"""What is asked outside for stations comes whole, or not at all."""

from __future__ import annotations

import pytest
from aiohttp import web

from laddnav.server.outward import LARGEST, NotFetched, Outward
from tests.serving import listening


async def test_a_long_list_comes_whole_and_one_that_has_no_end_not_at_all() -> None:
    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * int(request.query["bytes"]))

    app = web.Application()
    app.router.add_get("/", long)
    runner = web.AppRunner(app)
    await runner.setup()
    sock = listening()
    await web.SockSite(runner, sock).start()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}/?bytes="
    fetch = Outward(allow_loopback=True)
    try:
        assert len(await fetch(f"{url}{LARGEST}")) == LARGEST
        with pytest.raises(NotFetched, match="more than"):
            await fetch(f"{url}{LARGEST + 1}")
    finally:
        await fetch.close()
        await runner.cleanup()
