"""Templates are good prompts unfilled, better ones filled; each user keeps their own."""

import pytest

from core.database.session import session
from core.errors import AdsVideoError, BadInput, ImproveFailed, NoPrompt, NotFound
from core.models import User
from core.prompts import improve, templates
from core.videos.request import MAX_PROMPT
from tests.environment import forget_settings
from tests.servers.chat import ChatServer


def test_there_are_templates_of_every_category_and_each_is_a_prompt_as_it_is() -> None:
    assert len(templates.SAMPLES) >= 12
    assert {s.category for s in templates.SAMPLES} == {"show", "detail", "scene", "story"}
    for sample in templates.SAMPLES:
        prompt = templates.fill(sample.text, {})
        assert templates.blanks(sample.text)
        assert not set("[]:") & set(prompt), sample.name
        assert len(prompt) < MAX_PROMPT - 120
        assert prompt[0].isupper()


def test_blanks_are_filled_where_they_stand() -> None:
    text = "[product: The product] turns on [stone]. [light: warm light] falls."
    assert templates.blanks(text) == [
        templates.Blank("product", "The product"),
        templates.Blank("stone", "stone"),
        templates.Blank("light", "warm light"),
    ]
    assert templates.fill(text, {}) == "The product turns on stone. Warm light falls."
    assert templates.fill(text, {"product": " a [blue] cup ", "stone": "oak"}) == (
        "A [blue] cup turns on oak. Warm light falls."
    )


async def test_everybody_keeps_their_own(alice: User, bob: User) -> None:
    async with session() as db:
        kept = await templates.save(db, alice.id, " Mine ", "Orbit [product]")
    async with session() as db:
        assert [t.title for t in await templates.own(db, alice.id)] == ["Mine"]
        assert list(await templates.own(db, bob.id)) == []
        with pytest.raises(NotFound):
            await templates.delete(db, bob.id, kept.id)
        await templates.delete(db, alice.id, kept.id)
        assert list(await templates.own(db, alice.id)) == []


@pytest.mark.parametrize(("title", "text"), [("", "x"), ("x", " "), ("x" * 81, "x"), ("x", "x" * 501)])
async def test_a_template_needs_a_name_and_a_prompt_of_bearable_length(alice: User, title: str, text: str) -> None:
    async with session() as db:
        with pytest.raises(BadInput):
            await templates.save(db, alice.id, title, text)


async def test_a_chat_model_improves_a_prompt(place: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not improve.is_on()
    with ChatServer() as server:
        monkeypatch.setenv("OPENAI_CHAT_MODEL", "small")
        monkeypatch.setenv("OPENAI_CHAT_BASE_URL", f"{server.root}/v1")
        monkeypatch.setenv("OPENAI_CHAT_API_KEY", "sk-chat")
        forget_settings()
        assert improve.is_on()
        server.said = "<think>hm</think>\n“Orbit around the cup.”"
        assert await improve.improve(" a cup ") == "Orbit around the cup."
        assert server.calls[0].key == "Bearer sk-chat"
        assert server.calls[0].fields["messages"][1] == {"role": "user", "content": "a cup"}
        server.said = "word. " * 200
        assert len(await improve.improve("a cup")) <= MAX_PROMPT
        with pytest.raises(NoPrompt):
            await improve.improve("  ")


@pytest.mark.parametrize(("said", "status"), [("", 200), (None, 200), ("x", 401), ("x", 500)])
async def test_a_chat_model_that_fails_changes_nothing(
    place: object, monkeypatch: pytest.MonkeyPatch, said: object, status: int
) -> None:
    with ChatServer() as server:
        server.said, server.status = said, status
        monkeypatch.setenv("OPENAI_CHAT_MODEL", "small")
        monkeypatch.setenv("OPENAI_CHAT_BASE_URL", f"{server.root}/v1")
        forget_settings()
        with pytest.raises(ImproveFailed):
            await improve.improve("a cup")
    with pytest.raises(AdsVideoError):
        await improve.improve("nobody is there any more")
