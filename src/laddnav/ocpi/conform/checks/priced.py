"""Whether the peer's CDRs cost what their own Tariffs say: each is priced again, and a known mistake has its own id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from laddnav.kit.json import Unreadable
from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.checks.objects import objects_in
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.wire.charge import read_charge
from laddnav.ocpi.wire.codec import encoded
from laddnav.pricing.check.causes import Cause, said
from laddnav.pricing.check.verdicts import Checked, Verdict, checked

# What each mistake breaks; one that nobody knows makes the total another than the sum of all costs.
BREAKS: Mapping[Cause, str] = {
    Cause.CREDIT_NOT_NEGATED: "CDR-014",
    Cause.UTC_FOR_LOCAL_TIME: "TAR-048",
    Cause.STEP_PER_PERIOD: "CDR-068",
    Cause.STEP_IGNORED: "TAR-068",
    Cause.STEP_ON_THE_WRONG_TIME: "TAR-076",
    Cause.MAX_PRICE_IGNORED: "TAR-084",
    Cause.MIN_PRICE_IGNORED: "TAR-083",
    Cause.TAXES_FORGOTTEN: "TAR-029",
    Cause.TAXES_TWICE: "TAR-029",
    Cause.TAXES_IN_EXCL: "TAR-029",
    Cause.RESERVATION_LEAK: "TAR-060",
    Cause.TIME_PER_MINUTE: "TAR-033",
    Cause.PAUSE_AS_PARKING: "CDR-043",
    Cause.DURATION_FROM_PARKING: "TAR-058",
    Cause.NIGHT_OF_THE_DAY_BEFORE: "TAR-051",
    Cause.FLAT_PER_ELEMENT: "TAR-046",
}
_RIGHT = ("CDR-048", "CDR-036", "TAR-033", "TAR-037")  # what a CDR shows that costs what its Tariff says


@shows(*_RIGHT, *set(BREAKS.values()) - set(_RIGHT))
def cdrs_cost_what_their_tariffs_say(record: Record) -> Iterator[Finding]:
    zones = _zones(record)
    for one in record.exchanges:
        if one.step == "cdrs: GET after POST":
            continue  # it is our own
        for words, kind, _ in objects_in(one):
            if kind != "CDR" or not isinstance(words, dict) or not words.get("tariffs"):
                continue
            done = _checked(words, record.version, zones)
            if done is None or done.verdict is Verdict.NOT_VERIFIABLE:
                continue
            total = done.field("total_cost")
            if total is None or total.verdict is not Verdict.MISMATCH:
                yield from found(_RIGHT, one)
                continue
            cause = done.likely_cause
            why = f"{said(cause)} " if cause else ""
            problem = f"CDR {words.get('id')}: {why}It states {total.stated}, its Tariff makes {total.ours}"
            yield from found((BREAKS.get(cause, "CDR-048") if cause else "CDR-048",), one, problem, words)


def _checked(words: Mapping[str, Any], version: str, zones: Mapping[str, str]) -> Checked | None:
    """None where it cannot even be read, which is another finding."""
    place = words.get("cdr_location") or words.get("location") or {}
    try:
        charge = read_charge(encoded(words), version)
    except Unreadable:
        return None
    return checked(charge, zone=zones.get(str(place.get("id")).lower()))


def _zones(record: Record) -> dict[str, str]:
    """The time zone of each Location that the peer has shown or sent."""
    return {
        str(words.get("id")).lower(): words["time_zone"]
        for one in record.exchanges
        for words, kind, _ in objects_in(one)
        if kind == "Location" and isinstance(words, dict) and isinstance(words.get("time_zone"), str)
    }
