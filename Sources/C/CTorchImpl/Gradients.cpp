// SPDX-License-Identifier: Apache-2.0
//
// Gradients, and the steps of optimisers on many parameters at once.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "Guard.h"

namespace cac {

int requires_grad(ct_tensor *x) { return x->value.requires_grad(); }

void set_requires_grad(ct_tensor *x, int required, char **error) {
  perform(__func__, {x}, error, [&] { x->value.set_requires_grad(required != 0); });
}

void backward(ct_tensor *x, char **error) {
  perform(__func__, {x}, error, [&] { x->value.backward(); });
}

/// Only leaves are asked for their gradient, because libtorch prints a warning for other tensors.
int has_grad(ct_tensor *x) { return x->value.is_leaf() && x->value.grad().defined(); }

ct_tensor *grad(ct_tensor *x, char **error) {
  return make(__func__, {x}, error, [&] {
    TORCH_CHECK(has_grad(x), "no gradient was computed for this tensor");
    return x->value.grad();
  });
}

void set_grad(ct_tensor *x, ct_tensor *grad, char **error) {
  perform(__func__, {x, grad}, error, [&] {
    if (grad) {
      TORCH_CHECK(grad->value.sizes() == x->value.sizes(), "a gradient has its tensor's shape");
      x->value.mutable_grad() = grad->value;
    } else {
      x->value.mutable_grad() = at::Tensor();
    }
  });
}

static std::vector<at::Tensor> gradients(const std::vector<at::Tensor> &parameters) {
  std::vector<at::Tensor> grads;
  grads.reserve(parameters.size());
  for (const auto &p : parameters) {
    TORCH_CHECK(p.is_leaf() && p.grad().defined(), "a parameter of shape ", p.sizes(),
                " has no gradient");
    grads.push_back(p.grad());
  }
  return grads;
}

/// Whether the fused kernel, which reads memory once, may be used.
static bool same_layout(const at::Tensor &p, const at::Tensor &g, const at::Tensor &m) {
  return p.scalar_type() == g.scalar_type() && p.scalar_type() == m.scalar_type() &&
         p.device() == g.device() && p.device() == m.device() && p.strides() == g.strides() &&
         p.strides() == m.strides() && p.is_non_overlapping_and_dense() && !p.is_mps() &&
         p.storage_offset() == 0 && g.storage_offset() == 0 && m.storage_offset() == 0;
}

void sgd_step(ct_tensor *const *parameters, ct_tensor *const *momenta, ct_int n, double rate,
              double momentum, double weight_decay, int nesterov, char **error) {
  perform(__func__, {n > 0 ? parameters[0] : nullptr}, error, [&] {
    at::NoGradGuard no_grad;
    auto p = tensors(parameters, n), m = tensors(momenta, n), g = gradients(p);
    // A momentum buffer of zeros contains the gradient after the first step, as in PyTorch.
    std::vector<at::Tensor> fp, fg, fm;
    for (ct_int i = 0; i < n; i++) {
      TORCH_CHECK(m[i].sizes() == p[i].sizes(), "the momentum of a parameter of shape ",
                  p[i].sizes(), " has the shape ", m[i].sizes());
      bool alike = fp.empty() || (fp[0].device() == p[i].device() &&
                                  fp[0].scalar_type() == p[i].scalar_type());
      if (alike && same_layout(p[i], g[i], m[i])) {
        fp.push_back(p[i]);
        fg.push_back(g[i]);
        fm.push_back(m[i]);
        continue;
      }
      at::Tensor step = weight_decay != 0 ? g[i].add(p[i], weight_decay) : g[i];
      m[i].mul_(momentum).add_(step);
      p[i].add_(nesterov ? step.add(m[i], momentum) : m[i], -rate);
    }
    if (!fp.empty()) {
      at::_fused_sgd_(fp, fg, fm, weight_decay, momentum, rate, /*dampening=*/0, nesterov != 0,
                      /*maximize=*/false, /*is_first_step=*/false);
    }
  });
}

void adamw_step(ct_tensor *const *parameters, ct_tensor *const *means, ct_tensor *const *squares,
                ct_tensor *const *maxima, ct_tensor *const *steps, ct_int n, double rate,
                double beta1, double beta2, double epsilon, double weight_decay, char **error) {
  perform(__func__, {n > 0 ? parameters[0] : nullptr}, error, [&] {
    at::NoGradGuard no_grad;
    auto p = tensors(parameters, n), g = gradients(p), m = tensors(means, n),
         v = tensors(squares, n), top = tensors(maxima, n), t = tensors(steps, n);
    for (ct_int i = 0; i < n; i++) {
      TORCH_CHECK(m[i].sizes() == p[i].sizes() && v[i].sizes() == p[i].sizes() &&
                      top[i].sizes() == p[i].sizes(),
                  "the moments of a parameter of shape ", p[i].sizes(), " have another shape");
      // As in PyTorch, the number of steps is increased first, and the kernel corrects the bias by it.
      t[i].add_(1);
      g[i] = g[i].contiguous();
      TORCH_CHECK(p[i].is_contiguous() && m[i].is_contiguous() && v[i].is_contiguous() &&
                      top[i].is_contiguous(),
                  "a parameter of shape ", p[i].sizes(), " or its moments are not contiguous");
    }
    at::_fused_adamw_(p, g, m, v, top, t, rate, beta1, beta2, weight_decay, epsilon,
                      /*amsgrad=*/true, /*maximize=*/false);
  });
}

ct_tensor *clip_grad_norm(ct_tensor *const *parameters, ct_int n, double limit, char **error) {
  return make(__func__, {n > 0 ? parameters[0] : nullptr}, error, [&] {
    at::NoGradGuard no_grad;
    TORCH_CHECK(n > 0, "there is no parameter with a gradient");
    auto grads = gradients(tensors(parameters, n));
    at::Tensor total = at::stack(at::_foreach_norm(grads, 2)).norm();
    at::Tensor factor = total.add(1e-6).reciprocal().mul(limit).clamp_max(1.0);
    for (auto &g : grads) g.mul_(factor);
    return total;
  });
}

int unscale_grads(ct_tensor *const *parameters, ct_int n, double factor, char **error) {
  return guard<int>(__func__, {n > 0 ? parameters[0] : nullptr}, error, 0, [&]() -> int {
    at::NoGradGuard no_grad;
    if (n == 0) return 1;
    auto grads = gradients(tensors(parameters, n));
    auto place = grads[0].options().dtype(at::kFloat);
    at::Tensor found = at::zeros({1}, place), inverse = at::full({1}, factor, place);
    at::_amp_foreach_non_finite_check_and_unscale_(grads, found, inverse);
    return found.item().toDouble() == 0;
  });
}

} // namespace cac
