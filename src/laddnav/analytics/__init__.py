"""What the network did: read-only questions over what is stored."""
