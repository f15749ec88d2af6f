// The numbers of one module with their names in plain words.
#pragma once

#include "geometry/geometry.h"
#include "picture.h"

namespace mtlora::ui {

struct NamedNumber {
  QString name, value;
  QString help;          // one sentence
  bool heading = false;  // a line that opens a group; no value
};
// `has_t` false for plain LoRA: no numbers of K.
std::vector<NamedNumber> namedNumbers(const ModuleGeometry& geometry, bool has_t);

class NumbersPicture : public Picture {
  Q_OBJECT
 public:
  explicit NumbersPicture(QWidget* parent = nullptr);
  void setData(std::vector<NamedNumber> numbers);
  const std::vector<NamedNumber>& data() const { return numbers_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {110, 60}; }

  static void paint(QPainter& painter, const QRectF& rect, const std::vector<NamedNumber>& numbers, const Ink& ink);

 protected:
  void draw(QPainter& painter, const QRectF& rect) const override;
  QString readout(const QPointF& point) const override;
  QString csv() const override;

 private:
  std::vector<NamedNumber> numbers_;
};

}  // namespace mtlora::ui
