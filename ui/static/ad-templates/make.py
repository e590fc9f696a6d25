"""Makes the previews of the ad templates beside this file, by the product itself from its own pictures.

    uv run ui/static/ad-templates/make.py [TEMPLATE ...]

Each is the 6 s variant of its template, tall, in English and in Chinese, rendered by a worker in this process in a
folder of its own; then smaller and without sound. It takes some minutes.
"""

# ruff: noqa: ASYNC110, E402, PLC0415, T201
import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

import av
from PIL import Image

WIDTH, HEIGHT, RATE = 270, 480, 24
Words = dict[str, str]
ADS: dict[str, tuple[tuple[str, ...], Words, Words]] = {
    "launch": (
        ("perfume",),
        {"name": "Ambre", "tagline": "Made to stay", "price": "49 €", "call_to_action": "Shop now"},
        {"name": "琥珀", "tagline": "留香一整天", "price": "¥399", "call_to_action": "立即选购"},
    ),
    "offer": (
        ("soda",),
        {"name": "Fizzy", "price": "1.99 €", "until": "This week only", "call_to_action": "Get yours"},
        {"name": "冰爽汽水", "price": "¥9.9", "until": "仅限本周", "call_to_action": "马上抢"},
    ),
    "three-reasons": (
        ("serum",),
        {
            "name": "Dewdrop",
            "reason_1": "Light as water",
            "reason_2": "Plants only",
            "reason_3": "In by morning",
            "call_to_action": "Try it",
        },
        {
            "name": "晨露精华",
            "reason_1": "轻薄如水",
            "reason_2": "只用植物",
            "reason_3": "一夜吸收",
            "call_to_action": "试试看",
        },
    ),
    "details": (
        ("watch",),
        {"name": "Mariner", "reason_1": "Sapphire glass", "reason_2": "Hand-stitched strap", "price": "290 €"},
        {"name": "航海家", "reason_1": "蓝宝石镜面", "reason_2": "手工缝线表带", "price": "¥2,290"},
    ),
    "story": (
        ("candle", "chair"),
        {"name": "Ember", "tagline": "The evening begins here", "reason_2": "Cedar and amber"},
        {"name": "暮光", "tagline": "夜晚从这里开始", "reason_2": "雪松与琥珀"},
    ),
    "unboxing": (
        ("earbuds",),
        {"name": "Halo", "reason_1": "Silence, in your pocket", "price": "129 €"},
        {"name": "静界", "reason_1": "口袋里的安静", "price": "¥999"},
    ),
    "before-after": (
        ("cream", "serum"),
        {"name": "Hydra", "before": "Dry by noon?", "after": "Soft all day", "call_to_action": "Start now"},
        {"name": "水润霜", "before": "中午就干？", "after": "全天柔润", "call_to_action": "现在开始"},
    ),
    "testimonial": (
        ("lipstick",),
        {"name": "Rouge", "quote": "It stays. All night.", "author": "Mina, Lisbon", "price": "24 €"},
        {"name": "绯红", "quote": "整晚都不掉色。", "author": "小雅，上海", "price": "¥189"},
    ),
}
"""Which pictures and words a template is shown with, in English and in Chinese."""


async def make(names: list[str]) -> None:
    """Make these, one after the other."""
    from core.accounts import users
    from core.billing import credits
    from core.database.session import close_database, session
    from core.pictures import uploads
    from core.redis import queue
    from core.redis.client import close_redis
    from tests.worker import running_worker

    async with session() as db:
        user = await users.find_or_create(db, "previews@localhost")
        await credits.move(db, user.id, 1000, "grant", "previews")
    async with running_worker():
        while not await queue.has_worker():  # it finds the products
            await asyncio.sleep(0.2)
        for name in names:
            pictures, english, chinese = ADS[name]
            ids = []
            for picture in pictures:
                async with session() as db:
                    ids.append((await uploads.from_preset(db, user.id, picture)).id)
            for fields, ending in ((english, ""), (chinese, "-zh")):
                path = await _made(user, {"template": name, "image_ids": ids, "fields": fields, "seconds": 6})
                small(path, name + ending)
                print(name + ending, flush=True)
    await close_redis()
    await close_database()


async def _made(user: Any, wish: dict[str, Any]) -> Path:
    """The file of that ad, once it is made."""
    from core.ads.ask import ask
    from core.storage import store
    from tests.worker import made_ad

    made = await made_ad(user.id, (await ask(user, wish)).id)
    assert made.status == "completed", (wish, made.status)
    path = store.path(made.videos[0].key or "")
    assert path is not None
    return path


def small(path: Path, name: str) -> None:
    """A small silent copy, and its first frame with words as WebP."""
    target = str(HERE / f"{name}.mp4")
    with av.open(str(path)) as source, av.open(target, "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "30", "preset": "veryslow"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            picture = frame.to_image().resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)  # type: ignore[no-untyped-call]
            if number == RATE:
                picture.save(HERE / f"{name}.webp", quality=70)
            shown = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            out.mux(stream.encode(shown))
        out.mux(stream.encode())


def main() -> None:
    """In a folder of its own, with a Valkey of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATABASE_URL": f"sqlite:///{folder}/previews.db", "STORAGE_URL": folder}
        from core.database.migrate import migrate
        from core.redis import embedded
        from core.settings import settings

        migrate()
        embedded.ensure()
        os.environ["REDIS_URL"] = embedded.redis_url()
        settings.cache_clear()
        try:
            asyncio.run(make(sys.argv[1:] or list(ADS)))
        finally:
            os.environ.pop("REDIS_URL")
            settings.cache_clear()
            embedded.stop()


if __name__ == "__main__":
    main()
