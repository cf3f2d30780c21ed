"""What decides a price is read from any version's words: leniently where no price depends on it, else by its path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import charge_of
from laddnav.kit.json import Unreadable
from laddnav.metering.model import Dimension
from laddnav.ocpi.wire import terms
from laddnav.ocpi.wire.charge import (
    MOST_PERIODS,
    charge_and_version,
    read_charge,
    read_tariff,
    read_tariffs,
    version_of,
)
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.lenient import MOST_BYTES
from laddnav.pricing.model import Amount
from laddnav.tariffs.model import Tariff, TariffDimension, TaxIncluded
from tests.ocpi.wire.test_examples import CASES, HEARING, SPELT, rows

ENDS = {"2.1.1": "stop_date_time", "2.2.1": "end_date_time", "2.3.0": "end_date_time"}
PRICES: dict[str, Any] = {
    "2.1.1": 4,
    "2.2.1": {"excl_vat": 4, "incl_vat": Decimal("4.4")},
    "2.3.0": {"before_taxes": 4, "taxes": [{"name": "VAT", "percentage": 10, "amount": Decimal("0.4")}]},
}
every_version = pytest.mark.parametrize("version", ENDS)
TARIFF: dict[str, Any] = {
    "id": "T",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "TIME", "price": 2, "step_size": 300}]}],
}


def cdr(version: str, **changes: Any) -> bytes:
    """The least that can be priced, and what is changed in it; … leaves a field out."""
    words = {
        "start_date_time": "2026-06-29T21:39:09Z",
        ENDS[version]: "2026-06-29T23:37:32Z",
        "currency": "eur",
        "tariffs": [TARIFF],
        "charging_periods": [
            {"start_date_time": "2026-06-29T21:39:09Z", "dimensions": [{"type": "TIME", "volume": Decimal("1.973")}]}
        ],
        "total_cost": PRICES[version],
    }
    return encoded({name: said for name, said in (words | changes).items() if said is not ...})


def example(version: str) -> bytes:
    return (CASES / version / "cdrs" / "example-of-a-cdr.json").read_bytes()


@every_version
def test_the_example_of_a_cdr_is_read_as_it_stands(version: str) -> None:
    """TAR-115, CDR-041, CDR-046: also where its price is a text and its Tariff lacks a field."""
    charge = read_charge(example(version))
    assert charge == read_charge(example(version), version)
    assert (charge.id, charge.currency) == ("12345", "EUR")
    assert charge.ended_at - charge.started_at == timedelta(hours=1, minutes=58, seconds=23)
    assert charge.periods[0].dimensions == (Dimension("TIME", Decimal("1.973")),)
    assert charge.energy is not None and charge.energy.kwh == Decimal("15.342")
    assert charge.time == timedelta(seconds=7102, milliseconds=800)
    assert charge.tariffs[0].elements[0].components[0].price == 2
    assert charge.stated.total is not None and charge.stated.total.excl == 4


@every_version
def test_it_reads_what_the_whole_codec_reads(version: str) -> None:
    """So that a CDR that was received and one that lies in a file have the same price."""
    for row in rows(version):
        said = (CASES / version / row["file"]).read_bytes()
        if row["refused"] or row["packed"] != "object" or row["kind"] not in ("Cdr", "Tariff"):
            continue
        if row["kind"] == "Tariff":
            tariff = SPELT[version][Tariff].decode(said, HEARING)
            lean = read_tariff(said)
            assert (lean.elements, lean.price_min, lean.price_max) == (
                tariff.elements,
                tariff.price_min,
                tariff.price_max,
            )
            assert (lean.type, lean.tax_included, lean.currency) == (tariff.type, tariff.tax_included, tariff.currency)
            continue
        whole, charge = SPELT[version][Cdr].decode(said, HEARING), read_charge(said)
        assert (charge.periods, charge.tariffs) == (whole.periods, whole.tariffs)
        assert (charge.energy, charge.time, charge.stated) == (whole.energy, whole.time, charge_of(whole, None).stated)


@every_version
def test_the_version_is_seen_from_the_words(version: str) -> None:
    """CDR-024: of every example that has what its version requires."""
    for row in rows(version):
        if row["kind"] in ("Cdr", "Tariff") and row["packed"] == "object":
            assert version_of(parsed((CASES / version / row["file"]).read_bytes())) == version
    assert version_of(parsed(cdr(version))) == version
    assert read_charge(cdr(version)) == read_charge(cdr(version), version)


def test_a_text_that_speaks_of_a_field_does_not_make_it_another_version() -> None:
    said = cdr("2.2.1", remark='a "stop_date_time" and "before_taxes"')
    assert read_charge(said) == read_charge(cdr("2.2.1"))


@every_version
def test_what_no_price_depends_on_may_be_anything(version: str) -> None:
    strange = {"id": 7, "cdr_location": "home", "location": [], "cdr_token": None, "auth_method": 3, "last_updated": {}}
    charge, plain = read_charge(cdr(version, **strange)), read_charge(cdr(version))
    assert (charge.periods, charge.tariffs, charge.stated) == (plain.periods, plain.tariffs, plain.stated)
    assert plain.tariffs[0].owner == terms.NOBODY
    lost = TARIFF | {"country_code": "Netherlands", "party_id": 5, "tariff_alt_text": "cheap", "last_updated": "today"}
    assert read_charge(cdr(version, tariffs=[lost])).tariffs == plain.tariffs


@every_version
def test_where_it_was_is_kept_for_the_time_zone(version: str) -> None:
    """CDR-051: `time_zone` is a Location's in 2.1.1; a CdrLocation has none, though some send one."""
    place = {"location" if version == "2.1.1" else "cdr_location": {"country": "BEL", "time_zone": "Europe/Brussels"}}
    charge = read_charge(cdr(version, **place))
    assert (charge.country, charge.zone) == ("BEL", "Europe/Brussels")


