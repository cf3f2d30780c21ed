"""Those who judge an invoice, in a process of their own: they need seconds to be read, and milliseconds to be asked."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".cache" / "counterparts" / "einvoice" / "bin" / "python"


class Officials:
    def __init__(self, at: Path) -> None:
        self._at = at
        self._process = subprocess.Popen(
            [PYTHON, "-m", "tests.billing.einvoice.officially"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def find(self, body: bytes, name: str = "invoice.xml") -> list[str]:
        """What they find wrong, each by its rule."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        file = self._at / name
        file.write_bytes(body)
        stdin.write(f"{file}\n")
        stdin.flush()
        found: list[str] = json.loads(stdout.readline())
        return found

    def close(self) -> None:
        self._process.communicate()
