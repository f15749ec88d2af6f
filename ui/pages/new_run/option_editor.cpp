#include "option_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>

#include "base/error.h"
#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"
#include "widgets/quiet_combo_box.h"

namespace mtlora::ui {
namespace {

bool isNumber(OptionType type) { return type == OptionType::Integer || type == OptionType::Real; }

nlohmann::json valueOf(const Option& option, const QString& text) {
  if (text.isEmpty() && !option.optional) throw bad_input(OptionEditor::tr("A value is needed here.").toStdString());
  return parse_option_text(option, text.toStdString());
}

class TextEditor : public OptionEditor {
 public:
  TextEditor(const Option& option, QWidget* parent) : OptionEditor(parent), option_(option) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit / 2);
    line_ = new QLineEdit;
    line_->setPlaceholderText(unsetMeaning(QString::fromStdString(option.key)));
    line_->setAccessibleName(optionLabel(option));
    row->addWidget(line_);
    setFocusProxy(line_);
    connect(line_, &QLineEdit::textEdited, this, &OptionEditor::edited);
    connect(line_, &QLineEdit::textChanged, this, [this](const QString& text) { line_->setToolTip(text); });
    if (option.type == OptionType::File || option.type == OptionType::Folder) {
      auto* browse = new QToolButton;
      browse->setText(QStringLiteral("…"));
      browse->setToolTip(tr("Browse"));
      browse->setAccessibleName(tr("Browse for %1").arg(optionLabel(option)));
      connect(browse, &QToolButton::clicked, this, [this] { this->browse(option_.type == OptionType::Folder); });
      row->addWidget(browse);
      if (option.type == OptionType::File && option.key.starts_with("data.")) {  // WebNLG is a folder of files
        auto* menu = new QMenu(browse);
        menu->addAction(lineIcon("folder"), tr("A whole folder…"), this, [this] { this->browse(true); });
        browse->setMenu(menu);
        browse->setPopupMode(QToolButton::MenuButtonPopup);
      }
    } else if (isNumber(option.type)) {
      line_->setFont(tabularFont());
    }
  }

  nlohmann::json value() const override { return valueOf(option_, line_->text().trimmed()); }
  void setValue(const nlohmann::json& value) override {
    const QString text = QString::fromStdString(option_text(option_, value));
    if (line_->text() != text) line_->setText(text), line_->setCursorPosition(0);
  }
  void mark(bool wrong) override {
    QPalette palette;  // the application's
    if (wrong) palette.setColor(QPalette::Text, problemColour());
    line_->setPalette(palette);
  }

 private:
  void browse(bool folder) {
    const QString title = optionLabel(option_), start = QFileInfo(line_->text()).absolutePath();
    const QString path = folder ? QFileDialog::getExistingDirectory(this, title, line_->text())
                                : QFileDialog::getOpenFileName(
                                      this, title, line_->text().isEmpty() ? QString() : start,
                                      tr("Data (*.csv *.tsv *.txt *.json *.jsonl *.xml *.parquet);;All files (*)"));
    if (path.isEmpty()) return;
    line_->setText(QDir::toNativeSeparators(path));
    Q_EMIT edited();
  }

  const Option& option_;
  QLineEdit* line_;
};

class ChoiceEditor : public OptionEditor {
 public:
  ChoiceEditor(const Option& option, QWidget* parent) : OptionEditor(parent), option_(option) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    box_ = new QuietComboBox;
    box_->setAccessibleName(optionLabel(option));
    box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box_->setMinimumContentsLength(4);
    free_ = option.type != OptionType::Choice;
    box_->setEditable(free_);
    const QString key = QString::fromStdString(option.key);
    for (const std::string& choice : option.choices) {
      const QString value = QString::fromStdString(choice);
      box_->addItem(free_ ? value : choiceText(key, value), value);
    }
    if (free_) {
      box_->setInsertPolicy(QComboBox::NoInsert);
      box_->lineEdit()->setPlaceholderText(unsetMeaning(key));
      box_->setCompleter(nullptr);
      connect(box_, &QComboBox::editTextChanged, this, [this] {
        if (!setting_) Q_EMIT edited();
      });
    } else {
      if (option.optional) box_->insertItem(0, unsetMeaning(key), QString());
      connect(box_, &QComboBox::currentIndexChanged, this, [this] {
        if (!setting_) Q_EMIT edited();
      });
    }
    row->addWidget(box_);
    setFocusProxy(box_);
  }

  nlohmann::json value() const override {
    return valueOf(option_, free_ ? box_->currentText().trimmed() : box_->currentData().toString());
  }
  void setValue(const nlohmann::json& value) override {
    setting_ = true;
    const QString text = QString::fromStdString(option_text(option_, value));
    if (free_) {
      box_->setEditText(text);
    } else {
      int index = box_->findData(text);
      if (index < 0) box_->addItem(text, text), index = box_->count() - 1;
      box_->setCurrentIndex(index);
    }
    setting_ = false;
  }
  void setSuggestions(const QStringList& texts) override {
    setting_ = true;
    const QString text = box_->currentText();
    box_->clear();
    for (const QString& suggestion : texts) box_->addItem(suggestion, suggestion);
    box_->setEditText(text);
    setting_ = false;
  }

 private:
  const Option& option_;
  QComboBox* box_;
  bool free_ = false, setting_ = false;
};

class BoolEditor : public OptionEditor {
 public:
  BoolEditor(const Option& option, QWidget* parent) : OptionEditor(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    box_ = new QCheckBox(tr("on"));
    box_->setAccessibleName(optionLabel(option));
    row->addWidget(box_);
    row->addStretch();
    setFocusProxy(box_);
    connect(box_, &QCheckBox::clicked, this, &OptionEditor::edited);
  }
  nlohmann::json value() const override { return box_->isChecked(); }
  void setValue(const nlohmann::json& value) override { box_->setChecked(value.is_boolean() && value.get<bool>()); }

 private:
  QCheckBox* box_;
};

bool isColumn(const std::string& key) { return key.size() > 7 && key.ends_with("_column"); }

}  // namespace

OptionEditor* makeEditor(const Option& option, QWidget* parent) {
  if (option.type == OptionType::Bool) return new BoolEditor(option, parent);
  const bool suggests =
      !option.choices.empty() && (option.type == OptionType::Text || option.type == OptionType::StepsOrEpoch);
  if (option.type == OptionType::Choice || suggests || isColumn(option.key)) return new ChoiceEditor(option, parent);
  return new TextEditor(option, parent);
}

}  // namespace mtlora::ui
