"""Grad-CAM, Grad-CAM++, gradients and integrated gradients by PyTorch, for Arclet's tests.

torchvision's networks with weights and an image that follow a formula (the one of
src/architectures/parity_tests.rs), in double precision. Prints, for each case and method, mean,
standard deviation and some pixels of the map; they stand in
src/explain/attribution/reference_tests.rs.

    pip install torch torchvision
    python tests/interop/torch_attributions.py
"""
import math
import zlib

import torch
import torch.nn.functional as F
import torchvision

CLASS = 4
PIXELS = [(0, 0), (10, 20), (31, 32), (40, 7), (63, 63)]


def fill(name, shape, kind):
    n = math.prod(shape)
    s = torch.sin(0.37 * torch.arange(n, dtype=torch.float64) + zlib.crc32(name.encode()) % 1000)
    if kind == "weight":
        s = s * math.sqrt(2.0 / math.prod(shape[1:]))
    elif kind == "bias":
        s = 0.05 * s
    elif kind == "norm_weight":
        s = 1 + 0.1 * s
    elif kind == "running_mean":
        s = 0.1 * s
    elif kind == "running_var":
        s = 1 + 0.5 * s
    return s.reshape(shape).float()


def filled(model):
    for name, tensor in model.state_dict().items():
        leaf = name.rsplit(".", 1)[-1]
        if leaf == "num_batches_tracked":
            continue
        plain = "weight" if tensor.dim() > 1 else "norm_weight"
        kind = leaf if leaf.startswith("running") else "bias" if leaf == "bias" else plain
        tensor.copy_(fill(name, tuple(tensor.shape), kind))
    return model.double().eval()


def image(size):
    i = torch.arange(3 * size * size, dtype=torch.float64)
    x = (torch.sin(0.011 * i) * torch.cos(0.0007 * i)).reshape(1, 3, size, size)
    return x.float().double()


def layer_and_gradient(model, layer, x):
    kept = {}

    def hook(_module, _inputs, output):
        output.retain_grad()
        kept["value"] = output

    handle = dict(model.named_modules())[layer].register_forward_hook(hook)
    logits = model(x.clone().requires_grad_(True))
    handle.remove()
    logits[0, CLASS].backward()
    return kept["value"].detach(), kept["value"].grad


def enlarged(cam, size):
    cam = F.interpolate(cam.relu(), size=(size, size), mode="bilinear", align_corners=False)
    return cam[0, 0]


def grad_cam(model, layer, x):
    a, g = layer_and_gradient(model, layer, x)
    return enlarged((g.mean((2, 3), keepdim=True) * a).sum(1, keepdim=True), x.shape[-1])


def grad_cam_plus_plus(model, layer, x):
    a, g = layer_and_gradient(model, layer, x)
    below = 2 * g**2 + a.sum((2, 3), keepdim=True) * g**3
    alpha = torch.where(below != 0, g**2 / torch.where(below != 0, below, 1), 0)
    weights = (alpha * g.relu()).sum((2, 3), keepdim=True)
    return enlarged((weights * a).sum(1, keepdim=True), x.shape[-1])


def gradient(model, _layer, x):
    x = x.clone().requires_grad_(True)
    model(x)[0, CLASS].backward()
    return x.grad[0].abs().amax(0)


class Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x > 0) * (g > 0)


def guided(model, layer, x):
    plain = F.relu
    F.relu = lambda x, inplace=False: Guided.apply(x)
    try:
        return gradient(model, layer, x)
    finally:
        F.relu = plain


def integrated(model, _layer, x, steps=64):
    total = torch.zeros_like(x)
    for k in range(steps):
        at = (x * ((k + 0.5) / steps)).detach().requires_grad_(True)
        model(at)[0, CLASS].backward()
        total += at.grad
    return (x * total / steps)[0].sum(0)


def occlusion(model, _layer, x, patch=16, stride=8):
    size = x.shape[-1]
    total, count = torch.zeros(size, size).double(), torch.zeros(size, size).double()
    with torch.no_grad():
        whole = model(x)[0, CLASS]
        for r in range(0, size - patch + 1, stride):
            for c in range(0, size - patch + 1, stride):
                y = x.clone()
                y[:, :, r : r + patch, c : c + patch] = 0
                total[r : r + patch, c : c + patch] += whole - model(y)[0, CLASS]
                count[r : r + patch, c : c + patch] += 1
    return total / count


if __name__ == "__main__":
    tv = torchvision.models
    print(torch.__version__, torchvision.__version__)
    googlenet = tv.googlenet(num_classes=5, aux_logits=False, init_weights=False)
    cases = [
        (filled(tv.resnet18(num_classes=5)), "layer3", 64),
        (filled(googlenet), "inception4a", 64),
    ]
    for model, layer, size in cases:
        x = image(size)
        with torch.no_grad():
            logits = model(torch.cat([x, torch.zeros_like(x)]))
        print(type(model).__name__, layer, "logit", logits[0, CLASS].item(),
              "difference", (logits[0] - logits[1])[CLASS].item())
        for method in (grad_cam, grad_cam_plus_plus, gradient, guided, integrated, occlusion):
            m = method(model, layer, x)
            values = [m.mean(), m.std(unbiased=False)] + [m[p] for p in PIXELS]
            print(f"  {method.__name__:20}", ", ".join(f"{v.item():.6e}" for v in values))
