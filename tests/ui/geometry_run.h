// A run folder with snapshots of adapters whose T is a known, growing rotation and scaling.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "run_data.h"

namespace mtlora::ui {

struct GeometryRun {
  std::vector<std::string> kinds = {"attention.self.query", "attention.self.value"};
  std::string method = "ctcm";
  size_t layers = 6, r = 8, out = 48, in = 40;
  int64_t steps = 20, every = 10;  // recorded steps after step 0, and optimiser steps between them
  bool paper = false;              // T starts as the product of two random matrices
  bool flat = false;               // two equal singular values of BA

  std::string module(size_t layer, size_t kind) const {
    return "bert.encoder.layer." + std::to_string(layer) + "." + kinds[kind];
  }

  // T at recorded step k: turns directions 2m, 2m+1 by an angle that grows with the step, the layer and m, and
  // stretches them; plus a little shear.
  std::vector<float> transform(size_t layer, int64_t k) const {
    const double share = static_cast<double>(k) / static_cast<double>(std::max<int64_t>(1, steps));
    std::vector<float> t(r * r, 0.0F);
    if (method == "lora") {
      for (size_t i = 0; i < r; ++i) t[i * r + i] = 1;
      return t;
    }
    for (size_t i = 0; i < r; i += 2) {
      const double angle = share * (0.4 + 0.12 * static_cast<double>(layer)) * (1 + 0.3 * static_cast<double>(i));
      const double first = 1 + 0.5 * share, second = 1 - 0.45 * share;
      if (i + 1 == r) {
        t[i * r + i] = static_cast<float>(first);
        continue;
      }
      t[i * r + i] = static_cast<float>(std::cos(angle) * first);
      t[i * r + i + 1] = static_cast<float>(-std::sin(angle) * second);
      t[(i + 1) * r + i] = static_cast<float>(std::sin(angle) * first);
      t[(i + 1) * r + i + 1] = static_cast<float>(std::cos(angle) * second);
    }
    if (paper) {
      std::mt19937 random(static_cast<unsigned>(layer));
      std::normal_distribution<float> normal(0, 0.35F / std::sqrt(static_cast<float>(r)));
      for (float& value : t) value = value * 0.3F * static_cast<float>(share) + normal(random);
    }
    for (size_t i = 0; i + 2 < r; ++i) t[i * r + i + 2] += static_cast<float>(0.25 * share);
    return t;
  }

  // Writes the snapshots under `folder` and gives the run's record of them.
  RunData write(const Path& folder) const {
    RunData run;
    run.folder = folder;
    run.config.adapter.method = method;
    run.config.adapter.r = static_cast<int64_t>(r);
    run.name = QStringLiteral("synthetic");
    run.total_steps = steps * every;
    make_folder(folder / "geometry");
    std::vector<Frame> frames(layers * kinds.size());
    std::vector<std::vector<float>> a(frames.size()), b(frames.size());
    for (size_t m = 0; m < frames.size(); ++m) {
      std::mt19937 random(static_cast<unsigned>(7 + m));
      std::normal_distribution<float> normal;
      a[m].resize(r * in);
      b[m].resize(out * r);
      for (float& value : a[m]) value = normal(random) / std::sqrt(static_cast<float>(in));
      for (size_t n = 0; n < b[m].size(); ++n) {
        const auto fall = static_cast<float>(std::pow(0.72, static_cast<double>(n % r)));
        b[m][n] = normal(random) / std::sqrt(static_cast<float>(out)) * fall;
      }
      if (flat) orthogonal(a[m], b[m]);
    }
    for (int64_t k = 0; k <= steps; ++k) {
      std::vector<ModuleSnapshot> modules;
      GeometryRecorded record{k * every, "geometry/" + std::to_string(k * every) + ".safetensors", {}};
      for (size_t layer = 0; layer < layers; ++layer) {
        for (size_t kind = 0; kind < kinds.size(); ++kind) {
          const size_t m = layer * kinds.size() + kind;
          std::vector<float> scaled = b[m];
          const double size = static_cast<double>(k) / static_cast<double>(std::max<int64_t>(1, steps));
          for (float& value : scaled) value *= static_cast<float>(size * (1 + 0.2 * static_cast<double>(kind)));
          const bool follows = k > 1;
          modules.push_back(snapshot_module(module(layer, kind), scaled, transform(layer, k), a[m], out, in, r, 2.0,
                                            25.0, follows ? &frames[m] : nullptr, k > 0 ? &frames[m] : nullptr));
          const ModuleGeometry geometry = derive_geometry(modules.back());
          record.modules[modules.back().module] = {geometry.effective_rank, geometry.mean_rotation_degrees,
                                                   geometry.has_k ? geometry.condition : std::nan(""),
                                                   geometry.delta_fro};
        }
      }
      write_snapshot(folder / record.file, record.step, modules);
      run.geometry.push_back(record);
    }
    return run;
  }

 private:
  // A and B with singular values 1, 1, 0.7, 0.49, ...: the first two are a group.
  void orthogonal(std::vector<float>& a, std::vector<float>& b) const {
    std::fill(a.begin(), a.end(), 0.0F);
    std::fill(b.begin(), b.end(), 0.0F);
    for (size_t i = 0; i < r; ++i) {
      a[i * in + i] = 1;
      b[i * r + i] = static_cast<float>(std::pow(0.7, i < 2 ? 0.0 : static_cast<double>(i - 1)));
    }
  }
};

}  // namespace mtlora::ui
