#include "store/run_index.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "store/run_facts.h"
#include "store/run_lock.h"

namespace mtlora {

namespace {

constexpr int schema_version = 1;
constexpr int busy_wait_ms = 10'000;

// The file is no index of ours: broken, or of another schema. It is set aside.
struct Unusable {
  std::string reason;
};

[[noreturn]] void fail(sqlite3* handle, const Path& file, int code) {
  const std::string reason = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw Unusable{reason};
  throw file_error("index of runs '" + file.string() + "': " + reason);
}

// Held while an index is opened, made or set aside, so that two programs don't do so at once.
class OpeningLock {
 public:
  explicit OpeningLock(const Path& file) : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (descriptor_ >= 0) ::flock(descriptor_, LOCK_EX);
  }
  ~OpeningLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpeningLock(const OpeningLock&) = delete;
  OpeningLock& operator=(const OpeningLock&) = delete;

 private:
  int descriptor_;
};

// Nothing where the facts are not in the form of today; they are read again then.
std::optional<RunRow> cached_row(const std::string& facts) {
  try {
    return run_row_from_json(nlohmann::json::parse(facts));
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

Path key_of(const Path& folder) {
  std::error_code error;
  const Path canonical = std::filesystem::weakly_canonical(folder, error);
  return error ? folder : canonical;
}

}  // namespace

struct RunIndex::Database {
  Path file;
  sqlite3* handle = nullptr;

  explicit Database(const Path& path) : file(path) {
    try {
      check(sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr));
      check(sqlite3_busy_timeout(handle, busy_wait_ms));
      prepare_schema();
    } catch (...) {
      sqlite3_close(handle);
      throw;
    }
  }
  ~Database() { sqlite3_close(handle); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void check(int code) const {
    if (code != SQLITE_OK) fail(handle, file, code);
  }
  void run(const char* sql) const { check(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr)); }

  // Runs one statement with text parameters; `row` gets each row's columns as text.
  template <class Row>
  void run(const char* sql, const std::vector<std::string>& parameters, Row row) const {
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(handle, sql, -1, &raw, nullptr));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
    for (size_t i = 0; i < parameters.size(); ++i)
      check(sqlite3_bind_text(raw, static_cast<int>(i) + 1, parameters[i].data(),
                              static_cast<int>(parameters[i].size()), SQLITE_TRANSIENT));
    int code = SQLITE_OK;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      std::vector<std::string> columns(static_cast<size_t>(sqlite3_column_count(raw)));
      for (size_t i = 0; i < columns.size(); ++i) {
        const int column = static_cast<int>(i);
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, column));
        if (text) columns[i].assign(text, static_cast<size_t>(sqlite3_column_bytes(raw, column)));
      }
      row(columns);
    }
    if (code != SQLITE_DONE) fail(handle, file, code);
  }
  void run(const char* sql, const std::vector<std::string>& parameters) const {
    run(sql, parameters, [](const auto&) {});
  }
  std::string single(const char* sql) const {
    std::string value;
    run(sql, {}, [&](const auto& columns) { value = columns.at(0); });
    return value;
  }

  void prepare_schema() const {
    if (single("PRAGMA quick_check(1)") != "ok") throw Unusable{"its pages are damaged"};
    const std::string version = single("PRAGMA user_version");
    if (version != "0" && version != std::to_string(schema_version)) throw Unusable{"it has schema " + version};
    if (version == "0" && single("SELECT count(*) FROM sqlite_schema") != "0") throw Unusable{"it holds other things"};
    if (version == "0")
      run("BEGIN IMMEDIATE;"
          // remembered: lies elsewhere, or is listed again; forgotten: not listed though it exists.
          "CREATE TABLE runs(folder TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT '', stamp TEXT NOT NULL DEFAULT '',"
          " facts TEXT NOT NULL DEFAULT '');"
          "PRAGMA user_version = 1; COMMIT");
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(handle, "SELECT folder, state, stamp, facts FROM runs", -1, &statement, nullptr);
    sqlite3_finalize(statement);
    if (code == SQLITE_ERROR) throw Unusable{sqlite3_errmsg(handle)};
    check(code);
  }

  // Everything `action` writes, or nothing.
  template <class Action>
  void transaction(Action action) const {
    run("BEGIN IMMEDIATE");
    try {
      action();
      run("COMMIT");
    } catch (...) {
      sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }
};