@every_version
def test_numbers_that_came_as_text_are_repaired(version: str) -> None:
    period = {"start_date_time": "2026-06-29T21:39:09Z", "dimensions": [{"type": "ENERGY", "volume": "1,5"}]}
    charge = read_charge(cdr(version, total_energy="15.342", charging_periods=[period]))
    assert charge.energy is not None and charge.energy.kwh == Decimal("15.342")
    assert charge.periods[0].dimensions[0].volume == Decimal("1.5")


@every_version
@pytest.mark.parametrize("said", ["2026-06-29T21:39:09", "2026-06-29 21:39:09Z", "2026-06-29T23:39:09+02:00"])
def test_an_instant_without_a_zone_is_utc(version: str, said: str) -> None:
    """TYP-013."""
    assert read_charge(cdr(version, start_date_time=said)).started_at == datetime(2026, 6, 29, 21, 39, 9, tzinfo=UTC)
    short = read_charge(cdr(version, start_date_time=said.replace(":09", "", 1)))
    assert short.started_at == datetime(2026, 6, 29, 21, 39, tzinfo=UTC)


@every_version
@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"start_date_time": ...}, "start_date_time"),
        ({"start_date_time": "yesterday"}, "$.start_date_time"),
        ({"currency": "EURO"}, "$.currency"),
        ({"charging_periods": []}, "$.charging_periods"),
        ({"charging_periods": [{"dimensions": []}]}, "start_date_time` - at `$.charging_periods[0]"),
        ({"total_energy": "NaN"}, "$.total_energy"),
        ({"total_energy": Decimal("1e999")}, "$.total_energy"),
        ({"total_time": Decimal("1e-999")}, "$.total_time"),
        ({"total_time": int("9" * 50)}, "$.total_time"),
        ({"total_cost": "much"}, "$.total_cost"),
        ({"tariffs": 5}, "$.tariffs"),
        ({"tariffs": [TARIFF, {"id": "2"}]}, "$.tariffs[1]"),
        ({"tariffs": [TARIFF | {"elements": []}]}, "$.tariffs[0].elements"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_a_price_needs_is_refused_by_its_path(version: str, changes: dict[str, Any], path: str) -> None:
    """CDR-022, CDR-023, TAR-010, TAR-026."""
    with pytest.raises(Unreadable) as refused:
        read_charge(cdr(version, **changes))
    assert path in str(refused.value)


@every_version
@pytest.mark.parametrize("number", ["1e999", "1e-999", "9" * 60, "Infinity", '"NaN"', '"sNaN"', '"-Infinity"'])
@pytest.mark.parametrize(
    ("place", "path"),
    [
        ('"volume":1.973', "$.charging_periods[0].dimensions[0].volume"),
        ('"price":2', "$.tariffs[0].elements[0].price_components[0].price"),
    ],
)
def test_a_number_that_cannot_be_calculated_with_is_refused(version: str, number: str, place: str, path: str) -> None:
    """TYP-017."""
    said = cdr(version).replace(place.encode(), f"{place.split(':')[0]}:{number}".encode())
    assert said != cdr(version)
    with pytest.raises(Unreadable) as refused:
        read_charge(said)
    assert path in str(refused.value) or "malformed" in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"null", b"\xff", b'{"x":' + b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    for read in (read_charge, read_tariff, read_tariffs):
        if (read, body) != (read_tariffs, b"[]"):
            with pytest.raises(Unreadable):
                read(body)


@pytest.mark.parametrize("depth", [100, 300, 600, 900])
def test_what_is_nested_deeply_is_refused_however_deep(depth: int) -> None:
    for read in (read_charge, read_tariff):
        with pytest.raises(Unreadable):
            read(b'{"tariffs":' + b"[" * depth + b"]" * depth + b"}")


def test_there_is_a_most_of_everything() -> None:
    period = {"start_date_time": "2026-06-29T21:39:09Z"}
    with pytest.raises(Unreadable, match="charging_periods"):
        read_charge(cdr("2.2.1", charging_periods=[period] * (MOST_PERIODS + 1)))
    with pytest.raises(Unreadable, match="bytes"):
        read_charge(cdr("2.2.1") + b" " * MOST_BYTES)
    with pytest.raises(Unreadable, match="elements"):
        read_tariff(encoded(TARIFF | {"elements": TARIFF["elements"] * (terms.MOST_ELEMENTS + 1)}))


def test_a_version_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"3\.0"):
        read_charge(cdr("2.2.1"), "3.0")
    with pytest.raises(Unreadable, match=r"3\.0"):
        read_tariff(encoded(TARIFF), "3.0")


