"""OCPI 2.3.0: as 2.2.1, but for what is listed here."""

from laddnav.ocpi.wire import v2_2_1
from laddnav.ocpi.wire.v2_3_0 import tariff
from laddnav.tariffs.model import Tariff

CODECS = v2_2_1.CODECS | {Tariff: tariff.codec}
