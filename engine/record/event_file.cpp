#include "record/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace mtlora {

namespace {

[[noreturn]] void fail(const Path& path, const char* what, int reason) {
  throw file_error(quoted(path) + " " + what + ": " + std::strerror(reason),
                   reason == ENOSPC ? "Free some space on that disk and resume the run." : "");
}

off_t size_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

// All of `bytes` or nothing of them: a line cut short by a full disk is taken back.
void append_whole(int descriptor, const Path& path, std::string_view bytes) {
  const off_t before = size_of(descriptor);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int reason = errno;
      if (done > 0 && ::ftruncate(descriptor, before) != 0) fail(path, "could not be written", reason);
      fail(path, "could not be written", reason);
    }
    done += static_cast<size_t>(n);
  }
}

// Opens a file of lines to append to. A process killed in mid-write leaves a line without its end, which no later line
// may be glued to: it is cut off.
int open_to_append(const Path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) fail(path, "could not be opened for writing", errno);
  const off_t size = size_of(descriptor);
  off_t whole = size;
  char last = 0;
  while (whole > 0 && ::pread(descriptor, &last, 1, whole - 1) == 1 && last != '\n') --whole;
  if (whole != size && ::ftruncate(descriptor, whole) != 0) {
    const int reason = errno;
    ::close(descriptor);
    fail(path, "could not be repaired", reason);
  }
  return descriptor;
}

struct Line {
  std::string_view text;  // with its newline
  Event event;
};

// `bytes` must outlive the lines.
std::vector<Line> parse_lines(std::string_view bytes, const Path& path) {
  std::vector<Line> lines;
  size_t line_number = 0;
  for (size_t begin = 0, end; (end = bytes.find('\n', begin)) != bytes.npos; begin = end + 1) {
    ++line_number;
    const std::string_view text = bytes.substr(begin, end + 1 - begin);
    if (text.find_first_not_of(" \t\r\n") == text.npos) continue;
    const std::string name = quoted(path) + " line " + std::to_string(line_number);
    const nlohmann::json object = parse_json(text.substr(0, text.size() - 1), name);
    try {
      lines.push_back({text, event_from_json(object)});
    } catch (const Error& error) {
      throw bad_input(name + ": " + error.what());
    }
  }
  return lines;
}

int64_t step_of(const Event& event) {
  return std::visit([](const auto& body) { return body.step; }, event.body);
}

void append_aside(const Path& path, std::string_view lines) {
  const int descriptor = open_to_append(path);
  try {
    append_whole(descriptor, path, lines);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  const int result = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  if (result != 0) fail(path, "could not be synced", reason);
}

// How many of the lines, from the first, lie before the state that a run resumed at `step` starts from.
size_t count_owned(const std::vector<Line>& lines, int64_t step) {
  for (size_t i = lines.size(); i > 0; --i) {
    const auto* checkpoint = std::get_if<CheckpointSaved>(&lines[i - 1].event.body);
    if (checkpoint && checkpoint->step == step) return i;  // saved twice at one step, the later stands on the disk
  }
  // Killed after the checkpoint was in place and before it was told (or before the first one, step 0).
  size_t count = 0;
  while (count < lines.size() && step_of(lines[count].event) <= step) ++count;
  return count;
}

}  // namespace

EventFile::EventFile(const Path& path) : path_(path), descriptor_(open_to_append(path)) {}

EventFile::~EventFile() { ::close(descriptor_); }

void EventFile::append(const Event& event) { append_whole(descriptor_, path_, json_text(to_json(event)) + "\n"); }

void EventFile::sync() {
  if (::fsync(descriptor_) != 0) fail(path_, "could not be synced", errno);
}

std::vector<Event> read_events(const Path& path) {
  const std::string bytes = read_file(path);
  std::vector<Event> events;
  for (Line& line : parse_lines(bytes, path)) events.push_back(std::move(line.event));
  return events;
}

void rewind_events(const Path& path, int64_t step) {
  const std::string bytes = read_file(path);
  const std::vector<Line> lines = parse_lines(bytes, path);
  const size_t owned = count_owned(lines, step);
  std::string kept, aside;  // bytes as they were: a newer program's keys stay
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool keep = i < owned && !std::holds_alternative<RunFinished>(lines[i].event.body);
    (keep ? kept : aside) += lines[i].text;
  }
  if (kept == bytes) return;
  if (!aside.empty()) append_aside(path.string() + ".aside", aside);  // first: a crash in between loses no line
  write_file(path, kept);
}

}  // namespace mtlora