def test_a_price_is_read_as_its_version_means_it() -> None:
    """CDR-048, TYP-028: before taxes alone is not without taxes; in 2.3.0 no taxes are no taxes."""
    four, four_forty = Decimal(4), Decimal("4.4")
    assert read_charge(cdr("2.1.1")).stated.total == Amount(four, None)
    assert read_charge(cdr("2.2.1")).stated.total == Amount(four, four_forty)
    assert read_charge(cdr("2.2.1", total_cost={"excl_vat": 4})).stated.total == Amount(four, None)
    assert read_charge(cdr("2.2.1", total_cost={"excl_vat": 4, "incl_vat": 4})).stated.total == Amount(four, four)
    assert read_charge(cdr("2.3.0")).stated.total == Amount(four, four_forty)
    assert read_charge(cdr("2.3.0", total_cost={"before_taxes": 4})).stated.total == Amount(four, four)
    assert read_charge(cdr("2.2.1", total_cost=...)).stated.total is None
    assert read_charge(cdr("2.2.1", credit=True, credit_reference_id="1")).credit


def test_a_tariff_says_of_its_taxes_what_its_version_can_say() -> None:
    """TAR-012, TAR-013, TAR-028, TAR-029, CDR-066."""
    assert read_charge(cdr("2.1.1")).tariffs[0].tax_included is TaxIncluded.UNSAID
    assert read_charge(cdr("2.2.1")).tariffs[0].tax_included is None
    assert read_charge(cdr("2.3.0")).tariffs[0].tax_included is TaxIncluded.NO
    for word in ("YES", "NO", "N/A"):
        assert read_tariff(encoded(TARIFF | {"tax_included": word})).tax_included == word
    with pytest.raises(Unreadable, match="tax_included"):
        read_tariff(encoded(TARIFF | {"tax_included": "MAYBE"}))


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ({}, "2.1.1"),
        ({"last_updated": "2026-01-01T00:00:00Z", "tariff_alt_url": "https://example.org"}, "2.1.1"),
        ({"country_code": "NL", "party_id": "TNM"}, "2.2.1"),
        ({"type": "REGULAR"}, "2.2.1"),
        ({"max_price": {"excl_vat": 5}}, "2.2.1"),
        ({"max_price": {"before_taxes": 5}}, "2.3.0"),
        ({"tax_included": "NO"}, "2.3.0"),
        ({"preauthorize_amount": 50}, "2.3.0"),
        ({"elements": [TARIFF["elements"][0] | {"restrictions": {"max_power": 32}}]}, "2.1.1"),
        ({"elements": [TARIFF["elements"][0] | {"restrictions": {"max_current": 32}}]}, "2.2.1"),
        ({"elements": [TARIFF["elements"][0] | {"restrictions": {"booking": "BOOKING"}}]}, "2.2.1"),
        ({"elements": [{"price_components": [{"type": "FLAT", "price": 1, "vat": 5, "step_size": 1}]}]}, "2.2.1"),
    ],
)
def test_a_tariff_alone_tells_its_version_by_what_only_that_has(more: dict[str, Any], version: str) -> None:
    """TAR-010, TAR-011, TAR-012, TAR-014, TAR-015, TAR-057, TAR-088: one with a booking alone is no 2.3.0."""
    assert version_of(TARIFF | more) == version
    assert read_tariff(encoded(TARIFF | more)) == read_tariff(encoded(TARIFF | more), version)


