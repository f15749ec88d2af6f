#!/usr/bin/env python3
"""Translation edit rates by sacrebleu, pyter and tercom, for tests/engine/test_ter.cpp. Writes tests/data/ter.json.

usage: make_ter.py TERCOM_CLASSES [SHARED_DATA]

TERCOM_CLASSES is the folder of tercom's compiled classes (github.com/jhclark/tercom at e413d077e5, whose numbers are
those of tercom 0.7.25; javac src/**/*.java); the versions of the packages stand in the file. pyter is called as
GenerationEval of the WebNLG challenge 2020 does: least over the references, 1 for a reference without words.
"""
import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyter
import sacrebleu

from scored_texts import dart, e2e, own_cases

ROOT = Path(__file__).parents[2]
CLASSES = sys.argv[1]
SHARED = Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "../shared/data")


def by_sacrebleu(hypotheses, references):
    most = max(map(len, references))
    streams = [[refs[i] if i < len(refs) else None for refs in references] for i in range(most)]
    metric = sacrebleu.metrics.TER()
    score = metric.corpus_score(hypotheses, streams)
    signature = str(metric.get_signature())
    segments = [metric._extract_corpus_statistics([text], [[ref] for ref in refs])[0]
                for text, refs in zip(hypotheses, references)]
    return {"value": score.score, "signature": signature, "segments": segments}


def by_pyter(hypotheses, references):
    rates = [min(pyter.ter(text.split(), ref.split()) if ref.split() else 1 for ref in refs)
             for text, refs in zip(hypotheses, references)]
    return {"value": sum(rates) / len(rates), "segments": rates}


def by_tercom(hypotheses, references):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "hyp").write_text("".join(f"{t} (s{i})\n" for i, t in enumerate(hypotheses)), encoding="utf-8")
        (folder / "ref").write_text("".join(f"{r} (s{i})\n" for i, refs in enumerate(references) for r in refs),
                                    encoding="utf-8")
        said = subprocess.run(["java", "-Dfile.encoding=UTF-8", "-cp", CLASSES, "ter.TER", "-h", "hyp", "-r", "ref",
                               "-o", "ter", "-n", "out"], cwd=folder, check=True, capture_output=True, text=True).stdout
        segments = [[float(x) for x in line.split()[1:3]]
                    for line in (folder / "out.ter").read_text().split("\n")[2:] if line]
    total = next(line for line in said.split("\n") if line.startswith("Total TER"))
    return {"total": total, "segments": segments}


def scores(hypotheses, references):
    found = {"ter": by_sacrebleu(hypotheses, references), "ter_tercom": by_tercom(hypotheses, references)}
    if max(len(text.split()) for text in hypotheses) < 100:  # pyter would take hours
        found["ter_pyter"] = by_pyter(hypotheses, references)
    return found


out = {"versions": {name: importlib.metadata.version(name) for name in ("sacrebleu", "pyter3")} | {"tercom": "0.7.25"},
       "cases": [], "data": {}}
for name, hypotheses, references in own_cases():
    out["cases"].append({"name": name, "hypotheses": hypotheses, "references": references,
                         "scores": scores(hypotheses, references)})
for name, read in [("e2e", e2e), ("dart", dart)]:
    out["data"][name] = {"count": 240, "scores": scores(*read(SHARED, 240))}
lines = {name: (SHARED / f"oracles/tercom/{name}.txt").read_text(encoding="utf-8", errors="replace").strip().split("\n")
         for name in ("hyp", "ref")}
hypotheses = [line[:line.rindex("(")].strip() for line in lines["hyp"]]
ids = [line[line.rindex("("):] for line in lines["hyp"]]
references = [[line[:line.rindex("(")].strip() for line in lines["ref"] if line.endswith(id)] for id in ids]
found = {"ter": by_sacrebleu(hypotheses, references), "ter_tercom": by_tercom(hypotheses, references)}
out["data"]["tercom"] = {"count": 100, "scores": found}
(ROOT / "tests/data/ter.json").write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")
