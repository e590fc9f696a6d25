"""What a shared link says of itself to other sites: Open Graph, Twitter and oEmbed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.errors import NotFound
from core.models import Video
from core.phrase import Phrase
from core.social.card import SIZE

EMBED_SIDE = 640
"""The longer side of an embedded player where nothing smaller is asked for."""
SITE = "AdsVideo"


@dataclass(frozen=True)
class Shared:
    """A shared video, at our public address, by its title and its maker's public name (empty for none)."""

    video: Video
    origin: str
    title: str
    about: str
    author: str

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"{self.origin}/v/{self.video.slug}"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film in pixels."""
        return self.video.width or 1280, self.video.height or 720


def tags(shared: Shared) -> dict[str, str]:
    """The page's `<meta>` tags by name; those with `og:` are properties."""
    width, height = map(str, shared.size)
    is_secure = shared.origin.startswith("https://")
    card = f"{shared.url}/card.jpg"
    made = {
        "description": shared.about,
        "og:type": "video.other",
        "og:site_name": SITE,
        "og:title": shared.title,
        "og:description": shared.about,
        "og:url": shared.url,
        "og:image": card,
        "og:image:type": "image/jpeg",
        "og:image:width": str(SIZE[0]),
        "og:image:height": str(SIZE[1]),
        "og:image:alt": shared.title,
        "og:video": f"{shared.url}/content",
        "og:video:type": "video/mp4",
        "og:video:width": width,
        "og:video:height": height,
        "twitter:card": "player" if is_secure else "summary_large_image",
        "twitter:title": shared.title,
        "twitter:description": shared.about,
        "twitter:image": card,
    }
    if is_secure:
        made |= {
            "og:image:secure_url": card,
            "og:video:secure_url": f"{shared.url}/content",
            "twitter:player": f"{shared.url}/embed",
            "twitter:player:width": width,
            "twitter:player:height": height,
        }
    return made


def slug_in(url: str, origin: str) -> str:
    """The slug of a shared page's address. Raises NotFound for any other address."""
    given, ours = urlsplit(url), urlsplit(origin)
    parts = given.path.split("/")
    if given.netloc.lower() != ours.netloc.lower() or len(parts) != 3 or parts[:2] != ["", "v"] or not parts[2]:
        raise NotFound(Phrase("video"))
    return parts[2]


def fitting(shared: Shared, most: Mapping[str, int | None]) -> tuple[int, int]:
    """Width and height of the embedded player, in the film's ratio, within `maxwidth` and `maxheight`."""
    width, height = shared.size
    scale = EMBED_SIDE / max(width, height)
    for name, side in (("maxwidth", width), ("maxheight", height)):
        if bound := most.get(name):
            scale = min(scale, bound / side)
    return max(1, round(width * scale)), max(1, round(height * scale))


def iframe(shared: Shared, width: int, height: int) -> str:
    """The HTML that shows the player on another site."""
    return (
        f'<iframe src="{shared.url}/embed" width="{width}" height="{height}" frameborder="0" '
        'allow="autoplay; fullscreen" allowfullscreen></iframe>'
    )


def oembed(shared: Shared, most: Mapping[str, int | None]) -> dict[str, Any]:
    """The answer of `/oembed`; see oembed.com."""
    width, height = fitting(shared, most)
    made: dict[str, Any] = {
        "version": "1.0",
        "type": "video",
        "provider_name": SITE,
        "provider_url": shared.origin,
        "title": shared.title,
        "width": width,
        "height": height,
        "html": iframe(shared, width, height),
        "thumbnail_url": f"{shared.url}/card.jpg",
        "thumbnail_width": SIZE[0],
        "thumbnail_height": SIZE[1],
        "cache_age": 60,
    }
    return made | ({"author_name": shared.author} if shared.author else {})
