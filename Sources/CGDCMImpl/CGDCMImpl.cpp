// SPDX-License-Identifier: Apache-2.0
#include "CGDCMImpl.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <gdcm-3.0/gdcmFragment.h>
#include <gdcm-3.0/gdcmImage.h>
#include <gdcm-3.0/gdcmSequenceOfFragments.h>
#include <gdcm-3.0/gdcmTrace.h>
#include <gdcm-3.0/gdcmVersion.h>
#include <gdcm-3.0/gdcmWriter.h>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// Runs a body that may throw; what it throws becomes the message.
template <typename Body> int guard(char **error, Body body) {
  static const bool silent = [] {
    gdcm::Trace::DebugOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    return true;
  }();
  (void)silent;
  *error = nullptr;
  try {
    body();
    return 1;
  } catch (const std::exception &e) {
    *error = strdup(e.what());
  } catch (...) {
    *error = strdup("an unknown fault in GDCM");
  }
  return 0;
}

gdcm::TransferSyntax syntax(const char *uid) {
  auto type = gdcm::TransferSyntax::GetTSType(uid);
  if (type == gdcm::TransferSyntax::TS_END)
    throw std::runtime_error(std::string("the transfer syntax ") + uid + " is unknown");
  return gdcm::TransferSyntax(type);
}

void decodeHere(const char *transfer_syntax, const cgdcm_frame *frame,
                const void *const *fragments, const size_t *lengths, size_t fragment_count,
                void *out, size_t capacity) {
  auto sequence = gdcm::SequenceOfFragments::New();
  for (size_t i = 0; i < fragment_count; i++) {
    gdcm::Fragment fragment;
    fragment.SetByteValue(static_cast<const char *>(fragments[i]),
                          gdcm::VL(static_cast<uint32_t>(lengths[i])));
    sequence->AddFragment(fragment);
  }
  gdcm::DataElement pixels(gdcm::Tag(0x7fe0, 0x0010));
  pixels.SetVR(gdcm::VR::OB);
  pixels.SetValue(*sequence);

  gdcm::Image image;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, frame->columns);
  image.SetDimension(1, frame->rows);
  image.SetPixelFormat(gdcm::PixelFormat(1, frame->bits_allocated, frame->bits_stored,
                                         frame->high_bit, frame->pixel_representation));
  image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
  image.SetTransferSyntax(syntax(transfer_syntax));
  image.SetDataElement(pixels);
  if (image.GetBufferLength() != capacity)
    throw std::runtime_error("the decoded size differs from rows x columns");
  if (!image.GetBuffer(static_cast<char *>(out)))
    throw std::runtime_error("the compressed pixels cannot be decoded");
}

/// Memory that a child process fills and its parent reads.
struct Shared {
  char *bytes;
  size_t size;
  explicit Shared(size_t size) : size(size) {
    void *p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::runtime_error("no memory is left to decode the pixels");
    bytes = static_cast<char *>(p);
  }
  ~Shared() { munmap(bytes, size); }
  Shared(const Shared &) = delete;
};

/// Lets this process take no more than some bytes beyond what it has, where Linux says what that is.
///
/// A damaged stream may claim an image of any size, for which a decoder then asks memory.
void limitMemory(size_t bytes) {
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[32] = {};
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return;
  // The first number is the address space in pages.
  rlim_t most = strtoull(text, nullptr, 10) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || most >= limit.rlim_cur) return;
  limit.rlim_cur = most;
  setrlimit(RLIMIT_AS, &limit);
}

/// Runs a body in a child process, so that a decoder that crashes ends only that.
///
/// The codecs behind GDCM stop by a signal on some damaged streams of RLE, JPEG and JPEG 2000. The
/// child runs no Swift and takes no lock but that of malloc, which fork leaves usable.
///
/// It may take so many bytes of memory and 20 seconds; a slice takes 20 milliseconds.
template <typename Body> void runApart(size_t memory, Body body) {
  constexpr size_t text = 256;
  Shared message(text);
  pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be started to decode the pixels");
  if (child == 0) {
    for (int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) signal(number, SIG_DFL);
    rlimit none = {0, 0}, seconds = {20, 20};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &seconds);
    limitMemory(memory);
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    char *error;
    if (!guard(&error, body)) {
      strncpy(message.bytes, error, text - 1);
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (WIFEXITED(status) && message.bytes[0] != 0) throw std::runtime_error(message.bytes);
  throw std::runtime_error("the compressed pixels are damaged");
}

int decode(const char *transfer_syntax, const cgdcm_frame *frame, const void *const *fragments,
           const size_t *lengths, size_t fragment_count, void *out, size_t capacity,
           char **error) {
  return guard(error, [&] {
    Shared decoded(capacity);
    // JPEG 2000 takes the most: some words of 4 bytes a pixel, and its tables.
    const size_t memory = (size_t(256) << 20) + 32 * capacity;
    runApart(memory, [&] {
      try {
        decodeHere(transfer_syntax, frame, fragments, lengths, fragment_count, decoded.bytes,
                   capacity);
      } catch (const std::bad_alloc &) {
        throw std::runtime_error("the compressed pixels claim far more memory than their image takes");
      }
    });
    memcpy(out, decoded.bytes, capacity);
  });
}

int encode(const char *transfer_syntax, const cgdcm_element *elements, size_t count, void **bytes,
           size_t *length, char **error) {
  return guard(error, [&] {
    gdcm::Writer writer;
    gdcm::File &file = writer.GetFile();
    for (size_t i = 0; i < count; i++) {
      gdcm::DataElement element(gdcm::Tag(elements[i].group, elements[i].element));
      element.SetVR(gdcm::VR::GetVRTypeFromFile(elements[i].vr));
      element.SetByteValue(static_cast<const char *>(elements[i].value),
                           gdcm::VL(static_cast<uint32_t>(elements[i].length)));
      file.GetDataSet().Replace(element);
    }
    file.GetHeader().SetDataSetTransferSyntax(syntax(transfer_syntax));
    std::ostringstream stream;
    writer.SetStream(stream);
    if (!writer.Write()) throw std::runtime_error("GDCM could not encode the file");
    const std::string text = stream.str();
    *bytes = std::malloc(text.size());
    if (*bytes == nullptr) throw std::runtime_error("no memory is left to encode the file");
    memcpy(*bytes, text.data(), text.size());
    *length = text.size();
  });
}

} // namespace

const cgdcm_api *cgdcm_table(void) {
  static const cgdcm_api api = {CGDCM_ABI, gdcm::Version::GetVersion(), decode, encode};
  return &api;
}
