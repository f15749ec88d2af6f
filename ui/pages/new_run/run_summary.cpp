#include "run_summary.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QProgressBar>
#include <QVBoxLayout>

#include "length_view.h"
#include "sample_view.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

// A number with its name over it and what it is made of under it.
class SummaryTile : public QFrame {
 public:
  explicit SummaryTile(const QString& name) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    name_ = faintLabel(name);
    number_ = new QLabel(QStringLiteral("–"));
    QFont font = tabularFont();
    if (font.pointSizeF() > 0) font.setPointSizeF(font.pointSizeF() * 1.5);
    number_->setFont(font);
    number_->setAccessibleName(name);
    detail_ = new QLabel;
    detail_->setWordWrap(true);
    detail_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    detail_->setMinimumHeight(2 * detail_->fontMetrics().lineSpacing());
    column->addWidget(name_);
    column->addWidget(number_);
    column->addWidget(detail_, 1);
  }
  void set(const QString& number, const QString& detail) {
    number_->setText(number);
    detail_->setText(detail);
  }

 private:
  QLabel *name_, *number_, *detail_;
};

// How much of what is free the run will take.
class MemoryBar : public QWidget {
 public:
  MemoryBar() { setFixedHeight(gridUnit + 4); }
  void set(double needed, double free) {
    needed_ = needed;
    free_ = free;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QColor rest = palette().color(QPalette::WindowText);
    rest.setAlpha(28);
    painter.setBrush(rest);
    painter.drawRoundedRect(rect(), 3, 3);
    if (free_ <= 0) return;
    const double share = std::min(1.0, needed_ / free_);
    painter.setBrush(needed_ > free_ ? problemColour() : needed_ > 0.8 * free_ ? warningColour() : accent());
    painter.drawRoundedRect(QRectF(0, 0, std::max(6.0, width() * share), height()), 3, 3);
  }

 private:
  double needed_ = 0, free_ = 0;
};

namespace {

QLabel* heading(const QString& text) {
  auto* label = new QLabel(text);
  label->setFont(sectionFont());
  label->setWordWrap(true);
  return label;
}

void clear(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    if (item->widget()) item->widget()->deleteLater();
    delete item;
  }
}

}  // namespace

RunSummary::RunSummary(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(3 * gridUnit, 0, 3 * gridUnit, 2 * gridUnit);
  column->setSpacing(gridUnit);
  busy_ = new QProgressBar;
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedHeight(4);
  busy_->setAccessibleName(tr("Working out what the run will take"));
  QSizePolicy keeps = busy_->sizePolicy();
  keeps.setRetainSizeWhenHidden(true);  // nothing moves when it comes and goes
  busy_->setSizePolicy(keeps);
  busy_->hide();
  column->addWidget(busy_);

  column->addWidget(heading(tr("What this run will be")));
  failure_ = new NoteLabel(NoteLabel::Problem);
  column->addWidget(failure_);
  tiles_ = new QGridLayout;
  tiles_->setHorizontalSpacing(3 * gridUnit);
  tiles_->setVerticalSpacing(2 * gridUnit);
  parameters_ = new SummaryTile(tr("Trainable parameters"));
  steps_ = new SummaryTile(tr("Steps"));
  tokens_ = new SummaryTile(tr("Tokens an epoch"));
  examples_ = new SummaryTile(tr("Training examples"));
  column->addLayout(tiles_);

  memory_ = new QWidget;
  auto* memory = new QVBoxLayout(memory_);
  memory->setContentsMargins(0, gridUnit, 0, 0);
  memory->setSpacing(gridUnit / 2);
  memory->addWidget(heading(tr("Memory")));
  memoryText_ = new QLabel(tr("Shown once the data are read."));
  memoryText_->setWordWrap(true);
  memoryBar_ = new MemoryBar;
  memory->addWidget(memoryText_);
  memory->addWidget(memoryBar_);
  column->addWidget(memory_);

  warnings_ = new QVBoxLayout;
  warnings_->setSpacing(gridUnit / 2);
  column->addLayout(warnings_);

  samples_ = new SampleView;
  lengths_ = new LengthView;
  column->addWidget(samples_);
  column->addWidget(lengths_);
  connect(samples_, &SampleView::templateWanted, this, [this] { Q_EMIT fieldWanted("data.chat_template"); });
  connect(lengths_, &LengthView::limitChosen, this, &RunSummary::limitChosen);
  column->addStretch(1);
  arrangeTiles();
}

void RunSummary::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrangeTiles();
}

void RunSummary::arrangeTiles() {
  const int columns = width() >= 75 * gridUnit ? 4 : 2;
  if (columns == tileColumns_) return;
  tileColumns_ = columns;
  int number = 0;
  for (SummaryTile* tile : {parameters_, steps_, tokens_, examples_}) {
    tiles_->removeWidget(tile);
    tiles_->addWidget(tile, number / columns, number % columns);
    ++number;
  }
  for (int c = 0; c < 4; ++c) tiles_->setColumnStretch(c, c < columns ? 1 : 0);
}

