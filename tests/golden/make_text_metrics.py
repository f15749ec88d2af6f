#!/usr/bin/env python3
"""Scores of texts by their reference implementations, for tests/engine/test_text_metrics.cpp. Writes
tests/data/text_metrics.json.

Made with sacrebleu, rouge_score and pycocoevalcap of the versions that the file names, and with scripts of three
repositories, checked out beside one another in the folder that --references names (commits of the numbers as they
stand: in brackets):
  mosesdecoder   github.com/moses-smt/mosesdecoder   [34452895]  scripts/generic/multi-bleu.perl
  GenerationEval github.com/WebNLG/GenerationEval    [80678494]  metrics/multi-bleu-detok.perl
  e2e-metrics    github.com/tuetschek/e2e-metrics    [1b9c4d87]  metrics/pymteval.py (needs the package `future`)
--data: the folder of shared data; of its texts (E2E: CC BY-SA 4.0, DART: MIT) only numbers are written.
"""
import argparse
import importlib.metadata
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("--references", type=Path, required=True)
arguments.add_argument("--data", type=Path, required=True)
arguments = arguments.parse_args()
sys.path.insert(0, str(arguments.references / "e2e-metrics"))

from metrics.pymteval import NISTScore  # noqa: E402
from pycocoevalcap.cider.cider import Cider  # noqa: E402
from rouge_score.rouge_scorer import RougeScorer  # noqa: E402
from sacrebleu.metrics import BLEU, CHRF  # noqa: E402
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a  # noqa: E402

random.seed(5)
multi_bleu = {
    "bleu_multi": arguments.references / "mosesdecoder/scripts/generic/multi-bleu.perl",
    "bleu_multi_detok": arguments.references / "GenerationEval/metrics/multi-bleu-detok.perl",
}


def streams(references, filler):
    """One list per reference number; where a text has fewer, filler(its references)."""
    return [[refs[k] if k < len(refs) else filler(refs) for refs in references]
            for k in range(max(map(len, references)))]


