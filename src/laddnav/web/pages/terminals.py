"""Payment terminals: where they serve and what was captured there; as CPO what they serve, as provider who has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from starlette.responses import Response

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import actions as locations
from laddnav.ocpi.payments import paying
from laddnav.parties.model import Role as PartyRole
from laddnav.payments import actions as payments
from laddnav.payments.model import Captured, Installed, InvoiceCreator, Terminal, serves
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.partners import passed_on
from laddnav.web.pages.places import Place, place_of

PAGE = 50


class Row(Struct, frozen=True, kw_only=True):
    """A terminal with the places that it serves and the last capture there."""

    one: Installed
    places: Sequence[Place]
    captured: Captured | None


class Charged(Struct, frozen=True, kw_only=True):
    """A capture and the CDR that it paid for; None: that is not here yet."""

    captured: Captured
    cdr: Cdr | None


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        found = await payments.terminals(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
        rows = []
        for one in found[:PAGE]:
            last = await payments.captures_at(unit, one, limit=1)
            captured = last[0] if last else None
            rows.append(Row(one=one, places=await _places(unit, one), captured=captured))
    return asked.page(
        "terminals.html",
        rows=rows,
        may_add=bool(_ours(asked, PartyRole.CPO) or _ours(asked, PartyRole.PTP)),
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def captures(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        found = await payments.confirmations(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
        rows = await _charged(unit, found[:PAGE])
    return asked.page(
        "captures.html",
        rows=rows,
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    """With a question about a place, also what a driver there is shown and has reserved. Raises UnknownTerminal."""
    cursor, location_id, evse_uid = (asked.query(name) for name in ("cursor", "location", "evse"))
    async with asked.unit() as unit:
        installed = await _mine(asked, unit)
        found = await payments.captures_at(unit, installed, unplaced=True, before=cursor, limit=PAGE + 1)
        offer = None
        if location_id and evse_uid:
            where = EvseRef(location_id, evse_uid)
            offer = await payments.offer(unit, installed.ref, installed.cpo, where, asked.query("connector"))
        places = await _places(unit, installed)
        rows = [row for row in await _charged(unit, found[:PAGE]) if _perhaps_there(row, installed.terminal)]
    return asked.page(
        "terminal.html",
        one=installed,
        terminal=installed.terminal,
        places=places,
        is_cpo=installed.cpo == installed.holder and installed.terminal.owner != installed.holder,
        is_provider=installed.terminal.owner == installed.holder,
        rows=rows,
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
        offer=offer,
        said={name: asked.query(name) or "" for name in ("location", "evse", "connector")},
        creators=[("", "–"), *((each.value, each.value) for each in InvoiceCreator)],
    )


async def new(asked: Asked) -> Response:
    return asked.page("terminal_new.html", cpos=_ours(asked, PartyRole.CPO), providers=_ours(asked, PartyRole.PTP))


async def introduce(asked: Asked) -> Response:
    """As provider. Raises NotAPartyId, OfAnotherCpo."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        terminal = Terminal(
            owner=holder,
            id=asked.said("id"),
            reference=asked.said("reference") or None,
            customer_reference=asked.said("customer_reference") or None,
            last_updated=unit.now,
        )
        made = await payments.introduce(unit, terminal, PartyId.parse(asked.said("cpo")))
        people.note(unit, asked.visitor.name, "introduce terminal", f"terminal {made.ref}")
    asked.console.database.wake()
    return asked.done(f"/terminals/{made.ref}", asked.say("%(cpo)s is told of the terminal.", cpo=made.cpo))


