"""Random and real text through bench_tokenizer and the `tokenizers` package (0.23): ids, offsets, decoded text.

    python tests/bench/compare_tokenizers.py BENCH_TOKENIZER --tokenizer FOLDER [--reference FILE] [--characters N] [--seed S] [--file F]...
    python tests/bench/compare_tokenizers.py BENCH_TOKENIZER --parts | --options [--characters N] [--seed S]

BENCH_TOKENIZER is the built program. --parts compares normalizers and pre-tokenizers alone, --options
small tokenizers whose added tokens, post-processors and decoders vary (tests/golden/tokenizer_parts.py).
Prints the first differences of each kind and how many texts differ; exits 1 if any does.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import tokenizers
from tokenizers import Tokenizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
from tokenizer_parts import expected_part, part_files, whole_files

RANGES = [  # (weight, first, last): scripts that tokenizers treat apart, and everything
    (30, 0x20, 0x7E), (6, 0x00, 0x1F), (4, 0x7F, 0xFF), (4, 0x100, 0x24F), (5, 0x300, 0x36F), (3, 0x370, 0x52F),
    (3, 0x590, 0x6FF), (4, 0x900, 0xDFF), (2, 0xE00, 0xEFF), (2, 0x1100, 0x11FF), (2, 0x1E00, 0x1FFF),
    (6, 0x2000, 0x206F), (2, 0x2070, 0x24FF), (2, 0x2500, 0x2BFF), (3, 0x3000, 0x30FF), (4, 0x4E00, 0x9FFF),
    (3, 0xAC00, 0xD7A3), (3, 0xF900, 0xFAFF), (3, 0xFB00, 0xFDFF), (3, 0xFE00, 0xFFFF), (4, 0x1F000, 0x1FAFF),
    (3, 0x10000, 0x1FFFF), (2, 0x20000, 0x3FFFF), (1, 0xE0000, 0xE01FF), (2, 0x80, 0x10FFFF)]
PIECES = [" ", "  ", "   ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u200d", "\ufe0f", "'s", "'LL", "'ſ", "n't", "▁", "Ġ",
          "<s>", "</s>", "<mask>", "[MASK]", "[CLS]", "<|endoftext|>", "<0x41>", "123", "4567", "3.14", "e\u0301", "İ", "ß", "ﬁ",
          "👨\u200d👩\u200d👧", "🇩🇪🇫🇷", "\u1100\u1161\u11a8", "क्षि", "\x00", "the", "The ", "http://", "a" * 30, ".", ",", "!"]
WORDS = "the of and to in is it you that was for on are with as his they be at one have this from or had by hot word".split()


def texts(characters: int, seed: int):
    generator = random.Random(seed)
    weights = [weight for weight, _, _ in RANGES]

    def character():
        _, first, last = generator.choices(RANGES, weights)[0]
        c = generator.randint(first, last)
        return chr(c) if not 0xD800 <= c <= 0xDFFF else "?"

    total = 0
    while total < characters:
        pieces = []
        kind = generator.random()
        for _ in range(generator.randint(0, 60)):
            if kind < 0.3 or generator.random() < 0.5:
                pieces.append(character())
            elif generator.random() < 0.5:
                pieces.append(generator.choice(PIECES))
            else:
                pieces.append(generator.choice(WORDS) + generator.choice(["", " ", " ", " "]))
        text = "".join(pieces)
        total += len(text)
        yield text


def answers(command, batch):
    lines = "".join(json.dumps(text) + "\n" for text in batch)
    output = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in output.decode().split("\n")[:-1]]


class Report:
    def __init__(self, name):
        self.name, self.compared, self.different, self.shown = name, 0, 0, 0

    def add(self, text, expected, found):
        self.compared += 1
        if expected == found:
            return
        self.different += 1
        if self.shown < 3:
            self.shown += 1
            for key, value in expected.items():
                if found.get(key) != value:
                    print(f"{self.name} {key} of {ascii(text)}\n  expected {ascii(value)}\n  found    {ascii(found.get(key))}"
                          f" {found.get('error', '')}")

    def close(self):
        print(f"{self.name}: {self.compared} texts, {self.different} differ")
        return self.different


def batches(source, size=20000):
    batch = []
    for text in source:
        batch.append(text)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def expected_encoding(tokenizer, text):
    encoding = tokenizer.encode(text)
    return {"ids": encoding.ids, "offsets": [list(offset) for offset in encoding.offsets],
            "text": tokenizer.decode(encoding.ids, skip_special_tokens=False),
            "kept": tokenizer.decode(encoding.ids, skip_special_tokens=True)}


def compare_whole(program, folder, reference, source, name=None):
    tokenizer = Tokenizer.from_file(str(reference or folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    report = Report(name or str(folder))
    for batch in batches(source):
        for text, found in zip(batch, answers([program, "encode", str(folder)], batch)):
            report.add(text, expected_encoding(tokenizer, text), found)
    return report.close()


def compare_parts(program, source):
    differ = 0
    files = part_files()
    for kind, file in files:
        tokenizer = Tokenizer.from_str(json.dumps(file))
        report = Report(json.dumps(file["normalizer"]) + " " + json.dumps(file["pre_tokenizer"]))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as part:
            json.dump(file, part)
            part.flush()
            for text, found in zip(source, answers([program, "parts", part.name], source)):
                if kind != "pre_tokenizer" and "words" in found:
                    found["words"] = [["", *word[1:]] for word in found["words"]]
                report.add(text, expected_part(kind, tokenizer, text), found)
        if report.different:
            differ += report.close()
    print(f"{len(files)} parts, {len(source)} texts each, {differ} differ")
    return differ


def compare_options(program, source):
    differ = 0
    files = whole_files(WORDS)
    for i, file in enumerate(files):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "tokenizer.json").write_text(json.dumps(file))
            differ += compare_whole(program, pathlib.Path(folder), None, source, f"options {i}")
    print(f"{len(files)} small tokenizers, {len(source)} texts each, {differ} differ")
    return differ


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--tokenizer", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path, help="tokenizer.json; left out: FOLDER's own")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--options", action="store_true")
    parser.add_argument("--characters", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", type=pathlib.Path, action="append", default=[])
    arguments = parser.parse_args()
    print(f"tokenizers {tokenizers.__version__}, seed {arguments.seed}")
    if arguments.parts:
        sys.exit(1 if compare_parts(arguments.program, list(texts(arguments.characters, arguments.seed))) else 0)
    if arguments.options:
        sys.exit(1 if compare_options(arguments.program, list(texts(arguments.characters, arguments.seed))) else 0)
    source = texts(arguments.characters, arguments.seed)
    if arguments.file:
        source = (line for file in arguments.file for line in file.read_bytes().decode("utf-8", "replace").split("\n"))
    sys.exit(1 if compare_whole(arguments.program, arguments.tokenizer, arguments.reference, source) else 0)


if __name__ == "__main__":
    main()
