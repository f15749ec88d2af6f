// An event as a line of the log that a person reads.
#pragma once

#include <QString>

#include "record/event.h"

namespace mtlora::ui {

QString logLine(const Event& event);  // "12:03:04  step 471  evaluated: accuracy 0.8930, loss 0.5200"

}  // namespace mtlora::ui
