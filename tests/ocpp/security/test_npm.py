"""A station of npm's ocpp-rpc over TLS of its own."""

from __future__ import annotations

import pytest

from laddnav.db.unit import Database
from tests.ocpp.conftest import PASSWORD
from tests.ocpp.others.node import Failed, of_npm
from tests.ocpp.others.words import WORDS
from tests.ocpp.security.conftest import paper, root_of
from tests.ocpp.security.test_profiles import with_profile


async def test_it_comes_with_a_password_or_a_certificate_as_its_profile_is(secure: str, database: Database) -> None:
    """A00.FR.301, A00.FR.401, A00.FR.405: with profile 2 the one, with profile 3 the other."""
    root, own, of_another = await root_of(database), await paper(database), await paper(database, "ST2")
    boot = WORDS["ocpp1.6"]().boot()
    for profile, password, shown in ((2, PASSWORD, None), (3, None, own)):
        await with_profile(database, profile)
        tls = {"ca": root} | ({"cert": shown.certificate, "key": shown.key} if shown else {})
        async with of_npm(secure, "ocpp1.6", password=password, tls=tls) as station:
            await station.connect()
            assert (await station.say(*boot))["status"] == "Accepted"
            assert station.unfit == []
    tls = {"ca": root, "cert": of_another.certificate, "key": of_another.key}
    async with of_npm(secure, "ocpp1.6", password=None, tls=tls) as station:
        with pytest.raises(Failed, match="401"):
            await station.connect()
