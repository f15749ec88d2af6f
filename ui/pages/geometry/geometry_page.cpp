#include "geometry_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "eigenvalue_picture.h"
#include "heat_map.h"
#include "matrix_picture.h"
#include "numbers_picture.h"
#include "panel.h"
#include "plane_picture.h"
#include "spectra_picture.h"
#include "studio.h"
#include "style/theme.h"
#include "time_bar.h"

namespace mtlora::ui {

namespace {

constexpr int step_animation = 260;  // ms

// Positions of a splitter outlive the window.
void keepPositions(QSplitter* splitter, const QString& name) {
  splitter->setObjectName(name);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(gridUnit);
  const QString key = QStringLiteral("geometry/") + name;
  splitter->restoreState(QSettings().value(key).toByteArray());
  QObject::connect(splitter, &QSplitter::splitterMoved, splitter,
                   [splitter, key] { QSettings().setValue(key, splitter->saveState()); });
}

QLabel* sentenceLabel(QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setWordWrap(true);
  label->setAlignment(Qt::AlignCenter);
  label->setContentsMargins(6 * gridUnit, gridUnit, 6 * gridUnit, gridUnit);
  return label;
}

}  // namespace

GeometryPage::GeometryPage(Studio& studio, QWidget* parent) : Page(studio, parent) {
  pages_ = new QStackedWidget(this);
  sentence_ = sentenceLabel(this);
  auto* body = new QWidget(this);
  pages_->addWidget(sentence_);
  pages_->addWidget(body);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(pages_);

  auto* right = new QSplitter(Qt::Vertical, this);
  right->addWidget(buildTop());
  right->addWidget(buildMatrices());
  right->setStretchFactor(0, 5);
  right->setStretchFactor(1, 3);
  right->setSizes({460, 240});
  keepPositions(right, QStringLiteral("rows"));
  auto* columns = new QSplitter(Qt::Horizontal, this);
  columns->addWidget(buildLeft());
  columns->addWidget(right);
  columns->setStretchFactor(0, 1);
  columns->setStretchFactor(1, 4);
  columns->setSizes({260, 940});
  keepPositions(columns, QStringLiteral("columns"));
  time_bar_ = new TimeBar(this);
  auto* layout = new QVBoxLayout(body);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(gridUnit);
  layout->addWidget(columns, 1);
  layout->addWidget(time_bar_);

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
  connect(&studio_, &Studio::runChanged, this, [this] { showRun(studio_.run(), studio_.live()); });
  connect(&studio_, &Studio::eventsArrived, this, [this] { showRun(studio_.run(), studio_.live()); });
  connect(&studio_, &Studio::stateChanged, this, [this] { showRun(studio_.run(), studio_.live()); });
  showRun(studio_.run(), studio_.live());
}

QWidget* GeometryPage::buildLeft() {
  heat_map_ = new HeatMap(this);
  quantity_box_ = new QComboBox(this);
  quantity_box_->setObjectName(QStringLiteral("quantity"));
  quantity_box_->setAccessibleName(tr("Quantity of the heat map"));
  for (const Quantity quantity : allQuantities) quantity_box_->addItem(quantityTitle(quantity));
  connect(quantity_box_, &QComboBox::currentIndexChanged, this,
          [this](int index) { setQuantity(allQuantities[index]); });
  auto* content = new QWidget(this);
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(quantity_box_);
  layout->addWidget(heat_map_, 1);
  heat_panel_ = new Panel(tr("Modules"), Shows::Result,
                          tr("Each cell is one adapted layer of the model; its colour is the chosen quantity at the step "
                             "of the time bar, on a scale that stays the same for all steps. Effective rank and norm show "
                             "the result (ΔW), rotation angle and condition number the way of the training (K); click a "
                             "cell or use the arrow keys to see that module in all other pictures."),
                          content, this);
  numbers_ = new NumbersPicture(this);
  auto* scroll = new QScrollArea(this);
  scroll->setWidget(numbers_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->viewport()->setBackgroundRole(QPalette::Base);
  auto* numbers_panel =
      new Panel(tr("Numbers"), Shows::Both,
                tr("The picked module in numbers, grouped by what they describe: the result (ΔW = s·B·T·A), the way of "
                   "the training (K), and how far K can be trusted. Point at a line to read what it means."),
                scroll, this);
  auto* left = new QSplitter(Qt::Vertical, this);
  left->addWidget(heat_panel_);
  left->addWidget(numbers_panel);
  left->setStretchFactor(0, 3);
  left->setStretchFactor(1, 2);
  left->setSizes({400, 310});
  keepPositions(left, QStringLiteral("left"));
  return left;
}

QWidget* GeometryPage::buildTop() {
  plane_ = new PlanePicture(this);
  const auto direction = [this](const QString& name) {
    auto* box = new QComboBox(this);
    box->setAccessibleName(name);
    box->setToolTip(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return box;
  };
  box_i_ = direction(tr("First direction of the plane"));
  box_j_ = direction(tr("Second direction of the plane"));
  box_i_->setObjectName(QStringLiteral("direction_i"));
  box_j_->setObjectName(QStringLiteral("direction_j"));
  // Choosing the direction that the other box shows swaps the two.
  connect(box_i_, &QComboBox::activated, this, [this](int i) {
    const auto chosen = static_cast<size_t>(i);
    pickDirections(chosen, chosen == direction_j_ ? direction_i_ : direction_j_);
  });
  connect(box_j_, &QComboBox::activated, this, [this](int j) {
    const auto chosen = static_cast<size_t>(j);
    pickDirections(chosen == direction_i_ ? direction_j_ : direction_i_, chosen);
  });
  auto* plane_panel = new Panel(
      tr("K in a plane"), Shows::Way,
      tr("The dashed unit circle holds all directions between two left singular vectors of BA; K, which is what T does to "
         "them, turns it into the filled ellipse, and thin threads show where each point goes. Pale arrows are the two "
         "directions before, strong ones after: read the turn and the change of length; it shows the way of the training "
         "(K), not the result."),
      plane_, this);
  plane_panel->addControl(box_i_);
  plane_panel->addControl(box_j_);

  spectra_ = new SpectraPicture(this);
  auto* log = new QToolButton(this);
  log->setObjectName(QStringLiteral("log"));
  log->setText(tr("log"));
  log->setToolTip(tr("Logarithmic axis"));
  log->setCheckable(true);
  log->setAutoRaise(true);
  connect(log, &QToolButton::toggled, spectra_, &SpectraPicture::setLogarithmic);
  auto* spectra_panel = new Panel(
      tr("Spectra"), Shows::Result,
      tr("Singular values of the adapter, largest first: hollow bars without T (BA), filled bars with T (BTA). Bars that "
         "fall fast mean that few directions carry the change; the filled ones show the result (ΔW), their distance from "
         "the hollow ones what T adds."),
      spectra_, this);
  spectra_panel->addControl(log);
  eigenvalues_ = new EigenvaluePicture(this);
  auto* eigen_panel = new Panel(
      tr("Eigenvalues of T"), Shows::Way,
      tr("Each dot is an eigenvalue of T in the complex plane: its distance from 0 is scale, its angle against the "
         "positive axis rotation. On the dashed circle nothing changes length, on the positive axis nothing turns; it "
         "shows the way of the training (K has the same eigenvalues)."),
      eigenvalues_, this);
  auto* side = new QSplitter(Qt::Vertical, this);
  side->addWidget(spectra_panel);
  side->addWidget(eigen_panel);
  side->setStretchFactor(0, 1);
  side->setStretchFactor(1, 1);
  side->setSizes({220, 220});
  keepPositions(side, QStringLiteral("side"));

  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(plane_panel);
  splitter->addWidget(side);
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  splitter->setSizes({560, 380});
  keepPositions(splitter, QStringLiteral("top"));

  module_name_ = new QLabel(this);
  module_name_->setObjectName(QStringLiteral("module_name"));
  module_name_->setFont(sectionFont());
  formula_ = new QLabel(this);
  formula_->setForegroundRole(QPalette::PlaceholderText);
  auto* heading = new QHBoxLayout;
  heading->setSpacing(2 * gridUnit);
  heading->addWidget(module_name_);
  heading->addWidget(formula_);
  heading->addStretch(1);
  auto* top = new QWidget(this);
  auto* layout = new QVBoxLayout(top);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(4);
  layout->addLayout(heading);
  layout->addWidget(splitter, 1);
  return top;
}

QWidget* GeometryPage::buildMatrices() {
  matrix_k_ = new MatrixPicture(tr("Matrix K"), this);
  matrix_r_ = new MatrixPicture(tr("Rotation R"), this);
  matrix_s_ = new MatrixPicture(tr("Stretch S"), this);
  map_ = new MatrixPicture(tr("Rotation map"), this);
  side_box_ = new QComboBox(this);
  side_box_->setObjectName(QStringLiteral("side_of_map"));
  side_box_->addItems({tr("u"), tr("v")});
  side_box_->setToolTip(tr("Output side (u) or input side (v)"));
  side_box_->setAccessibleName(tr("Side of the rotation map"));
  connect(side_box_, &QComboBox::currentIndexChanged, this, &GeometryPage::showMap);
  auto* row = new QWidget(this);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(gridUnit);
  layout->addWidget(new Panel(
      QStringLiteral("K = R · S"), Shows::Way,
      tr("Column j tells where T takes the j-th left singular direction of BA: how much of each direction is in its image. "
         "A red diagonal and pale rest means that directions keep their place; it shows the way of the training (K), and "
         "dotted blocks are free up to a rotation because their singular values are equal within 1 %."),
      matrix_k_, this));
  layout->addWidget(new Panel(tr("R  turns"), Shows::Way,
                              tr("The orthogonal part of K = R·S: pure rotation (and a reflection if the numbers say so). "
                                 "The identity turns nothing, strong entries off the diagonal carry one direction into "
                                 "another; it shows the way of the training (K)."),
                              matrix_r_, this));
  layout->addWidget(new Panel(tr("S  stretches"), Shows::Way,
                              tr("The symmetric part of K = R·S: pure stretching along perpendicular axes, before R turns. "
                                 "Diagonal entries above 1 lengthen, below 1 shorten, entries off the diagonal tilt the "
                                 "axes; it shows the way of the training (K)."),
                              matrix_s_, this));
  auto* map_panel =
      new Panel(QStringLiteral("|⟨uᵢ, uⱼ⟩|"), Shows::Both,
                tr("Cosines between the singular directions of BA (rows) and those of BTA (columns): 1 is the same "
                   "direction, 0 a right angle. A bright diagonal means that the result (ΔW) keeps the adapter's "
                   "directions; light elsewhere shows what the way of the training (K) has mixed."),
                map_, this);
  map_panel->addControl(side_box_);
  layout->addWidget(map_panel);
  lower_sentence_ = sentenceLabel(this);
  lower_sentence_->setBackgroundRole(QPalette::Base);
  lower_sentence_->setAutoFillBackground(true);
  lower_ = new QStackedWidget(this);
  lower_->addWidget(row);
  lower_->addWidget(lower_sentence_);
  lower_->setMinimumHeight(150);
  return lower_;
}

void GeometryPage::setSentence(const QString& sentence) {
  sentence_->setText(sentence);
  pages_->setCurrentIndex(sentence.isEmpty() ? 1 : 0);
}

QString GeometryPage::emptySentence(const RunData* run) const {
  if (!run) return tr("The geometry of a run will stand here: start one, or open one under Runs.");
  const QString method = QString::fromStdString(run->config.adapter.method);
  if (method == QLatin1String("full")) {
    return tr("Full fine-tuning changes the weights themselves: there is no B, T or A, so there is no K to show. Runs "
              "with an adapter have their geometry here.");
  }
  if (!run->geometry.empty()) return {};
  if (run->config.train.geometry_steps == 0) {
    return tr("This run records no geometry (geometry_steps is 0). Set it to a number of steps for the next run.");
  }
  if (run->finished) return tr("This run ended before the first snapshot of its geometry was recorded.");
  const int64_t every = run->config.train.geometry_steps.value_or(run->config.train.logging_steps);
  return tr("How T turns and stretches the adapter's directions will stand here from the first recorded step on; one is "
            "recorded every %1 steps.")
      .arg(every);
}

QString GeometryPage::reasonWithoutK() const {
  if (method_ == QLatin1String("lora")) {
    return tr("Plain LoRA has no T: K is the identity at every step, nothing is turned or stretched. Spectrum and numbers "
              "show what the adapter does.");
  }
  if (!geometry_ || geometry_->has_k) return {};
  if (geometry_->delta_fro == 0) {
    return tr("K is not defined at this step: B is still zero (ΔW = 0), and a zero matrix has no directions to turn. Move "
              "the time bar to a later step.");
  }
  return tr("K is not defined at this step: B or A is not of full rank (condition of R_B %1, of R_A %2), so some "
            "directions don't exist yet.")
      .arg(numberText(geometry_->condition_b), numberText(geometry_->condition_a));
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
    direction_i_ = 0;
    direction_j_ = 1;
  }
  time_bar_->setLive(live);
  setSentence(emptySentence(run));
  if (!run || run->geometry.empty()) return;
  total_steps_ = run->total_steps;
  const bool grown = run->geometry.size() != records_.size();
  if (same && !grown) return;
  const bool first = records_.empty();
  method_ = QString::fromStdString(run->config.adapter.method);
  rank_ = run->config.adapter.r;
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
  if (first) time_bar_->setIndex(static_cast<int>(records_.size()) - 1);
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
  direction_i_ = i;
  direction_j_ = j;
  showPlane(0);
}

void GeometryPage::showModuleName() {
  const HeatMapData& data = heat_map_->data();
  module_name_->setText(data.grid.shortName(module_));
  module_name_->setToolTip(QString::fromStdString(module_));
  formula_->setText(tr("%1   %2   r = %3").arg(methodTitle(method_), methodFormula(method_)).arg(rank_));
}

void GeometryPage::showStep() {
  if (records_.empty()) return;
  const auto index = static_cast<size_t>(time_bar_->index());
  const int64_t step = records_[index].step;
  heat_map_->setData(heatMapData(records_, index, quantity_));
  heat_map_->select(module_);
  showModuleName();
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
  const QString reason = geometry_ ? reasonWithoutK() : read_problem_;
  const QString zero = geometry_ && geometry_->delta_fro == 0
                           ? tr("ΔW is still zero at this step: there are no singular values to show.")
                           : (geometry_ ? QString() : read_problem_);
  if (!same_rank) fillDirections();
  numbers_->setMessage(geometry_ ? QString() : read_problem_);
  spectra_->setMessage(zero);
  eigenvalues_->setMessage(reason.isEmpty() || !geometry_
                               ? reason
                               : (has_t ? tr("No eigenvalues where K is not defined.")
                                        : tr("Plain LoRA has no T, and so no eigenvalues.")));
  lower_sentence_->setText(reason);
  lower_->setCurrentIndex(reason.isEmpty() ? 0 : 1);
  showPlane(same_rank ? animation : 0);
  if (!geometry_) return;
  numbers_->setData(namedNumbers(*geometry_, has_t));
  spectra_->setData({geometry_->sigma_ba, geometry_->sigma_bta, geometry_->groups, has_t, false});
  if (!reason.isEmpty()) return;
  eigenvalues_->setData(geometry_->eigenvalues);
  const auto& groups = geometry_->groups;
  matrix_k_->setData({geometry_->k, MatrixData::Scale::Signed, QStringLiteral("K"), groups, tr("part of u%1 in K u%2")});
  matrix_r_->setMessage(geometry_->r.empty()
                            ? tr("R is not shown: K flattens a direction almost to nothing (smallest stretch below a "
                                 "millionth of the largest), so its rotation is not determined.")
                            : QString());
  matrix_r_->setData({geometry_->r, MatrixData::Scale::Signed, QStringLiteral("R"), groups, tr("part of u%1 in R u%2")});
  matrix_s_->setData({geometry_->s, MatrixData::Scale::Signed, QStringLiteral("S"), groups, {}});
  showMap();
}

void GeometryPage::showMap() {
  if (!geometry_ || !geometry_->has_k) return;
  const bool input = side_box_->currentIndex() == 1;
  const QString symbol = input ? QStringLiteral("|⟨v, v⟩|") : QStringLiteral("|⟨u, u⟩|");
  const QString meaning = input ? tr("cosine between v%1 of BA and v%2 of BTA") : tr("cosine between u%1 of BA and u%2 of BTA");
  map_->setData({input ? geometry_->map_v : geometry_->map_u, MatrixData::Scale::Share, symbol, geometry_->groups, meaning});
}

void GeometryPage::fillDirections() {
  const size_t count = geometry_ ? geometry_->sigma_ba.size() : 0;
  for (QComboBox* box : {box_i_, box_j_}) {
    box->clear();
    for (size_t k = 0; k < count; ++k) box->addItem(QStringLiteral("u") + subscript(k + 1));
    box->setEnabled(count > 2);
    box->setVisible(count > 1);
  }
  if (count == 0) return;
  if (direction_i_ >= count || direction_j_ >= count || direction_i_ == direction_j_) {
    direction_i_ = 0;
    direction_j_ = 1;
  }
}

void GeometryPage::showPlane(int animation) {
  box_i_->setCurrentIndex(static_cast<int>(direction_i_));
  box_j_->setCurrentIndex(static_cast<int>(direction_j_));
  if (!geometry_) return plane_->setMessage(read_problem_);
  const QString reason = reasonWithoutK();
  if (!reason.isEmpty()) return plane_->setMessage(reason);
  if (geometry_->k.rows < 2) {
    return plane_->setMessage(tr("With r = 1 there is one direction and no plane: K is the number %1.")
                                  .arg(numberText(geometry_->k(0, 0))));
  }
  const bool was_hidden = !plane_->message().isEmpty();
  plane_->setMessage({});
  PlaneData data{plane_view(geometry_->k, direction_i_, direction_j_), direction_i_, direction_j_, false};
  for (const auto& [first, last] : geometry_->groups) {
    const auto inside = [first = first, last = last](size_t k) { return k >= first && k <= last; };
    data.same_group = data.same_group || (inside(direction_i_) && inside(direction_j_));
  }
  plane_->setData(data, was_hidden ? 0 : animation);
}

QString GeometryPage::missingContent() const {
  if (!has_run_ || records_.empty()) return sentence_->text();
  if (pages_->currentIndex() == 0) return sentence_->text();
  if (!geometry_) return read_problem_.isEmpty() ? tr("the snapshot is still being read") : read_problem_;
  if (heat_map_->data().values.empty()) return tr("the heat map has no cells");
  if (module_.empty()) return tr("no module is picked");
  if (spectra_->data().sigma_ba.empty()) return tr("the spectra have no values");
  return reasonWithoutK();
}

}  // namespace mtlora::ui
