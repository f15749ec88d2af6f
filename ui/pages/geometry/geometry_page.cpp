#include "geometry_page.h"

#include <QComboBox>
#include <QLabel>
#include <QStackedWidget>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "eigenvalue_picture.h"
#include "heat_map.h"
#include "matrix_picture.h"
#include "numbers_picture.h"
#include "panel.h"
#include "plane_picture.h"
#include "render_geometry.h"
#include "spectra_picture.h"
#include "studio.h"
#include "style/theme.h"
#include "time_bar.h"

namespace mtlora::ui {

namespace {

constexpr int step_animation = 260;  // ms

}  // namespace

GeometryPage::GeometryPage(Studio& studio, QWidget* parent) : Page(studio, parent) {
  build();
  busy_timer_.setSingleShot(true);
  busy_timer_.setInterval(300);
  connect(&busy_timer_, &QTimer::timeout, this, [this] { time_bar_->setBusy(true); });
  connect(heat_map_, &HeatMap::modulePicked, this, &GeometryPage::pickModule);
  connect(time_bar_, &TimeBar::indexChanged, this, &GeometryPage::showStep);
  connect(&cache_, &GeometryCache::ready, this,
          [this](qint64, const QString& module, const GeometryCache::Geometry& geometry) {
            if (module.toStdString() != module_) return;
            read_problem_.clear();
            showGeometry(geometry, time_bar_->playing() ? TimeBar::playInterval : step_animation);
            prefetchAround();
          });
  connect(&cache_, &GeometryCache::failed, this, [this](qint64 step, const QString& message) {
    read_problem_ = tr("The snapshot of step %1 can't be shown: %2").arg(step).arg(message);
    showGeometry(nullptr, 0);
  });
  connect(&studio_, &Studio::runChanged, this, &GeometryPage::takeRun);
  connect(&studio_, &Studio::eventsArrived, this, &GeometryPage::takeRun);
  connect(&studio_, &Studio::stateChanged, this, &GeometryPage::takeRun);
  showRun(studio_.run(), studio_.live());
}

void GeometryPage::takeRun() {
  stale_ = !isVisible();  // a hidden page reads no snapshots
  if (!stale_) showRun(studio_.run(), studio_.live());
}

void GeometryPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  if (stale_) takeRun();
}

void GeometryPage::setSentence(const QString& sentence) {
  sentence_->setText(sentence);
  pages_->setCurrentIndex(sentence.isEmpty() ? 1 : 0);
}

QString GeometryPage::emptySentence(const RunData* run) const {
  if (!run) return tr("The geometry of a run will stand here: start one, or open one under Runs.");
  const QString method = QString::fromStdString(run->config.adapter.method);
  if (method == QLatin1String("full")) {
    return tr(
        "Full fine-tuning changes the weights themselves: there is no B, T or A, so there is no K to show. Runs "
        "with an adapter have their geometry here.");
  }
  if (!run->geometry.empty()) return {};
  if (run->config.train.geometry_steps == 0) {
    return tr("This run records no geometry (geometry_steps is 0). Set it to a number of steps for the next run.");
  }
  if (run->finished) return tr("This run ended before the first snapshot of its geometry was recorded.");
  const int64_t every = run->config.train.geometry_steps.value_or(run->config.train.logging_steps);
  return tr("How T turns and stretches the adapter's directions will stand here from the first recorded step on; one "
            "is "
            "recorded every %1 steps.")
      .arg(every);
}

void GeometryPage::showRun(const RunData* run, bool live) {
  const bool same = run ? has_run_ && run->folder == folder_ : !has_run_;
  if (!same) {
    has_run_ = run != nullptr;
    folder_ = run ? run->folder : Path();
    records_.clear();
    geometry_.reset();
    read_problem_.clear();
    cache_.setRun(folder_);
    track_i_ = 0;
    track_j_ = 1;
  }
  // Who followed the run sees its last step, though it ended while the page was hidden.
  const bool followed = same && time_bar_->following();
  time_bar_->setLive(live);
  setSentence(emptySentence(run));
  if (!run || run->geometry.empty()) return;
  total_steps_ = run->total_steps;
  const bool grown = run->geometry.size() != records_.size();
  if (same && !grown) return;
  const bool first = records_.empty();
  method_ = QString::fromStdString(run->config.adapter.method);
  records_ = run->geometry;
  if (first) {
    for (Picture* picture : findChildren<Picture*>()) picture->setMethod(method_);
    time_bar_->findChild<QToolButton*>(QStringLiteral("follow"))->setChecked(live);
    const ModuleGrid grid = gridOf(modulesOf(records_.back()));
    if (!grid.find(module_)) {
      const auto any = std::find_if(grid.modules.begin(), grid.modules.end(), [](const auto& m) { return !m.empty(); });
      module_ = any == grid.modules.end() ? std::string() : *any;
    }
  }
  showRecords();
  if (first || followed) time_bar_->setIndex(static_cast<int>(records_.size()) - 1);
  showStep();
}

