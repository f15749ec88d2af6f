"""tokenizer.json files as transformers 5.18.0 makes them from the other files that tokenizers come in (Python 3.11,
tokenizers 0.23.3, sentencepiece 0.2.3, tiktoken 0.14.0, protobuf 7.36.2).

    python tests/golden/reference_tokenizers.py KIND FOLDER OUT.json

The converters of convert_slow_tokenizer.py do the work. Where 5.18 itself can't (SpmConverter of a BPE model, Llama 3's
special tokens) or drops something (the AutoTokenizer of 5.18 leaves out a SentencePiece model's charsmap and takes
merges by id instead of score), what the published tokenizer.json files of the same models hold is built here.
"""

import importlib
import json
import pathlib
import sys
import types

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers.tokenization_utils_base import generate_merges

convert = importlib.import_module("transformers.convert_slow_tokenizer")  # a function of the package has the same name

LLAMA3_SPECIAL_TOKENS = (  # Meta's tokenizer.py
    ["<|begin_of_text|>", "<|end_of_text|>"] + [f"<|reserved_special_token_{i}|>" for i in range(4)]
    + ["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
    + [f"<|reserved_special_token_{i}|>" for i in range(5, 251)])


def special(*contents, **options):
    return [AddedToken(content, special=True, normalized=False, **options) for content in contents]


def config_of(folder: pathlib.Path) -> dict:
    path = folder / "tokenizer_config.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def added_tokens_of(config: dict):
    for _, token in sorted(config.get("added_tokens_decoder", {}).items(), key=lambda item: int(item[0])):
        yield AddedToken(**token)


def bert(folder):
    config = config_of(folder)
    lines = (folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    vocab = {token: i for i, token in enumerate(lines)}
    basic = types.SimpleNamespace(tokenize_chinese_chars=config.get("tokenize_chinese_chars", True),
                                  strip_accents=config.get("strip_accents"),
                                  do_lower_case=config.get("do_lower_case", True))
    original = types.SimpleNamespace(vocab=vocab, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", basic_tokenizer=basic,
                                     cls_token_id=vocab["[CLS]"], sep_token_id=vocab["[SEP]"])
    tokenizer = convert.BertConverter(original).converted()
    tokenizer.add_special_tokens(special("[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"))
    return tokenizer


def byte_level_files(folder):
    names = ("vocab.json", "merges.txt") if (folder / "vocab.json").exists() else ("encoder.json", "vocab.bpe")
    vocab = json.loads((folder / names[0]).read_text(encoding="utf-8"))
    lines = (folder / names[1]).read_bytes().decode().split("\n")
    return vocab, [tuple(line.split()) for line in lines if line and not line.startswith("#version")]


def gpt2(folder):
    vocab, merges = byte_level_files(folder)
    config = config_of(folder)
    original = types.SimpleNamespace(add_prefix_space=config.get("add_prefix_space", False), bos_token="<|endoftext|>",
                                     add_bos_token=config.get("add_bos_token", False), bos_token_id=vocab["<|endoftext|>"])
    tokenizer = convert.GPT2Converter(original).converted(vocab, merges)
    tokenizer.add_special_tokens(special("<|endoftext|>"))
    return tokenizer


def roberta(folder):
    vocab, merges = byte_level_files(folder)
    original = types.SimpleNamespace(encoder=vocab, bpe_ranks=dict.fromkeys(merges), sep_token="</s>", cls_token="<s>",
                                     sep_token_id=vocab["</s>"], cls_token_id=vocab["<s>"],
                                     add_prefix_space=config_of(folder).get("add_prefix_space", False))
    tokenizer = convert.RobertaConverter(original).converted()
    tokenizer.add_special_tokens(special("<s>", "</s>", "<unk>", "<pad>") + special("<mask>", lstrip=True))
    return tokenizer


def qwen2(folder):
    vocab, merges = byte_level_files(folder)
    tokenizer = convert.Qwen2Converter(types.SimpleNamespace(add_prefix_space=False)).converted(vocab, merges)
    added = list(added_tokens_of(config_of(folder)))
    tokenizer.add_tokens(added or special("<|endoftext|>"))
    return tokenizer


def llama3(folder):
    tokenizer = convert.TikTokenConverter(str(folder / "tokenizer.model"), extra_special_tokens=LLAMA3_SPECIAL_TOKENS).converted()
    bos = "<|begin_of_text|>"
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f"{bos}:0 $A:0", pair=f"{bos}:0 $A:0 {bos}:1 $B:1",
                                      special_tokens=[(bos, tokenizer.token_to_id(bos))])])
    return tokenizer


