"""What is kept of each line that is called, and for how long."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta

from laddnav.ocpi.calls.lines import FORGOTTEN_AFTER, Lines
from laddnav.ocpi.settings import Settings
from tests.clock import SetClock


async def test_a_line_that_is_called_no_more_is_forgotten() -> None:
    """With its connections and what guarded it; who is called now and then stays."""
    clock = SetClock()
    lines = Lines(Settings(public_url="https://us.example", key=b"k" * 32), clock, lambda exchange: None)
    try:
        since = clock.now()
        for line in ("removed", "kept"):
            await lines.guard(line, since, ssl.create_default_context())
        removed, kept = lines.session("removed"), lines.session("kept")
        clock.advance(FORGOTTEN_AFTER)
        assert lines.session("kept") is kept
        clock.advance(timedelta(seconds=1))
        lines.session("new")
        await asyncio.sleep(0)
        assert removed.closed and lines.guarded_at("removed") is None
        assert lines.session("kept") is kept and not kept.closed and lines.guarded_at("kept") == since
    finally:
        await lines.close()
