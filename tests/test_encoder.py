"""What the encoder says depends on its text alone; what is made of it is a share."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_pieces import TEXT, pieces_of

from kg.errors import ExtractorError
from kg.extract.encoder import Encoder, Reading, load_encoder
from kg.extract.frames import Frame, Named
from kg.extract.judge import Weights, add_read, is_known, is_proposed, load_weights, share_of, type_of
from kg.extract.links import CHOICES, FACTS, Filler, Link, choose, derive_link, fits
from kg.extract.normalise import GAP
from kg.extract.numerals import find_numbers
from kg.extract.pieces import MODEL
from kg.extract.sections import derive_sections
from kg.extract.sightings import find_sightings
from kg.extract.slots import Filled, fill

SENTENCE = "FoldNet reaches an accuracy of 71.5% on MazeBench, against 68.0% for CutNet, its rival."


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(MODEL)


def a_frame() -> Frame:
    things = [
        Named(SENTENCE.index(name), SENTENCE.index(name) + len(name), kind, name.casefold())
        for name, kind in (
            ("FoldNet", "method"), ("accuracy", "metric"), ("MazeBench", "benchmark"), ("CutNet", "method"),
        )
    ]  # fmt: skip
    again = SENTENCE.index("its rival")
    things.append(Named(again, again + 9, "method", "cutnet"))
    return Frame(SENTENCE, 0, len(SENTENCE), list(find_numbers(SENTENCE)), ["score", "baseline"], things)


def a_link() -> tuple[Frame, Filled, Link]:
    frame = a_frame()
    [filled] = fill(frame)
    return frame, filled, derive_link(frame, filled, frame.things)


def test_a_text_reads_the_same_whatever_was_read_before(encoder: Encoder) -> None:
    first = encoder.read(pieces_of(TEXT))
    encoder.read(pieces_of("Other" + GAP + "Another text, of another length, stands between the two."))
    again = Encoder(MODEL).read(pieces_of(TEXT))
    for name in ("tags", "roles", "states"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


def test_shares_add_up(encoder: Encoder) -> None:
    reading = encoder.read(pieces_of(TEXT))
    assert len(reading.tags) == len(reading.pieces.ids)
    np.testing.assert_allclose(reading.tags.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(reading.roles.sum(1), 1, rtol=1e-5)


def test_every_window_of_a_long_text_is_read(encoder: Encoder) -> None:
    reading = encoder.read(pieces_of("On Length" + GAP + "A sentence of many words is here again. " * 100))
    assert len(reading.pieces.windows) > 1
    assert len(reading.states) == len(reading.pieces.ids)


def test_an_empty_text_reads_as_nothing(encoder: Encoder) -> None:
    reading = encoder.read(pieces_of(""))
    assert len(reading.tags) == 0


def test_a_slot_takes_only_what_fits(encoder: Encoder) -> None:
    _, _, link = a_link()
    reading = encoder.read(pieces_of("T" + GAP + SENTENCE))
    shares = encoder.weigh(reading, link)
    assert shares.shape == (len(link.fillers) + 1, len(CHOICES))
    np.testing.assert_allclose(shares.sum(0), 1, rtol=1e-5)
    for filler, row in zip(link.fillers, shares, strict=False):
        assert all(share == 0 for slot, share in zip(CHOICES, row, strict=True) if not fits(filler, slot))


def even(link: Link) -> np.ndarray:
    """Shares of one who knows nothing."""
    return np.ones((len(link.fillers) + 1, len(CHOICES)), dtype=np.float32) / (len(link.fillers) + 1)


def test_whoever_trusts_the_rules_gets_what_they_say() -> None:
    frame, filled, link = a_link()
    assert choose(frame, filled, link, even(link), (9.0,) * len(CHOICES)).filled == filled


def test_a_large_share_overrules_the_rules() -> None:
    frame, filled, link = a_link()
    shares = even(link)
    cut = next(at for at, one in enumerate(link.fillers) if one.thing and one.thing.key == "cutnet")
    shares[cut, 0] = 100
    chosen = choose(frame, filled, link, shares, (1.0,) * len(CHOICES)).filled
    assert chosen.subject is not None
    assert chosen.subject.key == "cutnet"


@given(st.data())
def test_nothing_is_compared_with_itself(data: st.DataObject) -> None:
    frame, filled, link = a_link()
    size = (len(link.fillers) + 1) * len(CHOICES)
    numbers = data.draw(st.lists(st.floats(0, 1, width=32), min_size=size, max_size=size))
    shares = np.array(numbers, dtype=np.float32).reshape(-1, len(CHOICES))
    chosen = choose(frame, filled, link, shares, (0.0,) * len(CHOICES))
    subject, baseline = chosen.filled.subject, chosen.filled.baseline
    assert subject is None or baseline is None or subject.id != baseline.id
    assert all(0 <= share <= 1 for share in chosen.sure)


def test_the_places_of_a_thing_speak_for_it_together() -> None:
    text = "Fold, Cut and Fold reach 71.5%."
    places = [Named(0, 4, "method", "fold"), Named(6, 9, "method", "cut"), Named(14, 18, "method", "fold")]
    frame = Frame(text, 0, len(text), list(find_numbers(text)), ["score"], places)
    link = Link(
        25, 30, tuple(Filler(one.start, one.end, one) for one in places), ((0,) * FACTS,) * 3, (0,) * 5
    )
    shares = np.zeros((4, len(CHOICES)), dtype=np.float32)
    shares[:3, 0] = 0.3, 0.35, 0.3
    chosen = choose(frame, Filled(0), link, shares, (0.0,) * len(CHOICES)).filled
    assert chosen.subject is not None
    assert chosen.subject.key == "fold"


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=5))
def test_a_share_is_a_share(facts: list[float]) -> None:
    assert 0 <= share_of([1.0] * len(facts), facts) <= 1
    assert share_of([0.0], [1.0]) == 0.5


def test_the_shipped_weights_are_finite() -> None:
    weights = load_weights(MODEL)
    assert isinstance(weights, Weights)
    assert all(map(math.isfinite, (*weights.keep, *weights.propose, *weights.link, *weights.slots)))
    assert 0 < weights.threshold < 1


def test_a_reading_of_no_pieces_pools_to_zeros(encoder: Encoder) -> None:
    reading = encoder.read(pieces_of(TEXT))
    assert isinstance(reading, Reading)
    assert not reading.pool(len(TEXT) + 5, len(TEXT) + 9).any()


SHORT = '{"keep": [1], "propose": [1], "link": [1], "slots": [1], "threshold": 0.5}'


@pytest.mark.parametrize("content", [None, "nonsense", "[]", '{"keep": [1.0]}', SHORT])
def test_weights_that_cannot_be_used_are_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "judge.json").write_text(content)
    with pytest.raises(ExtractorError, match=r"judge\.json holds no weights of this version"):
        load_weights(tmp_path)


def test_what_the_lexicon_knows_is_proposed_only_where_the_rules_say_so(encoder: Encoder) -> None:
    text = "FoldNet: Folding" + GAP + "FoldNet improves BERT. It is trained with LoRA."
    told = [span for span in derive_sections(text) if span[2] != "questions"]
    reading = encoder.read(pieces_of(text))
    known = {one.key: one for one in find_sightings(text, told) if is_known(one)}
    assert set(known) == {"bert", "lora"}
    always = (100.0,) + (0.0,) * (len(load_weights(MODEL).propose) - 1)
    assert not any(is_proposed(one, reading, one.type, always) for one in known.values())
    assert {type_of(one, reading) for one in known.values()} == {"model", "method"}


@pytest.mark.parametrize("content", [b"", b"nonsense" * 100])
def test_a_damaged_model_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ExtractorError, match="no model in"):
        Encoder(tmp_path)
    for name in ("reader.onnx", "linker.onnx"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ExtractorError, match=r"reader\.onnx is no model that can be read"):
        Encoder(tmp_path)


def test_networks_in_each_other_s_place_are_refused(tmp_path: Path) -> None:
    for name, other in (("reader.onnx", "linker.onnx"), ("linker.onnx", "reader.onnx")):
        (tmp_path / name).write_bytes((MODEL / other).read_bytes())
    with pytest.raises(ExtractorError, match="another version"):
        Encoder(tmp_path)


def test_without_fillers_a_slot_is_left_out(encoder: Encoder) -> None:
    reading = encoder.read(pieces_of(TEXT))
    assert encoder.weigh(reading, Link(0, 1, (), (), (1,) * len(CHOICES))).tolist() == [[1.0] * len(CHOICES)]


def test_what_the_encoder_finds_lies_in_one_sentence(encoder: Encoder) -> None:
    """Though every piece, the first of a sentence too, is the inside of a thing."""
    text = "Token by Token" + GAP + "Kyvo reads it. It wins."
    told = list(derive_sections(text))
    reading = encoder.read(pieces_of(text))
    reading.tags[:] = 0
    reading.tags[:, 2] = 1
    places = [place.text for one in add_read(text, told, [], reading) for place in one.places]
    assert places == ["Token by Token", "Kyvo reads it", "It wins"]
