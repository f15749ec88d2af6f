#!/usr/bin/env python3
"""Goldens of the model families, from transformers 5.18.0 and torch 2.13.0, one tiny random model a case.

Writes tests/data/families/<case>/ (see README.md there, which this script writes too). The adapter is put over
transformers' model here: delta W = s · B · T · A beside each linear layer. Every case is then read back from its files
by transformers, the adapter added to the weights, and must give the same logits. Everything is computed in float64,
each sequence alone, and stored as float32. Use: python make_families.py [CASE...]
"""
import copy, json, os, shutil, sys, zlib
from dataclasses import dataclass, field

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode
from transformers import (AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForPreTraining,
                          AutoModelForSequenceClassification)
from transformers.pytorch_utils import Conv1D

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


@dataclass
class Case:
    family: str
    kind: str  # the case is family_kind
    task: str  # classification, regression, causal_lm
    config: dict
    checkpoint: str  # what is on disk: whole (with its head), mlm, pretraining, causal, base (no prefix)
    notes: str = ""
    method: str = "ctcm"
    use_rslora: bool = False
    lengths: list = field(default_factory=lambda: [1, 5, 9, 14])
    token_types: bool = False
    hub_config: bool = False  # config.json in the form of transformers 4, as on the hub
    matters: list = field(default_factory=list)  # changes of the config that must change the logits

    @property
    def name(self):
        return f"{self.family}_{self.kind}"


