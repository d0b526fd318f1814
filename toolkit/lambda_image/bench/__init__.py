"""Measurements, always side by side in one run: a figure without its rival of the same minute says little."""
