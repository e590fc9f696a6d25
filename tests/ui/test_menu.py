"""The menu of models on an open page follows its servers: docs/engines.md, "Is it there?"."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui import ElementFilter
from nicegui.testing import User as Visitor

from core.catalog import availability, entries
from core.catalog.asking import State
from core.catalog.availability import Offer
from tests.environment import forget_settings
from tests.servers.videos import VideosServer
from tests.ui.test_studio import choose
from tests.waiting import until
from ui.components.studio.model_menu import ModelMenu, arranged
from ui.kit.block import Block


@pytest.fixture
def server(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VideosServer]:
    """A Videos server that the app is configured for."""
    with VideosServer() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        forget_settings()
        yield running


def chosen(visitor: Visitor) -> str:
    """The line of the menu that is closed, as its markup."""
    with visitor.client or pytest.fail("no page is open"):
        (menu,) = ElementFilter(kind=ModelMenu)
    return str(menu.props["html"])


async def test_a_state_that_changes_while_the_page_is_open_changes_on_the_page(
    server: VideosServer, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "CHECK_SECONDS", 0.3)
    await visitor.open("/")
    await until(lambda: ">Sora 2<" in chosen(visitor) and ">ready<" in chosen(visitor))
    choose(visitor, "watch")  # from here on the choice is the visitor's
    server.key = "another"
    await until(lambda: ">Sora 2<" in chosen(visitor) and ">no key<" in chosen(visitor))
    server.key = ""
    await until(lambda: ">ready<" in chosen(visitor))


async def test_the_error_that_shows_a_change_brings_it_to_the_menu(
    server: VideosServer, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "CHECK_SECONDS", 600.0)
    await visitor.http_client.get("/auth/login")
    await visitor.open("/")
    await until(lambda: ">Sora 2<" in chosen(visitor) and ">ready<" in chosen(visitor))
    choose(visitor, "watch")
    server.models = ["another"]
    monkeypatch.setattr(availability, "CHECK_SECONDS", 0.0)
    visitor.find(marker="generate").click()
    await visitor.should_see("Sora 2 can't be used now: its server does not offer sora-2.")
    assert ">not offered<" in chosen(visitor)
    assert server.creates == 0


async def test_a_model_that_cant_be_used_disables_generate_and_shows_the_ways_out(
    server: VideosServer, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "CHECK_SECONDS", 0.3)
    await visitor.http_client.get("/auth/login")
    await visitor.open("/")
    await until(lambda: ">Sora 2<" in chosen(visitor) and ">ready<" in chosen(visitor))
    choose(visitor, "watch")
    server.key = "another"
    await visitor.should_see("Sora 2 can't be used now")
    await visitor.should_see("Set it up")
    (button,) = visitor.find(marker="generate").elements
    assert button.props["disabled"] is True
    server.key = ""
    await visitor.should_not_see("Sora 2 can't be used now")
    assert "disabled" not in button.props
    server.key = "another"
    await visitor.should_see("Sora 2 can't be used now")
    visitor.find(marker="reasons").trigger("do", {"detail": "fallback"})
    await until(lambda: ">Studio camera (built in)<" in chosen(visitor))
    await until(lambda: "disabled" not in button.props)


def offers(**states: str) -> list[Offer]:
    """The shipped models, ready where this says so; a key is set for those that are named."""
    made = []
    for model in entries.models().values():
        state = states.get(model.id.replace("-", "_"), "")
        server = replace(model.server, configured=bool(state) or not model.more)
        made.append(Offer(replace(model, server=server), State(state or "no_key")))  # type: ignore[arg-type]
    return made


def test_models_without_a_key_are_folded_away_and_ready_ones_come_first(place: Path) -> None:
    shown, folded = arranged(offers(camera="ready"))
    assert [offer.model.id for offer in shown] == ["sora-2", "sora-1", "runway", "camera"]
    assert len(folded) == 7
    shown, folded = arranged(offers(kling_3="unreachable", wan_3="unreachable", ltx="ready"))
    assert [offer.model.id for offer in shown][4:] == ["ltx", "kling-3", "wan-3"]
    assert {offer.model.id for offer in folded} == {"omni", "seedance-flash", "seedance", "seedance-fast"}


async def test_more_models_says_what_to_set(visitor: Visitor) -> None:
    await visitor.open("/")
    visitor.find(kind=ModelMenu).trigger("do", {"detail": "open"})
    await visitor.should_see("More models")
    await visitor.should_not_see("Set FAL_KEY to use it")
    visitor.find(kind=Block, content="More models").trigger("do", {"detail": "unfold"})
    await visitor.should_see("Kling 3")
    await visitor.should_see("Set FAL_KEY to use it · 3 credits per second · 5–15 s")
    await visitor.should_see("Set GEMINI_API_KEY to use it")
