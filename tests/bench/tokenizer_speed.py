"""Speed of encode beside the `tokenizers` package's, one after the other in one run, and on several threads.

    python tests/bench/tokenizer_speed.py BENCH_TOKENIZER TSV NAME=FOLDER[=REFERENCE]... [--threads 1,2,4]

The first column of TSV (a header above it) is encoded line by line: SST-2's train.tsv. REFERENCE is the tokenizer.json for
`tokenizers`, where FOLDER has none. Prints a Markdown table of MB/s, the best of three rounds each.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer, __version__  # noqa: E402


def theirs(path, lines):
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    size, best = sum(len(line.encode()) + 1 for line in lines), 0.0
    for _ in range(3):
        begin = time.perf_counter()
        for line in lines:
            tokenizer.encode(line)
        best = max(best, size / (time.perf_counter() - begin) / 1e6)
    return best


def ours(program, folder, file, threads):
    output = subprocess.run([program, "speed", str(folder), str(file), str(threads)], capture_output=True, text=True, check=True).stdout
    return float(output.split("\n")[0].removeprefix("ids alone").split()[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("tsv", type=pathlib.Path)
    parser.add_argument("tokenizers", nargs="+")
    parser.add_argument("--threads", default="1")
    arguments = parser.parse_args()
    counts = [int(n) for n in arguments.threads.split(",")]
    lines = [line.split("\t")[0] for line in arguments.tsv.read_text(encoding="utf-8").split("\n")[1:] if line]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        print(f"| tokenizer | tokenizers {__version__} | " + " | ".join(f"{n} threads" if n > 1 else "ours" for n in counts) + " | times |")
        print("|---|" + "---|" * (len(counts) + 2))
        for argument in arguments.tokenizers:
            name, folder, *reference = argument.split("=")
            path = pathlib.Path(reference[0]) if reference else pathlib.Path(folder) / "tokenizer.json"
            base = theirs(path, lines)
            speeds = [ours(arguments.program, folder, file.name, n) for n in counts]
            print(f"| {name} | {base:.2f} | " + " | ".join(f"{s:.1f}" for s in speeds) + f" | {speeds[0] / base:.1f} |", flush=True)


if __name__ == "__main__":
    main()
