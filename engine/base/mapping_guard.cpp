#include "base/mapping_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

namespace mtlora {

// Never freed, so that the handler can walk the list at any time; used again when its mapping is gone.
struct MappingGuard::Slot {
  std::atomic<uintptr_t> begin = 0, end = 0;  // begin 0: free
  std::atomic<bool> damaged = false;
  Slot* next = nullptr;
};

struct MappingGuardHandler {
  static std::atomic<MappingGuard::Slot*> first;
  static struct sigaction previous;
  static uintptr_t page_bytes;

  static void install() {
    page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &previous);
  }

  static void handle(int signal, siginfo_t* info, void* context) {
    const int kept_errno = errno;
    const uintptr_t address = reinterpret_cast<uintptr_t>(info->si_addr);
    if (info->si_code == BUS_ADRERR && give_zeros(address)) {
      errno = kept_errno;
      return;
    }
    errno = kept_errno;
    if (static_cast<unsigned>(previous.sa_flags) & SA_RESETHAND) back_to_default();
    if (previous.sa_flags & SA_SIGINFO) {
      previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
      previous.sa_handler(signal);
    } else {
      // The faulting instruction runs again and ends the program; a signal that was sent is sent again.
      back_to_default();
      if (info->si_code <= 0) ::raise(signal);
    }
  }

  static void back_to_default() {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGBUS, &action, nullptr);
  }

  static bool give_zeros(uintptr_t address) {
    for (MappingGuard::Slot* slot = first.load(std::memory_order_acquire); slot; slot = slot->next) {
      const uintptr_t begin = slot->begin.load(std::memory_order_acquire);
      const uintptr_t end = slot->end.load(std::memory_order_acquire);
      if (begin == 0 || address < begin || address >= end) continue;
      if (slot->begin.load(std::memory_order_acquire) != begin) continue;  // became another mapping's in between
      void* page = reinterpret_cast<void*>(address / page_bytes * page_bytes);
      slot->damaged.store(true, std::memory_order_release);
      return ::mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    }
    return false;
  }
};

std::atomic<MappingGuard::Slot*> MappingGuardHandler::first = nullptr;
struct sigaction MappingGuardHandler::previous {};
uintptr_t MappingGuardHandler::page_bytes = 4096;

static_assert(std::atomic<uintptr_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

MappingGuard::MappingGuard(const void* begin, size_t bytes) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static const bool installed = (MappingGuardHandler::install(), true);
  static_cast<void>(installed);
  slot_ = MappingGuardHandler::first.load(std::memory_order_relaxed);
  while (slot_ && slot_->begin.load(std::memory_order_acquire) != 0) slot_ = slot_->next;
  const bool is_new = slot_ == nullptr;
  if (is_new) {
    slot_ = new Slot;
    slot_->next = MappingGuardHandler::first.load(std::memory_order_relaxed);
  }
  slot_->damaged.store(false, std::memory_order_relaxed);
  slot_->end.store(reinterpret_cast<uintptr_t>(begin) + bytes, std::memory_order_release);
  slot_->begin.store(reinterpret_cast<uintptr_t>(begin), std::memory_order_release);
  if (is_new) MappingGuardHandler::first.store(slot_, std::memory_order_release);
}

MappingGuard::~MappingGuard() { slot_->begin.store(0, std::memory_order_release); }

bool MappingGuard::damaged() const noexcept { return slot_->damaged.load(std::memory_order_acquire); }

}  // namespace mtlora
