"""The operator API about grid companies' VTNs, the sites that are their resources, and what came of what they asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.openadr import actions
from laddnav.openadr.model import GridResource, KnownVtn, SignalProof, Vtn
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.sites.model.told import Covers

Word = Annotated[str, Meta(min_length=1, max_length=128)]
Url = Annotated[str, Meta(min_length=8, max_length=500)]
Seconds = Annotated[int, Meta(ge=5, le=3600)]


class VtnSaid(Struct, frozen=True, kw_only=True):
    """`client_secret` is never shown again; left out in a change, it stays what it was."""

    name: Word
    url: Url
    token_url: Url | None = None
    client_id: Word
    client_secret: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    scope: Word | None = None
    ven_name: Word
    programs: tuple[Word, ...] = ()
    poll_seconds: Seconds = 30
    enabled: bool = True
    holder: str | None = None


class ResourceSaid(Struct, frozen=True, kw_only=True):
    """`covers`: what a limit of import is for. `full_kw`: what the cars may draw at level 0 of SIMPLE.

    `prices`: plans of the site go by what the VTN says that energy costs, earns and carries, in place of the market.
    """

    name: Word
    covers: Covers = Covers.SITE
    full_kw: Decimal | None = None
    prices: bool = False


async def list_vtns(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[KnownVtn]:
    """Those that are listened to, and how it stands with each."""
    found = await actions.page(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def connect_vtn(unit: Unit, by: Visitor, seal: Seal, body: VtnSaid) -> KnownVtn:
    """Listen to a grid company from now on."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    vtn = said(unit, yours(by, party.holder), unit.new_id(), body, by.name)
    return await actions.connect(unit, vtn, body.client_secret or "", seal=seal)


async def change_vtn(unit: Unit, by: Visitor, seal: Seal, ref: str, body: VtnSaid) -> KnownVtn:
    """All that is said of it is this now; what it asked for holds on, unless it is switched off."""
    known = await actions.by_ref(unit, ref)
    vtn = said(unit, yours(by, known.holder), ref, body, by.name)
    return await actions.change(unit, vtn, body.client_secret, seal=seal)


async def remove_vtn(unit: Unit, by: Visitor, ref: str) -> None:
    """Nothing that it asked for holds any more; the proof of what did stays."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    await actions.remove(unit, ref, by=by.name)


async def name_resource(unit: Unit, by: Visitor, ref: str, site_id: str, body: ResourceSaid) -> KnownVtn:
    """A site obeys this VTN from now on."""
    holder = yours(by, (await actions.by_ref(unit, ref)).holder)
    one = GridResource(
        holder=holder,
        vtn=ref,
        site_id=site_id,
        name=body.name,
        covers=body.covers,
        full_kw=body.full_kw,
        prices=body.prices,
    )
    return await actions.is_resource(unit, one, by=by.name)


async def drop_resource(unit: Unit, by: Visitor, ref: str, site_id: str) -> None:
    """The site obeys it no more."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    await actions.is_resource_no_more(unit, ref, site_id, by=by.name)


async def list_signals(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, site_id: str | None = None
) -> Page[SignalProof]:
    """What grid companies asked for: when it was heard, when it was obeyed, what was drawn; the newest first."""
    found = await actions.signals(unit, by.holder, site_id=site_id, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


def said(unit: Unit, holder: PartyId, ref: str, body: VtnSaid, by: str) -> Vtn:
    return Vtn(
        holder=holder,
        ref=ref,
        name=body.name,
        url=body.url.rstrip("/"),
        token_url=body.token_url,
        client_id=body.client_id,
        scope=body.scope,
        ven_name=body.ven_name,
        programs=body.programs,
        poll_seconds=body.poll_seconds,
        enabled=body.enabled,
        changed_at=unit.now,
        changed_by=by,
    )


ROUTES = (
    Route(method="GET", path="/vtns", does=list_vtns),
    Route(method="POST", path="/vtns", does=connect_vtn, needs=Role.ADMIN, status=201),
    Route(method="PUT", path="/vtns/{ref}", does=change_vtn, needs=Role.ADMIN),
    Route(method="DELETE", path="/vtns/{ref}", does=remove_vtn, needs=Role.ADMIN, status=204, looks_itself=True),
    Route(method="PUT", path="/vtns/{ref}/resources/{site_id}", does=name_resource, needs=Role.OPERATOR),
    Route(
        method="DELETE",
        path="/vtns/{ref}/resources/{site_id}",
        does=drop_resource,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(method="GET", path="/grid-signals", does=list_signals),
)
