#!/usr/bin/env python3
"""Goldens of the model families, from transformers 5.18.0 and torch 2.13.0, one tiny random model a case.

Writes tests/data/families/<case>/ (see README.md there, which this script writes too). The adapter is put over
transformers' model here: delta W = s · B · T · A beside each linear layer. Every case is then read back from its files
by transformers, the adapter added to the weights, and must give the same logits. Everything is computed in float64,
each sequence alone, and stored as float32. Use: python make_families.py [CASE...]
"""
import copy, json, os, shutil, sys, zlib
from contextlib import nullcontext

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode
from transformers import (AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForPreTraining,
                          AutoModelForSequenceClassification)
from transformers.pytorch_utils import Conv1D

from families_cases import cases

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "families")
rank, alpha, new_tokens = 4, 8, 12
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)


class KeepDouble(TorchFunctionMode):
    """transformers casts norms, softmax and rotary angles to float32; here they stay in float64."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.Tensor.float:
            func = torch.Tensor.double
        elif func in (torch.Tensor.to, F.softmax):
            args = [torch.float64 if a is torch.float32 else a for a in args]
            kwargs = {k: torch.float64 if v is torch.float32 else v for k, v in kwargs.items()}
        return func(*args, **kwargs)


class Adapter:
    def __init__(self, method, s, a, b, c, d):
        self.method, self.s = method, s
        self.a, self.b, self.c, self.d = a, b, c, d  # [r, in], [out, r], [r, r], [r, r]

    def t(self):
        return {"lora": lambda: torch.eye(rank, dtype=self.a.dtype), "shim": lambda: self.c,
                "icfm": lambda: self.c @ self.c.T, "ctcm": lambda: self.c @ self.d, "dtsm": lambda: self.c + self.d}[self.method]()

    def matrices(self):
        used = "ab" + {"lora": "", "shim": "c", "icfm": "c", "ctcm": "cd", "dtsm": "cd"}[self.method]
        return {f"lora_{m.upper()}.weight": getattr(self, m) for m in used}

    def hook(self, module, inputs, output):  # in three products, the way it is trained
        return output + self.s * (inputs[0] @ self.a.T @ self.t().T @ self.b.T)

    def delta(self):  # [out, in]
        return self.s * self.b @ self.t() @ self.a


def randomise(model, generator):
    """Fresh norms (1) and biases (0) would hide a wrong one. gemma2 adds 1 to its norms and enlarges its embeddings."""
    gemma = model.config.model_type == "gemma2"
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    conv1d = {id(m.weight) for m in model.modules() if isinstance(m, Conv1D)}
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        if id(p) in embeddings:
            p.data = (0.1 if gemma else 0.3) * noise
        elif p.dim() == 1:
            p.data = 0.2 * noise + (1 if name.endswith("weight") and not gemma else 0)
        else:
            fan_in = p.shape[0] if id(p) in conv1d else p[0].numel()
            p.data = noise * fan_in**-0.5


def make_config(case, **labels):
    return AutoConfig.for_model(case.family, **copy.deepcopy(case.config | labels))  # it writes into rope_parameters


def task_labels(case):
    return {} if case.task == "causal_lm" else dict(num_labels=1 if case.task == "regression" else 3)


def task_class(case):
    return AutoModelForCausalLM if case.task == "causal_lm" else AutoModelForSequenceClassification


def write_checkpoint(case, whole, generator, folder):
    """The model's folder; returns the names (with prefix) of what it holds."""
    if case.checkpoint == "whole":
        whole.save_pretrained(folder)
        return set(whole.state_dict())
    kinds = dict(mlm=AutoModelForMaskedLM, pretraining=AutoModelForPreTraining, causal=AutoModelForCausalLM, base=AutoModel)
    disk = kinds[case.checkpoint].from_config(make_config(case), attn_implementation="eager").float()
    randomise(disk, generator)
    prefix = whole.base_model_prefix + "." if case.checkpoint == "base" else ""
    values, names = whole.state_dict(), set()
    for name, tensor in disk.state_dict().items():
        if prefix + name in values:
            tensor.copy_(values[prefix + name])
            names.add(prefix + name)
    disk.save_pretrained(folder)
    return names


