"""What a page says of its product: JSON-LD first, then microdata, then Open Graph. Runs in a process of its own."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html
from price_parser import Price

PRODUCTS = {"product", "productgroup", "productmodel", "individualproduct", "someproducts"}
SYMBOLS = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "CNY",
    "￥": "CNY",
    "元": "CNY",
    "₩": "KRW",
    "₹": "INR",
    "zł": "PLN",
}
MAX_NAME, MAX_DESCRIPTION, MAX_IMAGES = 200, 1000, 8
DEEPEST = 12
"""JSON-LD that is nested more deeply is not looked into."""


@dataclass
class Found:
    """What was found; `images` are addresses, in the page's order."""

    name: str = ""
    price: float | None = None
    currency: str = ""
    description: str = ""
    images: list[str] = field(default_factory=list)

    @property
    def is_product(self) -> bool:
        """Whether it is enough to begin an ad with."""
        return bool(self.name and (self.images or self.price is not None))

    def complete(self, other: "Found") -> None:
        """Take over what is missing here."""
        self.name = self.name or other.name
        self.description = self.description or other.description
        if self.price is None:
            self.price, self.currency = other.price, other.currency
        self.images = list(dict.fromkeys([*self.images, *other.images]))


def read(content: bytes, address: str) -> Found:
    """The product of a page at that address; empty where there is none. Blocking. Never fails because of a page."""
    try:
        content.decode()
        parser = lxml_html.HTMLParser(encoding="utf-8")
    except UnicodeDecodeError:
        parser = lxml_html.HTMLParser()  # it looks for the page's own word
    try:
        page = lxml_html.document_fromstring(content, parser=parser)
    except (etree.LxmlError, ValueError):
        return Found()
    found = Found()
    sources = (*_json_ld(page), *_microdata(page))
    for source in sources:
        if source.name:
            found.complete(source)
            break
    social = _open_graph(page)
    if not found.name or not found.images or found.price is None:
        found.complete(social)
    base = next(iter(page.xpath("//base/@href")), "")
    found.images = list(_addresses(found.images, urljoin(address, str(base))))
    found.name, found.description = _text(found.name, MAX_NAME), _text(found.description, MAX_DESCRIPTION)
    return found


def _addresses(images: list[str], base: str) -> Iterator[str]:
    for image in dict.fromkeys(images):
        try:
            address = urljoin(base, image.strip())
        except ValueError:
            continue
        if address.startswith(("http://", "https://")) and len(address) <= 2000:
            yield address


def _text(value: object, most: int) -> str:
    plain = html.unescape(html.unescape(re.sub(r"<[^>]{0,500}>", " ", str(value or ""))))
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())
    return line[:most].encode(errors="ignore").decode()


# ------------------------------------------------------------------------------------------------------------ JSON-LD


def _json_ld(page: Any) -> Iterator[Found]:
    for script in page.xpath("//script[contains(translate(@type, 'JSONLD', 'jsonld'), 'ld+json')]/text()"):
        for node in _nodes(_parsed(str(script)), 0):
            kinds = node.get("@type")
            names = kinds if isinstance(kinds, list) else [kinds]
            if any(str(kind).rpartition("/")[2].rpartition("#")[2].lower() in PRODUCTS for kind in names):
                yield _of_node(node)


def _parsed(text: str) -> object:
    """JSON as pages have it: in comments, with commas too many, with line breaks in texts."""
    text = re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$", "", text)
    for attempt in (text, re.sub(r",(\s*[}\]])", r"\1", text)):
        try:
            return json.loads(attempt.strip().rstrip(";"), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: object, depth: int) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value[:200]:
            yield from _nodes(one, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "hasVariant", "itemListElement", "item", "about"):
            if name in value:
                yield from _nodes(value[name], depth + 1)


