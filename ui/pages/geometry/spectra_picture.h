// The singular values of the adapter without T beside those with it.
#pragma once

#include "geometry/geometry.h"
#include "picture.h"

namespace mtlora::ui {

struct SpectraData {
  std::vector<double> sigma_ba, sigma_bta;
  std::vector<std::pair<size_t, size_t>> groups;
  bool has_t = true;  // lora: only one spectrum
  bool logarithmic = false;
};

class SpectraPicture : public Picture {
  Q_OBJECT
 public:
  explicit SpectraPicture(QWidget* parent = nullptr);
  void setData(SpectraData data);
  void setLogarithmic(bool on);
  const SpectraData& data() const { return data_; }

  static void paint(QPainter& painter, const QRectF& rect, const SpectraData& data, const Ink& ink);

 protected:
  void draw(QPainter& painter, const QRectF& rect) const override;
  QString readout(const QPointF& point) const override;
  QString csv() const override;

 private:
  SpectraData data_;
};

}  // namespace mtlora::ui
