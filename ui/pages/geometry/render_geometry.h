// The geometry of one run at one step as one picture, for PNG, SVG and PDF: no widget, no screen.
#pragma once

#include <QPainter>
#include <QPalette>

#include "geometry/geometry.h"
#include "module_grid.h"

namespace mtlora::ui {

// What one picture shows.
struct GeometryScene {
  QString run_name, method;               // "ctcm"
  std::vector<GeometryRecorded> records;  // of the whole run: the scale of the heat map
  size_t index = 0;                       // the record shown
  Quantity quantity = Quantity::EffectiveRank;
  std::string module;
  ModuleGeometry geometry;  // of that module at that record
  size_t i = 0, j = 1;      // the directions of the plane
};

// The scene of a recorded step from its snapshot; the module is the one of `modules` whose ΔW is largest unless named.
// Throws Error where the snapshot lacks the module. Reads nothing; O(r³).
GeometryScene geometryScene(const QString& run_name, const QString& method,
                            const std::vector<GeometryRecorded>& records, size_t index,
                            const std::vector<ModuleSnapshot>& modules, const std::string& module = {});

// Draws it into `rect` (px; made for about 1440 × 900). Colours are those of `palette`, sizes those of `font`.
void renderGeometry(QPainter& painter, const QRectF& rect, const GeometryScene& scene, const QPalette& palette,
                    const QFont& font);

// In place of K: why there is none, or "". `method` as in the run's configuration.
QString reasonWithoutK(const ModuleGeometry& geometry, const QString& method);

}  // namespace mtlora::ui
