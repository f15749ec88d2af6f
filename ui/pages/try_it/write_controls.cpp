#include "write_controls.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSpinBox>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int mostTokens = 4096, mostBeams = 32;

QDoubleSpinBox* fraction(const QString& prefix, double least, double most, const QString& help) {
  auto* box = new QDoubleSpinBox;
  box->setPrefix(prefix);
  box->setRange(least, most);
  box->setSingleStep(0.05);
  box->setDecimals(2);
  box->setToolTip(help);
  box->setAccessibleName(prefix.trimmed());
  return box;
}

}  // namespace

WriteControls::WriteControls(QWidget* parent) : QWidget(parent) {
  longest = new QSpinBox;
  longest->setPrefix(tr("at most "));
  longest->setSuffix(tr(" tokens"));
  longest->setRange(1, mostTokens);
  longest->setAccessibleName(tr("Longest answer in tokens"));
  longest->setToolTip(tr("The longest answer. A text ends sooner where the model ends it."));
  choice = new QComboBox;
  choice->addItems({tr("Likeliest token"), tr("Sample"), tr("Beams")});
  choice->setAccessibleName(tr("How each token is chosen"));
  choice->setToolTip(tr(
      "Likeliest token: the same text each time. Sample: drawn by probability, another text each time. Beams: several "
      "texts are followed at once, and the likeliest one is shown when it ends."));
  temperature =
      fraction(tr("temperature "), 0.05, 5, tr("Below 1 the likely tokens become likelier, above 1 less so."));
  topP = fraction(tr("top p "), 0.05, 1,
                  tr("Only the likeliest tokens that together have this probability are drawn from; 1: all."));
  beams = new QSpinBox;
  beams->setSuffix(tr(" beams"));
  beams->setRange(2, mostBeams);
  beams->setAccessibleName(tr("Beams"));
  beams->setToolTip(tr("How many texts are followed at once."));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(gridUnit);
  for (QWidget* field : {static_cast<QWidget*>(longest), static_cast<QWidget*>(choice),
                         static_cast<QWidget*>(temperature), static_cast<QWidget*>(topP), static_cast<QWidget*>(beams)})
    row->addWidget(field);
  for (QSpinBox* box : {longest, beams}) box->setMinimumWidth(box->sizeHint().width());  // its number stays whole
  choice->setMinimumContentsLength(8);
  choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  row->addStretch();
  connect(choice, &QComboBox::currentIndexChanged, this, &WriteControls::showFields);
  setOptions({});
}

void WriteControls::setOptions(const GenerationOptions& options) {
  base_ = options;
  longest->setValue(static_cast<int>(std::min<int64_t>(options.max_new_tokens, mostTokens)));
  temperature->setValue(options.temperature);
  topP->setValue(options.top_p);
  beams->setValue(static_cast<int>(std::max<int64_t>(options.num_beams, 4)));
  if (options.num_beams > 1) beams->setValue(static_cast<int>(options.num_beams));
  choice->setCurrentIndex(options.num_beams > 1 || options.decoding == "release" ? Beams
                          : options.do_sample                                    ? Sample
                                                                                 : Likeliest);
  showFields();
}

GenerationOptions WriteControls::options() {
  GenerationOptions chosen = base_;
  chosen.max_new_tokens = longest->value();
  chosen.num_beams = 1;
  chosen.do_sample = choice->currentIndex() == Sample;
  if (choice->currentIndex() == Beams) {
    chosen.num_beams = beams->value();
  } else {
    chosen.decoding = "transformers";
  }
  if (chosen.do_sample) {
    chosen.temperature = temperature->value();
    chosen.top_p = topP->value();
    ++base_.seed;
  }
  return chosen;
}

void WriteControls::showFields() {
  const int chosen = choice->currentIndex();
  temperature->setVisible(chosen == Sample);
  topP->setVisible(chosen == Sample);
  beams->setVisible(chosen == Beams);
}

}  // namespace mtlora::ui
