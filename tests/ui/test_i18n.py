"""Both languages are complete, and what core says in English is understood."""

import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from starlette.requests import Request

from core import catalog
from core.catalog import State
from core.errors import AdsVideoError, ModelUnavailable, NotFound, PictureTooLarge, ProviderFailed, TooManyRequests
from ui import i18n
from ui.locale.update import TEMPLATE, collect


def _read(path: object) -> Catalog:
    with open(str(path), "rb") as source:  # noqa: PTH123 - a Path or a Traversable
        return read_po(source)


def chinese() -> list[Message]:
    """Every message of the Chinese catalogue."""
    return [m for m in _read(i18n.LOCALE / "zh" / "LC_MESSAGES" / "adsvideo.po") if m.id]


def _strings(text: object) -> list[str]:
    return [str(part) for part in text] if isinstance(text, tuple | list) else [str(text)]


def test_the_template_is_up_to_date() -> None:
    assert {str(m.id) for m in _read(TEMPLATE)} == {str(m.id) for m in collect()}, (
        "run `uv run python -m ui.locale.update`"
    )


def test_every_sentence_is_translated() -> None:
    known = {str(m.id) for m in chinese() if all(_strings(m.string))}
    assert {str(m.id) for m in collect() if m.id} - known == set()


def test_translations_keep_the_placeholders() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    wrong = [m.id for m in chinese() for said in _strings(m.string) if names(said) != names(_strings(m.id)[-1])]
    assert wrong == []


def test_a_visible_word_is_never_left_in_english() -> None:
    left = [m.id for m in chinese() for said in _strings(m.string) if not re.search(r"[一-鿿]", said)]
    assert left == []


def errors(of: type[AdsVideoError] = AdsVideoError) -> list[type[AdsVideoError]]:
    """The whole tree."""
    return [of, *(found for below in of.__subclasses__() for found in errors(below))]


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.__name__)
def test_every_error_speaks_chinese(error: type[AdsVideoError]) -> None:
    with i18n.speaking("zh"):
        assert error.template == "{reason}" or i18n._(error.template) != error.template


def test_sentences_that_are_filled_in_are_understood() -> None:
    with i18n.speaking("zh"):
        assert i18n.explain(PictureTooLarge()) == "图片超过 10 MB，请选择小一些的图片。"
        assert i18n.explain(NotFound("video")) == "找不到这个视频。"
        assert i18n.explain(TooManyRequests(20, 600)) == "你已达到每小时 20 个视频的上限，10 分钟后可以生成下一个。"
        assert i18n.explain(ModelUnavailable("Sora 2", "retired by OpenAI on 2026-09-24")) == (
            "Sora 2 暂时无法使用：OpenAI 已于 2026-09-24 停用。"
        )
        assert i18n.explain(ProviderFailed()) == "模型未能生成这个视频。"
        assert i18n.explain(ProviderFailed("out of memory")) == "模型未能生成这个视频：out of memory"
        assert i18n.sentence("something nobody knows") == "something nobody knows"
    assert i18n.explain(PictureTooLarge()) == PictureTooLarge().message


async def test_the_reasons_of_the_menu_speak_chinese(place: object) -> None:
    offers = [offer.state for offer in await catalog.offers() if offer.state.reason]
    with i18n.speaking("zh"):
        for state in [*offers, State("unreachable", "its server does not offer sora-2")]:
            assert i18n.sentence(state.reason) != state.reason


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
