#include "target_selection.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace mtlora::ui {
namespace {

bool endsWith(const QString& name, const QString& ending) { return name == ending || name.endsWith('.' + ending); }

// Fewest parts first: "query", "self.query", ...
QStringList endings(const QString& name) {
  QStringList result;
  const QStringList parts = name.split('.');
  for (qsizetype i = parts.size() - 1; i >= 0; --i) result << parts.mid(i).join('.');
  return result;
}

// Endings that match all of `selected` and nothing else of `scope`; empty where a full name is an ending of another.
std::optional<QStringList> namesFor(const QStringList& scope, const QSet<QString>& selected) {
  QStringList names;
  for (const QString& name : scope) {
    if (!selected.contains(name)) continue;
    if (std::any_of(names.begin(), names.end(), [&](const QString& known) { return endsWith(name, known); })) continue;
    const QStringList candidates = endings(name);
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const QString& ending) {
      return std::all_of(scope.begin(), scope.end(),
                         [&](const QString& other) { return selected.contains(other) || !endsWith(other, ending); });
    });
    if (found == candidates.end()) return std::nullopt;
    // A shorter ending found later may cover a longer one found before.
    names.erase(
        std::remove_if(names.begin(), names.end(), [&](const QString& known) { return endsWith(known, *found); }),
        names.end());
    names << *found;
  }
  return names;
}

// Names that go down to a layer's number are no simpler than a regular expression.
bool numbered(const QStringList& names) {
  for (const QString& name : names)
    for (const QString& part : name.split('.'))
      if (!part.isEmpty() && part.front().isDigit()) return true;
  return false;
}

QString escaped(QString text) { return text.replace('.', QStringLiteral("\\.")); }

QString anyOf(const QStringList& texts) { return texts.size() == 1 ? texts.front() : '(' + texts.join('|') + ')'; }

// prefix\.(layers)\.(kinds) for each group of kinds chosen in the same layers.
QString patternFor(const std::vector<LinearInfo>& linears, const QSet<QString>& selected) {
  struct Kind {
    QString prefix;
    std::set<int64_t> layers;
  };
  QStringList order, alternatives;
  std::map<QString, Kind> kinds;  // by "prefix kind"
  std::map<QString, QString> titles;
  for (const LinearInfo& linear : linears) {
    const QString name = QString::fromStdString(linear.name);
    if (!selected.contains(name)) continue;
    if (linear.layer < 0) {
      alternatives << escaped(name);
      continue;
    }
    const QString kind = moduleKind(linear);
    const QString tail = '.' + QString::number(linear.layer) + '.' + kind;
    const QString prefix = name.chopped(tail.size());
    const QString key = prefix + ' ' + kind;
    if (!kinds.count(key)) order << key;
    kinds[key].prefix = prefix;
    kinds[key].layers.insert(linear.layer);
    titles[key] = kind;
  }
  QStringList grouped;
  while (!order.isEmpty()) {
    const Kind first = kinds[order.front()];
    QStringList same;
    for (const QString& key : QStringList(order)) {
      if (kinds[key].prefix != first.prefix || kinds[key].layers != first.layers) continue;
      same << escaped(titles[key]);
      order.removeAll(key);
    }
    QStringList layers;
    for (const int64_t layer : first.layers) layers << QString::number(layer);
    grouped << escaped(first.prefix) + "\\." + anyOf(layers) + "\\." + anyOf(same);
  }
  return (grouped + alternatives).join('|');
}

}  // namespace

QString moduleKind(const LinearInfo& linear) {
  const QString name = QString::fromStdString(linear.name);
  if (linear.layer < 0) return name;
  const QString number = '.' + QString::number(linear.layer) + '.';
  const qsizetype at = name.indexOf(number);
  return at < 0 ? name : name.mid(at + number.size());
}

QStringList moduleKinds(const std::vector<LinearInfo>& linears) {
  QStringList kinds;
  for (const LinearInfo& linear : linears)
    if (linear.layer >= 0 && !kinds.contains(moduleKind(linear))) kinds << moduleKind(linear);
  return kinds;
}

TargetSettings simplestTargets(const std::vector<LinearInfo>& linears, const QSet<QString>& selected) {
  if (selected.isEmpty()) return {};
  if (selected.size() == static_cast<qsizetype>(linears.size())) return {{{}, "all-linear"}, {}};

  QStringList all, within;  // `within`: of the layers that have a selected one
  std::set<int64_t> layers;
  bool outside = false;  // something outside the layers is selected
  for (const LinearInfo& linear : linears) {
    if (!selected.contains(QString::fromStdString(linear.name))) continue;
    if (linear.layer < 0)
      outside = true;
    else
      layers.insert(linear.layer);
  }
  for (const LinearInfo& linear : linears) {
    all << QString::fromStdString(linear.name);
    if (layers.count(linear.layer)) within << all.back();
  }
  const auto settings = [](const QStringList& names, const std::set<int64_t>& numbers) {
    TargetSettings result;
    for (const QString& name : names) result.target_modules.names.push_back(name.toStdString());
    result.layers_to_transform.assign(numbers.begin(), numbers.end());
    return result;
  };

  if (const auto names = namesFor(all, selected); names && !numbered(*names)) return settings(*names, {});
  if (!outside)
    if (const auto names = namesFor(within, selected); names && !numbered(*names)) return settings(*names, layers);
  return {{{}, patternFor(linears, selected).toStdString()}, {}};
}

}  // namespace mtlora::ui
