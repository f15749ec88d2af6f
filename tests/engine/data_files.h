// Files for tests of the data folder, and what loading them says.
#pragma once

#include <QTemporaryDir>
#include <QTest>
#include <string>

#include "base/error.h"
#include "data/dataset.h"

namespace mtlora {

struct DataFiles {
  QTemporaryDir folder_;

  std::string write(const std::string& name, const std::string& text) {
    const Path path = Path(folder_.path().toStdString()) / name;
    write_file(path, text);
    return path.string();
  }

  DataOptions own(const std::string& name, const std::string& text) {
    DataOptions options;
    options.task = "own";
    options.train_file = write(name, text);
    options.validation_split = 0;
    return options;
  }

  static Rows load(const DataOptions& options, int64_t seed = 0) {
    return load_rows(resolve_task(options), options, seed);
  }

  static Task task_named(const std::string& name) {
    DataOptions options;
    options.task = name;
    return resolve_task(options);
  }

  // The error that loading gives: message, hint, field.
  static Error error_of(const DataOptions& options) {
    try {
      load(options);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCode::Internal, "no error at all");
  }
  static void check(const Error& error, const std::string& end, const std::string& hint, const std::string& field,
                    ErrorCode code = ErrorCode::BadInput) {
    const std::string found = std::string(error.what()) + " | " + error.hint() + " | " + error.field();
    QVERIFY2(std::string(error.what()).ends_with(end), found.c_str());
    QVERIFY2(error.hint().find(hint) != std::string::npos, found.c_str());
    QVERIFY2(error.field() == field, found.c_str());
    QVERIFY2(error.code() == code, found.c_str());
  }
};

}  // namespace mtlora
