"""The API of sharing and gallery, plain pages, and what other sites fetch."""

import asyncio
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
from nicegui import Client, app
from nicegui.testing import User as Visitor
from PIL import Image
from sqlmodel import col
from sqlmodel import update as sql_update

from core.accounts import api_keys, users
from core.accounts.public_name import set_public_name
from core.database.session import session
from core.models import User, Video
from core.redis.news import News, publish
from core.social import card, sharing, stills
from tests.environment import forget_settings
from tests.people import ask, finish, photo
from tests.waiting import until
from ui import poll_cache, theme

EVIL = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture
async def video(me: User, place: Path) -> Video:
    """A finished video of mine with a poster."""
    made = await ask(me, EVIL)
    await finish(made)
    (place / "videos").mkdir(exist_ok=True)
    (place / "videos" / "x.webp").write_bytes(photo(1280, 720, "WEBP"))
    (place / "videos" / "x.mp4").write_bytes(b"film")
    return made


async def key_of(email: str) -> dict[str, str]:
    """The header of an API key of that user."""
    async with session() as db:
        user = await users.find_or_create(db, email)
        return {"Authorization": f"Bearer {await api_keys.make_key(db, user, 'tests')}"}


@pytest.fixture
async def api(visitor: Visitor, me: User) -> httpx.AsyncClient:
    """My script; it keeps no cookie."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
    client.headers.update(await key_of(me.email))
    return client


@pytest.fixture
def stranger(visitor: Visitor) -> httpx.AsyncClient:
    """Somebody without a cookie."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def share(api: httpx.AsyncClient, video: Video, **asked: bool) -> str:
    """The slug of its link."""
    answer = await api.put(f"/api/v1/videos/{video.id}/share", json=asked)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"]).rpartition("/")[2]


