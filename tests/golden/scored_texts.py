"""Texts and references for the goldens of translation edit rates and METEOR.

The texts of the data sets are not in the goldens: tests/engine/scored_texts.h makes the same ones from the same files.
"""
import json
import random

WORDS = "the a cat cats dog sat on mat big fast quickly runs running ran and by river , .".split()


def damaged(text, kind):
    words = text.split(" ")
    if kind == 1:
        words = [word for i, word in enumerate(words) if i % 3 != 1]
    elif kind == 2:
        words = words[::-1]
    elif kind == 3:
        words = words + words
    elif kind == 4:
        words = words[:1]
    elif kind == 5:
        words = []
    elif kind == 6:
        words = words[len(words) // 2:] + words[:len(words) // 2]
    elif kind == 7:
        words = [word for word in words for _ in range(1 + (len(word) > 5))]
    return " ".join(words)


def from_groups(groups):
    """Of each group the last text, damaged in the next way, against the others (against itself where it is alone)."""
    hypotheses, references = [], []
    for i, group in enumerate(groups):
        hypotheses.append(damaged(group[-1], i % 8))
        references.append(group[:-1][:6] or group)
    return hypotheses, references


def e2e(shared, count):
    groups = {}
    for line in (shared / "e2e/lora/valid.txt").read_text(encoding="utf-8").split("\n"):
        meaning, separator, text = line.partition("||")
        if separator:
            groups.setdefault(meaning, []).append(text)
    return from_groups([groups[meaning] for meaning in sorted(groups)][:count])


def dart(shared, count):
    entries = json.loads((shared / "dart/yale/dart-v1.1.1-full-dev.json").read_text(encoding="utf-8"))
    return from_groups([[note["text"] for note in entry["annotations"]] for entry in entries[::11]][:count])


def own_cases():
    """(name, hypotheses, references of each)"""
    yield "identical", ["the cat sat on the mat", "a"], [["the cat sat on the mat"], ["a"]]
    yield "nothing in common", ["dogs bark loudly"], [["the cat sat on the mat"]]
    yield "empty texts", ["", "the cat", "", "   ", "a b"], [["a b c"], ["", "the cat"], ["", "a"], ["a"], ["a b", " "]]
    yield "one word", ["cat", "mat", "of"], [["the cat sat"], ["cat"], ["of course", "of"]]
    yield "repeated", ["the the the the the the", "cat cat cat sat"], [["the cat the mat"], ["cat sat", "sat cat cat"]]
    yield "blocks moved", ["on the mat the cat sat .", "e f g h a b c d", "x b c d a y"], [
        ["the cat sat on the mat ."], ["a b c d e f g h", "h g f e d c b a"], ["a b c d x y", "x a b c d y", "b c d"]]
    yield "capitals and marks", ["The CAT's mat, isn't it? (Yes!)", "It's 3,000.50 U.S. dollars... \"OK\" -- he said"], [
        ["the cat 's mat , isn't it ? ( yes ! )", "THE CATS MAT"], ["It is 3,000.50 US dollars … “OK” – he said", "its"]]
    yield "unicode", ["Ünïcödé ΣΊΣΥΦΟΣ naïve café — 東京 😀", "İstanbul\u00a0is\u2003big\u3000", "e\u0301 é ß SS"], [
        ["ünïcödé σίσυφος naive CAFÉ – 東京 😀", "東京"], ["i̇stanbul is big", "istanbul"], ["é é ss ß"]]
    yield "longer than the reference", [" ".join(WORDS * 3)], [["the cat", " ".join(WORDS[:5])]]
    yield "shorter than the reference", ["the cat"], [[" ".join(WORDS * 4)]]
    yield "stems and synonyms", [
        "he quickly purchased an automobile and the children were running happily",
        "the generous physician abandoned his house , the knives lay on the big shelves",
        "she is able to breathe ; an entity in the large city's centre", "buses, boxes and mice; handful of handfuls"], [
        ["he bought a car fast and the kids ran happy", "the child runs quick and buys autos"],
        ["a doctor who is kind forsook his home ; a knife on a large shelf"],
        ["it can be breathing , the entity in the big town 's center", "able"],
        ["a bus, a box, the mouse and a handful", "bus box mouse"]]
    yield "abbreviations", [
        "Mr. Smith of the U.S.-based Co. met Dr. No. 5 at 5 p.m. in St. Ives. No. He did it, etc.",
        "e.g. the well-known state-of-the-art ''test'' costs $5.00-$6.00, 'tis said; rock'n'roll 1990's x..y ....", "a . b ."], [
        ["mr Smith of the US based company met dr no 5 at 5 pm in st. ives . no . he did it , etc .", "No. 5 is Mr."],
        ["e.g. the well known state of the art \"test\" costs $ 5.00 - $ 6.00 , ' tis said ; rock 'n 'roll 1990 's x .. y"],
        ["a. b."]]
    generator = random.Random(5)

    def text(low, high, vocabulary):
        return " ".join(generator.choice(WORDS[:vocabulary]) for _ in range(generator.randint(low, high)))

    for name, low, high, vocabulary, count in [("few words, often", 5, 30, 5, 40), ("many words", 10, 40, 18, 40),
                                               ("short texts", 1, 6, 4, 60), ("long texts", 150, 250, 18, 2)]:
        yield name, [text(low, high, vocabulary) for _ in range(count)], [
            [text(low, high, vocabulary) for _ in range(generator.randint(1, 4))] for _ in range(count)]
