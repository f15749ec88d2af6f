// Translated texts of the options.
#pragma once

#include <QString>

#include "config/option_table.h"

namespace mtlora::ui {

QString optionLabel(const Option& option);
QString optionHelp(const Option& option);
QString optionUnit(const Option& option);
// What it means that nothing is set: "as weight decay", "all rows"; "" where a value must be.
QString unsetMeaning(const QString& key);
// Of a choice: "linear" -> "Linear, falling to zero". The value itself where nothing more is to be said.
QString choiceText(const QString& key, const QString& value);

QString dtypeName(const std::string& dtype);  // of safetensors ("F32"), as people know it ("float32")

}  // namespace mtlora::ui
