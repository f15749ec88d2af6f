// What stands where on the geometry page, and what each picture's ⓘ says.
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
#include "geometry_page.h"
#include "heat_map.h"
#include "matrix_picture.h"
#include "numbers_picture.h"
#include "panel.h"
#include "plane_picture.h"
#include "spectra_picture.h"
#include "style/theme.h"
#include "time_bar.h"

namespace mtlora::ui {

namespace {

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

void GeometryPage::build() {
  pages_ = new QStackedWidget(this);
  sentence_ = sentenceLabel(this);
  auto* body = new QWidget(this);
  pages_->addWidget(sentence_);
  pages_->addWidget(body);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(pages_);

  QWidget* left = buildLeft();  // first, so that the tab key goes from left to right
  auto* right = new QSplitter(Qt::Vertical, this);
  right->addWidget(buildTop());
  right->addWidget(buildMatrices());
  right->setStretchFactor(0, 3);
  right->setStretchFactor(1, 1);
  right->setSizes({500, 215});
  keepPositions(right, QStringLiteral("rows"));
  auto* columns = new QSplitter(Qt::Horizontal, this);
  columns->addWidget(left);
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
  heat_panel_ =
      new Panel(tr("Modules"), Shows::Result,
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
    box->setFixedWidth(58);
    return box;
  };
  box_i_ = direction(tr("First direction of the plane"));
  box_j_ = direction(tr("Second direction of the plane"));
  box_i_->setObjectName(QStringLiteral("direction_i"));
  box_j_->setObjectName(QStringLiteral("direction_j"));
  // Choosing the direction that the other box shows swaps the two.
  connect(box_i_, &QComboBox::activated, this, [this](int i) {
    const auto chosen = static_cast<size_t>(i);
    const auto [was_i, was_j] = directions();
    pickDirections(chosen, chosen == was_j ? was_i : was_j);
  });
  connect(box_j_, &QComboBox::activated, this, [this](int j) {
    const auto chosen = static_cast<size_t>(j);
    const auto [was_i, was_j] = directions();
    pickDirections(chosen == was_i ? was_j : was_i, chosen);
  });
  auto* plane_panel = new Panel(
      tr("K in a plane"), Shows::Way,
      tr("The dashed unit circle holds all directions between two left singular vectors of BA; K, which is what T does "
         "to "
         "them, turns it into the filled ellipse, and thin threads show where each point goes. Pale arrows are the two "
         "directions before, strong ones after: read the turn and the change of length; it shows the way of the "
         "training "
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
  auto* spectra_panel = new Panel(tr("Spectra"), Shows::Result,
                                  tr("Singular values of the adapter, largest first: hollow bars without T (BA), "
                                     "filled bars with T (BTA). Bars that "
                                     "fall fast mean that few directions carry the change; the filled ones show the "
                                     "result (ΔW), their distance from "
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
  heading->setContentsMargins(2, 0, 0, 2);
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
  layout->addWidget(
      new Panel(QStringLiteral("K = R · S"), Shows::Way,
                tr("Column j tells where T takes the j-th left singular direction of BA: how much of each direction is "
                   "in its image. "
                   "A red diagonal and pale rest means that directions keep their place; it shows the way of the "
                   "training (K), and "
                   "dotted blocks are free up to a rotation because their singular values are equal within 1 %."),
                matrix_k_, this));
  layout->addWidget(
      new Panel(tr("R turn"), Shows::Way,
                tr("The orthogonal part of K = R·S: pure rotation (and a reflection if the numbers say so). "
                   "The identity turns nothing, strong entries off the diagonal carry one direction into "
                   "another; it shows the way of the training (K)."),
                matrix_r_, this));
  layout->addWidget(
      new Panel(tr("S stretch"), Shows::Way,
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
  lower_sentence_->setForegroundRole(QPalette::PlaceholderText);
  lower_sentence_->setBackgroundRole(QPalette::Base);
  lower_sentence_->setAutoFillBackground(true);
  lower_ = new QStackedWidget(this);
  lower_->addWidget(row);
  lower_->addWidget(lower_sentence_);
  lower_->setMinimumHeight(165);
  return lower_;
}

}  // namespace mtlora::ui
