"""The studio: what the form says before it takes credits, and what the panel shows of a video's life."""

from datetime import timedelta

from nicegui.testing import User as Visitor

from core.billing import credits
from core.database.session import reading, session
from core.errors import ModerationRefused, ProviderFailed
from core.models import User, Video, now
from core.redis.news import News, publish
from core.videos import queries, states
from tests.people import ask, balance, fail, finish, photo, picture_of
from tests.waiting import until
from ui.components.studio.sample_reel import samples
from ui.kit.choices import Choices
from ui.kit.text_area import TextArea


async def mine() -> int:
    """How many videos there are."""
    async with reading() as db:
        return len(await queries.page(db, 1, None, 50))


def choose(visitor: Visitor, preset: str) -> None:
    """Click the tile of a preset, or `own-7` of one's own picture."""
    visitor.find(marker="pictures").trigger("choose", {"detail": preset})


def prompt(visitor: Visitor) -> str:
    """What stands in the prompt's field."""
    field = next(iter(visitor.find(marker="prompt").elements))
    assert isinstance(field, TextArea)
    return field.value


def write(visitor: Visitor, text: str) -> None:
    """Type that into the prompt's field, instead of what is there."""
    visitor.find(marker="prompt").trigger("input", text)


async def test_before_there_is_a_video_the_panel_shows_samples(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.should_see("Login")
    await visitor.should_see("Use it")
    await visitor.should_see("Generate · 10 credits")
    await visitor.should_see("Studio camera (built in)")


async def test_the_checks_come_in_order(visitor: Visitor) -> None:
    await visitor.open("/")
    visitor.find(marker="generate").click()
    await visitor.should_see("Please log in first.")
    await visitor.http_client.get("/auth/login")
    await visitor.open("/")
    visitor.find(marker="generate").click()
    await visitor.should_see("Please choose a picture first.")
    choose(visitor, "watch")
    write(visitor, "  ")
    visitor.find(marker="generate").click()
    await visitor.should_see("Please describe what should happen in the video.")
    write(visitor, "x" * 501)
    await visitor.should_see("501/500")
    visitor.find(marker="generate").click()
    await visitor.should_see("The prompt has 501 characters; at most 500 are allowed.")
    assert await mine() == 0


async def test_without_enough_credits_nothing_is_charged(visitor: Visitor, me: User) -> None:
    async with session() as db:
        await credits.take_at_most(db, me.id, 95, "test:poor", "")
    await visitor.open("/")
    choose(visitor, "watch")
    visitor.find(marker="generate").click()
    await visitor.should_see("Not enough credits: this video costs 10, you have 5.")
    assert (await balance(me), await mine()) == (5, 0)


async def test_a_refusal_stays_until_something_else_is_chosen(visitor: Visitor, me: User) -> None:
    async with session() as db:
        await credits.take_at_most(db, me.id, 95, "test:poor", "")
    picture = await picture_of(me)
    await visitor.open("/")
    choose(visitor, f"own-{picture.id}")
    write(visitor, "Slow push in")
    visitor.find(marker="generate").click()
    await visitor.should_see("Not enough credits: this video costs 10, you have 5.")
    visitor.find(marker="preview").trigger("load.capture", "0")  # of a picture that has been deleted
    visitor.find(marker="preview").trigger("load.capture", str(picture.id))  # the product is found a moment later
    await visitor.should_see("The outlined product moves by itself.")
    await visitor.should_see("Not enough credits: this video costs 10, you have 5.")
    write(visitor, "Slow pull out")
    await visitor.should_not_see("Not enough credits")


async def test_a_preset_brings_its_prompt_and_leaves_ones_own_alone(visitor: Visitor) -> None:
    await visitor.open("/")
    choose(visitor, "watch")
    assert prompt(visitor).startswith("Slow orbit around the watch")
    choose(visitor, "soda")
    assert prompt(visitor).startswith("Strong push-in on the ice-cold can")
    write(visitor, "My own words")
    choose(visitor, "watch")
    assert prompt(visitor) == "My own words"
    await visitor.should_see("Use its prompt")


async def test_two_clicks_are_one_video(visitor: Visitor, me: User) -> None:
    await visitor.open("/")
    choose(visitor, "watch")
    visitor.find(marker="generate").click()
    visitor.find(marker="generate").click()
    await visitor.should_see("Generating…")
    await visitor.should_see("90 credits")
    visitor.find(marker="generate").click()
    assert (await balance(me), await mine()) == (90, 1)


async def test_a_video_goes_through_its_life_on_an_open_page(visitor: Visitor, me: User) -> None:
    await visitor.open("/")
    video = await ask(me)
    await visitor.should_see("Starting…")
    await visitor.should_see("90 credits")
    await publish(News(user_id=me.id, video_id=video.id, stage="queued", ahead=3))
    await visitor.should_see("Queued (3 ahead)")
    await publish(News(user_id=me.id, video_id=video.id, stage="processing"))
    await visitor.should_see("Processing…")
    await publish(News(user_id=me.id, video_id=video.id, stage="processing", progress=42.4))
    await visitor.should_see("Processing… 42 %")
    await publish(News(user_id=me.id, video_id=video.id, stage="downloading"))
    await visitor.should_see("Downloading…")
    await finish(video)
    await visitor.should_see("Generated with Studio camera (built in) · 1280x720 · 6.0 s")
    for word in ("Download", "Share", "Reuse", "Favourite", "Generate · 10 credits"):
        await visitor.should_see(word)


async def test_a_page_opened_in_the_middle_shows_the_middle(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    await publish(News(user_id=me.id, video_id=video.id, stage="processing", progress=7))
    await visitor.open("/")
    await visitor.should_see("Processing… 7 %")
    await visitor.should_see("Cancel")


async def test_a_failure_says_why_and_that_it_cost_nothing(visitor: Visitor, me: User) -> None:
    failed = await ask(me)
    await fail(failed, ModerationRefused("provider's own words"))
    await visitor.open("/")
    await visitor.should_see("The model's safety rules refused this picture or prompt.")
    await visitor.should_see("Not charged: 10 credits returned")
    await visitor.should_not_see("provider's own words")
    visitor.find(marker="stage").trigger("do", {"detail": f"retry {failed.id}"})
    await visitor.should_see("Generating…")

    async def is_asked_for() -> bool:
        return (await balance(me), await mine()) == (90, 2)

    await until(is_asked_for)


async def test_a_failure_is_told_in_chinese(visitor: Visitor, me: User) -> None:
    await fail(await ask(me), ProviderFailed("out of memory"))
    visitor.http_client.cookies.set("lang", "zh")
    await visitor.open("/")
    await visitor.should_see("模型未能生成这个视频：out of memory")
    await visitor.should_see("未扣费：已退回 10 积分")


async def test_cancel_returns_the_credits(visitor: Visitor, me: User) -> None:
    await ask(me)
    await visitor.open("/")
    await visitor.should_see("90 credits")
    visitor.find(marker="stage").trigger("do", {"detail": "cancel"})
    await visitor.should_see("You canceled this video.")
    await visitor.should_see("Not charged: 10 credits returned")
    await visitor.should_see("100 credits")


async def test_a_cancel_that_came_too_late_says_that_it_was_charged(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    async with session() as db:
        await states.mark_canceled(db, video, had_started=True)
    await visitor.open("/")
    await visitor.should_see("Charged 10 credits: the model had already started")


async def test_what_ended_long_ago_makes_room_for_the_samples(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    await finish(video)
    async with session() as db:
        long_ago = now() - timedelta(hours=13)
        await states.change(db, Video.id == video.id, completed_at=long_ago)  # type: ignore[arg-type]
    await visitor.open("/")
    await visitor.should_see("Use it")
    await visitor.should_not_see("Generated with")


async def test_reuse_brings_the_settings_of_ones_own_video_only(visitor: Visitor, me: User, alice: User) -> None:
    own = await ask(me, "My prompt", seconds=8, size="720x1280")
    hers = await ask(alice, "Her prompt")
    await finish(own)
    await visitor.open(f"/?reuse={own.id}")
    assert prompt(visitor) == "My prompt"
    await visitor.should_see("8 s")
    await visitor.open(f"/?reuse={hers.id}")
    assert prompt(visitor) == ""


def test_there_are_at_least_three_samples() -> None:
    assert len([sample for sample in samples() if sample.prompt]) >= 3


async def test_on_the_chinese_page_presets_samples_and_chips_speak_chinese(visitor: Visitor, me: User) -> None:
    visitor.http_client.cookies.set("lang", "zh")
    await visitor.open("/")
    await visitor.should_see("镜头缓缓推近香水瓶；暖光掠过切面。优雅，电影感。")
    write(visitor, "")
    visitor.find(kind=Choices, content="推近").trigger("choose", {"detail": "push-in"})
    assert prompt(visitor) == "镜头推近"
    write(visitor, "")
    choose(visitor, "watch")
    assert prompt(visitor).startswith("镜头缓缓环绕湿石板上的腕表")
    visitor.find(kind=Choices, content="推近").trigger("choose", {"detail": "push-in"})
    assert prompt(visitor).startswith("镜头推近湿石板上的腕表")
    (button,) = visitor.find(marker="generate").elements
    assert button.props["title"] == "生成后剩余 90 积分"


async def test_a_page_at_rest_holds_few_elements(visitor: Visitor, me: User) -> None:
    """Each costs 4 kB of the web process for as long as the page is open: docs/performance.md."""
    page = await visitor.open("/")
    assert len(page.elements) <= 38
    picture = await picture_of(me, photo(300, 900))
    await finish(await ask(me))
    page = await visitor.open("/")
    choose(visitor, f"own-{picture.id}")
    await visitor.should_see("Your picture is tall")
    await visitor.should_see("Generated with")
    assert len(page.elements) <= 38