def to_hub_form(path):
    """rope_theta, rope_scaling and the layer pattern as files of transformers 4 have them."""
    config = json.load(open(path))
    config["torch_dtype"] = config.pop("dtype")
    rope, layer_types = config.pop("rope_parameters", None), config.pop("layer_types", None)
    if config["model_type"] == "deberta-v2":
        config["pos_att_type"] = "|".join(config["pos_att_type"])
    elif config["model_type"] == "modernbert":
        config["global_rope_theta"] = rope["full_attention"]["rope_theta"]
        config["local_rope_theta"] = rope["sliding_attention"]["rope_theta"]
        config["global_attn_every_n_layers"] = layer_types.index("full_attention", 1)
    else:
        if config.get("head_dim") == config["hidden_size"] // config["num_attention_heads"]:
            del config["head_dim"]
        config["rope_theta"] = rope.pop("rope_theta")
        if rope.get("partial_rotary_factor") is not None:
            config["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
        if config["model_type"] == "phi3":
            rope.pop("original_max_position_embeddings", None)  # stands at the top level
            rope["type"] = rope.pop("rope_type")
        config["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
    with open(path, "w") as f:
        f.write(json.dumps(config, indent=2, sort_keys=True) + "\n")


def forward(model, ids, types=None):
    inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
    if types is not None:
        inputs["token_type_ids"] = torch.tensor([types])
    with KeepDouble() if model.dtype == torch.float64 else nullcontext():
        return model(**inputs).logits[0]  # [labels] or [n, vocab]


def logits_of(case, model, sequences, types):
    rows = [forward(model, s, t) for s, t in zip(sequences, types or [None] * len(sequences))]
    return torch.cat(rows) if case.task == "causal_lm" else torch.stack(rows)


def loss_of(case, logits, sequences, labels):
    if case.task == "classification":
        return F.cross_entropy(logits, torch.tensor(labels))
    if case.task == "regression":
        return F.mse_loss(logits[:, 0], torch.tensor(labels, dtype=logits.dtype))
    parts = logits.split([len(s) for s in sequences])
    predicted = torch.cat([part[:-1] for part in parts])
    return F.cross_entropy(predicted, torch.tensor([token for s in sequences for token in s[1:]]))


@torch.no_grad()
def greedy(model, sequences, use_cache):
    """Continuations [S, new_tokens], computed from the start at each step; generate() must agree.
    None where they make a bad test: a tie tests rounding, one token for ever no cache, and 0 to 2 may end a text."""
    rows = []
    for s in sequences:
        tokens = list(s)
        for _ in range(new_tokens):
            best = forward(model, tokens)[-1].topk(2)
            if best.values[0] - best.values[1] < 5e-3 or best.indices[0] < 3:
                return None
            tokens.append(best.indices[0].item())
        if len(set(tokens[len(s):])) < 4:
            return None
        rows.append(tokens[len(s):])
    for s, row in zip(sequences, rows):
        with KeepDouble():
            cached = model.generate(torch.tensor([s]), attention_mask=torch.ones(1, len(s), dtype=torch.long), do_sample=False,
                                    max_new_tokens=new_tokens, use_cache=use_cache, eos_token_id=None, pad_token_id=0)[0]
        assert cached.tolist() == s + row, (cached.tolist(), s, row)
    return torch.tensor(rows)


@torch.no_grad()
def check_that_options_matter(case, model, sequences, types):
    logits = logits_of(case, model, sequences, types)
    for change in case.matters:
        config = make_config(case, **(task_labels(case) | change))
        other = task_class(case).from_config(config, attn_implementation="eager").double().eval()
        other.load_state_dict(model.state_dict())
        difference = (logits_of(case, other, sequences, types) - logits).abs().max().item()
        assert difference > 1e-3, (case.name, change, difference)


def write_adapter(case, folder, adapters, head):
    os.makedirs(folder)
    tensors = {f"base_model.model.{n}.{k}": v for n, a in adapters.items() for k, v in a.matrices().items()}
    tensors |= {f"base_model.model.{n}": p for n, p in head.items()}
    save_file({k: v.detach().float().contiguous() for k, v in tensors.items()},
              os.path.join(folder, "adapter_model.safetensors"), metadata={"format": "pt"})
    # PEFT can't take a part of roberta's and electra's classifier: the whole is named.
    saved = {n.rsplit(".", 1)[0] for n in head}
    saved = sorted({"classifier" if n.startswith("classifier.") else n for n in saved})
    config = dict(peft_type="MTLORA", task_type="CAUSAL_LM" if case.task == "causal_lm" else "SEQ_CLS", method=case.method,
                  init="paper", base_model_name_or_path="", r=rank, lora_alpha=alpha, lora_dropout=0.0, use_rslora=case.use_rslora,
                  bias="none", fan_in_fan_out=False, inference_mode=True, target_modules=list(adapters), layers_to_transform=None,
                  modules_to_save=saved, regression=case.task == "regression",
                  id2label={str(i): f"LABEL_{i}" for i in range(3)} if case.task == "classification" else {})
    with open(os.path.join(folder, "adapter_config.json"), "w") as f:
        f.write(json.dumps(config, indent=2) + "\n")


@torch.no_grad()
def merged_logits(case, folder, sequences, types):
    """From the files alone: transformers' model with s · B · T · A added to the weights and the trained head in place."""
    model = task_class(case).from_pretrained(folder, attn_implementation="eager", **task_labels(case)).double().eval()
    tensors = load_file(os.path.join(folder, "adapter", "adapter_model.safetensors"))
    tensors = {k.removeprefix("base_model.model."): v.double() for k, v in tensors.items()}
    s = alpha / (rank**0.5 if case.use_rslora else rank)
    modules = dict(model.named_modules())
    for name in [k.removesuffix(".lora_A.weight") for k in tensors if k.endswith(".lora_A.weight")]:
        parts = [tensors.get(f"{name}.lora_{m}.weight") for m in "ABCD"]
        delta = Adapter(case.method, s, *parts).delta()
        modules[name].weight += delta.T if isinstance(modules[name], Conv1D) else delta
    state = model.state_dict()
    for name, tensor in tensors.items():
        if ".lora_" not in name:
            state[name].copy_(tensor)
    return logits_of(case, model, sequences, types)


def results(case, model, adapters, head, sequences, types, labels):
    """Logits, loss and the gradient of every trained tensor, in the model's dtype."""
    logits = logits_of(case, model, sequences, types)
    loss = loss_of(case, logits, sequences, labels)
    trained = {f"{n}.{k}": m for n, a in adapters.items() for k, m in a.matrices().items()} | head
    gradients = torch.autograd.grad(loss, list(trained.values()))
    tensors = {"logits": logits, "loss": loss.reshape(1)} | {f"grad.{n}": g for n, g in zip(trained, gradients)}
    return {k: t.detach().contiguous() for k, t in tensors.items()}


def single_is_near(golden, case, model, adapters, head, sequences, types, labels):
    """Whether transformers in float32 is itself within 1e-5 of each tensor's largest entry: else the case is of a bad
    condition, and a comparison to 1e-4 would test luck."""
    model.float()
    for adapter in adapters.values():
        for m in "abcd":
            setattr(adapter, m, getattr(adapter, m).detach().float().requires_grad_())
    single = results(case, model, adapters, head, sequences, types, labels)
    return all((t - golden[k]).abs().max() <= 1e-5 * golden[k].abs().max() for k, t in single.items())


def make(case, seed):
    """False where this seed makes a bad case."""
    folder = os.path.join(root, case.name)
    shutil.rmtree(folder, ignore_errors=True)
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    config = make_config(case, **task_labels(case))
    model = task_class(case).from_config(config, attn_implementation="eager").float()
    randomise(model, generator)
    held = write_checkpoint(case, model, generator, folder)
    if os.path.exists(generation := os.path.join(folder, "generation_config.json")):
        os.remove(generation)
    if case.hub_config:
        to_hub_form(os.path.join(folder, "config.json"))

    def whole_numbers(low, high, n):
        return torch.randint(low, high, (n,), generator=generator).tolist()

    sequences = [whole_numbers(3, config.vocab_size, n) for n in case.lengths]  # 0, 1, 2 are special: no padding inside
    types = [[int(i >= n // 2) for i in range(n)] for n in case.lengths] if case.token_types else None
    labels = None
    if case.task == "classification":
        labels = whole_numbers(0, 3, len(sequences))
    elif case.task == "regression":
        labels = [round(x, 3) for x in torch.randn(len(sequences), generator=generator).tolist()]

    model = model.double().eval().requires_grad_(False)
    base = logits_of(case, model, sequences, types) if case.task == "causal_lm" else None
    check_that_options_matter(case, model, sequences, types)
    # What the checkpoint lacks is trained, and the classifier always: as in PEFT, by the end of the name (pre_classifier too).
    head = {n: p for n, p in model.named_parameters()
            if case.task != "causal_lm" and (n not in held or n.split(".")[0].endswith(("classifier", "score")))}
    for n, p in head.items():
        centre = 1 if p.dim() == 1 and n.endswith("weight") else 0
        p.data = (centre + 0.3 * torch.randn(p.shape, generator=generator)).double()
        p.requires_grad_(True)
    head_modules = {n.rsplit(".", 1)[0] for n in head}
    adapters = {}
    for name, module in model.named_modules():
        if not isinstance(module, (torch.nn.Linear, Conv1D)) or name in head_modules or name == "lm_head":
            continue
        out, inner = module.weight.T.shape if isinstance(module, Conv1D) else module.weight.shape

        def random(shape, deviation):
            return (deviation * torch.randn(shape, generator=generator)).double().requires_grad_(True)

        adapters[name] = Adapter(case.method, alpha / (rank**0.5 if case.use_rslora else rank), random((rank, inner), inner**-0.5),
                                 random((out, rank), 0.15), random((rank, rank), 0.5), random((rank, rank), 0.5))
        module.register_forward_hook(adapters[name].hook)
    golden = results(case, model, adapters, head, sequences, types, labels)
    for key, tensor in golden.items():
        assert tensor.isfinite().all() and tensor.abs().max() > 1e-3, (case.name, key)
    if case.task == "causal_lm":
        golden["base_logits"] = base
        if (texts := greedy(model, sequences, case.use_cache)) is None:
            return False
        golden["greedy"] = texts
    logits = golden["logits"]
    golden = {k: v if v.dtype == torch.long else v.float() for k, v in golden.items()}
    if not single_is_near(golden, case, model, adapters, head, sequences, types, labels):
        return False
    save_file(golden, os.path.join(folder, "golden.safetensors"))
    with open(os.path.join(folder, "golden.json"), "w") as f:
        json.dump(dict(task=case.task, sequences=sequences, token_type_ids=types, labels=labels, notes=case.notes), f)
        f.write("\n")
    write_adapter(case, os.path.join(folder, "adapter"), adapters, head)

    error = (merged_logits(case, folder, sequences, types) - logits).abs().max().item()
    assert error < 1e-6, (case.name, error)
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(folder) for f in files)
    print(f"{case.name}: {size / 1000:.0f} kB, {len(adapters)} adapters, head {sorted(head)}, merged within {error:.1e}", flush=True)
    return True


readme = """# Tiny random models of every family

Made by tests/golden/make_families.py with transformers {transformers} and torch {torch}; {count} cases. A case holds

    config.json, model.safetensors    the checkpoint, fp32, as people download it (`on disk` below)
    adapter/                          an adapter on every linear layer, and the trained head, in native form
    golden.json                       task, sequences, token_type_ids, labels
    golden.safetensors                logits [S, labels] or [N, vocabulary] of all tokens in packed order; loss [1]; grad.<name> of every
                                      trained tensor; a language model also base_logits (no adapter) and greedy [S, {new_tokens}]

Computed in float64, each sequence alone, without dropout. On disk: `whole` has its head; `mlm`, `pretraining` and `causal` have what a
checkpoint of that kind has; `base` has names without the model's prefix. Config: `4` is config.json in the form of transformers 4.

| case | task | method | on disk | config | what is special |
|---|---|---|---|---|---|
"""


def write_readme():
    rows = [f"| {c.name} | {c.task} | {c.method}{', rslora' if c.use_rslora else ''} | {c.checkpoint} | {4 if c.hub_config else 5} | {c.notes} |\n"
            for c in cases()]
    with open(os.path.join(root, "README.md"), "w") as f:
        f.write(readme.format(transformers=transformers.__version__, torch=torch.__version__.split("+")[0], count=len(rows),
                              new_tokens=new_tokens) + "".join(rows))


def main():
    wanted = sys.argv[1:]
    os.makedirs(root, exist_ok=True)
    write_readme()
    for case in cases():
        if not wanted or case.name in wanted:
            seed = zlib.crc32(case.name.encode())
            assert any(make(case, seed + i) for i in range(300)), case.name


if __name__ == "__main__":
    main()
