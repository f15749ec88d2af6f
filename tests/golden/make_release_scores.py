#!/usr/bin/env python3
"""Words and scores of texts as the scripts of the LoRA release's tasks give them, for
tests/engine/test_release_scores.cpp. Writes tests/data/release_scores.json.

usage: make_release_scores.py E2E_METRICS [SHARED_DATA]

E2E_METRICS is a checkout of github.com/tuetschek/e2e-metrics at 1b9c4d87 with its two jars (Stanford CoreNLP 3.4.1 and
METEOR 1.5; the package pycocoevalcap 1.2 brings the same files) and METEOR's paraphrase table; it needs Java and the
packages future, matplotlib, numpy and scikit-image. For WebNLG and DART: nltk 3.10.4, pyter3 0.3, and METEOR called as
github.com/WebNLG/GenerationEval at 80678494 calls it. Of the shared texts only digests and scores are written.
"""
import contextlib
import hashlib
import io
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
E2E_METRICS = Path(sys.argv[1])
SHARED = Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "../shared/data")
sys.path.insert(0, str(E2E_METRICS))

import measure_scores  # noqa: E402
import pyter  # noqa: E402
from nltk.tokenize import word_tokenize  # noqa: E402
from pycocoevalcap.cider.cider import Cider  # noqa: E402
from pycocoevalcap.rouge.rouge import Rouge  # noqa: E402
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer  # noqa: E402

from scored_texts import dart, e2e, own_cases  # noqa: E402

# ---- words ------------------------------------------------------------------------------------------------------------


def ptb(lines):
    """All in one call: the scripts give their texts as the lines of one file."""
    found = PTBTokenizer().tokenize({i: [{"caption": line}] for i, line in enumerate(lines)})
    assert len(found) == len(lines)
    return [found[i][0] for i in range(len(lines))]


def marks(text):
    """--tokenize of the LoRA release's gpt2_decode.py."""
    return " ".join(" ".join(re.split(r"(\W)", text)).split())


def nltk(text):
    return " ".join(word_tokenize(text, preserve_line=True))


def release(text):
    """As GenerationEval sees the words of the release."""
    return nltk(marks(text.lower()))


def release_in_sentences(text):
    """The same wherever the model that cuts texts into sentences may cut."""
    words = marks(text.lower()).split(" ")
    cuts = sorted(generator.choices(range(len(words) + 1), k=3))
    sentences = [" ".join(words[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(words)])]
    return " ".join(filter(None, map(nltk, sentences)))


