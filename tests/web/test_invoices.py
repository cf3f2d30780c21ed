"""The page of an invoice: what it lacks for the network of electronic invoices is said to whoever can fill it in."""

from __future__ import annotations

import aiohttp
from msgspec.structs import replace

from laddnav.billing.actions import buyers, items
from laddnav.billing.actions.issuing import issue
from laddnav.billing.model import DebtorKind
from laddnav.parties import actions as parties
from laddnav.people.model import Role
from tests.billing.charges import item
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def test_an_invoice_that_cannot_go_into_the_network_says_what_lacks(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    await sign_in(client, site, Role.FINANCE)
    pages = []
    for key, endpoint in (("I1", ""), ("I2", "0007:5560125790")):
        async with site.database.unit() as unit:
            await parties.update(unit, replace(await parties.fetch(unit, US), vat_number="SE556703748501"))
            await buyers.known(unit, US, DebtorKind.PARTNER, "partner:SE*TNK", "Tanka AB", "SE")
            await buyers.describe(unit, US, "partner:SE*TNK", endpoint=endpoint)
            made = await issue(unit, US, await items.add(unit, US, "partner:SE*TNK", item("80", key=key)))
        pages.append(await read(client, f"{site.url}/invoices/{made.ref}"))
    lacks = "not for the Peppol network: the buyer has no electronic address"
    assert [lacks in page for page in pages] == [True, False]