def test_a_list_of_tariffs_is_read_each_in_its_version() -> None:
    told = read_tariffs(encoded([TARIFF, TARIFF | {"id": "U", "tax_included": "YES"}]))
    assert [(one.id, one.tax_included) for one in told] == [("T", TaxIncluded.UNSAID), ("U", TaxIncluded.YES)]
    assert read_tariffs(encoded(TARIFF)) == (read_tariff(encoded(TARIFF)),)
    with pytest.raises(Unreadable, match=r"`\$\[1\]\.elements\[0\]"):
        read_tariffs(encoded([TARIFF, TARIFF | {"elements": [{}]}]))


def test_the_same_words_are_the_same_tariff() -> None:
    """So that what is worked out for a Tariff once holds for all CDRs that carry it."""
    one, other = read_charge(cdr("2.2.1")), read_charge(cdr("2.2.1", remark="another"))
    assert one.tariffs[0] is other.tariffs[0]
    assert read_tariff(encoded(TARIFF)) is read_tariff(encoded(TARIFF))


def test_restrictions_are_repaired_as_a_feed_is() -> None:
    """A clock with seconds, a list instead of an object, a price in quotation marks."""
    component = {"type": "ENERGY", "price": "0.25", "step_size": 1.0}
    element = {"price_components": [component], "restrictions": [{"start_time": "08:00:00", "end_time": "19:59:59"}]}
    tariff = read_tariff(encoded(TARIFF | {"elements": [element]}))
    (only,) = tariff.elements
    assert only.components[0].type is TariffDimension.ENERGY
    assert (f"{only.restriction.start_time:%H:%M}", f"{only.restriction.end_time:%H:%M}") == ("08:00", "20:00")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5), st.data())
@settings(deadline=None, max_examples=200)
def test_whatever_a_field_says_it_is_read_or_refused(said: Any, data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(list(ENDS)))
    words = parsed(cdr(version))
    inside: Any = words
    while isinstance(inside, dict | list) and inside:
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()):
            inside[key] = said
            break
        inside = inside[key]
    try:
        read_charge(encoded(words), data.draw(st.sampled_from([None, version])))
    except Unreadable as refused:
        assert str(refused)


def test_a_tariff_that_does_not_tell_is_of_the_version_of_the_cdr_beside_it() -> None:
    """A Tariff without owner and VAT is whole in 2.1.1; beside a CDR of 2.2.1 only its owner was left out."""
    for version, included in (("2.1.1", TaxIncluded.UNSAID), ("2.2.1", None), ("2.3.0", TaxIncluded.NO)):
        charge, spoken = charge_and_version(cdr(version))
        assert (charge, spoken) == (read_charge(cdr(version)), version)
        (told,) = read_tariffs(encoded([TARIFF]), otherwise=spoken)
        assert told.tax_included is included
        assert read_tariffs(encoded(TARIFF | {"tax_included": "YES"}), otherwise=spoken)[0].tax_included == "YES"
