// SPDX-License-Identifier: Apache-2.0
#include "Registration.h"

#include "ITK.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

// ITK's headers warn about themselves.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wall"
#pragma clang diagnostic ignored "-Wextra"
#include <itkCorrelationImageToImageMetricv4.h>
#include <itkEuler3DTransform.h>
#include <itkImage.h>
#include <itkImageRegistrationMethodv4.h>
#include <itkImportImageFilter.h>
#include <itkLinearInterpolateImageFunction.h>
#include <itkMultiThreaderBase.h>
#include <itkRegistrationParameterScalesFromPhysicalShift.h>
#include <itkRegularStepGradientDescentOptimizerv4.h>
#pragma clang diagnostic pop

namespace {

using Stored = itk::Image<int16_t, 3>;
using Image = itk::Image<float, 3>;
using Motion = itk::Euler3DTransform<double>;
using Metric = itk::CorrelationImageToImageMetricv4<Image, Image>;

/// Fat to enhanced blood: what tells the heart's border; lung and bone are cut off at its ends.
constexpr float darkest = -200, brightest = 200;

Stored::Pointer imported(const citk_volume &volume) {
  using Import = itk::ImportImageFilter<int16_t, 3>;
  auto import = Import::New();
  Import::SizeType size;
  size_t count = 1;
  Import::DirectionType direction;
  for (unsigned i = 0; i < 3; i++) {
    size[i] = volume.size[i];
    count *= volume.size[i];
    for (unsigned k = 0; k < 3; k++) direction[k][i] = volume.direction[3 * i + k];
  }
  import->SetRegion(Import::RegionType(size));
  import->SetSpacing(volume.spacing);
  import->SetOrigin(volume.origin);
  import->SetDirection(direction);
  import->SetImportPointer(const_cast<int16_t *>(volume.voxels), count, false);
  import->Update();
  return import->GetOutput();
}

/// The box about a sphere, as far as the scan reaches, on a grid along the patient's axes; ITK leaves out
/// what has no partner. In the corners of a tilted scan the darkest value stands for what is not known.
Image::Pointer sampled(const Stored &stored, const double centre[3], double radius, double spacing) {
  auto image = Image::New();
  Image::SizeType size;
  Image::PointType origin;
  auto whole = stored.GetLargestPossibleRegion().GetSize();
  for (unsigned i = 0; i < 3; i++) {
    double low = INFINITY, high = -INFINITY;
    for (unsigned corner = 0; corner < 8; corner++) {
      Stored::IndexType index;
      for (unsigned k = 0; k < 3; k++)
        index[k] = corner >> k & 1 ? static_cast<itk::IndexValueType>(whole[k]) - 1 : 0;
      Stored::PointType point;
      stored.TransformIndexToPhysicalPoint(index, point);
      low = std::min(low, point[i]);
      high = std::max(high, point[i]);
    }
    low = std::max(low, centre[i] - radius);
    high = std::min(high, centre[i] + radius);
    if (high - low < 20) throw std::runtime_error("the scans show other parts of the body");
    origin[i] = low;
    size[i] = static_cast<itk::SizeValueType>((high - low) / spacing) + 1;
  }
  image->SetRegions(size);
  image->SetSpacing(itk::Vector<double, 3>(spacing));
  image->SetOrigin(origin);
  image->Allocate();
  auto linear = itk::LinearInterpolateImageFunction<Stored>::New();
  linear->SetInputImage(&stored);
  // Voxels that are finer than the grid are averaged, or noise would decide.
  int steps[3];
  for (unsigned i = 0; i < 3; i++) {
    auto along = std::abs(stored.GetDirection()[i][i]) > 0.5 ? i : 0;
    steps[i] = std::max(1, static_cast<int>(spacing / stored.GetSpacing()[along] + 0.5));
  }
  itk::ImageRegionIteratorWithIndex<Image> at(image, image->GetLargestPossibleRegion());
  for (; !at.IsAtEnd(); ++at) {
    Image::PointType middle, point;
    image->TransformIndexToPhysicalPoint(at.GetIndex(), middle);
    float sum = 0;
    for (int z = 0; z < steps[2]; z++)
      for (int y = 0; y < steps[1]; y++)
        for (int x = 0; x < steps[0]; x++) {
          const int place[3] = {x, y, z};
          for (unsigned i = 0; i < 3; i++)
            point[i] = middle[i] + spacing * ((place[i] + 0.5) / steps[i] - 0.5);
          float value = darkest;
          if (linear->IsInsideBuffer(point)) value = static_cast<float>(linear->Evaluate(point));
          sum += std::min(std::max(value, darkest), brightest);
        }
    at.Set(sum / static_cast<float>(steps[0] * steps[1] * steps[2]));
  }
  return image;
}

/// Minus the squared correlation after a motion.
double mismatch(Image::Pointer fixed, Image::Pointer moving, Motion::Pointer motion) {
  auto metric = Metric::New();
  metric->SetFixedImage(fixed);
  metric->SetMovingImage(moving);
  metric->SetMovingTransform(motion);
  metric->SetMaximumNumberOfWorkUnits(1);
  metric->Initialize();
  return metric->GetValue();
}

/// Improves a motion by descending from it.
void descend(Image::Pointer fixed, Image::Pointer moving, Motion::Pointer motion, double step) {
  auto metric = Metric::New();
  metric->SetMaximumNumberOfWorkUnits(1);
  auto optimizer = itk::RegularStepGradientDescentOptimizerv4<double>::New();
  auto scales = itk::RegistrationParameterScalesFromPhysicalShift<Metric>::New();
  scales->SetMetric(metric);
  optimizer->SetScalesEstimator(scales);
  optimizer->SetDoEstimateLearningRateOnce(false);
  optimizer->SetDoEstimateLearningRateAtEachIteration(false);
  optimizer->SetLearningRate(step);
  optimizer->SetMinimumStepLength(step / 200);
  optimizer->SetRelaxationFactor(0.75);
  optimizer->SetNumberOfIterations(200);
  auto registration = itk::ImageRegistrationMethodv4<Image, Image, Motion>::New();
  registration->SetFixedImage(fixed);
  registration->SetMovingImage(moving);
  registration->SetMetric(metric);
  registration->SetOptimizer(optimizer);
  registration->SetInitialTransform(motion);
  registration->InPlaceOn();
  registration->SetNumberOfLevels(1);
  registration->SetShrinkFactorsPerLevel(itk::Array<itk::SizeValueType>(1, 1));
  registration->SetSmoothingSigmasPerLevel(itk::Array<double>(1, 0.0));
  registration->Update();
}

} // namespace

