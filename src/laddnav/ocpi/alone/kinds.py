"""Which objects travel in which module, and what names one in a URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import PartyId, fold
from laddnav.locations.model import Location
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions.model import Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Token


class Named(Struct, frozen=True, kw_only=True):
    """`field` is what its words call the id in the URL."""

    module: Module
    kind: type[Any]
    field: str = "id"
    id: Callable[[Any], str] = lambda thing: str(thing.id)
    key: Callable[[Any], str] = lambda thing: fold(thing.id)
    owner: Callable[[Any], PartyId] = lambda thing: thing.owner


OBJECTS = (
    Named(module=Module.LOCATIONS, kind=Location),
    Named(module=Module.TARIFFS, kind=Tariff),
    Named(module=Module.SESSIONS, kind=Session),
    Named(module=Module.CDRS, kind=Cdr),
    Named(
        module=Module.TOKENS,
        kind=Token,
        field="uid",
        id=lambda token: str(token.uid),
        key=lambda token: token_key(token.type, token.uid),
    ),
)
BY_MODULE = {one.module: one for one in OBJECTS}
BY_KIND = {one.kind: one for one in OBJECTS}


def key(thing: Any) -> tuple[type[Any], PartyId, str]:
    """What a Storage may keep it under: of which kind, whose, and its id without case; a Token's with its type."""
    named = BY_KIND[type(thing)]
    return named.kind, named.owner(thing), named.key(thing)
