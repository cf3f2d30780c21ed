"""Hosts and their shares; and what charges left us, by place, tariff, partner or month."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.rules import NotAMonth
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.settlement import statement
from laddnav.settlement.actions import earning, hosting
from laddnav.settlement.margins import By, MarginSum
from laddnav.settlement.sharing import Agreement, EnergyFrom, Host, UnfitAgreement
from laddnav.web.asked import Asked, Door, do, see

PAGE = 100
TABLE_MOST = 100_000  # rows of margins in a file
MONTH = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])")
SORTS = ("of", "many", "kwh", "revenue", "roaming", "energy", "grid", "fees", "shares", "margin")


async def list_all(asked: Asked) -> Response:
    mine = asked.visitor.holder
    async with asked.unit() as unit:
        known = await hosting.hosts(unit, mine, limit=PAGE)
        rows = [
            (one, await hosting.owed(unit, one), len(await hosting.agreements(unit, one.holder, one.id)))
            for one in known
        ]
    return asked.page(
        "hosts.html",
        rows=rows,
        holders=[
            (str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties if mine in (None, one.holder)
        ],
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        who = await _mine(asked, unit)
        return asked.page(
            "host.html",
            host=who,
            owed=await hosting.owed(unit, who),
            agreements=await hosting.agreements(unit, who.holder, who.id),
            shares=await hosting.shares(unit, who, 30),
            statements=await hosting.statements(unit, who),
            energies=[(each.value, asked.term(f"ENERGY_FROM_{each}")) for each in EnergyFrom],
            currency=next((each.currency for each in asked.parties if each.holder == who.holder), ""),
            today=unit.now.date(),
        )


async def save(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        host = Host(
            holder=holder,
            ref="",
            id=asked.said("id"),
            name=asked.said("name")[:200],
            country=asked.said("country").upper(),
            address=asked.said("address")[:500],
            vat_number=asked.said("vat_number")[:40],
            email=asked.said("email")[:200],
            said_at=unit.now,
            said_by=asked.visitor.name,
        )
        kept = await hosting.save_host(unit, host, by=asked.visitor.name)
    return asked.done(f"/hosts/{kept.ref}", asked.say("Kept."))


async def agree(asked: Asked) -> Response:
    async with asked.unit() as unit:
        who = await _mine(asked, unit)
        energy = asked.said("energy") or EnergyFrom.NOWHERE
        if energy not in set(EnergyFrom):
            raise UnfitAgreement("The cost of energy comes from nowhere, a fixed price or what is known")
        one = Agreement(
            holder=who.holder,
            ref="",
            host=who.id,
            name=asked.said("name")[:200],
            places=tuple(place.strip() for place in asked.said("places").split(",") if place.strip()),
            since=_day(asked, "since"),
            until=_day(asked, "until") if asked.said("until") else None,
            currency=_currency(asked),
            percent=_number(asked, "percent"),
            per_kwh=_number(asked, "per_kwh"),
            per_month=_number(asked, "per_month"),
            minimum=_number(asked, "minimum"),
            energy=EnergyFrom(energy),
            energy_per_kwh=_number(asked, "energy_per_kwh"),
            said_at=unit.now,
            said_by=asked.visitor.name,
        )
        await hosting.agree(unit, one, by=asked.visitor.name)
    return asked.done(f"/hosts/{who.ref}", asked.say("It holds for each charge that ends from that day on."))


async def end(asked: Asked) -> Response:
    async with asked.unit() as unit:
        agreed = await hosting.agreement(unit, asked.part("ref"))
        yours(asked.visitor, agreed.holder)
        last = datetime.combine(_day(asked, "last"), time(12), UTC)
        await hosting.end(unit, agreed.ref, last, by=asked.visitor.name)
        who = await hosting.host(unit, agreed.holder, agreed.host)
    return asked.done(f"/hosts/{who.ref}", asked.say("After that day nothing more is shared."))


async def shares(asked: Asked) -> Response:
    """Of one statement, or all."""
    async with asked.unit() as unit:
        who = await _mine(asked, unit)
        ref = asked.query("statement")
        if ref is not None:
            made = await hosting.statement(unit, ref)
            yours(asked.visitor, made.holder)
            ref, month = made.ref, made.month
        else:
            month = "all"
    lines = statement.shares(hosting.every_share(asked.console.database, who, ref))
    name = f'attachment; filename="shares-{who.id}-{month}.csv"'
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


# ---- Margin


async def margins(asked: Asked) -> Response:
    per, since, until, sort, rising = _question(asked)
    async with asked.unit() as unit:
        rows = await _margins(asked, unit, PAGE)
    return asked.page(
        "margins.html",
        rows=rows,
        per=per,
        pers=[(one.value, asked.term(f"PER_{one.upper()}")) for one in By],
        since=since,
        until=until,
        sort=sort,
        rising=rising,
        most=PAGE,
        incomplete=sum(one.many - one.complete for one in rows),
        query=urlencode({"per": per, "since": since, "until": until}),
    )


async def margins_table(asked: Asked) -> Response:
    per, since, until, _, _ = _question(asked)
    async with asked.unit() as unit:
        rows = await _margins(asked, unit, TABLE_MOST)
    names = [name for name in MarginSum.__struct_fields__ if name != "cdr_ref"]
    text = statement.rows(names, ([_blank(getattr(one, name)) for name in names] for one in rows))
    name = f'attachment; filename="margins-{per}-{since}-{until}.csv"'
    return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


async def _margins(asked: Asked, unit: Unit, limit: int) -> list[MarginSum]:
    per, since, until, sort, rising = _question(asked)
    found = await earning.sums(unit, asked.visitor.holder, per, since, until, sort=sort, rising=rising, limit=limit)
    return list(found)


def _question(asked: Asked) -> tuple[By, str, str, str, bool]:
    """(by what, first month, last month, sorted by, upwards). Raises NotAMonth."""
    this = asked.console.database.clock.now().strftime("%Y-%m")
    since = asked.query("since") or this
    until = asked.query("until") or max(since, this)
    for month in (since, until):
        if not MONTH.fullmatch(month):
            raise NotAMonth(month[:20])
    said = asked.query("per") or By.PLACE
    sort = asked.query("sort") or "revenue"
    per = By(said) if said in set(By) else By.PLACE
    return per, since, until, sort if sort in SORTS else "revenue", asked.query("way") == "up"


def _blank(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else value


# ---- Of the request


async def _mine(asked: Asked, unit: Unit) -> Host:
    """Raises UnknownHost, NotYours."""
    who = await hosting.host_by_ref(unit, asked.part("ref"))
    yours(asked.visitor, who.holder)
    return who


def _number(asked: Asked, name: str) -> Decimal:
    """Raises UnfitAgreement."""
    try:
        return Decimal(asked.said(name).replace(",", ".") or "0")
    except InvalidOperation as error:
        raise UnfitAgreement(f"{name}: a number is meant") from error


def _day(asked: Asked, name: str) -> date:
    """Raises UnfitAgreement."""
    try:
        return date.fromisoformat(asked.said(name))
    except ValueError as error:
        raise UnfitAgreement(f"{name}: a day is meant, as 2026-11-01") from error


def _currency(asked: Asked) -> str:
    """Raises UnfitAgreement."""
    said = asked.said("currency").upper()
    if not re.fullmatch(r"[A-Z]{3}", said):
        raise UnfitAgreement("A currency has three letters")
    return said


DOORS: tuple[Door, ...] = (
    see("/hosts", list_all),
    do("/hosts", save, Role.FINANCE),
    see("/hosts/{ref}/shares.csv", shares),
    see("/hosts/{ref}", one),
    do("/hosts/{ref}/agreements", agree, Role.FINANCE),
    do("/share-agreements/{ref}/end", end, Role.FINANCE),
    see("/margins", margins),
    see("/margins.csv", margins_table),
)
