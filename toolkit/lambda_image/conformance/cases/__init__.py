"""The cases: a module for each group of requirements, a function for each fact."""
