// Texts of language models, against transformers' generate and the LoRA release's beam search
// (tests/golden/make_generation.py), and by property.
#include <ATen/ATen.h>

#include <QtTest>
#include <cmath>
#include <fstream>
#include <map>

#include "eval/decoding.h"
#include "eval/generate.h"
#include "model/registry.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const Path stories = Path(MTLORA_SOURCE_DIR) / "resources" / "models" / "stories260K";

std::unique_ptr<Model> load(const Path& folder) {
  LoadOptions options;
  options.task = ModelTask::CausalLm;
  return load_model(folder, options);
}

using Ids = std::vector<std::vector<int32_t>>;

}  // namespace

class TestGeneration : public QObject {
  Q_OBJECT

 private slots:
  void equalsReference_data() {
    QTest::addColumn<int>("index");
    const json cases = json::parse(read_file(Path(MTLORA_TEST_DATA) / "generation.json"));
    QVERIFY(cases.size() == 70);
    for (size_t i = 0; i < cases.size(); ++i) {
      QTest::newRow((cases[i]["model"].get<std::string>() + " " + cases[i]["options"].dump()).c_str())
          << static_cast<int>(i);
    }
  }
  void equalsReference() {
    QFETCH(int, index);
    static const json cases = json::parse(read_file(Path(MTLORA_TEST_DATA) / "generation.json"));
    const json& golden = cases[static_cast<size_t>(index)];
    const json& given = golden["options"];
    const auto model = load(Path(MTLORA_SOURCE_DIR) / golden["model"].get<std::string>());
    GenerationOptions options;
    options.decoding = given.value("decoding", "transformers");
    options.max_new_tokens = golden["max_new_tokens"];
    options.num_beams = given.value("num_beams", 1);
    options.length_penalty = given.value("length_penalty", 1.0);
    options.no_repeat_ngram_size = given.value("no_repeat_ngram_size", 0);
    const auto ends = given.value("end_tokens", std::vector<int32_t>());
    const Ids prompts = golden["prompts"], expected = golden["ids"];
    QCOMPARE(generate(*model, prompts, options, ends), expected);  // all in one batch
    for (size_t i = 0; i < prompts.size(); ++i) {
      QCOMPARE(generate(*model, {prompts[i]}, options, ends).front(), expected[i]);
    }
  }

  // With a cache and without one the logits are the same, also where sequences are dropped, copied and swapped.
  void cacheEqualsWholeSequence() {
    const auto model = load(stories);
    Decoding decoding(*model, 3);
    Ids texts = {{1, 403, 407}, {1, 261, 378, 270, 263}, {1}};
    const auto compare = [&](const at::Tensor& logits) {
      for (size_t i = 0; i < texts.size(); ++i) {
        Decoding whole(*model, 1);
        const double difference =
            (whole.next_logits({texts[i]})[0] - logits[static_cast<int64_t>(i)]).abs().max().item<double>();
        if (difference > 2e-4) qFatal("text %zu differs by %g", i, difference);
      }
    };
    compare(decoding.next_logits(texts));
    const std::vector<std::vector<int64_t>> parents = {{0, 1, 2}, {2, 0}, {1, 1, 0, 0}, {3, 2, 1}};
    int32_t token = 300;
    for (const std::vector<int64_t>& chosen : parents) {
      decoding.select(chosen);
      Ids next, now;
      for (const int64_t parent : chosen) {
        now.push_back(texts[static_cast<size_t>(parent)]);
        next.emplace_back();
        for (size_t i = 0; i <= now.size() % 2; ++i) {  // one or two new tokens each
          next.back().push_back(token++);
          now.back().push_back(next.back().back());
        }
      }
      texts = now;
      compare(decoding.next_logits(next));
    }
  }

