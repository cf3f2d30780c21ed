"""What follows when a connection comes to speak another version: what was said in the old one is said anew."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.ocpi import store
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import RECEIVER, TOLD
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire.codec import Unsayable
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS


async def carried_over(unit: Unit, before: Connection, after: Connection) -> None:
    """Nothing, where both speak the same version.

    What we heard is forgotten in its old words and to be fetched in the new; what it meant stays. Of CDRs the words
    stay too, for they are never said again. A CDR that has not arrived is put into the new words, in its turn.
    """
    if before.version == after.version:
        return
    heard = [
        module
        for module, interface in TOLD[after.our_role]
        if interface is RECEIVER and module not in (Module.CDRS, Module.COMMANDS)
    ]
    store.words.forget_heard(unit, before, heard, before.version)
    store.pulls.forget_of(unit, after, heard)
    for delivery in await store.deliveries.bytes_waiting(unit, after, Module.CDRS):
        try:
            body = await words.said(unit, after.holder, Module.CDRS, VERSIONS[after.version], delivery.object_key)
        except Unsayable as error:
            store.deliveries.again(unit, delivery, unit.now, str(error), dead=True)
            continue
        assert body is not None, "a closed CDR is there"
        store.deliveries.say_anew(unit, delivery, body)