RunIndex::RunIndex(const Path& file, const Path& runs_folder, DefaultMetric default_metric)
    : file_(file), runs_folder_(runs_folder), default_metric_(std::move(default_metric)) {}

RunIndex::~RunIndex() = default;

// Opens the index where it is not open yet; one that turns out to be unusable is replaced, once, and `action` done
// again. So is one that was deleted under an open connection, which would be written to in vain.
template <class Action>
auto RunIndex::with_database(Action action) {
  const std::lock_guard guard(mutex_);
  std::error_code error;
  if (database_ && !std::filesystem::exists(file_, error)) database_.reset();
  for (bool again = false;; again = true) {
    try {
      if (!database_) {
        make_folder(file_.parent_path());
        const OpeningLock lock(file_.string() + ".lock");
        database_ = std::make_unique<Database>(file_);
      }
      return action(*database_);
    } catch (const Unusable& unusable) {
      database_.reset();
      if (again) throw file_error("index of runs '" + file_.string() + "' can't be used: " + unusable.reason);
      log_warning("index of runs '" + file_.string() + "' set aside: " + unusable.reason);
      const OpeningLock lock(file_.string() + ".lock");
      try {  // another program may have replaced it meanwhile
        database_ = std::make_unique<Database>(file_);
      } catch (const Unusable&) {
        std::filesystem::rename(file_, file_.string() + ".aside", error);
        if (error) throw file_error("index of runs '" + file_.string() + "' can't be set aside: " + error.message());
        // Its roll-back journal would be played into the new file.
        std::filesystem::rename(file_.string() + "-journal", file_.string() + ".aside-journal", error);
      }
    }
  }
}

std::vector<RunRow> RunIndex::rows() {
  struct Entry {
    std::string state, stamp, facts;
  };
  return with_database([this](Database& database) {
    std::map<std::string, Entry> known;
    database.run("SELECT folder, state, stamp, facts FROM runs", {}, [&](const auto& columns) {
      known[columns[0]] = {columns[1], columns[2], columns[3]};
    });

    std::set<std::string> folders;
    std::error_code error;
    for (const auto& item : std::filesystem::directory_iterator(runs_folder_, error))
      folders.insert(key_of(item.path()).string());
    std::vector<std::string> gone;
    for (const auto& [folder, entry] : known) {
      if (!std::filesystem::is_directory(folder, error)) gone.push_back(folder);
      if (entry.state == "remembered") folders.insert(folder);
    }

    std::vector<RunRow> rows;
    std::vector<std::vector<std::string>> changed;  // folder, stamp, facts
    for (const std::string& folder : folders) {
      const Entry& entry = known[folder];
      // In this order, so that a run which ends meanwhile does not look as if it had crashed.
      const bool held = RunLock::is_held(folder);
      const std::string stamp = run_stamp(folder);
      if (stamp.empty() || entry.state == "forgotten") continue;
      std::optional<RunRow> cached;
      if (entry.stamp == stamp) cached = cached_row(entry.facts);
      RunRow row = cached ? *cached : read_run_facts(folder, default_metric_);
      if (!cached) changed.push_back({folder, stamp, json_text(to_json(row))});
      row.folder = folder;
      const bool unfinished = row.status == RunStatus::Running || row.status == RunStatus::Paused;
      if (unfinished && !held) row.status = RunStatus::Crashed;
      rows.push_back(std::move(row));
    }

    if (!changed.empty() || !gone.empty())
      database.transaction([&] {
        for (const auto& parameters : changed)
          database.run(
              "INSERT INTO runs(folder, stamp, facts) VALUES(?1, ?2, ?3)"
              " ON CONFLICT(folder) DO UPDATE SET stamp = ?2, facts = ?3",
              parameters);
        for (const std::string& folder : gone) database.run("DELETE FROM runs WHERE folder = ?1", {folder});
      });
    std::sort(rows.begin(), rows.end(), [](const RunRow& a, const RunRow& b) {
      return a.started != b.started ? a.started > b.started : a.folder > b.folder;
    });
    return rows;
  });
}

void RunIndex::remember(const Path& folder) { set_state(folder, "remembered"); }
void RunIndex::forget(const Path& folder) { set_state(folder, "forgotten"); }

void RunIndex::set_state(const Path& folder, const std::string& state) {
  with_database([&](Database& database) {
    database.run("INSERT INTO runs(folder, state) VALUES(?1, ?2) ON CONFLICT(folder) DO UPDATE SET state = ?2",
                 {key_of(folder).string(), state});
  });
}

}  // namespace mtlora
