"""How other parties spell what we mean; pure. Nothing outside this folder branches on a version."""

from laddnav.ocpi.wire import v2_2_1

VERSIONS = {"2.2.1": v2_2_1.VERSION}
