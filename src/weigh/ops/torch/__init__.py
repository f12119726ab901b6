"""The arithmetic of `weigh.ops` that must be differentiable, on torch tensors; loaded only when used."""
