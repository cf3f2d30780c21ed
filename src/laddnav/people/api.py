"""What a room says about its part of the operator API: a route, who may call it, and the function behind it.

A function names what it needs by its parameters: `unit` (then everything it does is one Unit) or `database`, `by` (the
Visitor), the names in its path, `body`, and keyword-only ones, which are the query. It answers in our own nouns; how
they are spelt, and that nobody is told of what another party holds, is seen to in `server/api.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.people.model import Role, Visitor

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=500)]

BODY_MOST = 2_000_000  # bytes that a route reads which says nothing else
MOST = "laddnav.most"  # in the scope of a request: bytes of its body that whoever reads it declared, before reading


class Route(Struct, frozen=True, kw_only=True):
    """`path` is below /api/v1; `status` is that of an answer that is no refusal.

    An answer says by its `holder` whose it is, and only its holder's key gets it; what was done for another key is
    undone with the Unit. `looks_itself`: the answer has no holder, so the function looks before it does anything.
    `also` are roles that may beside those that may what is for `needs`. `most` bytes of a body are read.
    """

    method: str
    path: str
    does: Callable[..., Awaitable[object]]
    needs: Role = Role.VIEWER
    also: tuple[Role, ...] = ()
    status: int = 200
    looks_itself: bool = False
    gives: str = "application/json"
    most: int = BODY_MOST


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


class TooLarge(Refusal):
    """The body is larger than what is read here; nothing of it was done."""

    def __init__(self, most: int) -> None:
        self.bound = f"{most / 1_000_000:g} MB" if most >= 1_000_000 else f"{most // 1000} kB"
        super().__init__(f"The body is larger than {self.bound}, the most that is read here")
        self.most = most


class NotYours(Refusal):
    """This key is of another party; for what that one holds there is nothing here."""

    def __init__(self) -> None:
        super().__init__("There is nothing of this name that this key may touch")


def announced(scope: Mapping[str, Any]) -> int:
    """Bytes of a body, as its sender says; 0 where it says nothing."""
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() and len(said) < 19 else 0


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
