"""The main job in a real browser: sign in, choose, write, generate, watch."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.people import photo
from tests.running import RunningApp

RENDER = 60_000


def sign_in(page: Page) -> None:
    """One click."""
    page.goto("/")
    page.get_by_role("link", name="Login").click()
    expect(page.get_by_text(re.compile(r"^\d+ credits$")).first).to_be_visible()


def credits(page: Page) -> int:
    """What the header says."""
    return int(page.get_by_test_id("credits").inner_text().split()[0])


def choose(page: Page, title: str = "Blue-dial watch") -> None:
    """Choose a preset. Its prompt is there at the end, unless the page has another."""
    page.get_by_role("radio", name=title).click()
    expect(page.get_by_role("radio", name=title)).to_have_attribute("aria-checked", "true")
    expect(page.locator("textarea").first).not_to_have_value("")


WATCH = """() => {
  window.generating = window.processing = false;
  new MutationObserver(() => {
    for (const button of document.querySelectorAll("button:disabled"))
      if (button.innerText.includes("Generating…")) window.generating = true;
    if (document.querySelector(".stage-words")?.innerText.includes("Processing…")) window.processing = true;
  }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}"""


def generate(page: Page, prompt: str = "Slow push in, soft light") -> None:
    """From a chosen picture to a running video."""
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.evaluate(WATCH)  # it may be over before one looks
    page.get_by_role("button", name=re.compile("Generate · 10 credits")).click()
    page.wait_for_function("() => window.generating")


def test_from_a_picture_to_a_playing_video(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    sign_in(page)
    before = credits(page)
    expect(page.locator('[aria-checked="true"], [aria-selected="true"]')).to_have_count(0)
    choose(page)
    generate(page)
    expect(page.get_by_test_id("credits")).to_have_text(re.compile(rf"^{before - 10} credits"))
    page.wait_for_function("() => window.processing", timeout=RENDER)
    video = page.locator("video.player")
    expect(video).to_be_visible(timeout=RENDER)
    expect(page.get_by_text("Generated with Studio camera (built in) · 1280x720 · 6.0 s").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('video.player').currentTime > 0.2")
    assert page.evaluate("() => { const v = document.querySelector('video.player'); return [v.muted, v.loop] }") == [
        True,
        True,
    ]
    expect(page.get_by_role("button", name=re.compile("Generate · 10 credits"))).to_be_enabled()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).stat().st_size > 10_000


def test_a_second_tab_and_a_reload_show_the_same_state(page: Page, app: RunningApp) -> None:
    sign_in(page)
    choose(page)
    second = page.context.new_page()
    second.goto("/")
    with app.held():
        generate(page)
        # a first video stands on the stage, later ones among the latest
        on_its_way = re.compile("Starting|Queued|Processing")
        latest = second.get_by_role("navigation", name="Your latest videos").get_by_role("link", name=on_its_way)
        stage = second.get_by_role("region", name="Video", exact=True).filter(has_text=on_its_way)
        expect(latest.or_(stage).first).to_be_visible()
        expect(second.get_by_role("button", name=re.compile("Generate · 10 credits"))).to_be_enabled()
        page.reload()
        expect(page.get_by_role("button", name="Generating…")).to_be_visible()
    for tab in (page, second):
        expect(tab.locator("video.player")).to_be_visible(timeout=RENDER)
    page.reload()
    expect(page.locator("video.player")).to_be_visible()


def test_the_checks_come_in_order_each_with_its_sentence(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name=re.compile("Generate · 10 credits"))
    button.click()
    expect(page.get_by_text("Please log in first.")).to_be_visible()
    sign_in(page)
    button.click()
    expect(page.get_by_text("Please choose a picture first.")).to_be_visible()
    choose(page)
    expect(page.get_by_label("Prompt", exact=True)).not_to_have_value("")  # the preset's has come
    page.get_by_label("Prompt", exact=True).fill("")
    button.click()
    expect(page.get_by_text("Please describe what should happen in the video.")).to_be_visible()


def test_an_upload_of_ones_own_and_a_cancel(page: Page, app: RunningApp) -> None:
    sign_in(page)
    before = credits(page)
    files = [{"name": "mine.png", "mimeType": "image/png", "buffer": photo(900, 1600, "PNG")}]
    page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)
    with app.held():  # or the video might be done before one can cancel it
        generate(page, "slow orbit")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Not charged: 10 credits returned").first).to_be_visible()
    expect(page.get_by_test_id("credits")).to_have_text(re.compile(rf"^{before} credits"))


def test_a_bad_upload_says_what_is_wrong(page: Page) -> None:
    sign_in(page)
    files = [{"name": "trick.jpg", "mimeType": "image/jpeg", "buffer": b"<svg></svg>"}]
    page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_text(re.compile("not a picture we can read"))).to_be_visible()
    page.get_by_text("简体中文").first.click()
    expect(page.get_by_text("简体中文").first).to_be_hidden()
    page.wait_for_function(LIVE)
    page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_text("这个文件不是我们能读取的图片")).to_be_visible()


def test_a_double_click_on_cancel_does_not_begin_anew(page: Page, app: RunningApp) -> None:
    sign_in(page)
    before = credits(page)
    choose(page)
    page.add_style_tag(content=".stage-actions [data-ask-to-notify] { display: none }")  # as where one can't ask
    with app.held():  # or the video might be done before one can cancel it
        generate(page)
        page.get_by_role("button", name="Cancel").click()
        again = page.get_by_role("button", name="Try again")
        again.wait_for()
        again.hover()
        page.mouse.down(click_count=2)  # the second of two clicks
        page.mouse.up(click_count=2)
        page.get_by_role("button", name="Loop").click()
        expect(page.get_by_role("button", name="Loop", pressed=True)).to_be_visible()  # what was clicked has been done
        expect(again).to_be_visible()
        expect(page.get_by_test_id("credits")).to_have_text(re.compile(rf"^{before} credits"))
        again.click()
        expect(page.get_by_test_id("credits")).to_have_text(re.compile(rf"^{before - 10} credits"))
        page.get_by_role("button", name="Cancel").click()
        again.wait_for()


def test_a_double_click_opens_one_dialog_and_escape_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    page.wait_for_function(LIVE)
    opens = page.get_by_role("button", name="Templates")
    opens.dblclick()
    expect(page.get_by_role("dialog", name="Templates")).to_be_visible()
    page.get_by_role("dialog").get_by_role("tab").or_(page.get_by_role("dialog").get_by_role("button")).first.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opens).to_be_focused()


BLOCK = """([before, after]) => {
  const block = document.createElement("ads-block");
  block.setAttribute("html", before);
  document.body.append(block);
  const [one, , three] = block.children;
  three.focus();
  block.setAttribute("html", after);
  return [block.innerText.trim(), block.firstElementChild === one, document.activeElement === three, three.isConnected];
}"""


def test_what_a_block_shows_more_or_no_more_leaves_the_rest_as_it_is(page: Page) -> None:
    def links(*keys: str) -> str:
        return "".join(f'<a href="/" data-key="{key}">{key}</a>' for key in keys)

    page.goto("/")
    assert page.evaluate(BLOCK, [links("a", "b", "c"), links("d", "a", "b", "c")]) == ["dabc", False, True, True]
    assert page.evaluate(BLOCK, [links("a", "b", "c"), links("a", "c", "d")]) == ["acd", True, True, True]
    assert page.evaluate(BLOCK, [links("a", "b", "c"), links("c", "a")])[0] == "ca"
    both = '<i data-key="1">i</i><b data-key="1">b</b><a href="/">{}</a>'
    assert page.evaluate(BLOCK, [both.format("x"), both.format("y")]) == ["iby", True, True, True]


def test_a_double_click_is_one_video(page: Page) -> None:
    sign_in(page)
    before = credits(page)
    choose(page)
    page.get_by_label("Prompt", exact=True).fill("push in")
    page.evaluate(WATCH)
    page.get_by_role("button", name=re.compile("Generate · 10 credits")).dblclick()
    page.wait_for_function("() => window.generating")
    expect(page.get_by_role("button", name=re.compile("Generate · 10 credits"))).to_be_enabled(timeout=RENDER)
    expect(page.locator("video.player")).to_be_visible()
    expect(page.get_by_test_id("credits")).to_have_text(re.compile(rf"^{before - 10} credits"))


LIVE = "() => window.did_handshake && window.socket?.connected"

LATE = """const Real = WebSocket;
window.WebSocket = class extends Real {
  set onmessage(take) { super.onmessage = (message) => setTimeout(() => take(message), 1500); }
};"""


def test_what_is_typed_is_not_overwritten_by_a_late_answer(page: Page) -> None:
    page.add_init_script(LATE)
    page.goto("/")
    page.get_by_role("button", name="Drift").click()
    expect(page.get_by_role("button", name="Drift", pressed=True)).to_be_visible()  # the page is live
    page.get_by_role("button", name="Drift").click()
    expect(page.get_by_text("0/500")).to_be_visible()
    page.get_by_role("radio", name="Blue-dial watch").click()
    page.wait_for_timeout(700)  # its prompt is on its way
    page.get_by_label("Prompt", exact=True).fill("My own words")
    expect(page.get_by_role("radio", name="Blue-dial watch")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("12/500")).to_be_visible()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("My own words")


def test_what_is_typed_while_the_server_is_away_is_there_when_it_is_back(page: Page) -> None:
    page.goto("/")
    page.wait_for_function(LIVE)
    page.evaluate("() => window.socket.disconnect()")
    page.get_by_label("Prompt", exact=True).press_sequentially("My own words")
    page.reload()  # as NiceGUI does it
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("My own words")
    expect(page.get_by_text("12/500")).to_be_visible()


def test_the_prompt_is_counted_and_ends_at_500(page: Page) -> None:
    page.goto("/")
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("x" * 499)
    expect(page.get_by_text("499/500")).to_be_visible()
    prompt.press_sequentially("yzz")
    expect(page.get_by_text(re.compile(r"^50\d/500$"))).to_be_visible()


def test_theme_and_language_survive_a_reload(page: Page) -> None:
    page.goto("/")
    page.get_by_text("简体中文").first.click()
    expect(page.get_by_role("link", name="登录")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="登录")).to_be_visible()
    assert page.evaluate("() => document.documentElement.lang").startswith("zh")


def test_signing_in_and_out_works_on_a_slow_network(page: Page) -> None:
    page.goto("/library")
    page.wait_for_function(LIVE)  # so that it hears of its own sign-in
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.get_by_role("link", name="Login").first.click()
    expect(page.get_by_test_id("credits")).to_be_visible()
    page.wait_for_function(LIVE)
    page.get_by_role("button", name="Account").click()
    page.get_by_text("Sign out", exact=True).click()
    expect(page.get_by_role("link", name="Login").first).to_be_visible()
    assert page.request.get("/api/v1/me").status == 401


def test_a_lost_connection_is_told_in_words_and_the_page_comes_back_by_itself(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Prompt", exact=True).fill("Half a sentence")
    expect(page.get_by_text("15/500")).to_be_visible()
    notice = page.locator("#lost")
    page.context.set_offline(True)
    expect(notice).to_contain_text("Connection lost", timeout=RENDER)
    expect(notice).to_contain_text(re.compile(r"Trying to reconnect for 0:\d\d"))
    page.context.set_offline(False)
    page.evaluate("window.socket.io.engine.close()")  # offline does not cut a socket that is open
    expect(notice).to_be_hidden(timeout=RENDER)
    page.get_by_label("Prompt", exact=True).fill("A whole sentence")
    expect(page.get_by_text("16/500")).to_be_visible()


def test_my_own_pictures_are_there_again_after_a_reload(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("radio", name="Blue-dial watch")).to_be_visible()
    before = page.get_by_role("radio").count()  # they are drawn together
    files = [{"name": "new.png", "mimeType": "image/png", "buffer": photo(777, 555, "PNG")}]
    page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_role("radio")).to_have_count(before + 1)
    fresh = page.context.new_page()
    fresh.goto("/")
    expect(fresh.get_by_role("radio")).to_have_count(before + 1)


def test_a_video_is_private_until_a_link_is_asked_for(page: Page, browser: Browser, app: RunningApp) -> None:
    sign_in(page)
    choose(page)
    generate(page)
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text("This video is private.", exact=False)).to_be_visible()
    page.get_by_role("button", name="Create link").click()
    expect(page.locator("#share-link")).to_have_value(re.compile("/v/"))
    link = page.get_by_label("Link", exact=True).input_value()
    stranger = browser.new_context(locale="en-US")
    seen = stranger.new_page()
    seen.goto(link)
    expect(seen.locator("video")).to_be_visible()
    assert seen.locator('meta[property="og:image"]').count() == 1
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("The link leads nowhere from now on.")).to_be_visible()
    answer = seen.goto(link)
    assert answer is not None
    assert answer.status == 404
    stranger.close()


def test_signing_out_reaches_the_other_tab(page: Page) -> None:
    sign_in(page)
    second = page.context.new_page()
    second.goto("/")
    expect(second.get_by_test_id("credits")).to_be_visible()
    second.wait_for_function(LIVE)
    # Not from a page: signing out sends every page of this browser on, the asking one in the middle of its question.
    page.context.request.get("/auth/logout")
    expect(second.get_by_role("link", name="Login")).to_be_visible()


STOPS = "() => [...document.querySelectorAll('#picture-strip [data-rove][tabindex=\"0\"]')].map((tile) => tile.title)"


def test_tab_reaches_the_chosen_picture_however_it_was_chosen(page: Page) -> None:
    sign_in(page)
    page.wait_for_function(f"() => ({STOPS})().length === 1")
    page.locator("#picture-file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": photo(640, 360)})
    own = page.get_by_role("radio", name="Your picture", checked=True)
    expect(own).to_be_visible()
    page.wait_for_function(f"() => ({STOPS})().join() === 'Your picture'")
    choose(page)
    page.wait_for_function(f"() => ({STOPS})().join() === 'Blue-dial watch'")
    page.keyboard.press("ArrowRight")  # moves, and chooses nothing
    page.get_by_label("Prompt", exact=True).click()
    page.wait_for_function(f"() => ({STOPS})().join() === 'Blue-dial watch'")


def test_the_chosen_picture_is_in_sight_after_a_reload(page: Page) -> None:
    sign_in(page)
    last = page.locator("#picture-strip .tile").last
    last.click()
    expect(last).to_have_attribute("aria-checked", "true")
    page.wait_for_function("() => sessionStorage.getItem('draft')?.includes('preset')")
    page.reload()
    expect(last).to_have_attribute("aria-checked", "true")
    strip = page.locator("#picture-strip")
    page.wait_for_function("() => document.querySelector('#picture-strip').scrollLeft > 0")
    box, outer = last.bounding_box(), strip.bounding_box()
    assert box and outer and outer["x"] <= box["x"] and box["x"] + box["width"] <= outer["x"] + outer["width"] + 1


def test_the_box_for_an_address_opens_and_closes(page: Page) -> None:
    sign_in(page)
    link = page.get_by_role("button", name="Link", exact=True)
    field = page.get_by_label("Address of a picture on the web")
    for by_key in (False, True):
        link.click()
        expect(field).to_be_focused()
        expect(link).to_have_attribute("aria-expanded", "true")
        if by_key:
            field.press("Escape")
        else:
            link.click()
        expect(field).to_be_hidden()
        expect(link).to_be_focused()
        expect(link).to_have_attribute("aria-expanded", "false")


def test_a_picture_deleted_in_another_tab_is_told_and_goes(page: Page) -> None:
    sign_in(page)
    page.locator("#picture-file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": photo(620, 360)})
    expect(page.get_by_role("radio", name="Your picture", checked=True)).to_be_visible()
    before = page.get_by_role("radio", name="Your picture").count()
    source = page.locator("[role=radio][aria-checked=true] img").get_attribute("src") or ""
    other = page.context.new_page()
    other.goto("/")
    other.locator(f"[role=radio]:has(img[src='{source}'])").click()
    other.get_by_role("button", name="Delete this picture").click()
    other.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(other.locator(f"img[src='{source}']")).to_have_count(0)
    expect(other.get_by_role("radio").first).to_be_focused()
    other.close()
    page.get_by_label("Prompt", exact=True).fill("Slow push in")
    page.get_by_role("button", name=re.compile("Generate · 10 credits")).click()
    expect(page.get_by_text("This picture has been deleted. Please choose another one.")).to_be_visible()
    expect(page.get_by_role("radio", name="Your picture")).to_have_count(before - 1)


def test_a_camera_move_in_ones_own_sentence_is_left_there_and_marked(page: Page) -> None:
    sign_in(page)
    field = page.get_by_label("Prompt", exact=True)
    field.fill("Slow orbit around the watch. Dark")
    orbit = page.get_by_role("button", name="Orbit", exact=True)
    expect(orbit).to_have_attribute("aria-pressed", "true")
    orbit.click()
    expect(page.get_by_text("This move is part of your own sentence: change it there.")).to_be_visible()
    expect(field).to_have_value("Slow orbit around the watch. Dark")
    marked = "() => { const f = document.activeElement; return f.value?.slice(f.selectionStart, f.selectionEnd); }"
    page.wait_for_function(f"() => ({marked})() === 'orbit'")
