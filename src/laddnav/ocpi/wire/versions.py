"""The versions that we speak; apart from the folder itself, so that whoever reads one object loads only that one."""

from laddnav.ocpi.wire.v2_2_1 import codecs as v2_2_1

VERSIONS = {"2.2.1": v2_2_1.VERSION}
