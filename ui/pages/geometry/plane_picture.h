// K in the plane of two directions: unit circle, its image, the directions before and after. Moves smoothly between
// recorded steps.
#pragma once

#include <QVariantAnimation>

#include "geometry/geometry.h"
#include "picture.h"

namespace mtlora::ui {

struct PlaneData {
  PlaneView view;
  size_t i = 0, j = 1;              // of the two directions, from 0
  size_t track_i = 0, track_j = 1;  // their labels over time (ModuleSnapshot::track)
  bool same_group = false;          // their singular values are within 1 %: free up to a rotation
  double extent() const;            // how far the picture reaches from its centre, in lengths of a unit vector
};
// Part of the way from one to the other; its ellipse is that of the K in between.
PlaneData between(const PlaneData& from, const PlaneData& to, double share);

// What happens to one direction, in words: "turned 31° towards u₂, length × 1.24, 12 % leaves the plane".
QString directionText(const PlaneData& data, bool second, bool brief = false);

class PlanePicture : public Picture {
  Q_OBJECT
 public:
  explicit PlanePicture(QWidget* parent = nullptr);
  // `duration` in ms of the way from what is shown; 0 jumps.
  void setData(const PlaneData& data, int duration);
  const PlaneData& data() const { return target_; }
  QSize sizeHint() const override { return {440, 460}; }
  QSize minimumSizeHint() const override { return {220, 200}; }

  // `extent` as PlaneData::extent, kept apart so that it can move smoothly.
  static void paint(QPainter& painter, const QRectF& rect, const PlaneData& data, double extent, const Ink& ink);

 protected:
  void draw(QPainter& painter, const QRectF& rect) const override;
  QString readout(const QPointF& point) const override;
  QString csv() const override;

 private:
  PlaneData from_, shown_, target_;
  double extent_from_ = 0, extent_ = 0;
  QVariantAnimation animation_;
};

}  // namespace mtlora::ui
