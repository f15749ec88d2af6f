#include "sample_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "style/theme.h"
#include "token_view.h"
#include "widgets/elided_label.h"
#include "widgets/fold_button.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

SampleView::SampleView(QWidget* parent) : QWidget(parent) {
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, gridUnit, 0, 0);
  box->setSpacing(gridUnit);
  auto* heading = new QLabel(tr("Examples as the model will see them"));
  heading->setFont(sectionFont());
  heading->setWordWrap(true);
  box->addWidget(heading);

  problem_ = new NoteLabel(NoteLabel::Problem);
  template_ = new QLabel;
  template_->setWordWrap(true);
  template_->setTextFormat(Qt::PlainText);
  template_->setObjectName("chatTemplate");
  choose_ = new QPushButton(tr("Choose a template"));
  choose_->setObjectName("chooseTemplate");
  connect(choose_, &QPushButton::clicked, this, &SampleView::templateWanted);
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  row->addWidget(template_, 1);
  row->addWidget(choose_, 0, Qt::AlignTop | Qt::AlignLeft);
  box->addWidget(problem_);
  box->addLayout(row);

  legend_ = new TokenView;
  legend_->setTokens({tr("learnt"), tr("read only"), tr("special token")}, {0, 0, 1}, {1, 0, 0});
  legend_->setAccessibleName(tr("Learnt tokens are underlined, special tokens have a broken border"));
  legendText_ =
      faintLabel(tr("The model learns to write what is underlined; it reads the rest and is not scored on it."));
  box->addWidget(legend_);
  box->addWidget(legendText_);
  samples_ = new QVBoxLayout;
  samples_->setSpacing(gridUnit / 2);
  box->addLayout(samples_);
  clear();
}

void SampleView::clear() {
  while (QLayoutItem* item = samples_->takeAt(0)) {
    if (item->widget()) item->widget()->deleteLater();
    delete item;
  }
  problem_->setNote({});
  for (QWidget* widget : {static_cast<QWidget*>(template_), static_cast<QWidget*>(choose_),
                          static_cast<QWidget*>(legend_), static_cast<QWidget*>(legendText_)})
    widget->hide();
  hide();
}

void SampleView::showTemplateProblem(const QString& message) {
  clear();
  problem_->setNote(message);
  choose_->setText(tr("Choose a template"));
  choose_->show();
  setVisible(true);
}

void SampleView::show(const RunPlan& plan, const std::string& chosen) {
  clear();
  const bool generation = !plan.chat_template.empty();
  if (generation) {
    const QString name = QString::fromStdString(plan.chat_template);
    template_->setText(plan.chat_template == "completion"
                           ? tr("Written plainly: the context, the end-of-text token, the answer (template "
                                "“completion”).")
                       : chosen == "auto" || chosen.empty()
                           ? tr("Written with the chat template “%1”, found for this task and model.").arg(name)
                           : tr("Written with the chat template “%1”, as you chose.").arg(name));
    choose_->setText(tr("Change"));
  }
  for (QWidget* widget : {static_cast<QWidget*>(template_), static_cast<QWidget*>(choose_),
                          static_cast<QWidget*>(legend_), static_cast<QWidget*>(legendText_)})
    widget->setVisible(generation);
  for (const SampleExample& sample : plan.samples) add(sample, generation);
  setVisible(!plan.samples.empty());
}

void SampleView::add(const SampleExample& sample, bool generation) {
  QStringList tokens;
  for (const std::string& token : sample.tokens) tokens << QString::fromStdString(token);
  const auto learnt = std::count(sample.answer.begin(), sample.answer.end(), uint8_t{1});
  auto* label = new ElidedLabel(Qt::ElideRight);
  label->setText(generation ? tr("%1 tokens, %2 of them learnt").arg(countText(tokens.size()), countText(learnt))
                            : tr("%1 · %2 tokens").arg(QString::fromStdString(sample.label), countText(tokens.size())));
  auto* view = new TokenView;
  view->setTokens(tokens, sample.special, sample.answer);
  samples_->addWidget(label);
  samples_->addWidget(view);
  if (view->isShortened()) {
    auto* whole = new FoldButton;
    whole->setText(tr("All %1 tokens").arg(countText(tokens.size())));
    connect(whole, &FoldButton::folded, view, &TokenView::setWhole);
    samples_->addWidget(whole, 0, Qt::AlignLeft);
  }
  if (sample.tokens_cut) {
    auto* cut = new NoteLabel(NoteLabel::Warning);
    cut->setNote(tr("Cut off at the end, as the text is too long: %1 tokens.").arg(countText(sample.tokens_cut)));
    samples_->addWidget(cut);
  }
  samples_->addSpacing(gridUnit);
}

}  // namespace mtlora::ui
