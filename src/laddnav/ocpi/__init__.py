"""Speaks OCPI with other parties: the wire, the endpoints, the connections, and what is pushed and pulled."""
