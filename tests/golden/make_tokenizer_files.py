"""Golden data for tests/engine/test_tokenizer_files.cpp (versions: see reference_tokenizers.py).

    python tests/golden/make_tokenizer_files.py [SHARED_DATA]

Makes small model folders with every kind of tokenizer file but tokenizer.json, and with transformers' converters the
tokenizer.json that belongs to each: tests/data/tokenizer_files.json holds the files (base64), the reference's parts and
what it makes of texts. With SHARED_DATA, whose folder tokenizers/ holds the files of published models, it holds digests
of what the reference makes of real text, too.
"""

import base64
import hashlib
import io
import json
import pathlib
import shutil
import sys
import tempfile

import reference_tokenizers
import sentencepiece
from make_token_models import TEXT
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data"
SENTENCES = [" ".join(TEXT[i : i + 7]) for i in range(0, len(TEXT), 3)] + ["The Cat! sat; 12345 it's 3.14 (x)"] * 3
TEXTS = ["", " ", "the cat sat", " the  cat\tsat\n", "The CAT é É e\u0301 ﬁ Ａ", "it's 12345 3.14! (x)", "中文字 a中b 😀",
         "a\u00a0b\u3000c", "<s>the</s> <unk> <mask>the [MASK] [CLS]a[SEP]", "<|endoftext|>a<|im_start|>  <|begin_of_text|>b",
         "<start_of_turn>user a<end_of_turn>\t<tag>", "  leading", "trailing  ", "aaaa aaaaaa a", "▁the▁cat", "x\r\n\r\ny  z", "unaffable-stable"]


def byte_level(vocab_size, special_tokens):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=special_tokens, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(SENTENCES, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in model["merges"])
    return json.dumps(model["vocab"], ensure_ascii=False).encode(), merges.encode(), model


def sentencepiece_model(**options):
    model = io.BytesIO()
    defaults = dict(character_coverage=1.0, normalization_rule_name="identity", minloglevel=2, num_threads=1,
                    remove_extra_whitespaces=False)
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(SENTENCES), model_writer=model, **(defaults | options))
    return model.getvalue()


