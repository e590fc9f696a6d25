"""Pages as the common shop systems write them; the markup is ours, its shapes are theirs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ads.product_page import Found, read

AT = "https://shop.example/p/1"


def page(head: str = "", body: str = "") -> bytes:
    """A page with that in it."""
    return f"<!doctype html><html><head><title>Shop</title>{head}</head><body>{body}</body></html>".encode()


def ld(value: object, kind: str = "application/ld+json") -> str:
    """A script that holds JSON-LD."""
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="{kind}">{text}</script>'


SHOPIFY = {
    "@context": "http://schema.org/",
    "@type": "ProductGroup",
    "name": "Ceramic Cup",
    "description": "Hand made &amp; <b>glazed</b>",
    "hasVariant": [
        {"@type": "Product", "image": "https://cdn.example/cup-blue.jpg", "name": "Cup - Blue",
         "offers": {"@type": "Offer", "price": "24.90", "priceCurrency": "EUR"}},
        {"@type": "Product", "image": "https://cdn.example/cup-red.jpg", "name": "Cup - Red",
         "offers": {"@type": "Offer", "price": "26.90", "priceCurrency": "EUR"}},
    ],
}  # fmt: skip
WOOCOMMERCE = {
    "@context": "https://schema.org/",
    "@graph": [
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": {"name": "Home"}}]},
        {"@type": "Product", "@id": AT, "name": "Ceramic Cup", "image": "/cup.jpg",
         "offers": [{"@type": "Offer", "priceSpecification": [
             {"@type": "UnitPriceSpecification", "price": "24.90", "priceCurrency": "EUR"}]}]},
    ],
}  # fmt: skip
SQUARESPACE = {
    "@type": ["Product", "Thing"],
    "name": ["Ceramic Cup"],
    "image": [{"@type": "ImageObject", "contentUrl": "//cdn.example/cup.jpg"}],
    "offers": {"@type": "AggregateOffer", "lowPrice": 24.9, "highPrice": 40, "priceCurrency": "eur"},
}
MAGENTO = """<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Ceramic <b>Cup</b></h1>
<img itemprop="image" src="/media/cup.jpg"><div itemprop="brand" itemscope itemtype="http://schema.org/Brand">
<span itemprop="name">Kiln</span></div><div itemprop="offers" itemscope itemtype="http://schema.org/Offer">
<meta itemprop="price" content="24.9"><meta itemprop="priceCurrency" content="EUR"></div>
<div itemprop="description">Hand made</div></div>"""
SHOPWARE = """<div itemscope itemtype="https://schema.org/Product"><meta itemprop="name" content="Ceramic Cup">
<link itemprop="image" href="https://cdn.example/cup.jpg"><div itemprop="offers" itemscope
itemtype="https://schema.org/Offer"><span itemprop="price">24,90 €</span></div></div>"""
PRESTASHOP = """<meta property="og:type" content="product"><meta property="og:title" content="Ceramic Cup">
<meta property="og:image" content="https://cdn.example/cup.jpg"><meta property="product:price:amount" content="24.90">
<meta property="product:price:currency" content="EUR">"""


@pytest.mark.parametrize(
    "content",
    [
        page(ld(SHOPIFY)),
        page(body=ld(WOOCOMMERCE)),
        page(ld([SQUARESPACE], "Application/LD+JSON; charset=utf-8")),
        page(body=MAGENTO),
        page(body=SHOPWARE),
        page(PRESTASHOP),
        page(ld("{broken"), MAGENTO),
        page(ld(json.dumps(SQUARESPACE)[:-1] + ",}")),
        page(ld(f"\n<!--\n{json.dumps(SQUARESPACE)}\n-->\n")),
        page(ld({"@type": "WebPage", "mainEntity": SQUARESPACE})),
        page(ld({"@type": "Product", "name": "Ceramic Cup"}) + PRESTASHOP),
    ],
    ids=[
        *("shopify", "woocommerce", "squarespace", "magento", "shopware", "prestashop"),
        *("broken beside", "comma too many", "in a comment", "in a web page", "half in each"),
    ],
)
def test_every_shop_says_the_same(content: bytes) -> None:
    found = read(content, AT)
    assert (found.name, found.price, found.currency) == ("Ceramic Cup", 24.9, "EUR")
    assert found.images
    assert all(image.startswith(("https://cdn.example/cup", "https://shop.example/")) for image in found.images)


def test_texts_lose_their_markup_and_pictures_their_doubles() -> None:
    found = read(page(ld(SHOPIFY)), AT)
    assert found.description == "Hand made & glazed"
    assert found.images == ["https://cdn.example/cup-blue.jpg", "https://cdn.example/cup-red.jpg"]


@pytest.mark.parametrize(
    ("written", "price", "currency"),
    [
        ("1.299,00 €", 1299.0, "EUR"),
        ("$1,299.00", 1299.0, "USD"),
        ("¥1,299", 1299.0, "CNY"),
        ("CHF 19.-", 19.0, "CHF"),
        ("free", 0.0, ""),
        ("", None, ""),
    ],
)
def test_prices_as_people_write_them(written: str, price: float | None, currency: str) -> None:
    found = read(page(ld({"@type": "Product", "name": "Cup", "offers": {"price": written}})), AT)
    assert (found.price, found.currency) == (price, currency)


def test_a_page_in_chinese_whatever_its_encoding() -> None:
    cup = json.dumps({"@type": "Product", "name": "陶瓷杯", "image": "/a.jpg"}, ensure_ascii=False)
    text = f'<meta charset="gbk">{ld(cup)}'
    for encoding in ("gbk", "utf-8"):
        assert read(f"<html><head>{text}</head></html>".encode(encoding), AT).name == "陶瓷杯"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        page(),
        page('<meta property="og:title" content="A blog">'),
        page(ld("[" * 5000)),
        page(ld({"@type": "Product"})),
        page(ld({"@type": "Product", "name": "Cup", "image": ["javascript:alert(1)", "data:x", 7, None]})),
    ],
)
def test_a_page_without_a_product_has_none(content: bytes) -> None:
    found = read(content, AT)
    assert not found.is_product
    assert found.images == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["@type", "@graph", "name", "image", "offers", "price", "priceSpecification", "hasVariant"]
            ),
            inner | st.just("Product"),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON, st.text(max_size=80))
def test_whatever_a_page_says_is_read(value: object, text: str) -> None:
    assert isinstance(read(page(ld(value), text), AT), Found)
