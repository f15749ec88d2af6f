#include "recipe_panel.h"

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include "option_texts.h"
#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/fold_button.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

bool isThePersons(const std::string& key) { return key.starts_with("model.") || key == "adapter.method"; }

QString shown(const Option& option, const RunConfig& config) {
  const QString key = QString::fromStdString(option.key);
  const QString text = QString::fromStdString(option_text(option, option.get(config)));
  return text.isEmpty() ? unsetMeaning(key) : text;
}

QLabel* paragraph(const QString& text) {
  auto* label = new QLabel(text);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

}  // namespace

RunConfig withRecipe(const TaskPreset& recipe, const RunConfig& config) {
  RunConfig filled = config;
  for (const auto& [key, value] : recipe.settings.items()) {
    const bool needsAdapter = config.adapter.method == "full" && key.starts_with("adapter.");
    if (!isThePersons(key) && !needsAdapter) find_option(key).set(filled, value);
  }
  return filled;
}

std::vector<RecipeChange> recipeChanges(const TaskPreset& recipe, const RunConfig& config) {
  std::vector<RecipeChange> changes;
  const RunConfig filled = withRecipe(recipe, config);
  for (const Option& option : option_table())  // in the order of the form
    if (option.get(config) != option.get(filled))
      changes.push_back({optionLabel(option), shown(option, config), shown(option, filled)});
  return changes;
}

bool startsFromAdapter(const TaskPreset& recipe) {
  return recipe.note.find("adapter.adapter_name_or_path") != std::string::npos;
}

class RecipeCard : public QFrame {
 public:
  RecipeCard(const TaskPreset& recipe, RecipePanel* panel) : recipe_(recipe) {
    auto* name = new QLabel(RecipePanel::tr("Recipe: %1").arg(QString::fromStdString(recipe.name)));
    QFont bold = name->font();
    bold.setWeight(QFont::DemiBold);
    name->setFont(bold);
    name->setWordWrap(true);
    use_ = new QPushButton(RecipePanel::tr("Fill in"));
    use_->setObjectName("useRecipe");
    use_->setAccessibleName(RecipePanel::tr("Fill in the recipe %1").arg(QString::fromStdString(recipe.name)));
    auto* head = new QHBoxLayout;
    head->setSpacing(gridUnit);
    head->addWidget(name, 1);
    head->addWidget(use_, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gridUnit + 4, gridUnit, gridUnit + 4, gridUnit);
    column->setSpacing(gridUnit / 2);
    column->addLayout(head);
    column->addWidget(paragraph(QString::fromStdString(recipe.published)));
    if (startsFromAdapter(recipe)) {
      auto* adapter = new QPushButton(RecipePanel::tr("Name its adapter…"));
      adapter->setObjectName("nameAdapter");
      adapter->setToolTip(QString::fromStdString(recipe.note));
      QObject::connect(adapter, &QPushButton::clicked, panel, &RecipePanel::adapterWanted);
      column->addWidget(adapter, 0, Qt::AlignLeft);
    }
    list_ = new FoldButton;
    list_->setObjectName("recipeChanges");
    column->addWidget(list_, 0, Qt::AlignLeft);
    details_ = new QWidget;
    auto* details = new QVBoxLayout(details_);
    details->setContentsMargins(0, 0, 0, 0);
    details->setSpacing(gridUnit / 2);
    if (!recipe.note.empty()) details->addWidget(paragraph(QString::fromStdString(recipe.note)));
    details->addWidget(faintLabel(RecipePanel::tr("Source: %1").arg(QString::fromStdString(recipe.source))));
    table_ = new QWidget;
    details->addWidget(table_);
    column->addWidget(details_);
    details_->hide();
    QObject::connect(list_, &FoldButton::folded, details_, &QWidget::setVisible);
    QObject::connect(use_, &QPushButton::clicked, this, [this, panel] {
      made_ = open_;
      Q_EMIT panel->chosen(withRecipe(recipe_, config_),
                           RecipePanel::tr("The recipe “%1” changed %2 settings; model and method are as they were.")
                               .arg(QString::fromStdString(recipe_.name))
                               .arg(open_.size()));
    });
  }

  void show(const RunConfig& config) {
    config_ = config;
    open_ = recipeChanges(recipe_, config);
    use_->setEnabled(!open_.empty());
    const bool made = open_.empty() && !made_.empty();
    list_->setText(made            ? RecipePanel::tr("Source, and what it changed (%1)").arg(made_.size())
                   : open_.empty() ? RecipePanel::tr("Source")
                                   : RecipePanel::tr("Source, and what it changes (%1)").arg(open_.size()));
    use_->setText(open_.empty() ? RecipePanel::tr("Filled in") : RecipePanel::tr("Fill in"));
    list(made ? made_ : open_);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(palette().color(QPalette::Mid));
    painter.setBrush(palette().color(QPalette::AlternateBase));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
  }

 private:
  void list(const std::vector<RecipeChange>& changes) {
    const auto same = [](const RecipeChange& a, const RecipeChange& b) {
      return a.label == b.label && a.before == b.before && a.after == b.after;
    };
    if (table_->layout() && std::equal(changes.begin(), changes.end(), listed_.begin(), listed_.end(), same)) return;
    listed_ = changes;
    qDeleteAll(table_->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
    delete table_->layout();
    auto* grid = new QGridLayout(table_);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(2 * gridUnit);
    grid->setVerticalSpacing(2);
    int row = 0;
    for (const RecipeChange& change : changes) {
      auto* label = new QLabel(change.label);
      label->setFixedWidth(17 * gridUnit);
      label->setWordWrap(true);
      auto* values = new ElidedLabel(Qt::ElideRight);
      values->setText(change.before + QStringLiteral(" → ") + change.after);
      values->setToolTip(values->text());
      grid->addWidget(label, row, 0);
      grid->addWidget(values, row++, 1);
    }
    grid->setColumnStretch(1, 1);
  }

  TaskPreset recipe_;
  RunConfig config_;
  std::vector<RecipeChange> open_, made_, listed_;  // to be made, made by the last click, in the table
  QPushButton* use_;
  FoldButton* list_;
  QWidget *details_, *table_;
};

RecipePanel::RecipePanel(QWidget* parent) : QWidget(parent) {
  column_ = new QVBoxLayout(this);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->setSpacing(gridUnit);
}

void RecipePanel::show(const Task* task, const RunConfig& config) {
  const QString name = task ? QString::fromStdString(task->name) : QString();
  if (name != task_) {
    qDeleteAll(cards_);
    cards_.clear();
    task_ = name;
    for (const TaskPreset& recipe : task ? task->presets : std::vector<TaskPreset>()) {
      cards_.push_back(new RecipeCard(recipe, this));
      column_->addWidget(cards_.back());
    }
  }
  for (RecipeCard* card : cards_) card->show(config);
  setVisible(!cards_.empty());
}

}  // namespace mtlora::ui
