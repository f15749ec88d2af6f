#!/usr/bin/env python3
"""Goldens of generation: tests/data/generation.json, from transformers 5.18.0 and torch 2.13.0 in float32.

Greedy and beam texts are those of `generate`, each prompt by itself, with eager attention (the other kinds leave Gemma's soft cap out). The decoding "release" is computed here from what
examples/NLG/src/gpt2_beam.py of the LoRA release (microsoft/LoRA, MIT) does, one prompt at a time and with no cache:
all beams begin as one; n-grams of the written part are banned before the softmax; the `beams` best continuations are
kept; one that ends is scored by sum / length^penalty and never goes on; what runs at the end is scored too.
Use: python make_generation.py
"""
import json, math, os

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..")
transformers.logging.set_verbosity_error()
torch.set_num_threads(1)


def release(model, prompt, beams, penalty, n, ends, longest):
    running = [([], 0.0)]
    best_score, best = -math.inf, None
    for _ in range(longest):
        rows = []
        for tokens, score in running:
            with torch.no_grad():
                logits = model(torch.tensor([prompt + tokens])).logits[0, -1].clone()
            for i in range(len(tokens) - n + 1) if n else []:
                if tokens[i:i + n - 1] == tokens[len(tokens) - n + 1:]:
                    logits[tokens[i + n - 1]] = -math.inf
            rows.append(torch.log(torch.softmax(logits, -1)) + score)
        scores, places = torch.topk(torch.cat(rows), beams)
        vocabulary = rows[0].numel()
        chosen = [(running[p // vocabulary][0] + [p % vocabulary], s) for s, p in zip(scores.tolist(), places.tolist())]
        running = []
        for tokens, score in chosen:
            if tokens[-1] not in ends:
                running.append((tokens, score))
            elif score / len(tokens) ** penalty > best_score:
                best_score, best = score / len(tokens) ** penalty, tokens
    for tokens, score in running:
        if score / len(tokens) ** penalty > best_score:
            best_score, best = score / len(tokens) ** penalty, tokens
    return best


def main():
    cases = []
    generator = torch.Generator().manual_seed(7)
    tiny = ["gpt2_causal", "gpt2_causal_tied", "llama_causal", "mistral_causal", "gemma2_causal", "qwen3_causal"]
    stories = os.path.join("resources", "models", "stories260K")
    for name in [stories] + [os.path.join("tests", "data", "families", t) for t in tiny]:
        folder = os.path.join(root, name)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        vocabulary = model.config.vocab_size
        if name == stories:
            tokenizer = AutoTokenizer.from_pretrained(folder)
            texts = ["Once upon a time", "Lily and Tom went to the park. They", "The big dog was", "One day, a little girl"]
            prompts = [tokenizer(t).input_ids for t in texts]
            longest, ends = 40, [tokenizer(".", add_special_tokens=False).input_ids[-1]]
        else:
            prompts = [torch.randint(3, vocabulary, (k,), generator=generator).tolist() for k in (1, 5, 11)]
            longest, ends = 12, [vocabulary // 2, 4, 9]
        options = [
            dict(),
            dict(no_repeat_ngram_size=2),
            dict(end_tokens=ends),
            dict(num_beams=4),
            dict(num_beams=3, length_penalty=0.5, no_repeat_ngram_size=3, end_tokens=ends),
            dict(num_beams=10, length_penalty=2.0, end_tokens=ends),
            dict(num_beams=4, length_penalty=-1.0, end_tokens=ends[:1]),
            dict(decoding="release", num_beams=10, length_penalty=0.9, no_repeat_ngram_size=4, end_tokens=ends),
            dict(decoding="release", num_beams=4, length_penalty=0.8, no_repeat_ngram_size=2, end_tokens=ends[:1]),
            dict(decoding="release", num_beams=3, no_repeat_ngram_size=3),
        ]
        for option in options:
            of_end = option.get("end_tokens", [])
            ids = []
            for prompt in prompts:
                if option.get("decoding") == "release":
                    ids.append(release(model, prompt, option["num_beams"], option.get("length_penalty", 1.0),
                                       option["no_repeat_ngram_size"], of_end, longest))
                    continue
                given = {k: v for k, v in option.items() if k != "end_tokens"}
                out = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                                     do_sample=False, max_new_tokens=longest, eos_token_id=of_end or None,
                                     pad_token_id=0, **given)[0, len(prompt):].tolist()
                end = next((i + 1 for i, t in enumerate(out) if t in of_end), len(out))
                ids.append(out[:end])
            cases.append({"model": name, "prompts": prompts, "max_new_tokens": longest, "options": option, "ids": ids})
    with open(os.path.join(here, "..", "data", "generation.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
