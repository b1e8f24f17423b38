// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

/// Silences DCMTK, whose messages may name a patient; throws where it has no dictionary.
void prepareLibrary();

/// Runs a body that may throw; what it throws becomes the message.
template <typename Body> int guard(char **error, Body body) {
  *error = nullptr;
  try {
    prepareLibrary();
    body();
    return 1;
  } catch (const std::exception &e) {
    *error = strdup(e.what());
  } catch (...) {
    *error = strdup("an unknown fault in DCMTK");
  }
  return 0;
}

/// Throws where DCMTK could not do something.
inline void require(const OFCondition &done, const char *what) {
  if (done.bad()) throw std::runtime_error(std::string(what) + ": " + done.text());
}

/// The same for DCMTK's pointers of new objects.
inline void require(bool done, const char *what) {
  if (!done) throw std::runtime_error(what);
}
