"""From a product to an ad in the running app: over the API to the finished film, and on its page."""

from pathlib import Path
from typing import Any

import av
import httpx
from playwright.sync_api import Page, expect

from tests.people import photo
from tests.running import RunningApp
from tests.waiting import wait_until


def wait_for_ad(client: httpx.Client, number: int) -> dict[str, Any]:
    """Follow an ad to its end."""
    answers: list[dict[str, Any]] = []

    def ended() -> bool:
        answers.append(client.get(f"/ads/{number}").json())
        return bool(answers[-1]["status"] != "processing")

    wait_until(ended, 280)
    return answers[-1]


def test_an_ad_is_made_by_the_built_in_engine(app: RunningApp, tmp_path: Path) -> None:
    with app.client("ada@example.com") as client:
        templates = client.get("/ad-templates").json()["items"]
        assert len(templates) >= 8
        launch = next(one for one in templates if one["id"] == "launch")
        image = client.post("/images", files={"file": ("cup.jpg", photo(1200, 900), "image/jpeg")}).json()["id"]
        fields = {field["name"]: "9 €" if field["name"] == "price" else "Cup" for field in launch["fields"]}
        body = {"template": "launch", "image_ids": [image], "fields": fields, "seconds": 6, "sizes": ["720x1280"]}
        answer = client.post("/ads", json=body, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 202, answer.text
        assert client.post("/ads", json=body, headers={"Idempotency-Key": "one"}).json()["id"] == answer.json()["id"]
        made = wait_for_ad(client, answer.json()["id"])
        assert (made["status"], made["cost_credits"], len(made["shots"])) == ("completed", 20, 2)
        video = client.get(f"/videos/{made['videos'][0]['video_id']}").json()
        assert (video["kind"], video["model"], video["size"]) == ("ad", "ad", "720x1280")
        assert video["made_from"] == [shot["video_id"] for shot in made["shots"]]
        path = tmp_path / "ad.mp4"
        path.write_bytes(client.get(f"/videos/{video['id']}/content").content)
        with av.open(str(path)) as film:
            seen = (film.streams.video[0].width, film.streams.video[0].height, len(film.streams.audio))
            frames = sum(1 for _ in film.decode(video=0))
        assert (seen, frames) == ((720, 1280, 1), 6 * 24)
        assert client.post(f"/ads/{made['id']}/cancel").status_code == 409
        assert client.get("/me").json()["credits"] == 80


def test_the_page_leads_from_a_picture_to_the_ad(app: RunningApp, page: Page) -> None:
    page.goto(f"{app.url}/auth/login", wait_until="commit")
    page.goto(f"{app.url}/ads")
    page.locator('.pictures-choices [data-key="preset:perfume"]').click()
    page.get_by_label("Product name").fill("Ambre")
    expect(page.locator(".shot-card").nth(2)).to_contain_text("Ambre")
    expect(page.locator(".board-facts")).to_contain_text("3 shots · 1 format · 10 s")
    page.reload()
    expect(page.locator(".shot-card").nth(2)).to_contain_text("Ambre")  # the draft is kept
    page.locator(".shot-card").nth(0).dblclick()  # one dialog
    page.get_by_role("textbox", name="Words", exact=True).fill("Brand new")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".shot-card").nth(0)).to_contain_text("Brand new")
    page.get_by_role("button", name="Make the ad · 30 credits").click()
    page.wait_for_url("**/ads/*")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Canceled").first).to_be_visible()
