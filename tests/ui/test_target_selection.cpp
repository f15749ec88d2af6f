// Boxes that a person ticks become the simplest settings that mean the same.
#include <QtTest>

#include "adapter/target_modules.h"
#include "api/api.h"
#include "base/random.h"
#include "pages/new_run/target_selection.h"

using namespace mtlora;
using namespace mtlora::ui;

class TestTargetSelection : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void simplestSettings() {
    const std::vector<LinearInfo> linears = inspect_model("minilm").linears;
    const auto those = [&](const std::function<bool(const QString&, int64_t)>& which) {
      QSet<QString> names;
      for (const LinearInfo& linear : linears)
        if (which(QString::fromStdString(linear.name), linear.layer)) names << QString::fromStdString(linear.name);
      return names;
    };
    const auto settings = [&](const std::function<bool(const QString&, int64_t)>& which) {
      return simplestTargets(linears, those(which));
    };
    QCOMPARE(settings([](auto, auto) { return true; }).target_modules, (TargetModules{{}, "all-linear"}));
    QCOMPARE(settings([](auto name, auto) { return name.endsWith("query") || name.endsWith("value"); }).target_modules,
             (TargetModules{{"query", "value"}, ""}));
    QCOMPARE(settings([](auto name, auto) { return name.endsWith("output.dense"); }).target_modules,
             (TargetModules{{"output.dense"}, ""}));
    const TargetSettings upper = settings([](auto name, auto layer) { return layer > 2 && name.endsWith("query"); });
    QCOMPARE(upper.target_modules, (TargetModules{{"query"}, ""}));
    QCOMPARE(upper.layers_to_transform, (std::vector<int64_t>{3, 4, 5}));
  }

  // Whatever is ticked, the engine reads from the settings exactly that.
  void settingsMeanTheSelection() {
    const std::vector<LinearInfo> linears = inspect_model("minilm").linears;
    RandomStream random(1, 1);
    for (int round = 0; round < 300; ++round) {
      const uint64_t every = 1 + random.below(5);
      const bool byKind = random.below(3) == 0, byLayer = random.below(3) == 0;
      QSet<QString> selected;
      for (const LinearInfo& linear : linears) {
        const uint64_t draw = byKind ? static_cast<uint64_t>(qHash(moduleKind(linear), size_t(round)))
                              : byLayer
                                  ? mix64(static_cast<uint64_t>(linear.layer + 7) * 31 + static_cast<uint64_t>(round))
                                  : random.next();
        if (draw % 5 < every) selected << QString::fromStdString(linear.name);
      }
      if (selected.isEmpty()) continue;
      AdapterOptions options;
      const TargetSettings settings = simplestTargets(linears, selected);
      options.target_modules = settings.target_modules;
      options.layers_to_transform = settings.layers_to_transform;
      QSet<QString> meant;
      try {
        for (const Target& target : match_targets(linears, options)) {
          meant << QString::fromStdString(linears[target.linear].name);
        }
      } catch (const std::exception& error) {
        QFAIL(qPrintable(QString::fromUtf8(error.what())));
      }
      QCOMPARE(meant, selected);
    }
  }
};

QTEST_APPLESS_MAIN(TestTargetSelection)
#include "test_target_selection.moc"
