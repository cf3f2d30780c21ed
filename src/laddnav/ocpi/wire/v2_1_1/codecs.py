"""OCPI 2.1.1: what is spelt how, as far as a price goes; what is not listed is not spoken yet."""

from laddnav.cdrs.model import Cdr
from laddnav.ocpi.wire.codec import Codecs
from laddnav.ocpi.wire.v2_1_1 import cdr, tariff
from laddnav.tariffs.model import Tariff

CODECS = Codecs({Cdr: cdr.codec, Tariff: tariff.codec})
