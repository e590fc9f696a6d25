"""An assistant makes, looks at, edits and shares a video by tools alone: the MCP SDK's client and the running app."""

import base64
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import av
import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ImageContent, TextContent
from PIL import Image

from tests.people import photo
from tests.running import RunningApp

TOOLS = {
    *("list_models", "account", "upload_picture", "make_video", "get_video", "list_videos", "cancel_video"),
    *("share_video", "edit_video", "make_ad", "delete_video"),
}


@pytest.fixture(scope="module")
def key(app: RunningApp) -> str:
    app.command("grant", "alice@example.com", "1000")
    return app.key("alice@example.com")


@pytest.fixture(scope="module")
def other_key(app: RunningApp) -> str:
    return app.key("charlie@example.com")


@asynccontextmanager
async def assistant(app: RunningApp, key: str, mode: Any = "auto") -> AsyncIterator[Client]:
    """The SDK's client, as an assistant has it."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{app.url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def said(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured answer of a tool that must succeed; its text says the same."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.content[0], TextContent)
    answer: dict[str, Any] = result.structured_content or {}
    assert json.loads(result.content[0].text) == answer
    return answer


async def complaint(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says that must refuse."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


async def ended(client: Client, id: int) -> dict[str, Any]:
    """Follow a video to its end as an assistant does."""
    while True:
        video = (await client.call_tool("get_video", {"id": id, "wait_seconds": 25})).structured_content or {}
        if video["status"] not in ("pending", "processing"):
            return video


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_assistant_makes_looks_at_edits_and_shares_a_video(app: RunningApp, key: str, mode: str) -> None:
    async with assistant(app, key, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) >= TOOLS
        assert "10 credits" in (tools["make_video"].description or "")
        before = (await said(client, "account"))["credits"]
        uploaded = await said(client, "upload_picture", base64=base64.b64encode(photo(640, 360)).decode())
        wish = {"prompt": "Push in", "seconds": 4, "idempotency_key": f"wish-{mode}"}
        made = await said(client, "make_video", picture=uploaded["id"], **wish)
        assert (made["status"], made["cost_credits"]) == ("pending", 10)
        assert (await said(client, "make_video", picture=uploaded["id"], **wish))["id"] == made["id"]
        assert (await said(client, "account"))["credits"] == before - 10

        assert (await ended(client, made["id"]))["status"] == "completed"
        result = await client.call_tool("get_video", {"id": made["id"]})
        image = next(part for part in result.content if isinstance(part, ImageContent))
        assert Image.open(io.BytesIO(base64.b64decode(image.data))).format == "WEBP"
        video = result.structured_content or {}
        answer = httpx.get(video["video_url"])  # without a key
        assert answer.headers["Content-Type"] == "video/mp4"
        with av.open(io.BytesIO(answer.content), "r") as film:
            assert film.streams.video[0].width == 1280

        clips = [{"video_id": made["id"], "start": 1, "end": 2}]
        edited = await ended(client, (await said(client, "edit_video", clips=clips, size="1080x1080"))["id"])
        assert (edited["status"], edited["kind"], edited["duration"]) == (
            "completed",
            "edited",
            pytest.approx(1, abs=0.1),
        )
        shared = await said(client, "share_video", id=edited["id"])
        assert httpx.get(shared["url"]).status_code == 200
        listed = await said(client, "list_videos", limit=2)
        assert [each["id"] for each in listed["videos"]] == [edited["id"], made["id"]]

        poster = (await client.read_resource(f"video://{made['id']}/poster")).contents[0]
        assert poster.mime_type == "image/webp"
        as_json = (await client.read_resource(f"video://{made['id']}")).contents[0]
        assert json.loads(as_json.text)["prompt"] == "Push in"  # type: ignore[union-attr]

        assert await said(client, "delete_video", id=made["id"]) == {"id": made["id"], "deleted": True}
        assert httpx.get(video["video_url"]).status_code == 404  # gone with the video


async def test_what_is_wrong_is_said_in_words_and_costs_nothing(app: RunningApp, key: str, other_key: str) -> None:
    async with assistant(app, key) as client, assistant(app, other_key) as other:
        before = (await said(client, "account"))["credits"]
        assert "at most 500" in await complaint(client, "make_video", picture="chair", prompt="x" * 501)
        assert "no such picture" in await complaint(client, "make_video", picture="sofa", prompt="x")
        assert "no such picture" in await complaint(client, "make_video", picture=10**12, prompt="x")
        assert "https://" in await complaint(client, "make_video", picture="http://example.com/a.png", prompt="x")
        assert "https://" in await complaint(client, "upload_picture", url="http://127.0.0.1/a.png")
        assert "not 7 s" in await complaint(client, "make_video", picture="chair", prompt="x", seconds=7)
        wrong = await complaint(client, "get_video", id=0, wait_seconds=26)
        assert wrong.startswith("Wrong arguments: ") and "wait_seconds" in wrong and "pydantic" not in wrong
        assert "clips[0]" in await complaint(client, "edit_video", clips=[{"video_id": 1, "image_id": 2}])
        assert "not a picture" in await complaint(client, "upload_picture", base64=base64.b64encode(b"text").decode())
        assert (await said(client, "account"))["credits"] == before
        made = await said(client, "make_video", picture="chair", prompt="Drift", seconds=4)
        for tool in ("get_video", "cancel_video", "share_video", "delete_video"):
            assert "no such video" in await complaint(other, tool, id=made["id"])
        for uri in (f"video://{made['id']}", f"video://{made['id']}/poster", "video://x", f"video://{10**20}"):
            with pytest.raises(Exception, match="no such video"):
                await other.read_resource(uri)
        await client.call_tool("cancel_video", {"id": made["id"]})


async def test_an_ad_is_made_of_pictures_and_a_few_words(app: RunningApp, key: str) -> None:
    async with assistant(app, key) as client:
        described = {tool.name: tool.description or "" for tool in (await client.list_tools()).tools}["make_ad"]
        assert "- offer: " in described and "credits" in described
        wrong = await complaint(client, "make_ad", template="offer", image_ids=[1], fields={"colour": "red"}, seconds=7)
        assert "colour" in wrong or "seconds" in wrong
        assert "no such" in await complaint(client, "make_ad", template="none", image_ids=[1], fields={})
        image = (await said(client, "upload_picture", base64=base64.b64encode(photo(800, 800)).decode()))["id"]
        wish: dict[str, Any] = {
            "template": "offer", "image_ids": [image], "seconds": 6, "idempotency_key": "ad",
            "fields": {"name": "Mug", "price": "9 EUR", "call_to_action": "Buy now"},
        }  # fmt: skip
        before = (await said(client, "account"))["credits"]
        made = await said(client, "make_ad", **wish)
        assert (await said(client, "make_ad", **wish))["id"] == made["id"]
        assert (await said(client, "account"))["credits"] == before - made["cost_credits"]
        [video] = made["videos"]
        ad = await ended(client, video["video_id"])
        assert (ad["status"], ad["kind"]) == ("completed", "ad")


async def test_the_templates_are_prompts_with_their_blanks(app: RunningApp, key: str) -> None:
    async with assistant(app, key) as client:
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        assert {"showcase", "unboxing", "lifestyle"} <= set(prompts)
        assert {"picture", "product"} <= {argument.name for argument in prompts["showcase"].arguments or []}
        filled = await client.get_prompt("showcase", {"picture": "chair", "product": "a red chair"})
        assert "a red chair" in filled.messages[0].content.text  # type: ignore[union-attr]
        assert "pale stone" in filled.messages[0].content.text  # type: ignore[union-attr]


def ask(app: RunningApp, **headers: str) -> httpx.Response:
    """A call by hand."""
    kinds = {"Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    return httpx.post(f"{app.url}/mcp", json=body, headers=kinds | headers, timeout=60)


def test_without_a_good_key_or_host_nothing_is_told(app: RunningApp, key: str) -> None:
    assert ask(app, Authorization=f"Bearer {key}").status_code == 200
    for headers in ({}, {"Authorization": "Bearer ads_wrong"}, {"Authorization": "Basic eDp5"}):
        refused = ask(app, **headers)
        assert refused.status_code == 401
        where = refused.headers["WWW-Authenticate"].partition('resource_metadata="')[2].rstrip('"')
        assert httpx.get(where).json()["resource"] == f"{app.url}/mcp"
    assert ask(app, Authorization=f"Bearer {key}", Host="evil.example").status_code == 421
    assert ask(app, Authorization=f"Bearer {key}", Origin="https://evil.example").status_code == 403


async def test_an_assistant_beside_the_app_speaks_over_stdin_and_stdout(app: RunningApp) -> None:
    variables = {**os.environ, **app.variables}
    beside = StdioServerParameters(
        command=sys.executable, args=[str(app.main), "mcp", "dora@example.com"], env=variables
    )
    async with Client(stdio_client(beside)) as client:
        assert (await said(client, "account"))["email"] == "dora@example.com"
        made = await said(client, "make_video", picture="perfume", prompt="Orbit", seconds=4, size="720x1280")
        video = await ended(client, made["id"])
        assert video["status"] == "completed"
        assert video["video_url"].startswith(app.url)
        assert httpx.get(video["video_url"]).headers["Content-Type"] == "video/mp4"
