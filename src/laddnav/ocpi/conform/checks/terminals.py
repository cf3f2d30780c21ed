"""What a CPO says of payment terminals to their provider, which we play, and of charges that were paid at one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.checks.hub import party
from laddnav.ocpi.conform.record import Exchange, Record

_PATHS = ("terminals", "financial-advice-confirmations")


def _said(record: Record) -> Iterator[tuple[Exchange, list[str]]]:
    """(what was asked of us as a provider, the segments behind the module)."""
    for one in record.theirs if record.our_role == "PTP" else ():
        if one.module == "payments":
            yield one, urlsplit(one.request.url).path.partition("/payments")[2].strip("/").split("/")


@shows("PAY-016", "PAY-035")
def a_terminal_is_found_by_its_id_alone(record: Record) -> Iterator[Finding]:
    for one, path in _said(record):
        verbs = ("activate", "deactivate")
        fits = path[0] in _PATHS and len([part for part in path[1:] if part not in verbs]) <= 1
        yield from found(("PAY-016",), one, None if fits else f"{one.summary} names more than an id")
        named = all(party(one.request.headers, side) for side in ("to", "from"))
        yield from found(("PAY-035",), one, None if named else "no routing headers")


@shows("PAY-018", "PAY-020")
def what_is_said_of_a_terminal_fits(record: Record) -> Iterator[Finding]:
    for one, _ in _said(record):
        words = one.request.words if isinstance(one.request.words, dict) else {}
        for name in ("customer_reference", "reference"):
            if isinstance(words.get(name), str):
                long = len(words[name]) > 36
                yield from found(("PAY-018",), one, f"{name} has {len(words[name])} characters" if long else None)
        if words.get("invoice_creator") is not None:
            known = words["invoice_creator"] in ("CPO", "PTP")
            yield from found(("PAY-020",), one, None if known else f"invoice_creator {words['invoice_creator']!r}")


@shows("PAY-028")
def a_bill_names_what_was_paid_under(record: Record) -> Iterator[Finding]:
    """A reference that a CDR has for its invoice is the one under which the amount was reserved."""
    asked = record.last("commands: START_SESSION")
    reference = asked.request.words.get("authorization_reference") if asked is not None else None
    for one in record.of("their POST cdrs") if reference is not None and record.our_role == "PTP" else ():
        words = one.request.words if isinstance(one.request.words, dict) else {}
        invoice = words.get("invoice_reference_id")
        same = words.get("authorization_reference") == reference and invoice in (None, reference)
        yield from found(("PAY-028",), one, None if same else f"it is not under {reference!r}")
