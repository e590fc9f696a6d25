"""The ways to order and to narrow down the gallery."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup

from core.prompts.templates import CATEGORIES, Category
from core.social.gallery import Sort

from ...i18n import _

TAB = Markup('<a class="tab" href="{}"{}>{}</a>')
CURRENT = Markup(' aria-current="page"')


@dataclass(frozen=True)
class View:
    """What of the gallery is shown, as its address says it: `sort=liked`, or `category=story`, which has the newest."""

    sort: Sort = "new"
    category: Category | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Self:
        """From the query of an address; what it does not know is the newest of all."""
        category = next((each for each in CATEGORIES if each == asked.get("category")), None)
        return cls("liked" if asked.get("sort") == "liked" and not category else "new", category)

    @property
    def query(self) -> str:
        """For the address."""
        return f"category={self.category}" if self.category else f"sort={self.sort}"


def tabs(shown: View) -> Markup:
    """A link to each view."""
    words: dict[View, str] = {
        View("new"): _("Newest"),
        View("liked"): _("Most liked this week"),
        View(category="show"): _("Showcase"),
        View(category="detail"): _("Details"),
        View(category="scene"): _("Scenes"),
        View(category="story"): _("Stories"),
    }
    marks = {True: CURRENT, False: ""}
    links = (TAB.format(f"/gallery?{view.query}", marks[view == shown], word) for view, word in words.items())
    return Markup().join(links)
