"""Templates in the browser: fill the blanks, keep one's own; a chat model improves the prompt."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_studio import sign_in
from tests.running import RunningApp
from tests.servers.chat import ChatServer


@pytest.fixture(scope="module")
def chat() -> Iterator[ChatServer]:
    """A chat model."""
    with ChatServer() as running:
        yield running


@pytest.fixture(scope="module")
def app(chat: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app, with that chat model."""
    with RunningApp.started(
        tmp_path_factory.mktemp("app"), OPENAI_CHAT_MODEL="small", OPENAI_CHAT_BASE_URL=f"{chat.root}/v1"
    ) as running:
        yield running


def test_a_template_is_chosen_filled_and_used_by_keyboard(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Templates").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Showcase", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Stories").click()
    dialog.get_by_text("Unboxing", exact=True).click()
    expect(dialog.get_by_label("box")).to_be_focused()
    page.keyboard.type("A red parcel")
    expect(dialog.get_by_text("Top view of A red parcel; the lid lifts")).to_be_visible()
    dialog.get_by_role("button", name="Use it").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(
        "Top view of A red parcel; the lid lifts by itself, tissue paper unfolds and the product rises into soft "
        "daylight. Satisfying unboxing, stop-motion feel."
    )
    expect(dialog).to_have_count(0)


def test_a_prompt_is_kept_as_ones_own_template(page: Page) -> None:
    sign_in(page)
    page.get_by_label("Prompt", exact=True).fill("Orbit around [thing: my cup], rain")
    page.get_by_role("button", name="Templates").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Mine").click()
    dialog.get_by_label("Name of the template").fill("Rainy")
    dialog.get_by_role("button", name="Save this prompt").click()
    expect(dialog.get_by_text("Orbit around my cup, rain")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Templates").click()
    dialog.get_by_role("button", name="Mine").click()
    expect(dialog.get_by_text("Rainy", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Delete this template").click()
    expect(dialog.get_by_text("Rainy", exact=True)).to_have_count(0)


def test_the_prompt_is_improved_and_taken_back(page: Page, chat: ChatServer) -> None:
    sign_in(page)
    field = page.get_by_label("Prompt", exact=True)
    field.fill("a cup")
    page.get_by_role("button", name="Improve my prompt").click()
    expect(field).to_have_value(str(chat.said))
    page.get_by_role("button", name="Back to mine").click()
    expect(field).to_have_value("a cup")
    chat.status = 500
    page.get_by_role("button", name="Improve my prompt").click()
    expect(page.get_by_text("The prompt could not be improved now. Yours is unchanged.")).to_be_visible()
    expect(field).to_have_value("a cup")
