"""A link to a product, over the network: its page, its pictures, and what else may be at such an address."""

from collections.abc import Iterator

import pytest

from core.ads import product_link
from core.database.session import reading
from core.errors import AddressRefused, AdsVideoError, BadAddress, NoProduct, PageTooLarge, Unreached
from core.models import User
from core.pictures import uploads
from tests.environment import forget_settings
from tests.servers.shop import ShopServer


@pytest.fixture
def shop(alice: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address; it stands inside, so it has to be permitted."""
    monkeypatch.setenv("OUTSIDE_ALLOW", "127.0.0.1")
    forget_settings()
    with ShopServer() as server:
        yield server.root


async def test_a_products_page_becomes_words_and_pictures_of_ones_own(alice: User, shop: str) -> None:
    product = await product_link.read(alice, f"{shop}/cup")
    assert (product.name, product.price, product.currency) == ("Ceramic Cup", 24.9, "EUR")
    async with reading() as db:
        sizes = [(p.width, p.height) for p in [await uploads.owned(db, alice.id, one) for one in product.images]]
    assert sizes == [(320, 240), (240, 320)]


@pytest.mark.parametrize(
    ("path", "error"),
    [("/nothing", NoProduct), ("/inside", AddressRefused), ("/huge", PageTooLarge), ("/gone", Unreached)],
)
async def test_what_is_no_product_says_so(alice: User, shop: str, path: str, error: type[AdsVideoError]) -> None:
    with pytest.raises(error):
        await product_link.read(alice, shop + path)


async def test_a_page_that_never_ends_is_given_up(alice: User, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_link, "PAGE_SECONDS", 0.5)
    with pytest.raises(Unreached):
        await product_link.read(alice, f"{shop}/drip")


@pytest.mark.parametrize(("url", "error"), [("javascript:1", BadAddress), ("http://10.0.0.1/", AddressRefused)])
async def test_addresses_inside_are_not_opened(alice: User, url: str, error: type[AdsVideoError]) -> None:
    with pytest.raises(error):
        await product_link.read(alice, url)
