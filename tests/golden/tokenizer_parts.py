"""Small tokenizer files that try one part or a few options each, for make_tokenizer_parts.py (golden values) and
tests/bench/compare_tokenizers.py (random text)."""

import base64
import itertools
import json
import struct

from tokenizers import AddedToken, NormalizedString, PreTokenizedString, Tokenizer, models, pre_tokenizers, trainers

SPECIAL = ["<s>", "</s>", "<mask>", "[CLS]", "[SEP]"]


def part_files():
    """(kind, file) where the normalizer or the pre_tokenizer of the file is tried alone."""
    normalizers = [{"type": t} for t in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")]
    normalizers += [{"type": "Strip", "strip_left": left, "strip_right": right} for left in (True, False) for right in (True, False)]
    normalizers += [{"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": cjk, "strip_accents": accents,
                     "lowercase": lower} for clean in (True, False) for cjk in (True, False)
                    for accents in (None, True, False) for lower in (True, False)]
    normalizers += [{"type": "Prepend", "prepend": prefix} for prefix in ("▁", "ab")]
    normalizers += [{"type": "Precompiled", "precompiled_charsmap": CHARSMAP}]
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
    parts = [("normalizer", n, None) for n in normalizers] + [("pre_tokenizer", None, w) for w in words]
    parts += [("both", strip, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}),
              ("both", {"type": "NFKC"}, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True})]
    apart = {"type": "Split", "pattern": {"Regex": r"(?m:.)"}, "behavior": "Isolated", "invert": False}
    return [(kind, file_of(normalizer=n, pre_tokenizer=apart if kind == "normalizer" else w)) for kind, n, w in parts]


def charsmap(rules):
    """A precompiled_charsmap: a double-array trie as darts-clone lays it out, then the replacements."""
    replacements, places = b"", {}
    for after in rules.values():
        places[after] = len(replacements)
        replacements += after.encode() + b"\0"
    trie = {}
    for before, after in rules.items():
        node = trie
        for byte in before.encode():
            node = node.setdefault(byte, {})
        node[-1] = places[after]  # a value
    units, used = [0] * (1 << 16), {0}

    def place(node, at, label):
        base = next(b for b in range(1, len(units)) if all((b ^ max(byte, 0)) not in used for byte in node))
        used.update(base ^ max(byte, 0) for byte in node)
        offset = at ^ base
        assert offset < 1 << 21
        units[at] = label | (1 << 8 if -1 in node else 0) | offset << 10
        for byte, child in node.items():
            if byte == -1:
                units[base] = child | 1 << 31
            else:
                place(child, base ^ byte, byte)

    place(trie, 0, 0)
    size = max(used) + 1
    size += -size % 256
    return base64.b64encode(struct.pack(f"<I{size}I", 4 * size, *units[:size]) + replacements).decode()


CHARSMAP = charsmap({"\u00a0": " ", "\u3000": " ", "\t": " ", "\r": " ", "\n": " ", "ﬁ": "fi", "ﬃ": "ffi", "é": "e\u0301", "e\u0301": "é",
                     "①": "1", "㎏": "kg", "\u200d": "", "\u00ad": "", "A": "a", "…": "...", "ｶﾞ": "ガ", "½": "1⁄2", "Å": "Å", "q": "Q"})


def file_of(**parts):
    """WordLevel makes one token of each word: its offsets are the word's."""
    file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": None, "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}}
    return file | parts


def expected_part(kind, tokenizer, text):
    normalized = NormalizedString(text)
    if tokenizer.normalizer:
        tokenizer.normalizer.normalize(normalized)
    if kind == "pre_tokenizer":
        words = PreTokenizedString(text)
        tokenizer.pre_tokenizer.pre_tokenize(words)
        return {"normalized": text, "words": [[word, *offset] for word, offset, _ in words.get_splits("original", "char")]}
    return {"normalized": normalized.normalized, "words": [["", *offset] for offset in tokenizer.encode(text).offsets]}


