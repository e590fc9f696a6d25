"""The templates that ship, each in all of its lengths, formats and languages."""

import pytest

from core.ads import layout, storyboard, templates, words
from core.ads.sight import Sight
from core.ads.storyboard import AdIn, Storyboard
from core.ads.templates import LENGTHS, Template
from core.catalog.size import Size
from core.edits import music, timeline
from core.edits.fields import SIZES
from core.errors import BadAd, NotFound

ALL = list(templates.templates().values())


def board(template: Template, seconds: int | None = None, fill: str = "Word", **more: object) -> Storyboard:
    """A storyboard with every field filled in."""
    fields = {field.name: fill[: field.max_length] for field in template.fields}
    fields |= {name: "1,299 €" for name in ("price", "old_price") if name in fields}
    ids = tuple(range(1, template.pictures[0] + 1))
    body = {"template": template.id, "image_ids": ids, "fields": fields, "seconds": seconds, "sizes": SIZES, **more}
    return storyboard.make(storyboard.read(body))


def test_there_are_the_eight_that_a_marketing_person_looks_for() -> None:
    wanted = ["launch", "offer", "three-reasons", "details", "story", "unboxing", "before-after", "testimonial"]
    assert [template.id for template in ALL] == wanted


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
@pytest.mark.parametrize("seconds", LENGTHS)
def test_each_is_exactly_as_long_as_it_says_and_can_be_rendered(template: Template, seconds: int) -> None:
    made = board(template, seconds)
    assert made.seconds == seconds
    assert len(made.shots) >= 2
    music.track(template.music)
    for size in SIZES:
        videos = [(n + 1, Size.parse(size)) for n in range(len(made.shots))]
        edit = timeline.read(layout.edit_body(made, size, videos))
        assert edit.seconds([10.0] * len(videos)) == pytest.approx(seconds)
        ends = [text.end or 0 for text in edit.texts]
        assert ends == sorted(ends)
        assert max(ends) <= seconds - made.card_seconds + 1e-6


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
def test_words_of_usual_length_fit_in_every_format(template: Template) -> None:
    for fill in ("Warm amber scent", "温暖琥珀香气"):
        made = board(template, fill=fill)
        assert list(layout.too_long(made)) == []
        assert all(shot.words and "{" not in shot.words for shot in made.shots)


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
def test_words_stand_inside_what_no_player_covers(template: Template) -> None:
    made = board(template, fill="Warm amber scent that stays on")
    for name in SIZES:
        size = Size.parse(name)
        for shot in made.shots:
            where = layout.spot(shot, size.shape)
            y = layout.centre(shot, size, where, "inter")
            half = words.height(shot, size, where.width, "inter") / size.height / 2 if shot.words else 0.0
            top, bottom = (0.14, 0.8) if size.shape == "portrait" else (0.06, 0.94)
            assert top <= y - half, (shot.words, name)
            assert y + half <= bottom + 0.001, (shot.words, name)


def test_the_language_is_that_of_the_words() -> None:
    launch = templates.get("launch")
    assert board(launch).shots[0].words == "Something new"
    assert board(launch, fill="琥珀").shots[0].words == "新品来了"


def test_words_without_what_they_name_are_left_out() -> None:
    asked = {"template": "offer", "image_ids": (1,), "fields": {"name": "Cup", "price": "9 €"}}
    assert [shot.words for shot in storyboard.make(storyboard.read(asked)).shots] == ["Cup", "", "9 €"]


def test_a_shot_can_be_changed_in_everything_and_left_out() -> None:
    shots = [{}, {"image_id": 7, "words": "Mine", "seconds": 1.5, "move": "still", "transition": "slide"}]
    made = board(templates.get("launch"), shots=shots)
    assert [shot.words for shot in made.shots] == ["Something new", "Mine"]
    second = made.shots[1]
    assert (second.image_id, second.seconds, second.move, second.transition) == (7, 1.5, "still", "slide")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"fields": {}}, "fields.name"),
        ({"fields": {"name": "x" * 41}}, "fields.name"),
        ({"fields": {"name": "Cup 𓀀"}}, "fields.name"),
        ({"fields": {"name": "Cup", "slogan": "x"}}, "fields.slogan"),
        ({"image_ids": ()}, "image_ids"),
        ({"image_ids": tuple(range(1, 10))}, "image_ids"),
        ({"sizes": ("9x9",)}, "sizes[0]"),
        ({"sizes": ("720x1280", "720x1280")}, "sizes"),
        ({"shots": [{"move": "jump"}]}, "shots[0].move"),
        ({"shots": [{}, {"seconds": 0.1}]}, "shots[1].seconds"),
        ({"shots": [{"words": "𓀀"}]}, "shots[0].words"),
        ({"shots": [{"seconds": 9.0}] * 8}, "shots"),
        ({"colour": 1}, "colour"),
        ({"music": {"track": "good-day", "audio_id": 1}}, "music.audio_id"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, object], place: str) -> None:
    body = {"template": "launch", "image_ids": (1,), "fields": {"name": "Cup"}, **wrong}
    with pytest.raises(BadAd) as refused:
        storyboard.make(storyboard.read(body))
    assert f"({place})" in refused.value.message


def test_before_and_after_needs_two_pictures() -> None:
    with pytest.raises(BadAd, match="needs at least 2 pictures"):
        storyboard.read({"template": "before-after", "image_ids": (1,), "fields": {}})
    with pytest.raises(NotFound):
        storyboard.read({"template": "nope", "image_ids": (1,)})


def test_words_too_long_for_their_place_are_named_with_the_format() -> None:
    long = " ".join(["extraordinarily"] * 7)
    made = board(templates.get("launch"), shots=[{"words": long}, {}])
    said = [str(problem.phrase) for problem in layout.too_long(made)]
    assert len(said) == 1
    assert "shots[0].words" in said[0]
    assert "1280x720" in said[0]


def test_a_tall_picture_is_shown_whole_in_a_wide_format() -> None:
    made = board(templates.get("launch"))
    shot = made.shots[0]
    assert layout.framing(made, shot, Size(1280, 720), Sight(Size(900, 1600))).mode == "pad-blur"
    beside = layout.framing(made, shot, Size(1280, 720), Sight(Size(1920, 1280)))
    assert (beside.mode, beside.x < 0.5) == ("crop", True)


def test_a_clip_of_another_shape_is_cut_or_padded() -> None:
    made = board(templates.get("launch"))
    assert layout.closest(Size(1080, 1920), [Size(1280, 720), Size(720, 1280)]) == Size(720, 1280)
    wide = layout.edit_body(made, "1080x1920", [(n, Size(1280, 720)) for n in range(1, 4)])
    assert wide["clips"][0]["framing"] == {"mode": "pad-blur"}
    near = layout.edit_body(made, "1080x1080", [(n, Size(1280, 720)) for n in range(1, 4)])
    assert "framing" not in near["clips"][0]


def test_the_fields_of_a_request_are_known_to_the_document() -> None:
    assert {"template", "image_ids", "fields", "model", "sizes", "music", "brand_id", "shots"} <= set(AdIn.model_fields)
