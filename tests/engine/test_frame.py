"""Frames: the binary form is one round trip, and what is no frame is refused."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.experiment.experiment import Experiment
from engine.frame import Channel, Frame
from engine.training.trainer import Trainer

CALM = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
DTYPES = st.sampled_from([np.float32, np.float64, np.int8, np.uint8])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
ARRAYS = DTYPES.flatmap(lambda dtype: SHAPES.flatmap(lambda shape: hnp.arrays(dtype, shape)))
SECONDS = st.floats(0, 1e9)
FRAMES = st.builds(
    Frame,
    st.integers(-1, 2**53),
    st.integers(0, 2**31),
    SECONDS,
    st.dictionaries(st.text(max_size=12), ARRAYS, max_size=6),
)


def same(one: Frame, other: Frame) -> None:
    """Bit for bit, dtypes and shapes too."""
    assert (one.step, one.epoch, one.seconds) == (other.step, other.epoch, other.seconds)
    assert list(one.readings) == list(other.readings)
    for key, array in one.readings.items():
        twin = other.readings[key]
        assert (array.dtype, array.shape) == (twin.dtype, twin.shape)
        assert array.tobytes() == twin.tobytes()


@settings(CALM, max_examples=300)
@given(FRAMES)
def test_round_trip(frame: Frame) -> None:
    data = frame.encode()
    same(frame, Frame.decode(data))
    assert Frame.decode(data).encode() == data


@settings(CALM, max_examples=100)
@given(FRAMES)
def test_layout_is_as_it_is_written_down(frame: Frame) -> None:
    """TPF1, uint32 length of a header padded with spaces, JSON, then buffers at multiples of 8, little-endian."""
    data = frame.encode()
    assert data[:4] == b"TPF1"
    (length,) = struct.unpack("<I", data[4:8])
    assert (8 + length) % 8 == 0
    assert len(data) % 8 == 0
    head = json.loads(data[8 : 8 + length].decode().rstrip(" "))
    assert head["step"] == frame.step
    for (key, code, shape, offset), array in zip(head["readings"], frame.readings.values(), strict=True):
        assert frame.readings[key] is array
        assert offset % 8 == 0
        kind = {"f4": "<f4", "f8": "<f8", "i1": "i1", "u1": "u1"}[code]
        got = np.frombuffer(data, kind, array.size, 8 + length + offset).reshape(shape)
        assert got.tobytes() == array.tobytes()


def test_big_endian_arrays_become_little_endian() -> None:
    array = np.arange(5, dtype=">f4")
    np.testing.assert_array_equal(Frame.decode(Frame(1, 0, 0.0, {"a": array}).encode()).readings["a"], array)


def test_views_that_are_not_contiguous() -> None:
    array = np.arange(24, dtype=np.float32).reshape(4, 6)[::2, ::-3]
    np.testing.assert_array_equal(Frame.decode(Frame(1, 0, 0.0, {"a": array}).encode()).readings["a"], array)


def test_every_cut_is_noticed() -> None:
    frame = Frame(3, 1, 0.5, {"a": np.ones(7, np.float32), "b": np.zeros((2, 3), np.int8)})
    data = frame.encode()
    assert len(data) > 100
    for end in range(len(data) - 2):  # the last two bytes are padding
        with pytest.raises(ValueError, match=r".+"):
            Frame.decode(data[:end])


@pytest.mark.parametrize(
    "data", [b"", b"TPF", b"TPF1", b"TPS1" + bytes(20), b"TPF1\xff\xff\xff\x7f{}", b"TPF1\x02\0\0\0xx"]
)
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Frame.decode(data)


def test_without_leaves_the_rest() -> None:
    frame = Frame(3, 1, 0.5, {"a": np.ones(2, np.float32), "b": np.ones(3, np.float32)})
    same(frame.without("b", "c"), Frame(3, 1, 0.5, {"a": np.ones(2, np.float32)}))
    assert list(frame.readings) == ["a", "b"]


def test_a_real_frame_and_its_channels() -> None:
    trainer = Trainer(Experiment(steps=1))
    (frame,) = trainer.advance(deadline=0.0).frames
    same(frame, Frame.decode(frame.encode()))
    same(trainer.static, Frame.decode(trainer.static.encode()))
    assert trainer.static.step == -1
    for channel in trainer.channels:
        if channel.key in ("recall", "confusion"):
            continue  # of epochs, not of steps
        again = Channel(**json.loads(json.dumps(channel.to_json())))
        assert json.dumps(again.to_json()) == json.dumps(channel.to_json())
        assert channel.key in frame.readings
        if channel.series and channel.mark in ("lines", "histogram", "units"):
            assert len(frame.readings[channel.key]) == len(channel.series), channel.key
