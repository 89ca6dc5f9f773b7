"""A bench, whose drainer delivers what the mover enqueues."""

from tests.drainer.conftest import bench, clock, fake, make_bench

__all__ = ["bench", "clock", "fake", "make_bench"]
