"""From a fitted network to the files that extraction reads: ONNX, the encoder's matrices in eight bits."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final, cast

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from kg.extract.encoder import LINKER, READER, WIDTH
from kg.extract.judge import JUDGE, Weights
from kg.extract.links import CHOICES, FACTS
from kg.extract.pieces import COLUMNS
from kg.training.fit import Fitted
from kg.training.network import Reader

__all__ = ["write_networks", "write_weights"]

_OPSET: Final = 18


class _Shares(nn.Module):
    """One unpadded text → shares of tags and roles, and states."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, ids: Tensor, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tags, roles, states = self.reader(ids[None], features[None], torch.zeros(1, 1, 1, 1))
        return tags[0].softmax(-1), roles[0].softmax(-1), states[0]


def write_networks(fitted: Fitted, folder: Path) -> None:
    """Writes both networks into the folder: the reader in eight bits, the linker as it is.

    Weights use seven of the eight bits, so that no processor saturates where another does not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reader, linker = fitted
    pieces, fillers = torch.export.Dim("pieces", min=3, max=512), torch.export.Dim("fillers", min=1, max=4096)
    with _quiet(), tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / READER
        ids, features = torch.full((7,), 101), torch.zeros(7, len(COLUMNS), dtype=torch.long)
        _export(
            _Shares(reader),
            {"ids": ids, "features": features},
            {"ids": {0: pieces}, "features": {0: pieces}},
            ["tags", "roles", "states"],
            whole,
        )
        quantize_dynamic(
            whole, folder / READER, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
        number, rows = torch.zeros(WIDTH), torch.zeros(5, WIDTH)
        _export(
            linker,
            {
                "number": number,
                "fillers": rows,
                "facts": torch.zeros(5, FACTS),
                "empty": torch.zeros(len(CHOICES)),
            },
            {"number": {}, "fillers": {0: fillers}, "facts": {0: fillers}, "empty": {}},
            ["scores"],
            folder / LINKER,
        )


def write_weights(weights: Weights, folder: Path) -> None:
    """Writes the judge's weights."""
    (folder / JUDGE).write_text(json.dumps(asdict(weights), indent=1) + "\n", encoding="utf-8")


def _export(
    module: nn.Module, inputs: dict[str, Tensor], sizes: dict[str, object], outputs: list[str], path: Path
) -> None:
    program = torch.onnx.export(
        module.eval(),
        kwargs=cast(dict[str, object], inputs),
        dynamic_shapes=sizes,
        input_names=list(inputs),
        output_names=outputs,
        opset_version=_OPSET,
        verbose=False,
    )
    program.save(str(path), external_data=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
