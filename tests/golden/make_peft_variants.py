#!/usr/bin/env python3
"""PEFT adapters of every kind that is read, on the tiny models of tests/data/families: patterns of rank and alpha,
rank-stabilised scale, trained biases, targets as a regular expression or all-linear, layers_to_transform, Conv1D, a
torch.save file. With the logits that peft (0.21) and transformers (5.18) give.

  make_peft_variants.py        writes tests/data/peft/<variant>/
"""
import json, os, shutil
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

DATA = Path(__file__).parent.parent / "data"
VARIANTS = {
    "patterns": ("bert_regression", {"target_modules": ["query", "value", "dense"], "r": 2, "lora_alpha": 4,
                 "rank_pattern": {"layer.1.attention.self.query": 3, "output.dense": 1}, "alpha_pattern": {"value": 7, "query": 5.5}}),
    "rslora_regex": ("roberta_classification", {"target_modules": r".*layer\.[01]\.attention\.self\.(query|key)", "r": 4, "use_rslora": True}),
    "bias_all": ("electra_classification", {"target_modules": ["query"], "r": 2, "bias": "all"}),
    "bias_lora_only": ("bert_regression", {"target_modules": ["key", "intermediate.dense"], "r": 2, "bias": "lora_only"}),
    "all_linear_conv1d": ("gpt2_causal", {"target_modules": "all-linear", "r": 2, "fan_in_fan_out": True}),
    "one_layer": ("llama_causal", {"target_modules": ["q_proj", "down_proj"], "r": 2, "layers_to_transform": [1]}),
    "bin_file": ("qwen2_classification", {"target_modules": ["q_proj", "v_proj"], "r": 2}),
}

out = DATA / "peft"
shutil.rmtree(out, ignore_errors=True)
for name, (case, options) in VARIANTS.items():
    folder = DATA / "families" / case
    golden = json.loads((folder / "golden.json").read_text())
    writes = golden["task"] == "causal_lm"
    cls = AutoModelForCausalLM if writes else AutoModelForSequenceClassification
    extra = {} if writes else {"num_labels": 1 if golden["task"] == "regression" else 3}
    torch.manual_seed(len(name))
    model = cls.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32, **extra)
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM" if writes else "SEQ_CLS", **options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
        rows = []
        for i, ids in enumerate(golden["sequences"]):
            inputs = {"input_ids": torch.tensor([ids])}
            if golden["token_type_ids"]:
                inputs["token_type_ids"] = torch.tensor([golden["token_type_ids"][i]])
            logits = model(**inputs).logits
            rows.append(logits[0] if writes else logits)
    target = out / name
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    if name == "bin_file":
        torch.save(load_file(target / "adapter_model.safetensors"), target / "adapter_model.bin")
        (target / "adapter_model.safetensors").unlink()
    config = json.loads((target / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = ""
    if isinstance(config["target_modules"], list):
        config["target_modules"] = sorted(config["target_modules"])
    (target / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=False) + "\n")
    logits = torch.cat(rows).double().tolist()
    (target / "golden.json").write_text(json.dumps({"case": case, "logits": [[float(f"{x:.8g}") for x in row] for row in logits]}) + "\n")
    print(name, sorted(load_file(target / "adapter_model.safetensors"))[:2] if name != "bin_file" else "bin")
