"""What an object's fields say together, and what the objects of one list say together: rules that no table holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeGuard

from laddnav.kit.time import rfc3339
from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.checks.objects import objects_in
from laddnav.ocpi.conform.checks.paging import instant, pages
from laddnav.ocpi.conform.record import Record

Words = Mapping[str, Any]
Ruling = Iterator[tuple[str, str | None]]  # (id, what is wrong)
_BANNED_IN_CDRS = {"CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE"}
_EXPIRED = "REMOVED"


def many(words: Words, name: str) -> list[Words]:
    members = words.get(name)
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []


def _location(words: Words) -> Ruling:
    evses = many(words, "evses")
    own = instant(words.get("last_updated"))
    for evse in evses:
        at = instant(evse.get("last_updated"))
        if own and at:
            yield (
                "LOC-003",
                f"EVSE {evse.get('uid')} changed at {rfc3339(at)}, its Location at {rfc3339(own)}"
                if at > own
                else None,
            )
        newest = max(filter(None, (instant(one.get("last_updated")) for one in many(evse, "connectors"))), default=None)
        if at and newest:
            late = f"a Connector of EVSE {evse.get('uid')} changed at {rfc3339(newest)}, the EVSE at {rfc3339(at)}"
            yield "LOC-003", late if newest > at else None
        ids = [str(one.get("id")).lower() for one in many(evse, "connectors")]
        yield "LOC-084", "two Connectors of an EVSE have one id" if len(set(ids)) < len(ids) else None
    if words.get("publish_allowed_to"):
        yield "LOC-033", "publish_allowed_to, though publish is true" if words.get("publish") is True else None
    for one in many(words, "publish_allowed_to"):
        yield "LOC-034", _publish_problem(one)
    if isinstance(words.get("opening_times"), dict):
        yield from _hours(words["opening_times"])
    if isinstance(words.get("energy_mix"), dict):
        shares = [
            one["percentage"]
            for one in many(words["energy_mix"], "energy_sources")
            if _is_number(one.get("percentage"))
        ]
        if shares:
            yield "LOC-109", f"percentages add up to {sum(shares)}" if sum(shares) != 100 else None
    tariffs = [one.get("tariff_ids") or one.get("tariff_id") for evse in evses for one in many(evse, "connectors")]
    if tariffs:
        yield "LOC-089", None if all(tariffs) else "a Connector refers to no Tariff"
    places = {str(one.get("id")).lower() for one in many(words, "parking_places")}
    for used in (one for evse in evses for one in many(evse, "parking")):
        yield "LOC-073", None if str(used.get("parking_id")).lower() in places else "a parking_id that is not there"


def _publish_problem(one: Words) -> str | None:
    if not any(one.get(name) for name in ("uid", "visual_number", "group_id")):
        return "none of uid, visual_number and group_id"
    if one.get("uid") and not one.get("type"):
        return "uid without type"
    if one.get("visual_number") and not one.get("issuer"):
        return "visual_number without issuer"
    return None


def _hours(words: Words) -> Ruling:
    regular = many(words, "regular_hours")
    if words.get("twentyfourseven") is True and regular:
        yield "LOC-099", "regular_hours beside twentyfourseven"
    elif words.get("twentyfourseven") is False:
        yield "LOC-099", None if regular else "neither twentyfourseven nor regular_hours"
    for one in regular:
        begin, end = str(one.get("period_begin")), str(one.get("period_end"))
        yield "LOC-102", None if begin < end else f"{begin} to {end}"


def _tariff(words: Words) -> Ruling:
    dimensions: dict[str, bool] = {}
    for element in many(words, "elements"):
        restrictions = element.get("restrictions") or {}
        kinds = {str(one.get("type")) for one in many(element, "price_components")}
        if restrictions.get("reservation"):
            yield (
                "TAR-061",
                f"{sorted(kinds - {'FLAT', 'TIME'})[0]} for a reservation" if kinds - {"FLAT", "TIME"} else None,
            )
            continue
        for kind in kinds:
            dimensions[kind] = not restrictions
    for kind, is_default in dimensions.items():
        yield "TAR-042", None if is_default else f"the last element with {kind} has restrictions"
    begin, end = instant(words.get("start_date_time")), instant(words.get("end_date_time"))
    if begin and end:
        yield "TAR-020", "it ends before it begins" if end < begin else None


def _session(words: Words) -> Ruling:
    begin, end = _when(words)
    if begin and end:
        yield "SES-022", "it ends before it begins" if end < begin else None
    kwh = words.get("kwh")
    if _is_number(kwh):
        yield "SES-023", None if kwh < 100_000 else f"{kwh} kWh"
    if words.get("status") in ("PENDING", "RESERVATION") and _is_number(kwh):
        yield "SES-034", f"{kwh} kWh before it is ACTIVE" if kwh else None
    for value in (one for period in many(words, "charging_periods") for one in many(period, "dimensions")):
        if value.get("type") == "STATE_OF_CHARGE" and _is_number(value.get("volume")):
            yield "SES-042", None if 0 <= value["volume"] <= 100 else f"STATE_OF_CHARGE {value['volume']}"
    for field in ("evse_uid", "connector_id"):
        if words.get(field) == "#NA":
            reserved = words.get("status") == "RESERVATION" or not kwh
            yield "SES-029", None if reserved else f"{field} is #NA in a charge"
            yield "TYP-041", None if reserved else f"{field} is #NA in a charge"


def _cdr(words: Words) -> Ruling:
    begin, end = _when(words)
    if begin and end:
        yield "CDR-030", "it ends before it begins" if end < begin else None
    periods = many(words, "charging_periods")
    starts = [at for one in periods if (at := instant(one.get("start_date_time")))]
    if starts and begin and end:
        inside = starts == sorted(starts) and begin <= starts[0] and starts[-1] <= end
        yield "CDR-033", None if inside else "charging periods are not in order, or not inside the charge"
    dimensions = [one for period in periods for one in many(period, "dimensions")]
    kinds = {str(one.get("type")) for one in dimensions}
    if kinds:
        banned = sorted(kinds & _BANNED_IN_CDRS)
        yield "CDR-040", f"{banned[0]} in a CDR" if banned else None
        yield "CDR-039", f"{(banned or ['FLAT'])[0]} in a CDR" if banned or "FLAT" in kinds else None
    tariffs = {str(one.get("id")).lower() for one in many(words, "tariffs")}
    for used in {str(one["tariff_id"]) for one in periods if one.get("tariff_id")}:
        yield "CDR-035", None if used.lower() in tariffs else f"{used!r} is not among its tariffs"
    yield from _totals(words, dimensions)
    yield from _credit(words)


def _totals(words: Words, dimensions: list[Words]) -> Ruling:
    time, parking = words.get("total_time"), words.get("total_parking_time")
    if _is_number(time) and _is_number(parking):
        yield "CDR-047", f"{parking} h of parking in {time} h" if parking > time else None
    begin, end = _when(words)
    if begin and end and _is_number(time):
        length = Decimal((end - begin).total_seconds()) / 3600
        fits = abs(length - Decimal(str(time))) <= Decimal("0.02")
        yield "CDR-046", None if fits else f"total_time is {time} h from start to end {round(length, 4)} h"
    energy = [one["volume"] for one in dimensions if one.get("type") == "ENERGY" and _is_number(one.get("volume"))]
    total = words.get("total_energy")
    if energy and _is_number(total):
        fits = abs(sum(map(_decimal, energy)) - _decimal(total)) <= Decimal("0.01")
        yield "CDR-041", None if fits else f"total_energy is {total} kWh, its periods have {sum(map(_decimal, energy))}"
    parts = [
        _before_taxes(words.get(f"total_{part}_cost")) for part in ("fixed", "energy", "time", "parking", "reservation")
    ]
    there, cost = [one for one in parts if one is not None], _before_taxes(words.get("total_cost"))
    if there and cost is not None and not words.get("credit"):
        over = sum(there) - cost > Decimal("0.05") and not any(
            one.get(bound) for one in many(words, "tariffs") for bound in ("min_price", "max_price")
        )
        yield "CDR-048", f"its parts cost {sum(there)}, the whole {cost}" if over else None


def _credit(words: Words) -> Ruling:
    id = str(words.get("id", ""))
    if words.get("credit") is True:
        yield "CDR-018", None if words.get("credit_reference_id") else "credit without credit_reference_id"
        yield "CDR-013", "it credits itself" if words.get("credit_reference_id") == id else None
    else:
        yield "CDR-017", "credit_reference_id without credit" if words.get("credit_reference_id") else None
        yield "CDR-020", f"{len(id)} characters" if len(id) > 36 else None


def _token(words: Words) -> Ruling:
    group = words.get("group_id")
    if isinstance(group, str):
        yield "TOK-018", f"{len(group)} characters" if len(group) > 20 else None
    if words.get("type") in ("AD_HOC_USER", "APP_USER"):
        yield "TOK-026", None if words.get("whitelist") == "NEVER" else f"whitelist {words.get('whitelist')}"


def _when(words: Words) -> tuple[Any, Any]:
    """(start, end), whatever the version and the object call them."""
    starts, ends = ("start_date_time", "start_datetime"), ("end_date_time", "stop_date_time", "end_datetime")
    return tuple(next((at for name in names if (at := instant(words.get(name)))), None) for names in (starts, ends))  # type: ignore[return-value]  # two names, two instants


def _is_number(value: Any) -> TypeGuard[int | Decimal]:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _before_taxes(price: Any) -> Decimal | None:
    if isinstance(price, dict):
        price = price.get("excl_vat", price.get("before_taxes"))
    return _decimal(price) if _is_number(price) else None


RULES: dict[str, Callable[[Words], Ruling]] = {
    "Location": _location,
    "Tariff": _tariff,
    "Session": _session,
    "CDR": _cdr,
    "Token": _token,
}


@shows(
    *("LOC-003", "LOC-033", "LOC-034", "LOC-073", "LOC-084", "LOC-089", "LOC-099", "LOC-102", "LOC-109"),
    *("TAR-020", "TAR-042", "TAR-061", "SES-022", "SES-023", "SES-029", "SES-034", "SES-042", "TYP-041"),
    *("CDR-013", "CDR-017", "CDR-018", "CDR-020", "CDR-030", "CDR-033", "CDR-035", "CDR-039", "CDR-040"),
    *("CDR-041", "CDR-046", "CDR-047", "CDR-048", "TOK-018", "TOK-026"),
)
def objects_mean_something(record: Record) -> Iterator[Finding]:
    for one in record.exchanges:
        for words, kind, partial in objects_in(one):
            rule = RULES.get(kind)
            if rule is None or partial or not isinstance(words, dict):
                continue
            for id, problem in rule(words):
                named = f"{kind} {words.get('id', words.get('uid'))}: {problem}" if problem else None
                yield from found((id,), one, named, named and words)


@shows("LOC-037", "LOC-055", "LOC-006", "TOK-005", "SES-055")
def ids_are_the_only_ones_of_their_list(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        data = [words for words in one.answer.data or () if isinstance(words, dict)] if one.answer.data else []
        if not data:
            continue
        if one.module == "locations":
            yield from found(("LOC-037",), one, _twice([words.get("id") for words in data]))
            uids = [evse.get("uid") for words in data for evse in many(words, "evses")]
            yield from found(("LOC-055",), one, _twice(uids))
            if not any(name in one.request.url for name in ("date_from", "date_to")):
                expired = [words.get("id") for words in data if not _has_valid_evses(words)]
                yield from found(("LOC-006",), one, f"{expired[0]!r} has no valid EVSE" if expired else None)
        if one.module == "sessions":
            yield from found(("SES-055",), one, _twice([words.get("id") for words in data]))
        if one.module == "tokens":
            yield from found(("TOK-005",), one, _twice([(words.get("uid"), words.get("type")) for words in data]))


def _has_valid_evses(location: Words) -> bool:
    return any(one.get("status") != _EXPIRED for one in many(location, "evses"))


def _twice(values: list[Any]) -> str | None:
    seen: set[str] = set()
    for value in values:
        key = str(value).lower()
        if key in seen:
            return f"{value!r} comes twice"
        seen.add(key)
    return None
