// Snapshots of a run and what is derived from them, read on a worker thread and kept while there is room.
#pragma once

#include <QCache>
#include <QObject>
#include <QPair>
#include <QString>
#include <deque>
#include <memory>
#include <optional>

#include "api/api.h"
#include "async.h"

namespace mtlora::ui {

// Lives on the window's thread; nothing here blocks.
class GeometryCache : public QObject {
  Q_OBJECT
 public:
  using Geometry = std::shared_ptr<const ModuleGeometry>;
  explicit GeometryCache(QObject* parent = nullptr);

  void setRun(const Path& folder);                           // forgets everything
  Geometry find(int64_t step, const QString& module) const;  // nullptr: not here yet
  // Brings it here, then `ready` or `failed`. Only the last request counts: a slider in motion skips what it passed.
  void request(int64_t step, const QString& module);
  // The same in spare time, without a signal.
  void prefetch(int64_t step, const QString& module);

 Q_SIGNALS:
  void ready(qint64 step, const QString& module, const mtlora::ui::GeometryCache::Geometry& geometry);
  void failed(qint64 step, const QString& message);

 private:
  using Snapshots = std::shared_ptr<const std::vector<ModuleSnapshot>>;
  using Key = QPair<qint64, QString>;
  void next();
  void read(const Key& key, bool wanted);

  Path folder_;
  int generation_ = 0;  // of the run: an answer for an earlier one is dropped
  bool reading_ = false;
  std::optional<Key> wanted_;
  std::deque<Key> spare_;
  mutable QCache<qint64, Snapshots> snapshots_;
  mutable QCache<Key, Geometry> geometries_;
};

}  // namespace mtlora::ui
