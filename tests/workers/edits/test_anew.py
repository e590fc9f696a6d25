"""A clip of the studio camera in another shape: rendered anew, once, the product in the middle."""

from pathlib import Path

import av
import numpy as np
import pytest

from core.catalog.size import Size
from core.edits import exports
from core.errors import Conflict, NotFound
from core.models import User, Video
from core.storage import store
from tests import people
from tests.workers.edits.test_flow import made
from workers.edits.anew import in_shape

TALL = Size(180, 320)


async def test_it_is_rendered_in_its_new_shape_and_once(alice: User, place: Path, tmp_path: Path) -> None:
    video = await made(alice, tmp_path)
    told: list[int] = []
    key = await in_shape(video, TALL, tmp_path, told.append)
    assert told[-1] == 100
    assert key == exports.anew_key(video, TALL)
    path = store.path(key)
    assert path
    with av.open(str(path)) as film:
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert frames[0].shape == (320, 180)
    assert len(frames) == video.seconds * 24
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 1, "the camera moves"
    told.clear()
    assert await in_shape(video, TALL, tmp_path, told.append) == key
    assert told == []


async def test_whoever_gives_up_stops_it(alice: User, place: Path, tmp_path: Path) -> None:
    video = await made(alice, tmp_path)

    def stop(_percent: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await in_shape(video, TALL, tmp_path, stop)
    assert await store.place().size(exports.anew_key(video, TALL)) is None


async def test_only_clips_of_the_camera_have_other_shapes(alice: User, place: Path, tmp_path: Path) -> None:
    video = await made(alice, tmp_path)
    own, tall = Size(1280, 720), Size(720, 1280)
    assert [exports.shaped(video, size) for size in (own, tall)] == [True, False]
    with pytest.raises(Conflict):
        await exports.anew(video, own)
    other = Video(**{**video.model_dump(), "model": "sora-2"})
    assert exports.shaped(other, tall)
    assert len(exports.keys_of(video)) > len(exports.keys_of(other)) == 3
    unfinished = await people.ask(alice)
    with pytest.raises(NotFound):
        await exports.anew(unfinished, tall)
