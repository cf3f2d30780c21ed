"""What a room says about its part of the operator API: a route, who may call it, and the function behind it.

A function names what it needs by its parameters: `unit` (then everything it does is one Unit) or `database`, `by` (the
Visitor), the names in its path, `body`, and keyword-only ones, which are the query. It answers in our own nouns; how
they are spelt, and that nobody is told of what another party holds, is seen to in `server/api.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.people.model import Role, Visitor

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=500)]


class Route(Struct, frozen=True, kw_only=True):
    """`path` is below /api/v1; `status` is that of an answer that is no refusal.

    An answer says by its `holder` whose it is, and only its holder's key gets it; what was done for another key is
    undone with the Unit. `looks_itself`: the answer has no holder, so the function looks before it does anything.
    `also` are roles that may beside those that may what is for `needs`.
    """

    method: str
    path: str
    does: Callable[..., Awaitable[object]]
    needs: Role = Role.VIEWER
    also: tuple[Role, ...] = ()
    status: int = 200
    looks_itself: bool = False
    gives: str = "application/json"


class File(Struct, frozen=True, kw_only=True):
    """An answer that is no JSON: a file by its name, of the media type that its Route `gives`."""

    holder: PartyId
    name: str
    body: bytes


class Held(Struct, Generic[T], frozen=True, kw_only=True):
    """A noun that does not say itself by which `ref` we name it and which of our parties holds it.

    `thing` is spelt as a part of what it stands in; what stands beside it in any struct wins over a field of its own.
    """

    ref: str
    holder: PartyId
    thing: T


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """`next` is the cursor of the page after this one; None: there is none."""

    items: tuple[T, ...]
    next: str | None


class NotYours(Refusal):
    """This key is of another party; for what that one holds there is nothing here."""

    def __init__(self) -> None:
        super().__init__("There is nothing of this name that this key may touch")


def page(found: Sequence[T], limit: int, place: Callable[[T], str]) -> Page[T]:
    """From one more than `limit`, if there are so many; `place` is where the page after it begins."""
    items = tuple(found[:limit])
    return Page(items=items, next=place(items[-1]) if len(found) > limit else None)


def held(found: tuple[str, PartyId, T]) -> Held[T]:
    ref, holder, thing = found
    return Held(ref=ref, holder=holder, thing=thing)


def yours(by: Visitor, holder: PartyId) -> PartyId:
    """The holder, for whoever does something that a Unit cannot undo. Raises NotYours."""
    if by.holder not in (None, holder):
        raise NotYours
    return holder
