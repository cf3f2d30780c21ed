"""Verbs about who pays: `keeping` customers and their contracts."""

from laddnav.customers.actions.keeping import (
    add,
    by_ref,
    change,
    contract_of,
    contracts,
    forget_card,
    keep_card,
    keep_contract,
    lock,
    of_contract,
    of_debtor,
    of_debtors,
    page,
    release_contract,
)

__all__ = [
    "add",
    "by_ref",
    "change",
    "contract_of",
    "contracts",
    "forget_card",
    "keep_card",
    "keep_contract",
    "lock",
    "of_contract",
    "of_debtor",
    "of_debtors",
    "page",
    "release_contract",
]
