"""The page that shows our elements beside NiceGUI's, and that a page gets one stylesheet and one script of ours."""

import asyncio
import re

import pytest
from nicegui import context, ui
from nicegui.testing import User as Visitor

from tests.environment import forget_settings
from tests.waiting import until
from ui import theme
from ui.kit.block import Block, html, html_button
from ui.kit.dialog import confirm


async def test_the_kit_is_for_developers(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await visitor.http_client.get("/kit")).status_code == 404
    monkeypatch.setenv("DEV", "1")
    forget_settings()
    page = await visitor.http_client.get("/kit")
    assert page.status_code == 200
    assert "Only theirs" in page.text
    assert set(re.findall(r'"(/static/[^"]*\.(?:css|js)[^"]*)"', page.text)) == {
        theme.asset("app.css"),
        theme.asset("app.js"),
    }
    for name, kind in (("app.css", "text/css"), ("app.js", "text/javascript")):
        answer = await visitor.http_client.get(theme.asset(name))
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.text == theme.JOINED[name]()


async def test_nicegui_buttons_shout_no_more(visitor: Visitor) -> None:
    @ui.page("/standard")
    def page() -> None:
        ui.button("Save")
        ui.input("Name")

    await visitor.open("/standard")
    (button,), (field,) = visitor.find(ui.button).elements, visitor.find(ui.input).elements
    assert {"no-caps", "unelevated"} <= set(button.props)
    assert {"outlined", "dense", "stack-label"} <= set(field.props)


@pytest.mark.parametrize("word", ["Keep it", "Remove"])
async def test_each_button_of_a_question_closes_it_for_good(visitor: Visitor, word: str) -> None:
    done: list[str] = []

    async def remove() -> None:
        done.append("Remove")

    await visitor.open("/login")
    with visitor:
        confirm("Delete this?", "It can't be undone.", "Remove", remove)
        (dialog,) = (element for element in context.client.elements.values() if isinstance(element, ui.dialog))
    assert dialog.value
    visitor.find(word).click()
    await until(lambda: not dialog.value and done == ["Remove"] * (word == "Remove"))
    await asyncio.sleep(0.1)  # what waits for a dialog opens it again
    assert not dialog.value


async def test_a_block_does_only_what_it_shows(visitor: Visitor) -> None:
    done: list[str] = []
    await visitor.open("/login")
    with visitor:
        block = Block("", {"go": lambda: done.append("go"), "take": done.append}).mark("block")
        block.show(html("p", "", "<b>", data_note='"'), html_button("Take", "take a b", hidden=False, disabled=True))
    assert block.props["html"] == (
        '<p data-note="&#34;">&lt;b&gt;</p>'
        '<button class="button" type="button" data-do="take a b" disabled="">Take</button>'
    )
    for name in ("go", "take", "take c", "take a b", "nothing", None):
        visitor.find(marker="block").trigger("do", {"detail": name})
    assert done == ["a b"]
