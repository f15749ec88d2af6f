// A comparison as pages to send.
#pragma once

#include <QString>

#include "api/api.h"

namespace mtlora::ui {

// A4 across: a table and both pictures for each task, how to read them, what was run. On the window's thread, a quarter
// of a second a task. Throws Error(File) where the file can't be written.
void writeComparisonPdf(const Comparison& comparison, const QString& path);

}  // namespace mtlora::ui
