// A small matrix as a heat map with its values on hover.
#pragma once

#include "geometry/matrix.h"
#include "picture.h"

namespace mtlora::ui {

struct MatrixData {
  enum class Scale { Signed, Share };  // blue–white–red around zero; viridis from 0 to 1
  Matrix matrix;
  Scale scale = Scale::Signed;
  QString symbol;                                 // "K", for the readout
  std::vector<std::pair<size_t, size_t>> groups;  // outlined blocks, [first, last]
  QString meaning;                                // of an entry, with %1 row and %2 column: "part of u%1 in K u%2"
};

class MatrixPicture : public Picture {
  Q_OBJECT
 public:
  explicit MatrixPicture(const QString& name, QWidget* parent = nullptr);
  void setData(MatrixData data);
  const MatrixData& data() const { return data_; }
  QRectF cellRect(size_t row, size_t column) const;
  QSize sizeHint() const override { return {200, 190}; }

  static void paint(QPainter& painter, const QRectF& rect, const MatrixData& data, const Ink& ink);

 protected:
  void draw(QPainter& painter, const QRectF& rect) const override;
  QString readout(const QPointF& point) const override;
  QString csv() const override;

 private:
  std::optional<std::pair<size_t, size_t>> cellAt(const QPointF& point) const;
  MatrixData data_;
};

}  // namespace mtlora::ui
