"""OCPI for whoever keeps objects elsewhere: a client, and a server to mount into one's own application.

Neither needs a database of ours. Objects are those of the rooms (`Location`, `Tariff`, `Session`, `Cdr`, `Token`), in
every version the same.
"""

from laddnav.ocpi.alone.client import Client, Known, connected, registered
from laddnav.ocpi.alone.kinds import key
from laddnav.ocpi.alone.server import Server
from laddnav.ocpi.alone.storage import Met, NotKept, Peer, Storage, Us, cut

__all__ = [
    "Client",
    "Known",
    "Met",
    "NotKept",
    "Peer",
    "Server",
    "Storage",
    "Us",
    "connected",
    "cut",
    "key",
    "registered",
]
