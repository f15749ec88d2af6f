#!/usr/bin/env python3
"""Small Parquet files and what they hold, for tests/engine/test_parquet.cpp.

Writes tests/data/parquet/*.parquet and tests/data/parquet.json: of each file its columns, and its rows as the program
shows them: texts as they are, null and NaN as nothing, anything else as JSON. Usage: make_parquet.py.
Made with pyarrow 26.0.1 (CPython 3.11).
"""
import datetime
import decimal
import json
import math
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

data = Path(__file__).resolve().parent.parent / "data"
(data / "parquet").mkdir(exist_ok=True)
golden = {}


def plain(value, type):
    """A value as JSON has it; a float of 32 bits as the shortest decimal number that stands for it."""
    if value is None:
        return None
    if pa.types.is_dictionary(type):
        return plain(value, type.value_type)
    if pa.types.is_map(type):
        return [{"key": plain(k, type.key_type), "value": plain(v, type.item_type)} for k, v in value]
    if pa.types.is_struct(type):
        return {field.name: plain(value[field.name], field.type) for field in type}
    if pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type):
        return [plain(item, type.value_type) for item in value]
    if pa.types.is_floating(type):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return float(str(numpy.float32(value))) if pa.types.is_float32(type) else value
    if isinstance(value, bytes):
        return value.decode()
    return str(value) if isinstance(value, (datetime.date, decimal.Decimal)) else value


def text(value, type):
    value = plain(value, type)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(name, columns, **options):
    table = pa.table(columns)
    pq.write_table(table, data / "parquet" / name, **options)
    rows = [[text(row[field.name], field.type) for field in table.schema] for row in table.to_pylist()]
    golden[name] = {"columns": table.column_names, "rows": rows}


# As the Hugging Face data set `glue` has them.
write("cola.parquet", {
    "sentence": ["The cat sat.", "Sat the cat \"the.", "Ça va,\ttrès bien."],
    "label": pa.array([1, 0, 1], pa.int64()), "idx": pa.array([0, 1, 2], pa.int32())})
write("cola_test.parquet", {
    "sentence": ["It rains.", "Rains it it."],
    "label": pa.array([-1, -1], pa.int64()), "idx": pa.array([0, 1], pa.int32())})
write("stsb.parquet", {
    "sentence1": ["A plane leaves.", "A man eats.", "Rain."], "sentence2": ["A plane starts.", "A dog runs.", "Sun."],
    "label": pa.array([4.8, 0.25, 0], pa.float32()), "idx": pa.array([0, 1, 2], pa.int32())})
write("stsb_test.parquet", {
    "sentence1": ["A"], "sentence2": ["B"], "label": pa.array([-1], pa.float32()), "idx": pa.array([0], pa.int32())})

chat = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
kinds = {
    "string": pa.array(["a", None, "Grüße 漢字 🙂\n\"q\"", ""]),
    "large_string": pa.array(["b", "", None, "c"], pa.large_string()),
    "binary": pa.array([b"x", None, b"yz", b""], pa.binary()),
    "int8": pa.array([-128, 127, None, 0], pa.int8()),
    "uint8": pa.array([0, 255, None, 1], pa.uint8()),
    "int16": pa.array([-32768, 32767, 0, None], pa.int16()),
    "uint16": pa.array([65535, 0, 1, None], pa.uint16()),
    "int32": pa.array([-2**31, 2**31 - 1, None, 0], pa.int32()),
    "uint32": pa.array([2**32 - 1, 0, None, 1], pa.uint32()),
    "int64": pa.array([-2**63, 2**63 - 1, None, 0], pa.int64()),
    "uint64": pa.array([2**64 - 1, 0, None, 1], pa.uint64()),
    "float32": pa.array([3.8, float("nan"), None, 5.0], pa.float32()),
    "float64": pa.array([0.1, float("nan"), float("inf"), -2.0]),
    "bool": pa.array([True, False, None, True]),
    "dictionary": pa.array(["p", "q", None, "p"]).dictionary_encode(),
    "date": pa.array([datetime.date(2024, 2, 29), None, datetime.date(1969, 12, 31), None]),
    "decimal": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-0.25"), None], pa.decimal128(9, 2)),
    "list": pa.array([[1, None, 3], [], None, [4]], pa.list_(pa.int64())),
    "large_list": pa.array([["a"], [], None, ["b", "c"]], pa.large_list(pa.string())),
    "fixed_list": pa.array([[1, 2], None, [3, 4], [5, 6]], pa.list_(pa.int16(), 2)),
    "map": pa.array([[("k", 1)], [], None, [("l", None), ("m", 2)]], pa.map_(pa.string(), pa.int64())),
    "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}, {"a": 2, "b": "ü"}],
                       pa.struct([("a", pa.int64()), ("b", pa.string())])),
    "messages": pa.array([[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho \"!\""}], [], None,
                          [{"role": "user", "content": None}]], chat),
}
write("kinds.parquet", kinds)

words = [f"word {i % 7}" if i % 11 else None for i in range(200)]
for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    write(f"groups_{codec}.parquet", {"text": words, "number": pa.array(range(200), pa.int32())}, compression=codec,
          row_group_size=60)
write("no_rows.parquet", {"text": pa.array([], pa.string()), "label": pa.array([], pa.int64())})
latin1 = pa.array([b"fine", "caf\xe9".encode("latin-1"), b"good"], pa.binary())
pq.write_table(pa.table({"text": latin1.view(pa.string()), "label": [0, 1, 0]}), data / "parquet" / "latin1.parquet")

deep = pa.array([1])
for _ in range(70):
    deep = pa.StructArray.from_arrays([deep], ["in"])
pq.write_table(pa.table({"deep": deep}), data / "parquet" / "deep.parquet")

(data / "parquet.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")
