#include "texts_model.h"

namespace mtlora::ui {

QString joined(const std::vector<std::string>& references) {
  QStringList lines;
  for (const std::string& reference : references) lines << QString::fromStdString(reference).trimmed();
  return lines.join(u'\n');
}

void TextsModel::setTexts(std::vector<WrittenText> texts) {
  beginResetModel();
  texts_ = std::move(texts);
  endResetModel();
}

int TextsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(texts_.size());
}

int TextsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant TextsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(Qt::AlignLeft | Qt::AlignTop);
  if (role != Qt::DisplayRole) return {};
  const WrittenText& row = text(index.row());
  switch (index.column()) {
    case Prompt: return QString::fromStdString(row.prompt).trimmed();
    case Text: return QString::fromStdString(row.text).trimmed();
    case References: return joined(row.references);
    default: return {};
  }
}

QVariant TextsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Prompt: return tr("Prompt");
    case Text: return tr("Text");
    case References: return tr("References");
    default: return {};
  }
}

void TextsFilter::setWords(const QString& words) {
  words_ = words.simplified().split(u' ', Qt::SkipEmptyParts);
  invalidateFilter();
}

bool TextsFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
  return std::all_of(words_.begin(), words_.end(), [&](const QString& word) {
    for (int column = 0; column < TextsModel::ColumnCount; ++column)
      if (sourceModel()->index(row, column, parent).data().toString().contains(word, Qt::CaseInsensitive)) return true;
    return false;
  });
}

}  // namespace mtlora::ui
