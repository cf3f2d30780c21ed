"""Tokens, parties and ids in the headers of a message."""

from __future__ import annotations

from base64 import b64encode

import pytest

from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.ocpi.wire import routing


def test_a_token_travels_in_base64_and_is_understood_without() -> None:
    """TRN-002, TRN-003, TRN-005, TRN-006."""
    assert routing.authorization("example-token", encoded=True) == "Token ZXhhbXBsZS10b2tlbg=="
    assert routing.authorization("example-token", encoded=False) == "Token example-token"
    for header in ("Token ZXhhbXBsZS10b2tlbg==", "token ZXhhbXBsZS10b2tlbg", "Token ZXhhbXBsZS10b2tlbgo="):
        assert routing.tokens_in(header)[0] == "example-token"
    assert routing.tokens_in("Token example-token") == ("example-token",)
    both = b64encode(b"abc").decode()
    assert routing.tokens_in(f"Token {both}") == ("abc", both)


@pytest.mark.parametrize(
    "header", [None, "", "Token", "Token ", "Bearer abc", "Basic YTpi", "Token " + "x" * 300, "Token ä"]
)
def test_what_carries_no_token_lets_nobody_in(header: str | None) -> None:
    """TRN-007."""
    assert routing.tokens_in(header) == ()


def test_the_parties_of_a_message_are_in_its_headers() -> None:
    """TRN-010."""
    route = routing.Route(to=PartyId("NL", "TNM"), origin=PartyId("SE", "LAD"))
    said = {name.lower(): value for name, value in routing.route_headers(route).items()}
    assert routing.route_in(said) == route
    assert routing.route_in({}) == routing.Route()
    with pytest.raises(NotAPartyId):
        routing.route_in({"ocpi-to-party-id": "TNM"})


def test_a_request_without_ids_gets_one() -> None:
    """TRN-083, TRN-084, TRN-086."""
    assert routing.ids_of(None, None, lambda: "new") == routing.MessageIds(request="new", correlation="new")
    assert routing.id_headers(routing.ids_of(b"r-1", b"c-1", lambda: "new")) == {
        "X-Request-ID": "r-1",
        "X-Correlation-ID": "c-1",
    }
    assert routing.ids_of(b"x" * 500, b"c-1", lambda: "new").request == "new"
    assert routing.ids_of(b"a\xe9", b"c\x07", lambda: "new") == routing.MessageIds(request="new", correlation="new")
