"""Which CDRs an invoice is for, told to whoever got it, and held against the CDRs that are here."""
