#include "module_grid.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "ink.h"

namespace mtlora::ui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Geometry", text); }

struct NameParts {
  QString before, kind;
  int64_t layer = -1;  // −1: outside the layers
};

NameParts partsOf(const std::string& module) {
  const QStringList parts = QString::fromStdString(module).split(QLatin1Char('.'));
  for (qsizetype k = 0; k + 1 < parts.size(); ++k) {
    bool number = false;
    const int64_t layer = parts[k].toLongLong(&number);
    if (number) return {parts.mid(0, k).join(QLatin1Char('.')), parts.mid(k + 1).join(QLatin1Char('.')), layer};
  }
  return {{}, parts.join(QLatin1Char('.')), -1};
}

// Kinds stand in the order in which data flow through a layer.
size_t flowOrder(const QString& kind) {
  static const QStringList order = {
      QStringLiteral("c_attn"),   QStringLiteral("qkv"),     QStringLiteral("query"),
      QStringLiteral("q_proj"),   QStringLiteral("key"),     QStringLiteral("k_proj"),
      QStringLiteral("value"),    QStringLiteral("v_proj"),  QStringLiteral("attention.output"),
      QStringLiteral("o_proj"),   QStringLiteral("c_fc"),    QStringLiteral("intermediate"),
      QStringLiteral("gate"),     QStringLiteral("up_proj"), QStringLiteral("output"),
      QStringLiteral("down_proj")};
  for (qsizetype k = 0; k < order.size(); ++k) {
    if (kind.contains(order[k], Qt::CaseInsensitive)) return static_cast<size_t>(k);
  }
  return static_cast<size_t>(order.size());
}

// The shortest end of each kind that no other kind has; a closing ".dense" goes where nothing is lost by it.
QStringList shortKinds(const QStringList& kinds) {
  QStringList labels;
  for (const QString& kind : kinds) {
    const QStringList parts = kind.split(QLatin1Char('.'));
    QString label = kind;
    for (qsizetype count = 1; count < parts.size(); ++count) {
      const QString end = parts.mid(parts.size() - count).join(QLatin1Char('.'));
      const bool shared = std::any_of(kinds.begin(), kinds.end(), [&](const QString& other) {
        return other != kind && (other == end || other.endsWith(QLatin1Char('.') + end));
      });
      if (!shared) {
        label = end;
        break;
      }
    }
    labels << label;
  }
  for (QString& label : labels) {
    QString bare = label;
    if (bare.endsWith(QLatin1String(".dense"))) bare.chop(6);
    if (bare != label && !labels.contains(bare)) label = bare;
  }
  return labels;
}

}  // namespace

const std::string& ModuleGrid::module(size_t row, size_t column) const {
  return modules[row * static_cast<size_t>(columns.size()) + column];
}

std::optional<std::pair<size_t, size_t>> ModuleGrid::find(const std::string& module) const {
  const auto at = std::find(modules.begin(), modules.end(), module);
  if (module.empty() || at == modules.end()) return std::nullopt;
  const auto index = static_cast<size_t>(at - modules.begin());
  const auto width = static_cast<size_t>(columns.size());
  return std::pair{index / width, index % width};
}

QString ModuleGrid::shortName(const std::string& module) const {
  const auto cell = find(module);
  if (!cell) return QString::fromStdString(module);
  const QString& row = rows[static_cast<qsizetype>(cell->first)];
  const QString& column = columns[static_cast<qsizetype>(cell->second)];
  return row == QStringLiteral("–") ? column : tr("Layer %1 · %2").arg(row, column);
}

