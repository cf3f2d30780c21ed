"""What is said wrongly out there is put right by name, and every repair is told."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi.deviations import quirks
from laddnav.ocpi.fetching import feeds
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.tariffs.model import Limit, Restriction, TariffType, TaxIncluded
from tests import things
from tests.ocpi.connections.test_upgrade import garage
from tests.ocpi.wire.test_examples import CASES

NOW = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)
OWNER = PartyId("DE", "SLB")
LISTENER = PartyId("NL", "TNM")
FEED = CASES / "feeds" / "swlb.json"
WHOLE_FEED = CASES / "feeds" / "swlb-ludwigsburg-2026-04.json.gz"


def case(name: str) -> dict[str, Any]:
    words: dict[str, Any] = parsed((CASES / "quirks" / f"{name}.json").read_bytes())
    return words


@pytest.mark.parametrize("name", quirks.FIELDS)
def test_a_quirk_is_repaired_and_told(name: str) -> None:
    words = case(name)
    mended, repairs = quirks.mended(words["said"], [name], listener=LISTENER)
    assert mended == words["mended"]
    assert [(one.name, one.pointer) for one in repairs] == [(name, at) for at in words["at"]]
    assert all(one.says for one in repairs)


@pytest.mark.parametrize("name", quirks.FIELDS)
def test_what_is_right_is_left_alone(name: str) -> None:
    mended, _ = quirks.mended(case(name)["said"], [name], listener=LISTENER)
    assert quirks.mended(mended, [name], listener=LISTENER) == (mended, ())


def test_no_repair_is_done_that_was_not_asked_for() -> None:
    words = case("empty-text")["said"]
    assert quirks.mended(words, []) == (words, ())


@pytest.mark.parametrize("said", ['"NaN"', '"sNaN"', '"Infinity"', '"1e999999999"', "1e999999999"])
def test_a_number_that_nobody_can_mean_is_left_as_it_came(said: str) -> None:
    words = parsed(f'{{"step_size": {said}}}'.encode())
    assert quirks.mended(words, quirks.FIELDS)[0] == words


def test_a_real_feed_is_read_whole_with_its_tariffs() -> None:
    found = feeds.locations_in(FEED.read_bytes(), OWNER, NOW)
    assert not found.unusable
    location = found.locations[0]
    assert location.name == "LB Brenzstraße 2"
    assert location.owner == OWNER
    assert location.evses[0].connectors[0].tariff_ids == ("22132ac",)
    assert location.evses[0].connectors[0].power_max == 22000
    tariff = next(one for one in found.tariffs if one.id == "22132ac")
    assert tariff.owner == OWNER
    evening = tariff.elements[1].restriction
    assert (evening.start_time, evening.end_time) == (time(8), time(20))
    assert tariff.elements[2].restriction.duration_min == timedelta(seconds=14460)
    names = {one.name for one in found.repairs}
    assert names >= {
        "inline-tariff",
        "clock-with-seconds",
        "restrictions-in-list",
        "upper-case-language",
        "control-characters",
        "empty-text",
    }
    assert location.help_phone and location.evses[0].accepted_service_providers  # words of 2.3.0 among those of 2.2.1


def test_a_whole_operator_is_read() -> None:
    found = feeds.locations_in(gzip.decompress(WHOLE_FEED.read_bytes()), OWNER, NOW)
    assert (len(found.locations), len(found.unusable)) == (100, 0)
    assert sum(len(location.evses) for location in found.locations) == 273
    assert {tariff.id for tariff in found.tariffs} == {"22132ac", "22132dc", "22134ac", "22310ac", "31739ac"}


def test_an_import_belongs_to_whom_it_is_for() -> None:
    found = feeds.locations_in(FEED.read_bytes(), PartyId("SE", "LAD"), NOW)
    owners = {one.owner for one in found.locations} | {one.owner for one in found.tariffs}
    assert owners == {PartyId("SE", "LAD")}
    assert any(one.name == "another-owner" and "DE*SLB" in one.says for one in found.repairs)


def test_one_object_that_cannot_be_read_leaves_the_others() -> None:
    """TRN-061."""
    words = parsed(FEED.read_bytes())
    words["items"][1]["evses"][0]["connectors"] = []
    words["items"].append("nonsense")
    found = feeds.locations_in(encoded(words), OWNER, NOW)
    assert len(found.locations) == 2
    assert [(one.pointer, "connectors" in one.says) for one in found.unusable] == [
        ("/items/1", True),
        ("/items/3", False),
    ]


def test_the_same_id_twice_is_told_where_it_differs() -> None:
    words = parsed(FEED.read_bytes())["items"]
    again = words[0] | {"name": "Somewhere else"}
    found = feeds.locations_in(encoded([words[0], words[0], again]), OWNER, NOW)
    assert len(found.locations) == 1 and found.locations[0].name == "LB Brenzstraße 2"
    assert [one.pointer for one in found.unusable] == ["/2"]


def test_what_a_feed_left_out_is_filled_in_and_told() -> None:
    words = parsed(FEED.read_bytes())["items"][0]
    del words["publish"], words["last_updated"], words["evses"][0]["connectors"][0]["last_updated"]
    words["opening_times"] = {"twentyfourseven": False}
    words["evses"][0]["capabilities"] = ["TELEPORT"]
    found = feeds.locations_in(encoded(words), OWNER, NOW, "2.2.1")
    location = found.locations[0]
    assert (location.publish, location.last_updated, location.opening_times) == (True, NOW, None)
    assert location.evses[0].capabilities == ("TELEPORT",)
    names = [one.name for one in found.repairs]
    assert {"missing-publish", "missing-instant", "hours-unsaid", "unknown-word"} <= set(names)


@pytest.mark.parametrize(
    ("document", "count"),
    [
        (b'[{"id": 1}, {"id": 2}]', 2),
        (b'{"data": [{"id": 1}], "status_code": 1000}', 1),
        (b'{"next": "x", "items": [{"id": 1}]}', 1),
        (b'{"id": 1}', 1),
        (b'{"data": {"id": 1}}', 1),
        (b'{"uid": 1}\n{"uid": 2}\n', 2),
        (b"[]", 0),
    ],
)
def test_objects_are_found_in_every_packing(document: bytes, count: int) -> None:
    assert len(feeds.objects_in(document)) == count


@pytest.mark.parametrize("document", [b"", b"{", b"5", b'{"x": []}', b'{"items": 5}', b"<xml/>"])
def test_a_file_without_objects_is_refused(document: bytes) -> None:
    with pytest.raises(Unreadable):
        feeds.objects_in(document)


def test_tariffs_of_every_version_are_read_by_their_words() -> None:
    """TAR-010, TAR-011, TAR-012, TAR-014: in one file, each with what only its version says; 2.1.1 has no owner."""
    files = {
        "2.1.1": "complex-tariff-example.json",
        "2.2.1": "tariff-example-euro-0-25-per-kwh-minimum-price.json",
        "2.3.0": "simple-tariff-with-north-american-taxes-price-inclusive-of-tax.json",
    }
    told = [
        parsed((CASES / version / "tariffs" / name).read_bytes()) | {"id": version} for version, name in files.items()
    ]
    told[2]["preauthorize_amount"] = 50
    found = feeds.tariffs_in(encoded(told), OWNER, NOW)
    assert not found.unusable
    assert [(one.id, one.owner, one.tax_included) for one in found.tariffs] == [
        ("2.1.1", OWNER, TaxIncluded.UNSAID),
        ("2.2.1", OWNER, None),
        ("2.3.0", OWNER, TaxIncluded.YES),
    ]
    assert found.tariffs[1].price_min == Limit(Decimal("0.50"), Decimal("0.55"))
    assert found.tariffs[2].preauthorize_amount == 50
    assert {one.name for one in found.repairs} == {"another-owner"}


def test_what_is_exported_is_imported_again_as_it_was() -> None:
    """Whatever a Tariff says, one of the versions can say it."""
    plain = feeds.tariffs_in((CASES / "2.2.1" / "tariffs" / "complex-tariff-example.json").read_bytes(), OWNER, NOW)
    (tariff,) = plain.tariffs
    unsaid = tuple(replace(one, restriction=Restriction()) for one in tariff.elements)
    without_vat = tuple(replace(one, components=tuple(replace(c, vat=None) for c in one.components)) for one in unsaid)
    for one in (
        tariff,
        replace(tariff, type=TariffType.AD_HOC_PAYMENT),
        replace(tariff, tax_included=TaxIncluded.YES, preauthorize_amount=Decimal(40)),
        replace(tariff, elements=(replace(tariff.elements[0], restriction=Restriction(booking="BOOKING")),)),
        replace(tariff, tax_included=TaxIncluded.UNSAID, type=None, elements=without_vat),
    ):
        said = feeds.spelling(one).encode(one)
        assert feeds.tariffs_in(said, OWNER, NOW).tariffs == (one,)


def test_a_place_of_2_3_0_is_read_by_its_words_and_written_so_that_it_is_read_again() -> None:
    """LOC-053, LOC-071, LOC-092: what 2.2.1 can say is written in that, and only a word of a closed list is told."""
    plain, full = things.location(owner=OWNER), replace(garage(), owner=OWNER)
    assert [feeds.fitting(one) for one in (plain, full)] == ["2.2.1", "2.3.0"]
    said = b"\n".join(feeds.spelling(one).encode(replace(one, id=id)) for id, one in (("A", plain), ("B", full)))
    found = feeds.locations_in(said, OWNER, NOW)
    assert [replace(one, id="LOC1") for one in found.locations] == [plain, full] and found.repairs == ()
    older = feeds.locations_in(said, OWNER, NOW, "2.2.1")
    assert [one.help_phone for one in older.locations] == [None, None]
    assert {one.name for one in older.repairs} == {"unknown-field", "unknown-word"}
    words = parsed((CASES / "2.1.1" / "locations" / "location-object-example.json").read_bytes())
    (oldest,) = feeds.locations_in(encoded(words), OWNER, NOW, "2.1.1").locations
    assert (oldest.id, oldest.publish) == (words["id"], True)


def test_tariffs_and_tokens_are_read_from_files_too() -> None:
    tariff = (CASES / "2.2.1" / "tariffs" / "complex-tariff-example.json").read_bytes()
    token = parsed((CASES / "2.2.1" / "tokens" / "full-rfid-example.json").read_bytes())
    assert feeds.tariffs_in(tariff, OWNER, NOW).tariffs[0].owner == OWNER
    found = feeds.tokens_in(encoded({"data": [token, token | {"type": "OTHER"}]}), OWNER, NOW)
    assert [one.type for one in found.tokens] == ["RFID", "OTHER"]
