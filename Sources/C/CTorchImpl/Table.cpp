// SPDX-License-Identifier: Apache-2.0
//
// The table itself, the messages, and the state of the library: threads, modes, devices.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <mutex>
#include <new>
#include <sstream>

#include "Guard.h"

namespace cac {

std::atomic<ct_int> live{0};

static const char *name_of(at::ScalarType type) {
  switch (type) {
  case at::kByte: return "uint8";
  case at::kShort: return "int16";
  case at::kInt: return "int32";
  case at::kLong: return "int64";
  case at::kHalf: return "float16";
  case at::kBFloat16: return "bfloat16";
  case at::kFloat: return "float32";
  case at::kDouble: return "float64";
  case at::kBool: return "bool";
  default: return c10::toString(type);
  }
}

static thread_local int last_failure = CT_FAILED;

/// The text of an exception without its C++ stack.
static std::string text_of(const std::exception &error) {
  auto *torch = dynamic_cast<const c10::Error *>(&error);
  std::string text = torch ? torch->what_without_backtrace() : error.what();
  // Some messages still contain the C++ stack, or end in line breaks.
  auto end = text.find("\nException raised from");
  if (end != std::string::npos) text.resize(end);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// Whether an exception says that memory ran out.
static bool is_out_of_memory(const std::exception &error, const std::string &text) {
  if (dynamic_cast<const c10::OutOfMemoryError *>(&error)) return true;
  if (dynamic_cast<const std::bad_alloc *>(&error)) return true;
  // libtorch's allocator of the processor ("DefaultCPUAllocator: can't allocate memory"), that of
  // Apple's GPU and CUDA's run time ("CUDA error: out of memory") throw its general class of errors.
  return text.find("out of memory") != std::string::npos ||
         text.find("allocate memory") != std::string::npos;
}

char *failure(const char *operation, std::initializer_list<const ct_tensor *> inputs,
              const std::exception *error, int kind) {
  const std::string reason = error ? text_of(*error) : "an unknown C++ exception";
  last_failure = error && is_out_of_memory(*error, reason) ? int(CT_OUT_OF_MEMORY) : kind;
  std::ostringstream text;
  text << operation << ": ";
  const char *separator = "";
  for (const ct_tensor *input : inputs) {
    if (!input) continue;
    text << separator << input->value.sizes() << " " << name_of(input->value.scalar_type());
    separator = ", ";
  }
  if (*separator) text << ": ";
  text << reason;
  return strdup(text.str().c_str());
}

int failure_kind(void) { return last_failure; }

at::ScalarType scalar_type(int dtype) {
  switch (dtype) {
  case CT_UINT8: return at::kByte;
  case CT_INT16: return at::kShort;
  case CT_INT32: return at::kInt;
  case CT_INT64: return at::kLong;
  case CT_FLOAT16: return at::kHalf;
  case CT_BFLOAT16: return at::kBFloat16;
  case CT_FLOAT32: return at::kFloat;
  case CT_FLOAT64: return at::kDouble;
  case CT_BOOL: return at::kBool;
  }
  TORCH_CHECK(false, "there is no element kind number ", dtype);
}

int dtype_code(at::ScalarType type) {
  switch (type) {
  case at::kByte: return CT_UINT8;
  case at::kShort: return CT_INT16;
  case at::kInt: return CT_INT32;
  case at::kLong: return CT_INT64;
  case at::kHalf: return CT_FLOAT16;
  case at::kBFloat16: return CT_BFLOAT16;
  case at::kFloat: return CT_FLOAT32;
  case at::kDouble: return CT_FLOAT64;
  case at::kBool: return CT_BOOL;
  default: TORCH_CHECK(false, "elements of kind ", name_of(type), " are not supported");
  }
}

at::DeviceType device_type(int kind) {
  switch (kind) {
  case CT_CPU: return at::kCPU;
  case CT_CUDA: return at::kCUDA;
  case CT_MPS: return at::kMPS;
  }
  TORCH_CHECK(false, "there is no kind of device with number ", kind);
}

at::TensorOptions options(int dtype, int device, ct_int index) {
  auto type = device_type(device);
  at::Device place = type == at::kCUDA ? at::Device(type, static_cast<c10::DeviceIndex>(index))
                                       : at::Device(type);
  return at::TensorOptions().dtype(scalar_type(dtype)).device(place);
}

void free_tensor(ct_tensor *x) {
  live.fetch_sub(1, std::memory_order_relaxed);
  delete x;
}

void free_string(char *text) { std::free(text); }

ct_int live_tensors(void) { return live.load(std::memory_order_relaxed); }

const char *version(void) { return TORCH_VERSION; }

ct_int threads(void) { return at::get_num_threads(); }

void set_threads(ct_int count, char **error) {
  perform(__func__, {}, error, [&] {
    TORCH_CHECK(count >= 1 && count <= 4096, "the number of threads must be 1 to 4096, not ",
                count);
    at::set_num_threads(static_cast<int>(count));
  });
}

int grad_enabled(void) { return at::GradMode::is_enabled(); }

void set_grad_enabled(int enabled) { at::GradMode::set_enabled(enabled != 0); }

void *inference_begin(char **error) {
  return guard<void *>(__func__, {}, error, nullptr, [] { return new c10::InferenceMode(true); });
}

void inference_end(void *scope) { delete static_cast<c10::InferenceMode *>(scope); }

int autocast_enabled(int device) {
  char *ignored = nullptr;
  int enabled = guard(__func__, {}, &ignored, 0,
                      [&] { return int(at::autocast::is_autocast_enabled(device_type(device))); });
  std::free(ignored);
  return enabled;
}

int autocast_dtype(int device) {
  char *ignored = nullptr;
  int code = guard(__func__, {}, &ignored, int(CT_FLOAT16), [&] {
    return dtype_code(at::autocast::get_autocast_dtype(device_type(device)));
  });
  std::free(ignored);
  return code;
}

void set_autocast(int device, int enabled, int dtype, char **error) {
  perform(__func__, {}, error, [&] {
    at::autocast::set_autocast_dtype(device_type(device), scalar_type(dtype));
    at::autocast::set_autocast_enabled(device_type(device), enabled != 0);
  });
}

void clear_autocast_cache(void) { at::autocast::clear_cache(); }

/// Opens libtorch_cuda.so beside libtorch_cpu.so; it registers itself.
///
/// This happens once per process and only when CUDA is requested, because it takes a second and some
/// memory.
static const std::string &open_cuda() {
  static const std::string failure = []() -> std::string {
    Dl_info info;
    void *inside = reinterpret_cast<void *>(&at::globalContext);
    if (!dladdr(inside, &info) || !info.dli_fname) return "libtorch cannot be located";
    std::string folder(info.dli_fname);
    folder.resize(folder.find_last_of('/') + 1);
    if (dlopen((folder + "libtorch_cuda.so").c_str(), RTLD_NOW | RTLD_LOCAL)) return "";
    const char *reason = dlerror();
    return reason ? reason : "libtorch_cuda.so cannot be opened";
  }();
  return failure;
}

ct_int device_count(int kind, char **error) {
  return guard<ct_int>(__func__, {}, error, 0, [&]() -> ct_int {
    switch (device_type(kind)) {
    case at::kCUDA: {
      const std::string &failure = open_cuda();
      TORCH_CHECK(failure.empty(), failure);
      return at::detail::getCUDAHooks().deviceCount();
    }
    case at::kMPS: return at::detail::getMPSHooks().hasMPS() ? 1 : 0;
    default: return 1;
    }
  });
}

void set_cudnn_benchmark(int enabled, char **error) {
  perform(__func__, {}, error, [&] { at::globalContext().setBenchmarkCuDNN(enabled != 0); });
}

// Each training step allocates the same large blocks. By default glibc returns them to the system, which
// clears new pages each time; that takes 13 % of a training step of a small network.
static void keep_freed_memory() {
#ifdef __GLIBC__
  if (std::getenv("MALLOC_MMAP_THRESHOLD_") || std::getenv("MALLOC_TRIM_THRESHOLD_")) return;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

} // namespace cac

extern "C" __attribute__((visibility("default"))) const ct_api *ct_table(void) {
  static const bool once = (cac::keep_freed_memory(), true);
  static_cast<void>(once);
#define CT_ENTRY(result, name, arguments) cac::name,
  static const ct_api table = {ct_abi(), CT_OPERATIONS(CT_ENTRY)};
#undef CT_ENTRY
  return &table;
}
