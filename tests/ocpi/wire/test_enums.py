"""Every enumeration of every version: of an open list any word is read, of a closed one none but its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec.inspect as inspect
import pytest

from laddnav.ocpi.conform.shapes import vocabulary
from laddnav.ocpi.wire.v2_1_1.listed import LISTED as IN_2_1_1
from laddnav.ocpi.wire.v2_2_1.listed import LISTED as IN_2_2_1
from laddnav.ocpi.wire.versions import VERSIONS

# What the catalogue calls otherwise than we do.
NAMED = {
    "CDR": "Cdr",
    "CdrDimension": "Dimension",
    "EVSE": "Evse",
    "EVSEParking": "EvseParking",
    "FinancialAdviceConfirmation": "Confirmation",
    "TariffRestrictions": "Restrictions",
}
# Nothing is decided by these: a place with a word of tomorrow is worth more than none, and 2.3.0 has opened most of the
# lists. What such a version does not list is not said in it (docs/reference/deviations.md).
PLACES = {
    *("Image.category", "Location.facilities", "EVSE.capabilities", "EVSE.parking_restrictions"),
    *("Connector.standard", "Connector.format", "Connector.power_type"),
}
# A charge has been, whatever else it was measured by; what is for reservations of tomorrow is for none of today.
CHARGES = {"CdrDimension.type", "TariffRestrictions.reservation"}
KEPT = {
    "2.1.1": PLACES | {"CdrDimension.type", "Location.type", "EnergySource.source", "EnvironmentalImpact.source"},
    "2.2.1": PLACES
    | CHARGES
    | {"Location.parking_type", "PublishTokenType.type", "EnergySource.source", "EnvironmentalImpact.category"}
    | {"CdrLocation.connector_standard", "CdrLocation.connector_format", "CdrLocation.connector_power_type"}
    | {"Endpoint.role", "Tariff.type", "Token.default_profile_type"},
    # What a side is called in a list that we asked for is refused to nobody; an endpoint of neither side is left out.
    "2.3.0": {"Endpoint.role"},
}
# A result is an object of its own for each request, and has the words of `wire/profiles.py`.
SAID_ALONE = {"ChargingProfileResultType"}
# Of more than one version, or ours alone; what goes out is said in words of the version.
MORE = {"Role": {"HUB", "PTP"}, "SessionStatus": {"SETTLING"}}


def structs(number: str) -> dict[str, dict[str, inspect.Type]]:
    """Of each object of a version that we read, by its name: its fields."""
    found: dict[str, dict[str, inspect.Type]] = {}
    seen = set[type]()

    def walk(type: Any) -> None:
        for inner in ("types", "item_type", "type"):
            each = getattr(type, inner, ())
            for one in each if isinstance(each, tuple) else (each,):
                walk(one)
        if isinstance(type, inspect.StructType) and type.cls not in seen:
            seen.add(type.cls)
            name = type.cls.__name__.removeprefix("Wire")
            fields = {field.encode_name: field.type for field in type.fields}
            found[name] = max(found.get(name, {}), fields, key=len)  # of a place in a CDR, 2.1.1 says less
            for field in fields.values():
                walk(field)

    codecs = VERSIONS[number].codecs
    for kind in codecs:
        walk(inspect.type_info(codecs[kind].wire))
    return found


def words(type: Any) -> set[str] | None:
    """Those that are read; None: any."""
    match type:
        case inspect.EnumType():
            return {str(one.value) for one in type.cls}
        case inspect.LiteralType():
            return {str(one) for one in type.values}
        case inspect.UnionType():
            return next((some for one in type.types if (some := words(one)) is not None), None)
        case inspect.VarTupleType():
            return words(type.item_type)
    return None


def rows() -> Iterator[tuple[str, str, str]]:
    for number in VERSIONS:
        known = vocabulary(number)
        for object, fields in known.objects.items():
            for name, field in fields.items():
                if field.type in known.enums:
                    yield number, f"{object}.{name}", field.type


def test_every_field_is_named_in_small_letters() -> None:
    """TYP-040."""
    named = {field for number in VERSIONS for fields in structs(number).values() for field in fields}
    assert (
        len(named) > 200 and {name for name in named if not re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", name)} == set()
    )


@pytest.mark.parametrize("number", VERSIONS)
def test_a_list_is_read_as_its_version_has_it(number: str) -> None:
    """TYP-022, TYP-023: field by field."""
    known, found, kept = vocabulary(number), structs(number), set[str]()
    for _, where, enum in (row for row in rows() if row[0] == number):
        object, _, name = where.partition(".")
        fields = found.get(NAMED.get(object, object)) or found.get(f"{object}Of")
        if enum in SAID_ALONE:
            continue
        assert fields is not None, where
        read = words(fields[name])
        if known.enums[enum].open:
            assert read is None, where
        elif read is None:
            kept.add(where)
        else:
            assert read ^ known.enums[enum].values <= MORE.get(enum, set()), where
    assert kept == KEPT[number]


SAID = {
    "capabilities": "Capability",
    "facilities": "Facility",
    "format": "ConnectorFormat",
    "parking_restrictions": "ParkingRestriction",
    "parking_type": "ParkingType",
    "power_type": "PowerType",
    "standard": "ConnectorType",
    "token_type": "TokenType",
    "type": "LocationType",
}


@pytest.mark.parametrize(("number", "said"), [("2.1.1", IN_2_1_1), ("2.2.1", IN_2_2_1)])
def test_what_is_kept_of_any_word_is_said_in_those_of_a_closed_list(
    number: str, said: dict[str, frozenset[str]]
) -> None:
    """LOC-042, LOC-043, LOC-066, LOC-067, LOC-070, LOC-090, LOC-091, LOC-093, LOC-094, LOC-112, LOC-113."""
    known = vocabulary(number)
    for field, words in said.items():
        assert words == known.enums[SAID[field]].values - {"UNKNOWN"}, field
