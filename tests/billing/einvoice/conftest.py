"""What tests of invoices share."""

from collections.abc import Iterator

import pytest

from tests.billing.einvoice.officials import Officials


@pytest.fixture(scope="session")
def officials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officials]:
    some = Officials(tmp_path_factory.mktemp("einvoice"))
    yield some
    some.close()
