"""A hub of ours: who is behind it and how they are, who is kept from whom, what was asked, and what to settle by."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.time import local
from laddnav.ocpi.hub import looking, settlement
from laddnav.ocpi.hub.model import Sought, Tally
from laddnav.ocpi.hub.rules import paired
from laddnav.ocpi.sides import PASSED_ON
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Party
from laddnav.parties.model import Role as PartyRole
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
NAMED = 500  # clients that a form offers by name
MODULES = tuple(sorted(PASSED_ON))
COLUMNS = ("asker", "answerer", "module", "way", "requests", "granted", "bytes_in", "bytes_out")


async def first(asked: Asked) -> Response:
    """On to the first hub of ours; where there is none, how one begins."""
    hubs = _hubs(asked)
    if not hubs:
        return asked.page("hub_none.html")
    return RedirectResponse(f"/hub/{hubs[0].ref}", status_code=303)


async def members(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        found = await looking.members(unit, hub.holder, after=cursor, limit=PAGE + 1)
        invited = () if cursor else await looking.invited(unit, hub.holder)
    return _page(asked, hub, "clients", members=[*invited, *found[:PAGE]], **_paged(asked, found, "key"))


async def denials(asked: Asked) -> Response:
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        found = await looking.apart(unit, hub.holder, after=asked.query("cursor"), limit=PAGE + 1)
        known = await looking.members(unit, hub.holder, limit=NAMED)
    parties = list(dict.fromkeys(str(one.party) for one in known))
    return _page(
        asked, hub, "denials", apart=found[:PAGE], known=parties, modules=MODULES, **_paged(asked, found, "key")
    )


async def deny(asked: Asked) -> Response:
    """Raises NotAPartyId, UnknownModule."""
    one, other = PartyId.parse(asked.said("one")), PartyId.parse(asked.said("other"))
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        await settlement.keep_apart(unit, hub.holder, paired(one, other, asked.said("module") or None))
        people.note(unit, asked.visitor.name, "keep apart", f"hub {hub.holder}", _pair(asked))
    text = asked.say("%(one)s and %(other)s do not reach each other any more.", one=one, other=other)
    return asked.done(f"/hub/{hub.ref}/denials", text)


async def allow(asked: Asked) -> Response:
    """Raises NotAPartyId, UnknownModule."""
    one, other = PartyId.parse(asked.said("one")), PartyId.parse(asked.said("other"))
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        await settlement.let_meet(unit, hub.holder, paired(one, other, asked.said("module") or None))
        people.note(unit, asked.visitor.name, "let meet", f"hub {hub.holder}", _pair(asked))
    text = asked.say("%(one)s and %(other)s reach each other again.", one=one, other=other)
    return asked.done(f"/hub/{hub.ref}/denials", text)


async def requests(asked: Asked) -> Response:
    said = {name: (asked.query(name) or "").strip() for name in ("client", "module", "outcome", "since", "until")}
    sought = Sought(
        client=_party(said["client"]),
        module=Module(said["module"]) if said["module"] in MODULES else None,
        granted={"granted": True, "refused": False}.get(said["outcome"]),
        since=_day(said["since"], asked.zone),
        until=_day(said["until"], asked.zone, after=1),
    )
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        found = await looking.requests(unit, hub.holder, sought, before=asked.query("cursor"), limit=PAGE + 1)
        known = await looking.members(unit, hub.holder, limit=NAMED)
    return _page(
        asked,
        hub,
        "requests",
        requests=found[:PAGE],
        said=said,
        narrowed=any(said.values()),
        modules=MODULES,
        known=list(dict.fromkeys(str(one.party) for one in known)),
        query=urlencode({name: value for name, value in said.items() if value}),
        **_paged(asked, found, "id"),
    )


async def settled(asked: Asked) -> Response:
    """Raises Unreadable."""
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        month = asked.query("month") or unit.now.strftime("%Y-%m")
        found = (await settlement.month(unit, hub.holder, month)).tallies
    cursor = asked.query("cursor") or ""
    rest = [one for one in found if _place(one) > cursor]
    return _page(
        asked,
        hub,
        "settlement",
        month=month,
        tallies=rest[:PAGE],
        requests=sum(one.requests for one in found),
        granted=sum(one.granted for one in found),
        volume=sum(one.bytes_in + one.bytes_out for one in found),
        pairs=len({(one.asker, one.answerer) for one in found}),
        query=urlencode({"month": month}),
        next=_place(rest[PAGE - 1]) if len(rest) > PAGE else None,
        begun=bool(cursor),
    )


async def table(asked: Asked) -> Response:
    """The month as a spreadsheet reads it. Raises Unreadable."""
    async with asked.unit() as unit:
        hub = await _hub(asked, unit)
        month = asked.query("month") or unit.now.strftime("%Y-%m")
        found = (await settlement.month(unit, hub.holder, month)).tallies
    written = StringIO()
    rows = csv.writer(written)
    rows.writerow(("hub", "month", *COLUMNS))
    rows.writerows((hub.holder, month, *(getattr(one, name) for name in COLUMNS)) for one in found)
    name = quote(f"{hub.holder} {month}.csv".replace("*", ""), safe="")
    return Response(
        written.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _hubs(asked: Asked) -> list[Party]:
    mine = asked.visitor.holder
    return [one for one in asked.parties if PartyRole.HUB in one.roles and mine in (None, one.holder)]


async def _hub(asked: Asked, unit: Unit) -> Party:
    """Raises UnknownHub, NotYours."""
    hub = await looking.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, hub.holder)
    return hub


def _page(asked: Asked, hub: Party, shows: str, **facts: Any) -> Response:
    path = f"/hub/{hub.ref}" + ("" if shows == "clients" else f"/{shows}")
    return asked.page(f"hub_{shows}.html", hub=hub, hubs=_hubs(asked), shows=shows, here=path, **facts)


def _paged(asked: Asked, found: Sequence[object], place: str) -> dict[str, Any]:
    """Where the next page begins, of one more than a page holds."""
    following = getattr(found[PAGE - 1], place) if len(found) > PAGE else None
    return {"next": following, "begun": asked.query("cursor") is not None}


def _place(tally: Tally) -> str:
    return f"{tally.asker}/{tally.answerer}/{tally.module}/{tally.way}"


def _pair(asked: Asked) -> str:
    return " ".join(word for word in (asked.said("one"), asked.said("other"), asked.said("module")) if word)


def _party(said: str) -> PartyId | None:
    """None also for what names nobody: whoever searches sees that in the form."""
    try:
        return PartyId.parse(said)
    except NotAPartyId:
        return None


def _day(said: str, zone: str, *, after: int = 0) -> datetime | None:
    """The first moment of a day there, or so many days after it."""
    try:
        return local(datetime.fromisoformat(said).replace(tzinfo=None) + timedelta(days=after), zone)
    except (ValueError, OverflowError):
        return None


DOORS: tuple[Door, ...] = (
    see("/hub", first),
    see("/hub/{ref}", members),
    see("/hub/{ref}/denials", denials),
    do("/hub/{ref}/denials", deny, Role.ADMIN),
    do("/hub/{ref}/denials/remove", allow, Role.ADMIN),
    see("/hub/{ref}/requests", requests),
    see("/hub/{ref}/settlement", settled),
    see("/hub/{ref}/settlement.csv", table),
)
