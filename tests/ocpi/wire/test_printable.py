"""Whatever is looked at once for a whole body is refused as it would be text by text."""

import msgspec
import pytest

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.locations.model import Location
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.printable import FOREIGN_MOST, NOTHING, held, in_ascii, unlooked
from laddnav.ocpi.wire.shared.scalars import ASCII, PRINTABLE
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tokens.model import Token

IDS = frozenset({b"id", b"ids"})
HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("SE", "NOR"))
TOKEN = VERSIONS["2.2.1"].codecs[Token]
SAID = (
    '{"country_code":"SE","party_id":"NOR","uid":"04A1","type":"RFID","contract_id":"C1","issuer":"%s","valid":true,'
    '"whitelist":"ALLOWED","last_updated":"2026-11-21T09:47:00Z"}'
)


@pytest.mark.parametrize("issuer", ["Nord", "Nörd", r"N\u00f6rd", r"a \"b\"", "a~ b"])
def test_what_can_be_printed_is_read_however_it_is_spelt(issuer: str) -> None:
    token = TOKEN.decode((SAID % issuer).encode(), HEARING)
    assert token.issuer == msgspec.json.decode(f'"{issuer}"')


@pytest.mark.parametrize("issuer", [r"a\u0000", r"a\n", r"a\u007f", "a\x7f", "a\n", "a\x01", "x" * 65])
def test_what_cannot_be_printed_is_refused_however_it_is_spelt(issuer: str) -> None:
    """TYP-001: a control character is in no text."""
    with pytest.raises(Unreadable):
        TOKEN.decode((SAID % issuer).encode(), HEARING)


@pytest.mark.parametrize("uid", ["04Ä1", r"04\u00c41", r"04\n1", "04\x7f1"])
def test_what_is_no_ascii_is_refused_where_ascii_is_asked_for(uid: str) -> None:
    """TYP-001: an id has printable ASCII only."""
    with pytest.raises(Unreadable, match=r"\$\.uid"):
        TOKEN.decode((SAID % "Nörd").replace("04A1", uid).encode(), HEARING)


def test_a_pattern_holds_of_a_body_where_no_text_in_it_could_be_anything_else() -> None:
    assert held(b'{"a": "b~"}\n', IDS) == {ASCII, PRINTABLE}
    assert held('{"id": "ö"}'.encode(), IDS) == {PRINTABLE}
    assert not any(held(body, IDS) for body in (rb'"\u0000"', b'"\x7f"', 'ö"\x7f"'.encode()))


@pytest.mark.parametrize(
    "said",
    [
        '{"name":"ö"}',
        '{"id":"a","name" :\n"Å, ä: ö","ids":["b"],"city":"Malmö"}',
        '{"a":' + ",".join('{"name":"é"}' for _ in range(FOREIGN_MOST - 1)) + "}",
    ],
)
def test_a_letter_that_is_no_ascii_matters_to_no_text_but_its_own(said: str) -> None:
    assert held(said.encode(), IDS) == {ASCII, PRINTABLE}


@pytest.mark.parametrize(
    "said",
    [
        '{"name":"ö","id":"ö"}',
        '{"id" : "ö","name":"a"}',
        '{"name":["ö"]}',  # it may be that the members of a list have to be ASCII
        '{"name":["a","ö"]}',
        '{"ö":"a"}',
        '{"id":"a","ö":"a"}',
        '"ö"',
        "ö",
        '{"a":' + ",".join('{"name":"é"}' for _ in range(FOREIGN_MOST)) + "}",
    ],
)
def test_where_it_may_be_in_a_text_that_has_to_be_ascii_each_is_looked_at(said: str) -> None:
    assert held(said.encode(), IDS) == {PRINTABLE}


def test_the_fields_that_have_to_be_ascii_are_found_at_any_depth() -> None:
    """TYP-001."""
    wire: type[msgspec.Struct] = VERSIONS["2.2.1"].codecs[Location].wire
    found = in_ascii(wire)
    assert {b"id", b"uid", b"evse_id", b"country_code", b"tariff_ids", b"capabilities"} <= found
    assert found.isdisjoint({b"name", b"address", b"city", b"physical_reference", b"text", b"evses"})


def test_the_shape_that_looks_no_more_knows_the_same_fields_and_no_pattern_that_holds() -> None:
    for version in VERSIONS.values():
        for kind in version.codecs:
            wire = version.codecs[kind].wire
            shape = unlooked(wire, frozenset({ASCII, PRINTABLE}))
            schema = str(msgspec.json.schema(shape, schema_hook=lambda _: {"type": "string"}))
            assert repr(ASCII) not in schema
            assert repr(PRINTABLE) not in schema
            assert shape.__struct_fields__ == wire.__struct_fields__
            assert issubclass(shape, wire)
            assert unlooked(wire, NOTHING) is wire
