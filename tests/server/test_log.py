"""What a process says about itself: JSON on standard error, ours and the libraries' alike, and no secret."""

import json
import subprocess
import sys

SAYING = """
import logging, structlog
from laddnav.server import log
log.configure("info")
structlog.get_logger().info("partner_called", url="https://x", token="geheim", authorization="Token geheim")
structlog.get_logger().debug("not_said")
logging.getLogger("uvicorn.error").error("a library says %s", "this")
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("job_broke", job="a_job")
"""


def test_lines_are_json_and_secrets_stay_inside() -> None:
    said = subprocess.run([sys.executable, "-c", SAYING], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == ""
    ours, theirs, broken = (json.loads(line) for line in said.stderr.splitlines())
    assert (ours["event"], ours["level"], ours["url"]) == ("partner_called", "info", "https://x")
    assert "geheim" not in said.stderr
    assert (theirs["event"], theirs["level"]) == ("a library says this", "error")
    assert broken["exception"][0]["exc_value"] == "broken"