async def test_sharing_by_the_api(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    answer = await api.put(f"/api/v1/videos/{video.id}/share")
    url = answer.json()["url"]
    assert url.startswith("http://test/v/")
    assert (await stranger.get("/api/v1/gallery")).json()["items"] == []
    slug = await share(api, video, in_gallery=True)
    assert url.endswith(slug)
    (item,) = (await stranger.get("/api/v1/gallery")).json()["items"]
    assert {"slug", "title", "likes", "comments", "author", "video_url", "poster_url"} <= set(item)
    assert (await stranger.get(item["poster_url"])).status_code == 200
    assert (await api.delete(f"/api/v1/videos/{video.id}/share")).status_code == 204
    for path in ("", "/content", "/preview", "/poster", "/small.webp", "/code.svg", "/card.jpg", "/embed"):
        assert (await stranger.get(f"/v/{slug}{path}")).status_code == 404, path
    assert (await stranger.get("/oembed", params={"url": url})).status_code == 404
    assert await share(api, video) != slug
    theirs = await key_of("charlie@example.com")
    for method in ("PUT", "DELETE"):
        answer = await stranger.request(method, f"/api/v1/videos/{video.id}/share", headers=theirs)
        assert answer.status_code == 404


async def test_likes_comments_and_reports_by_the_api(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video
) -> None:
    slug = await share(api, video, in_gallery=True)
    base = f"/api/v1/gallery/{slug}"
    for _ in range(2):
        assert (await api.put(f"{base}/like")).json() == {"likes": 1, "liked": True}
    assert (await api.delete(f"{base}/like")).json() == {"likes": 0, "liked": False}
    said = await api.post(f"{base}/comments", json={"text": f"{EVIL}\nsecond \u202eline"})
    assert (said.status_code, said.json()["text"], said.json()["author"]) == (201, f"{EVIL}\nsecond line", "")
    assert [c["id"] for c in (await stranger.get(f"{base}/comments")).json()["items"]] == [said.json()["id"]]
    for wrong in ({}, {"text": ""}, {"text": "x" * 501}, {"text": 5}, {"text": "a", "more": 1}):
        assert (await api.post(f"{base}/comments", json=wrong)).status_code == 422, wrong
    theirs = await key_of("charlie@example.com")
    one = f"{base}/comments/{said.json()['id']}"
    assert (await stranger.delete(one, headers=theirs)).status_code == 404
    assert (await api.delete(one)).status_code == 204
    assert (await stranger.post(f"{base}/report", json={"reason": "spam"}, headers=theirs)).status_code == 204
    assert (await stranger.post(f"{base}/report", json={"reason": "dull"}, headers=theirs)).status_code == 422
    assert (await api.post(f"{base}/report", json={"reason": "spam"})).status_code == 409
    for method, path in (("PUT", "like"), ("POST", "comments"), ("POST", "report")):
        answer = await stranger.request(method, f"{base}/{path}", json={"text": "a", "reason": "spam"})
        assert answer.status_code == 401, path
    assert (await api.put("/api/v1/gallery/nothing/like")).status_code == 404


async def test_five_comments_a_minute(api: httpx.AsyncClient, video: Video) -> None:
    slug = await share(api, video)
    answers = [await api.post(f"/api/v1/gallery/{slug}/comments", json={"text": f"{n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 60


async def test_my_public_name(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    assert (await api.patch("/api/v1/me", json={"public_name": "Ann"})).json()["public_name"] == "Ann"
    assert (await api.patch("/api/v1/me", json={"public_name": "ann@example.com"})).status_code == 422
    await share(api, video, in_gallery=True)
    assert (await stranger.get("/api/v1/gallery")).json()["items"][0]["author"] == "Ann"


@pytest.mark.parametrize("whom", [("off", 404, 404), ("members", 401, 401), ("public", 200, 401)])
async def test_whom_it_is_for(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video, monkeypatch: pytest.MonkeyPatch,
    whom: tuple[str, int, int],
) -> None:  # fmt: skip
    social, reading, acting = whom
    slug = await share(api, video, in_gallery=True)
    monkeypatch.setenv("SOCIAL", social)
    forget_settings()
    for path in ("/api/v1/gallery", f"/api/v1/gallery/{slug}/comments", "/gallery"):
        assert (await stranger.get(path)).status_code == reading, path
    assert (await stranger.put(f"/api/v1/gallery/{slug}/like")).status_code == acting
    assert (await api.put(f"/api/v1/gallery/{slug}/like")).status_code == (404 if social == "off" else 200)
    assert (await stranger.get(f"/v/{slug}")).status_code == 200


async def test_a_category_of_the_gallery(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    await share(api, video, in_gallery=True)
    for asked, cards, chosen in (
        ("", 1, "sort=new"),
        ("?category=story", 0, "category=story"),
        ("?category=story&sort=liked", 0, "category=story"),
        ("?category=none&sort=liked", 1, "sort=liked"),
    ):
        page = (await stranger.get(f"/gallery{asked}")).text
        assert page.count("<article") == cards, asked
        assert f'<a class="tab" href="/gallery?{chosen}" aria-current="page">' in page


class Head(HTMLParser):
    """The tags of a page as an unfurler reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, dict[str, str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and (name := given.get("property") or given.get("name")):
            self.meta[name] = given.get("content") or ""
        if tag == "link" and given.get("rel"):
            self.links[str(given["rel"])] = given


async def test_a_link_unfolds(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    slug = await share(api, video)
    page = await stranger.get(f"/v/{slug}")
    assert "<img src=x" not in page.text
    head = Head(page.text)
    url = f"http://test/v/{slug}"
    assert head.meta["og:title"] == EVIL
    expected = {"og:type": "video.other", "og:url": url, "og:image": f"{url}/card.jpg", "og:image:width": "1200",
                "og:image:height": "630", "og:image:type": "image/jpeg", "og:video": f"{url}/content",
                "og:video:type": "video/mp4", "og:video:width": "1280", "og:video:height": "720",
                "twitter:card": "summary_large_image", "twitter:image": f"{url}/card.jpg"}  # fmt: skip
    assert {name: head.meta.get(name) for name in expected} == expected
    assert {"og:site_name", "og:description", "og:image:alt", "twitter:title", "description"} <= set(head.meta)
    found = await stranger.get(str(head.links["alternate"]["href"]))
    told: dict[str, Any] = found.json()
    assert (told["version"], told["type"], told["width"], told["height"]) == ("1.0", "video", 640, 360)
    assert f'src="{url}/embed"' in told["html"]
    assert found.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in found.headers


async def test_the_card_is_a_small_jpeg(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    slug = await share(api, video)
    answer = await stranger.get(f"/v/{slug}/card.jpg")
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.size) == ("JPEG", (1200, 630))
    assert len(answer.content) < card.MOST_BYTES
    assert answer.headers["content-type"] == "image/jpeg"
    assert "max-age=60" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


async def test_what_a_page_for_strangers_loads_before_its_film_is_small(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video
) -> None:
    slug = await share(api, video, in_gallery=True)
    page = (await stranger.get(f"/v/{slug}")).text
    size = len(brotli.compress(page.encode(), quality=4))
    for path in set(re.findall(r'(?:href|src|poster)="((?:/static/|/v/[^"]*small)[^"]*)"', page)):
        answer = await stranger.get(path)
        assert answer.status_code == 200
        if "touch-icon" not in path:  # a phone fetches it when one puts the page on its home screen
            size += len(brotli.compress(answer.content, quality=9)) + 700  # and the headers
    assert 30_000 < size < 60_000
    small = Image.open(io.BytesIO((await stranger.get(f"/v/{slug}/small.webp")).content))
    assert (small.format, small.size) == ("WEBP", (960, 540))
    assert "<svg" in (await stranger.get(f"/v/{slug}/code.svg")).text


@pytest.mark.parametrize("size", [(16, 16), (2160, 3840)])
def test_a_small_poster_of_any_poster(size: tuple[int, int]) -> None:
    noise = Image.effect_noise(size, 100).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "WEBP")
    made = stills.draw_small(out.getvalue())
    assert max(Image.open(io.BytesIO(made)).size) <= stills.SIDE


async def test_plain_pages_have_all_their_rules_and_icons(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video
) -> None:
    """What plain.css leaves out of app.css, no plain page uses."""
    slug = await share(api, video, in_gallery=True)
    await api.put(f"/api/v1/gallery/{slug}/like")
    await api.post(f"/api/v1/gallery/{slug}/comments", json={"text": "Nice"})
    used: set[str] = set()
    for path in (f"/v/{slug}", "/gallery", "/pricing", "/v/nothing"):
        for classes in re.findall(r'class="([^"]*)"', (await stranger.get(path)).text):
            used |= set(classes.split())
    all_rules, plain_rules = (set(re.findall(r"\.([\w-]+)", theme.JOINED[name]())) for name in ("app.css", "plain.css"))
    assert {"icon-download", "card-media", "price-number", "comment-text"} <= used
    assert used & all_rules <= plain_rules


@pytest.mark.parametrize("size", [(720, 1280), (1080, 1080), (1920, 1080), (64, 64)])
@pytest.mark.parametrize("title", ["A short one", "这是一个很长的标题，" * 12, "x" * 400, ""])
def test_a_card_of_any_poster_and_title(size: tuple[int, int], title: str) -> None:
    made = Image.open(io.BytesIO(card.draw(photo(*size, "WEBP"), title)))
    assert made.size == (1200, 630)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"url": "http://test/v/{slug}"}, 200),
        ({"url": "http://test/v/{slug}", "format": "xml"}, 501),
        ({"url": "http://elsewhere.example/v/{slug}"}, 404),
        ({"url": "http://test/videos/1"}, 404),
        ({"url": "http://test/v/{slug}/embed"}, 404),
        ({"url": "nonsense"}, 404),
        ({}, 404),
        ({"url": "http://test/v/{slug}", "maxwidth": "0"}, 422),
    ],
)
async def test_oembed(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video, params: dict[str, str], status: int
) -> None:
    slug = await share(api, video)
    asked = {name: value.format(slug=slug) for name, value in params.items()}
    assert (await stranger.get("/oembed", params=asked)).status_code == status


async def test_oembed_fits_what_is_asked(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    slug = await share(api, video)
    for asked, size in (
        ({"maxwidth": 320}, (320, 180)),
        ({"maxheight": 90}, (160, 90)),
        ({"maxwidth": 9000}, (640, 360)),
    ):
        told = (await stranger.get("/oembed", params={"url": f"http://test/v/{slug}", **asked})).json()
        assert (told["width"], told["height"]) == size


async def test_embed_alone_may_be_framed(api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video) -> None:
    slug = await share(api, video)
    embed = await stranger.get(f"/v/{slug}/embed")
    assert "frame-ancestors *" in embed.headers["content-security-policy"]
    assert "x-frame-options" not in embed.headers
    assert "set-cookie" not in embed.headers
    assert "<img src=x" not in embed.text
    for path in (f"/v/{slug}", "/gallery", "/"):
        headers = (await stranger.get(path)).headers
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_strangers_pages_keep_nothing_on_the_server(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video
) -> None:
    slug = await share(api, video, in_gallery=True)
    await stranger.get("/healthz")  # keeps a session's dictionary for a while, as NiceGUI does for every visitor
    before = len(Client.instances), len(app.storage._users)
    for path in (f"/v/{slug}", "/gallery", "/gallery?sort=liked", "/pricing", "/v/nothing"):
        answer = await stranger.get(path, headers={"Accept-Language": "zh"})
        assert "_nicegui" not in answer.text
        assert 'lang="zh-CN"' in answer.text
        assert "set-cookie" not in answer.headers
    assert (len(Client.instances), len(app.storage._users)) == before


async def test_the_page_of_who_is_signed_in(visitor: Visitor, me: User, api: httpx.AsyncClient, video: Video) -> None:
    async with session() as db:
        await set_public_name(db, me.id, "Ann")
    slug = await share(api, video)
    await visitor.open(f"/v/{slug}")
    await visitor.should_see("0 likes")
    visitor.find("0 likes").click()
    await visitor.should_see("1 like")
    await api.post(f"/api/v1/gallery/{slug}/comments", json={"text": "Live from elsewhere"})
    await visitor.should_see("Live from elsewhere")
    await visitor.should_see("Ann")


async def test_what_else_its_owner_makes_is_no_news_of_a_shared_video(
    visitor: Visitor, me: User, api: httpx.AsyncClient, video: Video
) -> None:
    slug = await share(api, video)
    await until(poll_cache.is_on)
    await visitor.open(f"/v/{slug}")
    await visitor.should_see("0 likes")
    other = await ask(me, "Another one")
    async with session() as db:
        await db.exec(sql_update(Video).where(col(Video.id) == video.id).values(likes=7))
    await publish(News(me.id, other.id, status="completed"))
    await publish(News(me.id, video.id, stage="processing", progress=50))
    await asyncio.sleep(0.3)
    await visitor.should_see("0 likes")
    await publish(News(me.id, video.id, status=sharing.CHANGED))
    await visitor.should_see("7 likes")


async def test_a_recipe_is_used_without_the_picture(
    visitor: Visitor, me: User, stranger: httpx.AsyncClient, video: Video
) -> None:
    async with session() as db:
        slug = await sharing.share(db, me.id, video.id)
        await db.exec(sql_update(Video).where(col(Video.id) == video.id).values(prompt="Glide around it"))
    page = await stranger.get(f"/?recipe={slug}")
    assert "Glide around it" in page.text


async def test_nothing_private_is_reached_by_a_crawl(
    me: User, api: httpx.AsyncClient, stranger: httpx.AsyncClient, video: Video
) -> None:
    secret = await ask(me, "Nobody may read this prompt")
    await finish(secret)
    await share(api, video, in_gallery=True)
    seen: set[str] = set()
    todo = {"/", "/gallery", "/pricing", "/login", "/library", "/account", "/videos/1", "/videos/2", "/docs"}
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = await stranger.get(path, follow_redirects=False)
        text = answer.text
        assert me.email not in text, path
        assert secret.prompt not in text, path
        found = {link.partition("#")[0] for link in re.findall(r'(?:href|src)="(/[^"?]*)', text)}
        todo |= {link for link in found - seen if not link.startswith(("/static", "/_nicegui", "/auth"))}
    assert any(path.startswith("/v/") for path in seen)
