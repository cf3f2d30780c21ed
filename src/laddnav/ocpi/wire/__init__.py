"""How other parties spell what we mean; pure. Nothing outside this folder branches on a version."""
