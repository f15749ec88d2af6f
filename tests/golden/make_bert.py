#!/usr/bin/env python3
"""Goldens of BERT and of a PEFT LoRA, from transformers 5.18.0, peft 0.21.0 and torch 2.13.0.

Writes tests/data/tiny-bert (a random model of 2 layers with a head), tests/data/tiny-bert-lora (a PEFT adapter of it)
and tests/data/bert.json (logits). Use: python make_bert.py FOLDER_OF_MINILM
"""
import json, math, os, sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
torch.manual_seed(7)


def batch_of(sequences):
    """Padded, masked: the reference side of what is packed on ours."""
    n = max(len(s) for s in sequences)
    ids = torch.zeros(len(sequences), n, dtype=torch.long)
    types = torch.zeros_like(ids)
    mask = torch.zeros_like(ids)
    for i, s in enumerate(sequences):
        ids[i, : len(s)] = torch.tensor(s)
        types[i, len(s) // 2 : len(s)] = 1  # the second half as a second text
        mask[i, : len(s)] = 1
    return dict(input_ids=ids, token_type_ids=types, attention_mask=mask)


def logits_of(model, sequences):
    with torch.no_grad():
        return model.eval()(**batch_of(sequences)).logits.double().tolist()


config = BertConfig(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                    max_position_embeddings=40, type_vocab_size=2, num_labels=3, hidden_act="gelu", layer_norm_eps=1e-12,
                    hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1)
tiny = BertForSequenceClassification(config)
for p in tiny.parameters():  # the fresh values (std 0.02, norms 1, biases 0) would hide a wrong bias or norm
    p.data.add_(torch.randn_like(p) * 0.2)
tiny.save_pretrained(os.path.join(data, "tiny-bert"))
lengths = [1, 2, 5, 7, 13, 40, 3, 31]
sequences = [[int(x) for x in torch.randint(0, 99, (n,))] for n in lengths]

# One training step's gradients of a LoRA, in eval mode (no dropout), for the adapted linear and the head.
lora = get_peft_model(tiny, LoraConfig(r=4, lora_alpha=8, task_type="SEQ_CLS", target_modules=["query", "value", "dense"]))
for name, p in lora.named_parameters():
    if "lora_B" in name:
        p.data.normal_(0, 0.1)
lora.save_pretrained(os.path.join(data, "tiny-bert-lora"))
lora.eval()
labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
loss = lora(**batch_of(sequences), labels=labels).loss
loss.backward()
gradients = {n.replace(".default", "").replace("modules_to_save.", ""): p.grad.flatten().double().tolist()
             for n, p in lora.named_parameters() if p.grad is not None}
keep = ["base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight",
        "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight",
        "base_model.model.bert.encoder.layer.1.attention.self.value.lora_A.weight",
        "base_model.model.bert.encoder.layer.1.output.dense.lora_B.weight",
        "base_model.model.bert.encoder.layer.0.intermediate.dense.lora_A.weight",
        "base_model.model.bert.pooler.dense.lora_B.weight", "base_model.model.classifier.weight",
        "base_model.model.classifier.bias"]

minilm = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], num_labels=5)
w = minilm.classifier.weight
w.data = torch.tensor([[0.05 * math.sin(1 + i * w.shape[1] + j) for j in range(w.shape[1])] for i in range(5)])
minilm.classifier.bias.data = torch.tensor([0.1 * i for i in range(5)])
words = [[101] + [int(x) for x in torch.randint(1000, 30000, (n,))] + [102] for n in (1, 4, 9, 21, 60, 126)]

json.dump(dict(versions=dict(torch=torch.__version__, transformers="5.18.0", peft="0.21.0"),
               tiny=dict(sequences=sequences, logits=logits_of(BertForSequenceClassification.from_pretrained(os.path.join(data, "tiny-bert")), sequences)),
               lora=dict(logits=logits_of(lora, sequences), labels=labels.tolist(), loss=loss.item(),
                         gradients={k: gradients[k] for k in keep}),
               minilm=dict(sequences=words, logits=logits_of(minilm, words))),
          open(os.path.join(data, "bert.json"), "w"))
