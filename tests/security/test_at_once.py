"""What programs ask several times at the same instant ends as it does one after another, and nothing breaks.

The same story is told to two servers: to one each request is said in turn, to the other all its repetitions at once.
How it is answered and how many rows there are of everything has to be the same. What it catches may need bad luck;
nothing that is right depends on it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec import Struct

from laddnav.kit import json
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.people.model import Role
from laddnav.server.http import Serving
from tests.billing.statements import moved, statement
from tests.market.tariffs import THREE_DAYS
from tests.security.contents import every_row
from tests.server.conftest import LAD, Client, a_key, serves, web
from tests.server.test_homes import VTN
from tests.server.test_ledger import LONG_AGO
from tests.server.test_partners_money import TERMINAL
from tests.server.test_sites import GARAGE

__all__ = ["web"]

# What an installation does of itself, sooner or later; and what it writes down of each change, of which there are as
# many as words that differ from those before, whose order is anybody's.
OWN_COURSE = dict.fromkeys(
    ("api_key", "job", "ledger_day", "ledger_month", "ledger_to_sum", "ocpi_count", "process", "audit", "event"), "true"
)
WANTED = [{"name": {"name": "HeartbeatInterval"}, "value": "60"}]
VAN = {"id": "V1", "battery_kwh": 60, "ac_amps": 16, "kwh_per_100_km": 20, "cards": "04A1B2C3D4E5F6"}
DEPARTURE = {"id": "D1", "vehicle": "V1", "days": "daily", "at": "06:00", "need": "30 kWh"}
AGREED = {"places": ["LOC1"], "since": "2026-10-01", "currency": "SEK", "percent": 60}
BROKER = {"holder": str(LAD), "name": "Home", "url": "mqtts://broker.example", "enabled": False}
RECORD = {"holder": "SE*LAD", "receiver": "NL*TNM", "cpo": "SE*LAD", "invoice_id": "2026-1", "cdrs": ["C1", "C2"]}
MAINTAINED = {"station_id": "ST-1", "begin_at": "2026-11-01T10:00:00Z", "end_at": "2026-11-01T12:00:00Z"}


class Asked(Struct, frozen=True):
    """One request in as many wordings as there are `bodies`, four in all; `{name}` is what one before gave.

    `gives`: of the first that is granted, what is kept under this name from then on.
    """

    method: str
    path: str
    bodies: tuple[object, ...]
    gives: Mapping[str, str]


def said(path: str, *bodies: object, by: str = "POST", **gives: str) -> Asked:
    return Asked(by, path, bodies or (None,), gives)


STORY = (
    # Made by a name: there is one of each.
    said("/sites", GARAGE, GARAGE | {"name": "Another garage"}, site="ref"),
    said("/hosts", {"holder": str(LAD), "id": "kajen", "name": "Kajen AB", "country": "SE"}, host="ref"),
    said("/hosts/{host}/agreements", AGREED, AGREED | {"percent": 55}),
    said(
        "/grid-tariffs",
        {"holder": str(LAD), "id": "villa", "tariff": json.decode(THREE_DAYS.encode(), dict)},
        grid="ref",
    ),
    said("/grid-tariffs/{grid}", by="DELETE"),
    said("/fleets", {"name": "Nordpost", "customer": "Nordpost AB"}, fleet="ref"),
    said("/fleets/{fleet}/depots", {"id": "GBG", "location_id": "{place}"}, by="PUT"),
    said("/fleets/{fleet}/cost-centres", {"code": "4711"}, {"code": "4712"}, by="PUT"),
    said("/fleets/{fleet}/vehicles", VAN, VAN | {"name": "The van"}, by="PUT", van="ref"),
    said("/fleets/{fleet}/departures", DEPARTURE, DEPARTURE | {"at": "07:00"}, by="PUT", departure="ref"),
    said("/fleets/{fleet}/vehicles/{van}/state", {"percent": 80}, {"percent": 70}),
    said("/fleets/{fleet}/departures/{departure}", by="DELETE"),
    said("/templates", {"name": "Ours", "wanted": WANTED}, template="ref"),
    said("/templates", {"name": "Theirs", "wanted": WANTED}, other="ref"),
    said("/templates/{template}", {"name": "All", "wanted": WANTED}, by="PUT"),
    said("/templates/{template}", by="DELETE"),
    said("/plans", {"name": "Small", "fee": 99}, {"name": "small", "fee": 79}, plan="ref"),
    said("/plans/{plan}/sold", {"sold": False}, {"sold": True}, by="PUT"),
    said("/plans/{plan}/sold", {"sold": True}, by="PUT"),
    said("/meters", {"holder": str(LAD), "serial": "M1", "station_id": "ST-1", "evse_no": 1}, meter="ref"),
    said("/stations/ST-2", {"accepted": True}, {"heartbeat_interval": 60}, by="PUT"),
    said("/stations/ST-2", {"accepted": False}, {"heartbeat_interval": 77}, by="PATCH"),
    said("/stations/ST-2", by="DELETE"),
    said("{token}", {"contract_id": "SE-LAD-C2"}, {"contract_id": "SE-LAD-C2", "blocked": True}, by="PUT"),
    said("{token}", {"blocked": True}, {"credit": 5}, by="PATCH"),
    said("/cure-rules/STUCK", {"cure": "RESET"}, {"cure": None}, by="PUT"),
    said("/cure-rules/STUCK", by="DELETE"),
    # Made anew each time: there are as many as were asked for.
    said("/maintenance", MAINTAINED | {"reason": "GRID"}),
    said("/reconciliations", RECORD, record="ref"),
    said("/reconciliations/{record}", {"invoice_id": "2026-2", "cdrs": ["C1"]}, by="PUT"),
    said("/reconciliations/{record}", by="DELETE"),
    said(
        "/terminals",
        TERMINAL | {"holder": "SE*LAD"},
        TERMINAL | {"holder": "SE*LAD", "reference": "serial-8"},
        terminal="ref",
    ),
    said("/homes", BROKER, home="ref"),
    said("/homes/{home}/charge-points/ST-1/1", {"amps_max": 16}, {"amps_max": 20}, by="PUT"),
    said("/homes/{home}/charge-points/ST-1/1", by="DELETE"),
    said("/homes/{home}", by="DELETE"),
    said("/vtns", VTN | {"client_secret": "hush", "enabled": False}, vtn="ref"),
    said("/vtns/{vtn}", by="DELETE"),
    # Of customers, and what is paid.
    said("/customers", {"name": "Anna Ek"}, anna="ref"),
    said("/customers", {"name": "Åkeri AB", "kind": "BUSINESS"}, firm="ref"),
    said("/customers/{anna}", {"email": "anna@example.org"}, {"language": "sv"}, by="PATCH"),
    said("/customers/{anna}/contracts", {"contract_id": "SE-LAD-C1"}, by="PUT"),
    said("/customers/{anna}/subscription", {"plan": "{plan}"}),
    said("/customers/{anna}/subscription/end", {}),
    said("/customers/{firm}/home-charging", {"employee": "{anna}", "location_id": "{place}", "per_kwh": 2}),
    said("/vouchers", {"name": "Opening", "worth": 60, "many": 2, "holder": str(LAD)}),
    said("/customers/{anna}/standing", {"standing": "STOPPED", "why": "asked for"}, by="PUT"),
    said("/bank-files", {"holder": str(LAD), "name": "nov.xml", "document": statement(moved("80")).decode()}),
    said("/ledger/entries/{entry}/reversal", {"why": "twice"}),
    said("/ledger/closes", {"month": "2026-10"}),
    said(
        "/ledger/numbers",
        {"account": "revenue:charging", "number": "3055", "name": "Charging"},
        by="PUT",
    ),
    said("/partners/invite", {"ours": [{"party": "SE*LAD", "role": "CPO"}], "name": "They"}, partner="ref"),
    said("/partners/{partner}", by="DELETE"),
    said("/tasks", {"kind": "RESET", "at": {"station_ids": ["ST-1"]}}, task="ref"),
    said("/tasks/{task}/stop"),
    said("/tasks/{task}/resume"),
    said("/sites/{site}/plan", {"member": None}),
    said("/sites/{site}/limits", {"id": "L1", "by": "grid", "kw": 10}, {"id": "L1", "by": "grid", "kw": 20}),
    said("/sites/{site}/limits/grid/L1", by="DELETE"),
    said("/sites/{site}", by="DELETE"),
)


@pytest.mark.timeout(300)  # five hundred requests, where all else may be slow
async def test_what_is_asked_several_times_at_once_ends_as_one_after_another(
    database_url: str, other_database_url: str, tmp_path: Path, web: aiohttp.ClientSession
) -> None:
    ends = []
    for url, at_once in ((database_url, True), (other_database_url, False)):
        async with serves(url, tmp_path / str(at_once)) as served:
            ends.append(await told(served, web, at_once=at_once))
    (answers, rows), (answers_in_turn, rows_in_turn) = ends
    every = [
        (f"{one.method} {one.path}", came, due) for one, came, due in zip(STORY, answers, answers_in_turn, strict=True)
    ]
    assert [each for each in every if each[2][0] >= 300] == [], "nobody is granted that"
    assert [each for each in every if not {*each[1]} <= {*each[2]}] == []
    assert rows == rows_in_turn


async def told(served: Serving, web: aiohttp.ClientSession, *, at_once: bool) -> tuple[list[list[int]], Counter[str]]:
    """(how each was answered, how many rows each table has then)."""
    admin = Client(web, served.url, await a_key(served.database, Role.ADMIN, LAD))
    known = {"token": "/tokens/SE/LAD/RFID/04FFEEDDCCBBAA"}
    known["place"] = (await admin.get("/locations"))["items"][0]["id"]
    async with served.database.unit() as unit:
        postings = (
            Posting(Account(Head.RECEIVABLE, "partner:NL*TNM"), Decimal(43), "SEK"),
            Posting(Account(Head.REVENUE, "charging"), Decimal(-43), "SEK"),
        )
        await ledger.post(
            unit, LAD, Entry(key="1", what="Ended", cites="vouchers 1", postings=postings), booked_at=LONG_AGO
        )
    known["entry"] = (await admin.get("/ledger/entries"))["items"][0]["id"]
    answers = []
    for one in STORY:
        asks = [
            admin.ask(one.method, filled(one.path, known), filled(body, known))
            for body in one.bodies * (4 // len(one.bodies))
        ]
        came = await asyncio.gather(*asks) if at_once else [await ask for ask in asks]
        answers.append(sorted(status for status, _ in came))
        granted = next((words for status, words in came if status < 300), None)
        known |= {name: granted.get(field) for name, field in one.gives.items() if granted}
    return answers, Counter(row.partition(" ")[0] for row in await every_row(served.database, but=OWN_COURSE))


def filled(said: Any, known: Mapping[str, str]) -> Any:
    if isinstance(said, str):
        return said.format_map(known) if "{" in said else said
    if isinstance(said, dict):
        return {name: filled(value, known) for name, value in said.items()}
    return said
