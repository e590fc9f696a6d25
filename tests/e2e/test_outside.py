"""Pictures by their web address (in the box, pasted anywhere, through the API), and webhooks of users."""

import re
from collections.abc import Iterator

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_studio import sign_in
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.pictures import PictureServer
from tests.servers.receiver import Receiver
from tests.waiting import wait_until

PASTE_TEXT = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""
PASTE_FILE = """bytes => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], 'clip.png', {type: 'image/png'}));
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose operator lets pictures come from 127.0.0.1, and webhooks go there."""
    with RunningApp.started(
        tmp_path_factory.mktemp("app"), OUTSIDE_ALLOW="127.0.0.1", GENERATIONS_PER_HOUR="200"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def pictures() -> Iterator[PictureServer]:
    """Where the pictures are."""
    with PictureServer() as running:
        yield running


@pytest.fixture(scope="module")
def alice(app: RunningApp) -> Iterator[httpx.Client]:
    """Alice's script."""
    with app.client("alice@example.com") as client:
        yield client


def test_an_address_becomes_the_chosen_picture(page: Page, pictures: PictureServer) -> None:
    sign_in(page)
    page.get_by_role("button", name="Link").click()
    box = page.get_by_label("Address of a picture on the web")
    expect(box).to_be_focused()
    box.fill(f"{pictures.root}/photo.jpg")
    box.press("Enter")
    expect(page.locator('[aria-checked="true"]')).to_have_attribute("aria-label", "Your picture", timeout=30_000)
    expect(page.locator(".frame img").first).to_have_js_property("naturalWidth", 320)


def test_an_address_and_a_picture_can_be_pasted_anywhere(page: Page, pictures: PictureServer) -> None:
    sign_in(page)
    page.evaluate(PASTE_TEXT, f"{pictures.root}/round/2")
    expect(page.locator('[aria-checked="true"]')).to_have_attribute("aria-label", "Your picture", timeout=30_000)
    page.evaluate(PASTE_FILE, list(photo(200, 100, "PNG")))
    expect(page.locator(".frame img").first).to_have_js_property("naturalWidth", 200)


def test_what_is_wrong_is_said_and_the_box_can_be_used_again(page: Page, pictures: PictureServer) -> None:
    sign_in(page)
    page.get_by_role("button", name="Link").click()
    box, problem = page.get_by_label("Address of a picture on the web"), page.locator(".problem[role=alert]").first
    for url, words in (
        (f"{pictures.root}/text.png", "is not a picture"),
        ("http://169.254.169.254/latest/meta-data/", "public web server"),
        ("ftp://example.com/a.jpg", "not a web address"),
        (f"{pictures.root}/nothing.jpg", "Nothing could be fetched"),
    ):
        box.fill(url)
        page.get_by_role("button", name="Fetch").click()
        expect(problem).to_contain_text(words)
    expect(page.locator('[aria-checked="true"]')).to_have_count(0)


def test_the_api_takes_an_address_instead_of_a_picture(alice: httpx.Client, pictures: PictureServer) -> None:
    body = {"image_url": f"{pictures.root}/photo.jpg", "prompt": "Slow push in", "seconds": 4}
    answer = alice.post("/videos/generate", json=body)
    assert answer.status_code == 202, answer.text
    assert alice.get(f"/images/{answer.json()['image_id']}/content").status_code == 200
    assert wait_for_end(alice, answer.json()["id"])["status"] == "completed"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"image_url": "ROOT/text.png"}, "bad_picture_url"),
        ({"image_url": "ROOT/large.jpg"}, "bad_picture_url"),
        ({"image_url": "ROOT/nothing.jpg"}, "address_unreachable"),
        ({"image_url": "ROOT/redirect?to=http://169.254.169.254/"}, "address_refused"),
        ({"image_url": "http://localhost:22/"}, "address_refused"),
        ({"image_url": "http://[::ffff:10.0.0.1]/"}, "address_refused"),
        ({"image_url": "file:///etc/passwd"}, "bad_address"),
        ({"image_url": "ROOT/photo.jpg", "image_id": 1}, "two_pictures"),
        ({"image_url": ""}, "no_picture"),
        ({"image_url": "ROOT/photo.jpg", "prompt": " "}, "no_prompt"),
        ({"image_url": "ROOT/photo.jpg", "seconds": 7}, "wrong_option"),
    ],
)
def test_bad_addresses_are_422_and_cost_nothing(
    alice: httpx.Client, pictures: PictureServer, body: dict[str, object], code: str
) -> None:
    before, calls = alice.get("/me").json()["credits"], len(pictures.calls)
    body = {"prompt": "x", **body, "image_url": str(body["image_url"]).replace("ROOT", pictures.root)}
    answer = alice.post("/videos/generate", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert alice.get("/me").json()["credits"] == before
    if code in ("two_pictures", "no_prompt", "wrong_option"):
        assert len(pictures.calls) == calls  # nothing is fetched for a request that is refused anyway


def canceled_video(app: RunningApp, client: httpx.Client) -> int:
    """A video that has ended."""
    picture = client.post("/images", files={"file": photo()}).json()["id"]
    with app.held():
        video_id = int(client.post("/videos/generate", json={"image_id": picture, "prompt": "x"}).json()["id"])
        assert client.post(f"/videos/{video_id}/cancel").json()["status"] == "canceled"
    return video_id


def test_webhooks_through_the_api_survive_a_killed_worker(app: RunningApp, alice: httpx.Client) -> None:
    with Receiver(None, 500) as receiver, app.client("charlie@example.com") as charlie:
        answer = alice.post("/webhooks", json={"url": f"{receiver.root}/hook"})
        assert answer.status_code == 201, answer.text
        endpoint, receiver.secret = answer.json(), answer.json()["secret"]
        assert endpoint["last_delivery"] is None
        listed = alice.get("/webhooks").json()["items"][0]
        assert (listed["id"], "secret" in listed) == (endpoint["id"], False)
        assert charlie.get("/webhooks").json() == {"items": [], "next_cursor": None}
        assert charlie.delete(f"/webhooks/{endpoint['id']}").status_code == 404

        video_id = canceled_video(app, alice)
        wait_until(lambda: receiver.calls)
        worker = app.part("worker")
        worker.kill()  # in the middle of its first attempt; its lease must run out, and the second attempt fails
        psutil.wait_procs([worker], timeout=30)
        wait_until(lambda: receiver.events, 200)
        assert [event["data"]["id"] for event in receiver.events] == [video_id]
        assert receiver.events[0]["data"] == alice.get(f"/videos/{video_id}").json()
        assert len(set(receiver.ids)) == 1
        wait_until(lambda: alice.get("/webhooks").json()["items"][0]["last_delivery"]["state"] == "delivered")
        assert alice.delete(f"/webhooks/{endpoint['id']}").status_code == 204
        assert alice.delete(f"/webhooks/{endpoint['id']}").status_code == 404


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://127.0.0.2/", "http://10.0.0.1/", "ftp://a/", ""])
def test_a_webhook_leads_nowhere_inside(alice: httpx.Client, url: str) -> None:
    assert alice.post("/webhooks", json={"url": url}).status_code == 422


def test_a_webhook_on_the_account_page(page: Page) -> None:
    sign_in(page)
    with Receiver() as receiver:
        page.goto("/account")
        part = page.get_by_role("region", name="Webhooks")
        part.get_by_label("Address of your server").fill(f"{receiver.root}/hook")
        part.get_by_label("Form of the events").select_option("Events as OpenAI sends them")
        part.get_by_role("button", name="Add webhook").click()
        secret = part.locator(".key-text")
        expect(secret).to_have_text(re.compile("^whsec_.{44}$"))
        expect(part.get_by_text("Nothing sent yet")).to_be_visible()
        page.reload()
        expect(part.get_by_text(f"{receiver.root}/hook")).to_be_visible()
        [endpoint] = page.request.get("/api/v1/webhooks").json()["items"]
        assert endpoint["form"] == "openai"
        expect(secret).to_have_count(0)
        part.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(part.get_by_text(f"{receiver.root}/hook")).to_have_count(0)
