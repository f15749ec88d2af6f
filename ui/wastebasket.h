// Deleting as people expect it: into the desktop's wastebasket, and back.
#pragma once

#include <QString>

#include "base/files.h"

namespace mtlora::ui {

// Both block shortly, and may be called on any thread. Throw Error(File) that says what to do instead.
QString moveToWastebasket(const Path& folder);  // the place where it lies now; empty where the system does not say
void takeBack(const Path& folder, const QString& place);

}  // namespace mtlora::ui
