"""A party with an account at a provider, for tests that pay."""

from __future__ import annotations

from collections.abc import Mapping

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.outside import Answer, Shown
from laddnav.kit.seal import Seal
from laddnav.payments.actions import accounts
from laddnav.payments.payment import Account, ProviderKind, Secrets

LAD = PartyId("SE", "LAD")
SEAL = Seal(b"k" * 32)
SECRETS = Secrets(key="sk_test_of_the_house", hook="whsec_of_the_house")


async def nowhere(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, shown: Shown | None = None
) -> Answer:
    raise AssertionError("the bank in memory is asked without a line")


async def an_account(
    database: Database,
    *,
    holder: PartyId = LAD,
    provider: ProviderKind = ProviderKind.STRIPE,
    url: str = "https://api.stripe.com",
    secrets: Secrets = SECRETS,
    **said: object,
) -> Account:
    async with database.unit() as unit:
        account = Account(
            holder=holder,
            ref=unit.new_id(),
            provider=provider,
            name="Cards",
            url=url,
            changed_at=unit.now,
            changed_by="anna",
            **said,  # type: ignore[arg-type]  # whatever a test says of it
        )
        return await accounts.open_account(unit, account, secrets, seal=SEAL)
