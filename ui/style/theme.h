// Colours, sizes and icons of the window, one place for all pages. Light and dark follow the system's palette.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QString>

class QApplication;
class QLabel;
class QWidget;

namespace mtlora::ui {

inline constexpr int gridUnit = 8;  // px; margins and gaps are multiples of it

enum class ThemeMode { System, Light, Dark };
// Fusion style, palette, style sheet. May be called again to switch.
void applyTheme(QApplication& app, ThemeMode mode);
bool isDark();

// Data colours of a method ("ctcm"), lighter in the dark theme; series beyond one of a method differ by line style.
QColor methodColour(const QString& method);
QColor methodColour(const QString& method, bool dark);  // of that theme, whichever is shown: for files
QString methodTitle(const QString& method);             // "CTCM"
QString methodFormula(const QString& method);           // "T = C · D"
QColor accent();

QFont titleFont();
QFont sectionFont();
QFont tabularFont();  // digits of one width, for numbers that change

// Line icon of resources/icons/NAME.svg drawn in the palette's text colour.
QIcon lineIcon(const QString& name);

// viridis at t in [0, 1]; blue-white-red at t in [−1, 1] (dark theme: blue-dark-red).
QColor viridis(double t);
QColor diverging(double t);

// "1.2k", "22.7 M", "384 MiB", "3 min 20 s" by locale.
QString shortNumber(double value);
QString countText(int64_t value);  // with thousands separators
QString memoryText(double mib);
QString durationText(double seconds);

}  // namespace mtlora::ui