void RunSummary::showParameters(int64_t adapter, int64_t head, int64_t model, const RunConfig& config) {
  const int64_t all = adapter + head, whole = model + head;
  const double share = whole > 0 ? 100.0 * static_cast<double>(all) / static_cast<double>(whole) : 0;
  QString detail = tr("%1 % of the model").arg(QLocale().toString(share, 'g', 3));
  detail += '\n' + (config.adapter.method == "full"
                        ? (head == 0 ? tr("every weight") : tr("every weight, head %1").arg(countText(head)))
                    : head == 0 ? tr("all in the adapter")
                                : tr("adapter %1, head %2").arg(countText(adapter), countText(head)));
  parameters_->set(countText(all), detail);
}

void RunSummary::setCount(const ParameterCount& count, const RunConfig& config) {
  showParameters(count.adapter, count.head, count.model, config);
}

void RunSummary::setPlan(const RunPlan& plan, const RunConfig& config, std::optional<double> tokensPerSecond) {
  complete_ = true;
  failure_->setNote({});
  showParameters(plan.adapter_parameters, plan.head_parameters, plan.model_parameters, config);
  const QLocale locale;
  const int64_t batch = config.train.per_device_train_batch_size * config.train.gradient_accumulation_steps;
  const double epochs = static_cast<double>(plan.total_steps) / static_cast<double>(plan.steps_per_epoch);
  QString steps = (config.data.packing ? tr("%1 epochs of %2, batch %3, filled") : tr("%1 epochs of %2, batch %3"))
                      .arg(locale.toString(epochs, 'g', 3), countText(plan.steps_per_epoch), countText(batch));
  if (tokensPerSecond && *tokensPerSecond > 0)
    steps += '\n' + tr("about %1 at the last run’s rate")
                        .arg(durationText(epochs * static_cast<double>(plan.tokens_per_epoch) / *tokensPerSecond));
  steps_->set(countText(plan.total_steps), steps);
  QString tokens = tr("longest example %1").arg(countText(plan.longest_example));
  tokens += '\n' + (plan.truncated_examples ? tr("%1 examples are cut").arg(countText(plan.truncated_examples))
                                            : tr("none is cut"));
  tokens_->set(countText(plan.tokens_per_epoch), tokens);
  QString examples =
      tr("validation %1, test %2").arg(countText(plan.validation_examples), countText(plan.test_examples));
  if (!plan.labels.empty()) examples += '\n' + tr("%1 labels").arg(countText(static_cast<int64_t>(plan.labels.size())));
  if (plan.unscored_examples) examples += '\n' + tr("%1 left out").arg(countText(plan.unscored_examples));
  if (plan.skipped_rows)
    examples += (plan.labels.empty() ? QString('\n') : QStringLiteral(", ")) +
                tr("%1 rows skipped").arg(countText(plan.skipped_rows));
  examples_->set(countText(plan.train_examples), examples);

  memoryText_->setText(plan.memory_needed_mib > plan.memory_free_mib
                           ? tr("Needs %1 on the longest batch; only %2 are free.")
                                 .arg(memoryText(plan.memory_needed_mib), memoryText(plan.memory_free_mib))
                           : tr("Needs %1 on the longest batch, of %2 free.")
                                 .arg(memoryText(plan.memory_needed_mib), memoryText(plan.memory_free_mib)));
  memoryBar_->set(plan.memory_needed_mib, plan.memory_free_mib);
  memoryBar_->setAccessibleName(memoryText_->text());

  clear(warnings_);
  for (const std::string& warning : plan.warnings) {
    auto* note = new NoteLabel(NoteLabel::Warning);
    note->setNote(QString::fromStdString(warning));
    warnings_->addWidget(note);
  }
  samples_->show(plan, config.data.chat_template);
  lengths_->show(plan, config.data.max_seq_length);
}

void RunSummary::setFailure(const QString& message) {
  complete_ = false;
  failure_->setNote(message);
  for (SummaryTile* tile : {steps_, tokens_, examples_}) tile->set(QStringLiteral("–"), {});
  memoryText_->setText(message.isEmpty() ? tr("Shown once the marked fields are corrected.") : tr("Not known yet."));
  memoryBar_->set(0, 0);
  clear(warnings_);
  samples_->clear();
  lengths_->clear();
}

void RunSummary::setFieldFailure(const QString& key, const QString& message, const RunConfig& config) {
  const bool hasLengths = lengths_->isVisibleTo(this);
  setFailure({});
  if (key.startsWith("model.") || key.startsWith("adapter.")) parameters_->set(QStringLiteral("–"), {});
  if (key == "data.chat_template") samples_->showTemplateProblem(message);
  if (key == "data.max_seq_length" && hasLengths) lengths_->showRefused(config.data.max_seq_length);
}

void RunSummary::setBusy(bool busy) { busy_->setVisible(busy); }

}  // namespace mtlora::ui
