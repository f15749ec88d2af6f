#include "result_picker.h"

#include <QLocale>
#include <algorithm>
#include <filesystem>

#include "studio.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int lookDelay = 50;  // ms

}  // namespace

ResultPicker::ResultPicker(Studio& studio, QWidget* parent)
    : QComboBox(parent), studio_(studio), looking_(lookDelay, this) {
  setAccessibleName(tr("Which result of the run"));
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(36);
  connect(&studio_, &Studio::runChanged, this, &ResultPicker::look);
  connect(&studio_, &Studio::stateChanged, this, &ResultPicker::look);
  connect(&studio_, &Studio::eventsArrived, this, [this] {
    if (studio_.run() && studio_.run()->checkpoints.size() != checkpoints_) look();
  });
  connect(this, &QComboBox::activated, this, [this](int index) {
    chosen_ = index <= 0 ? Path() : results_[static_cast<size_t>(index)].folder;
    show(results_);
  });
  look();
}

Path ResultPicker::folder() const {
  const int index = currentIndex();
  return index < 0 || index >= static_cast<int>(results_.size()) ? Path() : results_[static_cast<size_t>(index)].folder;
}

std::vector<ResultPicker::Result> ResultPicker::candidates() const {
  const RunData& run = *studio_.run();
  const QString metric = scoreTitle(run.metric());
  const auto best = run.best();
  std::vector<Result> found;
  // While a run goes on after its end, the result of that end is older than its checkpoints.
  if (run.finished && !studio_.live()) {
    const QString title = best ? tr("Result: best, step %1 · %2 %3")
                                     .arg(countText(best->first), metric, scoreText(run.metric(), best->second))
                               : tr("Result: last, step %1").arg(countText(run.step()));
    found.push_back({title, run.folder / "adapter"});
  }
  for (auto saved = run.checkpoints.rbegin(); saved != run.checkpoints.rend(); ++saved) {
    const Path folder = run.folder / saved->path;
    if (std::any_of(found.begin(), found.end(), [&](const Result& one) { return one.folder == folder; })) continue;
    QString title = tr("Checkpoint, step %1").arg(countText(saved->step));
    for (const EvalDone& eval : run.evals)
      if (const auto value = run.score(eval); value && eval.step == saved->step) {
        title += QStringLiteral(" · ") + metric + u' ' + scoreText(run.metric(), *value);
        break;
      }
    if (best && best->first == saved->step) title += QStringLiteral(" · ") + tr("best");
    found.push_back({title, folder});
  }
  return found;
}

void ResultPicker::look() {
  const RunData* run = studio_.run();
  if (!run || run->folder != run_) {
    run_ = run ? run->folder : Path();
    chosen_.clear();
    looking_.drop();
    show({});
  }
  if (!run) return;
  checkpoints_ = run->checkpoints.size();
  looking_.ask(
      [named = candidates()] {
        std::vector<Result> results = named;
        std::erase_if(results, [](const Result& result) {
          std::error_code error;
          return !std::filesystem::exists(result.folder / "adapter_config.json", error);
        });
        return results;
      },
      [this](std::vector<Result> results) { show(std::move(results)); },
      [this](const Failure& failure) { Q_EMIT studio_.failed(failure.message, failure.hint); });
}

void ResultPicker::show(std::vector<Result> results) {
  if (results != results_ || count() == 0) {
    results_ = std::move(results);
    clear();
    for (const Result& result : results_) addItem(result.title);
    if (results_.empty()) addItem(tr("Nothing saved yet"));
    setEnabled(!results_.empty());
  }
  int index = 0;
  for (size_t i = 0; i < results_.size(); ++i)
    if (results_[i].folder == chosen_) index = static_cast<int>(i);
  if (index == 0) chosen_.clear();
  setCurrentIndex(index);
  setToolTip(currentText());
  if (folder() != told_) {
    told_ = folder();
    Q_EMIT resultChanged();
  }
}

}  // namespace mtlora::ui
