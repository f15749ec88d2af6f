"""Golden tokens for tests/engine/test_token_model.cpp, from the `tokenizers` package 0.23.3 (Python 3.11).

    python tests/golden/make_token_models.py

Trains tiny models on a text of its own, with each option, and writes tests/data/token_models.json: the model part of
each tokenizer.json and what it makes of words, as [id, start, end] with byte offsets. `long` holds digests.
"""

import hashlib
import itertools
import json
import pathlib
import random

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data"
TEXT = ("the cat sat on the mat and then the other cats sat there too while rain in spain stays mainly in the plain "
        "unaffable affable unable tables stable cable été café naïve señor 中文 文字 中 hello hello hullo yellow "
        "low lower lowest new newer newest wide wider widest aaaa aaa aa banana bananas ananas").split()
WORDS = ["the", "a", "cats", "unaffable", "newest", "lowestlow", "zebra", "x", "é", "中", "中文字", "été", "naïf", "aaaaaaa",
         "😀", "a😀b", "😀😀", "a😀😀b中", "qéq", "ab中é😀x", "\u0301e", "Ġthe", "▁the▁cat", "▁▁▁a▁▁b▁", "▁", "the▁", "x▁y▁z", "<unk>",
         "a<unk>b", "<0x41>", "bananananas", "\x00", "ﬁ", "hellohellohello"]


def long_words():
    generator = random.Random(7)
    alphabet = "".join(TEXT) + "▁▁▁▁😀"
    return ["".join(generator.choice(alphabet) for _ in range(n)) for n in (63, 64, 65, 66, 128, 500, 3000)] + ["a" * 777, "▁" * 99]


def tokens(tokenizer, word):
    return [[t.id, *t.offsets] for t in tokenizer.model.tokenize(word)]


def digest(tokenizer, word):
    text = "".join(f"{i} {start} {end}\n" for i, start, end in tokens(tokenizer, word))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def case(name, tokenizer):
    return {"name": name, "model": json.loads(tokenizer.to_str())["model"], "tokens": [tokens(tokenizer, w) for w in WORDS],
            "long": [digest(tokenizer, w) for w in long_words()]}


BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def trained(model, trainer, text=TEXT):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator([" ".join(text)], trainer)
    return Tokenizer.from_str(tokenizer.to_str())


def bpe_cases():
    for fuse, unk, prefix, suffix in itertools.product((False, True), (None, "<unk>"), (None, "##"), (None, "</w>")):
        options = {"unk_token": unk, "continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
        affixes = {k: v for k, v in options.items() if v and k != "unk_token"}
        model = models.BPE(fuse_unk=fuse, **{k: v for k, v in options.items() if v})
        trainer = trainers.BpeTrainer(vocab_size=150, special_tokens=[unk] if unk else [], show_progress=False, **affixes)
        yield f"BPE fuse_unk={fuse} unk={unk} prefix={prefix} suffix={suffix}", trained(model, trainer)
    for known, fuse in ((BYTES, False), (BYTES[:0xC4], True), (BYTES[:0xC4], False)):  # all bytes, or ASCII and continuations
        model = models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=True)
        trainer = trainers.BpeTrainer(vocab_size=len(known) + 70, special_tokens=["<unk>", *known], show_progress=False,
                                      limit_alphabet=24)
        yield f"BPE byte_fallback, {len(known)} bytes, fuse_unk={fuse}", trained(model, trainer)
    sentence = ["▁".join(["", *TEXT[i : i + 8]]) for i in range(0, len(TEXT), 4)]
    crossing = [word.replace("▁", " ").strip().replace(" ", "▁") for word in sentence]
    for name, text, limit in (("Metaspace", ["▁" + word for word in TEXT] + ["▁▁▁▁"], 160), ("crossing Metaspace", crossing * 3, 200)):
        trainer = trainers.BpeTrainer(vocab_size=limit, special_tokens=["<unk>"], show_progress=False)
        tokenizer = trained(models.BPE(unk_token="<unk>", fuse_unk=True), trainer, text)
        yield f"BPE {name}", tokenizer
        file = json.loads(tokenizer.to_str())
        file["model"]["ignore_merges"] = True
        file["model"]["vocab"]["▁the▁cat"] = len(file["model"]["vocab"])  # no merges lead there
        yield f"BPE {name}, ignore_merges", Tokenizer.from_str(json.dumps(file))
        file["model"]["ignore_merges"] = False
        merges = [" ".join(pair) for pair in file["model"]["merges"]]
        file["model"]["merges"] = ["#version: 0.2", *merges, merges[0]]  # the last of equal pairs counts
        tokenizer = Tokenizer.from_str(json.dumps(file))
        yield f"BPE {name}, merges as texts, one twice", tokenizer, file["model"]


def unigram_cases():
    for known in ([], BYTES, BYTES[:0xC4]):
        trainer = trainers.UnigramTrainer(vocab_size=90 + len(known), special_tokens=["<unk>", *known], unk_token="<unk>", show_progress=False)
        file = json.loads(trained(models.Unigram(), trainer).to_str())
        for fallback in {False, bool(known)}:
            file["model"]["byte_fallback"] = fallback
            yield f"Unigram byte_fallback={fallback}, {len(known)} bytes", Tokenizer.from_str(json.dumps(file))
    vocab = [["<unk>", 0.0], ["a", -1.0], ["b", -1.0], ["ab", -2.0], ["n", -1.0], ["an", -2.0], ["ana", -3.0], ["na", -2.0],
             ["é", -200.0], ["😀😀", -1.0], ["aa", -2.0], ["a", -1.5], ["", -1.0], ["the", -3.0], ["t", 0.5], ["he", -9.0]]
    file = {"version": "1.0", "added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": False}}
    yield "Unigram ties, one token twice", Tokenizer.from_str(json.dumps(file)), file["model"]


def other_cases():
    yield "WordLevel", Tokenizer(models.WordLevel({"[UNK]": 3, "the": 1, "a": 7, "中": 0}, unk_token="[UNK]"))
    trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=["[UNK]"], show_progress=False)
    yield "WordPiece", trained(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=600), trainer)


def main():
    cases = []
    for name, tokenizer, *model in itertools.chain(bpe_cases(), unigram_cases(), other_cases()):
        cases.append(case(name, tokenizer) | ({"model": model[0]} if model else {}))
    golden = {"words": WORDS, "long_words": long_words(), "cases": cases}
    (DATA / "token_models.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
