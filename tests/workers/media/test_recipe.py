"""Whatever a video was made from comes back from its MP4."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.catalog.size import Size
from core.models import Picture, Video
from core.pictures.fit import Framing
from core.videos import recipe
from core.videos.recipe import Recipe
from tests.servers import clip
from tests.workers.media.tags import read_tags
from workers.media.mp4 import finish

part = st.floats(0, 1, allow_nan=False)
framings = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["crop", "pad-blur", "pad-white", "pad-color"]),
        "color": st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True),
        "x": part,
        "y": part,
        "zoom": st.floats(1, 4, allow_nan=False),
    },
)
pictures = st.none() | st.builds(
    Picture, preset=st.none() | st.just("watch"), sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
)
videos = st.builds(
    Video,
    prompt=st.text(min_size=1, max_size=500),
    model=st.text(min_size=1, max_size=100),
    seconds=st.integers(1, 600),
    size=st.builds(Size, st.integers(1, 99_999), st.integers(1, 99_999)).map(str),
    framing=framings,
    options=st.fixed_dictionaries(
        {},
        optional={
            "move": st.sampled_from(["push-in", "orbit", "still"]),
            "strength": st.sampled_from(["subtle", "normal", "strong"]),
            **{name: st.booleans() for name in ("layers", "focus", "light", "loop")},
        },
    ),
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film as a model delivers it."""
    path = tmp_path_factory.mktemp("film") / "source.mp4"
    path.write_bytes(clip(32, 32, 1))
    return path


@hypothesis_settings(max_examples=60, deadline=None)
@given(video=videos, picture=pictures)
def test_a_recipe_goes_through_an_mp4_and_back(source: Path, video: Video, picture: Picture | None) -> None:
    portable, target = Recipe.portable(video, picture), source.with_name("kept.mp4")
    finish(source, target, {"adsvideo_settings": recipe.write(portable)})
    read = recipe.read(read_tags(target)["adsvideo_settings"])
    assert read == recipe.FromFile(portable, whole=True)
    assert read.recipe.framing_fields == framing_of(video)


def framing_of(video: Video) -> dict[str, Any]:
    """What the video says, and nothing that it does not say."""
    return Framing(**video.framing).model_dump(exclude_unset=True)
