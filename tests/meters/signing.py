"""A meter that signs what it counts, as OCMF, with a key of its own."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SigningMeter:
    """Every record is on a page of its own, one after the other."""

    def __init__(self, serial: str = "4711") -> None:
        self.serial = serial
        self.page = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return self._key.public_key().public_bytes(*form).hex().upper()

    def signs(self, at: datetime, wh: str, role: str = "B", status: str = "G") -> str:
        return self.sealed(self.reading(at, wh, role, status))

    def signs_both(self, begun: datetime, first: str, ended: datetime, last: str) -> str:
        return self.sealed(self.reading(begun, first, "B"), self.reading(ended, last, "E"))

    def sealed(self, *readings: str) -> str:
        self.page += 1
        payload = f'{{"FV":"1.0","PG":"T{self.page}","MS":"{self.serial}","RD":[{",".join(readings)}]}}'
        signature = self._key.sign(payload.encode(), ec.ECDSA(hashes.SHA256())).hex()
        return f'OCMF|{payload}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature}"}}'

    def reading(self, at: datetime, wh: str, role: str, status: str = "G") -> str:
        time = at.strftime("%Y-%m-%dT%H:%M:%S,000%z S")
        return f'{{"TM":"{time}","TX":"{role}","RV":{wh},"RI":"1-b:1.8.0","RU":"Wh","ST":"{status}","EF":""}}'
