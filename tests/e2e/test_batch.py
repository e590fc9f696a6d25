"""A batch from a table as a spreadsheet in Chinese writes it, in the running app, to the zip."""

import csv
import io
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.running import RunningApp
from tests.waiting import wait_until


def test_a_table_becomes_videos_and_a_zip(app: RunningApp) -> None:
    with app.client("bella@example.com") as client:
        table = "图片;提示词;模型;时长;尺寸\r\n琥珀香水;慢慢推近;camera;4;9:16\r\nwatch;=1+1 绕拍;camera;4;1280x720\r\n"
        kind = {"Content-Type": "text/csv"}
        wrong = client.post("/batches", content=(table + "nope;x;;;").encode("gb18030"), headers=kind)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "bad_rows")
        assert "rows[2].picture" in wrong.json()["error"]["message"]
        answer = client.post("/batches", content=table.encode("gb18030"), headers=kind)
        assert answer.status_code == 202, answer.text
        number = answer.json()["id"]
        wait_until(lambda: client.get(f"/batches/{number}").json()["status"] == "completed", 280)
        made = client.get(f"/batches/{number}").json()
        assert (made["counts"]["completed"], made["cost_credits"]) == (2, 20)
        archive = zipfile.ZipFile(io.BytesIO(client.get(f"/batches/{number}/zip").content))
        assert sorted(archive.namelist()) == ["001-perfume-9x16.mp4", "002-watch-16x9.mp4", "manifest.csv"]
        lines = list(csv.reader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
        assert [line[2] for line in lines[1:]] == ["慢慢推近", "'=1+1 绕拍"]
        assert client.get("/me").json()["credits"] == 80


def test_the_page_reads_a_table_and_shows_its_mistakes(app: RunningApp, page: Page, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("picture,prompt,size\nperfume,Slow push in,9:16\nnope.jpg,Orbit,\n".encode("utf-16"))
    page.goto(f"{app.url}/auth/login", wait_until="commit")
    page.goto(f"{app.url}/batch")
    page.locator("[data-csv] input").set_input_files(path)
    expect(page.locator(".batch-row-wrong")).to_contain_text("is neither a picture that you have added")
    page.get_by_role("button", name="Make 1 video · 10 credits").click()
    page.wait_for_url("**/batch/*")
    expect(page.locator(".batch-row")).to_have_count(1)
    expect(page.locator(".batch-ratio")).to_have_text("9:16")