OWN = [line for line in """
The Eagle is a £20-25 coffee shop (family-friendly!) near Burger King; rated 3.5 out of 5.
It's $5.00, $5, US$3.50, USD$3, usd$3, C$4, €10, 10€, ¥500, 50¢, £5.50p and 5,000.25 dollars; that's 10% off, 10 % off.
On 10/12/2014, 2014-05-06, 6 Nov. 1999, Sept. 5, Jan. and Fri. it opened at 8:30 a.m. and closed at 11 p.m. sharp.
Mr. Smith, Mrs. Jones, Ms. X, Dr. No, Prof. Y, Sen. Z and Lt. Col. J.R.R. Tolkien live at 5 St. James Ave., Mt. Vernon.
Mr Smith and Dr No met at St Ives vs the Rest Dept of Wm Morris.
The U.S. The U.K. In D.C. He lives in the U.S. and the U.S.-based U.S.S.R. firm. I went to the U.S.
e.g. apples, i.e. fruit, etc. and so on, et al. said; cf. p. 5, pp. 5-7, no. 7, No. 7, Nos. 1, fig. 2, ca. 1900, op. cit.
Apple Inc. and Foo Ltd. And Bar Corp., Baz Co. Pty. Ltd. said so, Inc. Then Intl. Bancorp. x Univ. Of Assn. of Bhd.
Ala. Calif. Mass. mass. Ill. ill. La. la. Pa. pa. Wash. wash. Tex. Ore. ore. Miss. miss. Del. del. Ark. ark.
Ph.D. B.A. M.Sc. Ed.D. Jr. Sr. Bros. Esq. Blvd. Rd. tel. ext. est. sq. Bldg. bldg. 5 art. 3 prop. 9
I don't, can't, won't, isn't, DON'T, Don’t, I'm, he's, they're, we've, you'll, he'd, I'd've, y'all, y'know, ain't.
It’s the Eagle’s ‘best’ “coffee” „shop‟ ‚here‛ «there» ‹now› "then" 'so' ``x'' `y' ''z''.
rock'n'roll, rock 'n' roll, O'Brien, O’Neill, d'Or, l'homme, D'Angelo, Cap'n, c'est, c'mon, ol' Dunkin' somethin' o'clock
'Twas 'tis 'Tis '90s '90 'em 'til 'till 'cause nor'easter s'mores ev'ry li'l nat'l e'er cont'd. cont'd
cannot Cannot CANNOT gonna Gotta lemme gimme wanna wanna, more'n d'ye whaddya
a well-known state-of-the-art 3-year-old F-16 pre-1900 co-op re-elect x-ray-like pro-war anti-war A-B-C a_b_c a_1
http://www.foo.com/a_(b)?q=1&r=2. https://x.org/y, www.foo.co.uk/bar; foo.com, booking.com. Foo.com FOO.COM bar.net/x(y)
mail a@b.co, first.last+tag@mail.example.org. <me@x.com> @handle #hashtag #1 #tag2 C# F# C++ c++.
1/2 3/4 1 1/2 3-1/2 ½ 1½ ¼ ⅓ ⅛ 1⁄2 x² H₂O 10⁻³ 3.14.15 1,000,000 .5 0.5 -3 +4 1:30 5:0 1.000,50 5- -5- 5.
+44 20 7946 0958, (555) 123-4567, (020) 7946 0958, 555-1234, 020.7946.0958, 1-800-555-1234.
Wait... what.... no..... yes . . . well… hm -- no - yes – or — so --- right ---- ok ----- end
Really?! What?? Yes!!! Hm? No! ¿Qué? ¡Hola! a?b a!b a.b a..b a...b a,b a;b a:b
(parentheses) [brackets] {braces} <angles> <<double>> (a)(b) [1][2] ((x)) :-) :) ;) :( =D x_x (xx) ^.[^x -_-
AT&T R&B Q&A S&P-500 S&Ls B&B's AT&amp;T a&b A+B Tom & Jerry &amp; &lt;b&gt; &quot;q&quot; &apos;s &nbsp; &eacute; &#163; &mdash;
and/or he/she km/h 24/7 1/2/3 a/b/c TCP/IP, either / or \\ back\\slash \\/ \\* * ** *** ~ ^ | _ __ = == + % ‰ @ @@ # ## $ $$
x.txt file.tar.gz 3.pdf, index.html. a.b.c main.cpp README.md setup.EXE 12.c v1.2.3-beta 3.x
Café Zoë naïve Straße Łódź Ærø São Tomé Ñandú Œuvre Željko İstanbul ΣΊΣΥΦΟΣ Москва Zu\u0308rich co\u00adop \u00ad
100°C 5'10" 5′10″ 20×30 ÷ ± § ¶ © ® ™ • · † ‡ → ↔ ∞ ≤ √ ♥ № ℃ ¦ ¬ ¯ ´ ¨ ¸ ª º ₹5 ₽ 😀👍🏽 \ufeff\u200b
東京タワー 北京。上海、香港 「x」 서울 ภาษาไทย हिन्दी தமிழ் العربية עברית සිංහල
a\u00a0b\u2003c\u3000d \t e 5\u00a01/2 \u00a0.foo.org www.x.com/y\u2007
<b>bold</b> <br/> <a href="x y" id=5> <a href='x y'> <!-- c --> </p > 3<5 a<b>c x > y <3 U.S. <b> I. <i> x
Is it Dr.? No, Mr.! (Inc.) "Ltd." 'Co.' U.S., U.S.; U.S.: U.S.? etc.) etc.; approx. 5 max. min. St.-Malo a.k.a. vs. v.
I. The A. He x. Y. We J. They z. the B. of C. D
X
Inc.
and Sons Corp.
5. Next
""".strip("\n").split("\n")]

generator = random.Random(7)
PIECES = ("the The It A I U.S. a.m. Mr. Mr Dr. St. Inc. inc Co. Jan. Calif. ill. Ph.D. J.R.R. 's ’s n't don't can't won’t I'm "
          "they're o'clock O'Brien d'Or 'n' '90s 'em 'tis cannot gonna Wanna lemme www.a.com http://x.y/z?q=1. a@b.co foo.org, "
          "x.txt a.b.c 3.pdf $5 £20-25 US$3 €10 10% #1 #tag @me 1/2 1-1/2 10/12/2014 1,000.50 .5 -3 555-1234 (555) pp. 5 No. "
          "fig. 2 ca. and/or well-known F-16 AT&T AT&amp;T &lt; &quot; &apos;s :) (xx) ... .. . -- --- ?? !? C++ pro- Cap'n É é "
          "café don''t ''q'' `q' ``q'' \" “ ” ( ) [ ] / ' , . ; : ! - – ½ ² × 中 \u0301 \u00ad \u00a0").split(" ")
LINES = OWN + ["".join(generator.choice(PIECES) + generator.choice([" ", " ", " ", "", ".", ",", "-", "'"])
                       for _ in range(generator.randint(1, 12))) for _ in range(220)]
words = [{"text": line, "ptb": of_ptb, "nltk": nltk(line), "marks": marks(line), "release": release(line)}
         for line, of_ptb in zip(LINES, ptb(LINES))]
assert all(release_in_sentences(item["text"]) == item["release"] for item in words for _ in range(5))


def digest(lines):
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def lines_of(path):
    """The different ones as they stand in the file, be it XML or JSON; carriage returns are spaces."""
    return sorted(set(path.read_bytes().replace(b"\r", b" ").rstrip(b"\n").split(b"\n")))


