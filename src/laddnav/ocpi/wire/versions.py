"""The versions that we speak; apart from the folder itself, so that whoever reads one object loads only that one."""

from laddnav.ocpi.wire.v2_1_1 import codecs as v2_1_1
from laddnav.ocpi.wire.v2_2_1 import codecs as v2_2_1
from laddnav.ocpi.wire.v2_3_0 import codecs as v2_3_0

USUAL = v2_2_1.VERSION.number  # what most speak, and what files are written in as far as they are in any
VERSIONS = {one.number: one for one in (v2_1_1.VERSION, v2_2_1.VERSION, v2_3_0.VERSION)}