def byte_level_bpe(texts):
    """A byte-level BPE model with some merges of its own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return json.loads(tokenizer.to_str())["model"]


def whole_files(texts):
    """Added tokens, post-processors and decoders around a small model."""
    model = byte_level_bpe(texts)
    size = len(model["vocab"])
    words = {"type": "WordLevel", "vocab": {"[UNK]": 0, "▁the": 1, "the": 2, "▁": 3, "▁a": 4}, "unk_token": "[UNK]"}

    def added(*tokens, vocab=model["vocab"]):
        free = itertools.count(len(vocab))
        return [dict(id=vocab[t] if t in vocab else next(free), content=t, single_word=False, lstrip=False,
                     rstrip=False, normalized=False, special=True) | o for t, o in tokens]

    plain = added(*((t, {}) for t in SPECIAL))
    wild_tokens = (("<s>", {}), ("</s>", {"normalized": True}), ("<mask>", {"lstrip": True, "normalized": True}),
                 ("[CLS]", {"rstrip": True}), ("[SEP]", {"lstrip": True, "rstrip": True, "special": False}),
                 ("the", {"single_word": True, "special": False}), ("The", {"normalized": True, "special": False}),
                 ("  ", {"special": False}), ("\u0301", {"special": False}), ("[MASK]", {"single_word": True, "lstrip": True}))
    wild = added(*wild_tokens)
    ids = {t: size + i for i, t in enumerate(SPECIAL)}

    def byte_level(prefix, trim):
        return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": True}

    def special(token, type_id=0):
        return {"SpecialToken": {"id": token, "type_id": type_id}}

    def sequence(name, type_id=0):
        return {"Sequence": {"id": name, "type_id": type_id}}

    template = {"type": "TemplateProcessing", "single": [special("<s>"), sequence("A"), special("</s>")],
                "pair": [special("<s>"), sequence("A"), special("</s>"), special("</s>", 1), sequence("B", 1), special("</s>", 1)],
                "special_tokens": {t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in ("<s>", "</s>")}}
    two = {"sep": ["</s>", ids["</s>"]], "cls": ["<s>", ids["<s>"]]}
    processors = [None, template, {"type": "BertProcessing", **two}]
    for prefix, trim in itertools.product((False, True), repeat=2):
        processors += [byte_level(prefix, trim), {"type": "RobertaProcessing", **two, "trim_offsets": trim, "add_prefix_space": prefix}]
    processors += [{"type": "Sequence", "processors": p} for p in
                   ([], [byte_level(True, True), template], [template, byte_level(False, True)], [template, byte_level(True, True)])]
    normalizers = [None, {"type": "Lowercase"}, {"type": "Strip", "strip_left": True, "strip_right": True},
                   {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}]
    base = {"model": model, "decoder": byte_level(True, True)}
    files = []
    for i, processor in enumerate(processors):
        for prefix in (False, True):
            files.append(file_of(**base, pre_tokenizer=byte_level(prefix, True), post_processor=processor,
                                 added_tokens=wild if i % 2 else plain))
    for normalizer in normalizers:
        for tokens in ([], plain, wild):
            files.append(file_of(**base, pre_tokenizer=byte_level(False, True), normalizer=normalizer, added_tokens=tokens,
                                 post_processor=byte_level(True, True)))
    for scheme in ("always", "never", "first"):  # where a piece stands decides
        for normalizer in normalizers:
            metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": True}
            files.append(file_of(added_tokens=added(*wild_tokens, vocab=words["vocab"]), normalizer=normalizer, model=words,
                                 pre_tokenizer=metaspace, decoder=metaspace))
    return files


def decoders():
    strip = [{"type": "Strip", "content": c, "start": a, "stop": b} for c, a, b in ((" ", 1, 0), ("H", 2, 1), ("▁", 0, 1))]
    replace = [{"type": "Replace", "pattern": p, "content": c} for p, c in (
        ({"String": "▁"}, " "), ({"Regex": "[aeiou]+"}, "_"), ({"String": "Ġ"}, ""), ({"String": ""}, "-"))]
    metaspace = [{"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": True} for s in ("always", "never", "first")]
    word_piece = [{"type": "WordPiece", "prefix": p, "cleanup": c} for p in ("##", "") for c in (True, False)]
    plain = [{"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    bpe = [{"type": "BPEDecoder", "suffix": s} for s in ("</w>", "a")]
    return strip + replace + metaspace + word_piece + plain + bpe + [{"type": "Sequence", "decoders": d} for d in (
        [], [replace[0], plain[1], plain[2], strip[0]], [plain[1], metaspace[0]], [word_piece[0], replace[1]])]


TOKENS = [
    [""], ["a"], ["Hello", "▁World", "▁", "!"], ["▁Hello", "▁▁two", "▁"], ["Ġthe", "Ġ", "Ċ", "Ã", "©", "Ãł", "ĠÃ"],
    ["Ġno", "中", "Ã", "x"], ["<0xE4>", "<0xB8>", "<0xAD>", "a", "<0xFF>", "b", "<0xC3>"], ["<0x+A>", "<0xgg>", "<0x0>", "<0x41>"],
    ["un", "##aff", "##able", "do", "not", ".", "##.", "n't", "'m", "it", "'s", "' ", "a . b ' c"], ["HHHi", "HH", "H H"],
    ["low</w>", "er", "</w>", "aab</w>x"], ["e\u0301", "\u0301", "👨\u200d👩", "İ", "\x00"], ["ð", "Ł", "ĺ", "Ģ", "ð", "Ł"],
]
