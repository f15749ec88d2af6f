// Layers × modules: one quantity as colour, the picked module outlined. Click or arrow keys pick.
#pragma once

#include "module_grid.h"
#include "picture.h"

namespace mtlora::ui {

struct HeatMapData {
  ModuleGrid grid;
  Matrix values;  // [rows, columns]; NaN where not defined
  Quantity quantity = Quantity::EffectiveRank;
  double low = 0, high = 1;  // of the colour scale
  std::string selected;
  double position(double value) const;  // in [0, 1] on the colour scale, clamped
};
// The modules of one recorded step on a scale that holds for all steps.
HeatMapData heatMapData(const std::vector<GeometryRecorded>& records, size_t index, Quantity quantity);

class HeatMap : public Picture {
  Q_OBJECT
 public:
  explicit HeatMap(QWidget* parent = nullptr);
  void setData(HeatMapData data);
  const HeatMapData& data() const { return data_; }
  void select(const std::string& module);
  QRectF cellRect(size_t row, size_t column) const;
  QSize sizeHint() const override { return {260, 420}; }
  QSize minimumSizeHint() const override { return {170, 180}; }

  static void paint(QPainter& painter, const QRectF& rect, const HeatMapData& data, const Ink& ink);

 Q_SIGNALS:
  void modulePicked(const QString& module);

 protected:
  void draw(QPainter& painter, const QRectF& rect) const override;
  QString readout(const QPointF& point) const override;
  QString csv() const override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  std::optional<std::pair<size_t, size_t>> cellAt(const QPointF& point) const;
  void pick(size_t row, size_t column);
  HeatMapData data_;
};

}  // namespace mtlora::ui
