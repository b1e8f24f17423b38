// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "../CGDCMImpl/Confinement.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

/// A child process that works on one file and sends what came of it, so that a damaged file, on
/// which ITK's readers may stop by a signal, ends only that.
///
/// The child runs no Swift and takes no lock but that of malloc, which fork leaves usable: only
/// children run ITK.
class Child {
public:
  /// Sends bytes to the parent; false when it no longer listens.
  using Send = std::function<bool(const void *bytes, size_t count)>;

  /// Runs a body in a child, which may take 1 GiB of memory until it says that it needs more.
  ///
  /// `fault` is the message for a child that ends without a word.
  Child(const std::string &fault, const std::function<void(const Send &)> &body);
  ~Child();
  Child(const Child &) = delete;

  /// Waits for so many bytes of the result, or throws what the child said instead.
  void receive(void *bytes, size_t count);

private:
  const std::string fault;
  int reading = -1;
  pid_t child = -1;
  bool hasResult = false;

  size_t take(void *bytes, size_t count);
};

/// Lets a child take what an image of so many values takes; an exception where that is more than
/// `most` bytes.
void allowVoxels(double values, size_t bytes_per_value, uint64_t most);

/// Runs a body that may throw; what it throws becomes the message.
int guard(char **error, const std::function<void()> &body);
