"""What a person can do about an exchange or a step of a handshake that failed, by what was wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from laddnav.ocpi.model import Exchange, HandshakeStep, Stage
from laddnav.web.words import N_

# The numbers that their answer to us had.
THEY_SAY: Mapping[int, str] = MappingProxyType(
    {
        401: N_("They do not know the token that we show. In a handshake, ask for a new one: it is good for one time."),
        403: N_("They do not allow this to us. Ask them which modules and parties are open to you."),
        404: N_(
            "Nothing is at this address. Compare it with the one that they gave you; their endpoints are looked "
            "up again."
        ),
        405: N_(
            "They do not take this method here. Of credentials, it means that they know us already: ask them to "
            "remove us."
        ),
        429: N_(
            "We ask too often. It is sent again, more slowly; Deviations has how many requests they bear at a time."
        ),
        2001: N_("They cannot read what we say. Before going live shows what of ours is not as their version has it."),
        2002: N_("They miss something in what we say. Deviations has what partners demand beyond the text."),
        2003: N_("They do not know the Location. It is sent again as a whole when it changes, or with Send again."),
        2004: N_("They do not know the Token. It is the driver's company that has to tell them of it."),
        3001: N_(
            "They cannot use our endpoints. They must reach our address, and the token that we gave them must be "
            "as they show it."
        ),
        3002: N_("They do not speak this version where we asked."),
        3003: N_("They lack an endpoint of ours that they need. Compare the modules of both sides."),
    }
)
# What we answered to them.
WE_SAY: Mapping[int, str] = MappingProxyType(
    {
        401: N_("They show a token that is not good here. Renew the tokens, or have them register again."),
        404: N_("They ask for what is not here. Send them what was said."),
        405: N_("They use a method that OCPI does not have here. Send them what was said."),
        429: N_("They ask too often, and were told when to come again."),
        2001: N_(
            "We cannot read what they say: the problem names the field. Send them what was said, or put it right "
            "under Deviations."
        ),
        2002: N_("Something is missing in what they say. Send them what was said."),
        2003: N_("They speak of a Location that we do not have."),
        2004: N_("They speak of a Token that we do not have."),
        3001: N_("Their endpoints cannot be used: the steps of the handshake say where it broke off."),
    }
)
BROKEN = N_("Something is wrong on their side. It is tried again; if it goes on, send them what was said.")
OURS = N_("Something is wrong on our side. The log of this installation has it under the id of the message.")
# What went wrong before there was a number.
NAMED: Mapping[str, str] = MappingProxyType(
    {
        "ForbiddenAddress": N_(
            "The address has to be public and begin with https. For a test on one machine, start with "
            "--allow-loopback-partners."
        ),
        "PartnerUnreachable": N_(
            "Nobody answers there. Compare the address, and ask them to let our address through; with "
            "certificates of their own, fill in TLS."
        ),
        "PartnerTooSlow": N_("They are there but do not answer in time. Try again; if it goes on, ask them."),
        "NoCommonVersion": N_(
            "They offer no version that is spoken here. Ask them for the address of 2.1.1, 2.2.1 or 2.3.0."
        ),
        "EndpointsMissing": N_(
            "The list of their endpoints is not whole. Ask them to open the modules to you, and try again."
        ),
        "NoCredentialsRoles": N_("Their credentials do not say who they are. Ask them to fill in their roles."),
        "PartyTaken": N_("This party speaks with you on another connection. Remove that one first, or use it."),
        "OnePartyOnly": N_("This version has room for one party. Choose one, or a newer version."),
        "Unreadable": N_(
            "Their answer is not as their version says: what was said names the field. Send them the exchange."
        ),
        "NotNow": N_("Something else happened to the connection meanwhile. Look at its state and begin again."),
        "UnfitTls": N_("The certificates do not fit. Fill them in again."),
    }
)
NOT_OCPI = N_("They answer, but not in OCPI. Compare the address: it often ends in /versions.")
SURE = (401, 403, 405, 429)  # numbers of HTTP that say more than whatever OCPI has beside them


def of_exchange(one: Exchange) -> str | None:
    """None where it did not fail, or nobody knows better than the problem itself."""
    if not one.failed:
        return None
    if one.direction == "out" and one.http_status is None:
        return NAMED["PartnerUnreachable"]
    known, broken = (WE_SAY, OURS) if one.direction == "in" else (THEY_SAY, BROKEN)
    return _known(known, one.http_status, one.ocpi_status) or (broken if (one.http_status or 0) >= 500 else None)


def of_step(step: HandshakeStep) -> str | None:
    if step.trouble is None:
        return None
    if step.trouble in NAMED:
        return NAMED[step.trouble]
    if step.stage is Stage.VERSIONS and step.ocpi_status is None and step.http_status not in SURE:
        return NOT_OCPI
    return _known(THEY_SAY, step.http_status, step.ocpi_status) or BROKEN


def _known(said: Mapping[int, str], http: int | None, ocpi: int | None) -> str | None:
    numbers = (http or 0, ocpi or 0) if http in SURE else (ocpi or 0, http or 0)
    return next((said[one] for one in numbers if one in said), None)
