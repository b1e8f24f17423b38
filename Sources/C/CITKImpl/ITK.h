// SPDX-License-Identifier: Apache-2.0
#pragma once
// Debian has generated this header for g++ alone; clang uses the same C++ library and passes for it.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wbuiltin-macro-redefined"
#pragma push_macro("__clang__")
#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#pragma pop_macro("__GNUC__")
#pragma pop_macro("__clang__")
#pragma clang diagnostic pop

#include <itkImageIOBase.h>

/// The reader and writer of an ending, for example ".nrrd"; an exception where there is none.
itk::ImageIOBase::Pointer imageIO(const char *ending);
