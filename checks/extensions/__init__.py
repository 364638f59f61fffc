"""The checks of the extensions, one module for each; each has `extension`, its checks."""
