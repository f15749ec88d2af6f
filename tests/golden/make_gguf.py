"""Writes tests/data/gguf/: files that the gguf package's own writer makes of the values that test_gguf.cpp uses, to be
equalled byte for byte. Names of tensors come from the package's map of names; the order of the rows of q and k is the
one that llama.cpp's converter gives its llama architecture. With --check FILE... reads files with the package's reader.

Made with gguf 0.19.0 and numpy 2.4.6.
"""
import sys
from pathlib import Path

import gguf
import numpy as np

OUT = Path(__file__).parent.parent / "data" / "gguf"
HEADS, KV_HEADS, HEAD_DIM, HIDDEN, INTERMEDIATE, LAYERS, VOCAB, R = 4, 2, 4, 8, 12, 2, 10, 2
FAMILIES = {"llama": "LLAMA", "mistral": "LLAMA", "qwen2": "QWEN2", "qwen3": "QWEN3", "gemma2": "GEMMA2", "phi3": "PHI3"}


def values(shape, seed):
    i = np.arange(np.prod(shape), dtype=np.int64)
    return (((i * 7 + seed) % 13 - 6) / 4).astype(np.float32).reshape(shape)


def modules(family):
    """name -> (in, out), as transformers has them"""
    q, kv = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM
    layer = {"self_attn.o_proj": (q, HIDDEN), "mlp.down_proj": (INTERMEDIATE, HIDDEN)}
    if family == "phi3":
        layer |= {"self_attn.qkv_proj": (HIDDEN, q + 2 * kv), "mlp.gate_up_proj": (HIDDEN, 2 * INTERMEDIATE)}
    else:
        layer |= {"self_attn.q_proj": (HIDDEN, q), "self_attn.k_proj": (HIDDEN, kv), "self_attn.v_proj": (HIDDEN, kv),
                  "mlp.gate_proj": (HIDDEN, INTERMEDIATE), "mlp.up_proj": (HIDDEN, INTERMEDIATE)}
    found = {f"model.layers.{n}.{name}": size for n in range(LAYERS) for name, size in layer.items()}
    if family != "gemma2":
        found["lm_head"] = (HIDDEN, VOCAB)
    return dict(sorted(found.items()))


def interleaved(b, heads):
    """row i of a head's first half beside row i of its second half"""
    out = np.empty_like(b)
    d = len(b) // heads
    for h in range(heads):
        for i in range(d // 2):
            out[h * d + 2 * i] = b[h * d + i]
            out[h * d + 2 * i + 1] = b[h * d + d // 2 + i]
    return out


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_lora(family):
    arch = getattr(gguf.MODEL_ARCH, FAMILIES[family])
    names = gguf.get_tensor_name_map(arch, LAYERS)
    writer = gguf.GGUFWriter(OUT / f"{family}.gguf", gguf.MODEL_ARCH_NAMES[arch])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 16.0)
    for n, (module, (size_in, size_out)) in enumerate(modules(family).items()):
        name = names.get_name(module)
        assert name, module
        a, b = values((R, size_in), 2 * n), values((size_out, R), 2 * n + 1)
        if arch == gguf.MODEL_ARCH.LLAMA and module.endswith("q_proj"):
            b = interleaved(b, HEADS)
        if arch == gguf.MODEL_ARCH.LLAMA and module.endswith("k_proj"):
            b = interleaved(b, KV_HEADS)
        writer.add_tensor(f"{name}.weight.lora_a", a)
        writer.add_tensor(f"{name}.weight.lora_b", b)
    finish(writer)


def write_values():
    """every type of value, both dtypes, one to three dimensions"""
    writer = gguf.GGUFWriter(OUT / "values.gguf", "llama")
    writer.add_uint32("a.uint32", 4_000_000_000)
    writer.add_int32("a.int32", -5)
    writer.add_uint64("a.uint64", 2**63 + 1)
    writer.add_int64("a.int64", -(2**40))
    writer.add_float32("a.float32", 0.1)
    writer.add_float64("a.float64", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "Größe α")
    writer.add_tensor("one", values((3,), 1))
    writer.add_tensor("half", values((2, 5), 2).astype(np.float16))
    writer.add_tensor("three", values((2, 3, 4), 3))
    finish(writer)


if len(sys.argv) > 2 and sys.argv[1] == "--check":
    for path in sys.argv[2:]:
        reader = gguf.GGUFReader(path)
        print(path, {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")})
        for tensor in reader.tensors:
            print(" ", tensor.name, tensor.tensor_type.name, list(tensor.shape), float(np.asarray(tensor.data, np.float64).sum()))
else:
    OUT.mkdir(parents=True, exist_ok=True)
    write_values()
    for family_name in FAMILIES:
        write_lora(family_name)
    print({p.name: p.stat().st_size for p in sorted(OUT.iterdir())})
