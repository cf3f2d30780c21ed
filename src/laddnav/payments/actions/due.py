"""What is due at a provider is gone on with, one beside the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection


async def all_of(due: Collection[str], go_on: Callable[[str], Awaitable[None]]) -> int:
    """How many those were. One that is slow or broken holds up no other; what broke is raised once all are done."""
    for error in await asyncio.gather(*map(go_on, due), return_exceptions=True):
        if isinstance(error, BaseException):
            raise error
    return len(due)
