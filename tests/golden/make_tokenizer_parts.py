"""Golden values for tests/engine/test_tokenizer_parts.cpp, from the `tokenizers` package 0.23.3 (Python 3.11).

    python tests/golden/make_tokenizer_parts.py

Writes tests/data/tokenizer_parts.json: for each part and small tokenizer of tokenizer_parts.py a digest of what it makes of
tests/data/hostile.txt and the texts below, for some parts a digest over every code point, and what each decoder makes of
TOKENS.
"""

import functools
import hashlib
import json
import pathlib

import tokenizers
from tokenizers import Tokenizer
from tokenizer_parts import TOKENS, decoders, expected_part, part_files, whole_files

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"

TEXTS = [
    "the quick\nbrown\r\nfox\r\rjumps \n over\n\n the   lazy\t\tdog  \n", "\n", "\r\n", " \n a", "a \n", "  the The the  The",
    "I'm you're he'S we'LL they'VE 'tis 'ſ 'Ll rock'n'roll o'd'", "<s>the</s> <mask>a<mask> [CLS] a [SEP]  b[SEP]c[MASK] [MASK]d",
    " <s> </s>\u3000<mask>\u00a0[SEP]\u2003x <s>\u0301", "12345 1,234.5 ①②③ ½ Ⅳ 1\n2", "ｶﾞｷﾞ ﬁﬃ Å é e\u0301 q\u0323\u0307 \u00ad\u200da", "\x00a\x00 \x00",
    "the cat the mat the hat", "▁the ▁ a▁b", "a-b--c---d", "e\u0301e\u0301", "aab ab a.b axb", "x", "xx y xxx", " ", "   ", "a" * 1000,
]


def short(texts) -> str:
    sha = hashlib.sha256()
    for text in texts:
        sha.update(text.encode())
    return sha.hexdigest()[:16]


def part_text(part) -> str:
    return part["normalized"] + "\n" + "".join(f"{word} {start} {end}\n" for word, start, end in part["words"])


def code_point_text(tokenizer, text) -> str:
    if tokenizer.normalizer:
        return tokenizer.normalizer.normalize_str(text) + "\n"
    return "".join(f"{word}\n" for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text))


def encoding_text(tokenizer, encoding) -> str:
    ids = "".join(f"{i} " for i in encoding.ids)
    types = "".join(f"{i} " for i in encoding.type_ids)
    offsets = "".join(f"{start} {end} " for start, end in encoding.offsets)
    decoded = (tokenizer.decode(encoding.ids, skip_special_tokens=skip) for skip in (False, True))
    return f"{ids}|{types}|{offsets}|" + "|".join(decoded) + "\n"


def every_code_point():
    code_points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    return ["".join("a" + chr(c) + "\u0301 1" for c in code_points[i : i + 64]) for i in range(0, len(code_points), 64)]


def is_for_every_code_point(kind, file):
    """Parts that look a code point up, once each."""
    part = file["normalizer"] or file["pre_tokenizer"]
    if kind == "both" or part["type"] in ("Sequence", "Metaspace", "ByteLevel", "Strip", "Prepend", "Replace", "Precompiled"):
        return False
    if part["type"] == "BertNormalizer":
        return all(part[key] for key in ("clean_text", "handle_chinese_chars", "lowercase")) and part["strip_accents"] is None
    if part["type"] == "Split":
        return len(str(part["pattern"])) > 60 and part["behavior"] == "Isolated"
    return part.get("behavior", "Isolated") == "Isolated" and part.get("individual_digits", True)


def decoded(decoder, tokens):
    try:
        return decoder.decode(tokens)
    except BaseException:  # a panic of the package: Strip of more than there is
        return None


def main():
    hostile = (DATA / "hostile.txt").read_bytes().split(b"\n")
    texts = [line.decode("utf-8", "replace") for line in hostile] + TEXTS
    everything = every_code_point()
    parts = []
    for kind, file in part_files():
        tokenizer = Tokenizer.from_str(json.dumps(file))
        entry = {"kind": kind, "normalizer": file["normalizer"], "pre_tokenizer": file["pre_tokenizer"],
                 "digest": short(part_text(expected_part(kind, tokenizer, text)) for text in texts)}
        if is_for_every_code_point(kind, file):
            entry["every"] = short(code_point_text(tokenizer, text) for text in everything)
        parts.append(entry)
    words = [text for text in texts if len(text) < 200]  # of longer pairs the package makes millions of overflowing parts
    whole, model = [], None
    for file in whole_files(words):
        tokenizer = Tokenizer.from_str(json.dumps(file))
        digests = {}
        for name, add in (("", True), ("plain_", False)):  # plain: without adding special tokens
            encode = functools.partial(tokenizer.encode, add_special_tokens=add)
            tokenizer.no_truncation()
            digests[name + "single"] = short(encoding_text(tokenizer, encode(text)) for text in texts)
            digests[name + "pair"] = short(encoding_text(tokenizer, encode(a, b)) for a, b in zip(texts, texts[1:]))
            tokenizer.enable_truncation(max_length=9)
            digests[name + "cut"] = short(encoding_text(tokenizer, encode(a, b)) for a, b in zip(words, words[1:]))
        if file["model"]["type"] == "BPE":  # the same for all: written once
            assert model in (None, file["model"])
            model = file.pop("model")
        file = {key: value for key, value in file.items() if value}
        whole.append({"file": file} | digests)
    base = {"version": "1.0", "model": model}
    decoding = []
    for decoder in decoders():
        instance = Tokenizer.from_str(json.dumps(base | {"added_tokens": [], "decoder": decoder})).decoder
        decoding.append({"decoder": decoder, "texts": [decoded(instance, tokens) for tokens in TOKENS]})
    golden = {"tokenizers": tokenizers.__version__, "texts": TEXTS, "parts": parts, "base": base, "whole": whole, "tokens": TOKENS,
              "decoders": decoding}
    (DATA / "tokenizer_parts.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