class Adapter:
    def __init__(self, method, s, a, b, c, d):
        self.method, self.s = method, s
        self.a, self.b, self.c, self.d = a, b, c, d  # [r, in], [out, r], [r, r], [r, r]

    def t(self):
        return {"lora": lambda: torch.eye(rank, dtype=torch.float64), "shim": lambda: self.c,
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
    rope = config.pop("rope_parameters")
    if config["model_type"] == "modernbert":
        config["global_rope_theta"] = rope["full_attention"]["rope_theta"]
        config["local_rope_theta"] = rope["sliding_attention"]["rope_theta"]
        config["global_attn_every_n_layers"] = config.pop("layer_types").index("full_attention", 1)
    else:
        config["rope_theta"] = rope.pop("rope_theta")
        if rope.get("partial_rotary_factor") is not None:
            config["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
        if config["model_type"] == "phi3":
            rope.pop("original_max_position_embeddings")  # stands at the top level
            rope["type"] = rope.pop("rope_type")
        config["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
    with open(path, "w") as f:
        f.write(json.dumps(config, indent=2, sort_keys=True) + "\n")


def forward(model, ids, types=None):
    inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
    if types is not None:
        inputs["token_type_ids"] = torch.tensor([types])
    with KeepDouble():
        return model(**inputs).logits[0]  # [labels] or [n, vocab]


def logits_of(case, model, sequences, types):
    rows = [forward(model, s, t) for s, t in zip(sequences, types or [None] * len(sequences))]
    return torch.cat(rows) if case.task == "causal_lm" else torch.stack(rows)


def loss_of(case, logits, sequences, labels):
    if case.task == "classification":
        return F.cross_entropy(logits, torch.tensor(labels))
    if case.task == "regression":
        return F.mse_loss(logits[:, 0], torch.tensor(labels, dtype=torch.float64))
    parts = logits.split([len(s) for s in sequences])
    predicted = torch.cat([part[:-1] for part in parts])
    return F.cross_entropy(predicted, torch.tensor([token for s in sequences for token in s[1:]]))


@torch.no_grad()
def greedy(model, sequences):
    """Continuations [S, new_tokens], computed from the start at each step; generate(), with its cache, must agree.
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
                                    max_new_tokens=new_tokens, use_cache=True, eos_token_id=None, pad_token_id=0)[0]
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
    config = dict(peft_type="MTLORA", task_type="CAUSAL_LM" if case.task == "causal_lm" else "SEQ_CLS", method=case.method,
                  init="paper", base_model_name_or_path="", r=rank, lora_alpha=alpha, lora_dropout=0.0, use_rslora=case.use_rslora,
                  bias="none", fan_in_fan_out=False, inference_mode=True, target_modules=list(adapters), layers_to_transform=None,
                  modules_to_save=sorted({n.rsplit(".", 1)[0] for n in head}), regression=case.task == "regression",
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


def make(case, seed):
    """False where this seed's texts are no good."""
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
    # What the checkpoint lacks is trained, and the classifier always.
    head = {n: p for n, p in model.named_parameters()
            if case.task != "causal_lm" and (n not in held or n.split(".")[0] in ("classifier", "score"))}
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
    logits = logits_of(case, model, sequences, types)
    loss = loss_of(case, logits, sequences, labels)
    loss.backward()

    golden = {"logits": logits, "loss": loss.reshape(1)}
    for name, adapter in adapters.items():
        for key, matrix in adapter.matrices().items():
            golden[f"grad.{name}.{key}"] = matrix.grad
    for name, parameter in head.items():
        golden[f"grad.{name}"] = parameter.grad
    for key, tensor in golden.items():
        assert tensor.isfinite().all() and tensor.abs().max() > 1e-7, (case.name, key)
    if case.task == "causal_lm":
        golden["base_logits"] = base
        if (texts := greedy(model, sequences)) is None:
            return False
        golden["greedy"] = texts
    golden = {k: v.detach().contiguous() if v.dtype == torch.long else v.detach().float().contiguous() for k, v in golden.items()}
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


def cases():
    all_cases = []

    def add(family, kind, task, config, checkpoint, notes="", **more):
        all_cases.append(Case(family, kind, task, config, checkpoint, notes, **more))

    def pair(family, config, checkpoint, methods=("ctcm", "ctcm"), notes="", regression=None, **more):
        add(family, "classification", "classification", config, checkpoint, notes, method=methods[0], **more)
        more.pop("matters", None)
        add(family, "regression", "regression", config | (regression or {}), "whole",
            "the checkpoint has the whole head: only the classifier is trained", method=methods[1], **more)

    def causal(family, kind, config, notes="", **more):
        add(family, kind, "causal_lm", config, "whole", notes, **more)

    encoder = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                   max_position_embeddings=40)
    pair("bert", encoder, "mlm", ("ctcm", "shim"), "no pooler in the checkpoint: it is trained with the classifier",
         token_types=True)
    roberta = encoder | dict(layer_norm_eps=1e-5, type_vocab_size=1, pad_token_id=1)
    pair("roberta", roberta, "mlm", ("ctcm", "icfm"), "positions start at pad_token_id + 1", dict(hidden_act="gelu_new"),
         matters=[dict(pad_token_id=4)])
    pair("xlm-roberta", roberta, "mlm", ("dtsm", "ctcm"), "names start with roberta", dict(hidden_act="relu"))
    pair("distilbert", dict(vocab_size=48, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=40), "mlm",
         ("ctcm", "lora"), regression=dict(activation="relu"))
    pair("electra", encoder | dict(embedding_size=12), "pretraining", ("ctcm", "dtsm"),
         "embeddings_project from embedding_size to hidden_size", dict(embedding_size=16, hidden_act="gelu_new"), token_types=True)

    v3 = encoder | dict(relative_attention=True, position_buckets=8, max_relative_positions=16, share_att_key=True,
                        norm_rel_ebd="layer_norm", pos_att_type="p2c|c2p", position_biased_input=False, type_vocab_size=0)
    long = dict(lengths=[1, 7, 13, 29])
    pair("deberta-v2", v3, "mlm", ("ctcm", "icfm"), "the v3 kind, longer than max_relative_positions", **long,
         matters=[dict(pos_att_type=["c2p"]), dict(max_relative_positions=32)])
    add("deberta-v2", "conv", "classification", v3 | dict(conv_kernel_size=3, conv_act="gelu"), "mlm",
        "the kind of v2-xlarge: a convolution beside layer 0", **long, matters=[dict(conv_act="tanh")])
    add("deberta-v2", "unshared", "classification",
        encoder | dict(relative_attention=True, max_relative_positions=8, pos_att_type=["c2p", "p2c"], embedding_size=12,
                       type_vocab_size=2, pooler_hidden_act="tanh"), "mlm",
        "projections of their own for positions, no buckets, absolute positions too, embed_proj, token types", method="shim",
        token_types=True, **long)
    add("deberta-v2", "c2p", "regression", encoder | dict(relative_attention=True, pos_att_type=["c2p"], share_att_key=False),
        "whole", "c2p alone; max_relative_positions as max_position_embeddings", **long)
    add("deberta-v2", "p2c", "regression", encoder | dict(relative_attention=True, pos_att_type=["p2c"], share_att_key=True,
                                                          position_buckets=4, position_biased_input=False),
        "mlm", "p2c alone, shared, buckets without a norm; the head is new", **long)
    add("deberta-v2", "absolute", "classification", encoder | dict(type_vocab_size=2), "mlm",
        "no relative attention: BERT's", token_types=True)

    modernbert = encoder | dict(num_hidden_layers=3, local_attention=6, global_attn_every_n_layers=2, pad_token_id=0, bos_token_id=1,
                                eos_token_id=2, cls_token_id=1, sep_token_id=2)
    del modernbert["max_position_embeddings"]
    windows = dict(lengths=[1, 5, 9, 14], matters=[dict(local_attention=8), dict(local_attention=4), dict(global_attn_every_n_layers=3)])
    pair("modernbert", modernbert, "mlm", ("ctcm", "shim"), "the checkpoint has head.dense and head.norm: frozen, head.dense adapted",
         dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True, classifier_activation="silu",
              hidden_activation="gelu_pytorch_tanh"), **windows)
    add("modernbert", "mean", "classification", modernbert | dict(classifier_pooling="mean", global_rope_theta=20000.0, local_rope_theta=100.0),
        "base", "mean pooling; thetas; names without the prefix; head.dense, head.norm and the classifier are new; config.json of "
        "transformers 4", hub_config=True, lengths=[1, 5, 9, 14],
        matters=[dict(classifier_pooling="cls"), dict(global_rope_theta=100.0), dict(local_rope_theta=20000.0)])

    decoder = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
                   max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    gpt2 = dict(vocab_size=48, n_embd=16, n_layer=2, n_head=2, n_inner=24, n_positions=40, bos_token_id=1, eos_token_id=2)
    pair("gpt2", gpt2, "base", ("shim", "ctcm"), "names without the prefix, and no pad_token_id, as on the hub",
         dict(scale_attn_by_inverse_layer_idx=True, activation_function="relu", pad_token_id=0))
    causal("gpt2", "causal", gpt2 | dict(tie_word_embeddings=False), method="dtsm")
    causal("gpt2", "causal_tied", gpt2 | dict(scale_attn_weights=False, n_inner=None), "n_inner null: 4 · n_embd; scores are not scaled",
           matters=[dict(scale_attn_weights=True)])

    llama = decoder | dict(num_key_value_heads=2, head_dim=4)
    pair("llama", llama, "causal", ("ctcm", "icfm"), regression=dict(head_dim=6, num_key_value_heads=1, hidden_act="gelu"))
    causal("llama", "causal", llama | dict(tie_word_embeddings=False, attention_bias=True, mlp_bias=True), "attention_bias and mlp_bias")
    causal("llama", "causal_tied", llama | dict(tie_word_embeddings=True, num_key_value_heads=4, head_dim=None))
    rope8 = llama | dict(num_attention_heads=2, num_key_value_heads=1, head_dim=8)
    causal("llama", "linear", rope8 | dict(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=2.5)),
           "rope_scaling linear; config.json of transformers 4", hub_config=True,
           matters=[dict(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=1.0)),
                    dict(rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5))])
    llama3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                  original_max_position_embeddings=64)
    causal("llama", "llama3", rope8 | dict(max_position_embeddings=512, rope_parameters=llama3, tie_word_embeddings=True),
           "rope_scaling llama3: one frequency kept, one between, two divided; config.json of transformers 4", hub_config=True, method="shim",
           matters=[dict(rope_parameters=llama3 | dict(factor=1.0)), dict(rope_parameters=llama3 | dict(high_freq_factor=12.0)),
                    dict(rope_parameters=llama3 | dict(low_freq_factor=1.5))])
    causal("llama", "llama3_saved", rope8 | dict(max_position_embeddings=512, rope_parameters=llama3), "llama3 as transformers 5 saves it")

    mistral = decoder | dict(num_key_value_heads=2, sliding_window=4)
    pair("mistral", mistral, "causal", ("ctcm", "shim"), "sliding_window 4", dict(sliding_window=None, head_dim=8), use_rslora=True)
    causal("mistral", "causal", mistral, "sliding_window 4", matters=[dict(sliding_window=3), dict(sliding_window=5)])
    causal("mistral", "causal_tied", mistral | dict(tie_word_embeddings=True, sliding_window=None), hub_config=True)

    qwen2 = decoder | dict(num_key_value_heads=2)
    pair("qwen2", qwen2, "causal", ("ctcm", "dtsm"))
    causal("qwen2", "causal", qwen2, hub_config=True)
    causal("qwen2", "causal_tied", qwen2 | dict(tie_word_embeddings=True))
    windowed = dict(use_sliding_window=True, sliding_window=4, max_window_layers=1)
    causal("qwen2", "window", qwen2 | windowed, "layers from max_window_layers on see 4 tokens",
           matters=[dict(sliding_window=3), dict(sliding_window=5), dict(max_window_layers=0), dict(max_window_layers=2)])

    qwen3 = decoder | dict(hidden_size=24, num_attention_heads=2, num_key_value_heads=1, head_dim=8)
    pair("qwen3", qwen3, "causal", ("ctcm", "icfm"), "head_dim 8, hidden_size / heads 12", dict(attention_bias=True))
    causal("qwen3", "causal", qwen3)
    causal("qwen3", "causal_tied", qwen3 | dict(tie_word_embeddings=True), hub_config=True)
    causal("qwen3", "window", qwen3 | windowed, "layer_types in config.json", matters=[dict(sliding_window=3), dict(sliding_window=5)])

    gemma2 = decoder | dict(num_attention_heads=2, num_key_value_heads=1, head_dim=6, query_pre_attn_scalar=12, sliding_window=4,
                            attn_logit_softcapping=2.0, final_logit_softcapping=1.0)
    caps = [dict(sliding_window=3), dict(sliding_window=5), dict(attn_logit_softcapping=2.5), dict(query_pre_attn_scalar=8)]
    pair("gemma2", gemma2, "causal", ("ctcm", "dtsm"), "the final cap is not the score's",
         dict(attn_logit_softcapping=None, attention_bias=True, hidden_activation="gelu"))
    causal("gemma2", "causal", gemma2 | dict(tie_word_embeddings=False, final_logit_softcapping=None, num_hidden_layers=3),
           "layers 0 and 2 see 4 tokens", matters=caps)
    causal("gemma2", "causal_tied", gemma2, "both caps, windows", hub_config=True, matters=caps + [dict(final_logit_softcapping=1.5)])

    phi3 = decoder | dict(num_attention_heads=2, num_key_value_heads=1)

    def longrope(original, partial=1.0, **more):
        short, far = [1.0, 1.1, 1.3, 1.6], [1.5, 2.0, 3.0, 4.0]
        count = int(8 * partial) // 2
        return dict(original_max_position_embeddings=original,
                    rope_parameters=dict(rope_type="longrope", rope_theta=100.0, short_factor=short[:count], long_factor=far[:count],
                                         partial_rotary_factor=partial, original_max_position_embeddings=original) | more)

    pair("phi3", phi3 | dict(sliding_window=4), "causal", ("ctcm", "shim"), "sliding_window 4", dict(sliding_window=None, num_key_value_heads=2))
    causal("phi3", "causal", phi3 | longrope(32), "longrope: all within original_max_position_embeddings, so short factors",
           matters=[longrope(32, attention_factor=1.0), longrope(32, short_factor=[1.0] * 4)])
    far = dict(lengths=[9, 11, 14, 17])
    causal("phi3", "causal_long", phi3 | longrope(8), "longrope: all beyond original_max_position_embeddings, so long factors",
           **far, matters=[longrope(8, long_factor=[1.0] * 4), longrope(8, factor=2.0)])
    causal("phi3", "causal_tied", phi3 | longrope(32, partial=0.75) | dict(tie_word_embeddings=True),
           "partial_rotary_factor 0.75: 6 of 8 turn; config.json of transformers 4", hub_config=True)
    causal("phi3", "long_partial", phi3 | longrope(8, partial=0.5, attention_factor=1.2, factor=4.0) | dict(sliding_window=6),
           "longrope with partial_rotary_factor 0.5, attention_factor and a window", **far,
           matters=[longrope(8, partial=0.5, attention_factor=1.3), dict(sliding_window=5)])
    causal("phi3", "crossing", phi3 | longrope(16),
           "greedy goes from short to long factors within a text: from there all is computed anew with the long ones; the last text "
           "is long from its start", lengths=[1, 9, 14, 19])
    return all_cases


def main():
    wanted = sys.argv[1:]
    os.makedirs(root, exist_ok=True)
    for case in cases():
        if not wanted or case.name in wanted:
            seed = zlib.crc32(case.name.encode())
            assert any(make(case, seed + i) for i in range(300)), case.name


main()
