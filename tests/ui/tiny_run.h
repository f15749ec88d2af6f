// Real runs that take a second or two: the tiny BERT of the test data on small files.
#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QSet>
#include <QTest>
#include <cmath>

#include "api/api.h"
#include "studio.h"
#include "style/theme.h"

namespace mtlora::ui {

inline RunConfig tinyRun(const Path& folder, const std::string& method = "ctcm", int64_t steps = 12) {
  RunConfig config;
  config.model.name_or_path = (Path(MTLORA_TEST_DATA) / "tiny-bert").string();
  config.data.task = "own";
  config.data.train_file = (Path(MTLORA_TEST_DATA) / "letters.csv").string();
  config.data.max_seq_length = 16;
  config.adapter.method = method;
  config.adapter.r = 4;
  config.train.learning_rate = 5e-3;
  config.train.per_device_train_batch_size = 8;
  config.train.max_steps = steps;
  config.train.logging_steps = 2;
  config.train.geometry_steps = 4;
  config.eval.eval_steps = "6";
  config.output.output_dir = folder.string();
  return config;
}

// A language model: the bundled stories260K on prompts and completions, which it learns in some seconds.
inline RunConfig tinyTextRun(const Path& folder, const std::string& method = "ctcm", int64_t steps = 80) {
  std::string lines;
  const char* names[] = {"Lily", "Tom", "Max", "Sue", "Ben", "Mia", "Sam", "Amy"};
  const char* things[] = {"ball", "hat", "cake", "dog", "car", "tree"};
  for (const std::string name : names)
    for (const std::string thing : things)
      lines += R"({"prompt": ")" + name + " has a " + thing + R"(.", "completion": "The )" + thing + " is the " +
               thing + " of " + name + ".\"}\n";
  const Path file = folder.parent_path() / (folder.filename().string() + ".jsonl");
  write_file(file, lines);
  RunConfig config;
  config.model.name_or_path = (Path(MTLORA_SOURCE_DIR) / "resources" / "models" / "stories260K").string();
  config.data.task = "instructions";
  config.data.train_file = file.string();
  config.data.chat_template = "completion";
  config.data.validation_split = 0.25;
  config.data.max_seq_length = 64;
  config.adapter.method = method;
  config.adapter.r = 4;
  config.adapter.target_modules = {{}, "all-linear"};
  config.train.learning_rate = 5e-3;
  config.train.per_device_train_batch_size = 8;
  config.train.max_steps = steps;
  config.train.logging_steps = 4;
  config.train.geometry_steps = 20;
  config.eval.eval_steps = std::to_string(steps / 4);
  config.generation.max_new_tokens = 24;
  config.output.output_dir = folder.string();
  return config;
}

// Two texts and a value: how many letters they share.
inline Path writePairs(const Path& path) {
  std::string text = "sentence1,sentence2,score\n";
  for (int i = 0; i < 60; ++i) {
    const std::string first(1 + static_cast<size_t>(i) % 5, static_cast<char>('a' + i % 7));
    const std::string second(1 + static_cast<size_t>(i) % 3, static_cast<char>('a' + i % 4));
    text += first + " word," + second + " word," + std::to_string(0.5 * (i % 9)) + "\n";
  }
  write_file(path, text);
  return path;
}

// Trains it to its end; the run's folder.
inline Path train(const RunConfig& config) {
  const std::unique_ptr<Job> job = start_job(config);
  job->wait();
  for (const Event& event : job->take_events())
    if (const auto* end = std::get_if<RunFinished>(&event.body); end && end->status != "completed")
      throw std::runtime_error(end->status + ": " + end->message);
  return job->folder();
}

// What every test of a page begins with: settings of its own under `home`, the light theme, and a trained run in
// `folder`.
inline Path setUpWithRun(const QString& home, const Path& folder) {
  qputenv("MTLORA_HOME", home.toUtf8());
  initialise();
  applyTheme(*qApp, ThemeMode::Light);
  return train(tinyRun(folder));
}

// Puts it in front and waits until it is there.
inline bool open(Studio& studio, const Path& folder) {
  studio.open(folder);
  return QTest::qWaitFor([&] { return studio.run() && studio.run()->folder == folder; }, 20'000);
}

// More than one colour and shapes: not an empty page.
inline bool isFlat(const QImage& picture) {
  QMap<QRgb, int> counts;
  int most = 0;
  for (int y = 0; y < picture.height(); y += 2)
    for (int x = 0; x < picture.width(); x += 2) most = std::max(most, ++counts[picture.pixel(x, y)]);
  const double looked = picture.width() / 2.0 * (picture.height() / 2.0);
  return counts.size() < 16 || most > 0.995 * looked;
}

}  // namespace mtlora::ui
