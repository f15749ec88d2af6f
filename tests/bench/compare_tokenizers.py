"""Random and real text through bench_tokenizer and the `tokenizers` package (0.23): ids, offsets, decoded text.

    python tests/bench/compare_tokenizers.py BENCH_TOKENIZER --tokenizer FOLDER [--reference FILE] [--characters N] [--seed S] [--file F]...
    python tests/bench/compare_tokenizers.py BENCH_TOKENIZER --parts [--characters N] [--seed S]

BENCH_TOKENIZER is the built program. --parts compares normalizers and pre-tokenizers alone, each with its options.
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
from tokenizers import NormalizedString, PreTokenizedString, Tokenizer, models

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


def compare_whole(program, folder, reference, source):
    tokenizer = Tokenizer.from_file(str(reference or folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    report = Report(str(folder))
    for batch in batches(source):
        for text, found in zip(batch, answers([program, "encode", str(folder)], batch)):
            report.add(text, expected_encoding(tokenizer, text), found)
    return report.close()


def part_files():
    """Small files whose normalizer or pre_tokenizer is tried alone."""
    normalizers = [{"type": t} for t in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")]
    normalizers += [{"type": "Strip", "strip_left": left, "strip_right": right} for left in (True, False) for right in (True, False)]
    normalizers += [{"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": cjk, "strip_accents": accents,
                     "lowercase": lower} for clean in (True, False) for cjk in (True, False)
                    for accents in (None, True, False) for lower in (True, False)]
    normalizers += [{"type": "Prepend", "prepend": prefix} for prefix in ("▁", "ab")]
    patterns = [{"String": " "}, {"String": "a"}, {"String": ""}, {"String": "e\u0301"}, {"String": "a.b"}, {"Regex": "a+"},
                {"Regex": " {2,}"}, {"Regex": "[aeiou]|\u0301"}, {"Regex": "^."}, {"Regex": ".$"}, {"Regex": "x*"}, {"Regex": r"\s+$"}]
    normalizers += [{"type": "Replace", "pattern": p, "content": c} for p in patterns for c in ("", "▁", "xyz")]
    normalizers += [{"type": "Sequence", "normalizers": n} for n in (
        [], [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "NFC"}],
        [{"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "NFKC"}, {"type": "Lowercase"}],
        [{"type": "NFKD"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Prepend", "prepend": "▁"}],
        [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "NFC"}])]
    behaviors = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
    gpt2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    tail = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    llama3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + tail
    qwen2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + tail
    splits = [{"String": " "}, {"String": "\u0301"}, {"String": "  "}, {"Regex": r"\s"}, {"Regex": r"\s+"}, {"Regex": "[aeiou]"},
              {"Regex": "x*"}, {"Regex": "."}, {"Regex": r"\d{2}"}, {"Regex": "(?<=t)h"}]
    words = [{"type": "Split", "pattern": p, "behavior": b, "invert": i} for p in splits for b in behaviors for i in (False, True)]
    words += [{"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": False} for p in (gpt2, llama3, qwen2)]
    words += [{"type": "Split", "pattern": {"Regex": gpt2}, "behavior": "Removed", "invert": True}]
    words += [{"type": t} for t in ("BertPreTokenizer", "Whitespace", "WhitespaceSplit")]
    words += [{"type": "Punctuation", "behavior": b} for b in behaviors]
    words += [{"type": "Digits", "individual_digits": i} for i in (False, True)]
    words += [{"type": "ByteLevel", "add_prefix_space": a, "trim_offsets": True, "use_regex": r} for a in (False, True) for r in (False, True)]
    words += [{"type": "Metaspace", "replacement": r, "prepend_scheme": p, "split": s}
              for r in ("▁", "_") for p in ("always", "never", "first") for s in (False, True)]
    words += [{"type": "Sequence", "pretokenizers": p} for p in (
        [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}],
        [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}],
        [{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False}],
        [{"type": "Punctuation", "behavior": "Contiguous"}, {"type": "Split", "pattern": {"Regex": llama3}, "behavior": "Isolated", "invert": False},
         {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}])]
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    return ([("normalizer", n, None) for n in normalizers] + [("pre_tokenizer", None, w) for w in words] +
            [("both", strip, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}),
             ("both", {"type": "NFKC"}, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True})])


def expected_part(tokenizer, text):
    normalized = NormalizedString(text)
    if tokenizer.normalizer:
        tokenizer.normalizer.normalize(normalized)
    result = {"normalized": normalized.normalized, "words": []}
    if tokenizer.pre_tokenizer and not tokenizer.normalizer:
        words = PreTokenizedString(text)
        tokenizer.pre_tokenizer.pre_tokenize(words)
        result["words"] = [[word, *offset] for word, offset, _ in words.get_splits("original", "char")]
    else:  # WordLevel makes one token of each word: its offsets are the word's
        encoding = tokenizer.encode(text)
        result["words"] = [list(offset) for offset in encoding.offsets]
    return result


def compare_parts(program, characters, seed):
    differ = 0
    source = list(texts(characters, seed))
    for kind, normalizer, pre_tokenizer in part_files():
        file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer,
                "pre_tokenizer": pre_tokenizer, "post_processor": None, "decoder": None,
                "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}}
        if kind == "normalizer":  # each character apart, for the offsets
            file["pre_tokenizer"] = {"type": "Split", "pattern": {"Regex": r"(?m:.)"}, "behavior": "Isolated", "invert": False}
        tokenizer = Tokenizer.from_str(json.dumps(file))
        report = Report(json.dumps(normalizer or "") + json.dumps(pre_tokenizer or ""))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as part:
            json.dump(file, part)
            part.flush()
            for text, found in zip(source, answers([program, "parts", part.name], source)):
                expected = expected_part(tokenizer, text)
                if tokenizer.normalizer and "words" in found:
                    found["words"] = [word[1:] for word in found["words"]]
                report.add(text, expected, found)
        differ += report.close() if report.different else 0
    print(f"{len(part_files())} parts, {len(source)} texts each, {differ} differ")
    return differ


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--tokenizer", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path, help="tokenizer.json; left out: FOLDER's own")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--characters", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", type=pathlib.Path, action="append", default=[])
    arguments = parser.parse_args()
    print(f"tokenizers {tokenizers.__version__}, seed {arguments.seed}")
    if arguments.parts:
        sys.exit(1 if compare_parts(arguments.program, arguments.characters, arguments.seed) else 0)
    source = texts(arguments.characters, arguments.seed)
    if arguments.file:
        source = (line for file in arguments.file for line in file.read_bytes().decode("utf-8", "replace").split("\n"))
    sys.exit(1 if compare_whole(arguments.program, arguments.tokenizer, arguments.reference, source) else 0)


if __name__ == "__main__":
    main()
