// Precompiled: what many of the engine's files include and what takes long to parse.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>
