"""The network: a BERT encoder of pieces with features, heads for things and roles, a scorer of slots."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from kg.extract.encoder import HEARD, TAGS, WIDTH
from kg.extract.links import CHOICES, FACTS
from kg.extract.pieces import COLUMNS

__all__ = ["Linker", "Reader"]

HEADS: Final = 12
LAYERS: Final = 6
_LINK: Final = 128
_WORDS, _POSITIONS = 30522, 512
"""The sizes of BERT's vocabulary and of its table of positions."""


class _Layer(nn.Module):
    """One layer of BERT, after its residuals normalised (Devlin et al. 2019, https://arxiv.org/abs/1810.04805)."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm_attention = nn.LayerNorm(WIDTH, eps=1e-12)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        """`x` (batch, pieces, width); `hidden` (batch, 1, 1, pieces) is 0, far below where none is."""
        batch, count, _ = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, count, HEADS, WIDTH // HEADS).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = (query @ key.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS) + hidden
        seen = self.drop(weights.softmax(-1)) @ value
        seen = seen.transpose(1, 2).reshape(batch, count, WIDTH)
        x = self.norm_attention(x + self.drop(self.out(seen)))
        return cast(Tensor, self.norm(x + self.drop(self.down(F.gelu(self.up(x))))))


class Reader(nn.Module):
    """Pieces with features → for each its tags, its role, and its state."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(_WORDS, WIDTH)
        self.positions = nn.Embedding(_POSITIONS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.hints = nn.ModuleList(nn.Embedding(size, WIDTH) for size in COLUMNS.values())
        self.tag, self.role = nn.Linear(WIDTH, TAGS), nn.Linear(WIDTH, len(HEARD))
        self.drop = nn.Dropout(0.1)
        for hint in self.hints:
            nn.init.normal_(cast(nn.Embedding, hint).weight, std=0.01)
            cast(nn.Embedding, hint).weight.data[0] = 0

    def forward(self, ids: Tensor, features: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of tags and roles, and states, each (batch, pieces, …).

        `ids` (batch, pieces), `features` (batch, pieces, columns), `hidden` as in a layer.
        """
        x = self.words(ids) + self.positions.weight[: ids.shape[1]]
        for column, hint in enumerate(self.hints):
            x = x + hint(features[..., column])
        x = self.drop(self.norm(x))
        for layer in self.layers:
            x = layer(x, hidden)
        x = self.drop(x)
        return self.tag(x), self.role(x), x

    def load_base(self, path: Path) -> None:
        """Takes over the weights of a BERT of this shape from its `model.safetensors`."""
        base = load_file(path)
        emb = "embeddings."
        self.words.weight.data = base[f"{emb}word_embeddings.weight"].clone()
        types = base[f"{emb}token_type_embeddings.weight"][0]
        self.positions.weight.data = base[f"{emb}position_embeddings.weight"] + types
        _copy(self.norm, base, f"{emb}LayerNorm")
        for nth, layer in enumerate(self.layers):
            at = f"encoder.layer.{nth}."
            for mine, theirs in _NAMES.items():
                _copy(getattr(layer, mine), base, at + theirs)

    def take_body(self, other: Reader) -> None:
        """Takes over all weights of another but those of its hints and of what it was asked."""
        own = {name: weight for name, weight in other.state_dict().items() if not name.startswith(_HEADS)}
        self.load_state_dict(own, strict=False)


_HEADS: Final = ("hints.", "tag.", "role.")
_NAMES: Final = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "norm_attention": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}


def _copy(module: nn.Module, base: dict[str, Tensor], name: str) -> None:
    module.weight.data, module.bias.data = base[f"{name}.weight"].clone(), base[f"{name}.bias"].clone()


class Linker(nn.Module):
    """How well each filler, and nothing, fills each slot of one number."""

    def __init__(self) -> None:
        super().__init__()
        self.number, self.filler = nn.Linear(WIDTH, _LINK), nn.Linear(WIDTH, _LINK)
        self.both, self.facts = nn.Linear(WIDTH, _LINK), nn.Linear(FACTS, _LINK)
        self.score = nn.Linear(_LINK, len(CHOICES))
        self.alone, self.empty = nn.Linear(WIDTH, _LINK), nn.Linear(len(CHOICES), _LINK)
        self.nothing = nn.Linear(_LINK, len(CHOICES))
        self.drop = nn.Dropout(0.1)

    def forward(self, number: Tensor, fillers: Tensor, facts: Tensor, empty: Tensor) -> Tensor:
        """States of the number (width) and the fillers (n, width), their facts → logits (n + 1, slots)."""
        mixed = self.number(number) + self.filler(fillers) + self.both(number * fillers) + self.facts(facts)
        filled = self.score(self.drop(F.gelu(mixed)))
        nothing = self.nothing(self.drop(F.gelu(self.alone(number) + self.empty(empty))))
        return torch.cat([filled, nothing[None]])
