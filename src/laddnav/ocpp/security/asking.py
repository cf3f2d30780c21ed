"""What Stations want to know from authorities and providers elsewhere: asked for them, remembered while it holds."""

from __future__ import annotations

import base64

import structlog
from msgspec import Struct

from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpp import rules, store
from laddnav.ocpp.security import revocation
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.wire.security import (
    CertificateState,
    ChainAsked,
    ChainTold,
    Check,
    Checked,
    ContractAsked,
    ContractTold,
    Source,
    StatusAsked,
    StatusTold,
)

log = structlog.get_logger()


class Contract(Struct, frozen=True):
    """What a provider answers, in the words of OCPP."""

    status: str
    exiResponse: str = ""
    remainingContracts: int | None = None


async def answer(
    database: Database, means: Means | None, asked: StatusAsked | ChainAsked | ContractAsked
) -> StatusTold | ChainTold | ContractTold:
    """No Unit is open while others are asked."""
    match asked:
        case StatusAsked():
            _, words = await checked(database, means, asked.check)
            return StatusTold(answer=words or None)
        case ChainAsked():
            return ChainTold(checked=tuple([(await checked(database, means, one))[0] for one in asked.checks]))
        case ContractAsked():
            return await _contract(means, asked)


async def checked(database: Database, means: Means | None, check: Check) -> tuple[Checked, str]:
    """(what is known, an OCSP response as Base64 or ""). What holds is not asked for again (M06, M07)."""
    # A station names whom to ask, and what it is told from there is not told to others who name somebody else.
    key = rules.stable_id("revocation", check.source, check.certificate.key, *check.urls)
    async with database.unit() as unit:
        kept = await store.certificates.status(unit, key)
        now = unit.now
    if kept is not None:
        state, words, until = kept
        return Checked(check=check, state=state, holds_until=until), words
    for url in check.urls if means is not None else ():
        assert means is not None, "there are no means to ask with otherwise"
        try:
            raw = await _asked(means, check, url)
            read = revocation.found_in_list if check.source is Source.CRL else revocation.found_in_response
            found = read(raw, check.certificate, now, means.issuers)
        except (Refusal, Trouble) as error:
            log.warning("certificate_not_checked", url=url, error=str(error))
            continue
        words = "" if check.source is Source.CRL else base64.b64encode(raw).decode()
        async with database.unit() as unit:
            store.certificates.forget_status(unit)
            store.certificates.keep_status(unit, key, found.state, words, found.holds_until)
        return Checked(check=check, state=found.state, holds_until=found.holds_until), words
    return Checked(check=check, state=CertificateState.FAILED, holds_until=now), ""


async def _asked(means: Means, check: Check, url: str) -> bytes:
    """Raises what Fetch raises, Unclear."""
    if check.source is Source.CRL:
        return await means.fetch(url)
    return await means.fetch(
        url, revocation.request_for(check.certificate), {"Content-Type": "application/ocsp-request"}
    )


async def _contract(means: Means | None, asked: ContractAsked) -> ContractTold:
    """M01, M02: forwarded to who gives contracts, in the words of OCPP."""
    if means is None or means.contract_provider_url is None:
        return ContractTold(why="no provider of contracts is set up here (contract-provider-url)")
    words = {
        "iso15118SchemaVersion": asked.schema,
        "action": asked.action,
        "exiRequest": asked.exi,
        **({} if asked.most is None else {"maximumContractCertificateChains": asked.most}),
        **({"prioritizedEMAIDs": list(asked.contracts)} if asked.contracts else {}),
    }
    try:
        raw = await means.fetch(means.contract_provider_url, json.encode(words), {"Content-Type": "application/json"})
        told = json.decode(raw, Contract)
    except (Refusal, Trouble) as error:
        log.warning("contract_not_given", error=str(error))
        return ContractTold(why=str(error))
    if told.status != "Accepted":
        return ContractTold(why="the provider gave no contract")
    return ContractTold(exi=told.exiResponse, remaining=told.remainingContracts)