def with_charsmap(**options):
    """A small one: full-width A, the ligature fi, capitals of a few letters, and a tab that becomes a space."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write("FF21\t41\nFB01\t66 69\n9\t20\n3000\t20\nA0\t20\n65 301\tE9\n")
        rules.flush()
        return sentencepiece_model(normalization_rule_tsv=rules.name, normalization_rule_name="user_defined", **options)


def tiktoken(model):
    """Byte-level tokens in the order of their ids, as bytes."""
    characters = {c: b for b, c in reference_tokenizers.convert.bytes_to_unicode().items()}
    tokens = sorted(model["vocab"].items(), key=lambda item: item[1])
    return b"".join(base64.b64encode(bytes(characters[c] for c in token)) + b" %d\n" % i for token, i in tokens)


def folders():
    """name, kind of reference_tokenizers, files."""
    pieces = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat Cat cats sat é É un ##aff ##able ##s ##t 中 a ! ' it 3 . 14 ##1 e i".split()
    vocab = "\n".join(pieces).encode() + b"\n"
    yield "bert", "bert", {"vocab.txt": vocab, "config.json": b'{"model_type": "electra"}'}
    yield "bert, cased", "bert", {"vocab.txt": vocab.replace(b"\n", b"\r\n"), "tokenizer_config.json": json.dumps(
        {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False}).encode()}
    vocabulary, merges, model = byte_level(290, ["<|endoftext|>"])
    yield "gpt2", "gpt2", {"vocab.json": vocabulary, "merges.txt": merges}
    yield "gpt2, names of the release", "gpt2", {"encoder.json": vocabulary, "vocab.bpe": merges.rstrip(b"\n"), "tokenizer_config.json": json.dumps(
        {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True, "add_bos_token": True}).encode()}
    added = {"290": {"content": "<|im_start|>", "lstrip": False, "rstrip": True, "normalized": False, "single_word": False, "special": True},
             "291": {"content": "<tag>", "lstrip": False, "rstrip": False, "normalized": True, "single_word": True, "special": False}}
    yield "qwen2", "qwen2", {"vocab.json": vocabulary, "merges.txt": merges, "config.json": b'{"model_type": "qwen3"}',
                             "tokenizer_config.json": json.dumps({"added_tokens_decoder": {"0": {"content": "<|endoftext|>", "special": True}} | added}).encode()}
    vocabulary, merges, model = byte_level(290, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    yield "roberta", "roberta", {"vocab.json": vocabulary, "merges.txt": merges, "tokenizer_config.json": b'{"model_max_length": 512}'}
    yield "llama3", "llama3", {"tokenizer.model": tiktoken(byte_level(300, [])[2])}
    bpe = sentencepiece_model(model_type="bpe", vocab_size=340, byte_fallback=True)
    yield "llama", "llama", {"tokenizer.model": bpe}
    yield "llama, not legacy", "llama", {"tokenizer.model": bpe, "tokenizer_config.json": b'{"tokenizer_class": "LlamaTokenizer", "legacy": false}'}
    yield "gemma", "gemma", {"config.json": b'{"model_type": "gemma2"}', "tokenizer.model": sentencepiece_model(
        model_type="bpe", vocab_size=350, byte_fallback=True, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>",
        bos_piece="<bos>", unk_piece="<unk>", add_dummy_prefix=False, user_defined_symbols=["<start_of_turn>", "<end_of_turn>", "<tag>"])}
    deberta = with_charsmap(model_type="unigram", vocab_size=80, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]",
                            eos_piece="[SEP]", unk_piece="[UNK]", remove_extra_whitespaces=True)
    yield "deberta_v2", "deberta_v2", {"spm.model": deberta}
    yield "deberta_v2, options", "deberta_v2", {"spm.model": deberta, "config.json": b'{"model_type": "deberta-v2"}',
                                                "tokenizer_config.json": b'{"do_lower_case": true, "split_by_punct": true}'}
    yield "xlm_roberta", "xlm_roberta", {"sentencepiece.bpe.model": with_charsmap(model_type="unigram", vocab_size=80)}


def reference(kind, folder):
    tokenizer = reference_tokenizers.KINDS[kind](folder)
    return Tokenizer.from_str(tokenizer.to_str())


def characters_to_bytes(text, offset):
    return [len(text[:i].encode()) for i in offset]


def compare_with_sentencepiece(name, tokenizer, model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    for text in TEXTS + SENTENCES:
        if "<" not in text and text:
            ids = processor.encode(text, add_bos=True)
            if ids != tokenizer.encode(text).ids:
                print(f"{name}: sentencepiece differs for {text!r}")


def small():
    result = []
    for name, kind, files in folders():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for file, content in files.items():
                (folder / file).write_bytes(content)
            tokenizer = reference(kind, folder)
        if name in ("llama", "gemma"):
            compare_with_sentencepiece(name, tokenizer, files["tokenizer.model"])
        parts = json.loads(tokenizer.to_str())
        parts = {key: parts[key] for key in ("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")}
        encodings = [tokenizer.encode(text) for text in TEXTS]
        pairs = [tokenizer.encode(a, b) for a, b in zip(TEXTS, TEXTS[1:])]
        result.append({"name": name, "files": {file: base64.b64encode(content).decode() for file, content in files.items()},
                       "parts": parts, "size": tokenizer.get_vocab_size(),
                       "ids": [e.ids for e in encodings], "type_ids": [e.type_ids for e in pairs], "pairs": [e.ids for e in pairs],
                       "offsets": [[characters_to_bytes(text, o) for o in e.offsets] for text, e in zip(TEXTS, encodings)],
                       "decoded": [tokenizer.decode(e.ids, skip_special_tokens=False) for e in encodings]})
    return result


REAL = [  # name, kind, folder of tokenizers/, its files
    ("bert-base-uncased", "bert", ["vocab.txt"]), ("deberta-v3", "deberta_v2", ["spm.model"]),
    ("gpt2", "gpt2", ["encoder.json", "vocab.bpe", "config.json"]), ("llama2", "llama", ["tokenizer.model", "tokenizer_config.json"]),
    ("llama3", "llama3", ["tokenizer.model"]), ("roberta-base", "roberta", ["vocab.json", "merges.txt", "tokenizer_config.json"]),
    ("qwen2-qwen3", "qwen2", ["vocab.json", "merges.txt", "tokenizer_config.json", "config.json"])]
REAL_TEXTS = ["glue/SST-2/dev.tsv", "glue/STS-B/dev.tsv", "glue/CoLA/dev.tsv", "banking77/test.csv", "webnlg-2017/xml/dev/1triples/1triple_allSolutions_Food_dev_challenge.xml",
              "instruct/identity.json", "e2e/lora/valid.txt"]


def digests(tokenizer, lines):
    sha = hashlib.sha256()
    for line in lines:
        sha.update(("".join(f"{i} " for i in tokenizer.encode(line).ids) + "\n").encode())
    return sha.hexdigest()[:16]


def real(shared):
    texts = {name: (shared / name).read_bytes().decode("utf-8", "replace").split("\n")[:3000] for name in REAL_TEXTS}
    texts["hostile.txt"] = (DATA / "hostile.txt").read_bytes().decode("utf-8", "replace").split("\n")
    result = []
    for name, kind, files in REAL:
        source = shared / "tokenizers" / name
        with tempfile.TemporaryDirectory() as folder:
            for file in files:
                shutil.copy(source / file, folder)
            tokenizer = reference(kind, pathlib.Path(folder))
        entry = {"name": name, "files": files, "digests": {text: digests(tokenizer, lines) for text, lines in texts.items()}}
        if (source / "tokenizer.json").exists():  # the published one says the same
            published = Tokenizer.from_file(str(source / "tokenizer.json"))
            different = [text for text, lines in texts.items() if digests(published, lines) != entry["digests"][text]]
            print(f"{name}: published tokenizer.json differs on {different}")
        result.append(entry)
    return result


def main():
    golden = {"texts": TEXTS, "small": small(), "real": real(pathlib.Path(sys.argv[1])) if len(sys.argv) > 1 else []}
    (DATA / "tokenizer_files.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
