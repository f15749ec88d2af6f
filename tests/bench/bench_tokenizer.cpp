// Tokenizers: how fast, and what exactly.
//
//   bench_tokenizer speed FOLDER FILE [THREADS]   MB/s of encode over the file's lines
//   bench_tokenizer encode FOLDER                 JSON texts, one a line, from standard input; for each a line
//                                                 {"ids", "offsets" (characters), "text" (decoded), "kept" (decoded
//                                                 without special tokens)}
//   bench_tokenizer parts FILE                    the same with the normalizer and the pre_tokenizer of FILE alone:
//                                                 {"normalized", "words": [[word, start, end] …]}
//
// compare_tokenizers.py drives the last two against the `tokenizers` package.
#include <atomic>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"

using namespace mtlora;
using nlohmann::json;

namespace {

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json pairs(const std::vector<Span>& spans) {
  json result = json::array();
  for (const Span& span : spans) result.push_back({span.start, span.end});
  return result;
}

template <typename Answer>
int answer_lines(Answer answer) {
  for (std::string line; std::getline(std::cin, line);) {
    json result;
    try {
      result = answer(json::parse(line).get<std::string>());
    } catch (const Error& error) {
      result = {{"error", error.what()}};
    }
    std::cout << dump(result) << '\n';
  }
  return 0;
}

int encode(const Path& folder) {
  const auto tokenizer = Tokenizer::load(folder);
  return answer_lines([&](const std::string& text) {
    const Encoding encoding = tokenizer->encode(text, nullptr, 0, Offsets::Yes);
    if (encoding.input_ids != tokenizer->encode(text).input_ids) return json{{"error", "offsets change the ids"}};
    return json{{"ids", encoding.input_ids},
                {"offsets", pairs(to_character_offsets(text, encoding.offsets))},
                {"text", tokenizer->decode(encoding.input_ids, false)},
                {"kept", tokenizer->decode(encoding.input_ids, true)}};
  });
}

int parts(const Path& path) {
  const json file = json::parse(read_file(path));
  const FilePart whole(path, "", file);
  const auto normalizer = make_normalizer(whole.at("normalizer"));
  const auto pre_tokenizer = make_pre_tokenizer(whole.at("pre_tokenizer"));
  return answer_lines([&](const std::string& text) {
    PreTokenizedText work;
    work.text.assign_repaired(text, true);
    if (normalizer) normalizer->normalize(work.text);
    json result{{"normalized", work.text.view()}, {"words", json::array()}};
    if (!work.text.empty()) work.words.push_back({0, static_cast<uint32_t>(work.text.size()), -1});
    if (pre_tokenizer) pre_tokenizer->split(work);
    for (const auto& word : work.words) {
      const Span span = to_character_offsets(text, {work.text.origin(word.span())})[0];
      result["words"].push_back({work.text.view(word.span()), span.start, span.end});
    }
    return result;
  });
}

int speed(const Path& folder, const Path& path, size_t threads) {
  const auto tokenizer = Tokenizer::load(folder);
  const std::string text = read_file(path);
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  for (const Offsets offsets : {Offsets::No, Offsets::Yes}) {
    double best = 0;
    std::atomic<size_t> tokens = 0;
    for (int round = 0; round < 5; ++round) {
      tokens = 0;
      std::atomic<size_t> next = 0;
      const auto work = [&] {
        constexpr size_t chunk = 256;
        size_t count = 0;
        for (size_t first; (first = next.fetch_add(chunk)) < lines.size();) {
          for (size_t i = first; i < std::min(first + chunk, lines.size()); ++i) {
            count += tokenizer->encode(lines[i], nullptr, 0, offsets).input_ids.size();
          }
        }
        tokens += count;
      };
      const auto begin = std::chrono::steady_clock::now();
      std::vector<std::thread> pool;
      for (size_t i = 1; i < threads; ++i) pool.emplace_back(work);
      work();
      for (std::thread& thread : pool) thread.join();
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      best = std::max(best, static_cast<double>(text.size()) / seconds / 1e6);
    }
    std::cout << (offsets == Offsets::Yes ? "with offsets " : "ids alone    ") << best << " MB/s, " << tokens
              << " tokens\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto is = [&](const char* command, size_t at_least) {
    return arguments.size() >= at_least && arguments[0] == command;
  };
  if (is("speed", 3)) return speed(arguments[1], arguments[2], arguments.size() > 3 ? std::stoul(arguments[3]) : 1);
  if (is("encode", 2)) return encode(arguments[1]);
  if (is("parts", 2)) return parts(arguments[1]);
  std::cerr << "bench_tokenizer speed FOLDER FILE [THREADS] | encode FOLDER | parts FILE\n";
  return 2;
} catch (const Error& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 2;
}
