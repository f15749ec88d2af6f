#include "recent_texts.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/paths.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

using nlohmann::json;

constexpr size_t most = 50;

Path recentFile() { return home_dir() / "recent_texts.json"; }

std::vector<Question> readRecent(const Path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  std::vector<Question> texts;
  const json file = json::parse(read_file(path), nullptr, false);
  if (!file.is_array()) return {};  // not ours any more: it is replaced by the next text
  for (const json& entry : file) {
    if (!entry.is_object() || texts.size() >= most) continue;
    const auto text = entry.find("text"), pair = entry.find("text_pair");
    if (text == entry.end() || !text->is_string()) continue;
    texts.push_back({text->get<std::string>(),
                     pair != entry.end() && pair->is_string() ? pair->get<std::string>() : std::string()});
  }
  return texts;
}

}  // namespace

RecentTexts::RecentTexts(QWidget* parent) : QWidget(parent), reading_(0, this), writing_(0, this) {
  auto* heading = new QLabel(tr("Recent texts"));
  heading->setFont(sectionFont());
  clear_ = new QToolButton;
  clear_->setIcon(lineIcon(QStringLiteral("delete")));
  clear_->setAutoRaise(true);
  clear_->setToolTip(tr("Forget these texts"));
  clear_->setAccessibleName(clear_->toolTip());
  list_ = new QListWidget;
  list_->setAccessibleName(heading->text());
  list_->setTextElideMode(Qt::ElideRight);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setWordWrap(true);
  list_->setSpacing(2);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(0, 0, 0, 0);
  head->addWidget(heading, 1);
  head->addWidget(clear_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(gridUnit, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  column->addLayout(head);
  column->addWidget(list_, 1);
  setMinimumWidth(176);

  connect(clear_, &QToolButton::clicked, this, [this] {
    texts_.clear();
    show();
    keep();
  });
  connect(list_, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
    const auto row = static_cast<size_t>(list_->row(item));
    if (row < texts_.size()) Q_EMIT chosen(Question(texts_[row]));
  });
  connect(list_, &QListWidget::itemClicked, list_, &QListWidget::itemActivated);
  show();
  reading_.ask([path = recentFile()] { return readRecent(path); },
               [this](std::vector<Question> texts) {
                 // What was tried while the file was read is newer.
                 for (Question& text : texts)
                   if (std::find(texts_.begin(), texts_.end(), text) == texts_.end()) texts_.push_back(std::move(text));
                 show();
               },
               [this](const Failure& failure) { Q_EMIT failed(failure.message, failure.hint); });
}

void RecentTexts::add(const Question& question) {
  std::erase(texts_, question);
  texts_.insert(texts_.begin(), question);
  if (texts_.size() > most) texts_.resize(most);
  show();
  keep();
}

void RecentTexts::show() {
  list_->clear();
  for (const Question& text : texts_) {
    QString line = QString::fromStdString(text.text).simplified().left(120);
    if (!text.text_pair.empty())
      line += QStringLiteral("\n") + QString::fromStdString(text.text_pair).simplified().left(120);
    auto* item = new QListWidgetItem(line, list_);
    item->setToolTip(QStringLiteral("<p>%1</p>").arg(QString::fromStdString(text.text).left(2000).toHtmlEscaped()));
  }
  if (texts_.empty()) {
    auto* item = new QListWidgetItem(tr("The texts that you try stand here."), list_);
    item->setFlags(Qt::NoItemFlags);
  }
  clear_->setEnabled(!texts_.empty());
}

void RecentTexts::keep() {
  json file = json::array();
  for (const Question& text : texts_) {
    json entry = {{"text", text.text}};
    if (!text.text_pair.empty()) entry["text_pair"] = text.text_pair;
    file.push_back(std::move(entry));
  }
  writing_.ask(
      [path = recentFile(), file = file.dump(1) + "\n"] {
        write_file(path, file);
        return true;
      },
      [](bool) {}, [this](const Failure& failure) { Q_EMIT failed(failure.message, failure.hint); });
}

}  // namespace mtlora::ui