files = {}
for path in sorted(path for folder in ("e2e", "webnlg-2017", "dart") for path in (SHARED / folder).rglob("*")
                   if path.suffix in (".txt", ".csv", ".xml", ".json")):
    lines = [line.decode("utf-8") for line in lines_of(path)]
    files[str(path.relative_to(SHARED))] = {"lines": len(lines), "ptb": digest(ptb(lines)),
                                            "release": digest(map(release, lines))}

# ---- scores -----------------------------------------------------------------------------------------------------------

JAR = E2E_METRICS / "pycocoevalcap/meteor/meteor-1.5.jar"
NO_TABLE = ["-m", "exact stem synonym", "-w", "1.0 0.6 0.8"]


def meteor(hypotheses, references, options=()):
    """Of words, as GenerationEval calls it; a text with fewer references gets its first again, as in the release."""
    count = max(map(len, references))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "hyp").write_text("\n".join(hypotheses), encoding="utf-8")
        (folder / "ref").write_text("\n".join(ref for refs in references for ref in refs + refs[:1] * (count - len(refs))),
                                    encoding="utf-8")
        said = subprocess.run(["java", "-Xmx2G", "-Dfile.encoding=UTF-8", "-jar", str(JAR.resolve()), "hyp", "ref", "-l", "en",
                               "-norm", "-r", str(count), *options], cwd=folder, check=True, capture_output=True).stdout
    return float(said.split(b"\n")[-2].split()[-1])


def by_e2e(hypotheses, references, whole):
    """`whole`: by the scripts' own main loop, too, which takes METEOR's table into use, half a minute each time."""
    bleu = measure_scores.BLEUScore()
    for text, refs in zip(hypotheses, references):
        bleu.append(text, refs)
    words, of_references = ptb(hypotheses), iter(ptb(sum(references, [])))
    words_of_references = [[next(of_references) for _ in refs] for refs in references]
    in_form = dict(enumerate(words_of_references)), {i: [text] for i, text in enumerate(words)}
    found = {"bleu_e2e": bleu.score(), "rougeL_e2e": float(Rouge().compute_score(*in_form)[0]),
             "cider_e2e": float(Cider().compute_score(*in_form)[0]), "meteor_e2e": meteor(words, words_of_references, NO_TABLE)}
    if whole:
        with contextlib.redirect_stderr(io.StringIO()):
            said = measure_scores.run_coco_eval(references, hypotheses).eval
        assert (said["ROUGE_L"], said["CIDEr"]) == (found["rougeL_e2e"], found["cider_e2e"])
        found["meteor_e2e_with_table"] = said["METEOR"]
    return found


def by_generation_eval(hypotheses, references, whole):
    hypotheses, references = [nltk(text) for text in hypotheses], [[nltk(ref) for ref in refs] for refs in references]
    rates = [min(pyter.ter(text.split(), ref.split()) if ref.split() else 1 for ref in refs)
             for text, refs in zip(hypotheses, references)]
    found = {"ter_webnlg": sum(rates) / len(rates), "meteor_webnlg": meteor(hypotheses, references, NO_TABLE)}
    return {**found, "meteor_webnlg_with_table": meteor(hypotheses, references)} if whole else found


def scores(hypotheses, references, whole=False):
    lowered = [marks(text.lower()) for text in hypotheses], [[marks(ref.lower()) for ref in refs] for refs in references]
    return {"as_given": {**by_e2e(hypotheses, references, whole), **by_generation_eval(hypotheses, references, whole)},
            "released": by_generation_eval(*lowered, whole)}


def more_cases():
    yield "own lines", OWN, [[OWN[i - 1] + " " + line, line.lower(), line.replace(" ", "")][i % 3:]
                             for i, line in enumerate(OWN)]
    yield "quotes and marks", ['"The Eagle" cannot be £20-25 (family-friendly).', "a . b", "", "x"], [
        ["'The Eagle' can not be 20-25 pounds ( family friendly )", "``The Eagle'' cannot be # 20-25"], ["a b", "."], ["!"], [""]]


cases = [{"name": name, "hypotheses": hypotheses, "references": references, "scores": scores(hypotheses, references)}
         for name, hypotheses, references in [*own_cases(), *more_cases()] if name != "long texts"]
data = {name: {"count": 240, "scores": scores(*read(SHARED, 240), whole=True)} for name, read in [("e2e", e2e), ("dart", dart)]}
folder = SHARED / "oracles/e2e-metrics"
_, references, hypotheses = measure_scores.load_data(str(folder / "devel-conc.txt"), str(folder / "baseline-output.txt"))
example = by_e2e(hypotheses, references, whole=True)


def items(of):
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=True) for item in of) + "\n]"


(ROOT / "tests/data/release_scores.json").write_text(
    f'{{"words": {items(words)},\n"files": {json.dumps(files, indent=0)},\n"cases": {items(cases)},\n'
    f'"data": {json.dumps(data)},\n"e2e_example": {json.dumps(example)}}}\n')
