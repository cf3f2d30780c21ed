"""What partners and hosts are owed for a month: agreed CDR by CDR, netted, shared out; and what we earned by it."""
