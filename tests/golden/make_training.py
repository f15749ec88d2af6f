#!/usr/bin/env python3
"""Goldens of the optimiser and the schedules, from torch 2.13.0 and transformers 5.18.0, and a tokenizer and a small
task for tests/data/tiny-bert. Writes tests/data/training.json, tests/data/tiny-bert/tokenizer.json, tests/data/letters.csv."""
import csv, json, os, random

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import get_scheduler

data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")

torch.manual_seed(1)
weight, bias, t = torch.randn(3, 4), torch.randn(4), torch.randn(2, 2)
start = [weight.tolist(), bias.tolist(), t.tolist()]
params = [torch.nn.Parameter(p) for p in (weight, bias, t)]
groups = [dict(params=[params[0]], weight_decay=0.1), dict(params=[params[1]], weight_decay=0.0),
          dict(params=[params[2]], weight_decay=0.02, lr=3e-2)]
optimizer = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.98), eps=1e-7)
steps, norms = [], []
for step in range(5):
    grads = [torch.randn_like(p) * (3 if step % 2 else 0.1) for p in params]
    for p, g in zip(params, grads):
        p.grad = g.clone()
    norms.append(torch.nn.utils.clip_grad_norm_(params, 1.0).item())
    optimizer.step()
    steps.append([g.tolist() for g in grads])
end = [p.detach().tolist() for p in params]

schedules = {}
for name in ("linear", "cosine", "constant", "constant_with_warmup"):
    for warmup, total in ((0, 10), (3, 10), (7, 7)):
        dummy = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = get_scheduler(name, dummy, num_warmup_steps=warmup, num_training_steps=total)
        rates = []
        for _ in range(total):
            rates.append(scheduler.get_last_lr()[0])
            dummy.step(); scheduler.step()
        schedules[f"{name}/{warmup}/{total}"] = rates
json.dump(dict(versions=dict(torch=torch.__version__, transformers="5.18.0"),
               adamw=dict(start=start, gradients=steps, norms=norms, end=end), schedules=schedules),
          open(os.path.join(data, "training.json"), "w"))

letters = "abcdefghijklmnopqrstuvwxyz"
vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(letters) + ["##" + c for c in letters]
tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(vocab)}, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer()
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
tokenizer.save(os.path.join(data, "tiny-bert", "tokenizer.json"))

# Which of x, y and z is in the text: a task that the tiny model can learn.
random.seed(4)
with open(os.path.join(data, "letters.csv"), "w", newline="") as f:
    out = csv.writer(f)
    out.writerow(["text", "label"])
    for _ in range(240):
        label = random.choice("xyz")
        word = [random.choice("abcdefghij") for _ in range(random.randint(1, 9))]
        word.insert(random.randrange(len(word) + 1), label)
        out.writerow(["".join(word), "has_" + label])
