// SPDX-License-Identifier: Apache-2.0
#include "ITK.h"

#include <itkBMPImageIO.h>
#include <itkGiplImageIO.h>
#include <itkMetaImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkPNGImageIO.h>
#include <itkTIFFImageIO.h>
#include <stdexcept>
#include <string>

itk::ImageIOBase::Pointer imageIO(const char *ending) {
  const std::string name = ending;
  if (name == ".nrrd") return itk::NrrdImageIO::New().GetPointer();
  if (name == ".mha") return itk::MetaImageIO::New().GetPointer();
  if (name == ".gipl") return itk::GiplImageIO::New().GetPointer();
  if (name == ".png") return itk::PNGImageIO::New().GetPointer();
  if (name == ".bmp") return itk::BMPImageIO::New().GetPointer();
  if (name == ".tif" || name == ".tiff") {
    auto tiff = itk::TIFFImageIO::New();
    tiff->SetCompressor("Deflate");
    return tiff.GetPointer();
  }
  throw std::runtime_error("files that end in " + name + " are not read");
}
