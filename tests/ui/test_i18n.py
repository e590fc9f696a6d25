"""Both languages are complete, and what core says is said in the visitor's."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from nicegui.testing import User as Visitor
from starlette.requests import Request

from core.catalog import availability, entries
from core.edits.timeline import Problem
from core.errors import (
    AdsVideoError,
    Misconfigured,
    ModelUnavailable,
    NoAnswer,
    NotAPicture,
    NotFound,
    PictureAtAddress,
    PictureTooLarge,
    ProviderFailed,
    TooManyRequests,
    UnknownModel,
    WrongOption,
)
from core.models import User
from core.notes import to_note
from core.phrase import Phrase
from core.redis.news import News, publish
from tests.people import ask
from tests.samples import RAISED, sample
from ui import i18n
from ui.locale.update import ROOT, TEMPLATE, collect

NAMES = "AdsVideo|AI|AVIF|GIF|API|HTTP|JPEG|MB|PNG|WebP|UTC|PUBLIC_URL|localhost|https?|image_(id|url)|Idempotency-Key|"
NAMES += "Stripe|HEIC|MP|WAV|OGG|FLAC|SubRip|SubStation|Alpha|WebVTT|srt|vtt|ass|ssa"
"""What stays as it is in Chinese: names, formats, and words of the API."""


@pytest.fixture(scope="module")
def collected() -> Catalog:
    """Every string of the sources as they are."""
    return collect()


def ids(catalogue: Catalog) -> set[str]:
    """Everything that is to be translated."""
    return {str(message.id) for message in catalogue if message.id}


def _read(path: object) -> Catalog:
    with open(str(path), "rb") as source:  # noqa: PTH123 - a Path or a Traversable
        return read_po(source)


def chinese() -> list[Message]:
    """Every message of the Chinese catalogue."""
    return [m for m in _read(i18n.LOCALE / "zh" / "LC_MESSAGES" / "adsvideo.po") if m.id]


def _strings(text: object) -> list[str]:
    return [str(part) for part in text] if isinstance(text, tuple | list) else [str(text)]


def test_the_template_is_up_to_date(collected: Catalog) -> None:
    assert ids(_read(TEMPLATE)) == ids(collected), "run `uv run python -m ui.locale.update`"


def test_every_sentence_is_translated(collected: Catalog) -> None:
    translated = {str(m.id) for m in chinese() if all(_strings(m.string))}
    assert ids(collected) - translated == set()


def test_translations_keep_the_placeholders() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    wrong = [m.id for m in chinese() for text in _strings(m.string) if names(text) != names(_strings(m.id)[-1])]
    assert wrong == []


def test_a_visible_word_is_never_left_in_english() -> None:
    plain = [m.id for m in chinese() for text in _strings(m.string) if not re.search(r"[一-鿿]", text)]
    left = [one for one in plain if re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", str(one)))]
    assert left == []


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
def test_every_error_speaks_chinese(kind: type[AdsVideoError]) -> None:
    error = sample(kind)
    with i18n.speaking("zh"):
        text = i18n.explain(error)
    assert "{" not in text
    assert [word for word in re.findall(r"[A-Za-z_-]{2,}", text) if not re.fullmatch(NAMES, word)] == []
    assert kind is Misconfigured or re.search(r"[一-鿿]", text)
    assert i18n.explain(error) == error.message


def test_the_values_of_an_error_are_in_its_chinese() -> None:
    with i18n.speaking("zh"):
        assert i18n.explain(PictureTooLarge()) == "图片超过 10 MB，请选择小一些的图片。"
        assert i18n.explain(NotFound(Phrase("video"))) == "找不到这个视频。"
        assert i18n.explain(TooManyRequests(20, 600)) == "你已达到每小时 20 个视频的上限，10 分钟后可以生成下一个。"
        retired = Phrase("retired by OpenAI on {day}", day=date(2026, 9, 24))
        assert i18n.explain(ModelUnavailable("Sora 2", retired)) == "Sora 2 暂时无法使用：OpenAI 已于 2026-09-24 停用。"
        assert i18n.explain(ProviderFailed()) == "模型未能生成这个视频。"
        assert i18n.explain(ProviderFailed("out of memory")) == "模型未能生成这个视频：out of memory"
        assert i18n.explain(PictureAtAddress(PictureTooLarge().phrase)) == (
            "这个网址上的图片无法使用：图片超过 10 MB，请选择小一些的图片。"
        )
        lengths = (Phrase("{n} s", n=4), Phrase("{n} s", n=8))
        assert i18n.explain(WrongOption("Sora 2", lengths, Phrase("{n} s", n=7))) == (
            "Sora 2 只提供 4 秒、8 秒，不提供 7 秒。"
        )


def test_a_complaint_has_the_marks_of_its_language() -> None:
    problem = Problem(("rows", 3, "picture"), Phrase("is missing"))
    assert str(problem.phrase) == "Row 4, picture (rows[3].picture) is missing."
    with i18n.speaking("zh"):
        assert i18n.phrase(problem.phrase) == "行 4、图片（rows[3].picture）缺少。"


def test_what_is_somebodys_own_is_never_translated() -> None:
    with i18n.speaking("zh"):
        assert i18n.explain(ProviderFailed("video")) == "模型未能生成这个视频：video"
        assert i18n.explain(UnknownModel("{label}")) == "没有名为“{label}”的模型。"


async def test_the_reasons_of_the_menu_speak_chinese(place: object) -> None:
    reasons = [offer.state.reason for offer in await availability.offers() if offer.state.reason]
    reasons += [s.reason for s in [await availability.server_state(s) for s in entries.servers().values()] if s.reason]
    assert reasons
    with i18n.speaking("zh"):
        assert [str(reason) for reason in reasons if not re.search(r"[一-鿿]", i18n.phrase(reason))] == []


async def test_the_api_refuses_in_english_but_our_page_in_its_own_language(visitor: Visitor, me: User) -> None:
    async def refused(**headers: str) -> str:
        files = {"file": ("a.jpg", b"not a picture", "image/jpeg")}
        answer = await visitor.http_client.post("/api/v1/images", files=files, headers=headers)
        assert answer.json()["error"]["code"] == "not_a_picture"
        return str(answer.json()["error"]["message"])

    assert await refused(**{"Accept-Language": "zh"}) == NotAPicture().message
    assert await refused(**{i18n.PAGE: "klingon"}) == NotAPicture().message
    with i18n.speaking("zh"):
        assert await refused(**{i18n.PAGE: "zh-CN"}) == i18n.explain(NotAPicture()) != NotAPicture().message


async def test_a_page_says_in_chinese_why_a_video_waits(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    visitor.http_client.cookies.set(i18n.COOKIE, "zh")
    await publish(News(me.id, video.id, stage="waiting", note=to_note(NoAnswer(Phrase("The storage")))))
    await visitor.open("/")
    await visitor.should_see("存储 暂时没有应答，请稍后再试。")


MOVES = {
    "core/errors.py": "core/faults/tree.py",
    "core/catalog/availability.py": "core/shop/availability.py",
    "core/videos/states.py": "studio/states.py",
    "ui/components/video/words.py": "ui/screens/deep/words.py",
    "core/pictures/shipped/presets.json": "ui/static/deep/presets.json",
}
"""Where a file could lie as well."""


def test_a_moved_file_loses_no_string(tmp_path: Path, collected: Catalog) -> None:
    unread = shutil.ignore_patterns("__pycache__", "*.js", "*.css", "*.jpg", "*.webp", "*.mp4", "*.woff2")
    for folder in ("core", "workers", "ui"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unread)
    for file, moved in MOVES.items():
        (tmp_path / moved).parent.mkdir(parents=True)
        (tmp_path / file).rename(tmp_path / moved)
    catalog = collect(tmp_path)
    assert ids(catalog) == ids(collected)
    speaking = {file for message in catalog for file, _line in message.locations}
    assert set(MOVES.values()) <= speaking


def test_a_string_is_found_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "new" / "room").mkdir(parents=True)
    (tmp_path / "new" / "room" / "file.py").write_text(
        "class Cold(Error):\n    code, template = 'cold', 'It is {n} degrees.'\n"
        "class Own(Error):\n    code, template = 'own', '{reason}'\n"
        "def f(n):\n    template = 'not a class'\n"
        "    raise Cold(Phrase('a ' 'fan'), i18n._('Hot'), n_('one', 'many', n))\n"
    )
    assert ids(collect(tmp_path)) == {"It is {n} degrees.", "a fan", "Hot", "('one', 'many')"}


@pytest.mark.parametrize(
    ("header", "cookie", "expected"),
    [
        ("", "", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "", "en"),
        ("fr,de;q=0.9,zh-TW;q=0.3,en;q=0.2", "", "zh"),
        ("en;q=nonsense, zh", "", "zh"),
        ("zh-CN", "lang=en", "en"),
        ("en", "lang=klingon", "en"),
    ],
)
def test_the_language_of_a_browser(header: str, cookie: str, expected: str) -> None:
    headers = [(b"accept-language", header.encode()), (b"cookie", cookie.encode())]
    assert i18n.of(Request({"type": "http", "headers": headers})) == expected


def test_plurals() -> None:
    assert [i18n.credits(n) for n in (0, 1, 2, 1000)] == ["0 credits", "1 credit", "2 credits", "1,000 credits"]
    with i18n.speaking("zh"):
        assert i18n.credits(1) == "1 积分"
