// Which linear layers carry an adapter, between the boxes that a person ticks and the settings that say the same.
#pragma once

#include <QSet>
#include <QString>
#include <QStringList>
#include <vector>

#include "api/api.h"

namespace mtlora::ui {

// "attention.self.query" of "bert.encoder.layer.0.attention.self.query"; the whole name outside the layers.
QString moduleKind(const LinearInfo& linear);

// Kinds of the layers in the model's order, each once.
QStringList moduleKinds(const std::vector<LinearInfo>& linears);

struct TargetSettings {
  TargetModules target_modules;
  std::vector<int64_t> layers_to_transform;
};

// The simplest settings that choose exactly these layers under PEFT's rules: "all-linear", else names matched by their
// endings (with layers_to_transform, which leaves out all that is in no layer), else one regular expression.
// `selected` holds names of `linears`.
TargetSettings simplestTargets(const std::vector<LinearInfo>& linears, const QSet<QString>& selected);

}  // namespace mtlora::ui
