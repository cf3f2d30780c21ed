"""Is the CDR of somebody else right, and if not, what went wrong?"""
