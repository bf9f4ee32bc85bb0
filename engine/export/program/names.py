"""The names that every exported program knows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import nn

__all__ = ["math", "nn", "np", "replace", "torch"]
