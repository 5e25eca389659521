"""Fitting the network: things, roles and slots at once, so that one encoder serves them all."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from kg.extract.encoder import HEARD, START, STOP, TAGS, WIDTH
from kg.extract.links import CHOICES, FACTS, Link, fits
from kg.extract.pieces import COLUMNS, Pieces
from kg.progress import Track, untracked
from kg.training.examples import UNMARKED, Answer, Example
from kg.training.network import Linker, Reader

__all__ = ["EPOCHS", "Fitted", "fit", "label"]

EPOCHS: Final = 12
_BATCH: Final = 12
_BODY_RATE, _HEAD_RATE = 1e-4, 1e-3
_WARM: Final = 0.1
_UNHINTED: Final = 0.1
"""The share of pieces that are shown without what the rules say of them, lest it be believed blindly."""

_HINTS: Final = [at for at, name in enumerate(COLUMNS) if name in ("type", "rule", "role", "meant")]

Fitted = tuple[Reader, Linker]


def fit(
    examples: Sequence[Example],
    start: Path | Reader,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    track: Track = untracked,
) -> Fitted:
    """Fits a network on the examples, from the base encoder's weights in a file or from a fitted encoder.

    AdamW with a linear warm-up and decline, under autocast to bfloat16. Of a text that needs several
    windows the first is learned from, and none of its slots.
    """
    random.seed(seed)
    torch.manual_seed(seed)
    reader, linker = Reader(), Linker()
    if isinstance(start, Reader):
        reader.take_body(start)
    else:
        reader.load_base(start)
    optimizer, schedule = _optimizer(reader, linker, epochs * math.ceil(len(examples) / _BATCH))
    reader.train()
    linker.train()
    batches = [batch for _ in range(epochs) for batch in _batches(examples)]
    for batch in track(batches, "Fitting", len(batches)):
        loss = _loss(reader, linker, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*reader.parameters(), *linker.parameters()], 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return reader.eval(), linker.eval()


def label(examples: Iterable[Example], reader: Reader) -> Iterator[Example]:
    """The examples with what a fitted network says of their pieces in place of marks, and no slots.

    Learning from one's own labels is self-training (D.-H. Lee, "Pseudo-Label", ICML workshop 2013). A text
    that needs several windows is left out.
    """
    for example in examples:
        if len(example.pieces.windows) == 1:
            tags, roles = _say(reader, example)
            yield replace(example, tags=tags, roles=roles, marked=(), answers=())


def _say(reader: Reader, example: Example) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The likeliest tag of each piece, and the likeliest role where there is a tag."""
    ids, features, hidden, _, _ = _tensors([example])
    with torch.no_grad():
        tag, role, _ = reader(ids, features, hidden)
    tags: list[int] = tag[0, 1:-1].argmax(-1).tolist()
    roles: list[int] = role[0, 1:-1].argmax(-1).tolist()
    return tuple(tags), tuple(r if t else UNMARKED for r, t in zip(roles, tags, strict=True))


def _pool(states: Tensor, pieces: Pieces, start: int, end: int) -> Tensor:
    """The mean state of the pieces that lie in these characters; zeros where there are none."""
    inside = pieces.within(start, end)
    return states[inside.start : inside.stop].mean(0) if inside else states.new_zeros(WIDTH)


def _optimizer(
    reader: Reader, linker: Linker, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    heads = [*reader.hints.parameters(), *reader.tag.parameters(), *reader.role.parameters()]
    new = {id(parameter) for parameter in heads}
    body = [parameter for parameter in reader.parameters() if id(parameter) not in new]
    groups = [
        {"params": body, "lr": _BODY_RATE},
        {"params": [*heads, *linker.parameters()], "lr": _HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)

    def rate(step: int) -> float:
        return min(1.0, step / (_WARM * steps)) * max(0.0, (steps - step) / ((1 - _WARM) * steps)) + 0.01

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def _batches(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """The examples in random order, those of one batch of like length."""
    order = random.sample(examples, len(examples))
    together = 8 * _BATCH
    batches = []
    for first in range(0, len(order), together):
        alike = sorted(order[first : first + together], key=lambda one: len(one.pieces.ids))
        batches += [alike[at : at + _BATCH] for at in range(0, len(alike), _BATCH)]
    random.shuffle(batches)
    yield from batches


def _loss(reader: Reader, linker: Linker, batch: list[Example]) -> Tensor:
    ids, features, hidden, tags, roles = _tensors(batch)
    unhinted = torch.rand(ids.shape) < _UNHINTED
    features[..., _HINTS] *= (~unhinted)[..., None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        tag, role, states = reader(ids, features, hidden)
    loss = F.cross_entropy(tag.float().reshape(-1, TAGS), tags.reshape(-1), ignore_index=UNMARKED)
    loss = loss + 0.5 * F.cross_entropy(
        role.float().reshape(-1, len(HEARD)), roles.reshape(-1), ignore_index=UNMARKED
    )
    slots = [
        _slot_loss(linker, states[at, 1:].float(), one.pieces, answer)
        for at, one in enumerate(batch)
        for answer in one.answers
        if len(one.pieces.windows) == 1
    ]
    return loss + 0.5 * torch.stack(slots).mean() if slots else loss


def _slot_loss(linker: Linker, states: Tensor, pieces: Pieces, answer: Answer) -> Tensor:
    """Minus the logarithm of the share that goes to right fillers, over the slots that have one."""
    shares = linker(*_link_tensors(states, pieces, answer.link)).masked_fill(_closed(answer.link), -1e4)
    shares = shares.log_softmax(0)
    known = [(slot, sorted(right)) for slot, right in enumerate(answer.right) if right]
    lost = [-shares[right, slot].logsumexp(0) for slot, right in known]
    return torch.stack(lost).mean() if lost else states.sum() * 0


def _tensors(batch: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Ids, features, what is hidden, tags and roles, all (batch, pieces + 2), padded."""
    ends = [one.pieces.windows[0][1] for one in batch]
    shape = (len(batch), max(ends) + 2)
    ids = torch.zeros(shape, dtype=torch.long)
    features = torch.zeros((*shape, len(COLUMNS)), dtype=torch.long)
    hidden = torch.full(shape, -1e4)
    tags, roles = (torch.full(shape, UNMARKED) for _ in range(2))
    for at, (one, end) in enumerate(zip(batch, ends, strict=True)):
        inside = slice(1, end + 1)
        ids[at, : end + 2] = torch.tensor([START, *one.pieces.ids[:end], STOP])
        features[at, inside] = torch.tensor(one.pieces.features[:end])
        hidden[at, : end + 2] = 0
        tags[at, inside] = torch.tensor(one.tags[:end])
        roles[at, inside] = torch.tensor(one.roles[:end])
    return ids, features, hidden[:, None, None, :], tags, roles


def _link_tensors(states: Tensor, pieces: Pieces, link: Link) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    fillers = [_pool(states, pieces, one.start, one.end) for one in link.fillers]
    return (
        _pool(states, pieces, link.start, link.end),
        torch.stack(fillers) if fillers else states.new_zeros(0, WIDTH),
        torch.tensor(link.facts, dtype=torch.float32).reshape(len(fillers), FACTS),
        torch.tensor(link.empty, dtype=torch.float32),
    )


def _closed(link: Link) -> Tensor:
    """Where a filler is of the wrong kind for a slot: (fillers + 1, slots), true for closed."""
    rows = [[not fits(filler, slot) for slot in CHOICES] for filler in link.fillers]
    return torch.tensor([*rows, [False] * len(CHOICES)])
