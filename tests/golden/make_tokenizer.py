"""Golden ids for tests/engine/test_tokenizer.cpp, from the `tokenizers` package 0.23.3 (Python 3.11).

    python tests/golden/make_tokenizer.py MODEL_FOLDER [SHARED_DATA]

MODEL_FOLDER holds the bundled model's tokenizer.json; SHARED_DATA holds glue/SST-2. Writes tests/data/hostile.txt,
tests/data/tokenizer_golden.json (what the bundled tokenizer makes of hostile.txt, Banking77 and SST-2) and
tests/data/tokenizer_options.json (small tokenizers that differ in their options, with texts and ids).
"""

import csv
import hashlib
import itertools
import json
import pathlib
import sys

import tokenizers
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
ROWS = 1000  # of one digest


def hostile() -> bytes:
    """Lines (split at \\n alone) that a tokenizer may stumble over."""
    texts = [
        "",
        " ",
        "\t \t",
        "Plain English, with punctuation: it's -- 3.14 (or so)!",
        "[CLS] a line with [MASK] and [SEP] inside [PAD][UNK] x[MASK]y [mask] [ MASK ] [MASK",
        "😀 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 ✊🏿 1️⃣ ❤️ 🫠 a😀b",
        "cafe\u0301 café Åström A\u030ast\u0308ro\u0308m naïve x\u0301\u0302\u0316\u0327y \u0301start",
        "marks out of order: a\u0345\u0316\u0301\u0334 q\u0323\u0307 q\u0307\u0323 \u302e\u302a\u302f 한\u302f\u302e",
        "中文字符 汉字ABC漢字 日本語のテキスト カタカナ ｶﾅ 한국어 𠀀𪚥 豈更 㐀䶵",
        "ש\u05b8ל\u05d5ם עולם مرحبا بالعالم \u202eright to left\u202c \u200fש\u200e ﷺ ﻻ",
        "controls: a\x01b\x02c\x7fd\x1be\x80f\x9fg\x85h\x0bi\x0cj a\rb\r\tc NUL[\x00]",
        "spaces: a\u00a0b\u1680c\u2000d\u2003e\u2009f\u200ag\u2028h\u2029i\u202fj\u205fk\u3000l\u200bm\ufeffn\u180eo\u2060p",
        "soft\u00adhyphen zero\u200bwidth\u200cnon\u200djoiner word\u2060joiner \ufeffBOM",
        "unassigned: \u0378\u0379 a\u0380b \u0530 \U000e1000 \U0003fffd x\uffffy \ufdd0 private \ue000 \U000f0000 tag \U000e0041",
        "İstanbul ISPARTA ıi DİYARBAKIR I\u0307 i\u0307",
        "Straße STRASSE ẞ ﬁne ﬂow ﬃ ﬆ ĳ Ǆ ǅ ǆ ŉ ſ K Å Ω",
        "ΑΣ ΟΔΟΣ ὈΔΥΣΣΕΎΣ ᾳ ᾼ ΐ Ϊ́ ЁЖ Й ђ Ⴀ ᏸ Ꭰ Ა Ⅷ ⓐ Ⓐ 𐐀 𞤀",
        "한국어 각 ᄒ\u1161\u11ab ᄀ가 \u1100\u1161\u11a8 ꥠ ힰ",
        "हिन्दी में क़ ড় தமிழ் ไทย ลาว မြန်မာ ខ្មែរ བོད་ ᠮᠣᠩᠭᠣᠯ ክርስ ᜃᜓ",
        "punctuation: «quoted» ‹x› „low“ ‚x‘ … — – ‐ ‑ · ¡ ¿ § ¶ † ‡ • ‰ ′ ″ ‿ ⁀ ⸮ 、。〈〉「」〜〽 ・ ･ ！？（） ؟ ، ؛ ۔ । ॥ ๏ ៖ ᠀ 𐄀 𑁇",
        "symbols: © ® ™ ° ± × ÷ ¬ ¦ ´ ` ¨ ^ ~ ¯ ¸ $ € £ ¥ ¢ + < = > | ← ∑ √ ∞ ≠ ☃ ♥ ½ ² ³ ª º № ㎏ ㈱ ①",
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ##ing ## # a##b",
        "newer than the package's tables: \u08d4 \u1ab0\u1ac0 \u2e43 \u2e52 \u0890 \U0001e130 \u1734 \u1885 \u166d \ua9bd \U000111c9 \U00011938",
        "replacement \ufffd in \ufffd\ufffdtext",
        "a" * 100,
        "a" * 101,
        "é" * 100 + " " + "é" * 101 + " " + "я" * 100 + " " + "я" * 101,
        "x" + "\u0301" * 300 + "y",
        "supercalifragilisticexpialidocious " + "antidisestablishmentarianism" * 3 + " unaffable zqxjkv",
        "ab" * 5000,
        "word " * 400,
        "12345678901234567890 1,000.50 1e-5 0x1F ١٢٣ १२३ Ⅳ",
        "https://user@example.org:8080/path?q=a&b=%20#frag\\n C:\\dir\\file.txt",
        "ends in a space ",
        "ends in a return\r",
    ]
    ill_formed = [
        b"lone continuation \x80 a\xbfb \x80\x80\x80",
        b"overlong \xc0\x80 \xc1\xbf \xe0\x80\x80 \xe0\x9f\xbf \xf0\x80\x80\x80 \xf0\x8f\xbf\xbf",
        b"surrogates \xed\xa0\x80 \xed\xbf\xbf \xed\xa0\xbd\xed\xb8\x80 but \xed\x9f\xbf is none",
        b"above U+10FFFF \xf4\x90\x80\x80 \xf5\x80\x80\x80 \xf8\x88\x80\x80\x80 \xfc \xfe \xff and last \xf4\x8f\xbf\xbf",
        b"cut short \xc3 \xe4\xb8 \xe4 \xf0\x9f\x98 \xf0\x9f \xf0 x\xe4\xb8y\xf0\x9f\x98z",
        b"cut short by another \xe4\xb8\xc3\xa9 \xf0\x9f\x98\xe4\xb8\xad \xc3\xc3\xa9",
        b"latin-1 caf\xe9 na\xefve \xfcber",
        b"[MA\xffSK] [MASK]\xff\xfe",
        b"cut short at the end \xe4\xb8",
        b"cut short at the end \xf0\x9f\x98",
        b"cut short at the end \xc3",
    ]
    return b"\n".join([text.encode() for text in texts] + ill_formed + [b""])


