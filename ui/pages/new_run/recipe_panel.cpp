#include "recipe_panel.h"

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "option_texts.h"
#include "style/theme.h"
#include "widgets/elided_label.h"
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
    auto* name = new QLabel(QString::fromStdString(recipe.name));
    QFont bold = name->font();
    bold.setWeight(QFont::DemiBold);
    name->setFont(bold);
    name->setWordWrap(true);
    use_ = new QPushButton(RecipePanel::tr("Fill in"));
    use_->setObjectName("useRecipe");
    use_->setAccessibleName(RecipePanel::tr("Fill in the recipe %1").arg(name->text()));
    auto* head = new QHBoxLayout;
    head->setSpacing(gridUnit);
    head->addWidget(name, 1);
    head->addWidget(use_, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gridUnit + 4, gridUnit, gridUnit + 4, gridUnit);
    column->setSpacing(gridUnit / 2);
    column->addLayout(head);
    column->addWidget(paragraph(QString::fromStdString(recipe.published)));
    if (!recipe.note.empty()) column->addWidget(paragraph(QString::fromStdString(recipe.note)));
    QLabel* source = faintLabel(RecipePanel::tr("Source: %1").arg(QString::fromStdString(recipe.source)));
    column->addWidget(source);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(gridUnit);
    list_ = new QToolButton;
    list_->setObjectName("recipeChanges");
    list_->setAutoRaise(true);
    list_->setCheckable(true);
    list_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    buttons->addWidget(list_);
    buttons->addStretch();
    if (startsFromAdapter(recipe)) {
      auto* adapter = new QToolButton;
      adapter->setText(RecipePanel::tr("Name the adapter…"));
      QObject::connect(adapter, &QToolButton::clicked, panel, &RecipePanel::adapterWanted);
      buttons->addWidget(adapter);
    }
    column->addLayout(buttons);
    table_ = new QWidget;
    column->addWidget(table_);
    QObject::connect(list_, &QToolButton::toggled, this, [this] { fold(); });
    QObject::connect(use_, &QPushButton::clicked, this, [this, panel] {
      made_ = open_;
      Q_EMIT panel->chosen(withRecipe(recipe_, config_),
                           RecipePanel::tr("The recipe “%1” changed %2 settings; model and method are as they were.")
                               .arg(QString::fromStdString(recipe_.name))
                               .arg(open_.size()));
    });
    fold();
  }

  void show(const RunConfig& config) {
    config_ = config;
    open_ = recipeChanges(recipe_, config);
    use_->setEnabled(!open_.empty());
    const bool made = open_.empty() && !made_.empty();
    list_->setVisible(!open_.empty() || made);
    list_->setText(made ? RecipePanel::tr("Changed %1 settings").arg(made_.size())
                        : RecipePanel::tr("Would change %1 settings").arg(open_.size()));
    use_->setText(open_.empty() ? RecipePanel::tr("Filled in") : RecipePanel::tr("Fill in"));
    list(made ? made_ : open_);
    fold();
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
  void fold() {
    list_->setIcon(lineIcon(list_->isChecked() ? "chevron-down" : "chevron-right"));
    table_->setVisible(list_->isChecked() && !list_->isHidden());
  }
  void list(const std::vector<RecipeChange>& changes) {
    const auto same = [](const RecipeChange& a, const RecipeChange& b) {
      return a.label == b.label && a.before == b.before && a.after == b.after;
    };
    if (table_->layout() && std::equal(changes.begin(), changes.end(), listed_.begin(), listed_.end(), same)) return;
    listed_ = changes;
    qDeleteAll(table_->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
    delete table_->layout();
    auto* grid = new QGridLayout(table_);
    grid->setContentsMargins(3 * gridUnit, 0, 0, 0);
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
  QToolButton* list_;
  QWidget* table_;
};

RecipePanel::RecipePanel(QWidget* parent) : QWidget(parent) {
  column_ = new QVBoxLayout(this);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->setSpacing(gridUnit);
  auto* heading = new QLabel(tr("Recipes"));
  QFont font = heading->font();
  font.setWeight(QFont::DemiBold);
  heading->setFont(font);
  column_->addWidget(heading);
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
