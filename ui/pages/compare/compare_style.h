// How a variant looks on this page, and how its figures read, everywhere the same.
#pragma once

#include <qcustomplot.h>

#include <QIcon>
#include <QString>

#include "api/api.h"

namespace mtlora::ui {

// The colour of its method; several variants of one method differ by line and marker.
struct VariantStyle {
  QString method;
  QColor colour;
  Qt::PenStyle line = Qt::SolidLine;
  QCPScatterStyle::ScatterShape marker = QCPScatterStyle::ssCircle;

  QCPScatterStyle scatter(double size, bool filled = true) const;
};
VariantStyle variantStyle(const Plan& plan, const std::string& variant, bool dark);
QIcon variantIcon(const VariantStyle& style);  // its line with its marker, as a legend shows it

QString counted(int64_t count, const QString& one, const QString& many);  // many holds a %1
QString decimals(double value, int digits, bool sign = false);  // by locale, with a true minus; "–" where not finite
QString spreadText(const Spread& spread);                       // "88.31 ± 0.42"
QString differenceText(const Difference& difference);           // "+0.71 [−0.12, +1.54]"
QString stretchText(double condition);                          // "1.27 ×", "3,303 ×"
QString verdictText(const Plan& plan, const ComparedVariant& row);
QString metricText(const ComparedVariant& row);  // "accuracy × 100, test"
QString chosenText(const Settings& choice);      // "r 8, learning_rate 0.001"
QString stateText(const ComparedRun& run, bool skipped);
QString comparisonState(const Comparison& comparison, bool starting);  // "34 of 180 runs, running"

// What the table and the plots say, and how to read them.
QString explanation(const Plan& plan);

}  // namespace mtlora::ui
