// Folders of a test, gone with it.
#pragma once

#include <QTemporaryDir>
#include <string>

#include "base/files.h"

namespace mtlora {

class NewFolders {
 public:
  Path next() {
    const Path folder = Path(home_.path().toStdString()) / std::to_string(count_++);
    make_folder(folder);
    return folder;
  }
  Path home() const { return home_.path().toStdString(); }

 private:
  QTemporaryDir home_;
  int count_ = 0;
};

}  // namespace mtlora
