"""Who may charge: Token, Whitelist, the verdict."""
