"""What is wrong with a Location of ours as it stands: judged before partners and drivers find it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import combinations, product

from msgspec import Struct

from laddnav.kit.ids import fold
from laddnav.kit.time import rfc3339
from laddnav.locations.findings import SEVERITY, Code, Finding, Severity, told
from laddnav.locations.model import Evse, Hours, Image, Location, Parking, Status

# What says something of how one can pay with a card (OCPI 2.2.1 mod_locations_capability_enum).
_READS = {"CHIP_CARD_SUPPORT", "CONTACTLESS_CARD_SUPPORT"}
_PAYS = {"CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE"}
_PIN_PAD = "PED_TERMINAL"
_PROFILES = ("PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN")
_SMALL_VEHICLES = {"PERSONAL_VEHICLE", "MOTORCYCLE"}
_PHOTO, _LOGO = (800, 600), (512, 512)
_LOGOS = {"NETWORK", "OPERATOR", "OWNER"}
_MEASURES = (
    "vehicle_weight_max",
    "vehicle_height_max",
    "vehicle_length_max",
    "vehicle_width_max",
    "length",
    "width",
    "dangerous_goods_allowed",
)
_HEAVIEST = (Severity.ERROR, Severity.WARNING, Severity.HINT)


class Offered(Struct, frozen=True, kw_only=True):
    """A Tariff: its `type`, whom it is for ("": everybody), and from when until when."""

    type: str | None = None
    group: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Around(Struct, frozen=True, kw_only=True):
    """What a Location does not say itself.

    `elsewhere`: at which other Location of ours an Evse uid stands too. `choiceless`: uids of Evses whose Station does
    not know which Connector is meant. `tariffs`: those that are offered here, by their folded ids. `company`: whom
    drivers are shown where no operator is named.
    """

    company: str
    elsewhere: Mapping[str, str] = {}
    choiceless: frozenset[str] = frozenset()
    tariffs: Mapping[str, Offered] = {}


def linted(location: Location, around: Around, language: str = "en") -> tuple[Finding, ...]:
    """The gravest first."""
    found = (told(code, pointer, language, **facts) for code, pointer, facts in _all(location, around))
    return tuple(sorted(found, key=lambda one: _HEAVIEST.index(SEVERITY[one.code])))


_Found = tuple[Code, str, dict[str, object]]


def _all(location: Location, around: Around) -> Iterator[_Found]:
    if location.publish and location.publish_allowed_to:
        yield Code.ALLOWED_THOUGH_PUBLISHED, "/publish_allowed_to", {}
    if not location.postal_code:
        yield Code.NO_POSTAL_CODE, "", {}
    if location.operator is None:
        yield Code.NO_OPERATOR, "", {"other": around.company}
    if location.opening_times is not None:
        yield from _hours(location.opening_times)
    mix = location.energy_mix
    if mix is not None and mix.sources and (total := sum(one.amount for one in mix.sources)) != 100:
        yield Code.MIX_NOT_WHOLE, "/energy_mix/energy_sources", {"sum": total}
    yield from _images(location.images, "/images")
    for place, parking in enumerate(location.parking_places):
        yield from _parking(parking, f"/parking_places/{place}")
    for place, evse in enumerate(location.evses):
        if evse.status is not Status.REMOVED:
            yield from _evse(evse, around, f"/evses/{place}")


def _hours(hours: Hours) -> Iterator[_Found]:
    """OCPI 2.2.1 mod_locations_regularhours_class, mod_locations_hours_class."""
    for place, one in enumerate(hours.regular):
        if one.end <= one.begin:
            facts = {"one": one.weekday, "since": one.begin, "until": one.end}
            yield Code.BACKWARD_HOURS, f"/opening_times/regular_hours/{place}", facts
    for (place, closed), opened in product(enumerate(hours.closings), hours.openings):
        since = max(closed.begin_at, opened.begin_at)
        if since < min(closed.end_at, opened.end_at):
            yield Code.OPEN_AND_CLOSED, f"/opening_times/exceptional_closings/{place}", {"since": rfc3339(since)}


def _images(images: Iterable[Image], pointer: str) -> Iterator[_Found]:
    """OCPI 2.2.1 mod_locations_image_class."""
    for place, one in enumerate(images):
        wanted = _LOGO if one.category in _LOGOS else _PHOTO
        if one.width and one.height and (one.width < wanted[0] or one.height < wanted[1]):
            facts = {"width": one.width, "height": one.height, "wanted": f"{wanted[0]} × {wanted[1]}"}
            yield Code.SMALL_IMAGE, f"{pointer}/{place}", facts


def _parking(parking: Parking, pointer: str) -> Iterator[_Found]:
    """OCPI 2.3.0 mod_locations_parking_object."""
    if not set(parking.vehicle_types) <= _SMALL_VEHICLES | {"DISABLED"}:
        missing = [name for name in _MEASURES if getattr(parking, name) is None]
        if missing:
            yield Code.NO_MEASURES, pointer, {"one": parking.id, "missing": ", ".join(missing)}
    if "DISABLED" in parking.vehicle_types and not parking.images:
        yield Code.NO_IMAGE, pointer, {"one": parking.id}


def _evse(evse: Evse, around: Around, pointer: str) -> Iterator[_Found]:
    other = around.elsewhere.get(evse.uid)
    if other is not None:
        yield Code.EVSE_ELSEWHERE, f"{pointer}/uid", {"one": evse.uid, "other": other}
    able = set(evse.capabilities)
    terminal = able & {*_READS, *_PAYS, _PIN_PAD}
    if terminal and not (able & _READS and able & _PAYS):
        yield Code.HALF_A_TERMINAL, f"{pointer}/capabilities", {"one": evse.uid, "said": ", ".join(sorted(terminal))}
    many = len(evse.connectors)
    if many > 1 and evse.uid in around.choiceless and "START_SESSION_CONNECTOR_REQUIRED" not in able:
        yield Code.WHICH_CONNECTOR, pointer, {"one": evse.uid, "count": many}
    for place, connector in enumerate(evse.connectors):
        if not connector.tariff_ids:
            yield Code.NO_TARIFF, f"{pointer}/connectors/{place}", {"one": evse.uid, "other": connector.id}
        for first, second in combinations(connector.tariff_ids, 2):
            if _at_once(around.tariffs.get(fold(first)), around.tariffs.get(fold(second))):
                named: dict[str, object] = {"one": evse.uid, "connector": connector.id}
                yield Code.TWO_TARIFFS, f"{pointer}/connectors/{place}", named | {"first": first, "second": second}
    known = (around.tariffs.get(fold(id)) for one in evse.connectors for id in one.tariff_ids)
    offered = {one.type for one in known if one is not None}
    missing = [profile for profile in _PROFILES if profile not in offered]
    if "CHARGING_PREFERENCES_CAPABLE" in able and missing:
        yield Code.NO_PROFILE_TARIFF, pointer, {"one": evse.uid, "missing": ", ".join(missing)}


def _at_once(one: Offered | None, other: Offered | None) -> bool:
    """Whether both are for the same drivers at some moment (OCPI 2.2.1 mod_locations_connector_object)."""
    if one is None or other is None or (one.type, one.group) != (other.type, other.group):
        return False
    return all(
        first.starts_at is None or second.ends_at is None or first.starts_at < second.ends_at
        for first, second in ((one, other), (other, one))
    )
