"""What opens a door stands in no repr: not in a log, a traceback or an error that somebody copies into a letter."""

from __future__ import annotations

import pytest

from laddnav.kit.ids import PartyId
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.model import Invitation
from laddnav.ocpi.settings import Settings as Roaming
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole
from laddnav.parties.model import Role as PartyRole
from laddnav.people.model import ApiKey, NewKey, Role, SignedIn, Visit, Visitor
from laddnav.server.settings import Settings
from laddnav.web.asked import Flash, Shown
from tests.things import LONG_AGO, US

SECRET = "open-sesame"

VISIT = Visit(
    id="v1", account_id="a1", csrf=SECRET, device="", started_at=LONG_AGO, seen_at=LONG_AGO, expires_at=LONG_AGO
)
KEY = ApiKey(id="k1", name="a key", role=Role.VIEWER, holder=US, created_at=LONG_AGO)
THEM = CredentialsRole(role=PartyRole.CPO, party=PartyId("NL", "TNM"), business=BusinessDetails("TNM"))


@pytest.mark.parametrize(
    "thing",
    [
        VISIT,
        Visitor(id="a1", name="Ada", role=Role.ADMIN, holder=None, language="en", visit=VISIT),
        SignedIn(SECRET, VISIT),
        NewKey(SECRET, KEY),
        Flash("good", "This is shown once:", SECRET),
        Shown("Ada", Role.ADMIN, SECRET, "a1", "v1"),
        Invitation(connection_id="c1", token=SECRET, versions_url="https://ladd.example/ocpi/versions"),
        Credentials(token=SECRET, url="https://tnm.example/ocpi/versions", roles=(THEM,)),
        Provisioning(password=SECRET),
        Roaming(public_url="https://ladd.example", key=SECRET.encode()),
        Settings(key=SECRET.encode(), database=f"postgresql://u:{SECRET}@db/laddnav"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_no_secret_stands_in_a_repr(thing: object) -> None:
    assert SECRET not in repr(thing) and SECRET not in f"{thing} {[thing]}"
