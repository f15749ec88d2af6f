#!/usr/bin/env python3
"""Tokens a second of our generation beside transformers' generate (5.18), in one run on this machine's CPU.

    python tests/bench/compare_generate.py BENCH_GENERATE [--rounds N]

BENCH_GENERATE is the built program. Models: the bundled stories260K, and a GPT-2 small (124 million parameters) with
random weights that is made in a temporary folder. Both sides write the same number of tokens and never end early; the
prompts are 8 tokens. Each side has its turn in every round; the ratio is that of the best rounds.
"""
import argparse, json, os, pathlib, subprocess, tempfile, time

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def theirs(model, prompts, beams, tokens):
    ids = torch.randint(3, model.config.vocab_size, (prompts, 8), generator=torch.Generator().manual_seed(1))
    begin = time.perf_counter()
    model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, num_beams=beams, max_new_tokens=tokens,
                   min_new_tokens=tokens, eos_token_id=None, pad_token_id=0)
    return prompts * tokens / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    stories = pathlib.Path(__file__).resolve().parents[2] / "resources" / "models" / "stories260K"
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=None)).save_pretrained(folder)
        print("| model | prompts × beams | ours, tokens/s | transformers | ratio |")
        print("| --- | --- | --- | --- | --- |")
        for name, path, prompts, beams, tokens in [("stories260K", stories, 1, 1, 200), ("stories260K", stories, 8, 10, 100),
                                                   ("GPT-2 small", folder, 1, 1, 64), ("GPT-2 small", folder, 4, 10, 32)]:
            model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
            model.generation_config.eos_token_id = None
            theirs(model, prompts, beams, 8)
            ours = reference = 0
            for _ in range(arguments.rounds):
                out = subprocess.run([arguments.bench, str(path), str(prompts), str(beams), str(tokens)], check=True,
                                     capture_output=True, text=True).stdout
                ours = max(ours, json.loads(out)["tokens_per_second"])
                reference = max(reference, theirs(model, prompts, beams, tokens))
            print(f"| {name} | {prompts} × {beams} | {ours:.0f} | {reference:.0f} | {ours / reference:.1f} |", flush=True)


main()
