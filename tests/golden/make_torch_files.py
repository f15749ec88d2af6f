"""Writes tests/data/torch/: state dicts in both forms of torch.save, and files that must be refused.

Made with torch 2.13.0. Values are small whole numbers, so that every dtype holds them exactly; expected.json has them.
"""
import io
import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch

OUT = Path(__file__).parent.parent / "data" / "torch"
OUT.mkdir(parents=True, exist_ok=True)


def state_dict():
    base = torch.arange(24, dtype=torch.float32) - 12
    state = OrderedDict()
    state["plain.weight"] = base.reshape(4, 6).clone()
    shared = base.clone()
    state["shared.all"] = shared.reshape(4, 6)
    state["shared.rows"] = shared.reshape(4, 6)[1:3]
    state["shared.column"] = shared.reshape(4, 6)[:, 2]
    state["shared.transposed"] = shared.reshape(4, 6).t()
    state["tied.weight"] = state["plain.weight"]
    state["expanded"] = torch.tensor([3.0]).expand(5)
    state["half"] = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float16)
    state["brain"] = torch.tensor([[1.0, -2.0, 3.0]], dtype=torch.bfloat16)
    state["double"] = torch.tensor(0.25, dtype=torch.float64)
    state["parameter"] = torch.nn.Parameter(torch.tensor([7.0, 8.0]))
    state["ids"] = torch.tensor([-1, 2**40])
    state["flags"] = torch.tensor([True, False])
    state["empty"] = torch.zeros(0, 5)
    return state


def expected(state):
    return {
        name: {"dtype": str(t.dtype)[6:], "shape": list(t.shape), "values": t.detach().double().flatten().tolist()}
        for name, t in state.items()
    }


state = state_dict()
state._metadata = OrderedDict([("", {"version": 1})])  # as Module.state_dict() has it
torch.save(state, OUT / "zip.bin")
torch.save(state, OUT / "legacy.bin", _use_new_zipfile_serialization=False)
torch.save(dict(state), OUT / "protocol4.bin", pickle_protocol=4)
(OUT / "expected.json").write_text(json.dumps(expected(state), indent=1) + "\n")

# A plain dict with values that are no tensors, which are passed over.
torch.save({"weight": torch.ones(2), "epoch": 3, "rate": 0.5, "names": ["a", ("b", None, True)]}, OUT / "mixed.bin")


# ---- to be refused


class RunsACommand:
    def __reduce__(self):
        return os.system, ("touch malicious-pickle-was-run",)


class CallsEval:
    def __reduce__(self):
        return eval, ("1 + 1",)


def rewrite(source, target, change):
    """A copy of a zip file whose records `change` gives new bytes (None: left out)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(zipfile.ZipInfo(info.filename), data)


torch.save({"weight": torch.ones(2), "bad": RunsACommand()}, OUT / "refused_system.bin")
torch.save({"weight": torch.ones(2), "bad": RunsACommand()}, OUT / "refused_system_legacy.bin",
           _use_new_zipfile_serialization=False)
torch.save({"bad": CallsEval()}, OUT / "refused_eval.bin")
# By hand: the global is really called os.system (Python itself would write posix.system).
(OUT / "refused_plain_pickle.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
torch.save({"sparse": torch.eye(3).to_sparse()}, OUT / "refused_sparse.bin")
torch.save({"c": torch.zeros(2, dtype=torch.complex64)}, OUT / "refused_complex.bin")
torch.save(torch.nn.Linear(2, 2), OUT / "refused_module.bin")
torch.save(torch.ones(2), OUT / "refused_tensor.bin")
rewrite(OUT / "mixed.bin", OUT / "refused_big_endian.bin",
        lambda name, data: b"big" if name.endswith("byteorder") else data)
rewrite(OUT / "mixed.bin", OUT / "refused_no_data.bin", lambda name, data: None if "/data/" in name else data)
rewrite(OUT / "mixed.bin", OUT / "refused_short_storage.bin",
        lambda name, data: data[:-1] if "/data/" in name else data)
with zipfile.ZipFile(OUT / "mixed.bin") as old, \
        zipfile.ZipFile(OUT / "refused_compressed.bin", "w", zipfile.ZIP_DEFLATED) as new:
    for info in old.infolist():
        new.writestr(info.filename, old.read(info), zipfile.ZIP_DEFLATED)

# The older form, big-endian: its third pickle says so.
legacy = (OUT / "legacy.bin").read_bytes()
stream = io.BytesIO(legacy)
for _ in range(2):
    pickle.load(stream)
before = stream.tell()
facts = pickle.load(stream)
after = stream.tell()
facts["little_endian"] = False
(OUT / "refused_legacy_big_endian.bin").write_bytes(legacy[:before] + pickle.dumps(facts, protocol=2) + legacy[after:])

# One opcode that containers of tensors don't need: NEWOBJ.
with open(OUT / "refused_newobj.bin", "wb") as f:
    f.write(b"\x80\x02ccollections\nOrderedDict\n)\x81.")
with open(OUT / "refused_truncated_pickle.bin", "wb") as f:
    f.write(b"\x80\x02}q\x00X" + struct.pack("<I", 100) + b"abc")
print(sorted(p.name for p in OUT.iterdir()), sum(p.stat().st_size for p in OUT.iterdir()))
