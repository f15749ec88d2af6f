#include "samples_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

QToolButton* arrow(const QString& icon, const QString& text) {
  auto* button = new QToolButton;
  button->setIcon(lineIcon(icon));
  button->setToolTip(text);
  button->setAccessibleName(text);
  button->setAutoRaise(true);
  return button;
}

}  // namespace

SamplesPanel::SamplesPanel(QWidget* parent) : QWidget(parent) {
  auto* heading = new QLabel(tr("What the model writes"));
  heading->setFont(sectionFont());
  when_ = faintLabel();
  when_->setWordWrap(false);
  when_->setFont(tabularFont());
  back_ = arrow(QStringLiteral("step-back"), tr("The evaluation before"));
  forward_ = arrow(QStringLiteral("step-forward"), tr("The next evaluation"));
  auto* head = new QHBoxLayout;
  head->setSpacing(gridUnit);
  head->addWidget(heading);
  head->addStretch();
  head->addWidget(when_);
  head->addWidget(back_);
  head->addWidget(forward_);
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit * 2);
  for (Column& column : columns_) {
    column.box = new QWidget;
    column.prompt = new ElidedLabel(Qt::ElideRight);
    column.prompt->setForegroundRole(QPalette::PlaceholderText);
    column.text = new QPlainTextEdit;
    column.text->setReadOnly(true);
    column.text->setTabChangesFocus(true);
    column.text->setMinimumHeight(column.text->fontMetrics().lineSpacing() * 2 + gridUnit);
    auto* box = new QVBoxLayout(column.box);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(gridUnit / 2);
    box->addWidget(column.prompt);
    box->addWidget(column.text, 1);
    row->addWidget(column.box, 1);
  }
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(gridUnit / 2);
  all->addLayout(head);
  all->addLayout(row, 1);
  connect(back_, &QToolButton::clicked, this, [this] { step(-1); });
  connect(forward_, &QToolButton::clicked, this, [this] { step(1); });
  setVisible(false);
}

void SamplesPanel::setRun(const RunData* run) {
  run_ = run;
  follow_ = true;
  known_ = at_ = 0;
  steps_.clear();
  setVisible(false);
  if (run) update(*run);
}

void SamplesPanel::update(const RunData& run) {
  run_ = &run;
  if (run.samples.size() == known_) return;
  known_ = run.samples.size();
  const int64_t before = shownStep();
  steps_.clear();
  for (const SampleMade& sample : run.samples)
    if (steps_.empty() || steps_.back() != sample.step) steps_.push_back(sample.step);
  setVisible(!steps_.empty());
  if (steps_.empty()) return;
  at_ = steps_.size() - 1;
  for (size_t i = 0; !follow_ && i < steps_.size(); ++i)
    if (steps_[i] == before) at_ = i;
  show(run);
}

void SamplesPanel::step(int by) {
  if (!run_ || steps_.empty()) return;
  const auto last = static_cast<int64_t>(steps_.size()) - 1;
  at_ = static_cast<size_t>(std::clamp<int64_t>(static_cast<int64_t>(at_) + by, 0, last));
  follow_ = static_cast<int64_t>(at_) == last;
  show(*run_);
}

void SamplesPanel::show(const RunData& run) {
  size_t column = 0;
  for (const SampleMade& sample : run.samples) {
    if (sample.step != steps_[at_] || column >= columns_.size()) continue;
    Column& place = columns_[column++];
    const QString text = QString::fromStdString(sample.text).trimmed();
    place.prompt->setText(QString::fromStdString(sample.prompt).simplified());
    place.text->setPlaceholderText(tr("It wrote nothing."));
    if (place.text->toPlainText() != text) place.text->setPlainText(text);
    place.text->setAccessibleName(tr("Text to: %1").arg(place.prompt->text()));
    place.box->setVisible(true);
  }
  for (; column < columns_.size(); ++column) columns_[column].box->setVisible(false);
  when_->setText(tr("step %1  ·  %2 of %3").arg(countText(steps_[at_])).arg(at_ + 1).arg(steps_.size()));
  back_->setEnabled(at_ > 0);
  forward_->setEnabled(at_ + 1 < steps_.size());
}

int64_t SamplesPanel::shownStep() const { return at_ < steps_.size() ? steps_[at_] : -1; }

QString SamplesPanel::text(int column) const { return columns_.at(static_cast<size_t>(column)).text->toPlainText(); }

}  // namespace mtlora::ui
