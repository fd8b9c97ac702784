"""Tests mirror the packages under src/ringfence."""
