"""The statement of a Settlement as a table for machines, and on paper: each CDR, and what both sides come to."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import typst
from babel.numbers import format_decimal

from laddnav.kit import json
from laddnav.kit.time import rfc3339
from laddnav.parties.model import Party
from laddnav.settlement.matching import Difference
from laddnav.settlement.model import Item, Netting, Settlement, Side, SideSum
from laddnav.settlement.sharing import Kept

PAPER_MOST = 3_000  # CDRs on paper; all of them are in the table

_HERE = Path(__file__).parent
_FONTS = _HERE.parent / "billing" / "fonts"
_LOCALES = {"en": "en_GB", "sv": "sv_SE", "de": "de_DE"}
_one_at_a_time = Lock()

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Settlement statement",
        "draft": "Settlement statement, draft",
        "of": "{month}, between {ours} and {theirs}",
        "OURS": "Charges at stations of {ours}",
        "THEIRS": "Charges at stations of {theirs}",
        "cdrs": "CDRs",
        "energy": "Energy",
        "net": "Before VAT",
        "vat": "VAT and rounding",
        "sum": "Together",
        "credits": "of it credited",
        "late": "of it of earlier months",
        "held": "In dispute, not counted",
        "set off": "Set off on both sides",
        "owes": "{who} owes {other}",
        "even": "Nobody owes anything",
        "ended": "Ended",
        "cdr": "CDR",
        "note": "Note",
        "amount": "Amount",
        "late of": "late, of {month}",
        "credit": "credit",
        "more": "{many} more CDRs are in the table that goes with this statement.",
        "GROSS": "Each side pays what it owes.",
        "NET": "What both owe is set off; one side pays the rest.",
        "zone": "Months and times by the clock of {zone}. Amounts of CDRs are before VAT.",
    },
    "sv": {
        "title": "Avräkning",
        "draft": "Avräkning, utkast",
        "of": "{month}, mellan {ours} och {theirs}",
        "OURS": "Laddningar hos {ours}",
        "THEIRS": "Laddningar hos {theirs}",
        "cdrs": "CDR:er",
        "energy": "Energi",
        "net": "Före moms",
        "vat": "Moms och avrundning",
        "sum": "Tillsammans",
        "credits": "varav krediterat",
        "late": "varav från tidigare månader",
        "held": "Under tvist, räknas inte",
        "set off": "Kvittat på båda sidor",
        "owes": "{who} är skyldig {other}",
        "even": "Ingen är skyldig något",
        "ended": "Avslutad",
        "cdr": "CDR",
        "note": "Anmärkning",
        "amount": "Belopp",
        "late of": "sen, från {month}",
        "credit": "kredit",
        "more": "Ytterligare {many} CDR:er finns i tabellen som hör till avräkningen.",
        "GROSS": "Var sida betalar det den är skyldig.",
        "NET": "Det båda är skyldiga kvittas; en sida betalar resten.",
        "zone": "Månader och tider enligt klockan i {zone}. CDR:ernas belopp är före moms.",
    },
    "de": {
        "title": "Abrechnung",
        "draft": "Abrechnung, Entwurf",
        "of": "{month}, zwischen {ours} und {theirs}",
        "OURS": "Ladevorgänge bei {ours}",
        "THEIRS": "Ladevorgänge bei {theirs}",
        "cdrs": "CDRs",
        "energy": "Energie",
        "net": "Vor USt.",
        "vat": "USt. und Rundung",
        "sum": "Zusammen",
        "credits": "davon gutgeschrieben",
        "late": "davon aus früheren Monaten",
        "held": "Strittig, nicht gezählt",
        "set off": "Auf beiden Seiten verrechnet",
        "owes": "{who} schuldet {other}",
        "even": "Niemand schuldet etwas",
        "ended": "Beendet",
        "cdr": "CDR",
        "note": "Anmerkung",
        "amount": "Betrag",
        "late of": "verspätet, aus {month}",
        "credit": "Gutschrift",
        "more": "Weitere {many} CDRs stehen in der Tabelle, die zu dieser Abrechnung gehört.",
        "GROSS": "Jede Seite zahlt, was sie schuldet.",
        "NET": "Was beide schulden, wird verrechnet; eine Seite zahlt den Rest.",
        "zone": "Monate und Zeiten nach der Uhr von {zone}. Beträge der CDRs sind vor USt.",
    },
}


# ---- For machines

COLUMNS = (
    "side",
    "cpo",
    "cdr_id",
    "ended_at",
    "month",
    "kwh",
    "amount",
    "currency",
    "credit",
    "late_from",
    "put_off",
)


async def table(one: Settlement, items: AsyncIterator[Item]) -> AsyncIterator[bytes]:
    """Line by line. What a spreadsheet could take for a formula is told as text."""
    yield _row(COLUMNS)
    async for item in items:
        yield _row(
            (
                item.side.lower(),
                item.cdr_owner,
                item.cdr_id,
                rfc3339(item.ended_at),
                one.month,
                item.energy.kwh,
                item.amount,
                one.currency,
                "yes" if item.credit else "no",
                item.ended_in or "",
                item.put_off or "",
            )
        )


DIFFERENT = (
    "cause",
    "row",
    "their_id",
    "our_id",
    "their_amount",
    "our_amount",
    "apart",
    "their_kwh",
    "our_kwh",
    "ended_at",
    "matched_by",
    "note",
)


async def differences(found: AsyncIterator[Difference]) -> AsyncIterator[bytes]:
    """Line by line, what a table of a partner has otherwise."""
    yield _row(DIFFERENT)
    async for one in found:
        theirs, ours = one.theirs, one.ours
        yield _row(
            (
                one.cause or "",
                one.number or "",
                theirs.id if theirs else "",
                ours.id if ours else "",
                theirs.amount if theirs else "",
                ours.amount if ours else "",
                one.apart,
                theirs.energy_wh / 1000 if theirs and theirs.energy_wh is not None else "",
                ours.energy_wh / 1000 if ours else "",
                rfc3339(ours.ended_at) if ours else "",
                ("facts" if one.guessed else "id") if theirs and ours else "",
                one.note,
            )
        )


SHARES = ("cdr_id", "ended_at", "month", "place", "evse_id", "kwh", "revenue", "energy_cost", "share", "currency")


async def shares(found: AsyncIterator[Kept]) -> AsyncIterator[bytes]:
    """Line by line, what a host gets of each charge."""
    yield _row(SHARES)
    async for one in found:
        yield _row(
            (
                one.cdr_id,
                rfc3339(one.ended_at),
                one.month,
                one.place,
                one.evse_id,
                one.kwh,
                one.revenue,
                one.energy_cost,
                one.amount,
                one.currency,
            )
        )


def rows(header: Iterable[object], lines: Iterable[Iterable[object]]) -> str:
    """A table that is not long."""
    return b"".join([_row(header), *map(_row, lines)]).decode()


def _row(cells: Iterable[object]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(_cell(cell) for cell in cells)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


# ---- On paper


def pdf(one: Settlement, items: Sequence[Item], party: Party, partner_name: str, language: str, now: datetime) -> bytes:
    """PDF/A; in English where the language is not one of ours. A compiler at work: not in a loop that answers."""
    texts = json.encode(_Written(one, items, party, partner_name, language).texts()).decode()
    made_at = now.replace(microsecond=0)
    with _one_at_a_time:
        try:
            compiled = _compiler(True).compile(
                format="pdf", sys_inputs={"statement": texts}, pdf_standards=["a-3a"], timestamp=made_at
            )
        except typst.TypstError:  # our typefaces lack a letter; then those of the machine are asked
            compiled = _compiler(False).compile(format="pdf", sys_inputs={"statement": texts}, timestamp=made_at)
    assert isinstance(compiled, bytes)
    return compiled


@cache
def _compiler(ours_only: bool) -> typst.Compiler:
    return typst.Compiler(input=_HERE / "statement.typ", font_paths=[_FONTS], ignore_system_fonts=ours_only)


class _Written:
    """A Settlement in the words and numbers of one language."""

    def __init__(self, one: Settlement, items: Sequence[Item], party: Party, partner_name: str, language: str) -> None:
        self._one = one
        self._items = items
        self._party = party
        self._language = language if language in WORDS else "en"
        self._words = WORDS[self._language]
        self._names = {"ours": party.name, "theirs": partner_name}
        self._zone = ZoneInfo(one.time_zone)

    def texts(self) -> dict[str, Any]:
        one, words = self._one, self._words
        rest = one.ours.many + one.theirs.many - len(self._items)
        return {
            "language": self._language,
            "title": words["title"] if one.fixed else words["draft"],
            "subtitle": words["of"].format(month=one.month, **self._names),
            "author": self._party.name,
            "address": [line for line in (self._party.address or "").splitlines() if line],
            "partner": [self._names["theirs"], str(one.partner)],
            "sides": [self._side(one.ours), self._side(one.theirs)],
            "set_off": [words["set off"], self._money(one.netted)] if one.netted else None,
            "balance": self._balance(),
            "terms": words[Netting(one.netting)],
            "head": [words["ended"], words["cdr"], words["note"], "kWh", f"{words['amount']}, {one.currency}"],
            "parts": [
                {"name": words[side].format(**self._names), "rows": [self._row(item) for item in found]}
                for side in Side
                if (found := [item for item in self._items if item.side is side])
            ],
            "more": words["more"].format(many=rest) if rest > 0 else None,
            "zone": words["zone"].format(zone=one.time_zone),
        }

    def _side(self, side: SideSum) -> dict[str, Any]:
        words = self._words
        lines = [
            (words["cdrs"], self._number(Decimal(side.many), 0)),
            (words["energy"], f"{self._number(side.energy.kwh, 3)} kWh"),
        ]
        lines.append((words["net"], self._money(side.amount)))
        if side.credits:
            lines.append((words["credits"], self._money(side.credited)))
        if side.late:
            lines.append((words["late"], self._money(side.late_amount)))
        if side.vat:
            lines.append((words["vat"], self._money(side.vat)))
        if side.held:
            lines.append((words["held"], self._money(side.held_amount)))
        return {
            "name": words[side.side].format(**self._names),
            "lines": lines,
            "sum": [words["sum"], self._money(side.claim)],
        }

    def _balance(self) -> list[str]:
        balance = self._one.balance
        if not balance:
            return [self._words["even"], self._money(Decimal(0))]
        who, other = ("theirs", "ours") if balance > 0 else ("ours", "theirs")
        said = self._words["owes"].format(who=self._names[who], other=self._names[other])
        return [said, self._money(abs(balance))]

    def _row(self, item: Item) -> list[str]:
        notes = []
        if item.credit:
            notes.append(self._words["credit"])
        if item.ended_in is not None:
            notes.append(self._words["late of"].format(month=item.ended_in))
        return [
            item.ended_at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M"),
            item.cdr_id,
            ", ".join(notes),
            self._number(item.energy.kwh, 3),
            self._number(item.amount, 2),
        ]

    def _money(self, amount: Decimal) -> str:
        return f"{self._number(amount, 2)}\N{NO-BREAK SPACE}{self._one.currency}"

    def _number(self, number: Decimal, digits: int) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        written = str(format_decimal(number, format=pattern, locale=_LOCALES[self._language]))
        return written.replace("-", "\N{MINUS SIGN}")