def perl(script, hypotheses, references):
    """What follows 'BLEU = ', or None where the script gives up. Repeating a reference changes nothing for it."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for k, stream in enumerate(streams(references, lambda refs: refs[0])):
            files.append(f"{folder}/r{k}")
            Path(files[-1]).write_text("".join(text + "\n" for text in stream), encoding="utf8")
        done = subprocess.run(["perl", str(script), *files], input="".join(text + "\n" for text in hypotheses).encode(),
                              capture_output=True)
    printed = re.match(rb"BLEU = ([0-9.]+), (.*)\n", done.stdout)
    return printed and (float(printed[1]), printed[2].decode())


def score(hypotheses, references, lowercase=False):
    scores, details = {}, {}
    with_none = streams(references, lambda refs: None)
    for name, metric in (("bleu", BLEU(lowercase=lowercase)), ("chrf", CHRF(lowercase=lowercase))):
        scores[name] = float(metric.corpus_score(hypotheses, with_none).score)
        details[name] = str(metric.get_signature())
    if lowercase:
        hypotheses = [text.lower() for text in hypotheses]
        references = [[text.lower() for text in refs] for refs in references]
    if not any("\n" in text for text in hypotheses + sum(references, [])):
        for name, script in multi_bleu.items():
            if (printed := perl(script, hypotheses, references)) is not None:
                scores[name], details[name] = printed
    nist = NISTScore()
    for hypothesis, refs in zip(hypotheses, references):
        nist.append(hypothesis, refs)
    try:
        scores["nist"] = float(nist.score())
    except ZeroDivisionError:
        pass  # no n-gram of some order
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    rouge = [scorer.score_multi(refs, hypothesis) for hypothesis, refs in zip(hypotheses, references)]
    for name in ("rouge1", "rouge2", "rougeL"):
        scores[name] = sum(of_text[name].fmeasure for of_text in rouge) / len(rouge)
    if any(text.split() for text in sum(references, [])):  # it asserts this
        scores["cider"] = float(Cider().compute_score(dict(enumerate(references)),
                                                      {i: [text] for i, text in enumerate(hypotheses)})[0])
    return {"scores": scores, "details": details}


# ---- made-up texts --------------------------------------------------------------------------------------------------

good = ["The Eagle is a cheap coffee shop near Burger King.", "Zizzi, at the riverside, has a rating of 3.5 out of 5!",
        "It wasn't family-friendly; prices are £20-25.", "Alimentum serves fast food in the city centre."]
refs = [["The Eagle is a cheap coffee shop close to Burger King.", "Near Burger King, The Eagle is a cheap coffee shop.",
         "The Eagle: coffee, cheap."],
        ["Zizzi is by the riverside and has a rating of 3.5 out of 5."],
        ["It is not family-friendly and costs £20-25.", "Prices are £20-25; it isn't family-friendly."],
        ["Alimentum is a fast food place in the city centre.", "In the city centre, Alimentum serves fast food."]]
words = good[0].split()
cases = {
    "as they are": (good, refs),
    "one reference each": (good, [r[:1] for r in refs]),
    "one text": (good[:1], refs[:1]),
    "one text, equal": (["a b c d e"], [["a b c d e"]]),
    "equal to a reference": ([r[0] for r in refs], refs),
    "one is empty": ([good[0], "", good[2], good[3]], refs),
    "all are empty": (["", "", "", ""], refs),
    "only blanks": ([" ", "\t", "  ", " "], refs),
    "a reference is empty": (good, [[""] + refs[0], refs[1], [refs[2][0], ""], refs[3]]),
    "all references are empty": (good, [[""], [""], [""], [""]]),
    "empty against empty": (["", "a b c d e"], [[""], ["a b c d e"]]),
    "repeated word": (["the the the the the the the", *good[1:]], refs),
    "repeated text": ([text + " " + text for text in good], refs),
    "shuffled": ([" ".join(random.sample(text.split(), len(text.split()))) for text in good], refs),
    "one word each": (["Eagle", "riverside", "family-friendly", "Alimentum"], refs),
    "one word, right": (["Eagle", "b"], [["Eagle"], ["b"]]),
    "two and three words": (["The Eagle", "Zizzi is by"], refs[:2]),
    "four words, no match of four": (["The Eagle is cheap", "Zizzi is by rating"], refs[:2]),
    "longer than all references": ([text + " and much more that nobody has asked for" for text in good], refs),
    "other case": ([text.upper() for text in good], refs),
    "nothing in common": (["x y z w v"], [["a b c d e"]]),
    "punctuation": (["...!!! a.b,c. 1.5,2 3-4 -5- (x)[y]{z} \"q\" 'r' a/b a_b ~|^`", "&quot;a&quot; &amp;lt; <skipped> & < > *+=@#%"],
                    [["... !!! a . b , c . 1.5 , 2 3 - 4", "a.b,c."], ["\" a \" < & < >", "&amp; a"]]),
    "CJK": (["我们在城市中心吃饭。", "鷹は安いコーヒーショップです", "독수리는 싼 커피숍이다"],
            [["我们在市中心吃饭。"], ["鷹は安いコーヒー店です", "安いコーヒーショップ"], ["독수리는 커피숍이다"]]),
    "accents, emoji, combining marks": (["Café Zoë costs 3 € 😀👍🏽", "naïve éclair e\u0301clair", "Straße ẞ ΟΔΥΣΣΕΥΣ İstanbul \u212aelvin"],
                                        [["Cafe Zoë costs 3€ 😀", "Café Zoë 👍🏽"], ["naïve e\u0301clair éclair"],
                                         ["strasse ß οδυσσευς istanbul kelvin", "STRASSE"]]),
    "white space of all kinds": (["a\u00a0b c\u2003d\u3000e\x1ff\x85g", "a\tb  c \u200bd"], [["a b c d e f g"], ["a b c d", "a\u00a0b\u2028c d"]]),
    "line feeds in texts": (["first line\nsecond line of it\n", "a hy-\nphen and the rest -\n"],
                            [["first line second line of it"], ["a hyphen and the rest", "a hy-\nphen and the rest -"]]),
    "carriage returns": (["The cheap Eagle coffee shop\r", "Zizzi by the river side\r"], [["The cheap Eagle coffee shop"], ["Zizzi by the river\r"]]),
    "underscores": (["the leader_name of a_b is c_d", "x_1 is a b c"], [["the leader_name of a b is c_d"], ["x_1 is a b"]]),
    "two as close in length": (["a b c d", "e f g h"], [["a b c", "a b c d e"], ["e f g h i j", "e f"]]),
}
made_up = []


def add(name, hypotheses, references, lowercase=False):
    made_up.append({"name": name, "lowercase": lowercase, "hypotheses": hypotheses, "references": references,
                    **score(hypotheses, references, lowercase)})


for name, (hypotheses, references) in cases.items():
    add(name, hypotheses, references)
for name in ("other case", "accents, emoji, combining marks", "as they are", "CJK"):
    add(name + ", in lower case", *cases[name], lowercase=True)

# Few words, so that n-grams meet by chance.
alphabet = ["a", "b", "c", "d", "the", "of", ".", ",", "b.", "3.5", "x-1", "é", "中"]
for number in range(60):
    def text():
        return " ".join(random.choice(alphabet[:random.randint(2, len(alphabet))]) for _ in range(random.choice([0, 1, 3, 6, 9, 14])))
    n = random.randint(1, 6)
    add(f"random {number}", [text() for _ in range(n)], [[text() for _ in range(random.randint(1, 4))] for _ in range(n)])

# ---- words ----------------------------------------------------------------------------------------------------------

pieces = ["a", "B", "7", "0", ".", ",", "-", "'", "\"", "&", "&amp;", "&lt;", "&quot;", "&gt;", "<skipped>", "_", "/", "(", "]", "{", "~",
          "$", ":", "é", "中", " ", "  ", "\t", "-\n", "\n", "..", ".,", "--"]
tokenizer = Tokenizer13a()
tokens = [[text, tokenizer(text).split()] for text in ("".join(random.choices(pieces, k=random.randint(0, 14))) for _ in range(250))]
letters = ["Σ", "σ", "Α", "ab", "İ", "I", "ı", "K", "Å", "ẞ", "Dž", ".", "'", " ", "\u0301", "Ж", "𐐀", "1", ":", "Ⅷ"]
lower = [[text, text.lower()] for text in ("".join(random.choices(letters, k=random.randint(1, 8))) for _ in range(120))]

# ---- texts of the shared data, of which only the numbers are kept -----------------------------------------------------


def damaged(text, following, i):
    """A text that something has happened to, as the test makes it too."""
    parts = text.split(" ")
    return [text, text, "", " ".join(reversed(parts)), " ".join(parts[:len(parts) // 2]), text + " " + text,
            "".join(c.upper() if c.isascii() else c for c in text), following][i % 8]


def against_the_others(groups):
    """Each text of a group, damaged by its number, against the others of the group, or itself where it has none."""
    texts = [(k, j, text) for k, group in enumerate(groups) for j, text in enumerate(group)]
    hypotheses, references = [], []
    for i, (k, j, text) in enumerate(texts):
        hypotheses.append(damaged(text, texts[(i + 1) % len(texts)][2], i))
        references.append(groups[k][:j] + groups[k][j + 1:] or [text])
    return hypotheses, references


def e2e():
    groups = {}
    for line in (arguments.data / "e2e/lora/valid.txt").read_text(encoding="utf8").split("\n"):
        if line:
            context, text = line.split("||")
            groups.setdefault(context, []).append(text)
    return list(groups.values())


def dart():
    entries = json.loads((arguments.data / "dart/yale/dart-v1.1.1-full-dev.json").read_text(encoding="utf8"))
    return [[annotation["text"] for annotation in entry["annotations"]] for entry in entries]


shared = []
for name, groups in (("e2e", e2e()), ("dart", dart())):
    hypotheses, references = against_the_others(groups)
    shared.append({"name": name, "lowercase": False, "max_references": 0, "texts": len(hypotheses), **score(hypotheses, references)})
    references = [r[:6] for r in references]
    shared.append({"name": name, "lowercase": True, "max_references": 6, "texts": len(hypotheses), **score(hypotheses, references, True)})

# ---- the scripts' own examples ----------------------------------------------------------------------------------------

folder = arguments.data / "oracles/e2e-metrics"
baseline = [line.strip() for line in (folder / "baseline-output.txt").read_text(encoding="utf8").rstrip("\n").split("\n")]
blocks = [block.split("\n") for block in (folder / "devel-conc.txt").read_text(encoding="utf8").strip().split("\n\n")]
example = score(baseline, blocks)

out = Path(__file__).resolve().parent.parent / "data" / "text_metrics.json"
versions = {name: importlib.metadata.version(name) for name in ("sacrebleu", "rouge_score", "pycocoevalcap")}


def lines(items):
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]"


out.write_text(f'{{"versions": {json.dumps(versions)},\n"made_up": {lines(made_up)},\n"shared": {lines(shared)},\n'
               f'"e2e_example": {json.dumps(example)},\n"tokens_13a": {lines(tokens)},\n"lower": {lines(lower)}}}\n', encoding="utf8")
