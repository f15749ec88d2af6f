#include "geometry_cache.h"

#include <algorithm>

namespace mtlora::ui {

namespace {

constexpr qsizetype snapshot_room = 64 * 1024;  // KiB
constexpr qsizetype geometry_room = 48 * 1024;  // KiB

qsizetype kibibytes(size_t doubles) { return 1 + static_cast<qsizetype>(doubles * sizeof(double) / 1024); }

qsizetype costOf(const std::vector<ModuleSnapshot>& modules) {
  size_t doubles = 0;
  for (const ModuleSnapshot& module : modules) doubles += module.k.values.size() + 2 * module.sigma_ba.size() + 16;
  return kibibytes(doubles);
}

struct Answer {
  std::shared_ptr<const std::vector<ModuleSnapshot>> snapshots;
  std::shared_ptr<const ModuleGeometry> geometry;
};

}  // namespace

GeometryCache::GeometryCache(QObject* parent)
    : QObject(parent), snapshots_(snapshot_room), geometries_(geometry_room) {}

void GeometryCache::setRun(const Path& folder) {
  folder_ = folder;
  ++generation_;
  reading_ = false;
  wanted_.reset();
  spare_.clear();
  snapshots_.clear();
  geometries_.clear();
}

GeometryCache::Geometry GeometryCache::find(int64_t step, const QString& module) const {
  const Geometry* found = geometries_.object({step, module});
  return found ? *found : nullptr;
}

void GeometryCache::request(int64_t step, const QString& module) {
  spare_.clear();
  wanted_ = Key{step, module};
  next();
}

void GeometryCache::prefetch(int64_t step, const QString& module) {
  const Key key{step, module};
  if (geometries_.contains(key)) return;
  spare_.push_back(key);
  next();
}

void GeometryCache::next() {
  if (reading_) return;
  if (wanted_) {
    const Key key = *wanted_;
    wanted_.reset();
    return read(key, true);
  }
  while (!spare_.empty()) {
    const Key key = spare_.front();
    spare_.pop_front();
    if (!geometries_.contains(key)) return read(key, false);
  }
}

void GeometryCache::read(const Key& key, bool wanted) {
  reading_ = true;
  const Snapshots* kept = snapshots_.object(key.first);
  const auto work = [folder = folder_, step = static_cast<int64_t>(key.first), module = key.second.toStdString(),
                     known = kept ? *kept : nullptr] {
    Snapshots snapshots = known;
    if (!snapshots) snapshots = std::make_shared<const std::vector<ModuleSnapshot>>(read_geometry(folder, step));
    const auto at = std::find_if(snapshots->begin(), snapshots->end(),
                                 [&module](const ModuleSnapshot& snapshot) { return snapshot.module == module; });
    if (at == snapshots->end()) {
      throw Error(ErrorCode::BadInput,
                  "the snapshot of step " + std::to_string(step) + " has no module \"" + module + "\"");
    }
    return Answer{snapshots, std::make_shared<const ModuleGeometry>(derive_geometry(*at))};
  };
  runAsync(
      this, work,
      [this, key, wanted, generation = generation_](Answer answer) {
        if (generation != generation_) return;
        reading_ = false;
        const size_t r = answer.geometry->sigma_ba.size();
        snapshots_.insert(key.first, new Snapshots(answer.snapshots), costOf(*answer.snapshots));
        geometries_.insert(key, new Geometry(answer.geometry), kibibytes(6 * r * r + 8 * r));
        if (wanted) Q_EMIT ready(key.first, key.second, answer.geometry);
        next();
      },
      [this, key, wanted, generation = generation_](const Failure& failure) {
        if (generation != generation_) return;
        reading_ = false;
        if (wanted) Q_EMIT failed(key.first, failure.message);
        next();
      });
}

}  // namespace mtlora::ui
