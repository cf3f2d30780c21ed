"""One file an OCPI module: what is answered to a partner, whatever version it speaks."""
