#!/usr/bin/env python3
"""Our training beside a transformers + peft script, in turn on one machine, as ratios.

A benchmark, not a test: run it on an idle machine.

  compare_peer.py --mtlora build/release/app/mtlora --peer PEER.py --peer-python VENV/bin/python --train SST-2/train.tsv [--rounds 3]

PEER.py prints one JSON line with examples_per_second, seconds_to_first_step and peak_rss_mib for --model, --train,
--rows, --steps, --batch, --r, --targets and, for rows that are all as long as --max-length allows, --fixed-length.
Both sides train a rank 8 LoRA on query and value of the bundled model, batch 32, 60 steps, on the first 4,000 rows.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--mtlora", required=True)
parser.add_argument("--peer", required=True)
parser.add_argument("--peer-python", required=True)
parser.add_argument("--train", required=True)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--methods", action="store_true", help="compare the methods of T with our own lora as well")
a = parser.parse_args()
FIGURES = ("examples_per_second", "seconds_to_first_step", "peak_rss_mib")


def run_json(command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index('{"' if '{"' in done.stdout else "{"):])


def long_rows(path, folder):
    """Rows of at least 128 tokens: sentences joined until they have 128 words, cut by the program at 128 tokens."""
    rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8-sig")][1:4001]
    words = [w for text, _ in rows for w in text.split()]
    out = os.path.join(folder, "long.tsv")
    with open(out, "w", encoding="utf-8") as f:
        f.write("sentence\tlabel\n")
        for i, (_, label) in enumerate(rows):
            start = i * 128 % (len(words) - 128)
            f.write(" ".join(words[start:start + 128]) + f"\t{label}\n")
    return out


def ours(method, train, folder):
    run = {"format": 1, "model": {"name_or_path": "minilm"},
           "data": {"task": "sst2", "train_file": os.path.abspath(train), "max_seq_length": 128, "max_train_samples": 4000,
                    "validation_split": 0},
           "adapter": {"method": method, "r": 8, "lora_alpha": 16, "target_modules": ["query", "value"]},
           "train": {"per_device_train_batch_size": 32, "learning_rate": 4e-4, "max_steps": a.steps}}
    path = os.path.join(folder, "run.json")
    json.dump(run, open(path, "w"))
    out = os.path.join(folder, "run")
    shutil.rmtree(out, ignore_errors=True)
    return run_json([a.mtlora, "train", path, "--out", out], env=dict(os.environ, MTLORA_HOME=os.path.join(folder, "home")))


def peer(fixed, model):
    command = [a.peer_python, a.peer, "--model", model, "--train", a.train, "--steps", str(a.steps)]
    return run_json(command + (["--fixed-length"] if fixed else []))


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def table(title, left, right, left_name, right_name):
    print(f"\n{title}\n{'':24}{left_name:>12}{right_name:>12}{'ratio':>9}   (pairs)")
    for key in FIGURES:
        ratios = sorted(x[key] / y[key] for x, y in zip(left, right))
        print(f"{key:24}{median(left, key):12.2f}{median(right, key):12.2f}{statistics.median(ratios):9.2f}"
              f"   {ratios[0]:.2f} to {ratios[-1]:.2f}")


with tempfile.TemporaryDirectory() as folder:
    models = json.loads(subprocess.run([a.mtlora, "models", "--json"], capture_output=True, text=True, check=True).stdout)
    model = next(m["folder"] for m in models if m["name"] == "minilm")
    for fixed in (False, True):
        train = long_rows(a.train, folder) if fixed else a.train
        pairs = [(ours("lora", train, folder), peer(fixed, model)) for _ in range(a.rounds)]
        table("every row 128 tokens" if fixed else "rows as they are", *zip(*pairs), "ours", "peer")
    if a.methods:
        for method in ("shim", "icfm", "ctcm", "dtsm"):
            pairs = [(ours(method, a.train, folder), ours("lora", a.train, folder)) for _ in range(a.rounds)]
            table(f"{method} beside our own lora", *zip(*pairs), method, "lora")