def _of_node(node: dict[str, Any]) -> Found:
    found = Found(name=str(_first(node.get("name")) or ""), description=str(_first(node.get("description")) or ""))
    found.images = list(_images(node.get("image")))
    offers = [node.get("offers"), *(one.get("offers") for one in _nodes(node.get("hasVariant"), 1))]
    for offer in _nodes(offers, 0):
        if found.price is None:
            _take_price(found, *_offer(offer))
    for variant in _nodes(node.get("hasVariant"), 1):
        found.images += [image for image in _images(variant.get("image")) if image not in found.images]
    found.images = found.images[:MAX_IMAGES]
    return found


def _offer(offer: dict[str, Any]) -> tuple[object, object]:
    """Price and currency, as the offer writes them."""
    for one in (offer, *_nodes(offer.get("priceSpecification"), 1)):
        price = _first(one.get("price"))
        price = price if price not in (None, "") else _first(one.get("lowPrice"))
        if price not in (None, ""):
            return price, _first(one.get("priceCurrency")) or _first(offer.get("priceCurrency"))
    return None, None


def _first(value: object) -> object:
    if isinstance(value, list):
        return _first(value[0]) if value else None
    if isinstance(value, dict):
        return value.get("@value") or value.get("name")
    return value


def _images(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value[:MAX_IMAGES]:
            yield from _images(one)
    elif isinstance(value, dict):
        for name in ("contentUrl", "url", "@id"):
            if isinstance(value.get(name), str):
                yield value[name]
                return


def _take_price(found: Found, price: object, currency: object = None) -> None:
    """A price as a number, whatever its spelling; the currency by its code, else by its sign."""
    text = str(price) if isinstance(price, str | int | float) and not isinstance(price, bool) else ""
    parsed = Price.fromstring(text[:60], currency_hint=str(currency or "")[:10] or None) if text else None
    if parsed is None or parsed.amount_float is None or not 0 <= parsed.amount_float < 1e9:
        return
    found.price = parsed.amount_float
    code = str(currency or "").strip().upper()
    sign = parsed.currency or ""
    usual = sign.upper() if re.fullmatch(r"[A-Za-z]{3}", sign) else SYMBOLS.get(sign, "")
    found.currency = code if re.fullmatch(r"[A-Z]{3}", code) else usual


# ---------------------------------------------------------------------------------------------------------- microdata


def _microdata(page: Any) -> Iterator[Found]:
    for scope in page.xpath("//*[@itemscope][@itemtype]"):
        kinds = str(scope.get("itemtype")).split()
        if not any(kind.rpartition("/")[2].lower() in PRODUCTS for kind in kinds):
            continue
        found, sign = Found(), ""
        price = ""
        for element in scope.xpath(".//*[@itemprop]"):
            inside = _scope_of(element)
            names, value = str(element.get("itemprop")).split(), _value(element)
            if inside is scope:
                found.name = found.name or (value if "name" in names else "")
                found.description = found.description or (value if "description" in names else "")
                if "image" in names and value:
                    found.images.append(value)
            if {"price", "lowPrice"} & set(names):
                price = price or value
            if "priceCurrency" in names:
                sign = sign or value
        _take_price(found, price, sign)
        yield found


def _scope_of(element: Any) -> Any:
    """The thing that a property belongs to."""
    return next((one for one in element.iterancestors() if one.get("itemscope") is not None), None)


def _value(element: Any) -> str:
    for name in ("content", "src", "data-src", "href", "datetime"):
        if value := element.get(name):
            return str(value)
    return str(element.text_content())[:2000]


# --------------------------------------------------------------------------------------------------------- Open Graph


def _open_graph(page: Any) -> Found:
    tags: dict[str, list[str]] = {}
    for meta in page.xpath("//meta[@content]"):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        tags.setdefault(name, []).append(str(meta.get("content")))

    def first(*names: str) -> str:
        return next((tags[name][0] for name in names if tags.get(name)), "")

    found = Found(name=first("og:title"), description=first("og:description"))
    found.images = [*tags.get("og:image", []), *tags.get("og:image:secure_url", [])][:MAX_IMAGES]
    amount = first("product:price:amount", "og:price:amount", "product:sale_price:amount")
    _take_price(found, amount, first("product:price:currency", "og:price:currency", "product:sale_price:currency"))
    return found
