"""Golden values for tests/engine/test_dialogue_reader.cpp, read with Python's own csv, json and xml.etree (3.11).

    python tests/golden/make_dialogues.py [FOLDER]

FOLDER (default ../shared/data beside the repository) holds the published files of E2E, WebNLG 2017 and DART and two files
of instructions. Writes tests/data/dialogues.json: of each file the number of rows and a digest of all of them. The rules
are those of the LoRA release (examples/NLG/src/format_converting_*.py of github.com/microsoft/LoRA, MIT).
"""

import csv
import hashlib
import json
import pathlib
import sys
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEN = "Airport Astronaut Building City ComicsCharacter Food Monument SportsTeam University WrittenWork".split()


def context_of(triples):
    return " | ".join(f"{subject} : {relation} : {value}" for subject, relation, value in triples)


def e2e_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        for row, record in enumerate(csv.DictReader(file), 1):
            yield row, "", record.get("mr") or record["MR"], record.get("ref", "")


def e2e_text(path):
    for row, line in enumerate(path.read_text(encoding="utf-8").strip("\n").split("\n"), 1):
        meaning, text = line.strip().split("||")
        yield row, "", meaning, text


def webnlg(entries):
    for row, (category, triples, texts) in enumerate(entries, 1):
        for comment, text in texts:
            if comment == "good":
                yield row, "seen" if category in SEEN else "unseen", context_of(triples), text


def webnlg_json(path):
    def entries():
        for i, item in enumerate(json.loads(path.read_text(encoding="utf-8"))["entries"], 1):
            entry = item[str(i)]
            triples = [(t["subject"], t["property"], t["object"]) for t in entry["modifiedtripleset"]]
            yield entry["category"], triples, [(t["comment"], t["lex"]) for t in entry["lexicalisations"]]

    return webnlg(entries())


def webnlg_xml(path):
    def entries():
        for file in [path] if path.is_file() else sorted(path.rglob("*.xml"), key=str):
            for entry in ET.parse(file).getroot().iter("entry"):
                triples = [t.text.split(" | ") for t in entry.find("modifiedtripleset").iter("mtriple")]
                yield entry.get("category"), triples, [(t.get("comment"), t.text) for t in entry.iter("lex")]

    return webnlg(entries())


def dart_json(path):
    for row, entry in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        context = context_of((s, r.lower(), o) for s, r, o in entry["tripleset"])
        for text in entry["annotations"]:
            yield row, "", context, text["text"]


def alpaca(path):
    for row, record in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        parts = [record["instruction"]] + ([record["input"]] if record["input"] else [])
        yield row, "", "\n".join(parts), record["output"]


FILES = {
    "e2e/e2e-dataset/devset.csv": ("e2e", e2e_csv),
    "e2e/e2e-dataset/testset.csv": ("e2e", e2e_csv),
    "e2e/e2e-dataset/testset_w_refs.csv": ("e2e", e2e_csv),
    "e2e/lora/valid.txt": ("e2e", e2e_text),
    "e2e/lora/test.txt": ("e2e", e2e_text),
    "webnlg-2017/lora/dev.json": ("webnlg", webnlg_json),
    "webnlg-2017/xml/dev": ("webnlg", webnlg_xml),
    "webnlg-2017/xml/train": ("webnlg", webnlg_xml),
    "webnlg-2017/xml/test/testdata_with_lex.xml": ("webnlg", webnlg_xml),
    "dart/yale/dart-v1.1.1-full-dev.json": ("dart", dart_json),
    "instruct/alpaca_en_demo.json": ("alpaca", alpaca),
    "instruct/identity.json": ("alpaca", alpaca),
}


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared/data")
    golden = {}
    for name, (kind, read) in FILES.items():
        rows = list(read(folder / name))
        digest = hashlib.sha256("".join(f"{row}\t{group}\t{a}\0{b}\0" for row, group, a, b in rows).encode())
        golden[name] = {"format": kind, "rows": len(rows), "seen": sum(row[1] == "seen" for row in rows), "sha256": digest.hexdigest()}
    (ROOT / "tests/data/dialogues.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