async def activate(asked: Asked) -> Response:
    """As CPO. Raises NotAPartyId, NotConnectedTo."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    provider = PartyId.parse(asked.said("provider"))
    async with asked.unit() as unit:
        said = Terminal(
            owner=provider,
            id=asked.said("reference"),
            reference=asked.said("reference"),
            location_ids=_several(asked.said("location_ids")),
            evse_uids=_several(asked.said("evse_uids")),
            last_updated=unit.now,
        )
        await paying.activate(unit, holder, provider, said)
        people.note(unit, asked.visitor.name, "activate terminal", f"terminal {said.reference} of {provider}")
    asked.console.database.wake()
    text = asked.say("%(provider)s is asked for it; it is listed here once it was made known.", provider=provider)
    return asked.done("/terminals", text)


async def assign(asked: Asked) -> Response:
    """Raises UnknownTerminal, NotTheirs."""
    async with asked.unit() as unit:
        ref = (await _mine(asked, unit)).ref
        places, evses = _several(asked.said("location_ids")), _several(asked.said("evse_uids"))
        await payments.assign(unit, ref, location_ids=places, evse_uids=evses)
        people.note(unit, asked.visitor.name, "assign terminal", f"terminal {ref}")
    asked.console.database.wake()
    return asked.done(f"/terminals/{ref}", asked.say("The provider is told what the terminal serves."))


async def describe(asked: Asked) -> Response:
    """Raises UnknownTerminal, NotTheirs."""
    creator = asked.said("invoice_creator")
    async with asked.unit() as unit:
        ref = (await _mine(asked, unit)).ref
        await payments.describe(
            unit,
            ref,
            customer_reference=asked.said("customer_reference") or None,
            invoice_base_url=asked.said("invoice_base_url") or None,
            invoice_creator=InvoiceCreator(creator) if creator in set(InvoiceCreator) else None,
        )
        people.note(unit, asked.visitor.name, "describe terminal", f"terminal {ref}")
    asked.console.database.wake()
    return asked.done(f"/terminals/{ref}", asked.say("The provider is told who makes the invoice."))


async def deactivate(asked: Asked) -> Response:
    """Raises UnknownTerminal, NotTheirs."""
    async with asked.unit() as unit:
        ref = (await _mine(asked, unit)).ref
        await payments.deactivate(unit, ref)
        people.note(unit, asked.visitor.name, "deactivate terminal", f"terminal {ref}")
    asked.console.database.wake()
    return asked.done(f"/terminals/{ref}", asked.say("Nobody pays at this terminal any more; its provider is told."))


async def start(asked: Asked) -> Response:
    """As provider, for a driver who accepted the price. Raises UnknownTerminal, NotServed and what a start raises."""
    async with asked.unit() as unit:
        installed = await _mine(asked, unit)
        people.note(unit, asked.visitor.name, "start at terminal", f"terminal {installed.ref}")
    answer = await paying.start(
        asked.console.database,
        asked.console.clients,
        installed.ref,
        cpo=installed.cpo,
        where=EvseRef(asked.said("location_id"), asked.said("evse_uid")),
        connector_id=asked.said("connector_id") or None,
        reference=asked.said("reference"),
    )
    return passed_on(asked, answer, f"/terminals/{installed.ref}")


async def _mine(asked: Asked, unit: Unit) -> Installed:
    """Raises UnknownTerminal, NotYours."""
    installed = await payments.terminal_by_ref(unit, asked.part("ref"))
    yours(asked.visitor, installed.holder)
    return installed


async def _places(unit: Unit, installed: Installed) -> Sequence[Place]:
    """All Evses of these Locations are served; one that is not known here is shown by its id."""
    ids = installed.terminal.location_ids
    keys = [(installed.holder, installed.cpo, fold(id)) for id in ids]
    known = await locations.several(unit, keys)
    return [
        place_of(*known[key]) if key in known else Place(ref=None, name=id, city="", time_zone=None)
        for id, key in zip(ids, keys, strict=True)
    ]


async def _charged(unit: Unit, found: Iterable[Captured]) -> Sequence[Charged]:
    return [Charged(captured=one, cdr=await payments.charged(unit, one)) for one in found]


def _perhaps_there(row: Charged, terminal: Terminal) -> bool:
    """What was told before its CDR may have been captured here, until that says where."""
    if row.captured.where is not None or row.cdr is None:
        return True
    return serves(terminal, EvseRef(row.cdr.location.id, row.cdr.location.evse_uid))


def _ours(asked: Asked, role: PartyRole) -> list[tuple[str, str]]:
    """(id, what it is called) of those of us who play this role."""
    mine = asked.visitor.holder
    return [
        (str(one.holder), f"{one.holder} · {one.name}")
        for one in asked.parties
        if role in one.roles and mine in (None, one.holder)
    ]


def _several(said: str) -> tuple[str, ...]:
    """Ids with commas or spaces between."""
    return tuple(dict.fromkeys(said.replace(",", " ").split()))


DOORS: tuple[Door, ...] = (
    see("/terminals", list_all),
    see("/terminals/new", new),
    see("/terminals/captures", captures),
    do("/terminals/introduce", introduce),
    do("/terminals/activate", activate),
    see("/terminals/{ref}", one),
    do("/terminals/{ref}/assign", assign),
    do("/terminals/{ref}/describe", describe),
    do("/terminals/{ref}/deactivate", deactivate),
    do("/terminals/{ref}/start", start),
)
