// SPDX-License-Identifier: Apache-2.0
//
// Memory for the tensors of a thread that computes the same network repeatedly. glibc gives every block
// of 32 MB and more back to the system as soon as it is free. The system then clears new pages for the
// next block, which takes up to two thirds of the time of a convolution at full resolution. This pool
// keeps its memory until its work ends, and stays small because it uses the lowest free address.
#include <c10/core/CPUAllocator.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "Guard.h"

namespace cac {
namespace {

#ifdef __linux__
constexpr size_t reserved = size_t{1} << 38; // Addresses alone: 256 GB.
constexpr size_t step = size_t{32} << 20;
constexpr size_t alignment = 64;
// Small blocks are not worth a search and come from glibc.
constexpr size_t smallest = size_t{64} << 10;

/// The bytes of one thread's work: alive now, and at most.
struct Count {
  size_t live = 0, peak = 0;
};

thread_local int depth = 0;
thread_local std::shared_ptr<Count> tally;

class Region {
 public:
  /// Null where the pool is full; glibc is used then.
  void *take(size_t bytes) {
    if (bytes > reserved - alignment) return nullptr;
    size_t size = (bytes + alignment - 1) / alignment * alignment;
    std::lock_guard guard(mutex_);
    if (!base_ && !reserve()) return nullptr;
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      auto [start, length] = *it;
      bool isLast = start + length == committed_;
      if (length < size && !(isLast && commit(start + size))) continue;
      length = isLast ? committed_ - start : length;
      free_.erase(it);
      return give(start, size, length);
    }
    size_t start = committed_;
    if (!commit(start + size)) return nullptr;
    return give(start, size, committed_ - start);
  }

  bool owns(const void *block) const {
    auto at = static_cast<const char *>(block);
    const char *base = base_;
    return base && at >= base && at < base + reserved;
  }

  void put(void *block) {
    std::lock_guard guard(mutex_);
    auto it = used_.find(static_cast<char *>(block) - base_);
    if (it == used_.end()) return;
    size_t start = it->first, length = it->second.length;
    if (it->second.count) it->second.count->live -= length;
    used_.erase(it);
    auto next = free_.lower_bound(start);
    if (next != free_.end() && start + length == next->first) {
      length += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      auto before = std::prev(next);
      if (before->first + before->second == start) {
        start = before->first;
        length += before->second;
        free_.erase(before);
      }
    }
    free_[start] = length;
    if (works_ == 0) shrink();
  }

  void begin() {
    std::lock_guard guard(mutex_);
    works_++;
  }

  void end() {
    std::lock_guard guard(mutex_);
    if (--works_ == 0) shrink();
  }

  /// The largest number of bytes that the calling thread's work has held at once.
  size_t peak() {
    std::lock_guard guard(mutex_);
    return tally ? tally->peak : 0;
  }

 private:
  std::mutex mutex_;
  struct Use {
    size_t length;
    std::shared_ptr<Count> count;
  };
  std::map<size_t, size_t> free_; // Offsets and lengths; neighbours are joined.
  std::map<size_t, Use> used_;
  std::atomic<char *> base_{nullptr}; // Read without the mutex.
  size_t committed_ = 0;
  int works_ = 0;
  bool failed_ = false;

  bool reserve() {
    if (failed_) return false;
    void *place = mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                       -1, 0);
    failed_ = place == MAP_FAILED;
    if (!failed_) base_ = static_cast<char *>(place);
    return !failed_;
  }

  bool commit(size_t end) {
    end = (end + step - 1) / step * step;
    if (end > reserved) return false;
    if (end > committed_) {
      if (mprotect(base_ + committed_, end - committed_, PROT_READ | PROT_WRITE)) return false;
      madvise(base_ + committed_, end - committed_, MADV_HUGEPAGE);
      committed_ = end;
    }
    return true;
  }

  void *give(size_t start, size_t size, size_t length) {
    used_[start] = {size, tally};
    if (tally) tally->peak = std::max(tally->peak, tally->live += size);
    if (length > size) free_[start + size] = length - size;
    return base_ + start;
  }

  /// Returns the free pages to the system; their addresses stay reserved.
  void shrink() {
    constexpr size_t page = 4096;
    for (auto [start, length] : free_) {
      size_t from = (start + page - 1) / page * page, to = (start + length) / page * page;
      if (from < to) madvise(base_ + from, to - from, MADV_DONTNEED);
    }
  }
};

// Never destroyed, because tensors may outlive all other statics.
Region &region() {
  static auto *one = new Region;
  return *one;
}

/// Allocates from the pool of a thread that has one, and from the earlier allocator for others.
class PoolAllocator final : public c10::Allocator {
 public:
  explicit PoolAllocator(c10::Allocator *other) : other_(other) { others = other->raw_deleter(); }

  c10::DataPtr allocate(size_t bytes) override {
    if (depth > 0 && bytes >= smallest) {
      if (void *block = region().take(bytes)) {
        return {block, block, release, c10::Device(c10::kCPU)};
      }
    }
    return other_->allocate(bytes);
  }

  c10::DeleterFnPtr raw_deleter() const override { return release; }

  void copy_data(void *to, const void *from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  c10::Allocator *other_;
  static c10::DeleterFnPtr others;

  static void release(void *block) {
    if (region().owns(block)) {
      region().put(block);
    } else if (block && others) {
      others(block);
    }
  }
};

c10::DeleterFnPtr PoolAllocator::others = nullptr;
#endif

} // namespace

void pool_begin(char **error) {
  perform(__func__, {}, error, [&] {
#ifdef __linux__
    static std::once_flag once;
    std::call_once(once, [] {
      auto *other = c10::GetCPUAllocator();
      if (other && other->raw_deleter()) c10::SetCPUAllocator(new PoolAllocator(other), 255);
    });
    if (depth++ == 0) tally = std::make_shared<Count>();
    region().begin();
#endif
  });
}

void pool_end(void) {
#ifdef __linux__
  if (--depth == 0) tally.reset();
  region().end();
#endif
}

ct_int pool_peak(void) {
#ifdef __linux__
  return static_cast<ct_int>(region().peak());
#else
  return 0;
#endif
}

} // namespace cac
