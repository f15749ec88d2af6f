// Adapted modules as a grid of layers × kinds, and the quantities that the heat map can show.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geometry/matrix.h"
#include "record/event.h"

namespace mtlora::ui {

struct ModuleGrid {
  QStringList rows, columns;         // "0", "1", ...; "query", "value", ...
  std::vector<std::string> modules;  // [rows, columns] row-major; "" where a layer has no such module

  const std::string& module(size_t row, size_t column) const;
  std::optional<std::pair<size_t, size_t>> find(const std::string& module) const;  // (row, column)
  QString shortName(const std::string& module) const;                              // "Layer 3 · query"
};
// The first whole number in a name is its layer ("bert.encoder.layer.3.attention.self.query"), what follows its kind; a
// kind is shortened to the end that tells it from the others. Names without a number stand in a row of their own.
ModuleGrid gridOf(const std::vector<std::string>& modules);
std::vector<std::string> modulesOf(const GeometryRecorded& record);

enum class Quantity { EffectiveRank, Rotation, Condition, DeltaNorm };
inline constexpr Quantity allQuantities[] = {Quantity::EffectiveRank, Quantity::Rotation, Quantity::Condition,
                                             Quantity::DeltaNorm};
QString quantityTitle(Quantity quantity);  // "Mean rotation angle"
QString quantityUnit(Quantity quantity);   // for the colour bar: "degrees"
QString quantityShows(Quantity quantity);  // "K" or "ΔW": the way or the result
bool isLogarithmic(Quantity quantity);
double valueOf(const ModuleSummary& summary, Quantity quantity);  // NaN where not defined
QString valueText(double value, Quantity quantity);               // with its unit

// Lowest and highest finite value over all modules and steps, so that colours mean the same at each step.
std::pair<double, double> rangeOf(const std::vector<GeometryRecorded>& records, Quantity quantity);

}  // namespace mtlora::ui
