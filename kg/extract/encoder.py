"""The encoder: a small network, quantised to eight bits, read by onnxruntime.

One text at a time, unpadded, on one thread: its answers depend on nothing else. They are the same bytes on
machines of one CPU family; what is kept of them is rounded to tenths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from kg.errors import ExtractorError
from kg.extract.links import CHOICES, FACTS, Floats, Link, fits
from kg.extract.pieces import COLUMNS, Pieces
from kg.model import ENTITY_TYPES, Role

__all__ = [
    "HEARD",
    "LINKER",
    "OPTIONAL",
    "READER",
    "START",
    "STOP",
    "TAGS",
    "WIDTH",
    "Encoder",
    "Reading",
    "load_encoder",
]

READER: Final = "reader.onnx"
LINKER: Final = "linker.onnx"
WIDTH: Final = 384
"""The numbers of a state."""

START, STOP = 101, 102
"""[CLS] and [SEP] of the vocabulary, which the encoder reads before and behind a window."""

OPTIONAL: Final = 1 + 2 * len(ENTITY_TYPES)
"""The first of the two tags of what a reader may mark or not; before it stand B and I of each type."""

TAGS: Final = OPTIONAL + 2
HEARD: Final[tuple[Role, ...]] = ("proposes", "uses", "evaluatesOn", "comparesWith", "mentions")
"""The roles of a thing that the encoder tells apart, in the order of its answers."""

_NOTHING: Final = [np.zeros((0, width), dtype=np.float32) for width in (TAGS, len(HEARD), WIDTH)]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the encoder makes of each piece: shares of tags and roles, and the state behind them.

    `model` is the folder of the encoder; `tags` (pieces, 1 + 2 · types + 2), `roles` (pieces, 5),
    `states` (pieces, width). `pools` keeps what `pool` has answered.
    """

    pieces: Pieces
    model: Path
    tags: Floats
    roles: Floats
    states: Floats
    pools: dict[tuple[int, int], Floats] = field(default_factory=dict, repr=False)

    def pool(self, start: int, end: int) -> Floats:
        """The mean state of the pieces in these characters; zeros where there are none."""
        if (start, end) not in self.pools:
            inside = self.pieces.within(start, end)
            states = self.states[inside.start : inside.stop]
            self.pools[start, end] = states.mean(0) if inside else np.zeros_like(self.states, shape=(WIDTH,))
        return self.pools[start, end]


class Encoder:
    """The two networks in a folder: one reads texts, the other fills slots.

    Raises `ExtractorError` where they are not there, or not of this version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = _open(folder / READER, {"features": len(COLUMNS)})
        self._linker = _open(folder / LINKER, {"number": WIDTH, "facts": FACTS})

    def read(self, pieces: Pieces) -> Reading:
        """Read a text, window by window."""
        parts = [self._read_window(pieces, *window) for window in pieces.windows] or [_NOTHING]
        tags, roles, states = (np.concatenate(some) for some in zip(*parts, strict=True))
        return Reading(pieces, self.folder, tags, roles, states)

    def _read_window(self, pieces: Pieces, first: int, last: int) -> list[Floats]:
        edge = (0,) * len(COLUMNS)
        ids = np.array([START, *pieces.ids[first:last], STOP], dtype=np.int64)
        features = np.array([edge, *pieces.features[first:last], edge], dtype=np.int64)
        return [out[1:-1] for out in self._reader.run(None, {"ids": ids, "features": features})]

    def weigh(self, reading: Reading, link: Link) -> Floats:
        """For each slot the share of each filler, and of none in the last row: (fillers + 1, slots)."""
        if not link.fillers:
            return np.ones((1, len(CHOICES)), dtype=np.float32)
        fillers = [reading.pool(one.start, one.end) for one in link.fillers]
        inputs = {
            "number": reading.pool(link.start, link.end),
            "fillers": np.array(fillers, dtype=np.float32),
            "facts": np.array(link.facts, dtype=np.float32),
            "empty": np.array(link.empty, dtype=np.float32),
        }
        [scores] = self._linker.run(None, inputs)
        barred = [[not fits(one, slot) for slot in CHOICES] for one in link.fillers]
        scores[:-1][np.array(barred)] = -np.inf
        shares = np.exp(scores - scores.max(0))
        return np.asarray(shares / shares.sum(0))


def _open(path: Path, widths: dict[str, int]) -> InferenceSession:
    """The network in a file, which reads inputs of these widths."""
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not path.is_file():
        raise ExtractorError(f"no model in {path.parent}; kg train writes one")
    try:
        session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an error of its own for each way to fail, and no root
        raise ExtractorError(f"{path} is no model that can be read; kg train writes one") from error
    found = {one.name: one.shape[-1] for one in session.get_inputs() if isinstance(one.shape[-1], int)}
    if any(found.get(name) != width for name, width in widths.items()):
        raise ExtractorError(f"{path} is a model of another version of kg; kg train writes one of this")
    return session


@cache
def load_encoder(folder: Path) -> Encoder:
    """The encoder in a folder, loaded once a process."""
    return Encoder(folder)