void GeometryPage::showRecords() {
  std::vector<int64_t> steps;
  std::vector<double> curve;
  for (const GeometryRecorded& record : records_) {
    steps.push_back(record.step);
    const auto at = record.modules.find(module_);
    curve.push_back(at == record.modules.end() ? NAN : valueOf(at->second, quantity_));
  }
  time_bar_->setSteps(steps, total_steps_);
  time_bar_->timeline()->setCurve(std::move(curve), isLogarithmic(quantity_), quantityTitle(quantity_), method_);
}

void GeometryPage::setQuantity(Quantity quantity) {
  quantity_ = quantity;
  quantity_box_->setCurrentIndex(static_cast<int>(quantity));
  heat_panel_->setShows(quantity == Quantity::Rotation || quantity == Quantity::Condition ? Shows::Way : Shows::Result);
  if (records_.empty()) return;
  showRecords();
  showStep();
}

void GeometryPage::pickModule(const QString& module) {
  if (module.toStdString() == module_) return;
  module_ = module.toStdString();
  if (records_.empty()) return;
  showRecords();
  showStep();
}

void GeometryPage::pickDirections(size_t i, size_t j) {
  if (!geometry_ || i >= geometry_->track.size() || j >= geometry_->track.size()) return;
  track_i_ = geometry_->track[i];
  track_j_ = geometry_->track[j];
  showPlane(0);
}

std::pair<size_t, size_t> GeometryPage::directions() const {
  const std::vector<size_t>& track = geometry_->track;
  const auto place = [&track](size_t label) {
    return static_cast<size_t>(std::find(track.begin(), track.end(), label) - track.begin());
  };
  return {place(track_i_), place(track_j_)};
}

void GeometryPage::showModuleName() {
  module_name_->setText(heat_map_->data().grid.shortName(module_));
  module_name_->setToolTip(QString::fromStdString(module_));
  formula_->setText(tr("%1   %2   r = %3")
                        .arg(methodTitle(method_), methodFormula(method_))
                        .arg(geometry_ ? geometry_->sigma_ba.size() : 0));
  formula_->setVisible(geometry_ != nullptr);
}

void GeometryPage::showStep() {
  if (records_.empty()) return;
  const auto index = static_cast<size_t>(time_bar_->index());
  const int64_t step = records_[index].step;
  heat_map_->setData(heatMapData(records_, index, quantity_));
  heat_map_->select(module_);
  const QString module = QString::fromStdString(module_);
  if (const auto geometry = cache_.find(step, module)) {
    read_problem_.clear();
    showGeometry(geometry, time_bar_->playing() ? TimeBar::playInterval : step_animation);
    prefetchAround();
    return;
  }
  if (!busy_timer_.isActive()) busy_timer_.start();
  cache_.request(step, module);
}

void GeometryPage::prefetchAround() {
  const int index = time_bar_->index();
  const QString module = QString::fromStdString(module_);
  for (const int near : {1, -1, 2, 3}) {
    const int at = index + near;
    if (at < 0 || at >= static_cast<int>(records_.size())) continue;
    cache_.prefetch(records_[static_cast<size_t>(at)].step, module);
  }
}

