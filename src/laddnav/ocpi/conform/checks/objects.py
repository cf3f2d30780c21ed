"""Every object that the peer shows or sends, value by value, against the tables of its version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.dialect import DIALECTS
from laddnav.ocpi.conform.record import CONFIGURATION, Exchange, Record
from laddnav.ocpi.conform.shapes import Seen, Slip, inspected, vocabulary

# What names the required fields of an object; 2.1.1 has rows of its own.
REQUIRES: dict[str, tuple[str, ...]] = {
    "Version": ("VER-001",),
    "VersionDetails": ("VER-002",),
    "Endpoint": ("VER-007", "VER-006"),
    "Credentials": ("CRED-029", "CRED-028"),
    "CredentialsRole": ("CRED-029", "CRED-033"),
    "Location": ("LOC-040", "LOC-041"),
    "EVSE": ("LOC-054",),
    "Connector": ("LOC-081", "LOC-082"),
    "AdditionalGeoLocation": ("LOC-098",),
    "Hours": ("LOC-099",),
    "StatusSchedule": ("LOC-063",),
    "Image": ("LOC-106",),
    "BusinessDetails": ("LOC-107",),
    "EnergyMix": ("LOC-108",),
    "EnvironmentalImpact": ("LOC-111", "LOC-110"),
    "ExceptionalPeriod": ("LOC-104",),
    "Tariff": ("TAR-011", "TAR-010", "TAR-012"),
    "PriceComponent": ("TAR-026",),
    "Price": ("TYP-028", "TYP-029"),
    "TaxAmount": ("TYP-030",),
    "Token": ("TOK-014", "TOK-015"),
    "EnergyContract": ("TOK-022",),
    "LocationReferences": ("TOK-050", "TOK-051"),
    "AuthorizationInfo": ("TOK-043", "TOK-044"),
    "Session": ("SES-017", "SES-018"),
    "CDR": ("CDR-022", "CDR-023"),
    "CdrToken": ("CDR-057", "SES-024"),
    "CdrLocation": ("CDR-051",),
    "SignedData": ("CDR-059",),
    "SignedValue": ("CDR-060",),
    "CommandResponse": ("CMD-006", "CMD-007", "CMD-005", "CMD-010"),
    "CommandResult": ("CMD-009", "CMD-011"),
    "DisplayText": ("TYP-020",),
    "ChargingProfileResponse": ("CHP-006",),
    "ChargingProfile": ("CHP-022",),
    "ChargingProfilePeriod": ("CHP-024",),
    "ActiveChargingProfile": ("CHP-028",),
    "ClientInfo": ("HCI-006",),
    "InvoiceReconciliationRecord": ("INV-008", "INV-009"),
    "Terminal": ("PAY-017",),
    "FinancialAdviceConfirmation": ("PAY-031", "PAY-032"),
    "StartSession": ("CMD-023",),
    "StopSession": ("CMD-042",),
    "ReserveNow": ("CMD-034",),
    "CancelReservation": ("CMD-039",),
    "UnlockConnector": ("CMD-043",),
}
# What each kind of value shows by being right, and by being wrong in that way.
_SCALARS: dict[str, tuple[str, ...]] = {
    "CiString": ("TYP-001", "TYP-004"),
    "string": ("TYP-007", "TYP-004"),
    "DateTime": ("TYP-008", "TYP-010", "TYP-013"),
    "number": ("TYP-015",),
    "int": ("TYP-018",),
    "weekday": ("TYP-018",),
    "URL": ("TYP-019",),
}


@shows(
    *{id for ids in (*REQUIRES.values(), *_SCALARS.values()) for id in ids},
    *{id for version in DIALECTS for id in vocabulary(version).shown},
    *("TYP-021", "TYP-025", "TYP-023", "TYP-037", "TYP-038", "TYP-039", "TYP-040"),
)
def objects_are_as_their_tables_say(record: Record) -> Iterator[Finding]:
    for one in record.exchanges:
        if record.their_role == "HUB" and not one.ours and one.module not in CONFIGURATION:
            continue  # what a hub passes on is our own
        best: dict[str, Finding] = {}
        for words, kind, partial in objects_in(one):
            for seen in inspected(words, kind, record.version, partial=partial):
                problem = None if seen.slip is None else f"{seen.pointer or '/'}: {seen.why}"
                for finding in found(_shown(seen, record.version, partial), one, problem, problem and words):
                    if finding.id not in best or (best[finding.id].problem is None and problem is not None):
                        best[finding.id] = finding
        yield from best.values()


def objects_in(one: Exchange) -> Iterator[tuple[Any, str, bool]]:
    """(words, object, only a part of it): of the peer's, in its answer or in what it sent."""
    if one.holds is None:
        return
    kind = one.holds.rstrip("*")
    if not one.ours:
        if one.request.words is not None:
            yield one.request.words, kind, one.request.method == "PATCH"
        return
    if not one.answer.granted and not one.holds.endswith("Response"):
        return
    data = one.answer.data
    if one.holds.endswith("*"):
        yield from ((words, kind, False) for words in (data if isinstance(data, list) else ()))
    elif data is not None:
        yield data, kind, False


def _shown(seen: Seen, version: str, partial: bool) -> Iterator[str]:
    """The ids for which this value speaks."""
    if seen.slip is Slip.NAME:
        yield "TYP-040"
        return
    if seen.slip is None and not seen.pointer.split("/")[-1].isdigit():
        yield "TYP-040"
    if seen.slip in (Slip.MISSING, Slip.EMPTY):
        yield "TYP-039" if seen.slip is Slip.MISSING else "TYP-038"
        yield from REQUIRES.get(seen.object, ())
        yield from seen.field.shows
        return
    if seen.field.required and not partial:
        yield "TYP-038" if seen.field.several else "TYP-039"
        yield from REQUIRES.get(seen.object, ())
    elif seen.field.several:
        yield "TYP-037"
    yield from seen.field.shows
    yield from _of_type(seen, version)


def _of_type(seen: Seen, version: str) -> Iterator[str]:
    enum = vocabulary(version).enums.get(seen.field.type)
    if enum is not None:
        yield from enum.shows
        if not enum.open:
            yield from ("TYP-021", "TYP-025", "TYP-023")
        return
    ids = _SCALARS.get(seen.field.type.partition("(")[0], ())
    if seen.field.type.startswith(("CiString", "string")) and seen.slip is not None:
        wrong = {Slip.LENGTH: "TYP-004", Slip.CHARSET: "TYP-001"}.get(seen.slip)
        ids = (wrong,) if wrong in ids else ids[:1]
    yield from ids
