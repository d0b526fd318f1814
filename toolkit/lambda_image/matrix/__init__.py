"""Every image that can be built and judged here, in a run that goes on where it was left, and one table."""