void GeometryPage::showGeometry(const GeometryCache::Geometry& geometry, int animation) {
  busy_timer_.stop();
  time_bar_->setBusy(false);
  const bool same_rank = geometry && geometry_ && geometry->sigma_ba.size() == geometry_->sigma_ba.size();
  geometry_ = geometry;
  const bool has_t = method_ != QLatin1String("lora");
  const QString reason = geometry_ ? reasonWithoutK(*geometry_, method_) : read_problem_;
  const QString zero = geometry_ && geometry_->delta_fro == 0
                           ? tr("ΔW is still zero at this step: there are no singular values to show.")
                           : (geometry_ ? QString() : read_problem_);
  if (!same_rank) fillDirections();
  showModuleName();
  numbers_->setMessage(geometry_ ? QString() : read_problem_);
  spectra_->setMessage(zero);
  eigenvalues_->setMessage(
      reason.isEmpty() || !geometry_
          ? reason
          : (has_t ? tr("No eigenvalues where K is not defined.") : tr("Plain LoRA has no T, and so no eigenvalues.")));
  lower_sentence_->setText(!geometry_ ? read_problem_
                           : has_t
                               ? tr("K, R, S and the rotation map stand here at steps where K is defined.")
                               : tr("Without T the matrices K, R and S are the identity, and so is the rotation map."));
  lower_->setCurrentIndex(reason.isEmpty() ? 0 : 1);
  showPlane(same_rank ? animation : 0);
  if (!geometry_) return;
  numbers_->setData(namedNumbers(*geometry_, has_t));
  spectra_->setData({geometry_->sigma_ba, geometry_->sigma_bta, geometry_->groups, has_t, false});
  if (!reason.isEmpty()) return;
  eigenvalues_->setData(geometry_->eigenvalues);
  const auto& groups = geometry_->groups;
  matrix_k_->setData(
      {geometry_->k, MatrixData::Scale::Signed, QStringLiteral("K"), groups, tr("part of u%1 in K u%2")});
  matrix_r_->setMessage(geometry_->r.empty()
                            ? tr("R is not shown: K flattens a direction almost to nothing (smallest stretch below a "
                                 "millionth of the largest), so its rotation is not determined.")
                            : QString());
  matrix_r_->setData(
      {geometry_->r, MatrixData::Scale::Signed, QStringLiteral("R"), groups, tr("part of u%1 in R u%2")});
  matrix_s_->setData({geometry_->s, MatrixData::Scale::Signed, QStringLiteral("S"), groups, {}});
  showMap();
}

void GeometryPage::showMap() {
  if (!geometry_ || !geometry_->has_k) return;
  const bool input = side_box_->currentIndex() == 1;
  const QString symbol = input ? QStringLiteral("|⟨v, v⟩|") : QStringLiteral("|⟨u, u⟩|");
  const QString meaning =
      input ? tr("cosine between v%1 of BA and v%2 of BTA") : tr("cosine between u%1 of BA and u%2 of BTA");
  map_->setData(
      {input ? geometry_->map_v : geometry_->map_u, MatrixData::Scale::Share, symbol, geometry_->groups, meaning});
}

void GeometryPage::fillDirections() {
  const size_t count = geometry_ ? geometry_->sigma_ba.size() : 0;
  for (QComboBox* box : {box_i_, box_j_}) {
    box->clear();
    for (size_t k = 0; k < count; ++k) box->addItem(QStringLiteral("u") + subscript(k + 1));
    box->setEnabled(count > 2);
    box->setVisible(count > 1);
  }
  if (track_i_ >= count || track_j_ >= count) {
    track_i_ = 0;
    track_j_ = 1;
  }
}

void GeometryPage::showPlane(int animation) {
  if (!geometry_) return plane_->setMessage(read_problem_);
  const auto [i, j] = directions();
  box_i_->setCurrentIndex(static_cast<int>(i));
  box_j_->setCurrentIndex(static_cast<int>(j));
  const QString reason = reasonWithoutK(*geometry_, method_);
  if (!reason.isEmpty()) return plane_->setMessage(reason);
  if (geometry_->k.rows < 2) {
    return plane_->setMessage(
        tr("With r = 1 there is one direction and no plane: K is the number %1.").arg(numberText(geometry_->k(0, 0))));
  }
  const bool was_hidden = !plane_->message().isEmpty();
  plane_->setMessage({});
  PlaneData plane{plane_view(geometry_->k, i, j), i, j, track_i_, track_j_, false};
  for (const auto& [first, last] : geometry_->groups) {
    plane.same_group = plane.same_group || (std::min(i, j) >= first && std::max(i, j) <= last);
  }
  plane_->setData(plane, was_hidden ? 0 : animation);
}

QString GeometryPage::missingContent() const {
  if (!has_run_ || records_.empty()) return sentence_->text();
  if (pages_->currentIndex() == 0) return sentence_->text();
  if (!geometry_) return read_problem_.isEmpty() ? tr("the snapshot is still being read") : read_problem_;
  if (heat_map_->data().values.empty()) return tr("the heat map has no cells");
  if (module_.empty()) return tr("no module is picked");
  if (spectra_->data().sigma_ba.empty()) return tr("the spectra have no values");
  return method_ == QLatin1String("lora") ? QString() : reasonWithoutK(*geometry_, method_);
}

}  // namespace mtlora::ui