ModuleGrid gridOf(const std::vector<std::string>& modules) {
  std::set<QString> befores;
  std::vector<NameParts> parts;
  for (const std::string& module : modules) {
    parts.push_back(partsOf(module));
    if (parts.back().layer >= 0) befores.insert(parts.back().before);
  }
  // Rows by layer within each stack (an encoder and a decoder are two stacks), those outside the layers last.
  std::map<std::tuple<bool, QString, int64_t>, qsizetype> rows;
  QStringList kinds;
  for (const NameParts& part : parts) {
    rows.try_emplace({part.layer < 0, part.layer < 0 ? QString() : part.before, part.layer});
    if (!kinds.contains(part.kind)) kinds << part.kind;
  }
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const QString& a, const QString& b) { return flowOrder(a) < flowOrder(b); });
  ModuleGrid grid;
  grid.columns = shortKinds(kinds);
  for (auto& [key, index] : rows) {
    index = grid.rows.size();
    const auto& [outside, before, layer] = key;
    QString label = outside ? QStringLiteral("–") : QString::number(layer);
    if (!outside && befores.size() > 1) {
      const qsizetype parent = before.lastIndexOf(QLatin1Char('.'));
      label.prepend((parent > 0 ? before.left(parent).section(QLatin1Char('.'), -1) : before) + QLatin1Char(' '));
    }
    grid.rows << label;
  }
  const auto width = static_cast<size_t>(kinds.size());
  grid.modules.resize(static_cast<size_t>(grid.rows.size()) * width);
  for (size_t k = 0; k < modules.size(); ++k) {
    const NameParts& part = parts[k];
    const auto row = static_cast<size_t>(rows[{part.layer < 0, part.layer < 0 ? QString() : part.before, part.layer}]);
    grid.modules[row * width + static_cast<size_t>(kinds.indexOf(part.kind))] = modules[k];
  }
  return grid;
}

std::vector<std::string> modulesOf(const GeometryRecorded& record) {
  std::vector<std::string> names;
  for (const auto& [name, summary] : record.modules) names.push_back(name);
  return names;
}

QString quantityTitle(Quantity quantity) {
  switch (quantity) {
    case Quantity::EffectiveRank: return tr("Effective rank");
    case Quantity::Rotation: return tr("Mean rotation angle");
    case Quantity::Condition: return tr("Condition number");
    case Quantity::DeltaNorm: return tr("Norm of ΔW");
  }
  return {};
}

QString quantityUnit(Quantity quantity) {
  switch (quantity) {
    case Quantity::EffectiveRank: return tr("directions in use, of ΔW");
    case Quantity::Rotation: return tr("degrees, of K");
    case Quantity::Condition: return tr("largest / smallest stretch of K, log scale");
    case Quantity::DeltaNorm: return tr("Frobenius norm of ΔW");
  }
  return {};
}

QString quantityShows(Quantity quantity) {
  return quantity == Quantity::Rotation || quantity == Quantity::Condition ? QStringLiteral("K") : QStringLiteral("ΔW");
}

bool isLogarithmic(Quantity quantity) { return quantity == Quantity::Condition; }

double valueOf(const ModuleSummary& summary, Quantity quantity) {
  switch (quantity) {
    // Nothing is in use while ΔW is zero, which is no rank of 0.
    case Quantity::EffectiveRank:
      return summary.delta_fro > 0 ? summary.effective_rank : std::numeric_limits<double>::quiet_NaN();
    case Quantity::Rotation: return summary.mean_rotation_degrees;
    case Quantity::Condition: return summary.condition;
    case Quantity::DeltaNorm: return summary.delta_fro;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

QString valueText(double value, Quantity quantity) {
  if (std::isnan(value)) return tr("not defined");
  return quantity == Quantity::Rotation ? numberText(value) + QStringLiteral("°") : numberText(value);
}

std::pair<double, double> rangeOf(const std::vector<GeometryRecorded>& records, Quantity quantity) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const GeometryRecorded& record : records) {
    for (const auto& [name, summary] : record.modules) {
      const double value = valueOf(summary, quantity);
      if (!std::isfinite(value) || (isLogarithmic(quantity) && value <= 0)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) return {0, 1};
  if (high - low > 1e-9 * std::abs(high)) return {low, high};
  // One value alone: a scale around it.
  return isLogarithmic(quantity) ? std::pair{low / 2, low * 2} : std::pair{low - 0.5, low + 0.5};
}

}  // namespace mtlora::ui
