// Fusion with check boxes and radio buttons that can be seen on dark windows too.
#pragma once

#include <QProxyStyle>

namespace mtlora::ui {

class HouseStyle : public QProxyStyle {
  Q_OBJECT
 public:
  HouseStyle();
  int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
};

}  // namespace mtlora::ui