void registerRigidly(const citk_volume &fixed, const citk_volume &moving, const citk_sphere &region,
                     const double guess[3], citk_motion &result) {
  // ITK's pool of threads takes a lock in every child that is forked, and a child that another thread forks
  // to read an image then waits for ever. Everything here is one piece of work, which needs no pool.
  itk::MultiThreaderBase::SetGlobalDefaultThreader(itk::MultiThreaderBase::ThreaderEnum::Platform);
  auto from = imported(fixed), to = imported(moving);
  auto motion = Motion::New();
  Motion::InputPointType centre;
  double other[3];
  for (unsigned i = 0; i < 3; i++) {
    centre[i] = region.centre[i];
    other[i] = region.centre[i] + guess[i];
  }
  motion->SetCenter(centre);
  // From coarse to fine; the moving box is larger, so that the fixed one stays within it.
  const double margin = 40;
  double best = INFINITY;
  Motion::OutputVectorType start;
  {
    auto a = sampled(*from, region.centre, region.radius, 8);
    auto b = sampled(*to, other, region.radius + margin, 8);
    for (int z = -3; z <= 3; z++)
      for (int y = -3; y <= 3; y++)
        for (int x = -3; x <= 3; x++) {
          Motion::OutputVectorType shift;
          const int place[3] = {x, y, z};
          for (unsigned i = 0; i < 3; i++) shift[i] = guess[i] + 12 * place[i];
          motion->SetTranslation(shift);
          double value = mismatch(a, b, motion);
          if (value < best) {
            best = value;
            start = shift;
          }
        }
  }
  if (!(best < -1e-6)) throw std::runtime_error("the scans show nothing in common");
  motion->SetTranslation(start);
  Image::Pointer a, b;
  for (double spacing : {6.0, 3.0, 2.0}) {
    a = sampled(*from, region.centre, region.radius, spacing);
    b = sampled(*to, other, region.radius + margin, spacing);
    descend(a, b, motion, spacing);
  }
  auto matrix = motion->GetMatrix();
  auto offset = motion->GetOffset();
  for (unsigned i = 0; i < 3; i++) {
    for (unsigned k = 0; k < 3; k++) result.matrix[3 * i + k] = matrix[i][k];
    result.offset[i] = offset[i];
  }
  result.correlation = std::sqrt(std::max(0.0, -mismatch(a, b, motion)));
}