  void samplesByProbability() {
    const auto model = load(stories);
    const std::vector<int32_t> prompt = {1, 403, 407, 261, 378};
    Decoding decoding(*model, 1);
    const at::Tensor logits = decoding.next_logits({prompt})[0].to(at::kDouble);
    GenerationOptions options;
    options.do_sample = true;
    options.max_new_tokens = 1;
    options.top_k = 5;
    options.temperature = 4;
    options.top_p = 0.7;
    // The five likeliest, then the least likely taken off while what is taken has at most 0.3.
    const auto [values, places] = at::topk(logits, 5);
    const at::Tensor p = at::softmax(values / 4, 0);
    std::map<int64_t, double> expected;
    double tail = 0, kept = 0;
    int64_t count = 5;
    while (count > 1 && tail + p[count - 1].item<double>() <= 0.3) tail += p[--count].item<double>();
    for (int64_t i = 0; i < count; ++i) kept += p[i].item<double>();
    for (int64_t i = 0; i < count; ++i) expected[places[i].item<int64_t>()] = p[i].item<double>() / kept;
    QVERIFY(count > 1 && count < 5);
    std::map<int64_t, double> found;
    constexpr int draws = 4000;
    const Ids same(draws, prompt);
    for (const std::vector<int32_t>& text : generate(*model, same, options, {})) found[text.front()] += 1.0 / draws;
    QCOMPARE(found.size(), expected.size());
    for (const auto& [token, share] : expected) {
      QVERIFY(std::abs(found[token] - share) < 4 * std::sqrt(share * (1 - share) / draws));
    }
    const Ids once = generate(*model, {prompt, prompt}, options, {});
    QCOMPARE(generate(*model, {prompt, prompt}, options, {}), once);  // the same seed, the same texts
    options.max_new_tokens = 30;
    const Ids first = generate(*model, {prompt}, options, {});
    options.seed = 1;
    QVERIFY(generate(*model, {prompt}, options, {}) != first);
  }

  void endsWhereItMust() {
    const auto model = load(stories);
    GenerationOptions options;
    options.max_new_tokens = 1000;
    const int64_t most = model->max_positions();
    const Ids full = {std::vector<int32_t>(static_cast<size_t>(most), 5)};
    QVERIFY(generate(*model, full, options, {}).front().empty());  // no room
    const Ids nearly = {std::vector<int32_t>(static_cast<size_t>(most - 2), 5), {1, 403}};
    std::vector<int> tokens(2);
    GenerateHooks hooks;
    hooks.on_token = [&](size_t prompt, int32_t) { ++tokens[prompt]; };
    hooks.go_on = [&] { return tokens[1] < 20; };
    for (const int64_t beams : {int64_t{1}, int64_t{3}}) {
      options.num_beams = beams;
      QCOMPARE(std::ssize(generate(*model, nearly, options, {}, beams == 1 ? hooks : GenerateHooks()).front()), 2);
    }
    QCOMPARE(tokens, (std::vector<int>{2, 20}));
  }

  void bansRepeatedNgrams() {
    std::vector<float> logits(6, 1.0F);
    const std::vector<int32_t> tokens = {1, 2, 3, 1, 2, 4, 1, 2};
    ban_repeated_ngrams(logits, tokens, 3);
    QVERIFY(std::isinf(logits[3]) && std::isinf(logits[4]));
    QVERIFY(!std::isinf(logits[1]) && !std::isinf(logits[2]) && !std::isinf(logits[5]));
    ban_repeated_ngrams(logits, tokens, 1);  // no token twice
    QVERIFY(std::isinf(logits[1]) && std::isinf(logits[2]) && !std::isinf(logits[5]));
    ban_repeated_ngrams(logits, std::vector<int32_t>{5}, 3);
    QVERIFY(!std::isinf(logits[5]));
  }

  void findsTheLargest() {
    const std::vector<float> logits = {1, 5, -std::numeric_limits<float>::infinity(), 5, 2, 7, 0};
    std::vector<int32_t> found;
    for (const Candidate& candidate : largest(logits, 4)) found.push_back(candidate.token);
    QCOMPARE(found, (std::vector<int32_t>{5, 1, 3, 4}));
    QCOMPARE(largest(logits, 100).size(), size_t{6});
  }
};

QTEST_APPLESS_MAIN(TestGeneration)
#include "test_generation.moc"
