"""Writes tests/data/safetensors/reference.safetensors with the reference package, and with --check FILE reads a file
that the engine's test wrote (test_safetensors leaves one where MTLORA_KEEP_SAFETENSORS says).

Made with safetensors 0.8.0 and torch 2.13.0.
"""
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

OUT = Path(__file__).parent.parent / "data" / "safetensors" / "reference.safetensors"


def tensors():
    return {
        "layer.0.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) * 0.5 - 1,
        "layer.0.scale": torch.tensor(0.1, dtype=torch.float64),
        "half": torch.tensor([1.0, -2.0, 0.5], dtype=torch.float16),
        "brain": torch.tensor([1.0, -2.0, 3.0], dtype=torch.bfloat16),
        "ids": torch.tensor([-1, 2**40], dtype=torch.int64),
        "bytes": torch.tensor([1, 2, 255], dtype=torch.uint8),
        "flags": torch.tensor([True, False]),
        "empty": torch.zeros(0, 5),
    }


METADATA = {"format": "pt", "title": "Größe \"α\"\n"}

if len(sys.argv) > 2 and sys.argv[1] == "--check":
    with safe_open(sys.argv[2], framework="pt") as f:
        assert f.metadata() == METADATA, f.metadata()
        expected = tensors()
        assert set(f.keys()) == set(expected), list(f.keys())
        for name, value in expected.items():
            got = f.get_tensor(name)
            assert got.dtype == value.dtype and got.shape == value.shape and torch.equal(got, value), name
    print("equal")
else:
    OUT.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors(), OUT, METADATA)
