"""`python -m laddnav.cli` is the command `laddnav`."""

from laddnav.cli.main import main

main()
