"""A real Chromium without a window, for the tests that look at pages."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

CACHE = Path(__file__).parent.parent / ".cache"


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The browser that bin/test found or unpacked; what it writes goes with it."""
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(CACHE / "node"))
    with tempfile.TemporaryDirectory(prefix="laddnav-browser-") as home:
        async with async_playwright() as playwright:
            # Root may not use Chromium's sandbox; the pages are our own.
            chromium = await playwright.chromium.launch(
                executable_path=CACHE / "browser", args=["--no-sandbox"], env={**os.environ, "HOME": home}
            )
            yield chromium
            await chromium.close()
