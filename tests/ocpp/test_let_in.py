"""Whom a command has let in at a station, so that nobody is asked about the card once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from laddnav.ocpp import rules
from laddnav.sessions.model import AuthMethod, CdrToken, Reserved, Session, Status
from laddnav.tokens.model import TokenType
from tests.things import THEM, US

THEN = datetime(2026, 11, 23, 8, tzinfo=UTC)
SOON, LATE = timedelta(minutes=15), timedelta(minutes=16)


def asked_for(status: Status, type: str = TokenType.RFID, uid: str = "CARD1") -> Session:
    return Session(
        holder=US,
        owner=US,
        id="S1",
        ref="S1",
        status=status,
        token=CdrToken(owner=THEM, uid=uid, type=type, contract_id="C1"),
        auth_method=AuthMethod.COMMAND,
        location_id="LOC1",
        evse_uid="EVSE1",
        connector_id="1",
        started_at=THEN,
        currency="SEK",
        time_zone="UTC",
        reserved=Reserved(number=7, until=THEN + timedelta(hours=1)) if status is Status.RESERVATION else None,
        last_updated=THEN,
    )


@pytest.mark.parametrize(
    ("status", "type", "after", "let_in"),
    [
        (Status.PENDING, TokenType.RFID, SOON, True),
        (Status.PENDING, TokenType.APP_USER, LATE, True),
        (Status.RESERVATION, TokenType.RFID, SOON, True),
        (Status.RESERVATION, TokenType.RFID, LATE, False),
        (Status.RESERVATION, TokenType.APP_USER, LATE, True),
        (Status.RESERVATION, TokenType.AD_HOC_USER, LATE, True),
        (Status.ACTIVE, TokenType.RFID, SOON, False),
    ],
)
def test_a_command_lets_its_driver_in_for_a_while(status: Status, type: str, after: timedelta, let_in: bool) -> None:
    """CMD-029, CMD-030: a card for a quarter of an hour, what is no card as long as it is awaited."""
    session = asked_for(status, type)
    assert rules.commanded(session, session.token, THEN + after) is let_in


def test_what_stands_for_a_long_token_is_the_same_before_and_after_the_reservation_is_kept() -> None:
    """CMD-037: the station knows the number alone, and no id of a partner."""
    long = "A-TOKEN-OF-MORE-THAN-TWENTY-CHARACTERS"
    shown = rules.uid_for_station(long, rules.reservation_named(7), 20)
    held = asked_for(Status.RESERVATION, uid=long)
    assert len(shown) == 20 and shown == rules.shown_to_station(held, 20)
    assert rules.meant(shown, held) and not rules.meant(shown, asked_for(Status.PENDING, uid=long))
