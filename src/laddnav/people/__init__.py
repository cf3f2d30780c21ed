"""Who may sign in: accounts, visits, API keys, and the audit of what they did."""
