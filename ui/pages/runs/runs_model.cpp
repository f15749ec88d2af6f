#include "runs_model.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "score_text.h"
#include "style/theme.h"

namespace mtlora::ui {

// Without seconds, in the person's order of day, month and year.
static QString startText(double seconds) {
  const QDateTime when = QDateTime::fromSecsSinceEpoch(std::llround(seconds));
  return QLocale().toString(when.date(), QLocale::ShortFormat) + u' ' +
         QLocale().toString(when.time(), QStringLiteral("HH:mm"));
}

QString statusText(const RunRow& run) {
  const QString step = countText(run.step);
  const auto text = [](const char* source) { return QCoreApplication::translate("RunsModel", source); };
  switch (run.status) {
    case RunStatus::Running:
      return run.total_steps > 0 ? text("Training, %1 %").arg(100 * run.step / run.total_steps) : text("Training");
    case RunStatus::Paused: return text("Paused at step %1").arg(step);
    case RunStatus::Completed: return text("Completed");
    case RunStatus::Stopped: return text("Stopped at step %1").arg(step);
    case RunStatus::Failed: return text("Failed at step %1").arg(step);
    case RunStatus::Crashed: return text("Crashed at step %1").arg(step);
  }
  return {};
}

void RunsModel::setRuns(std::vector<RunRow> runs) {
  const bool same = std::equal(runs.begin(), runs.end(), runs_.begin(), runs_.end(),
                               [](const RunRow& a, const RunRow& b) { return a.folder == b.folder; });
  if (same) {
    runs_ = std::move(runs);
    if (!runs_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    return;
  }
  // Gone ones first, then what is new; the order is the view's business.
  for (int row = rowCount() - 1; row >= 0; --row) {
    const auto stays = [&](const RunRow& now) { return now.folder == runs_[static_cast<size_t>(row)].folder; };
    if (std::any_of(runs.begin(), runs.end(), stays)) continue;
    beginRemoveRows({}, row, row);
    runs_.erase(runs_.begin() + row);
    endRemoveRows();
  }
  for (RunRow& run : runs) {
    const int row = rowOf(run.folder);
    if (row >= 0) {
      runs_[static_cast<size_t>(row)] = std::move(run);
      Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    } else {
      beginInsertRows({}, rowCount(), rowCount());
      runs_.push_back(std::move(run));
      endInsertRows();
    }
  }
}

int RunsModel::rowOf(const Path& folder) const {
  for (size_t i = 0; i < runs_.size(); ++i)
    if (runs_[i].folder == folder) return static_cast<int>(i);
  return -1;
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant RunsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const RunRow& run = this->run(index.row());
  const QLocale locale;
  const auto real = [&](const std::optional<double>& value, int digits) -> QVariant {
    if (!value) return QStringLiteral("–");
    return std::isfinite(*value) ? locale.toString(*value, 'f', digits) : QString::number(*value);
  };
  if (role == Qt::DisplayRole || role == Qt::EditRole) {
    switch (index.column()) {
      case Name: return QString::fromStdString(run.name);
      case Method: return QString::fromStdString(run.method);
      case Model: return QString::fromStdString(run.model);
      case Data: return QString::fromStdString(run.task);
      case Score: {
        const QString metric = QString::fromStdString(run.metric);
        if (!run.score) return QStringLiteral("–");
        // What is not a share of 1 says what it is: a perplexity of 3 and a BLEU of 30 stand in one column.
        const QString number = scoreText(metric, *run.score);
        return scoreScale(metric) == QLatin1String("0-1") ? number : scoreTitle(metric) + u' ' + number;
      }
      case Loss: return real(run.loss, 4);
      case Started: return run.started > 0 ? startText(run.started) : QStringLiteral("–");
      case Took: return durationText(run.seconds);
      case Status: return statusText(run);
      default: return {};
    }
  }
  if (role == SortRole) {
    switch (index.column()) {
      case Score:  // the better one is the greater
        if (!run.score) return qQNaN();
        return lowerIsBetter(QString::fromStdString(run.metric)) ? -*run.score : *run.score;
      case Loss: return run.loss ? *run.loss : qQNaN();
      case Started: return run.started;
      case Took: return run.seconds;
      default: return data(index, Qt::DisplayRole);
    }
  }
  if (role == Qt::ToolTipRole) {
    if (index.column() == Name) {
      QString tip = QString::fromStdString(run.folder.string());
      if (!run.note.empty()) tip = QString::fromStdString(run.note) + u'\n' + tip;
      return tip;
    }
    if (index.column() == Score && run.score)
      return lowerIsBetter(QString::fromStdString(run.metric))
                 ? tr("%1, smaller is better").arg(scoreTitle(QString::fromStdString(run.metric)))
                 : scoreTitle(QString::fromStdString(run.metric));
    if (index.column() == Status && run.status == RunStatus::Crashed)
      return tr("It ended without a word. “Continue” goes on from its newest whole checkpoint.");
  }
  if (role == Qt::DecorationRole && index.column() == Status &&
      (run.status == RunStatus::Crashed || run.status == RunStatus::Failed))
    return lineIcon(QStringLiteral("warning"));
  if (role == Qt::DecorationRole && index.column() == Name && !run.note.empty())
    return lineIcon(QStringLiteral("note"));
  if (role == Qt::TextAlignmentRole && (index.column() == Score || index.column() == Loss || index.column() == Took))
    return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
  return {};
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue(
        (section == Score || section == Loss || section == Took ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Name: return tr("Name");
    case Method: return tr("Method");
    case Model: return tr("Model");
    case Data: return tr("Data");
    case Score: return tr("Score");
    case Loss: return tr("Loss");
    case Started: return tr("Started");
    case Took: return tr("Took");
    case Status: return tr("Status");
    default: return {};
  }
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const QString name = value.toString().simplified();
  if (role != Qt::EditRole || index.column() != Name || name.isEmpty()) return false;
  RunRow& run = runs_[static_cast<size_t>(index.row())];
  if (name == QString::fromStdString(run.name)) return false;
  run.name = name.toStdString();
  Q_EMIT dataChanged(index, index);
  Q_EMIT renamed(run.folder, name);
  return true;
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  return index.column() == Name ? flags | Qt::ItemIsEditable : flags;
}

RunsFilter::RunsFilter(QObject* parent) : QSortFilterProxyModel(parent) {
  setSortRole(RunsModel::SortRole);
  setSortLocaleAware(true);
  setSortCaseSensitivity(Qt::CaseInsensitive);
  setDynamicSortFilter(true);
}

void RunsFilter::setWords(const QString& text) {
  words_ = text.split(u' ', Qt::SkipEmptyParts);
  invalidateFilter();
}

bool RunsFilter::filterAcceptsRow(int row, const QModelIndex&) const {
  const RunRow& run = static_cast<const RunsModel*>(sourceModel())->run(row);
  const QString all = QStringList{QString::fromStdString(run.name),   QString::fromStdString(run.note),
                                  QString::fromStdString(run.method), QString::fromStdString(run.model),
                                  QString::fromStdString(run.task),   statusText(run)}
                          .join(u'\n');
  return std::all_of(words_.begin(), words_.end(),
                     [&](const QString& word) { return all.contains(word, Qt::CaseInsensitive); });
}

// What has no number stands last in falling order.
bool RunsFilter::lessThan(const QModelIndex& a, const QModelIndex& b) const {
  const QVariant x = a.data(sortRole()), y = b.data(sortRole());
  if (x.metaType().id() == QMetaType::Double && y.metaType().id() == QMetaType::Double) {
    if (std::isnan(x.toDouble()) || std::isnan(y.toDouble()))
      return std::isnan(x.toDouble()) && !std::isnan(y.toDouble());
    return x.toDouble() < y.toDouble();
  }
  return QSortFilterProxyModel::lessThan(a, b);
}

}  // namespace mtlora::ui
