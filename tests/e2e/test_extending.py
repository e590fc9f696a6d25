"""docs/extending.md: its examples run in the real app, and no checklist leaves a file out.

A copy of the source gets what the document shows, and nothing else; then it is started as users start it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from babel.messages.pofile import read_po, write_po
from playwright.sync_api import Browser, Locator, expect

from core.settings import ROOT
from tests.running import RunningApp
from tests.waiting import wait_until

TEXT = (ROOT / "docs" / "extending.md").read_text()
EXAMPLES = dict(re.findall(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
"""The files that the document shows, by their place."""
PAGE = "ui/pages/quick.py"
CATALOGUE = "ui/locale/zh/LC_MESSAGES/adsvideo.po"
CHINESE = {
    "Quick video": "快速视频",
    "One of our pictures, in your words.": "用你的话让我们的一张图片动起来。",
    "What should happen": "应该发生什么",
    "Make it": "开始制作",
}
REFUSED = "Please describe what should happen in the video."
"""What core says of an empty prompt."""


def checklist(title: str) -> set[str]:
    """The files that the numbered lines below that heading name, words in capitals left as they are."""
    section = TEXT.partition(f"### {title}\n")[2].partition("\n### ")[0]
    return {path for line in re.findall(r"^\d\. .*(?:\n   .*)*", section, re.MULTILINE) for path in _paths(line)}


def _paths(line: str) -> list[str]:
    return re.findall(r"`((?:core|ui|workers|docs)/[\w/.]+\.\w+|\.env\.example)`", line)


@dataclass
class Copy:
    """The source in a folder of its own."""

    folder: Path

    def content(self) -> dict[str, bytes]:
        """Every file that is not made by running."""
        files = (p for p in self.folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def translate(self) -> None:
        """As the checklist says: the command, then the Chinese of what has none."""
        subprocess.run([sys.executable, "-m", "ui.locale.update"], cwd=self.folder, check=True, timeout=120)
        path = self.folder / CATALOGUE
        with path.open("rb") as source:
            catalogue = read_po(source, locale="zh_Hans_CN")
        untranslated = {str(message.id) for message in catalogue if message.id and not message.string}
        assert set(CHINESE) == untranslated
        for message, chinese in CHINESE.items():
            catalogue[message].string = chinese
        with path.open("wb") as out:
            write_po(out, catalogue, include_lineno=False)


@dataclass
class Extended:
    """The running app with the examples in it, and what that took: the files changed by each step."""

    app: RunningApp
    by_writing: set[str]
    by_translating: set[str]


def _changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Extended]:
    """The copy with every example, translated, running with its worker."""
    copy = Copy(tmp_path_factory.mktemp("copy"))
    for layer in ("core", "workers", "ui"):
        shutil.copytree(ROOT / layer, copy.folder / layer)
    for name in ("main.py", "pyproject.toml"):
        shutil.copy2(ROOT / name, copy.folder)
    untouched = copy.content()
    for path, text in EXAMPLES.items():
        (copy.folder / path).write_text(text)
    written = copy.content()
    copy.translate()
    translated = copy.content()
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", *EXAMPLES]
    assert subprocess.run(ruff, cwd=copy.folder, timeout=120, check=False).returncode == 0
    app = RunningApp(tmp_path_factory.mktemp("app"))
    app.main = copy.folder / "main.py"
    try:
        yield Extended(app.start(), _changed(untouched, written), _changed(written, translated))
        app.stop()
    finally:
        app.end()


def test_a_page_an_api_call_and_a_job_need_the_file_that_their_checklist_names(extended: Extended) -> None:
    lists = {
        "ui/pages/quick.py": "A page",
        "ui/api/balance.py": "An API call",
        "workers/cron/count.py": "A background job",
    }
    assert extended.by_writing == set(EXAMPLES) == set(lists)
    for path, title in lists.items():
        assert checklist(title) == {str(Path(path).with_name("NAME.py"))}
    assert httpx.get(f"{extended.app.url}/quick").status_code == 200


def test_a_string_needs_the_files_that_its_checklist_names(extended: Extended) -> None:
    assert extended.by_translating == checklist("A translated string")
    for code, title in (("zh", "快速视频"), ("en", "Quick video")):
        page = httpx.get(f"{extended.app.url}/quick", headers={"Accept-Language": code})
        assert f"<title>{title} · AdsVideo</title>" in page.text


def test_the_api_call_answers_and_is_described(extended: Extended) -> None:
    with extended.app.client("alice@example.com") as alice:
        assert alice.get("/balance").json() == {"credits": 100}
        assert "/balance" in alice.get("/openapi.json").json()["paths"]
    refused = httpx.get(f"{extended.app.url}/api/v1/balance")
    assert refused.json()["error"]["code"] == "not_signed_in"


def test_the_job_runs(extended: Extended) -> None:
    wait_until(lambda: "jobs wait" in extended.app.log())


def _middle(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"] + box["height"] / 2


def test_the_page_follows_a_video_without_a_reload(extended: Extended, browser: Browser) -> None:
    with browser.new_context(base_url=extended.app.url, locale="en-US", reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto("/quick")
        page.get_by_role("link", name="Login").last.click()
        page.wait_for_url("**/quick")
        page.evaluate("window.sameDocument = true")
        prompt, make = page.get_by_label("What should happen"), page.get_by_role("button", name="Make it")
        assert abs(_middle(prompt) - _middle(make)) < 8  # in one line: `align_items` counts without Tailwind
        make.click()
        expect(page.get_by_text(REFUSED)).to_be_visible()
        row = page.get_by_role("row", name="Slow push in")
        with extended.app.held():
            prompt.fill("Slow push in")
            make.click()
            expect(row).to_contain_text(re.compile("Queued|Starting"))
        expect(row).to_contain_text("Ready")
        assert page.evaluate("window.sameDocument") is True
