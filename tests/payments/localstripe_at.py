"""Starts localstripe, which is by somebody else, on loopback alone: `localstripe_at.py PORT`, in an own environment."""

import sys

from aiohttp import web
from localstripe.server import app

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
