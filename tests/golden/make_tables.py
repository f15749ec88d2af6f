#!/usr/bin/env python3
"""What Python's csv and json modules read, for tests/engine/test_table_reader.cpp.

Writes tests/data/tables/random.{csv,crlf.csv,jsonl} and tests/data/tables.json: of each file the columns, the number of
rows and a hash of all fields. Usage: make_tables.py GLUE_FOLDER (with SST-2/train.tsv and the others below).
Made with the csv module of CPython 3.11.
"""
import csv
import hashlib
import json
import random
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent.parent
data = root / "tests" / "data"
glue = Path(sys.argv[1])


def entry(header, rows):
    text = "".join("".join(field + "\x1f" for field in row) + "\x1e" for row in rows)
    return {"columns": header, "rows": len(rows), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def read(path, header=True, **form):
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, **form))
    return entry(rows[0] if header else [f"c{i}" for i in range(len(rows[0]))], rows[1 if header else 0:])


def made_up():
    random.seed(11)
    pieces = ['"', '""', ",", "\n", "\r\n", "\t", " ", "a", "word", "é", "漢字", "🙂", "\\", "'", "0", ""]
    header = ["id", 'quoted "name"', "with, comma", "naïve"]
    rows = [[str(i)] + ["".join(random.choices(pieces, k=random.randrange(7))) for _ in header[1:]] for i in range(150)]
    files = {}
    for name, end, encoding in [("random.csv", "\n", "utf-8"), ("random.crlf.csv", "\r\n", "utf-8-sig")]:
        with open(data / "tables" / name, "w", encoding=encoding, newline="") as file:
            csv.writer(file, lineterminator=end).writerows([header] + rows)
        files[name] = read(data / "tables" / name)
        assert files[name] == entry(header, rows)
    with open(data / "tables" / "random.jsonl", "w", encoding="utf-8", newline="") as file:
        for row in rows:
            file.write(json.dumps(dict(zip(header, row)), ensure_ascii=random.random() < 0.5) + "\n")
    files["random.jsonl"] = entry(header, rows)
    return files


unquoted = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
tables = {
    "made up": made_up(),
    "bundled": {name: read(root / "datasets" / "banking77" / name) for name in ["train.csv", "test.csv"]},
    "glue": {name: read(glue / name, header=not name.startswith("CoLA"), **unquoted)
             for name in ["CoLA/train.tsv", "CoLA/dev.tsv", "MRPC/train.tsv", "MRPC/dev.tsv", "QNLI/dev.tsv",
                          "SST-2/train.tsv", "SST-2/dev.tsv", "STS-B/train.tsv", "STS-B/dev.tsv", "STS-B/test.tsv"]},
}
(data / "tables.json").write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
