"""What people see: no action is lost, no sentence is without its way on, and nothing misleads."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_library import ME, cards, copies, make
from tests.e2e.test_studio import sign_in
from tests.running import RunningApp


@pytest.fixture(scope="module")
def film(app: RunningApp) -> int:
    """A finished portrait video of the local user."""
    return make(app, ME, "Slow push in, soft light")


def test_delete_from_a_cards_menu_can_be_undone(page: Page, app: RunningApp, film: int) -> None:
    copies(app, film, 2, "amber")
    sign_in(page)
    page.goto("/library?q=amber")
    card = cards(page).filter(has_text="amber 1")
    card.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(card).to_have_count(0)
    expect(page.get_by_text("1 video is deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    assert "has been deleted" not in app.log()
