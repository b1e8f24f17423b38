// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>
#include <exception>
#include <gdcm-3.0/gdcmTrace.h>
#include <gdcm-3.0/gdcmTransferSyntax.h>
#include <stdexcept>
#include <string>

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

inline gdcm::TransferSyntax syntax(const char *uid) {
  auto type = gdcm::TransferSyntax::GetTSType(uid);
  if (type == gdcm::TransferSyntax::TS_END)
    throw std::runtime_error(std::string("the transfer syntax ") + uid + " is unknown");
  return gdcm::TransferSyntax(type);
}
