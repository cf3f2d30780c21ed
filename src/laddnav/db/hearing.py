"""Listeners that hear only of what is ours: news of a partner's makes no work for them, not even a row that says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Generic, TypeVar

from laddnav.db.events import Event

if TYPE_CHECKING:
    from laddnav.db.unit import Database

E = TypeVar("E", bound=Event)


class OfOurs(Generic[E]):
    """As the listener itself, by its name."""

    __name__: str

    def __init__(self, listener: Callable[[Database, E], Awaitable[None]]) -> None:
        self._listener = listener
        update_wrapper(self, listener)

    async def __call__(self, database: Database, event: E) -> None:
        if event.ours:
            await self._listener(database, event)