def decoded(line: bytes) -> str:
    return line.decode("utf-8", errors="replace")


def digest(encodings) -> str:
    """Of the rows' ids and type ids: "ids|type ids\\n", each number with a space behind it."""
    sha = hashlib.sha256()
    for encoding in encodings:
        ids = "".join(f"{i} " for i in encoding.ids)
        types = "".join(f"{i} " for i in encoding.type_ids)
        sha.update(f"{ids}|{types}\n".encode())
    return sha.hexdigest()[:16]


def digests(tokenizer, texts):
    return [digest(tokenizer.encode(t) for t in texts[i : i + ROWS]) for i in range(0, len(texts), ROWS)]


def banking77(name: str):
    with open(ROOT / "datasets" / "banking77" / name, newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def sst2(shared: pathlib.Path, name: str):
    lines = (shared / "glue" / "SST-2" / name).read_bytes().removesuffix(b"\n").split(b"\n")[1:]
    return [decoded(line.split(b"\t")[0]) for line in lines]


def truncation(tokenizer, texts):
    """Digests of single texts and of pairs of neighbours, by max_length; texts of equal length among them."""
    words = [["a " * n, "b " * m] for n, m in itertools.product((0, 1, 2, 5, 6, 7, 12, 13, 14, 40), repeat=2)]
    pairs = [list(pair) for pair in zip(texts, texts[1:])] + words
    result = []
    for max_length in (0, 2, 3, 4, 7, 16, 17, 32, 128):
        tokenizer.no_truncation()
        if max_length:
            tokenizer.enable_truncation(max_length=max_length)  # longest_first
        entry = {"max_length": max_length, "single": digest(tokenizer.encode(text) for text in texts)}
        if max_length != 2:  # no room for the three special tokens of a pair
            entry["pair"] = digest(tokenizer.encode(a, b) for a, b in pairs)
        result.append(entry)
    tokenizer.no_truncation()
    return {"rows": len(texts), "words": words, "digests": result}


def added(id, content, **options):
    defaults = dict(single_word=False, lstrip=False, rstrip=False, normalized=True, special=False)
    return dict(id=id, content=content, **(defaults | options))


def small_file(**parts):
    pieces = "[UNK] [CLS] [SEP] [MASK] a b c e é É E i İ ı the foo bar Foo FOO ß ss 中 文 ! [ ] # un ##aff ##able ##a ##b "
    pieces += "##e ##é ##i ##s ##̇ ##́ ##中 \u0301 \u0307 \x01 \u00a0 x y ##x ##y < > <x> ## ##the yes no ##文"
    bert = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    file = {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[UNK]"},
        "added_tokens": [added(i, t, special=True, normalized=False)
                         for i, t in enumerate(["[UNK]", "[CLS]", "[SEP]", "[MASK]"])],
        "normalizer": bert | {"type": "BertNormalizer"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": {t: i for i, t in enumerate(pieces.split(" "))}},
    }
    for name, value in parts.items():
        file[name] = file[name] | value if isinstance(file[name], dict) and value else value
    return file


TEXTS = [
    "", " ", "the unaffable foo", "The FOO Foo é É e\u0301 E\u0301 İ I\u0307 ß ı", "中文 a中b文", "a\x01b \x01 a\u00a0b \u00a0",
    "[CLS] a [MASK] b[MASK]c [MASK]  ! [ MASK ] ##the ## # x##y", "x<x>y <x> é<x> <x>! 1<x> _<x>_ <x>\u0301 (<x>)  <x>  <x>",
    "a yes  no yes! yesno  noyes\u00a0\u3000yes", "foo bar FOO BAR foobar Foo Bar foo  bar é", "abc aab caab bca ab  abc  a",
    "xyxyxyxyxy xyx aaaa aaaaa", "\u0301 \u0307a x\u0301y\u0307", "\u0301\u0302", "unaffablex unaffé",
]


def options():
    vocabulary = small_file()["model"]["vocab"]
    free = itertools.count(len(vocabulary))  # ids as the package gives them
    many = [added(vocabulary[content] if content in vocabulary else next(free), content, **kw) for content, kw in [
        ("<x>", dict(single_word=True, normalized=False)), ("yes", dict(lstrip=True, rstrip=True, normalized=False)),
        ("Foo Bar", {}), ("ab", dict(normalized=False)), ("abc", dict(normalized=False, lstrip=True)),
        ("aab", dict(rstrip=True)), ("É", dict(single_word=True)), ("  ", dict(normalized=False)), ("", {})]]
    cls, sep = ({"SpecialToken": {"id": t, "type_id": k}} for t, k in (("[CLS]", 0), ("[SEP]", 3)))
    sequence = lambda id, type_id: {"Sequence": {"id": id, "type_id": type_id}}
    template = {
        "type": "TemplateProcessing", "single": [sequence("A", 2), sep], "pair": [sequence("B", 5), cls, sequence("A", 0), sep],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1, 3], "tokens": ["[CLS]", "[MASK]"]},
                           "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}}
    cases = []
    for clean, cjk, accents, lower in itertools.product((True, False), (True, False), (None, True, False), (True, False)):
        bert = dict(clean_text=clean, handle_chinese_chars=cjk, strip_accents=accents, lowercase=lower)
        cases.append((f"normalizer {bert}", dict(normalizer=bert)))
    cases += [
        ("no normalizer", dict(normalizer=None)),
        ("no pre-tokenizer", dict(pre_tokenizer=None)),
        ("added tokens", dict(added_tokens=small_file()["added_tokens"] + many)),
        ("added tokens, no normalizer", dict(added_tokens=many, normalizer=None)),
        ("added tokens, cased", dict(added_tokens=many, normalizer=dict(lowercase=False, strip_accents=False))),
        ("no added tokens", dict(added_tokens=[])),
        ("BertProcessing", dict(post_processor={"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})),
        ("TemplateProcessing", dict(post_processor=template)),
        ("unknown token, prefix, length", dict(model=dict(unk_token="x", continuing_subword_prefix="", max_input_chars_per_word=4))),
    ]
    result = []
    for name, parts in cases:
        file = small_file(**parts)
        tokenizer = Tokenizer.from_str(json.dumps(file))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        singles = [tokenizer.encode(text) for text in TEXTS]
        pairs = [tokenizer.encode(a, b) for a, b in zip(TEXTS, TEXTS[1:])]
        tokenizer.enable_truncation(max_length=7)
        cut = [tokenizer.encode(a, b) for a, b in zip(TEXTS, TEXTS[1:])]
        result.append({"name": name, "file": {k: v for k, v in file.items() if k in parts}, "size": tokenizer.get_vocab_size(),
                       "single": [e.ids for e in singles], "pair": digest(pairs), "cut": digest(cut),
                       "pair_types": pairs[3].type_ids})
    return {"tokenizers": tokenizers.__version__, "file": small_file(), "texts": TEXTS, "cases": result}


def main():
    model, shared = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "../shared/data")
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (DATA / "hostile.txt").write_bytes(hostile())
    lines = [decoded(line) for line in hostile().split(b"\n")]
    golden = {
        "tokenizers": tokenizers.__version__,
        "hostile_sha256": hashlib.sha256(hostile()).hexdigest(),
        "hostile": [tokenizer.encode(line).ids for line in lines],
        "banking77": {name: digests(tokenizer, banking77(name)) for name in ("train.csv", "test.csv")},
        "sst2": {name: digests(tokenizer, sst2(shared, name)) for name in ("train.tsv", "dev.tsv")},
        "truncation": truncation(tokenizer, banking77("test.csv")[:500]),
        "hostile_truncation": truncation(tokenizer, lines),
    }
    for name, value in (("tokenizer_golden.json", golden), ("tokenizer_options.json", options())):
        (DATA / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
