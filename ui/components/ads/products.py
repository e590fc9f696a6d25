"""Step 1: the pictures of the product, or a link to its page."""

from nicegui import events

from core.ads import product_link
from core.ads.product_link import Product
from core.ads.storyboard import MAX_PICTURES
from core.errors import AdsVideoError
from core.models import User

from ...i18n import _, number
from ...kit.elements import Tag, button
from ...kit.toast import toast
from ..pictures.strip import PictureStrip
from .draft import AdDraft


class Products(Tag):
    """What is chosen goes into the draft, and so does what a product's page says; it can be corrected in step 2."""

    def __init__(self, user: User, draft: AdDraft) -> None:
        super().__init__("section", "ad-step", aria_label=_("Products"))
        self._user, self._draft, self._busy, self._url = user, draft, False, ""
        with self:
            Tag("h2", "ad-step-title", _("1. Products"))
            self.strip = PictureStrip(user, MAX_PICTURES, self._changed)
            with Tag("div", "ad-link"):
                self._field = Tag("input", "input", type="url", inputmode="url", autocomplete="off", maxlength=2000,
                                  placeholder=_("https:// link to a product’s page"),
                                  aria_label=_("Link to a product’s page"))  # fmt: skip
                self._field.on("input", self._typed, js_handler="(e) => emit(e.target.value)")
                self._field.on("keydown.enter", self._fetch, [])
                self._read = button(_("Read page"), self._fetch, symbol="link", look="small")

    def _typed(self, event: events.GenericEventArguments) -> None:
        self._url = str(event.args)[:2000].strip()

    def _changed(self) -> None:
        self._draft.update(pictures=list(self.strip.chosen))

    async def _fetch(self) -> None:
        if self._busy or not self._url:
            return
        self._busy = True
        self._read.put("disabled", True)
        self._read.text = _("Reading…")
        self.strip.complain("")
        try:
            product = await product_link.read(self._user, self._url)
        except AdsVideoError as error:
            self.strip.refuse(error)
        else:
            await self._take(product)
        finally:
            self._busy = False
            self._read.put("disabled", None)
            self._read.text = _("Read page")

    async def _take(self, product: Product) -> None:
        """The product's pictures are chosen instead of those before, its words put into their fields."""
        if product.images:
            self.strip.chosen.clear()
        await self.strip.choose_all(product.images)
        limits = {field.name: field.max_length for field in self._draft.template.fields}
        words = {"name": product.name, "price": price_text(product)}
        fields = {**self._draft.choices.fields, **{k: v[: limits.get(k, 40)] for k, v in words.items() if v}}
        self._draft.update(pictures=list(self.strip.chosen), fields=fields)
        toast(_("Read from the page: please check name and price."), "good")


def price_text(product: Product) -> str:
    """A price as it stands in an ad: `49.90 €`."""
    if product.price is None:
        return ""
    signs = {"EUR": "{} €", "USD": "${}", "GBP": "£{}", "CNY": "¥{}", "JPY": "¥{}"}
    amount = number(product.price) if product.price == int(product.price) else f"{product.price:.2f}"
    return signs.get(product.currency or "", f"{{}} {product.currency or ''}").format(amount).strip()
