"""A statement of account as a PDF, in English, Swedish or German: what is open, overdue, and was paid ahead."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import typst
from msgspec import Struct

from laddnav.billing.letters import language_of, money
from laddnav.billing.model import Debtor, Seller
from laddnav.billing.open_items import DebtorStanding, OpenItem
from laddnav.billing.pdf import MARK
from laddnav.billing.references import grouped, reference
from laddnav.kit import json

_HERE = Path(__file__).parent
_one_at_a_time = Lock()  # as in pdf.py: a compiler keeps its fonts


class Account(Struct, frozen=True, kw_only=True):
    """A debtor with all that is open, at an instant."""

    seller: Seller
    debtor: Debtor
    standings: tuple[DebtorStanding, ...]
    at: datetime


_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Statement of account",
        "to": "To",
        "day": "As of",
        "overdue": "Overdue",
        "later": "Due later",
        "not_invoiced": "Not invoiced yet",
        "on_account": "Paid ahead",
        "balance": "Owed in all",
        "columns": ("Invoice", "Date", "Due", "Amount", "Paid", "Open"),
        "nothing": "No invoice is open.",
        "pay": "Please pay what is overdue to {pay_to}. Each invoice has its own reference: {references}.",
        "credit": "Amounts below zero are in your favour.",
        "vat number": "VAT number {number}",
    },
    "sv": {
        "title": "Kontoutdrag",
        "to": "Till",
        "day": "Per den",
        "overdue": "Förfallet",
        "later": "Förfaller senare",
        "not_invoiced": "Ännu inte fakturerat",
        "on_account": "Betalt i förväg",
        "balance": "Skuld totalt",
        "columns": ("Faktura", "Datum", "Förfaller", "Belopp", "Betalt", "Återstår"),
        "nothing": "Ingen faktura är obetald.",
        "pay": "Betala det som är förfallet till {pay_to}. Varje faktura har sin egen referens: {references}.",
        "credit": "Belopp under noll är till er fördel.",
        "vat number": "Momsnummer {number}",
    },
    "de": {
        "title": "Kontoauszug",
        "to": "An",
        "day": "Stand",
        "overdue": "Überfällig",
        "later": "Später fällig",
        "not_invoiced": "Noch nicht berechnet",
        "on_account": "Vorausgezahlt",
        "balance": "Schuld insgesamt",
        "columns": ("Rechnung", "Datum", "Fällig", "Betrag", "Bezahlt", "Offen"),
        "nothing": "Keine Rechnung ist offen.",
        "pay": "Bitte zahlen Sie Überfälliges auf {pay_to}. Jede Rechnung hat ihren Verwendungszweck: {references}.",
        "credit": "Beträge unter null sind zu Ihren Gunsten.",
        "vat number": "USt-IdNr. {number}",
    },
}
REFERENCES_MOST = 12  # named below the table


def statement(account: Account, language: str = "") -> bytes:
    """In the debtor's language, if none of ours is named. PDF/A-3a where our typefaces have all its letters."""
    written = json.encode(_texts(account, language if language in _WORDS else language_of(account.debtor))).decode()
    try:
        return _compiled(written, account.at, archival=True)
    except typst.TypstError:
        return _compiled(written, account.at, archival=False)


def _compiled(written: str, at: datetime, *, archival: bool) -> bytes:
    with _one_at_a_time:
        compiled = _compiler(ours_only=archival).compile(
            format="pdf",
            sys_inputs={"statement": written},
            pdf_standards=["a-3a"] if archival else [],
            timestamp=at.replace(microsecond=0),
        )
    assert isinstance(compiled, bytes)
    return compiled


@cache
def _compiler(*, ours_only: bool) -> typst.Compiler:
    return typst.Compiler(input=_HERE / "statement.typ", font_paths=[_HERE / "fonts"], ignore_system_fonts=ours_only)


def _texts(account: Account, language: str) -> dict[str, Any]:
    words, seller = _WORDS[language], account.seller
    zone = ZoneInfo(seller.time_zone)
    vat = seller.vat_number and words["vat number"].format(number=seller.vat_number)
    address = ", ".join((seller.address or "").splitlines())
    return {
        "language": language,
        "title": words["title"],
        "mark": MARK,
        "words": {name: words[name] for name in ("to", "day", "columns", "nothing")},
        "seller": {"name": seller.name, "footer": [one for one in (seller.name, address, vat, seller.website) if one]},
        "buyer": {"name": account.debtor.name, "lines": (account.debtor.address or "").splitlines()},
        "day": account.at.astimezone(zone).date().isoformat(),
        "parts": [_part(one, words, language, zone, account.at) for one in account.standings],
        "notes": _notes(account, words),
    }


def _part(one: DebtorStanding, words: dict[str, Any], language: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    figures = [
        (words["overdue"], one.overdue),
        (words["later"], one.due_later),
        (words["not_invoiced"], one.not_invoiced),
        (words["on_account"], -one.on_account),
    ]
    shown = [(name, amount) for name, amount in figures if amount] + [(words["balance"], one.balance)]
    return {
        "figures": [(name, money(amount, one.currency, language)) for name, amount in shown],
        "rows": [
            {
                "late": item.overdue(now),
                "cells": (
                    item.number,
                    item.issued_at.astimezone(zone).date().isoformat(),
                    item.due_at.astimezone(zone).date().isoformat(),
                    *(money(amount, one.currency, language) for amount in (item.to_pay, item.settled, item.open)),
                ),
            }
            for item in one.items
        ],
    }


def _notes(account: Account, words: dict[str, Any]) -> list[str]:
    items = [item for one in account.standings for item in one.items]
    late = [item for item in items if item.overdue(account.at)]
    notes = []
    if late and account.seller.pay_to:
        references = ", ".join(_cited(item, account) for item in late[:REFERENCES_MOST])
        notes.append(words["pay"].format(pay_to=account.seller.pay_to, references=references))
    if any(item.to_pay < 0 for item in items):
        notes.append(words["credit"])
    return notes


def _cited(item: OpenItem, account: Account) -> str:
    return f"{item.number}: {grouped(reference(item.number, account.seller.holder.country))}"
