#!/usr/bin/env python3
"""What other programs make of our exports: every case of tests/data/families, exported by `mtlora export` and loaded by
peft (0.21), transformers (5.18) and, for language models, the gguf package, must give the logits of the goldens.

Not run by ctest, which has none of these packages:

  check_exports.py build/release/app/mtlora [CASE...]
"""
import json, os, subprocess, sys, tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.utils import logging

logging.set_verbosity_error()
FAMILIES = Path(__file__).parent.parent / "data" / "families"
GGUF = ("llama", "mistral", "qwen2", "qwen3", "gemma2", "phi3")


def export(mtlora, case, form, out):
    command = [mtlora, "export", str(case / "adapter"), "--format", form, "--out", str(out), "--model", str(case)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())


def difference(model, golden, expected):
    """The largest difference from the golden logits as a share of their largest value. One sequence at a time."""
    model.eval()
    found = []
    with torch.no_grad():
        for i, ids in enumerate(golden["sequences"]):
            inputs = {"input_ids": torch.tensor([ids])}
            if golden["token_type_ids"]:
                inputs["token_type_ids"] = torch.tensor([golden["token_type_ids"][i]])
            found.append(model(**inputs).logits[0] if golden["task"] == "causal_lm" else model(**inputs).logits)
    return float((torch.cat(found) - expected).abs().max() / expected.abs().max())


def check(mtlora, case, folder):
    golden = json.loads((case / "golden.json").read_text())
    expected = load_file(case / "golden.safetensors")["logits"]
    writes = golden["task"] == "causal_lm"
    cls = AutoModelForCausalLM if writes else AutoModelForSequenceClassification
    options = {"attn_implementation": "eager", "dtype": torch.float32}
    if not writes:
        options["num_labels"] = expected.shape[1]
    results = {}
    export(mtlora, case, "peft", folder / "peft")
    base = cls.from_pretrained(case, **options)
    results["peft"] = difference(PeftModel.from_pretrained(base, folder / "peft"), golden, expected)
    export(mtlora, case, "merged", folder / "merged")
    options.pop("num_labels", None)
    results["merged"] = difference(cls.from_pretrained(folder / "merged", **options), golden, expected)
    family = json.loads((case / "config.json").read_text())["model_type"]
    if writes and family in GGUF:
        from gguf import GGUFReader

        export(mtlora, case, "gguf", folder / "gguf")
        names = [tensor.name for tensor in GGUFReader(folder / "gguf" / "adapter.gguf").tensors]
        layers = sum(key.endswith("lora_A.weight") for key in load_file(case / "adapter" / "adapter_model.safetensors"))
        results["gguf tensors"] = len(names)
        assert len(names) == 2 * layers, (names, layers)
    return results


worst = 0.0
failed = []
wanted = sys.argv[2:]
for case in sorted(path for path in FAMILIES.iterdir() if path.is_dir()):
    if wanted and case.name not in wanted:
        continue
    with tempfile.TemporaryDirectory() as folder:
        try:
            results = check(sys.argv[1], case, Path(folder))
            numbers = [results["peft"], results["merged"]]
            worst = max(worst, *numbers)
            if max(numbers) > 1e-4:
                failed.append(case.name)
            print(case.name, {k: v if isinstance(v, int) else f"{v:.1e}" for k, v in results.items()}, flush=True)
        except Exception as error:  # any package's own: reported, and the run fails
            failed.append(case.name)
            print(case.name, "FAILED:", type(error).__name__, str(error)[:300], flush=True)
print(f"worst difference {worst:.1e}; failed: {failed or 'none'}")
sys.exit(bool(failed))
