"""OCPI 2.1.1: what is spelt how, as far as pricing needs it."""

from laddnav.ocpi.wire.codec import Codecs
from laddnav.ocpi.wire.v2_1_1 import tariff
from laddnav.tariffs.model import Tariff

CODECS = Codecs({Tariff: tariff.codec})
