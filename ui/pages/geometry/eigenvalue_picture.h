// Eigenvalues of T (those of K) in the complex plane against the unit circle.
#pragma once

#include <complex>

#include "picture.h"

namespace mtlora::ui {

class EigenvaluePicture : public Picture {
  Q_OBJECT
 public:
  explicit EigenvaluePicture(QWidget* parent = nullptr);
  void setData(std::vector<std::complex<double>> eigenvalues);
  const std::vector<std::complex<double>>& data() const { return eigenvalues_; }

  // `extent`: how far the picture reaches from 0; 0 chooses it.
  static void paint(QPainter& painter, const QRectF& rect, const std::vector<std::complex<double>>& eigenvalues,
                    double extent, const Ink& ink);

 protected:
  void draw(QPainter& painter, const QRectF& rect) const override;
  QString readout(const QPointF& point) const override;
  QString csv() const override;

 private:
  std::vector<std::complex<double>> eigenvalues_;
};

}  // namespace mtlora::ui
