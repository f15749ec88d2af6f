// How the form is laid out: which field stands in which section.
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include "data_preview.h"
#include "form_section.h"
#include "method_cards.h"
#include "model_picker.h"
#include "model_sheet.h"
#include "offer.h"
#include "option_field.h"
#include "recipe_panel.h"
#include "run_form.h"
#include "style/theme.h"
#include "target_tree.h"
#include "task_picker.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

// What the tab key stops at, in the order in which it is laid out.
void collectStops(QLayout* layout, QWidgetList& stops) {
  for (int i = 0; i < layout->count(); ++i) {
    if (QLayout* inner = layout->itemAt(i)->layout()) collectStops(inner, stops);
    QWidget* widget = layout->itemAt(i)->widget();
    if (!widget) continue;
    if (widget->focusPolicy() & Qt::TabFocus) stops << widget;
    if (widget->layout() && !widget->inherits("QComboBox")) collectStops(widget->layout(), stops);
  }
}

QLabel* subheading(const QString& text) {
  auto* label = new QLabel(text);
  QFont font = label->font();
  font.setWeight(QFont::DemiBold);
  label->setFont(font);
  return label;
}

}  // namespace

void RunForm::build() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(0, 0, gridUnit, 2 * gridUnit);
  column->setSpacing(gridUnit);
  const auto add = [&](const QStringList& groups, const QString& title) {
    auto* section = new FormSection(title);
    for (const QString& group : groups) sections_[group] = section;
    column->addWidget(section);
    return section;
  };
  add({"model"}, tr("Model"));
  add({"data"}, tr("Data"));
  add({"adapter"}, tr("Method"));
  add({"train", "eval", "output"}, tr("Training"));
  add({"generation"}, tr("Writing"));
  column->addStretch(1);

  preview_ = new DataPreviewPanel;
  recipes_ = new RecipePanel;
  for (Offer** offer : {&taskOffer_, &targetOffer_}) *offer = new Offer;
  adapterHint_ = faintLabel();
  targets_ = new TargetTree;
  for (const Option& option : option_table()) {
    OptionEditor* editor = nullptr;
    if (option.key == "model.name_or_path") editor = models_ = new ModelPicker(option);
    if (option.key == "data.task") editor = tasks_ = new TaskPicker(option);
    if (option.key == "adapter.method") editor = new MethodCards(option);
    auto* field = new OptionField(option, editor);
    order_ << field->key();
    fields_[field->key()] = field;
    connect(field, &OptionField::edited, this, [this, field] { edited(field); });
    place(field);
  }
  connect(preview_, &DataPreviewPanel::previewed, this, &RunForm::takePreview);
  connect(targets_, &TargetTree::edited, this, &RunForm::takeTargets);
  connect(models_, &ModelPicker::listed, this, &RunForm::showOffers);
  connect(taskOffer_, &Offer::taken, this, &RunForm::takeTaskOffer);
  connect(targetOffer_, &Offer::taken, this, [this] { set("adapter.target_modules", "all-linear"); });
  connect(recipes_, &RecipePanel::chosen, this, &RunForm::proposed);
  connect(recipes_, &RecipePanel::adapterWanted, this, [this] { reveal("adapter.adapter_name_or_path"); });

  scroll_ = new QScrollArea;
  scroll_->setWidget(inside);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setFocusPolicy(Qt::NoFocus);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(scroll_);
  arrangeTabs();
}

void RunForm::place(OptionField* field) {
  const QString key = field->key(), group = key.section('.', 0, 0);
  FormSection* section = sectionOf(key);
  // What a person nearly always looks at stands open, whatever file group it is in; what only texts need is shown with
  // them alone, and then it is no detail.
  const bool ofTexts = key == "data.chat_template" || key == "eval.predict_with_generate";
  QVBoxLayout* layout = field->option().advanced && !ofTexts ? section->advanced() : section->basic();
  for (const auto& [name, title] : {std::pair("eval", tr("Evaluation")), std::pair("output", tr("Output"))}) {
    if (group != name || section->property(name).toBool() || ofTexts) continue;
    section->setProperty(name, true);
    section->basic()->addWidget(subheading(title));
  }
  if (key == "adapter.target_modules") {
    // The tree and what it writes are one thing, so its lines stand beneath it even if the table calls one advanced.
    targetBox_ = new QWidget;
    auto* box = new QVBoxLayout(targetBox_);
    box->setContentsMargins(0, gridUnit, 0, 0);
    box->setSpacing(gridUnit);
    box->addWidget(subheading(tr("Layers that carry an adapter")));
    box->addWidget(targetOffer_);
    box->addWidget(targets_);
    targets_->setProperty("optionKey", key);
    section->basic()->addWidget(targetBox_);
    layout = box;
  }
  if (key == "adapter.layers_to_transform" && targetBox_) layout = static_cast<QVBoxLayout*>(targetBox_->layout());
  layout->addWidget(field);
  if (key == "model.name_or_path") layout->addWidget(sheet_ = new ModelSheet);
  if (key == "data.task") {
    layout->addWidget(taskOffer_);
    layout->addWidget(recipes_);
  }
  if (key == "adapter.adapter_name_or_path") layout->addWidget(adapterHint_);
  if (key == "data.label_column") layout->addWidget(preview_);
}

// Fields are made in the order of the table; the tab key goes from top to bottom.
void RunForm::arrangeTabs() {
  QWidgetList stops;
  collectStops(scroll_->widget()->layout(), stops);
  for (qsizetype i = 1; i < stops.size(); ++i) setTabOrder(stops[i - 1], stops[i]);
}

}  // namespace mtlora::ui
