// events.jsonl: appended to as things happen, read whole when a run is opened.
#pragma once

#include <functional>
#include <vector>

#include "base/files.h"
#include "record/event.h"

namespace mtlora {

// Where events go. Called from the job's thread; must not block on another thread.
using EventSink = std::function<void(const Event&)>;

// Appends lines; each is handed to the system before `append` returns, so a killed process loses none (a power cut may
// lose those since the last `sync`).
class EventFile {
 public:
  explicit EventFile(const Path& path);  // creates or appends
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;
  void append(const Event& event);
  void sync();

 private:
  Path path_;
  int descriptor_ = -1;
};

// All whole lines; a torn last line is dropped. Throws Error(BadInput) that names the line of any other broken one.
std::vector<Event> read_events(const Path& path);

// Keeps the events that a run resumed at `step` still owns: those before the checkpoint of that step, the checkpoint
// itself, and no run_finished. The rest is appended to `path` + ".aside". Rewrites the file (beside, sync, rename).
void rewind_events(const Path& path, int64_t step);

}  // namespace mtlora
