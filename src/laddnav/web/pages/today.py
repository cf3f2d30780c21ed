"""The finance desk: a day's money of a party, each figure a way down to the payments and postings behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from laddnav.analytics import actions as analytics
from laddnav.analytics import money
from laddnav.parties.model import Party
from laddnav.payments.actions import accounts, books
from laddnav.payments.book import Book, Movement, Owed
from laddnav.web.asked import Asked, Door, see
from laddnav.web.pages.ledger import chosen_party, parties_of
from laddnav.web.pages.payments import NAMES

ACCOUNTS = 500  # whose names are shown


class Differing(Struct, frozen=True, kw_only=True):
    """An account at a provider that could not be read, or that owes us something else than the ledger says."""

    book: Book
    apart: Sequence[Owed]
    strange: Sequence[Movement]


async def show(asked: Asked) -> Response:
    """Raises NotADay, NotYours."""
    party = chosen_party(asked, asked.query("party"))
    if party is None:
        return asked.page("today.html", party=None)
    async with asked.unit() as unit:
        desk = await analytics.desk(unit, party, asked.query("day"))
        today = money.day_of(None, unit.now, party.time_zone)[0]
        known = await accounts.page(unit, party.holder, limit=ACCOUNTS)
        differing = [
            Differing(book=one, apart=apart, strange=await books.strange(unit, one, limit=3))
            for one, apart in await books.differences(unit, party.holder)
        ]
    return asked.page(
        "today.html",
        party=party,
        ours=parties_of(asked),
        desk=desk,
        differing=differing,
        names=NAMES,
        account_names={f"clearing:{one.provider.lower()}:{one.ref}": one.name for one in known},
        is_today=desk.day == today,
        today=today.isoformat(),
        before=_way(party, (desk.day - timedelta(days=1)).isoformat()),
        after=None if desk.day == today else _way(party, (desk.day + timedelta(days=1)).isoformat()),
        month=urlencode({"party": str(party.holder), "month": f"{desk.day:%Y-%m}"}),
        query=urlencode({"party": str(party.holder), "day": desk.day.isoformat()}),
    )


async def table(asked: Asked) -> Response:
    """As a spreadsheet reads it. Raises NotADay, NotYours, Unreadable."""
    party = chosen_party(asked, asked.query("party"))
    if party is None:
        return asked.done("/today")
    async with asked.unit() as unit:
        desk = await analytics.desk(unit, party, asked.query("day"))
    name = f"{str(party.holder).replace('*', '-')}-{desk.day}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(money.as_table(desk), media_type="text/csv", headers=headers)


def _way(party: Party, day: str) -> str:
    return f"/today?{urlencode({'party': str(party.holder), 'day': day})}"


DOORS: tuple[Door, ...] = (see("/today", show), see("/today.csv", table))
