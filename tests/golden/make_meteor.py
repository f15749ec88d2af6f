#!/usr/bin/env python3
"""METEOR 1.5's scores, for tests/engine/test_meteor.cpp. Writes tests/data/meteor.json and tests/data/meteor-paraphrases.gz.

usage: make_meteor.py METEOR_FOLDER [SHARED_DATA]

METEOR_FOLDER has meteor-1.5.jar and data/paraphrase-en.gz, as the package pycocoevalcap 1.2 brings them. It needs Java.
A text with fewer references than others gets its last one again, which changes nothing: the first of the best counts.
"""
import gzip
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from scored_texts import dart, e2e, own_cases

ROOT = Path(__file__).parents[2]
FOLDER = Path(sys.argv[1])
SHARED = Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "../shared/data")
JAR = FOLDER / "meteor-1.5.jar"
SMALL_TABLE = ROOT / "tests/data/meteor-paraphrases.gz"

SMALL = [  # ours, in the table's form: probability, phrase, paraphrase
    ("0.5", "in the middle of", "amid"), ("0.25", "cat", "small animal"), ("0.1", "cat", "pet"),
    ("0.2", "the big dog", "the hound"), ("0.3", "sat on", "was sitting on"), ("0.01", "sat", "was"),
    ("0.4", "new york city", "the city of new york"), ("0.2", "no longer", "not any more")]


def more_cases():
    yield "keys that collide", ["an apple"], [["c0 apple"]]
    yield "paraphrases", [
        "amid the garden the hound was sitting on a mat", "the small animal sat", "he is not any more in new york city",
        "a pet , a cat and a small animal sat sat"], [
        ["in the middle of the garden the big dog sat on a mat"], ["the cat was sitting on it", "the pet sat on the mat"],
        ["he no longer is in the city of new york"], ["the cat sat on the cat , cat was pet"]]
    generator = random.Random(11)
    marks = list("aabcs S's.,,..--''`‘’“”–—\"()!?&%$@#_/\\:;{}[]|~^*+=<>019éßÑžŸЖꙀᴀÿΣσς東京😀\u00a0\u2003\u3000\u0085"
                 "\u0301İ×÷") + [" "] * 25
    words = ("U.S. U.S.-based Mr. No. no. 5 pp. e.g. i.e. it's 1990's rock'n'roll don't x-y-z a..b ... .... 3,000 a,b ,, "
             "5.00 $5. etc. St. x. the The of and").split()

    def text():
        return " ".join(generator.choice(words) if generator.random() < 0.5 else
                        "".join(generator.choice(marks) for _ in range(generator.randint(1, 8)))
                        for _ in range(generator.randint(0, 12)))

    hypotheses, references = [], []
    for _ in range(150):
        hypotheses.append(text())
        shuffled = hypotheses[-1].split(" ")
        generator.shuffle(shuffled)
        references.append([" ".join(shuffled), text()][generator.randint(0, 1):])
    yield "marks of all kinds", hypotheses, references


def scores(hypotheses, references, table=None):
    count = max(map(len, references))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "hyp").write_text("".join(f"{text}\n" for text in hypotheses), encoding="utf-8")
        (folder / "ref").write_text("".join(f"{ref}\n" for refs in references
                                            for ref in refs + refs[-1:] * (count - len(refs))), encoding="utf-8")
        options = ["-a", str(table)] if table else ["-m", "exact stem synonym", "-w", "1.0 0.6 0.8"]
        said = subprocess.run(["java", "-Xmx3G", "-Dfile.encoding=UTF-8", "-jar", str(JAR), "hyp", "ref", "-l", "en",
                               "-norm", "-r", str(count)] + options, cwd=folder, check=True, capture_output=True,
                              text=True).stdout
    return {"id": re.search(r"Eval ID:\s+(\S+)", said).group(1),
            "value": float(re.search(r"Final score:\s+(\S+)", said).group(1)),
            "segments": [float(x) for x in re.findall(r"^Segment \d+ score:\t(\S+)", said, re.M)]}


def stems():
    endings = ("s es ed ing ly edly ingly eed 's ' ation ization fulness ness ful ment ement ion ies ied y logi li bly "
               "ability ative alize ical yed ying l ll e able").split()
    starts = "hop hoppe cry try fix box gener commun arsen rat trad relat conform digit operat feudal sens go be o é naïv".split()
    words = [start + ending for start in starts for ending in endings]
    words += "skis skies dying news sky andes inning proceed succeeding early y yes youth saying 's '' 's' a as bias".split()
    said = subprocess.run(["java", "-Dfile.encoding=UTF-8", "-cp", str(JAR), "Stemmer", "english"], check=True,
                          input="\n".join(words) + "\n", capture_output=True, text=True).stdout
    return list(zip(words, said.split("\n"), strict=False))


def synonyms_digest():
    """Of all words without a base form but themselves: a line for each word in order, with its sets' numbers in order."""
    with zipfile.ZipFile(JAR) as jar:
        lines = jar.read("synonym/english.synsets").decode().split("\n")
        irregular = set(jar.read("synonym/english.exceptions").decode().split())
    sets = {word: sorted(map(int, numbers.split())) for word, numbers in zip(lines[::2], lines[1::2])}
    kept = sorted(word for word in sets if "_" not in word and word[-1] not in "sdgrtn" and word not in irregular)
    text = "".join(word + "".join(f" {number}" for number in sets[word]) + "\n" for word in kept)
    return {"words": len(kept), "sha256": hashlib.sha256(text.encode()).hexdigest()}


with gzip.GzipFile(SMALL_TABLE, "wb", mtime=0) as file:
    file.write("".join(f"{line}\n" for entry in SMALL for line in entry).encode())

out = {"version": "METEOR 1.5", "stems": stems(), "synonyms": synonyms_digest(), "cases": [], "data": {}}
for name, hypotheses, references in [*own_cases(), *more_cases()]:
    out["cases"].append({"name": name, "hypotheses": hypotheses, "references": references,
                         "scores": scores(hypotheses, references),
                         "with_small_table": scores(hypotheses, references, SMALL_TABLE)})
xray = SHARED / "oracles/meteor-1.5/xray"
lines = {name: (xray / name).read_text(encoding="utf-8").split("\n")[:-1] for name in ("system1.hyp", "reference")}
for name, texts in [("e2e", e2e(SHARED, 240)), ("dart", dart(SHARED, 240)),
                    ("xray", (lines["system1.hyp"], [[line] for line in lines["reference"]]))]:
    found = {"scores": scores(*texts), "with_table": scores(*texts, FOLDER / "data/paraphrase-en.gz")}
    for part in found.values():
        part["segments"] = part["segments"][:240]
    out["data"][name] = {"count": len(texts[0])} | found
(ROOT / "tests/data/meteor.json").write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")