def sentencepiece_model(path):
    proto = convert.import_protobuf().ModelProto()
    proto.ParseFromString(path.read_bytes())
    return proto


def spm_bpe(proto, pieces, unk_token="<unk>"):
    """SpmConverter's model of type 2, merges in the order of scores, then of the parts' ids."""
    vocab = {piece: i for i, (piece, _) in enumerate(pieces)}
    scores = dict(pieces)
    pairs = generate_merges(vocab, scores)  # which; the order is that of earlier releases
    pairs.sort(key=lambda pair: (vocab[pair[0] + pair[1]], vocab[pair[0]], vocab[pair[1]]))
    pairs.sort(key=lambda pair: scores[pair[0] + pair[1]], reverse=True)
    tokenizer = Tokenizer(models.BPE(vocab, pairs, unk_token=unk_token, fuse_unk=True, byte_fallback=True))
    tokenizer.add_tokens([AddedToken(p.piece, normalized=False, special=p.type == 3 or p.piece.endswith("_of_turn>"))
                          for p in proto.pieces if p.type in (3, 4)])
    return tokenizer


def spm_converter(cls, folder, path, **original):
    """A converter without a slow tokenizer."""
    converter = cls.__new__(cls)
    converter.original_tokenizer = types.SimpleNamespace(vocab_file=str(path), **original)
    converter.proto = sentencepiece_model(path)
    return converter


def bos_template(tokenizer, bos):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos}:0 $A:0", pair=f"{bos}:0 $A:0 {bos}:1 $B:1", special_tokens=[(bos, tokenizer.token_to_id(bos))])


def llama(folder):
    config = config_of(folder)
    options = {key: config[key] for key in ("legacy", "add_prefix_space") if key in config}
    converter = spm_converter(convert.LlamaConverter, folder, folder / "tokenizer.model", **options)
    proto = converter.proto
    tokenizer = spm_bpe(proto, [(p.piece, p.score) for p in proto.pieces])
    tokenizer.add_special_tokens(special("<unk>"))
    prefix = config.get("add_prefix_space", True)
    if (normalizer := converter.normalizer(proto)) is not None:
        tokenizer.normalizer = normalizer
    if (pre_tokenizer := converter.pre_tokenizer("▁", prefix)) is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = converter.decoder("▁", prefix)
    tokenizer.add_tokens(list(added_tokens_of(config)))
    bos_template(tokenizer, "<s>")
    return tokenizer


def gemma(folder):
    converter = spm_converter(convert.GemmaConverter, folder, folder / "tokenizer.model", pad_token="<pad>", eos_token="<eos>",
                              bos_token="<bos>")
    proto = converter.proto
    tokenizer = spm_bpe(proto, converter.vocab(proto))
    tokenizer.add_special_tokens(special("<pad>", "<eos>", "<bos>", "<unk>"))
    tokenizer.normalizer = converter.normalizer(proto)
    tokenizer.pre_tokenizer = converter.pre_tokenizer("▁", True)
    tokenizer.decoder = converter.decoder("▁", True)
    bos_template(tokenizer, "<bos>")
    return tokenizer


def deberta_v2(folder):
    config = config_of(folder)
    path = folder / "spm.model"
    ids = {p.piece: i for i, p in enumerate(sentencepiece_model(path).pieces)}
    converter = spm_converter(convert.DebertaV2Converter, folder, path, split_by_punct=config.get("split_by_punct", False),
                              do_lower_case=config.get("do_lower_case", False), convert_tokens_to_ids=ids.get)
    tokenizer = converter.converted()
    tokenizer.add_special_tokens(special("[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"))
    return tokenizer


def xlm_roberta(folder):
    """As the published file: the charsmap, words at white space, then Metaspace."""
    path = folder / "sentencepiece.bpe.model"
    converter = spm_converter(convert.XLMRobertaConverter, folder, path)
    converter.original_tokenizer.convert_tokens_to_ids = {"<s>": 0, "</s>": 2}.get
    proto = converter.proto
    tokenizer = converter.tokenizer(proto)
    tokenizer.add_special_tokens(special("<s>", "</s>", "<unk>", "<pad>") + special("<mask>", lstrip=True))
    tokenizer.normalizer = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = converter.post_processor()
    return tokenizer


KINDS = {f.__name__: f for f in (bert, gpt2, roberta, qwen2, llama3, llama, gemma, deberta_v2, xlm_roberta)}

if __name__ == "__main__":
    kind, folder, out = sys.argv[1:]
    KINDS[kind](pathlib.Path(folder)).save(out, pretty=False)
