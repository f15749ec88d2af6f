#include "base/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#ifdef __GLIBC__  // known once a header of the C library is read
#include <malloc.h>
#endif

namespace mtlora {

MemoryState memory_state() {
  MemoryState state;
  std::ifstream statm("/proc/self/statm");
  double pages = 0, resident = 0;
  statm >> pages >> resident;
  state.used_mib = resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  state.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string line; std::getline(meminfo, line);) {
    std::istringstream fields(line);
    std::string name;
    double kib = 0;
    fields >> name >> kib;
    if (name == "MemTotal:") state.total_mib = kib / 1024;
    if (name == "MemAvailable:") state.free_mib = kib / 1024;
  }
  return state;
}

double process_start_time() {
  // Field 22 of /proc/self/stat: clock ticks after boot; the second field, in parentheses, may hold spaces.
  std::ifstream stat_file("/proc/self/stat");
  const std::string stat((std::istreambuf_iterator<char>(stat_file)), std::istreambuf_iterator<char>());
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  const double ticks = std::stod(field);
  std::ifstream uptime_file("/proc/uptime");
  double uptime = 0;
  uptime_file >> uptime;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const double now_s = static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  return now_s - uptime + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

#ifdef __GLIBC__
KeepFreedMemory::KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // bytes; the largest that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 16 << 20);
}
KeepFreedMemory::~KeepFreedMemory() {
  mallopt(M_TRIM_THRESHOLD, 128 << 10);  // as it was
  mallopt(M_TOP_PAD, 128 << 10);
  malloc_trim(0);
}
#else
KeepFreedMemory::KeepFreedMemory() = default;
KeepFreedMemory::~KeepFreedMemory() = default;
#endif

}  // namespace mtlora
