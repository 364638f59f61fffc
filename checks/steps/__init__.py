"""The rules of each step, in the words of a shop."""
